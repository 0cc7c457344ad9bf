// What a person says of an image's labels: one added, a wrong one removed, either taken back.

import { correctImage } from "./api.js";
import { Completion } from "./completion.js";
import { element, icon } from "./dom.js";
import { say } from "./talk.js";

/** @typedef {(image: import("./types").Image) => unknown} Shown  shows a record */

/** Sends a correction, and shows the record that comes back; the notice can take it back. @type {(image: import("./types").Image, change: "Add" | "Remove" | "Undo", name: string, shown: Shown, isUndo?: boolean) => Promise<void>} */
export async function correct(image, change, name, shown, isUndo = false) {
  try {
    shown(await correctImage(image.ImageId, { [change]: [name] }));
    const act = () => correct(image, "Undo", name, shown, true);
    const text = { Add: `${name} is added.`, Remove: `${name} is removed.`, Undo: `${name} is as the detector has it.` }[change];
    say(text, "plain", isUndo ? null : { label: "Undo", act });
  } catch (error) {
    say(`${name} could not be corrected: ${error.message}`, "fault");
  }
}

/** The field that adds a label, and the labels that were removed, each with its way back. @type {(image: import("./types").Image, shown: Shown) => unknown[] | null} */
export function correctionsOf(image, shown) {
  if (image.Status !== "ANALYZED") return null;
  const list = element("ul", { id: "label-options", class: "completions", role: "listbox", "aria-label": "Labels to add", hidden: true });
  const input = element("input", { type: "text", role: "combobox", "aria-label": "Add a label", "aria-expanded": "false", "aria-controls": "label-options",
    "aria-autocomplete": "list", placeholder: "Add a label", autocomplete: "off", maxlength: 100, "data-role": "add" });
  const add = (/** @type {string} */ kind, /** @type {string} */ name) => kind === "label" && correct(image, "Add", name, shown);
  new Completion(input, list, add, () => {}, { onlyLabels: true });
  return [element("div", { class: "adding" }, input, list), removedOf(image, shown)];
}

/** @type {(image: import("./types").Image, shown: Shown) => HTMLElement | null} */
function removedOf(image, shown) {
  const removed = image.Corrections?.Removed ?? [];
  const backOf = (/** @type {string} */ name) => element("li", { class: "chip out" }, element("span", { class: "name" }, name),
    element("button", { type: "button", class: "cross edits", "aria-label": `Take back: ${name} was removed`, onclick: () => correct(image, "Undo", name, shown, true) }, icon("again")));
  return removed.length ? element("ul", { class: "chips", "aria-label": "Removed by a person" }, removed.map(backOf)) : null;
}
