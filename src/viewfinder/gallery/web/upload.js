// One upload: sent, followed until it is analysed, refused or failed, and its row in the panel.

import { addressOf, readSearch } from "./address.js";
import { getImage, uploadFile } from "./api.js";
import { element, place } from "./dom.js";
import { isReadable, typeOf } from "./files.js";

const PATIENCE_MS = 10 * 60 * 1000;

/** Whether the same request may do better later: nobody answered, or the server was at fault or busy. */
/** @param {{ status?: number }} error */
const isPassing = ({ status }) => status === undefined || status === 0 || status === 429 || status >= 500;

export class Upload {
  state = "waiting";
  text = "Waiting";
  fraction = 0;
  looked = 0; // when, in milliseconds
  sentAt = 0;
  isDecided = false;
  isFound = false;
  /** @type {HTMLLIElement | null} */
  row = null;
  /** @type {string | undefined} */
  etag;

  /** @param {{ file?: File, path: string }} chosen  without a file: only its end is shown */
  constructor({ file, path }) {
    this.file = file;
    this.path = path;
  }

  /** Makes the row; `hide` forgets it. Of thousands of uploads only the latest have one. */
  show() {
    this.row = element("li", { class: "file" }, element("span", { class: "name" }), element("small"), element("span", { class: "bar" }, element("i")));
    this.#draw();
    return this.row;
  }

  hide() {
    this.row?.remove();
    this.row = null;
  }

  get isEnded() {
    return !["waiting", "sending", "sent"].includes(this.state);
  }

  /** @param {() => void} progress */
  async send(progress) {
    const { file } = this;
    if (!file) return;
    this.#set("sending", "Uploading", 0);
    try {
      this.etag = await uploadFile(this.path, file, typeOf(file), (part) => {
        this.#set("sending", "Uploading", part * 0.9);
        progress();
      });
      this.sentAt = Date.now();
      this.#set("sent", "Analysing", 0.9);
    } catch (error) {
      if (await isReadable(file)) this.fail(error);
      else this.end("unreadable", "The file has changed, or can't be read any more");
    }
  }

  /** @param {Error & { status?: number }} error */
  fail(error) {
    this.end(isPassing(error) ? "failed" : "refused", error.message);
  }

  wait() {
    this.#set("waiting", "Waiting", 0);
  }

  /** Goes to another key: the name was taken. @param {string} path */
  rename(path) {
    this.path = path;
    this.#draw();
  }

  /** Looks for the analysis; gives whether it is there. */
  async look() {
    this.looked = Date.now();
    const image = await getImage(this.path).catch(() => null);
    if (image && image.ETag === this.etag) this.#found(image);
    else if (this.looked - this.sentAt > PATIENCE_MS) this.end("unknown", "Not analysed yet: see the status page");
    return this.isEnded;
  }

  /** @type {(state: string, text: string) => void} */
  end(state, text) {
    this.#set(state, text, 1);
  }

  /** @param {import("./types").Image} image */
  #found(image) {
    this.isFound = true;
    const labels = image.Labels.slice(0, 3).map((label) => label.Name).join(", ");
    if (image.Status === "ANALYZED") this.end("analysed", labels || "No label");
    else this.end("refused", `${image.Reason}: ${image.Message ?? ""}`);
  }

  /** @type {(state: string, text: string, fraction: number) => void} */
  #set(state, text, fraction) {
    Object.assign(this, { state, text, fraction });
    this.#draw();
  }

  #draw() {
    if (!this.row) return;
    const [name, text, bar] = /** @type {Iterable<HTMLElement>} */ (this.row.children);
    const href = this.isFound && addressOf(readSearch(), { image: this.path });
    this.row.dataset.state = this.state;
    name.replaceChildren(href ? element("a", { href }, this.path) : this.path);
    name.title = this.path;
    text.textContent = this.text;
    place(/** @type {HTMLElement} */ (bar.firstChild), { width: `${this.fraction * 100}%` });
  }
}
