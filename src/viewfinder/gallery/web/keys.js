// The keys of the gallery: `?` shows which there are.

import { element, find, icon, isTyping } from "./dom.js";
import { noticesInFront } from "./talk.js";

/** @type {[keys: string[], does: string][]} */
const KEYS = [
  [["/"], "Go to the search"],
  [["←", "→", "↑", "↓", "Home", "End"], "Move in the grid"],
  [["Enter"], "Open an image, take a completion"],
  [["Space", "x"], "Select an image; with Shift and arrows, several"],
  [["Ctrl", "A"], "Select all"],
  [["Delete"], "Delete what is selected, or the image in focus or in the viewer"],
  [["←", "→"], "Previous, next image"],
  [["+", "-", "0"], "Zoom"],
  [["Escape"], "Close, select none"],
  [["?"], "Show these keys"],
];

export function startKeys() {
  addEventListener("keydown", (event) => {
    if (event.key !== "?" || isTyping(event) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    show();
  });
}

function show() {
  const dialog = find("keys");
  const rows = KEYS.map(([keys, does]) => [element("dt", {}, keys.map((key) => element("kbd", {}, key))), element("dd", {}, does)]);
  dialog.replaceChildren(
    element("div", { class: "title" }, element("h2", { id: "keys-title" }, "Keys"),
      element("button", { class: "button quiet round", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    element("dl", {}, rows),
  );
  dialog.showModal();
  noticesInFront();
}
