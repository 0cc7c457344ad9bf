// Several images at once: ticked by mouse, finger or keyboard, and a bar with what can be done with them.

import { absent, fate } from "./abilities.js";
import { keep, recall } from "./access.js";
import { analyzeAll, downloadAll, removeAll } from "./actions.js";
import { onAddress } from "./address.js";
import { counted, element, find, icon, isTyping } from "./dom.js";
import { ask, say } from "./talk.js";

const LONG_PRESS_MS = 450;
const MOST = 1000; // that the key for all chooses: as many as one download has
const STILL = 10; // pixels that a finger may move in a long press

export class Selection {
  /** @type {Set<string>} */
  chosen = new Set();
  anchor = 0;
  /** @type {Element | null} */
  pressed = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  pressing;
  /** @type {PointerEvent | undefined} */
  start;

  /** @param {import("./results.js").Results} results */
  constructor(results) {
    this.results = results;
    this.grid = results.grid;
    this.bar = find("selection");
    this.count = element("b", { role: "status" });
    this.bar.append(this.#tool("close", "Select none", () => this.clear()), this.count, ...this.#actions());
    this.grid.onMake = (tile, image) => this.#mark(tile, image);
    this.grid.tiles.forEach((tile, index) => this.#mark(tile, this.grid.images[index]));
    this.#listen(this.grid.list);
    this.address = location.search;
    onAddress(() => this.#moved());
    keep("selection", () => [...this.chosen]);
    this.#choose(recall("selection") ?? [], true);
  }

  #actions() {
    return [
      this.#tool("download", "Download", () => downloadAll([...this.chosen])),
      this.#tool("again", "Analyse again", () => this.#again()),
      this.#tool("delete", "Delete", () => this.#delete()),
    ];
  }

  /** @type {(symbol: string, text: string, onclick: () => unknown) => HTMLButtonElement} */
  #tool(symbol, text, onclick) {
    return element("button", { class: "button quiet", type: "button", "aria-label": text, title: text, "data-role": symbol, onclick }, icon(symbol), element("span", {}, text));
  }

  /** @param {HTMLElement} list */
  #listen(list) {
    list.addEventListener("click", (event) => this.#click(event), true);
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("pointerdown", (event) => this.#press(event));
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) list.addEventListener(type, () => clearTimeout(this.pressing));
    list.addEventListener("pointermove", (event) => this.#moveFinger(event));
    list.addEventListener("contextmenu", (event) => this.pressed && event.preventDefault());
    addEventListener("keydown", (event) => this.#pageKey(event));
  }

  /** Keys of the whole page, unless they are for a field or a dialog. @param {KeyboardEvent} event */
  #pageKey(event) {
    if (isTyping(event) || document.querySelector("dialog[open]") || find("gallery").hidden) return;
    if (event.key === "Escape" && this.chosen.size) return this.clear();
    if (event.key === "Delete") return this.#deleteByKey();
    if (event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#all();
  }

  /** Chooses all images of the search, which are asked for meanwhile. */
  async #all() {
    await this.results.reach(MOST);
    this.#choose(this.results.images.slice(0, MOST).map((image) => image.ImageId), true);
    const isCut = this.results.next || this.results.images.length > MOST;
    if (isCut) say(`The first ${counted(MOST, "image")} are selected: one go has no more.`);
  }

  /** Deletes what is chosen; nothing chosen, the image that has the focus. */
  #deleteByKey() {
    if (absent.Deletion) return;
    const isInGrid = this.grid.list.contains(document.activeElement?.closest(".cell") ?? null);
    if (!this.chosen.size && isInGrid) this.#toggle(this.grid.active);
    if (this.chosen.size) this.#delete();
  }

  clear() {
    this.#choose([...this.chosen], false);
  }

  /** Another search has other images; an open image is the same search. */
  #moved() {
    const withoutImage = (/** @type {string} */ address) => address.replace(/[?&]image=[^&]*/, "");
    if (withoutImage(this.address) !== withoutImage(location.search)) this.clear();
    this.address = location.search;
  }

  /** @type {(imageIds: string[], isChosen: boolean) => void} */
  #choose(imageIds, isChosen) {
    for (const imageId of imageIds) this.chosen[isChosen ? "add" : "delete"](imageId);
    this.grid.tiles.forEach((tile, index) => this.#mark(tile, this.grid.images[index]));
    this.bar.hidden = !this.chosen.size;
    this.count.textContent = `${counted(this.chosen.size, "image")} selected`;
  }

  /** @type {(tile: HTMLElement, image: import("./types").Summary) => void} */
  #mark(tile, image) {
    const isChosen = this.chosen.has(image.ImageId);
    tile.classList.toggle("chosen", isChosen);
    tile.querySelector(".tick")?.setAttribute("aria-pressed", String(isChosen));
  }

  /** @param {number} index */
  #toggle(index) {
    const { ImageId } = this.grid.images[index];
    this.anchor = index;
    this.#choose([ImageId], !this.chosen.has(ImageId));
  }

  /** Chooses everything from the last one that was ticked to this one. @param {number} index */
  #reach(index) {
    const [first, last] = [Math.min(this.anchor, index), Math.max(this.anchor, index)];
    this.#choose(this.grid.images.slice(first, last + 1).map((image) => image.ImageId), true);
  }

  /** A tick always chooses; a picture does while something is chosen, or with the shift key. @param {MouseEvent} event */
  #click(event) {
    const cell = cellOf(event);
    const wasPressed = this.pressed !== null;
    this.pressed = null;
    const isKeyboard = event.detail === 0;
    const chooses = /** @type {Element} */ (event.target).closest(".tick") || (!isKeyboard && (this.chosen.size || event.shiftKey));
    if (!cell || !(wasPressed || chooses) || isOfStack(event)) return;
    event.preventDefault();
    event.stopPropagation();
    if (wasPressed) return; // the long press has chosen it
    if (event.shiftKey) this.#reach(Number(cell.dataset.index));
    else this.#toggle(Number(cell.dataset.index));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && event.key.startsWith("Arrow")) return this.#reach(this.grid.active); // the grid has moved already
    if ((event.key !== " " && event.key.toLowerCase() !== "x") || isOfStack(event)) return;
    event.preventDefault();
    this.#toggle(this.grid.active);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    clearTimeout(this.pressing);
    this.pressed = null;
    const cell = cellOf(event);
    if (event.pointerType !== "touch" || !cell) return;
    this.start = event;
    this.pressing = setTimeout(() => {
      this.pressed = cell;
      this.#toggle(Number(cell.dataset.index));
    }, LONG_PRESS_MS);
  }

  /** @param {PointerEvent} event */
  #moveFinger(event) {
    if (this.start && Math.hypot(event.clientX - this.start.clientX, event.clientY - this.start.clientY) > STILL) clearTimeout(this.pressing);
  }

  async #delete() {
    const imageIds = [...this.chosen];
    if (!(await ask(`Delete ${counted(imageIds.length, "image")}? ${fate("They stay")}`, "Delete", "danger"))) return;
    this.clear();
    await removeAll(imageIds, this.results);
  }

  async #again() {
    const imageIds = [...this.chosen];
    const text = `Analyse ${counted(imageIds.length, "image")} again? The detector is asked once more, which may cost money.`;
    if (!(await ask(text, "Analyse"))) return;
    this.clear();
    await analyzeAll(imageIds);
  }
}

/** Whether an event is for the button of a stack, which only opens it. @param {Event} event */
const isOfStack = (event) => Boolean(/** @type {Element} */ (event.target).closest(".stack"));

/** The tile that an event is in. @param {Event} event */
const cellOf = (event) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(".cell"));
