// The queue of uploads and its panel: a few at a time, rows for the latest only, a question where a name is taken.

import { absent } from "./abilities.js";
import { getImage } from "./api.js";
import { counted, element, find, icon } from "./dom.js";
import { digestOf, filesOfChoice, filesOfDrop, refusalOf } from "./files.js";
import { decide } from "./talk.js";
import { Upload } from "./upload.js";

const AT_ONCE = 4;
const POLL_MS = 700;
const POLLED = 8; // images asked for in one go
const UNSENT = "viewfinder-unsent"; // where a page that goes away leaves what it has not sent
const MAX_UNSENT = 1000;
const ROWS = 60; // of thousands of files
/** How uploads end that are no success, and what the panel says of them. */
const ENDS = { refused: "refused", failed: "failed", skipped: "skipped", unreadable: "unreadable", unsent: "not sent" };
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
  /** @type {Set<string>} */
  leftOut = new Set();
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
    this.note = element("p", { class: "quiet", hidden: true });
    this.total = element("progress", { max: 1, value: 0, "aria-label": "All uploads" });
    this.title = element("h2");
    this.again = element("button", { class: "button", type: "button", hidden: true, onclick: () => this.#retry() });
    this.panel.append(this.#header(), this.total, this.again, this.note, this.list, this.#footer());
    this.#listen();
    this.#tellUnsent();
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
      overlay(!absent.Uploads && (event.dataTransfer?.types.includes("Files") ?? false));
    });
    addEventListener("dragleave", (event) => event.relatedTarget === null && overlay(false));
    addEventListener("drop", async (event) => {
      event.preventDefault();
      overlay(false);
      if (event.dataTransfer && !absent.Uploads) this.add(await filesOfDrop(event.dataTransfer));
    });
    addEventListener("beforeunload", (event) => this.#unsent().length && event.preventDefault());
    addEventListener("pagehide", () => this.#rememberUnsent());
    addEventListener("pageshow", (event) => event.persisted && sessionStorage.removeItem(UNSENT)); // they go on
  }

  #unsent() {
    return this.all.filter((upload) => ["waiting", "sending", "failed"].includes(upload.state));
  }

  /** A reload ends what is not sent yet, and forgets the files: the next page can say which only. */
  #rememberUnsent() {
    const paths = this.#unsent().map((upload) => upload.path).slice(0, MAX_UNSENT);
    if (paths.length) sessionStorage.setItem(UNSENT, JSON.stringify(paths));
  }

  #tellUnsent() {
    /** @type {string[]} */
    const paths = JSON.parse(sessionStorage.getItem(UNSENT) ?? "[]");
    sessionStorage.removeItem(UNSENT);
    if (!paths.length) return;
    for (const path of paths) this.#addEnded(path, "unsent", "Not sent before the page was left: choose it again");
    this.#show();
  }

  /** @type {(path: string, state: string, text: string) => void} */
  #addEnded(path, state, text) {
    const upload = new Upload({ path });
    upload.end(state, text);
    this.all.push(upload);
    this.#row(upload);
  }

  #show() {
    this.panel.hidden = false;
    this.#summary();
  }

  /** @param {import("./types").Picked} picked */
  add({ files, unreadable, leftOut }) {
    if (!this.running) this.forAll = null; // a choice for all is for all of one go
    for (const chosen of files) this.#addFile(chosen);
    for (const { path, reason } of unreadable) this.#addEnded(path, "unreadable", reason);
    for (const path of leftOut) this.leftOut.add(path);
    this.#show();
    this.#start();
  }

  /** @param {import("./types").Chosen} chosen */
  #addFile(chosen) {
    const refusal = refusalOf(chosen);
    if (refusal) return this.#addEnded(chosen.path, "refused", refusal);
    const upload = new Upload(chosen);
    this.#forgetUnsent(chosen.path);
    this.all.push(upload);
    return this.waiting.push(upload);
  }

  /** @param {string} path */
  #forgetUnsent(path) {
    const before = this.all.find((other) => other.path === path && other.state === "unsent");
    before?.hide();
    if (before) this.all.splice(this.all.indexOf(before), 1);
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
      const known = upload.isDecided ? null : await this.#known(upload.path);
      if (known) await this.#decide(upload, known);
    } catch (error) {
      upload.fail(error);
    }
    if (upload.isEnded) return false;
    upload.isDecided = true; // trying it again asks nothing again
    this.keys.add(upload.path);
    return true;
  }

  /** What has a key: an image, or a file that this page has sent; null where it is free. @param {string} path */
  async #known(path) {
    const image = await getImage(path).catch((error) => {
      if (error.status !== 404) throw error;
      return null;
    });
    return image ?? (this.keys.has(path) ? {} : null);
  }

  /** @type {(upload: Upload, known: Partial<import("./types").Image>) => Promise<void>} */
  async #decide(upload, known) {
    if (await isSame(upload.file, known)) return upload.end("skipped", "It is there already");
    const { value } = this.forAll ?? (await this.#ask(upload.path));
    if (value === "") upload.end("skipped", "Skipped: the name is taken");
    if (value === "both") upload.rename(await this.#freePath(upload.path));
    return undefined;
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
      if (!(await this.#known(candidate))) return candidate;
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
    const notes = Object.entries(ENDS).filter(([state]) => number(state)).map(([state, text]) => `, ${number(state)} ${text}`);
    this.note.hidden = !this.leftOut.size;
    this.note.textContent = `${counted(this.leftOut.size, "hidden or system entry", "hidden or system entries")} left out`;
    this.note.title = [...this.leftOut].slice(0, ROWS).join("\n");
    this.title.textContent = this.all.length ? `${done} of ${counted(this.all.length, "file")} done${notes.join("")}` : "Upload pictures";
    this.again.hidden = !number("failed");
    this.again.textContent = `Try ${counted(number("failed"), "file")} again`;
  }
}

/** Whether a file is the content that an image has: after an upload that was cut short, the rest goes on. @type {(file: File | undefined, image: Partial<import("./types").Image>) => Promise<boolean>} */
async function isSame(file, { Size, Sha256 }) {
  return file !== undefined && file.size === Size && Sha256 === (await digestOf(file));
}
