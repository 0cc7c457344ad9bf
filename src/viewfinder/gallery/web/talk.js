// What the page says and asks: short notices, and a question before what can't be undone.

import { element, find } from "./dom.js";

const SHOWN_MS = 6000;
const UNDO_MS = 20_000;

/** Shows a notice; `action` ({ label, act }) is a button in it, once. */
export function say(text, kind = "plain", action = null) {
  const act = () => (toast.remove(), action.act());
  const button = action && element("button", { type: "button", onclick: act }, action.label);
  const toast = element("p", { class: `toast ${kind}` }, text, button);
  noticesInFront();
  find("toasts").append(toast);
  setTimeout(() => toast.remove(), action ? UNDO_MS : SHOWN_MS);
}

/** Puts the notices into the dialog that is open: a modal one covers and silences whatever is outside. */
export function noticesInFront() {
  const front = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (find("toasts").parentElement !== front) front.append(find("toasts"));
}

document.addEventListener("close", noticesInFront, true);

/** Resolves to whether the user agrees. */
export function ask(text, verb, kind = "main") {
  const dialog = find("question");
  const button = (label, value, style) =>
    element("button", { class: `button ${style}`, type: "button", onclick: () => dialog.close(value) }, label);
  noticesInFront();
  dialog.replaceChildren(
    element("p", { id: "question-text" }, text),
    element("p", { class: "buttons" }, button("Cancel", "", "quiet"), button(verb, "yes", kind)),
  );
  dialog.returnValue = "";
  dialog.showModal();
  noticesInFront();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
  );
}
