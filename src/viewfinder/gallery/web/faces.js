// The people on one picture: a box around each face, and a row to say who it is, who it is not, or that it is no face.

import { isReadOnly } from "./abilities.js";
import { changePerson, correctFaces, getImage, mergePeople } from "./api.js";
import { cropOf } from "./crop.js";
import { element, icon, place } from "./dom.js";
import { forgetNames, namedPeople, personOf } from "./names.js";
import { ask, decide, say } from "./talk.js";

/** @typedef {import("./types").PersonFace} Face */
/** @typedef {(image: import("./types").Image) => unknown} Shown  shows a record */

/** Gives the rows of an image's faces and their boxes; names come as they are known. @type {(image: import("./types").Image, shown: Shown) => { rows: unknown[] | null, boxes: HTMLElement[] }} */
export function peopleOf(image, shown) {
  const faces = image.People ?? [];
  if (!faces.length) return { rows: null, boxes: [] };
  const ordered = [...faces].sort((one, other) => one.BoundingBox.Left - other.BoundingBox.Left);
  const names = element("datalist", { id: "names-of-people" });
  namedPeople().then((people) => names.replaceChildren(...people.map((person) => element("option", { value: person.Name }))));
  const pairs = ordered.map((face, at) => pairOf(image, face, at + 1, shown));
  return {
    rows: [element("h3", {}, "People"), names, element("ul", { class: "faces" }, pairs.map((pair) => pair.row))],
    boxes: pairs.map((pair) => pair.box),
  };
}

/** @type {(image: import("./types").Image, face: Face, number: number, shown: Shown) => { row: HTMLElement, box: HTMLElement }} */
function pairOf(image, face, number, shown) {
  const { Left, Top, Width, Height } = face.BoundingBox;
  const tag = element("span", { class: "tag" }, face.PersonId || face.SuggestedPersonId ? "…" : "Who is this?");
  const box = element("div", { class: "box somebody", "aria-hidden": "true", onclick: () => /** @type {HTMLElement | null} */ (row.querySelector("input, button"))?.focus() }, tag);
  place(box, { left: `${Left * 100}%`, top: `${Top * 100}%`, width: `${Width * 100}%`, height: `${Height * 100}%` });
  const row = element("li");
  const light = (/** @type {boolean} */ isLit) => [row, box].forEach((node) => node.classList.toggle("lit", isLit));
  for (const node of [row, box]) {
    for (const event of ["pointerenter", "focusin"]) node.addEventListener(event, () => light(true));
    for (const event of ["pointerleave", "focusout"]) node.addEventListener(event, () => light(false));
  }
  const about = { image, face, number, shown };
  const fill = (/** @type {import("./types").Person | null} */ person) => {
    const name = person?.Name ?? "";
    tag.textContent = face.PersonId ? name || "Who is this?" : name ? `${name}?` : "Who is this?";
    box.classList.toggle("named", Boolean(face.PersonId && name));
    row.replaceChildren(...(face.PersonId || !person ? rowOf(about, person) : questionOf(about, person)));
  };
  const wanted = face.PersonId ?? face.SuggestedPersonId;
  fill(wanted && face.PersonId ? { PersonId: wanted, Count: 0, Hidden: false } : null);
  if (wanted) personOf(wanted).then(fill, () => {});
  return { row, box };
}

/** @typedef {{ image: import("./types").Image, face: Face, number: number, shown: Shown }} About */

/** A field for the name, a link to the person's pictures, and what takes the face away. @type {(about: About, person: import("./types").Person | null) => HTMLElement[]} */
function rowOf(about, person) {
  const { image, face, number } = about;
  const name = person?.Name ?? "";
  const crop = cropOf(image, face.BoundingBox);
  const link = person ? element("a", { href: `/?${new URLSearchParams({ person: name || person.PersonId })}`, "aria-label": `Images of ${name || `face ${number}`}`, title: "Search for this person" }, crop) : crop;
  const input = element("input", { type: "text", value: name, maxlength: 100, placeholder: "Who is this?", list: "names-of-people", autocomplete: "off", spellcheck: "false", readonly: isReadOnly(),
    "aria-label": name ? `Name of ${name}` : `Name of face ${number}`, "data-role": `face ${number}` });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    if (event.key === "Escape") input.value = name;
    event.preventDefault(); // else the key would press a button of the question that follows
    event.stopPropagation();
    input.blur();
  });
  input.addEventListener("change", () => nameIt(about, person, input.value.trim(), () => (input.value = name)));
  const label = person ? `Not ${name || "this person"}` : "Not a face: forget it";
  const away = element("button", { class: "button quiet round small edits", type: "button", title: label, "aria-label": `${label} (face ${number})`, onclick: () => takeAway(about, person) }, icon("close"));
  return [link, element("span", { class: "who" }, input), away];
}

/** @type {(about: About, person: import("./types").Person) => HTMLElement[]} */
function questionOf(about, person) {
  const { image, face } = about;
  const who = person.Name ?? "somebody you know";
  const answer = (/** @type {string} */ text, /** @type {"ASSIGN" | "EXCLUDE"} */ Action, /** @type {string} */ label) =>
    element("button", { class: "button small edits", type: "button", "aria-label": label,
      onclick: () => tell(about, { Action, PersonId: person.PersonId }, `This is ${Action === "ASSIGN" ? "" : "not "}${who}.`) }, text);
  return [cropOf(image, face.BoundingBox), element("span", { class: "who" }, element("span", {}, `Is this ${who}?`)),
    answer("Yes", "ASSIGN", `Yes, this is ${who}`), answer("No", "EXCLUDE", `No, this is not ${who}`)];
}

/** @type {(about: About, person: import("./types").Person | null, name: string, back: () => unknown) => Promise<void>} */
async function nameIt(about, person, name, back) {
  const before = person?.Name ?? "";
  if (name === before) return;
  if (!person) return name ? tell(about, { Action: "ASSIGN", Name: name }, `This is ${name}.`) : undefined;
  let isPerson = !before || !name;
  if (!isPerson) {
    const { value } = await decide(`Is only this face ${name}, or do you want to rename ${before} on all pictures?`, [["", "Cancel", "quiet"], ["face", "Only this face", ""], ["person", `Rename ${before}`, "main"]]);
    if (!value) return void back();
    isPerson = value === "person";
  }
  if (!isPerson) return tell(about, { Action: "ASSIGN", Name: name }, `This is ${name}.`);
  const same = (await namedPeople()).find((other) => name && other.PersonId !== person.PersonId && other.Name?.toLowerCase() === name.toLowerCase());
  const undo = async () => {
    if (same) await changePerson(person.PersonId, { Merged: false });
    else await changePerson(person.PersonId, { Name: before });
  };
  return run(about, () => (same ? mergePeople(same.PersonId, [person.PersonId]) : changePerson(person.PersonId, { Name: name })), name ? `This is ${name}.` : "The name is gone.", undo);
}

/** @type {(about: About, person: import("./types").Person | null) => Promise<void>} */
async function takeAway(about, person) {
  if (person) return tell(about, { Action: "EXCLUDE", PersonId: person.PersonId }, `This is not ${person.Name ?? "the person"}.`);
  if (!(await ask("Is this no face, or none to be kept? It is forgotten for good.", "Forget", "danger"))) return undefined;
  return run(about, () => correctFaces([{ ImageId: about.image.ImageId, FaceId: about.face.FaceId }], { Action: "FORGET" }), "The face is forgotten.", null);
}

/** Says something of a face; the notice can take it back. @type {(about: About, said: import("./types").Said, text: string) => Promise<void>} */
function tell(about, said, text) {
  const key = { ImageId: about.image.ImageId, FaceId: about.face.FaceId };
  return run(about, () => correctFaces([key], said), text, () => correctFaces([key], { Action: "RESET" }));
}

/** @type {(about: About, action: () => Promise<unknown>, text: string, undo: (() => Promise<unknown>) | null) => Promise<void>} */
async function run({ image, shown }, action, text, undo) {
  const follow = async (/** @type {() => Promise<unknown>} */ step) => {
    await step();
    forgetNames();
    shown(await getImage(image.ImageId));
  };
  try {
    await follow(action);
    const act = () => undo && follow(undo).catch((error) => say(`That was not taken back: ${error.message}`, "fault"));
    say(text, "plain", undo && { label: "Undo", act });
  } catch (error) {
    say(`That was not kept: ${error.message}`, "fault");
  }
}
