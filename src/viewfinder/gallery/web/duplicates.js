// The duplicates page: images of the same content in groups, with a button for each copy that deletes the others.

import { removeAll } from "./actions.js";
import { listDuplicates, pictureUrl } from "./api.js";
import { bytes, counted, element, icon, nameOf } from "./dom.js";
import { IS_MODERATED } from "./moderation.js";
import { ask } from "./talk.js";

/** @type {(section: HTMLElement, results: import("./results.js").Results) => Promise<void>} */
export const show = (section, results) => new Duplicates(section, results).load();

class Duplicates {
  /** @type {Map<HTMLElement, import("./types").Copy[]>} */
  groups = new Map(); // what is listed: the images of each row
  /** @type {string | undefined} */
  token;

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
      for (const { Images } of page.Groups) this.#add(Images);
      this.more.hidden = !this.token;
      this.#tell();
    } catch (error) {
      this.count.replaceChildren(element("span", { class: "problem" }, error.message));
    }
  }

  #tell() {
    const copies = [...this.groups.values()].flatMap((images) => images.slice(1));
    const size = copies.reduce((sum, image) => sum + image.Bytes, 0);
    const text = `${counted(this.groups.size, "group")} of images with the same content: ${counted(copies.length, "spare copy", "spare copies")}, ${bytes(size)}.`;
    if (this.groups.size) this.count.textContent = this.token ? `More than ${text}` : text;
    else this.count.textContent = this.token ? "There are more groups." : "No two images have the same content.";
  }

  /** @param {import("./types").Copy[]} images */
  #add(images) {
    const row = element("li");
    this.list.append(row);
    this.#fill(row, images);
  }

  /** A single copy is no group any more. @type {(row: HTMLElement, images: import("./types").Copy[]) => void} */
  #fill(row, images) {
    this.groups.set(row, images);
    if (images.length < 2) {
      this.groups.delete(row);
      return row.remove();
    }
    const title = `${counted(images.length, "image")} of ${bytes(images[0].Bytes)} each`;
    row.replaceChildren(element("h2", {}, title), element("ul", { class: "copies" }, images.map((image) => this.#copyOf(image, row))));
    return undefined;
  }

  /** @type {(image: import("./types").Copy, row: HTMLElement) => HTMLElement} */
  #copyOf(image, row) {
    const picture = element("img", { src: pictureUrl(image, "thumbnail"), alt: "", loading: "lazy", decoding: "async",
      onerror: () => picture.replaceWith(icon("photos")) });
    const link = element("a", { href: `/?${new URLSearchParams({ image: image.ImageId })}` }, element("span", { class: "picture" }, IS_MODERATED ? icon("photos") : picture), image.ImageId);
    const onclick = () => this.#keep(image, row);
    return element("li", {}, link,
      element("button", { class: "button", type: "button", "aria-label": `Keep this one: ${image.ImageId}`, onclick }, "Keep this one"));
  }

  /** @type {(kept: import("./types").Copy, row: HTMLElement) => Promise<void>} */
  async #keep(kept, row) {
    const others = this.#imagesOf(row).filter((image) => image !== kept).map((image) => image.ImageId);
    const copies = others.length === 1 ? "the other copy? It stays" : `the other ${others.length} copies? They stay`;
    if (!(await ask(`Keep ${nameOf(kept.ImageId)} and delete ${copies} in the trash for 30 days.`, "Delete", "danger"))) return;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    await removeAll(others, { remove: (imageIds) => this.#remove(row, imageIds), show: () => this.#again() });
    const stays = row.isConnected ? row : next;
    (stays?.querySelector("button") ?? this.heading).focus();
  }

  /** @param {HTMLElement} row */
  #imagesOf(row) {
    return this.groups.get(row) ?? [];
  }

  /** @type {(row: HTMLElement, imageIds: string[]) => void} */
  #remove(row, imageIds) {
    this.results.remove(imageIds);
    this.#fill(row, this.#imagesOf(row).filter((image) => !imageIds.includes(image.ImageId)));
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
