// The grid: of all images only the tiles in and near the window are in the document.

import { element, place } from "./dom.js";
import { Layout } from "./layout.js";
import { onReveal } from "./moderation.js";
import { showPicture, tileOf } from "./tile.js";

const MARGIN = 600; // pixels above and below the window that are ready
const AHEAD = 2000; // pixels before the end at which more is asked for

export class Grid {
  /**
   * @param {HTMLUListElement} list
   * @param {() => unknown} wantMore  is called when the end comes near
   */
  constructor(list, wantMore) {
    this.list = list;
    this.wantMore = wantMore;
    this.complete = true;
    this.pending = false;
    /** @type {import("./types").Summary[]} */
    this.images = [];
    /** @type {Map<number, HTMLElement>} */
    this.tiles = new Map();
    /** @type {Map<import("./types").Heading, HTMLElement>} */
    this.headings = new Map();
    /** @type {import("./types").Grouping | null} */
    this.grouping = null;
    /** @type {(tile: HTMLElement, image: import("./types").Summary) => void} */
    this.onMake = () => {};
    this.active = 0;
    this.layout = this.#emptyLayout();
    this.render = this.render.bind(this);
    addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(list);
    onReveal((imageId) => this.#reveal(imageId));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("focusin", ({ target }) => {
      const tile = /** @type {Element} */ (target).closest("li");
      if (tile) this.#activate(indexOf(tile)); // the list itself can have the focus, too
    });
  }

  /** Shows other images, all there are or the first of them. @type {(images: import("./types").Summary[], complete: boolean, grouping?: import("./types").Grouping | null) => void} */
  show(images, complete, grouping = this.grouping) {
    this.images = [];
    this.grouping = grouping;
    this.layout = this.#emptyLayout();
    this.#clear();
    this.add(images, complete);
  }

  #emptyLayout() {
    return new Layout(this.list.clientWidth, this.grouping?.of);
  }

  /** @type {(images: import("./types").Summary[], complete: boolean) => void} */
  add(images, complete) {
    this.complete = complete;
    this.images = this.images.concat(images);
    this.layout.add(images);
    // The last row of a page may have been made again.
    for (const [index, tile] of this.tiles) this.#put(tile, index);
    place(this.list, { height: `${this.layout.height}px` });
    this.render();
  }

  /** @param {number} index */
  focus(index) {
    this.active = Math.min(Math.max(index, 0), this.images.length - 1);
    const box = this.layout.boxOf(this.active);
    if (!box) return;
    this.#scrollTo(box);
    this.render();
    this.#linkAt(this.active)?.focus({ preventScroll: true });
  }

  render() {
    this.pending = false;
    const top = -this.list.getBoundingClientRect().top;
    const [first, end] = this.layout.between(top - MARGIN, top + innerHeight + MARGIN);
    for (const [index, tile] of this.tiles) {
      if (index < first || index >= end) this.#drop(index, tile);
    }
    for (let index = first; index < end; index++) if (!this.tiles.has(index)) this.#make(index);
    this.#head(first, end);
    this.#rove(first, end);
    if (top + innerHeight + AHEAD > this.layout.height) this.wantMore();
  }

  #soon() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(this.render);
  }

  #resized() {
    const width = this.list.clientWidth;
    if (!width || width === this.layout.width) return;
    this.layout = this.#emptyLayout();
    const images = this.images;
    this.images = [];
    this.#clearHeadings();
    this.add(images, this.complete);
  }

  /** @param {number} index */
  #make(index) {
    const tile = tileOf(this.images[index]);
    tile.dataset.index = String(index);
    this.tiles.set(index, tile);
    this.#put(tile, index);
    this.onMake(tile, this.images[index]);
    this.#insert(tile);
  }

  /** The document's order is the reading order, whichever tile came first. @param {HTMLElement} node */
  #insert(node) {
    const later = [...this.list.children].find((other) => indexOf(other) > indexOf(node));
    this.list.insertBefore(node, later ?? null);
  }

  /** The headings of the groups that begin among these tiles. @type {(first: number, end: number) => void} */
  #head(first, end) {
    const wanted = new Set(this.layout.headingsBetween(first, end));
    for (const [heading, node] of this.headings) if (!wanted.has(heading)) this.headings.delete(heading) && node.remove();
    for (const heading of wanted) {
      if (this.headings.has(heading)) continue;
      const { first: at, left, top, width, group = "" } = heading;
      const text = this.grouping?.text(group);
      const short = width < this.layout.width ? this.grouping?.short(group) : text;
      const node = element("li", { class: "day", "data-index": at - 0.5 }, element("h2", { title: text ?? "" }, short));
      this.headings.set(heading, place(node, { transform: `translate(${left}px, ${top}px)`, width: `${width}px` }));
      this.#insert(node);
    }
  }

  #clearHeadings() {
    for (const node of this.headings.values()) node.remove();
    this.headings.clear();
  }

  /** @type {(tile: HTMLElement, index: number) => void} */
  #put(tile, index) {
    const box = this.layout.boxOf(index);
    if (!box) return;
    tile.setAttribute("aria-posinset", String(index + 1));
    tile.setAttribute("aria-setsize", String(this.complete ? this.images.length : -1));
    place(tile, {
      transform: `translate(${box.left}px, ${box.top}px)`,
      width: `${box.width}px`,
      height: `${box.height}px`,
    });
  }

  /** @type {(index: number, tile: HTMLElement) => void} */
  #drop(index, tile) {
    if (tile.contains(document.activeElement)) return; // the keyboard is here
    tile.querySelector("img")?.removeAttribute("src"); // stops a load that nobody waits for
    tile.remove();
    this.tiles.delete(index);
  }

  #clear() {
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.#clearHeadings();
    this.active = 0;
  }

  /** One tile is in the tab order: the active one, or the first that is seen. @type {(first: number, end: number) => void} */
  #rove(first, end) {
    const current = this.active >= first && this.active < end ? this.active : first;
    for (const [index, tile] of this.tiles) linkOf(tile).tabIndex = index === current ? 0 : -1;
  }

  /** @param {number} index */
  #activate(index) {
    this.#linkAt(this.active)?.setAttribute("tabindex", "-1");
    this.active = index;
    this.#linkAt(index)?.setAttribute("tabindex", "0");
  }

  /** @param {number} index */
  #linkAt(index) {
    const tile = this.tiles.get(index);
    return tile && linkOf(tile);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {Record<string, () => number>} */
    const steps = {
      ArrowRight: () => this.active + 1,
      ArrowLeft: () => this.active - 1,
      ArrowDown: () => this.layout.neighbour(this.active, 1),
      ArrowUp: () => this.layout.neighbour(this.active, -1),
      Home: () => 0,
      End: () => this.images.length - 1,
    };
    if (!steps[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.focus(steps[event.key]());
  }

  /** Shows the picture of an image that was hidden. @param {string} imageId */
  #reveal(imageId) {
    for (const [index, tile] of this.tiles) if (this.images[index].ImageId === imageId) showPicture(tile, this.images[index]);
  }

  /** @param {{ top: number, height: number }} box */
  #scrollTo(box) {
    const above = this.list.getBoundingClientRect().top + box.top;
    const header = 130;
    if (above < header) scrollBy({ top: above - header });
    else if (above + box.height > innerHeight) scrollBy({ top: above + box.height - innerHeight + 16 });
  }
}

/** @param {HTMLElement} tile */
const linkOf = (tile) => /** @type {HTMLElement} */ (tile.firstChild);

/** The place of a tile among the images; a heading stands half a place before its first one. @param {Element} node */
const indexOf = (node) => Number(/** @type {HTMLElement} */ (node).dataset.index);
