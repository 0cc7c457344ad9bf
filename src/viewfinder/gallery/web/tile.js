// One tile of the grid: the thumbnail of an image or what is wrong with it, and its caption.

import { addressOf, readSearch } from "./address.js";
import { pictureUrl } from "./api.js";
import { element, icon, nameOf, percent } from "./dom.js";
import { isHidden, reveal } from "./moderation.js";

/** What is wrong with a file, by the reason that the API gives (adapters/pictures/limits.py and others). @type {Record<string, string>} */
const SENTENCES = {
  EMPTY_OBJECT: "The file is empty.",
  NOT_AN_IMAGE: "This file is not a picture.",
  UNSUPPORTED_FORMAT: "This format is not analysed.",
  TRUNCATED_IMAGE: "The file ends before the picture does.",
  CORRUPT_IMAGE: "The picture is damaged.",
  TOO_MANY_PIXELS: "The picture has too many pixels.",
  IMAGE_TOO_LARGE: "The picture is too large for the detector.",
  OBJECT_TOO_LARGE: "The file is too large.",
};

/** @param {import("./types").Summary} image */
function sentenceOf({ Status, Reason }) {
  if (Status === "ANALYZED") return null;
  return SENTENCES[Reason ?? ""] ?? (Status === "FAILED" ? "It could not be analysed, and may be tried again." : `It can't be analysed: ${Reason ?? "no reason is known"}.`);
}

/** @param {import("./types").Summary} image */
export function tileOf(image) {
  const fault = sentenceOf(image);
  const undated = readSearch().order === "taken" && !image.TakenAt ? "No capture time" : null;
  const labels = searchedFirst(image.Labels).slice(0, 3);
  const text = fault ?? labels.map((label) => label.Name).join(", ");
  const link = element(
    "a",
    {
      class: `tile${fault ? " fault" : ""}`,
      href: addressOf(readSearch(), { image: image.ImageId }),
      "aria-label": [`${nameOf(image.ImageId)}. ${text}`, undated, isHidden(image) && WARNING].filter(Boolean).join(". "),
      onclick: (/** @type {MouseEvent} */ event) => revealFirst(event, image),
    },
    fault ? faultOf(image, fault) : isHidden(image) ? warningOf() : pictureOf(image),
    element("span", { class: "caption", "aria-hidden": "true" }, captionOf(image, labels)),
  );
  // The keyboard has a key for it (space or x), so that one stop of the tab key is enough for a tile.
  const tick = element("button", { class: "tick", type: "button", tabindex: -1, "aria-pressed": "false", "aria-label": `Select ${nameOf(image.ImageId)}` }, icon("done"));
  return element("li", { class: "cell" }, link, tick, image.Stack && stackOf(image, image.Stack));
}

/** The button that opens a burst, or closes it. @type {(image: import("./types").Summary, stack: { Size: number, IsOpen: boolean }) => HTMLElement} */
const stackOf = ({ ImageId }, { Size, IsOpen }) =>
  element("button", { class: "stack", type: "button", "aria-expanded": String(IsOpen), "aria-label": `Burst of ${Size}: ${nameOf(ImageId)}` }, icon("copies"), String(Size));

/** What was searched for is why the image is here: it is always shown. @param {import("./types").Confident[]} labels */
function searchedFirst(labels) {
  const searched = new Set(readSearch().label.map((name) => name.toLowerCase()));
  const isSearched = (/** @type {import("./types").Confident} */ label) => searched.has(label.Name.toLowerCase());
  return [...labels.filter(isSearched), ...labels.filter((label) => !isSearched(label))];
}

/** @param {import("./types").Summary} image */
function pictureOf(image) {
  const picture = element("img", {
    src: pictureUrl(image, "thumbnail"),
    alt: "",
    decoding: "async",
    loading: "lazy", // none is loaded behind the viewer
    draggable: "false",
    onload: () => picture.classList.add("ready"),
    onerror: () => picture.replaceWith(element("span", { class: "missing" }, icon("photos"))),
  });
  return picture;
}

const WARNING = "Sensitive content: press to show";

const warningOf = () => element("span", { class: "missing" }, icon("warning"), element("b", {}, "Sensitive content"), element("span", {}, "Press to show"));

/** The first press of a hidden picture shows it, the next opens it. @type {(event: MouseEvent, image: import("./types").Summary) => void} */
function revealFirst(event, image) {
  if (!isHidden(image) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation(); // the page would follow the link
  reveal(image.ImageId);
}

/** Puts the picture in the place of its warning; the link stays, with its focus. @type {(tile: HTMLElement, image: import("./types").Summary) => void} */
export function showPicture(tile, image) {
  const link = tile.querySelector(".tile");
  if (!link?.querySelector(".missing") || isHidden(image)) return;
  link.querySelector(".missing")?.replaceWith(pictureOf(image));
  link.setAttribute("aria-label", (link.getAttribute("aria-label") ?? "").replace(`. ${WARNING}`, ""));
}

/** @type {(image: import("./types").Summary, sentence: string) => HTMLElement} */
const faultOf = (image, sentence) =>
  element("span", { class: "missing", title: image.ImageId }, icon("warning"), element("b", {}, nameOf(image.ImageId)), element("span", {}, sentence));

/** @type {(image: import("./types").Summary, labels: import("./types").Confident[]) => unknown[]} */
function captionOf(image, labels) {
  const sure = labels.map((label) => `${label.Name} ${percent(Math.round(label.Confidence))}`);
  return [element("b", {}, nameOf(image.ImageId)), sure.join(" · ")];
}
