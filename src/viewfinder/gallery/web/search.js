// The search bar and the filters: they show the address, and change it.

import { addressOf, go, isConfidenceKnown, readSearch } from "./address.js";
import { Completion } from "./completion.js";
import { element, find, icon, isTyping } from "./dom.js";
import { IS_MODERATED } from "./moderation.js";
import { personOf } from "./names.js";
import { readingChips, readingsOf, replaced } from "./readings.js";

const PLACES = /** @type {const} */ ([["prefix", "in"], ["category", "of"], ["takenFrom", "from"], ["takenTo", "before"], ["camera", "by"]]);

let sliding = false; // the slider's moves, one after the other, are one step in the history

/** @typedef {"match" | "order" | "minConfidence" | "status" | "camera" | "moderated"} Filter */

const FILTERS = /** @type {const} */ (["match", "order", "minConfidence", "status", "camera", "moderated"]);

const filters = () => /** @type {Record<Filter, HTMLInputElement>} */ (/** @type {unknown} */ (find("filters").elements));

export function startSearch() {
  new Completion(find("query"), find("completions"), add, removeLast);
  find("filters").addEventListener("change", changed);
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  filters().minConfidence.addEventListener("input", showLeast);
  filters().minConfidence.addEventListener("blur", () => (sliding = false));
  addEventListener("keydown", focusOnSlash);
}

/** Makes bar and filters show the search of the address. */
export function showSearch() {
  const search = readSearch();
  const labels = [...search.label.map((name) => chip(name, false)), ...search.exclude.map((name) => chip(name, true))];
  const texts = search.text.map((word) => plainChip(`“${word}”`, { ...search, text: search.text.filter((other) => other !== word) }));
  const people = [
    ...search.person.map((who) => personChip(who, { ...search, person: search.person.filter((other) => other !== who) }, "")),
    ...search.excludePerson.map((who) => personChip(who, { ...search, excludePerson: search.excludePerson.filter((other) => other !== who) }, "without ")),
  ];
  find("chips").replaceChildren(...people, ...labels, ...readingChips(search.q), ...texts, ...PLACES.filter(([name]) => search[name]).map(([name, word]) => placeChip(search, name, word)));
  find("match").hidden = search.label.length < 2 && search.person.length < 2;
  find("moderated").hidden = !IS_MODERATED && !search.moderated;
  const byConfidence = /** @type {HTMLInputElement} */ (find("filters").querySelector('[value="confidence"]'));
  byConfidence.disabled = !isConfidenceKnown(search);
  for (const name of FILTERS) filters()[name].value = search[name];
  showLeast();
}

function showLeast() {
  find("least").textContent = `${filters().minConfidence.value} %`;
}

/** @param {Event} event */
function changed({ target }) {
  const chosen = FILTERS.map((name) => [name, filters()[name].value.trim()]);
  const isSlider = target === filters().minConfidence;
  go(addressOf({ ...readSearch(), ...Object.fromEntries(chosen) }), { replace: isSlider && sliding });
  sliding = isSlider;
}

/** Takes a completion: a label, a word in pictures, a folder, or the text as it is ("q"). @type {(kind: string, value: string, isExcluded: boolean) => void} */
function add(kind, value, isExcluded) {
  const search = readSearch();
  if (kind === "q") go(addressOf({ ...search, q: [search.q, value].filter(Boolean).join(" ") }));
  else if (kind === "label") addLabel(value, isExcluded);
  else if (kind === "person") addPerson(value, isExcluded);
  else if (kind === "prefix") go(addressOf({ ...search, prefix: value }));
  else go(addressOf({ ...search, text: [...search.text.filter((other) => other !== value), value] }));
}

/** @type {(name: string, isExcluded: boolean) => void} */
function addPerson(name, isExcluded) {
  const { person, excludePerson, ...search } = readSearch();
  const others = (/** @type {string[]} */ list) => list.filter((other) => other !== name);
  go(addressOf({ ...search, person: [...others(person), ...(isExcluded ? [] : [name])], excludePerson: [...others(excludePerson), ...(isExcluded ? [name] : [])] }));
}

/** @type {(name: string, isExcluded: boolean) => void} */
function addLabel(name, isExcluded) {
  const search = without(readSearch(), name);
  search[isExcluded ? "exclude" : "label"].push(name);
  go(addressOf(search));
}

function removeLast() {
  const search = readSearch();
  if (search.q) return go(addressOf({ ...search, q: replaced(search.q, readingsOf(search.q).length - 1, "") }));
  const list = /** @type {const} */ (["text", "exclude", "label", "excludePerson", "person"]).find((name) => search[name].length);
  if (list) go(addressOf({ ...search, [list]: search[list].slice(0, -1) }));
  return undefined;
}

/** @type {(search: import("./types").Search, name: string) => import("./types").Search} */
function without(search, name) {
  const others = (/** @type {string[]} */ list) => list.filter((other) => other !== name);
  return { ...search, label: others(search.label), exclude: others(search.exclude) };
}

/** A label searched for: its name changes between with and without, its cross takes it away. @type {(name: string, isExcluded: boolean) => HTMLElement} */
function chip(name, isExcluded) {
  const turn = () => addLabel(name, !isExcluded);
  const remove = () => {
    go(addressOf(without(readSearch(), name)));
    find("query").focus();
  };
  const title = isExcluded ? `Without ${name}; press for with` : `With ${name}; press for without`;
  return element(
    "li",
    { class: isExcluded ? "chip out" : "chip" },
    element("button", { type: "button", class: "name", title, "aria-label": title, onclick: turn }, name),
    element("button", { type: "button", class: "cross", "aria-label": `Remove ${name}`, onclick: remove }, icon("close")),
  );
}

/** A person searched for; of one without a name the address has the id. @type {(who: string, rest: import("./types").Search, word: string) => HTMLElement} */
function personChip(who, rest, word) {
  const isId = /^[0-9a-f]{16}$/.test(who);
  const made = plainChip(`${word}${isId ? "this person" : who}`, rest);
  made.classList.toggle("out", Boolean(word));
  if (isId) {
    personOf(who).then(({ Name }) => {
      if (Name && made.firstElementChild) made.firstElementChild.textContent = `${word}${Name}`;
    }, () => {});
  }
  return made;
}

/** What a link or a filter asks for: where the key begins, a category, a time, a camera. @type {(search: import("./types").Search, name: typeof PLACES[number][0], word: string) => HTMLElement} */
const placeChip = (search, name, word) => plainChip(`${word} ${search[name]}`, { ...search, [name]: "" });

/** Part of a search that can only be taken away: `rest` is the search that remains. @type {(text: string, rest: import("./types").Search) => HTMLElement} */
function plainChip(text, rest) {
  return element(
    "li",
    { class: "chip" },
    element("span", { class: "name" }, text),
    element("button", { type: "button", class: "cross", "aria-label": `Remove ${text}`, onclick: () => go(addressOf(rest)) }, icon("close")),
  );
}

/** @param {KeyboardEvent} event */
function focusOnSlash(event) {
  if (event.key !== "/" || isTyping(event) || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  find("query").focus();
}
