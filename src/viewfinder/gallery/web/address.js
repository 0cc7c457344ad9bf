// The address bar holds what is seen: the search, the view and the open image. A link or a reload brings it back.

/** @typedef {import("./types").Search} Search */

const LISTS = /** @type {const} */ (["label", "exclude", "text", "person", "excludePerson"]);
const SINGLES = { q: "", match: "all", order: "newest", minConfidence: "0", status: "", category: "", prefix: "", takenFrom: "", takenTo: "", camera: "", moderated: "" };

/** Reads the search of the address; what is not there has its default. @returns {Search} */
export function readSearch(address = location.search) {
  const given = new URLSearchParams(address);
  const lists = Object.fromEntries(LISTS.map((name) => [name, given.getAll(name)]));
  const singles = Object.fromEntries(Object.entries(SINGLES).map(([name, usual]) => [name, given.get(name) ?? usual]));
  const search = /** @type {Search} */ (/** @type {unknown} */ ({ ...lists, ...singles }));
  if (search.status === "ANALYZED") search.status = ""; // what is shown anyway
  if (search.order === "confidence" && !isConfidenceKnown(search)) search.order = "newest";
  return search;
}

/** Whether there is something to be confident of. @param {Search} search */
export const isConfidenceKnown = (search) => search.label.length > 0 || search.category !== "";

/** @param {Search} search */
export const isSearch = (search) => parametersOf(search).size > 0;

/** Gives a search as query parameters, defaults left out. @param {Search} search */
export function parametersOf(search) {
  const parameters = new URLSearchParams();
  for (const name of LISTS) for (const value of search[name]) parameters.append(name, value);
  for (const [name, usual] of Object.entries(SINGLES)) {
    const value = search[/** @type {keyof typeof SINGLES} */ (name)];
    if (value !== usual) parameters.set(name, value);
  }
  return parameters;
}

/** A path of this page and no other address: `//host` and `/\host` are others. @param {unknown} path */
export const wayBack = (path) => (typeof path === "string" && /^\/(?![/\\])/.test(path) ? path : "/");

export const openImage = () => new URLSearchParams(location.search).get("image");

/** @type {(string | null)[]} */
const VIEWS = ["status", "browse", "trash", "duplicates", "people"];

/** The view that is open instead of the pictures. @returns {import("./types").View | null} */
export function openView() {
  const view = new URLSearchParams(location.search).get("view");
  return VIEWS.includes(view) ? /** @type {import("./types").View} */ (view) : null;
}

/** @type {(search: Search, extra?: Record<string, string>) => string} */
export function addressOf(search, extra = {}) {
  const parameters = parametersOf(search);
  for (const [name, value] of Object.entries(extra)) parameters.set(name, value);
  return parameters.size ? `/?${parameters}` : "/";
}

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener */
export const onAddress = (listener) => listeners.add(listener);

/** Goes to an address of this page; `replace` leaves no step to go back to. @param {string} address */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}

window.addEventListener("popstate", tell);

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? /** @type {HTMLAnchorElement | null} */ (event.target.closest("a[href]")) : null;
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
  event.preventDefault();
  go(`${link.pathname}${link.search}`);
});
