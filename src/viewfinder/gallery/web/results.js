// The results of a search: page after page of the API's cursor, into the grid.

import { absent } from "./abilities.js";
import { isSearch, parametersOf, readSearch } from "./address.js";
import { searchImages } from "./api.js";
import { countOf, tellBeside, tellCount } from "./count.js";
import { firstPage } from "./first.js";
import { element, find, icon } from "./dom.js";
import { Grid } from "./grid.js";
import { learnReadings, quoted, readingsOf, replaced, search as searchFor, unreadWords } from "./readings.js";
import { showSearch } from "./search.js";
import { burstOf, stacked } from "./stacks.js";

const UNDATED = "No capture time";

/** @type {(day: string, dateStyle: "full" | "medium") => string} */
const dayName = (day, dateStyle) => (day ? new Date(`${day}T00:00Z`).toLocaleDateString(undefined, { dateStyle, timeZone: "UTC" }) : UNDATED);

/** The timeline's groups: days of the camera's time; images without a capture time are one group, at the end. @type {import("./types").Grouping} */
const DAYS = {
  of: (image) => image.TakenAt?.slice(0, 10) ?? "",
  text: (day) => dayName(day, "full"),
  short: (day) => dayName(day, "medium"),
};

const PAGE = 100;
const SOUGHT_PAGES = 20; // to find the image of a direct link, or the place before a reload
const PLACE = "viewfinder-place";
/** @type {Record<string, [title: string, text: string]>} */
const NOTHING = {
  REJECTED: ["No image was rejected", "Every picture could be read."],
  FAILED: ["No image failed", "Every image that was tried has its labels."],
};

export class Results {
  controller = new AbortController();
  /** @type {string | null} */
  asked = null; // the search that is shown
  /** @type {string | null} */
  next = null; // the token of the next page
  stuck = false; // a page failed, and waits for a button
  /** @type {number | undefined} */
  total;
  /** @type {Set<string>} */
  seen = new Set(); // the images that were shown, deleted ones too
  /** @type {Promise<void> | null} */
  loading = null;

  /** @type {import("./types").Summary[][]} */
  pages = []; // what was loaded; of a burst, the grid has the picture on top only
  /** @type {Set<string>} */
  opened = new Set(); // images of stacks that are open

  constructor() {
    this.grid = new Grid(find("grid"), () => this.#more());
    find("grid").addEventListener("click", (event) => this.#clickStack(event));
    this.onChange = () => {};
    this.onShow = () => {};
    history.scrollRestoration = "manual";
    addEventListener("pagehide", () => this.#rememberPlace());
  }

  /** Whether the first page is on its way. */
  get isLoading() {
    return find("gallery").hasAttribute("aria-busy");
  }

  get images() {
    return this.pages.flat();
  }

  /** What the grid has of a page: stacks in the timeline, which end with their page. @param {import("./types").Summary[]} images */
  #visible(images) {
    return readSearch().order === "taken" ? stacked(images, this.opened) : images;
  }

  #showPages(complete = this.grid.complete, grouping = this.grid.grouping) {
    this.grid.show(this.pages.flatMap((page) => this.#visible(page)), complete, grouping);
  }

  /** Opens the stack of an image, or closes it. @param {MouseEvent} event */
  #clickStack(event) {
    const cell = /** @type {Element} */ (event.target).closest(".stack")?.closest("li");
    if (!cell) return;
    const { ImageId, Stack } = this.grid.images[Number(cell.dataset.index)];
    for (const image of this.pages.flatMap((page) => burstOf(page, ImageId))) this.opened[Stack?.IsOpen ? "delete" : "add"](image.ImageId);
    this.#showPages();
    this.focus(ImageId);
    /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest("li")?.querySelector(".stack"))?.focus();
  }

  /** Puts the focus on an image, or on the stack that it lies in. @param {string} imageId */
  focus(imageId) {
    const near = new Set(this.pages.flatMap((page) => burstOf(page, imageId)).map((image) => image.ImageId));
    const own = this.grid.images.findIndex((image) => image.ImageId === imageId);
    this.grid.focus(own < 0 ? this.grid.images.findIndex((image) => near.has(image.ImageId)) : own);
  }

  /** Shows what the address asks for; `again` asks even if it is shown already. */
  async show({ again = false } = {}) {
    const search = readSearch();
    const key = parametersOf(search).toString();
    if (key === this.asked && !again) return;
    this.#begin(key);
    const page = await this.#take((signal) => firstPage(key, signal));
    if (!page) return;
    if (search.q) {
      learnReadings(search.q, page.Interpretation ?? []);
      showSearch();
    }
    this.pages = [page.Images];
    this.#showPages(!page.NextToken, search.order === "taken" ? DAYS : null);
    performance.mark("first-screen");
    this.#shown(search);
    this.#countAhead(search);
    this.onShow();
    await this.#returnToPlace(key);
  }

  /** Asks for pages until the image of a direct link is among them. @param {string} imageId */
  async seek(imageId) {
    await this.#askUntil(() => this.images.some((image) => image.ImageId === imageId));
  }

  /** @param {() => boolean} isThere */
  async #askUntil(isThere) {
    for (let pages = 0; this.next && !this.stuck && !isThere() && pages < SOUGHT_PAGES; pages++) await this.#more();
  }

  /** Asks for pages until so many images are shown, or all. @param {number} number */
  async reach(number) {
    await this.#askUntil(() => this.images.length >= number);
  }

  #rememberPlace() {
    sessionStorage.setItem(PLACE, JSON.stringify({ key: this.asked, top: scrollY }));
  }

  /** After a reload: as far down as before it. */
  /** @param {string} key */
  async #returnToPlace(key) {
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
    sessionStorage.removeItem(PLACE);
    if (place.key !== key || !place.top) return;
    await this.#askUntil(() => this.grid.layout.height > place.top + innerHeight);
    if (key === this.asked) scrollTo(0, place.top);
  }

  /** Takes images away at once; the catalog follows in a moment. @param {string[]} imageIds */
  remove(imageIds) {
    const before = this.images.length;
    this.pages = this.pages.map((page) => page.filter((image) => !imageIds.includes(image.ImageId)));
    this.#showPages();
    if (this.total !== undefined) this.total -= before - this.images.length;
    this.#shown(readSearch());
  }

  /** Has the grid ask again, now or when it is next shown: images have come back meanwhile. */
  forget() {
    this.asked = null;
    if (!find("gallery").hidden) this.show();
  }

  /** @param {string} key */
  #begin(key) {
    this.controller.abort();
    this.controller = new AbortController();
    if (key !== this.asked) scrollTo(0, 0);
    this.asked = key;
    this.next = null;
    this.stuck = false;
    this.total = undefined;
    this.seen = new Set();
    find("more").hidden = true;
    find("gallery").setAttribute("aria-busy", "true");
  }

  /** @param {AbortSignal} signal */
  #nextPage(signal) {
    const parameters = parametersOf(readSearch());
    parameters.set("limit", String(PAGE));
    if (this.next) parameters.set("nextToken", this.next);
    return searchImages(parameters, signal);
  }

  /** Gives a page; null for one that failed, or that another search has overtaken. @param {(signal: AbortSignal) => Promise<import("./types").Images>} ask */
  async #take(ask) {
    const { signal } = this.controller;
    try {
      const page = await ask(signal);
      if (signal.aborted) return null;
      this.next = page.NextToken ?? null;
      for (const { ImageId } of page.Images) this.seen.add(ImageId);
      return page;
    } catch (error) {
      if (error.name !== "AbortError") this.#failed(error);
      return null;
    }
  }

  /** Asks for the next page, once at a time. */
  #more() {
    if (this.next && !this.stuck) this.loading ??= this.#load().finally(() => this.#loaded());
    return this.loading;
  }

  /** Lets the grid ask again: one page may not fill the window. */
  #loaded() {
    this.loading = null;
    this.grid.render();
  }

  async #load() {
    find("more").replaceChildren("Loading more …");
    find("more").hidden = false;
    const page = await this.#take((signal) => this.#nextPage(signal));
    find("more").hidden = !this.stuck;
    if (!page) return;
    this.pages.push(page.Images);
    this.grid.add(this.#visible(page.Images), !page.NextToken);
    this.#count();
    this.onChange();
  }

  /** Says so where the pictures would be: the old ones are not those of the new search. @param {Error} error */
  #failed(error) {
    find("gallery").removeAttribute("aria-busy");
    if (this.next) return this.#stuck(error);
    this.pages = [];
    this.grid.show([], true);
    find("count").textContent = "";
    return tellEmpty("warning", "The search failed", error.message, retry(() => this.show({ again: true })));
  }

  /** A further page failed: the cursor is kept, and asked again by a button. @param {Error} error */
  #stuck(error) {
    this.stuck = true;
    const again = () => {
      this.stuck = false;
      this.#more();
    };
    find("more").replaceChildren(`There are more images: ${error.message} `, retry(again));
  }

  /** @param {import("./types").Search} search */
  #shown(search) {
    find("gallery").removeAttribute("aria-busy");
    find("empty").hidden = this.images.length > 0;
    if (!this.images.length) tellNothing(search);
    this.#count();
    this.onChange();
  }

  #count() {
    if (!this.next) this.total = this.images.length;
    tellCount(this.images.length, this.total);
  }

  /** Asks the counters how many there are, where they know; they are an extra. @param {import("./types").Search} search */
  async #countAhead(search) {
    const { signal } = this.controller;
    const total = this.next ? await countOf(search).catch(() => undefined) : undefined;
    if (signal.aborted) return;
    this.total ??= total;
    this.#count();
    await tellBeside(search).catch(() => {});
  }
}

/** @param {import("./types").Search} search */
function tellNothing(search) {
  const onlyStatus = NOTHING[search.status] && parametersOf(search).size === 1;
  if (onlyStatus) tellEmpty("done", ...NOTHING[search.status]);
  else if (search.q) tellUnfound(search.q);
  else if (isSearch(search)) tellEmpty("search", "No image fits", "Try fewer labels, or a lower confidence.");
  else if (absent.Uploads) tellEmpty("photos", "No images yet", "They appear as they are analysed.");
  else tellEmpty("photos", "No images yet", "Drop pictures or folders anywhere on this page.");
}

/** Says by which words nothing is known, and offers what is near: similar names, or the search without one word. @param {string} q */
function tellUnfound(q) {
  const unread = unreadWords(q);
  const isUnread = unread.length === readingsOf(q).length;
  const places = readingsOf(q).map((entry, place) => ({ entry, place }));
  const close = places.flatMap(({ entry, place }) => (entry.Suggestions ?? []).map((name) => offer(`Did you mean ${name}?`, replaced(q, place, quoted(name)))));
  const without = places.length > 1 && !isUnread ? places.map(({ entry, place }) => offer(`Without ${entry.Typed}`, replaced(q, place, ""))) : [];
  const words = unread.map((entry) => entry.Typed).join(", ");
  const title = isUnread ? `Nothing is known by ${words}` : "No image has all of these";
  const text = isUnread ? "No label, word in a picture, folder, file, camera or date fits." : "Each word is known by itself.";
  tellEmpty("search", title, text, ...close, ...without);
}

/** @type {(text: string, q: string) => HTMLElement} */
const offer = (text, q) => element("button", { class: "button", type: "button", onclick: () => searchFor(q) }, text);

/** @param {() => unknown} onclick */
const retry = (onclick) => element("button", { class: "button", type: "button", onclick }, icon("again"), "Try again");

/** @type {(symbol: string, title: string, text: string, ...actions: HTMLElement[]) => void} */
function tellEmpty(symbol, title, text, ...actions) {
  find("empty").hidden = false;
  find("empty").replaceChildren(icon(symbol), element("h2", {}, title), element("p", {}, text), ...actions);
}
