// The picture of the viewer, which grows sharper: its tile's thumbnail at once, the rendition for screens, the original for a close look.

import { pictureUrl } from "./api.js";
import { element, nameOf, place } from "./dom.js";
import { specificFirst } from "./labels.js";

const SHOWN_BY_BROWSERS = new Set(["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"]);
const NARROWEST = 640; // pixels that a small picture is enlarged to
const THUMBNAIL = 512; // pixels of a thumbnail's longer side; a smaller one is as large as its picture

export class Picture {
  scale = 1;
  isLeft = false;
  /** @type {Set<string>} */
  asked = new Set();
  /** @type {HTMLImageElement | null} */
  coming = null;

  /** @param {import("./types").Known} image */
  constructor(image) {
    this.image = image;
    this.alt = nameOf(image.ImageId);
    this.shown = this.#rendition("thumbnail");
    this.shown.onload = () => this.#seen();
    this.shown.onerror = () => this.#improve();
    this.frame = element("div", { class: "frame" }, this.shown);
    this.#measure(image.Width, image.Height);
  }

  /** The picture's own width in pixels, as far as it is known. */
  get width() {
    return this.image.Width ?? this.shown.naturalWidth;
  }

  /** Whether this is the picture of a record: a new analysis may be that of another content. @param {import("./types").Known} image */
  isOf({ ImageId, AnalyzedAt }) {
    return this.image.ImageId === ImageId && [undefined, AnalyzedAt].includes(this.image.AnalyzedAt);
  }

  /** Takes the record, once it is here. @param {import("./types").Image} image */
  learn(image) {
    this.image = image;
    this.alt = this.shown.alt = `${nameOf(image.ImageId)}: ${specificFirst(image.Labels).slice(0, 5).map((label) => label.Name).join(", ")}`;
    this.#measure(image.Width, image.Height);
    this.#improve();
  }

  /** Is told how large the picture is shown: 1 fits the stage. @param {number} scale */
  look(scale) {
    this.scale = scale;
    this.#improve();
  }

  /** Stops a load that nobody waits for. */
  leave() {
    this.isLeft = true;
    this.coming?.removeAttribute("src");
  }

  /** @param {string} name */
  #rendition(name) {
    return element("img", { src: pictureUrl(this.image, name), alt: this.alt, draggable: "false", fetchpriority: "high", "data-rendition": name });
  }

  /** Takes the size of the picture, in pixels. @type {(width?: number, height?: number, natural?: string) => void} */
  #measure(width, height, natural = `${Math.max(width ?? 0, NARROWEST)}px`) {
    if (width && height) place(this.frame, { "--proportion": width / height, "--natural": natural });
  }

  #seen() {
    const { naturalWidth, naturalHeight } = this.shown;
    const isWhole = Math.max(naturalWidth, naturalHeight) < THUMBNAIL;
    if (!this.image.Width) this.#measure(naturalWidth, naturalHeight, isWhole ? undefined : "100cqw");
    this.frame.classList.add("ready");
    this.#improve();
  }

  get #isCoarse() {
    const { naturalWidth } = this.shown;
    return naturalWidth < this.width && naturalWidth < this.frame.offsetWidth * this.scale * devicePixelRatio;
  }

  /** Asks for the next better rendition that is of use, one at a time. */
  #improve() {
    if (this.coming || this.isLeft) return;
    if (!this.asked.has("screen")) this.#ask("screen");
    else if (this.scale > 1 && this.#isCoarse && !this.asked.has("original") && SHOWN_BY_BROWSERS.has(this.image.Format ?? "")) this.#ask("original");
  }

  /** Puts a rendition in the place of the one that is shown, once it is decoded; what does not load changes nothing. @param {string} name */
  async #ask(name) {
    this.asked.add(name);
    const coming = (this.coming = this.#rendition(name));
    await coming.decode().catch(() => {});
    this.coming = null;
    if (this.isLeft) return;
    if (coming.naturalWidth) {
      coming.alt = this.alt;
      this.shown.replaceWith(coming);
      this.shown = coming;
      this.frame.classList.add("ready");
    }
    this.#improve();
  }
}
