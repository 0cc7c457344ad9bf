// How the words of the search box were read: a chip each, which another reading may replace, or which goes.

import { addressOf, go, readSearch } from "./address.js";
import { element, find, icon } from "./dom.js";

/** @typedef {import("./types").Interpretation} Interpretation */
/** @typedef {import("./types").Reading} Reading */

/** @type {{ q: string, entries: Interpretation[] }} */
let known = { q: "", entries: [] }; // of the last answer

/** @type {Record<string, string>} */
const KINDS = {
  LABEL: "", CATEGORY: "category", PERSON: "person", TEXT: "text", FOLDER: "folder", FILE: "file", CAMERA: "camera", DATE: "",
};

/** Keeps what an answer says of its words. @type {(q: string, entries: Interpretation[]) => void} */
export function learnReadings(q, entries) {
  known = { q, entries };
}

/** The words of a search that nothing is known by. @param {string} q */
export const unreadWords = (q) => readingsOf(q).filter((entry) => entry.ReadAs === "NOTHING");

/** @param {string} q @returns {Interpretation[]} */
export const readingsOf = (q) => (q === known.q ? known.entries : []);

/** The chips of a search's words; before the answer one of all of them. @param {string} q */
export function readingChips(q) {
  const entries = readingsOf(q);
  if (!q) return [];
  return entries.length ? entries.map((_, place) => chip(q, place)) : [element("li", { class: "chip" }, element("span", { class: "name plain" }, q))];
}

/** The text with one of its words replaced; "" takes it away. @type {(q: string, place: number, text: string) => string} */
export const replaced = (q, place, text) =>
  readingsOf(q).map((entry, at) => (at === place ? text : entry.Typed)).filter(Boolean).join(" ");

/** @param {string} q */
export function search(q) {
  go(addressOf({ ...readSearch(), q }));
  find("query").focus();
}

/** @type {(q: string, place: number) => HTMLElement} */
function chip(q, place) {
  const entry = readingsOf(q)[place];
  const isKnown = entry.ReadAs !== "NOTHING";
  const choices = choicesOf(q, place);
  const menu = element("ul", { class: "readings", hidden: true, "aria-label": `Other readings of ${entry.Typed}` }, choices);
  const text = isKnown ? nameOf(entry) : `${entry.Typed}: nothing known`;
  const title = isKnown ? `${entry.Typed} was read as ${kindOf(entry)} ${entry.Name}` : `Nothing is known by ${entry.Typed}; it is left out`;
  const name = element("button", { type: "button", class: "name", title, "aria-label": `${title}; press to change`, "aria-expanded": "false" },
    isKnown && KINDS[entry.ReadAs] ? element("small", {}, KINDS[entry.ReadAs]) : null, text);
  const show = (/** @type {boolean} */ isOpen) => {
    menu.hidden = !isOpen;
    name.setAttribute("aria-expanded", String(isOpen));
  };
  name.addEventListener("click", () => show(menu.hidden === true));
  const item = element("li", { class: classOf(entry) }, name,
    element("button", { type: "button", class: "cross", "aria-label": `Remove ${entry.Typed}`, onclick: () => search(replaced(q, place, "")) }, icon("close")), menu);
  item.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    show(false);
    name.focus();
    event.stopPropagation();
  });
  item.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && item.contains(relatedTarget))) show(false);
  });
  return item;
}

/** @param {Interpretation} entry */
function classOf(entry) {
  if (entry.ReadAs === "NOTHING") return "chip reading unread";
  return entry.Excluded ? "chip reading out" : "chip reading";
}

/** What a chip offers: the other readings, names of a similar spelling, and the opposite. @type {(q: string, place: number) => HTMLElement[]} */
function choicesOf(q, place) {
  const entry = readingsOf(q)[place];
  const others = (entry.Alternatives ?? []).map((other) => choice(`${kindOf(other)} ${other.Name}`, () => search(replaced(q, place, other.Query))));
  const close = (entry.Suggestions ?? []).map((name) => choice(`Did you mean ${name}?`, () => search(replaced(q, place, quoted(name)))));
  const opposite = entry.Excluded ? entry.Typed.slice(1) : `-${entry.Typed.includes(" ") ? entry.Query : entry.Typed}`;
  const turn = entry.ReadAs === "NOTHING" ? [] : [choice(entry.Excluded ? "With it instead" : "Without it instead", () => search(replaced(q, place, opposite)))];
  return [...others, ...close, ...turn];
}

/** @type {(text: string, onclick: () => void) => HTMLElement} */
const choice = (text, onclick) => element("li", {}, element("button", { type: "button", onclick }, text));

/** A name as it is typed: in quotation marks where it has several words. @param {string} name */
export const quoted = (name) => (/\s/.test(name) ? `"${name}"` : name);

/** @param {{ ReadAs: string }} reading */
const kindOf = ({ ReadAs }) => (ReadAs === "TEXT" ? "text in the picture" : ReadAs.toLowerCase());

/** Where a word leads elsewhere, both: "puppy → Dog". @param {Interpretation} entry */
function nameOf(entry) {
  const typed = entry.Typed.replace(/^-?([a-z]+:)?/i, "").replaceAll('"', "");
  const name = entry.Name ?? "";
  if (entry.RelatedTo) return `${typed} → ${name}`;
  return entry.ReadAs === "TEXT" ? `“${name}”` : name;
}
