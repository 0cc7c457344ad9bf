// The address bar holds what is seen: the search, the view and the open image. A link or a reload brings it back.

const LISTS = ["label", "exclude", "text"];
const SINGLES = { match: "all", order: "newest", minConfidence: "0", status: "", category: "", prefix: "", takenFrom: "", takenTo: "" };

/** Reads the search of the address; what is not there has its default. */
export function readSearch(address = location.search) {
  const given = new URLSearchParams(address);
  const search = Object.fromEntries(LISTS.map((name) => [name, given.getAll(name)]));
  for (const [name, usual] of Object.entries(SINGLES)) search[name] = given.get(name) ?? usual;
  if (search.order === "confidence" && !isConfidenceKnown(search)) search.order = "newest";
  return search;
}

/** Whether there is something to be confident of. */
export const isConfidenceKnown = (search) => search.label.length > 0 || search.category !== "";

export const isSearch = (search) => parametersOf(search).size > 0;

/** Gives a search as query parameters, defaults left out. */
export function parametersOf(search) {
  const parameters = new URLSearchParams();
  for (const name of LISTS) for (const value of search[name]) parameters.append(name, value);
  for (const [name, usual] of Object.entries(SINGLES)) if (search[name] !== usual) parameters.set(name, search[name]);
  return parameters;
}

export const openImage = () => new URLSearchParams(location.search).get("image");

const VIEWS = ["status", "browse", "trash", "duplicates"];

/** The view that is open instead of the pictures, or null. */
export function openView() {
  const view = new URLSearchParams(location.search).get("view");
  return VIEWS.includes(view) ? view : null;
}

export function addressOf(search, extra = {}) {
  const parameters = parametersOf(search);
  for (const [name, value] of Object.entries(extra)) parameters.set(name, value);
  return parameters.size ? `/?${parameters}` : "/";
}

const listeners = new Set();

export const onAddress = (listener) => listeners.add(listener);

/** Goes to an address of this page; `replace` leaves no step to go back to. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}

window.addEventListener("popstate", tell);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
