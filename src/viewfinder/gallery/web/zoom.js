// Zoom and pan of the picture by wheel, pinch, drag and keys; a swipe of a picture that is not zoomed goes on to the next.

import { place } from "./dom.js";

const STEP = 1.5;
const PAN = 90; // pixels of an arrow key
const SWIPE = 60;
const DRAG = 4; // pixels that make a press a drag
const WHEEL = 0.0022;
const TRACKPAD = 0.012; // a pinch on a trackpad arrives as a wheel with the control key, in small steps
const DEEPEST = 3; // screen pixels for one pixel of the picture

export class Zoom {
  /** @type {Map<number, PointerEvent>} */
  pointers = new Map();
  scale = 1;
  x = 0;
  y = 0;
  /** @type {PointerEvent | undefined} */
  start; // of a press
  pinched = false;
  dragged = false;

  /**
   * @param {HTMLElement} stage
   * @param {import("./picture.js").Picture | null} picture  null where there is none: nothing is zoomed then
   * @param {(direction: number) => void} swipe  goes to the previous (-1) or next (1) image
   */
  constructor(stage, picture, swipe) {
    this.stage = stage;
    this.picture = /** @type {import("./picture.js").Picture} */ (picture);
    this.swipe = swipe;
    this.frame = /** @type {HTMLElement} */ (picture?.frame);
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) stage.addEventListener(type, (event) => this.#up(event));
    if (!this.frame) return;
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.frame.addEventListener("dblclick", (event) => this.#toggle(event));
  }

  get isZoomed() {
    return this.scale > 1;
  }

  /** Takes a key; gives whether it was one of zooming. @param {string} name */
  key(name) {
    /** @type {Record<string, [number, number]>} */
    const pans = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
    /** @type {Record<string, number>} */
    const scales = { "+": this.scale * STEP, "=": this.scale * STEP, "-": this.scale / STEP, 0: 1 };
    if (!this.frame) return false;
    if (name in scales) this.#to(scales[name], 0, 0);
    else if (this.isZoomed && name in pans) this.#pan(...pans[name]);
    else return false;
    return true;
  }

  /** Scales about a point, given from the middle of the stage. @type {(wanted: number, x: number, y: number) => void} */
  #to(wanted, x, y) {
    const deepest = Math.max(4, (this.picture.width * DEEPEST) / this.frame.offsetWidth);
    const scale = Math.min(Math.max(wanted, 1), deepest);
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.#pan(0, 0);
  }

  /** @type {(dx: number, dy: number) => void} */
  #pan(dx, dy) {
    /** @type {(value: number, size: number, room: number) => number} */
    const within = (value, size, room) => Math.min(Math.max(value, -Math.max(0, (size - room) / 2)), Math.max(0, (size - room) / 2));
    this.x = within(this.x + dx, this.frame.offsetWidth * this.scale, this.stage.clientWidth);
    this.y = within(this.y + dy, this.frame.offsetHeight * this.scale, this.stage.clientHeight);
    place(this.frame, { transform: this.isZoomed ? `translate(${this.x}px, ${this.y}px) scale(${this.scale})` : "none", "--zoom": this.scale });
    this.stage.classList.toggle("zoomed", this.isZoomed);
    this.picture.look(this.scale);
  }

  /** The point of an event, from the middle of the stage. @param {{ clientX: number, clientY: number }} event @returns {[number, number]} */
  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return [clientX - left - width / 2, clientY - top - height / 2];
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode ? event.deltaY * 16 : event.deltaY;
    this.#to(this.scale * Math.exp(-pixels * (event.ctrlKey ? TRACKPAD : WHEEL)), ...this.#pointOf(event));
  }

  /** @param {MouseEvent} event */
  #toggle(event) {
    const full = Math.max(2, this.picture.width / this.frame.offsetWidth);
    this.#to(this.isZoomed ? 1 : full, ...this.#pointOf(event));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (/** @type {Element} */ (event.target).closest("button") || event.button !== 0) return;
    this.pointers.set(event.pointerId, event);
    this.pinched = this.pointers.size > 1;
    if (this.pinched) return;
    this.start = event;
    this.dragged = false;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before || !this.frame) return;
    if (this.pointers.size === 2) this.#pinch(before, event);
    else if (this.isZoomed) this.#drag(before, event);
    this.pointers.set(event.pointerId, event);
  }

  /** @type {(before: PointerEvent, event: PointerEvent) => void} */
  #drag(before, event) {
    this.#pan(event.clientX - before.clientX, event.clientY - before.clientY);
    if (this.dragged || !this.start || Math.hypot(event.clientX - this.start.clientX, event.clientY - this.start.clientY) < DRAG) return;
    this.dragged = true;
    this.stage.setPointerCapture(event.pointerId); // a drag may leave the stage, and clicks nothing
  }

  /** @type {(before: PointerEvent, event: PointerEvent) => void} */
  #pinch(before, event) {
    const other = [...this.pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (!other) return;
    const apart = (/** @type {PointerEvent} */ one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
    this.#pan((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
    this.#to((this.scale * apart(event)) / Math.max(apart(before), 1), ...this.#pointOf(middle));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.pointers.delete(event.pointerId) || !this.start || this.pinched || this.isZoomed || event.type === "pointercancel") return;
    const x = event.clientX - this.start.clientX;
    const y = event.clientY - this.start.clientY;
    if (event.pointerType === "touch" && Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) this.swipe(x < 0 ? 1 : -1);
  }
}
