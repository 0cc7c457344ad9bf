// Completion of labels in the search field: a combobox as the ARIA Authoring Practices have it.

import { listLabels } from "./api.js";
import { element, whole } from "./dom.js";

const PAUSE_MS = 120;
const WAIT_MS = 1000; // how long Enter waits for the options of what was typed

export class Completion {
  /** `choose(name, isExcluded)` takes a label; `back()` is backspace in an empty field. */
  constructor(input, list, choose, back) {
    Object.assign(this, { input, list, choose, back, options: [], active: -1 });
    input.addEventListener("input", () => this.#later());
    input.addEventListener("focus", () => this.#later());
    input.addEventListener("blur", () => this.#close());
    input.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  }

  get #isExcluded() {
    return this.input.value.trimStart().startsWith("-");
  }

  get #text() {
    return this.input.value.trim().replace(/^-\s*/, "");
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#complete(), PAUSE_MS);
  }

  async #complete() {
    this.controller?.abort();
    this.controller = new AbortController();
    const typed = this.input.value;
    try {
      const { Labels } = await listLabels(this.#text, this.controller.signal);
      if (document.activeElement !== this.input || this.input.value !== typed) return;
      this.completed = typed; // the options belong to this text
      this.#open(Labels);
    } catch (error) {
      if (error.name !== "AbortError") this.#close();
    }
  }

  #open(labels) {
    this.options = labels.map((label, index) => this.#option(label, index));
    const nothing = element("li", { role: "option", "aria-disabled": "true", class: "none" }, "No such label");
    this.list.replaceChildren(...(labels.length ? this.options : [nothing]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#activate(this.#text && labels.length ? 0 : -1);
  }

  #option(label, index) {
    const under = label.Parents.map((parent) => parent.Name).join(", ");
    const option = element(
      "li",
      { role: "option", id: `completion-${index}`, onclick: () => this.#take(label.Name) },
      element("span", {}, this.#isExcluded ? `Without ${label.Name}` : label.Name),
      element("small", {}, under),
      element("span", { class: "number", "aria-label": `${label.Count} images` }, whole(label.Count)),
    );
    option.dataset.name = label.Name;
    return option;
  }

  #activate(index) {
    this.active = index;
    this.options.forEach((option, at) => option.setAttribute("aria-selected", at === index));
    const option = this.options[index];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #take(name) {
    const isExcluded = this.#isExcluded;
    this.input.value = "";
    this.#close();
    this.choose(name, isExcluded);
  }

  #close() {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

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

  /** Take the lit option, or the text as it is: the API takes any case, and aliases. Who types faster than options come waits. */
  async #enter() {
    const typed = this.input.value;
    if (this.#text && this.completed !== typed) {
      clearTimeout(this.timer);
      await Promise.race([this.#complete(), new Promise((done) => setTimeout(done, WAIT_MS))]);
      if (this.input.value !== typed) return;
    }
    const isLit = !this.list.hidden && this.completed === typed;
    const name = (isLit && this.options[this.active]?.dataset.name) || this.#text;
    if (name) this.#take(name);
  }
}
