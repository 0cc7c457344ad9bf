// Faces that may be somebody: by person, to accept or to refuse many at a time.

import { correctFaces, listFaces } from "./api.js";
import { cropOf, portraitOf } from "./crop.js";
import { counted, element, nameOf } from "./dom.js";
import { say } from "./talk.js";

/** @typedef {import("./types").FaceOnImage} Face */

const PAGE = 100;

export class Suggestions {
  isLoaded = false;
  /** @type {Map<string, () => Promise<void>>} */
  renewals = new Map(); // by person

  /**
   * @param {(personId: string) => Promise<import("./types").Person>} personOf
   * @param {(personIds: Iterable<string>) => unknown} changed  is told whose images have changed
   */
  constructor(personOf, changed) {
    this.personOf = personOf;
    this.changed = changed;
    this.list = element("ul", { class: "suggestions" });
    this.heading = element("h2", { tabindex: -1 }, "The same person?");
    this.more = element("p", { class: "quiet", hidden: true }, "There are more: they come when these are answered.");
    this.section = element("section", { class: "edits", hidden: true }, this.heading,
      element("p", { class: "quiet" }, "Press a face to leave it out of the answer."), this.list, this.more);
  }

  /** Shows the faces that wait, those of one person together. */
  async load() {
    this.isLoaded = true;
    /** @type {Map<string, Face[]>} */
    const groups = new Map();
    let page;
    do {
      page = await listFaces({ limit: PAGE, nextToken: page?.NextToken });
      for (const face of page.Faces) groups.set(String(face.SuggestedPersonId), [...(groups.get(String(face.SuggestedPersonId)) ?? []), face]);
    } while (page.NextToken && !groups.size);
    this.more.hidden = !page.NextToken;
    this.renewals.clear();
    const rows = await Promise.all([...groups].map(([personId, faces]) => this.#rowOf(personId, faces)));
    this.list.replaceChildren(...rows);
    this.section.hidden = !rows.length;
  }

  /** Names have changed: asks by the new ones. */
  async renew() {
    await Promise.all([...this.renewals.values()].map((renew) => renew().catch(() => {})));
  }

  /** @type {(personId: string, faces: Face[]) => Promise<HTMLElement>} */
  async #rowOf(personId, faces) {
    let who = "this person";
    /** @type {Set<Face>} */
    const taken = new Set(faces);
    const yes = element("button", { class: "button main", type: "button", onclick: () => this.#answer(row, personId, who, [...taken], true) });
    const no = element("button", { class: "button", type: "button", onclick: () => this.#answer(row, personId, who, [...taken], false) });
    const heading = element("h3");
    const renew = async () => {
      const person = await this.personOf(personId);
      who = person.Name ?? "this person";
      heading.replaceChildren(portraitOf(person), element("span", {}, person.Name ? `Is this ${who}?` : "Is this the same person?"));
      tell();
    };
    const tell = () => {
      yes.textContent = `Yes, ${taken.size}`;
      no.textContent = `No, ${taken.size}`;
      yes.setAttribute("aria-label", `Yes, ${counted(taken.size, "face")}: ${who}`);
      no.setAttribute("aria-label", `No, ${counted(taken.size, "face")}: not ${who}`);
      yes.disabled = no.disabled = !taken.size;
    };
    const faceOf = (/** @type {Face} */ face) => {
      const button = element("button", { class: "choice-of-face", type: "button", "aria-pressed": "true", "aria-label": `Face on ${nameOf(face.ImageId)}`, title: face.ImageId,
        onclick: () => {
          if (!taken.delete(face)) taken.add(face);
          button.setAttribute("aria-pressed", String(taken.has(face)));
          tell();
        } }, cropOf(face, face.BoundingBox));
      return element("li", {}, button);
    };
    await renew();
    this.renewals.set(personId, renew);
    const row = element("li", {}, heading,
      element("ul", { class: "choices" }, faces.map(faceOf)), element("p", { class: "buttons" }, yes, no));
    return row;
  }

  /** @type {(row: HTMLElement, personId: string, who: string, faces: Face[], isTrue: boolean) => Promise<void>} */
  async #answer(row, personId, who, faces, isTrue) {
    try {
      await said(faces, { Action: isTrue ? "ASSIGN" : "EXCLUDE", PersonId: personId });
    } catch (error) {
      say(`That was not kept: ${error.message}`, "fault");
      return;
    }
    const undo = async () => {
      await said(faces, { Action: "RESET", PersonId: personId }).catch((error) => say(`That was not taken back: ${error.message}`, "fault"));
      this.#follow(personId);
    };
    say(`${counted(faces.length, "face")} ${isTrue ? (faces.length === 1 ? "is" : "are") : (faces.length === 1 ? "is not" : "are not")} ${who}.`, "plain", { label: "Undo", act: undo });
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    /** @type {HTMLElement} */ (next?.querySelector(".buttons button") ?? this.heading).focus();
    await this.#follow(personId);
  }

  /** @param {string} personId */
  async #follow(personId) {
    const place = [...this.list.querySelectorAll("button")].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    await this.load().catch(() => {});
    if (place >= 0) /** @type {HTMLElement | undefined} */ ([...this.list.querySelectorAll("button")][place] ?? this.list.querySelector("button") ?? undefined)?.focus();
    this.changed([personId]);
  }
}

/** Says something of faces, as many at once as the API takes. @type {(faces: Face[], what: import("./types").Said) => Promise<void>} */
async function said(faces, what) {
  for (let start = 0; start < faces.length; start += PAGE) await correctFaces(faces.slice(start, start + PAGE), what);
}
