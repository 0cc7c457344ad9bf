// What has come since the grid was shown, from elsewhere: a button says how many, and shows them.

import { parametersOf, readSearch } from "./address.js";
import { searchImages } from "./api.js";
import { find, whole } from "./dom.js";

const EVERY_MS = 15_000;
const MOST = 50; // looked at, newest first

export class Fresh {
  /** @type {Set<string>} */
  known = new Set(); // images that were there at the first look, where the order does not begin with the newest
  /** @type {AbortController | undefined} */
  shown; // of the results that were looked at

  /** @param {import("./results.js").Results} results */
  constructor(results) {
    this.results = results;
    this.button = find("fresh");
    this.button.addEventListener("click", () => this.#show());
    setInterval(() => this.look(), EVERY_MS);
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** Looks whether there is something new; only while somebody may see it. */
  async look() {
    const { controller } = this.results;
    if (document.hidden || find("gallery").hidden || this.results.isLoading) return;
    const parameters = parametersOf(readSearch());
    parameters.delete("order");
    parameters.set("limit", String(MOST));
    const page = await searchImages(parameters, controller.signal).catch(() => null);
    if (page && controller === this.results.controller) this.#tell(page.Images.map((image) => image.ImageId), controller);
  }

  /** @type {(imageIds: string[], controller: AbortController) => void} */
  #tell(imageIds, controller) {
    const isFirst = controller !== this.shown;
    this.shown = controller;
    if (isFirst) this.known = new Set(readSearch().order === "newest" ? [] : imageIds);
    const number = imageIds.filter((imageId) => !this.known.has(imageId) && !this.results.seen.has(imageId)).length;
    this.button.hidden = !number;
    this.button.textContent = number === MOST ? `${whole(MOST)} or more new` : `${whole(number)} new`;
  }

  /** Hides the button: the results are shown anew. */
  forget() {
    this.button.hidden = true;
    if (readSearch().order !== "newest") this.look();
  }

  #show() {
    scrollTo(0, 0);
    this.results.show({ again: true });
    this.results.grid.list.focus({ preventScroll: true });
  }
}
