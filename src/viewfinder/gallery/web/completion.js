// Completion of labels, people, words and folders: a combobox as the ARIA Authoring Practices have it.

import { listFolders, listLabels } from "./api.js";
import { element, whole } from "./dom.js";
import { peopleLike } from "./names.js";

const PAUSE_MS = 120;
const MOST_FOLDERS = 3;
const MOST_PEOPLE = 4;
const WAIT_MS = 1000; // how long Enter waits for the options of what was typed

export class Completion {
  /** @type {HTMLLIElement[]} */
  options = [];
  active = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  controller = new AbortController();
  /** @type {string | undefined} */
  completed;

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {(kind: string, name: string, isExcluded: boolean) => unknown} choose  takes a label, a person, a word ("text") or a folder ("prefix")
   * @param {() => void} back  is called for backspace in an empty field
   */
  constructor(input, list, choose, back, { onlyLabels = false } = {}) {
    this.input = input;
    this.list = list;
    this.choose = choose;
    this.back = back;
    this.onlyLabels = onlyLabels;
    input.addEventListener("input", () => this.#later());
    if (!onlyLabels) input.addEventListener("focus", () => this.#later()); // over a panel, a list waits until something is typed
    input.addEventListener("blur", () => this.#close());
    input.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  }

  get #isExcluded() {
    return this.input.value.trimStart().startsWith("-");
  }

  get #typed() {
    return this.input.value.trim();
  }

  get #text() {
    return this.input.value.trim().replace(/^-\s*/, "");
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#complete(), PAUSE_MS);
  }

  async #complete() {
    this.controller.abort();
    this.controller = new AbortController();
    const typed = this.input.value;
    try {
      const [{ Labels }, folders, people] = await Promise.all([this.#labels(), this.#folders(), this.#people()]);
      if (document.activeElement !== this.input || this.input.value !== typed) return;
      this.completed = typed; // the options belong to this text
      this.#open(Labels, folders, people);
    } catch (error) {
      if (error.name !== "AbortError") this.#close();
    }
  }

  /** The labels that fit; the commonest ones while nothing is typed. */
  #labels() {
    /** @type {Record<string, string | number>} */
    const query = this.#text ? { prefix: this.#text, limit: 8 } : { order: "count", limit: 8 };
    return listLabels(query, this.controller.signal);
  }

  /** Folders that begin so. They are an extra: without them there are still the labels. */
  async #folders() {
    if (this.onlyLabels || this.#isExcluded || !this.#text) return [];
    const found = await listFolders(this.#text, this.controller.signal).catch(() => ({ Folders: [] }));
    return found.Folders.slice(0, MOST_FOLDERS);
  }

  /** People with a name that begins so. */
  async #people() {
    if (this.onlyLabels || !this.#text) return [];
    return (await peopleLike(this.#text)).slice(0, MOST_PEOPLE);
  }

  /**
   * @param {import("./types").LabelCount[]} labels
   * @param {import("./types").Folder[]} folders
   * @param {import("./types").Person[]} people
   */
  #open(labels, folders, people) {
    const nothing = element("li", { role: "option", "aria-disabled": "true", class: "none" }, "No such label");
    const all = !this.onlyLabels && this.#typed ? [this.#option("q", this.#typed, `Search for “${this.#typed}”`, "in everything")] : [];
    const words = !this.onlyLabels && this.#text && !this.#isExcluded ? [this.#option("text", this.#text, `“${this.#text}”`, "word in a picture")] : [];
    const places = folders.map(({ Prefix, Count }) => this.#option("prefix", Prefix, Prefix, "folder", Count));
    const named = people.map(({ Name = "", Count }) => this.#option("person", Name, this.#isExcluded ? `Without ${Name}` : Name, "person", Count));
    const found = [...named, ...labels.map((label) => this.#labelOption(label))];
    this.options = [...found, ...all, ...words, ...places];
    this.options.forEach((option, index) => (option.id = `${this.list.id}-${index}`));
    this.list.replaceChildren(...(found.length || all.length ? found : [nothing]), ...all, ...words, ...places);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#activate(this.#text && this.options.length ? 0 : -1);
  }

  /** @param {import("./types").LabelCount} label */
  #labelOption(label) {
    const name = label.MatchedBy ? `${label.Name} (${label.MatchedBy})` : label.Name;
    const under = label.Parents.map((parent) => parent.Name).join(", ");
    return this.#option("label", label.Name, this.#isExcluded ? `Without ${name}` : name, under, label.Count);
  }

  /** @type {(kind: string, value: string, text: string, note: string, count?: number) => HTMLLIElement} */
  #option(kind, value, text, note, count) {
    const number = count === undefined ? null : element("span", { class: "number", "aria-label": `${count} images` }, whole(count));
    const take = () => this.#take(kind, value);
    return element("li", { role: "option", "data-kind": kind, "data-name": value, onclick: take }, element("span", {}, text), element("small", {}, note), number);
  }

  /** @param {number} index */
  #activate(index) {
    this.active = index;
    this.options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const option = this.options[index];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @type {(kind: string, name: string) => void} */
  #take(kind, name) {
    const isExcluded = this.#isExcluded;
    this.input.value = "";
    this.#close();
    this.choose(kind, name, isExcluded);
  }

  #close() {
    clearTimeout(this.timer);
    this.controller.abort();
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const count = this.options.length;
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" && isOpen && count) this.#activate((this.active + 1) % count);
    else if (event.key === "ArrowUp" && isOpen && count) this.#activate((this.active - 1 + count) % count);
    else if (event.key === "ArrowDown") this.#later();
    else if (event.key === "Enter") this.#enter();
    else if (event.key === "Escape" && isOpen) this.#close();
    else if (event.key === "Backspace" && !this.input.value) return this.back();
    else return undefined;
    return event.preventDefault();
  }

  /** Take the lit option, or the text as it is: the API reads what it may mean. Who types faster than options come waits. */
  async #enter() {
    const typed = this.input.value;
    if (this.#text && this.completed !== typed) {
      clearTimeout(this.timer);
      await Promise.race([this.#complete(), new Promise((done) => setTimeout(done, WAIT_MS))]);
      if (this.input.value !== typed) return;
    }
    const isLit = !this.list.hidden && this.completed === typed;
    const lit = isLit ? this.options[this.active]?.dataset : undefined;
    const [kind, text] = this.onlyLabels ? ["label", this.#text] : ["q", this.#typed];
    const name = lit?.name ?? text;
    if (name) this.#take(lit?.kind ?? kind, name);
  }
}
