// The duplicates page: groups of equal images, and of images that look alike, with what tells them apart and what to do with them.

import { removeAll } from "./actions.js";
import { decideDuplicates, listDuplicates, pictureUrl } from "./api.js";
import { bytes, counted, element, icon, nameOf } from "./dom.js";
import { IS_MODERATED } from "./moderation.js";
import { ask, say } from "./talk.js";

/** @typedef {import("./types").Alike} Group */
/** @typedef {import("./types").Copy} Copy */

/** Why an image is proposed. @type {Record<Group["Keep"]["Reason"], string>} */
const REASONS = { PIXELS: "most pixels", SHARPNESS: "sharpest", TAKEN_AT: "taken first", NAME: "first by name" };

/** @type {(section: HTMLElement, results: import("./results.js").Results) => Promise<void>} */
export const show = (section, results) => new Duplicates(section, results).load();

class Duplicates {
  /** @type {Map<HTMLElement, Group>} */
  groups = new Map(); // what is listed: the group of each row
  /** @type {string | undefined} */
  token;
  pending = 0;

  /**
   * @param {HTMLElement} section
   * @param {import("./results.js").Results} results
   */
  constructor(section, results) {
    this.results = results;
    this.heading = element("h1", { tabindex: -1 }, "Duplicates");
    this.count = element("p", { class: "quiet", role: "status" });
    this.list = element("ul", { class: "groups" });
    this.more = element("button", { class: "button", type: "button", hidden: true, onclick: () => this.load() }, "Show more");
    section.replaceChildren(this.heading, this.count, this.list, this.more);
  }

  /** Shows the next groups. Only a page without a token is the last one: others may be empty. */
  async load() {
    try {
      let page;
      do page = await listDuplicates(this.token);
      while ((this.token = page.NextToken) && !page.Groups.length);
      this.pending = page.Pending ?? 0;
      for (const group of page.Groups) this.#add(group);
      this.more.hidden = !this.token;
      this.#tell();
    } catch (error) {
      this.count.replaceChildren(element("span", { class: "problem" }, error.message));
    }
  }

  #tell() {
    const groups = [...this.groups.values()];
    const equal = groups.filter((group) => group.Kind === "EQUAL");
    const near = groups.length - equal.length;
    const copies = equal.flatMap((group) => group.Images.slice(1));
    const size = copies.reduce((sum, image) => sum + image.Bytes, 0);
    const sentences = [];
    const more = this.token ? "More than " : "";
    if (equal.length) sentences.push(`${more}${counted(equal.length, "group")} of images with the same content: ${counted(copies.length, "spare copy", "spare copies")}, ${bytes(size)}.`);
    if (near) sentences.push(`${more}${counted(near, "group")} of images that look alike.`);
    if (!groups.length) sentences.push(this.token ? "There are more groups." : "No two images have the same content or look alike.");
    if (this.pending) sentences.push(`${counted(this.pending, "image")} not compared yet: load the page again in a moment.`);
    this.count.textContent = sentences.join(" ");
  }

  /** @param {Group} group */
  #add(group) {
    const row = element("li");
    this.list.append(row);
    this.#fill(row, group);
  }

  /** A single image is no group any more. @type {(row: HTMLElement, group: Group) => void} */
  #fill(row, group) {
    this.groups.set(row, group);
    if (group.Images.length < 2) {
      this.groups.delete(row);
      return row.remove();
    }
    const isNear = group.Kind === "NEAR";
    const title = isNear ? `${counted(group.Images.length, "image")} that look alike` : `${counted(group.Images.length, "image")} of ${bytes(group.Images[0].Bytes)} each`;
    const proposed = group.Images.find((image) => image.ImageId === group.Keep.ImageId);
    row.replaceChildren(
      element("h2", {}, title),
      element("ul", { class: "copies" }, group.Images.map((image) => this.#copyOf(image, row))),
      element("p", { class: "buttons" },
        isNear && proposed && button("Keep the best", `Keep the best: ${proposed.ImageId}`, () => this.#keep(proposed, row)),
        button("Keep all", `Keep all: ${group.Images[0].ImageId}`, () => this.#keepAll(row)),
        isNear && button("Not duplicates", `Not duplicates: ${group.Images[0].ImageId}`, () => this.#tellApart(row))),
    );
    return undefined;
  }

  /** @type {(image: Copy, row: HTMLElement) => HTMLElement} */
  #copyOf(image, row) {
    const group = this.#groupOf(row);
    const isNear = group.Kind === "NEAR";
    const isBest = isNear && image.ImageId === group.Keep.ImageId;
    const picture = element("img", { src: pictureUrl(image, "thumbnail"), alt: "", loading: "lazy", decoding: "async",
      onerror: () => picture.replaceWith(icon("photos")) });
    const link = element("a", { href: `/?${new URLSearchParams({ image: image.ImageId })}` }, element("span", { class: "picture" }, IS_MODERATED ? icon("photos") : picture), image.ImageId);
    return element("li", {}, link,
      isNear && element("small", {}, differencesOf(image)),
      isBest && element("b", { class: "best" }, `Best: ${REASONS[group.Keep.Reason]}`),
      button("Keep this one", `Keep this one: ${image.ImageId}`, () => this.#keep(image, row)));
  }

  /** @type {(kept: Copy, row: HTMLElement) => Promise<void>} */
  async #keep(kept, row) {
    const others = this.#groupOf(row).Images.filter((image) => image !== kept).map((image) => image.ImageId);
    const copies = others.length === 1 ? "the other copy? It stays" : `the other ${others.length} copies? They stay`;
    if (!(await ask(`Keep ${nameOf(kept.ImageId)} and delete ${copies} in the trash for 30 days.`, "Delete", "danger"))) return;
    const next = neighbourOf(row);
    await removeAll(others, { remove: (imageIds) => this.#remove(row, imageIds), show: () => this.#again() });
    this.#focus(row.isConnected ? row : next);
  }

  /** Leaves everything as it is, and the group out of sight until the page is loaded again. @param {HTMLElement} row */
  #keepAll(row) {
    const group = this.#drop(row);
    say("All are kept. The group is back when the page is loaded again.", "plain", { label: "Undo", act: () => this.#putBack(group) });
  }

  /** @param {HTMLElement} row */
  async #tellApart(row) {
    const contents = [...new Set(this.#groupOf(row).Images.map((image) => image.Sha256))];
    try {
      await decideDuplicates(contents, false);
    } catch (error) {
      say(`That could not be remembered: ${error.message}`, "fault");
      return;
    }
    const group = this.#drop(row);
    const undo = async () => {
      try {
        await decideDuplicates(contents, true);
        this.#putBack(group);
      } catch (error) {
        say(`That could not be taken back: ${error.message}`, "fault");
      }
    };
    say("They will not be listed together again.", "plain", { label: "Undo", act: undo });
  }

  /** @param {HTMLElement} row */
  #groupOf(row) {
    return /** @type {Group} */ (this.groups.get(row));
  }

  /** Takes a row away, and gives its group. @param {HTMLElement} row */
  #drop(row) {
    const group = this.#groupOf(row);
    const next = neighbourOf(row);
    this.groups.delete(row);
    row.remove();
    this.#tell();
    this.#focus(next);
    return group;
  }

  /** @param {Group} group */
  #putBack(group) {
    this.#add(group);
    this.#tell();
    this.#focus(this.list.lastElementChild);
  }

  /** @param {Element | null} row */
  #focus(row) {
    (row?.querySelector("button") ?? this.heading).focus();
  }

  /** @type {(row: HTMLElement, imageIds: string[]) => void} */
  #remove(row, imageIds) {
    this.results.remove(imageIds);
    const group = this.groups.get(row);
    if (group) this.#fill(row, { ...group, Images: group.Images.filter((image) => !imageIds.includes(image.ImageId)) });
    this.#tell();
  }

  /** Copies have come back from the trash. */
  #again() {
    this.results.forget();
    this.groups.clear();
    this.list.replaceChildren();
    this.token = undefined;
    return this.load();
  }
}

/** @type {(text: string, label: string, onclick: () => unknown) => HTMLElement} */
const button = (text, label, onclick) => element("button", { class: "button edits", type: "button", "aria-label": label, onclick }, text);

/** @param {HTMLElement} row */
const neighbourOf = (row) => row.nextElementSibling ?? row.previousElementSibling;

/** What tells pictures that look alike apart: size, format, and when they were taken. @param {Copy} image */
function differencesOf(image) {
  const taken = image.TakenAt && new Date(`${image.TakenAt.slice(0, 19)}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
  return [`${image.Width} × ${image.Height}`, image.Format, bytes(image.Bytes), taken].filter(Boolean).join(" · ");
}
