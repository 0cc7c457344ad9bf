// What the page says and asks: short notices, and a question before what can't be undone.

import { element, find } from "./dom.js";

const SHOWN_MS = 6000;
const UNDO_MS = 20_000;

/**
 * Shows a notice, and gives its element; `action` is a button in it, once. One that `stays` is there until that is pressed.
 *
 * @param {string} text
 * @param {"plain" | "fault"} kind
 * @param {import("./types").Action | null} [action]
 */
export function say(text, kind = "plain", action = null, { stays = false } = {}) {
  const button = action && element("button", { type: "button", onclick: () => (toast.remove(), action.act()) }, action.label);
  const toast = element("p", { class: `toast ${kind}` }, text, button);
  noticesInFront();
  find("toasts").append(toast);
  if (!stays) setTimeout(() => toast.remove(), action ? UNDO_MS : SHOWN_MS);
  return toast;
}

/** Puts the notices into the dialog that is open: a modal one covers and silences whatever is outside. */
export function noticesInFront() {
  const front = frontDialog() ?? document.body;
  if (find("toasts").parentElement !== front) front.append(find("toasts"));
}

/** The dialog that keys and clicks are for, if one is open. */
export function frontDialog() {
  return [...document.querySelectorAll("dialog[open]")].at(-1);
}

document.addEventListener("close", () => {
  noticesInFront();
  keepFocusIn(frontDialog());
}, true);

/** Gives the focus to a dialog where what had it before is gone. @param {Element | undefined} dialog */
function keepFocusIn(dialog) {
  if (!dialog || dialog.contains(document.activeElement)) return;
  /** @type {HTMLElement | null} */ (dialog.querySelector('[aria-label="Close"]'))?.focus();
}

/** @type {Promise<unknown>} */
let last = Promise.resolve(); // one question at a time: others wait for their turn

/** Resolves to whether the user agrees. @param {string} text @param {string} verb */
export const ask = async (text, verb, kind = "main") =>
  (await decide(text, [["", "Cancel", "quiet"], ["yes", verb, kind]])).value === "yes";

/**
 * Asks for one of several choices; Escape is "". With `all`, a box asks whether it is for all of them.
 *
 * @param {string} text
 * @param {import("./types").Choice[]} choices
 * @param {string} [all]
 */
export function decide(text, choices, all) {
  const answer = last.then(() => show(text, choices, all));
  last = answer;
  return answer;
}

/** @type {(text: string, choices: import("./types").Choice[], all?: string) => Promise<import("./types").Answer>} */
function show(text, choices, all) {
  const dialog = find("question");
  const box = all === undefined ? null : element("input", { type: "checkbox" });
  const buttons = choices.map(([value, label, style]) =>
    element("button", { class: `button ${style}`, type: "button", onclick: () => dialog.close(value) }, label));
  noticesInFront();
  dialog.replaceChildren(
    element("p", { id: "question-text" }, text),
    box ? element("label", { class: "for-all" }, box, all) : "",
    element("p", { class: "buttons" }, buttons),
  );
  dialog.returnValue = "";
  dialog.showModal();
  noticesInFront();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve({ value: dialog.returnValue, isForAll: Boolean(box?.checked) }), { once: true }),
  );
}
