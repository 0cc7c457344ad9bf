// Uploads: a few at a time, each followed until it is analysed, refused or failed.

import { getImage, uploadFile } from "./api.js";
import { counted, element, find, icon, place } from "./dom.js";
import { filesOfChoice, filesOfDrop, isClutter, refusalOf, typeOf } from "./files.js";
import { addressOf, readSearch } from "./address.js";

const AT_ONCE = 4;
const POLL_MS = 700;
const POLLED = 8; // images asked for in one go
const PATIENCE_MS = 10 * 60 * 1000;

export class Uploads {
  /** `arrived` is called when analysed images may have changed the results. */
  constructor(arrived) {
    Object.assign(this, { arrived, all: [], waiting: [], running: 0, polling: false });
    this.panel = find("uploads");
    this.list = element("ul", { class: "files" });
    this.total = element("progress", { max: 1, value: 0, "aria-label": "All uploads" });
    this.title = element("h2");
    this.panel.append(this.#header(), this.total, this.list, this.#footer());
    this.#listen();
  }

  #header() {
    const close = () => ((this.panel.hidden = true), find("upload").focus());
    return element("div", { class: "head" }, element("div", { role: "status" }, this.title),
      element("button", { class: "button quiet round", type: "button", "aria-label": "Hide uploads", onclick: close }, icon("close")));
  }

  #footer() {
    const choose = (id, symbol, text) =>
      element("button", { class: "button quiet", type: "button", onclick: () => find(id).click() }, icon(symbol), text);
    return element("div", { class: "foot" }, choose("choose-files", "photos", "Choose files"), choose("choose-folder", "folder", "Choose a folder"));
  }

  #listen() {
    find("upload").addEventListener("click", () => {
      this.#show();
      this.panel.querySelector(".foot button").focus();
    });
    for (const id of ["choose-files", "choose-folder"]) {
      find(id).addEventListener("change", ({ target }) => {
        this.add(filesOfChoice(target.files));
        target.value = "";
      });
    }
    const overlay = (isShown) => (find("drop").hidden = !isShown);
    addEventListener("dragover", (event) => {
      event.preventDefault();
      overlay([...event.dataTransfer.types].includes("Files"));
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

  add(files) {
    const uploads = files.filter((file) => !isClutter(file)).map((file) => new Upload(file));
    this.all.push(...uploads);
    this.list.prepend(...uploads.map((upload) => upload.item));
    for (const upload of uploads) {
      const refusal = refusalOf(upload);
      if (refusal) upload.end("refused", refusal);
      else this.waiting.push(upload);
    }
    this.#show();
    for (let started = this.running; started < AT_ONCE; started++) this.#run();
  }

  async #run() {
    this.running++;
    for (let upload = this.waiting.shift(); upload; upload = this.waiting.shift()) {
      await upload.send(() => this.#summary());
      this.#summary();
      this.#poll();
    }
    this.running--;
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

  #summary() {
    const ended = this.all.filter((upload) => upload.isEnded);
    const parts = this.all.map((upload) => upload.fraction);
    this.total.value = parts.length ? parts.reduce((sum, part) => sum + part, 0) / parts.length : 0;
    this.total.hidden = !this.all.length;
    const refused = ended.filter((upload) => upload.state !== "analysed").length;
    const done = `${ended.length} of ${counted(this.all.length, "file")} done`;
    this.title.textContent = this.all.length ? done + (refused ? `, ${refused} refused` : "") : "Upload pictures";
  }
}

class Upload {
  constructor({ file, path }) {
    Object.assign(this, { file, path, state: "waiting", fraction: 0, looked: 0 });
    this.text = element("small", {}, "Waiting");
    this.bar = element("i");
    this.name = element("span", { class: "name", title: path }, path);
    this.item = element("li", { class: "file" }, this.name, this.text, element("span", { class: "bar" }, this.bar));
  }

  get isEnded() {
    return !["waiting", "sending", "sent"].includes(this.state);
  }

  async send(progress) {
    this.#set("sending", "Uploading", 0);
    try {
      this.etag = await uploadFile(this.path, this.file, typeOf(this.file), (part) => {
        this.#set("sending", "Uploading", part * 0.9);
        progress();
      });
      this.sentAt = Date.now();
      this.#set("sent", "Analysing", 0.9);
    } catch (error) {
      this.end("refused", error.message);
    }
  }

  /** Looks for the analysis; gives whether it is there. */
  async look() {
    this.looked = Date.now();
    const image = await getImage(this.path).catch(() => null);
    if (image?.ETag === this.etag) this.#found(image);
    else if (this.looked - this.sentAt > PATIENCE_MS) this.end("unknown", "Not analysed yet: see the status page");
    return this.isEnded;
  }

  end(state, text) {
    this.#set(state, text, 1);
  }

  #found(image) {
    const labels = image.Labels.slice(0, 3).map((label) => label.Name).join(", ");
    if (image.Status === "ANALYZED") this.end("analysed", labels || "No label");
    else this.end("refused", `${image.Reason}: ${image.Message ?? ""}`);
    const link = element("a", { class: "name", href: addressOf(readSearch(), { image: this.path }) }, this.path);
    this.name.replaceWith(link);
  }

  #set(state, text, fraction) {
    Object.assign(this, { state, fraction });
    this.item.dataset.state = state;
    this.text.textContent = text;
    place(this.bar, { width: `${fraction * 100}%` });
  }
}
