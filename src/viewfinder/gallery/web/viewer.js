// One picture large: its boxes, its labels, its facts, and what can be done with it.

import { absent, fate } from "./abilities.js";
import { removeAll } from "./actions.js";
import { addressOf, go, openImage, readSearch } from "./address.js";
import { analyzeAgain, getImage, pictureUrl } from "./api.js";
import { correct, correctionsOf } from "./corrections.js";
import { element, find, icon, nameOf } from "./dom.js";
import { peopleOf } from "./faces.js";
import { factsOf, problemOf } from "./facts.js";
import { labelsOf } from "./labels.js";
import { layOn, textsOf } from "./layers.js";
import { isHidden, isUnknown, moderationOf, onReveal, warningOf } from "./moderation.js";
import { Picture } from "./picture.js";
import { similarTo } from "./similar.js";
import { ask, frontDialog, noticesInFront, say } from "./talk.js";
import { versionsOf } from "./versions.js";
import { Zoom } from "./zoom.js";

const AGAIN_MS = 1000;
const AGAIN_TRIES = 60;
const PENDING_MS = 3000;

export class Viewer {
  /** @type {string | null} */
  imageId = null;
  /** @type {import("./types").Image | undefined} */
  image;
  /** @type {Zoom | null} */
  zoom = null;
  /** @type {Picture | null} */
  picture = null;
  stage = element("div");
  /** @type {Promise<void> | null} */
  seeking = null;
  controller = new AbortController();
  last = -1; // where the image is among the results, or was

  /** @param {import("./results.js").Results} results */
  constructor(results) {
    this.results = results;
    this.dialog = find("viewer");
    this.content = element("div", { class: "content" });
    this.dialog.open = false; // the page of a link comes with the picture, until this script is here
    this.dialog.replaceChildren(this.content);
    onReveal((imageId) => this.#reveal(imageId));
    results.onChange = () => this.#renewSteps();
    this.dialog.addEventListener("cancel", (event) => (event.preventDefault(), this.#leave()));
    addEventListener("keydown", (event) => frontDialog() === this.dialog && this.#key(event)); // whatever has the focus
  }

  /** Shows the image that the address names, or nothing. */
  async show() {
    const imageId = openImage();
    if (imageId === this.imageId && this.dialog.open) return;
    this.imageId = imageId;
    if (imageId === null) return this.#close();
    this.#preview(this.results.images[this.#index] ?? { ImageId: imageId });
    await this.#load(imageId);
  }

  get #index() {
    return this.results.images.findIndex((image) => image.ImageId === this.imageId);
  }

  /** Shows what is known before the record is here: the picture of the tile, or of the link. @param {import("./types").Known} image */
  #preview(image) {
    if (!this.dialog.open) {
      this.dialog.showModal();
      noticesInFront();
    }
    this.#replace(this.#heading(image), this.#stageOf(image), element("div", { class: "panel", "aria-busy": "true" }));
  }

  #close() {
    if (!this.dialog.open) return;
    this.dialog.close();
    this.#leavePicture();
    this.content.replaceChildren();
    const { [this.last]: last } = this.results.images;
    if (last) this.results.focus(last.ImageId);
  }

  #leave() {
    go(addressOf(readSearch()));
  }

  /** @param {string} imageId */
  async #load(imageId) {
    this.controller.abort();
    this.controller = new AbortController();
    try {
      const image = await getImage(imageId, this.controller.signal);
      if (this.imageId === imageId) this.#render(image);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#leavePicture();
      this.content.replaceChildren(this.#heading({ ImageId: imageId }), element("p", { class: "problem" }, error.message));
    }
  }

  /** @param {import("./types").Image} image */
  #render(image) {
    this.last = this.#index;
    this.image = image;
    const shown = (/** @type {import("./types").Image} */ record) => this.imageId === record.ImageId && this.#render(record);
    const { list, boxes } = labelsOf(image, (name) => correct(image, "Remove", name, shown));
    const people = peopleOf(image, shown);
    const stage = this.#stageOf(image);
    this.#lay(stage, image, boxes, people.boxes);
    const panel = element(
      "div",
      { class: "panel", tabindex: 0, role: "region", "aria-label": "Labels and facts" },
      problemOf(image),
      people.rows,
      image.Labels.length ? element("h3", {}, "Labels") : null,
      list,
      correctionsOf(image, shown),
      textsOf(image),
      moderationOf(image),
      element("h3", {}, "Image"),
      factsOf(image),
      similarTo(image),
      versionsOf(image, () => this.#follow()),
    );
    this.#replace(this.#heading(image), stage, panel);
    if (image.PendingFeatures) this.#complete(image);
  }

  /** Shows the record again once the features are there that it waits for. @param {import("./types").Image} image */
  async #complete(image) {
    for (let tries = 0; tries < AGAIN_TRIES; tries++) {
      await new Promise((resolve) => setTimeout(resolve, PENDING_MS));
      if (this.image !== image || this.imageId !== image.ImageId) return;
      const now = await getImage(image.ImageId).catch(() => null);
      if (now && !now.PendingFeatures && this.image === image && this.imageId === image.ImageId) return this.#render(now);
    }
  }

  /** Puts new parts in the place of the old; the focus stays where it was. @param {HTMLElement[]} parts */
  #replace(...parts) {
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    const focused = (this.dialog.contains(active) && active?.dataset.role) || "close";
    this.content.replaceChildren(...parts);
    this.#renewSteps();
    /** @type {HTMLElement | null} */ (this.dialog.querySelector(`[data-role="${focused}"]`))?.focus();
  }

  /** The stage with the image's picture: the one that is there, zoom and all, as long as it is of the same content. @param {import("./types").Known} image */
  #stageOf(image) {
    const isShown = (image.Status ?? "ANALYZED") === "ANALYZED" && !isHidden(image) && !isUnknown(image);
    if (isShown && this.picture?.isOf(image)) return this.stage;
    this.#leavePicture();
    this.picture = isShown ? new Picture(image) : null;
    this.stage = element("div", { class: "stage" }, this.picture?.frame ?? insteadOf(image), this.#step(-1), this.#step(1));
    this.zoom = new Zoom(this.stage, this.picture, (direction) => this.#go(direction));
    return this.stage;
  }

  /** A person wants to see the picture: the record is here, or what the grid knows of it. @param {string} imageId */
  #reveal(imageId) {
    if (imageId !== this.imageId) return;
    if (this.image?.ImageId === imageId) this.#render(this.image);
    else this.#preview(this.results.images[this.#index] ?? { ImageId: imageId });
  }

  #leavePicture() {
    this.picture?.leave();
    this.picture = this.zoom = null;
  }

  /** @type {(stage: HTMLElement, image: import("./types").Image, boxes: HTMLElement[], people: HTMLElement[]) => void} */
  #lay(stage, image, boxes, people) {
    stage.querySelector(".layers")?.remove();
    if (!this.picture || !isMeasured(image)) return;
    this.picture.learn(image);
    const switches = layOn(this.picture.frame, image, boxes, people);
    if (switches) this.picture.frame.after(switches);
  }

  /** @param {import("./types").Known} image */
  #heading(image) {
    const folder = image.ImageId.slice(0, image.ImageId.length - nameOf(image.ImageId).length);
    const tools = image.Status
      ? [
          this.#tool("again", "Analyse again", () => this.#again(image)),
          this.#tool("delete", "Delete", () => this.#delete(image)),
          element("a", { class: "button quiet round", href: pictureUrl(image, "original"), target: "_blank", rel: "noopener",
            title: "Open the original", "aria-label": "Open the original", "data-role": "open" }, icon("open")),
        ]
      : [];
    return element(
      "div",
      { class: "heading" },
      element("h2", { id: "viewer-name", title: image.ImageId }, folder ? element("small", {}, folder) : null, element("span", { class: "name" }, nameOf(image.ImageId))),
      tools,
      this.#tool("close", "Close", () => this.#leave()),
    );
  }

  /** @type {(name: string, label: string, onclick: () => unknown) => HTMLButtonElement} */
  #tool(name, label, onclick) {
    return element(
      "button",
      { class: "button quiet round", type: "button", title: label, "aria-label": label, "data-role": name, onclick },
      icon(name),
    );
  }

  /** @param {number} direction */
  #step(direction) {
    const name = direction < 0 ? "previous" : "next";
    const button = this.#tool(name, direction < 0 ? "Previous image" : "Next image", () => this.#go(direction));
    button.classList.add("step", name);
    button.disabled = !this.#beside(direction);
    return button;
  }

  /** The results have grown: the image of a direct link may have neighbours now. */
  #renewSteps() {
    for (const [name, direction] of /** @type {const} */ ([["previous", -1], ["next", 1]])) {
      const button = /** @type {HTMLButtonElement | null} */ (this.content.querySelector(`.step.${name}`));
      if (button) button.disabled = !this.#beside(direction);
    }
    if (this.#index >= 0) this.last = this.#index;
    else if (this.imageId !== null) this.seeking ??= this.results.seek(this.imageId).finally(() => (this.seeking = null));
  }

  /** @param {number} direction */
  #beside(direction) {
    return this.#index < 0 ? undefined : this.results.images[this.#index + direction];
  }

  /** @param {number} direction */
  #go(direction) {
    const image = this.#beside(direction);
    if (!image) return;
    if (direction > 0) this.results.grid.render(); // the next page, if the end is near
    go(addressOf(readSearch(), { image: image.ImageId }), { replace: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /** @type {Element} */ (event.target).matches("input")) return;
    /** @type {Record<string, () => void>} */
    const actions = { ArrowLeft: () => this.#go(-1), ArrowRight: () => this.#go(1), Delete: () => this.#deleteByKey() };
    if (!this.zoom?.key(event.key)) {
      if (!actions[event.key]) return;
      actions[event.key]();
    }
    event.preventDefault();
  }

  /** Presses the button, where there is one. */
  #deleteByKey() {
    const button = /** @type {HTMLButtonElement | null} */ (this.content.querySelector('[data-role="delete"]'));
    if (!absent.Deletion) button?.click();
  }

  /** @param {import("./types").Known} image */
  async #delete(image) {
    if (!(await ask(`Delete ${nameOf(image.ImageId)}? ${fate("It stays")}`, "Delete", "danger"))) return;
    const beside = this.#beside(1) ?? this.#beside(-1);
    if (await removeAll([image.ImageId], this.results)) go(addressOf(readSearch(), beside ? { image: beside.ImageId } : {}), { replace: true });
  }

  /** Shows the record again once it has changed; it does not where a version has the same content. */
  async #follow() {
    const { image } = this;
    if (!image) return;
    const newer = await changedSince(image).catch(() => null);
    if (newer && this.imageId === image.ImageId) this.#render(newer);
  }

  /** @param {import("./types").Known} image */
  async #again(image) {
    if (!(await ask(`Analyse ${nameOf(image.ImageId)} again? The detector is asked once more, which may cost money.`, "Analyse"))) return;
    try {
      await analyzeAgain(image.ImageId);
      say(`${nameOf(image.ImageId)} is being analysed.`);
      const newer = await changedSince(image);
      say(newer ? `${nameOf(image.ImageId)} is analysed.` : `${nameOf(image.ImageId)} is still waiting for its turn.`);
      if (newer && this.imageId === image.ImageId) this.#render(newer);
    } catch (error) {
      say(`It could not be analysed: ${error.message}`, "fault");
    }
  }
}

/** What stands in the place of a picture: a warning, nothing until the record is here, or a sign that there is none. @param {import("./types").Known} image */
function insteadOf(image) {
  if (isHidden(image)) return warningOf(image);
  return element("div", { class: "nothing" }, isUnknown(image) ? null : icon("warning"));
}

/** Whether a picture was read. @param {import("./types").Image} image @returns {image is import("./types").Measured} */
const isMeasured = (image) => image.Status === "ANALYZED";

/** Waits until the catalog has a newer analysis; gives it, or null after a minute. @param {import("./types").Known} image */
async function changedSince(image) {
  for (let tries = 0; tries < AGAIN_TRIES; tries++) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    const now = await getImage(image.ImageId);
    if (now.AnalyzedAt !== image.AnalyzedAt) return now;
  }
  return null;
}
