// The results of a search: page after page of the API's cursor, into the grid.

import { isSearch, parametersOf, readSearch } from "./address.js";
import { getStatistics, searchImages } from "./api.js";
import { firstPage } from "./first.js";
import { counted, element, find, icon, whole } from "./dom.js";
import { Grid } from "./grid.js";
import { say } from "./talk.js";

const PAGE = 100;

export class Results {
  constructor() {
    this.grid = new Grid(find("grid"), () => this.#more());
    this.asked = null;
  }

  get images() {
    return this.grid.images;
  }

  /** Shows what the address asks for; `again` asks even if it is shown already. */
  async show({ again = false } = {}) {
    const search = readSearch();
    const key = parametersOf(search).toString();
    if (key === this.asked && !again) return;
    this.#begin(key);
    const page = await this.#take((signal) => firstPage(key, signal));
    if (!page) return;
    this.grid.show(page.Images, !page.NextToken);
    performance.mark("first-screen");
    this.#shown(search);
  }

  /** Takes an image away at once; the catalog follows in a moment. */
  remove(imageId) {
    this.grid.remove(imageId);
    this.#shown(readSearch());
  }

  #begin(key) {
    this.controller?.abort();
    this.controller = new AbortController();
    if (key !== this.asked) scrollTo(0, 0);
    this.asked = key;
    this.next = null;
    this.total = undefined;
    find("gallery").setAttribute("aria-busy", "true");
  }

  #nextPage(signal) {
    const parameters = parametersOf(readSearch());
    parameters.set("limit", PAGE);
    parameters.set("nextToken", this.next);
    return searchImages(parameters, signal);
  }

  /** Gives a page; null for one that failed, or that another search has overtaken. */
  async #take(ask) {
    const { signal } = this.controller;
    try {
      const page = await ask(signal);
      if (signal.aborted) return null;
      this.next = page.NextToken ?? null;
      return page;
    } catch (error) {
      if (error.name !== "AbortError") this.#failed(error);
      return null;
    }
  }

  async #more() {
    if (!this.next || this.loading) return;
    this.loading = true;
    find("more").hidden = false;
    const page = await this.#take((signal) => this.#nextPage(signal));
    this.loading = false;
    find("more").hidden = true;
    if (!page) return;
    this.grid.add(page.Images, !page.NextToken);
    this.#count(readSearch());
  }

  #failed(error) {
    this.next = null;
    find("gallery").removeAttribute("aria-busy");
    if (!this.images.length) tellEmpty("warning", "The search failed", error.message);
    else say(`The search failed: ${error.message}`, "fault");
  }

  #shown(search) {
    find("gallery").removeAttribute("aria-busy");
    find("empty").hidden = this.images.length > 0;
    if (!this.images.length) tellNothing(search);
    this.#count(search);
  }

  async #count(search) {
    if (!this.next) this.total = this.images.length;
    tellCount(this.images.length, this.total);
    if (this.total !== undefined || isSearch(search)) return;
    const { asked } = this;
    const statistics = await getStatistics().catch(() => null);
    if (!statistics || asked !== this.asked) return;
    this.total ??= statistics.Images.Total;
    tellCount(this.images.length, this.total);
  }
}

/** The number of all, where it is known: the API's cursor does not count ahead. */
function tellCount(shown, total) {
  find("count").textContent = total === undefined ? `more than ${whole(shown)} images` : counted(total, "image");
}

function tellNothing(search) {
  if (isSearch(search)) tellEmpty("search", "No image fits", "Try fewer labels, or a lower confidence.");
  else tellEmpty("photos", "No images yet", "Drop pictures or folders anywhere on this page.");
}

function tellEmpty(symbol, title, text) {
  find("empty").hidden = false;
  find("empty").replaceChildren(icon(symbol), element("h2", {}, title), element("p", {}, text));
}
