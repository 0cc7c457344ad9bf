// The queue of uploads and its panel: a few at a time, rows for the latest only, a question where a name is taken.

import { getImage } from "./api.js";
import { counted, element, find, icon } from "./dom.js";
import { filesOfChoice, filesOfDrop, isClutter, refusalOf } from "./files.js";
import { decide } from "./talk.js";
import { Upload } from "./upload.js";

const AT_ONCE = 4;
const POLL_MS = 700;
const POLLED = 8; // images asked for in one go
const ROWS = 60; // of thousands of files
/** @type {import("./types").Choice[]} */
const CHOICES = [["", "Skip", "quiet"], ["replace", "Replace", "quiet"], ["both", "Keep both", "main"]];

export class Uploads {
  /** @type {Upload[]} */
  all = [];
  /** @type {Upload[]} */
  waiting = [];
  running = 0;
  polling = false;
  keys = new Set();
  /** @type {Upload[]} */
  rows = [];
  /** @type {import("./types").Answer | null} */
  forAll = null;
  /** @type {Promise<import("./types").Answer> | undefined} */
  asking;
  /** @type {number | null} */
  summing = null;

  /** @param {() => void} arrived  is called when analysed images may have changed the results */
  constructor(arrived) {
    this.arrived = arrived;
    this.panel = find("uploads");
    this.list = element("ul", { class: "files" });
    this.total = element("progress", { max: 1, value: 0, "aria-label": "All uploads" });
    this.title = element("h2");
    this.again = element("button", { class: "button", type: "button", hidden: true, onclick: () => this.#retry() });
    this.panel.append(this.#header(), this.total, this.again, this.list, this.#footer());
    this.#listen();
  }

  #header() {
    const close = () => ((this.panel.hidden = true), find("upload").focus());
    return element("div", { class: "head" }, element("div", { role: "status" }, this.title),
      element("button", { class: "button quiet round", type: "button", "aria-label": "Hide uploads", onclick: close }, icon("close")));
  }

  #footer() {
    /** @type {(id: "choose-files" | "choose-folder", symbol: string, text: string) => HTMLButtonElement} */
    const choose = (id, symbol, text) =>
      element("button", { class: "button quiet", type: "button", onclick: () => find(id).click() }, icon(symbol), text);
    return element("div", { class: "foot" }, choose("choose-files", "photos", "Choose files"), choose("choose-folder", "folder", "Choose a folder"));
  }

  #listen() {
    find("upload").addEventListener("click", () => {
      this.#show();
      /** @type {HTMLElement | null} */ (this.panel.querySelector(".foot button"))?.focus();
    });
    for (const input of [find("choose-files"), find("choose-folder")]) {
      input.addEventListener("change", () => {
        this.add(filesOfChoice(input.files));
        input.value = "";
      });
    }
    const overlay = (/** @type {boolean} */ isShown) => (find("drop").hidden = !isShown);
    addEventListener("dragover", (event) => {
      event.preventDefault();
      overlay(event.dataTransfer?.types.includes("Files") ?? false);
    });
    addEventListener("dragleave", (event) => event.relatedTarget === null && overlay(false));
    addEventListener("drop", async (event) => {
      event.preventDefault();
      overlay(false);
      this.add(await filesOfDrop(event.dataTransfer));
    });
  }

  #show() {
    this.panel.hidden = false;
    this.#summary();
  }

  /** @param {import("./types").Chosen[]} files */
  add(files) {
    const uploads = files.filter((file) => !isClutter(file)).map((file) => new Upload(file));
    if (!this.running) this.forAll = null; // a choice for all is for all of one go
    this.all.push(...uploads);
    for (const upload of uploads) {
      const refusal = refusalOf(upload);
      if (!refusal) this.waiting.push(upload);
      else upload.end("refused", refusal);
      if (refusal) this.#row(upload);
    }
    this.#show();
    this.#start();
  }

  /** Puts the row of an upload on top, and forgets the oldest ones. @param {Upload} upload */
  #row(upload) {
    upload.hide();
    this.list.prepend(upload.show());
    this.rows = [upload, ...this.rows.filter((other) => other !== upload)];
    for (const old of this.rows.splice(ROWS)) old.hide();
  }

  #start() {
    for (let started = this.running; started < AT_ONCE; started++) this.#run();
  }

  async #run() {
    this.running++;
    for (let upload = this.waiting.shift(); upload; upload = this.waiting.shift()) {
      this.#row(upload);
      if (await this.#mayGo(upload)) await upload.send(() => this.#summary());
      this.#summary();
      this.#poll();
    }
    this.running--;
  }

  /** Whether an upload may be sent: to its own key, or after a question to another one. @param {Upload} upload */
  async #mayGo(upload) {
    try {
      if (!upload.isDecided && (await this.#isTaken(upload.path))) await this.#decide(upload);
    } catch (error) {
      upload.fail(error);
    }
    if (upload.isEnded) return false;
    upload.isDecided = true; // trying it again asks nothing again
    this.keys.add(upload.path);
    return true;
  }

  /** @param {string} path */
  async #isTaken(path) {
    return this.keys.has(path) || getImage(path).then(() => true, (error) => {
      if (error.status !== 404) throw error;
      return false;
    });
  }

  /** @param {Upload} upload */
  async #decide(upload) {
    const { value } = this.forAll ?? (await this.#ask(upload.path));
    if (value === "") upload.end("skipped", "Skipped: the name is taken");
    if (value === "both") upload.rename(await this.#freePath(upload.path));
  }

  /** Asks, unless a question that was open meanwhile has been answered for all. @param {string} path */
  #ask(path) {
    const ask = () => this.forAll ?? decide(`There is an image ${path} already.`, CHOICES, "The same for all files");
    this.asking = Promise.resolve(this.asking).then(ask);
    return this.asking.then((answer) => {
      if (answer.isForAll) this.forAll = answer;
      return answer;
    });
  }

  /** @param {string} path */
  async #freePath(path) {
    const [suffix] = /\.[^./]*$/.exec(path) ?? [""];
    const stem = path.slice(0, path.length - suffix.length);
    for (let number = 2; ; number++) {
      const candidate = `${stem} (${number})${suffix}`;
      if (!(await this.#isTaken(candidate))) return candidate;
    }
  }

  #retry() {
    const failed = this.all.filter((upload) => upload.state === "failed");
    for (const upload of failed) upload.wait();
    this.waiting.push(...failed);
    this.#summary();
    this.#start();
  }

  /** Asks for the uploaded images until each has its end. */
  async #poll() {
    if (this.polling) return;
    this.polling = true;
    for (let some = this.#sent(); some.length; some = this.#sent()) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const ends = await Promise.all(some.slice(0, POLLED).map((upload) => upload.look()));
      this.#summary();
      if (ends.includes(true)) this.arrived();
    }
    this.polling = false;
  }

  #sent() {
    return this.all.filter((upload) => upload.state === "sent").sort((a, b) => a.looked - b.looked);
  }

  /** Says how far all of them are, once before the next picture of the screen. */
  #summary() {
    this.summing ??= requestAnimationFrame(() => {
      this.summing = null;
      this.#sum();
    });
  }

  #sum() {
    const states = Object.groupBy(this.all, (upload) => (upload.isEnded ? upload.state : "open"));
    const number = (/** @type {string} */ state) => states[/** @type {"open"} */ (state)]?.length ?? 0;
    const done = this.all.length - number("open");
    const parts = this.all.reduce((sum, upload) => sum + upload.fraction, 0);
    this.total.value = this.all.length ? parts / this.all.length : 0;
    this.total.hidden = !this.all.length;
    const notes = ["refused", "failed", "skipped"].filter(number).map((state) => `, ${number(state)} ${state}`);
    this.title.textContent = this.all.length ? `${done} of ${counted(this.all.length, "file")} done${notes.join("")}` : "Upload pictures";
    this.again.hidden = !number("failed");
    this.again.textContent = `Try ${counted(number("failed"), "file")} again`;
  }
}
