// The search bar and the filters: they show the address, and change it.

import { addressOf, go, isConfidenceKnown, readSearch } from "./address.js";
import { Completion } from "./completion.js";
import { element, find, icon } from "./dom.js";

const PLACES = [["prefix", "in"], ["category", "of"]];

let sliding = false; // the slider's moves, one after the other, are one step in the history

const filters = () => find("filters").elements;

export function startSearch() {
  new Completion(find("query"), find("completions"), addLabel, removeLast);
  find("filters").addEventListener("change", changed);
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  filters().minConfidence.addEventListener("input", showLeast);
  filters().minConfidence.addEventListener("blur", () => (sliding = false));
  addEventListener("keydown", focusOnSlash);
}

/** Makes bar and filters show the search of the address. */
export function showSearch() {
  const search = readSearch();
  const chips = [...search.label.map((name) => chip(name, false)), ...search.exclude.map((name) => chip(name, true))];
  find("chips").replaceChildren(...chips, ...PLACES.map(([name, word]) => placeChip(search, name, word)).filter(Boolean));
  find("match").hidden = search.label.length < 2;
  const sure = filters().order[1];
  sure.disabled = !isConfidenceKnown(search);
  for (const name of ["match", "order", "minConfidence", "status"]) filters()[name].value = search[name];
  showLeast();
}

function showLeast() {
  find("least").textContent = `${filters().minConfidence.value} %`;
}

function changed({ target }) {
  const chosen = ["match", "order", "minConfidence", "status"].map((name) => [name, filters()[name].value]);
  const isSlider = target.name === "minConfidence";
  go(addressOf({ ...readSearch(), ...Object.fromEntries(chosen) }), { replace: isSlider && sliding });
  sliding = isSlider;
}

function addLabel(name, isExcluded) {
  const search = without(readSearch(), name);
  search[isExcluded ? "exclude" : "label"].push(name);
  go(addressOf(search));
}

function removeLast() {
  const search = readSearch();
  const list = search.exclude.length ? search.exclude : search.label;
  if (list.length) go(addressOf(without(search, list.at(-1))));
}

function without(search, name) {
  const others = (list) => list.filter((other) => other !== name);
  return { ...search, label: others(search.label), exclude: others(search.exclude) };
}

/** A label searched for: its name changes between with and without, its cross takes it away. */
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

/** What only a link can ask for: where the key begins, or a category. */
function placeChip(search, name, word) {
  if (!search[name]) return null;
  const remove = () => go(addressOf({ ...search, [name]: "" }));
  return element(
    "li",
    { class: "chip" },
    element("span", { class: "name" }, `${word} ${search[name]}`),
    element("button", { type: "button", class: "cross", "aria-label": `Remove ${search[name]}`, onclick: remove }, icon("close")),
  );
}

function focusOnSlash(event) {
  const isTyping = event.target.closest("input:not([type=range], [type=radio]), textarea, select, dialog");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  find("query").focus();
}
