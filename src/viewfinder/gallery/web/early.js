// What is pressed before the script for it is here: held back, and pressed again when it is.

import { isTyping } from "./dom.js";

const TYPES = /** @type {const} */ (["keydown", "click"]);

/** Whether an event is for the selection, whose script comes after the first screen. @param {KeyboardEvent | MouseEvent} event */
export function isToSelect(event) {
  if (event instanceof KeyboardEvent) return !isTyping(event) && ((event.ctrlKey || event.metaKey) ? event.key.toLowerCase() === "a" : event.key === "Delete");
  return event.target instanceof Element && event.target.closest(".tick") !== null;
}

/** Holds events back; gives what presses them again. @param {typeof isToSelect} isFor */
export function holdBack(isFor) {
  /** @type {(KeyboardEvent | MouseEvent)[]} */
  const held = [];
  const hold = (/** @type {KeyboardEvent | MouseEvent} */ event) => {
    if (!isFor(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held.push(event);
  };
  for (const type of TYPES) addEventListener(type, hold, true);
  return () => {
    for (const type of TYPES) removeEventListener(type, hold, true);
    for (const event of held) event.target?.dispatchEvent(event instanceof KeyboardEvent ? new KeyboardEvent(event.type, event) : new MouseEvent(event.type, event));
  };
}
