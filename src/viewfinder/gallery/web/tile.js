// One tile of the grid: the thumbnail of an image or what is wrong with it, and its caption.

import { addressOf, readSearch } from "./address.js";
import { pictureUrl } from "./api.js";
import { element, icon, nameOf, percent } from "./dom.js";

const STATES = { REJECTED: "Rejected", FAILED: "Failed" };

/** @param {import("./types").Summary} image */
export function tileOf(image) {
  const state = STATES[image.Status];
  const undated = readSearch().order === "taken" && !image.TakenAt ? "No capture time" : null;
  const labels = searchedFirst(image.Labels).slice(0, 3);
  const text = state ? `${state}: ${image.Reason ?? ""}` : labels.map((label) => label.Name).join(", ");
  const link = element(
    "a",
    {
      class: `tile${state ? " fault" : ""}`,
      href: addressOf(readSearch(), { image: image.ImageId }),
      "aria-label": [`${nameOf(image.ImageId)}. ${text}`, undated].filter(Boolean).join(". "),
    },
    state ? faultOf(image, state) : pictureOf(image),
    element("span", { class: "caption", "aria-hidden": "true" }, captionOf(image, labels)),
  );
  // The keyboard has a key for it (space or x), so that one stop of the tab key is enough for a tile.
  const tick = element("button", { class: "tick", type: "button", tabindex: -1, "aria-pressed": "false", "aria-label": `Select ${nameOf(image.ImageId)}` }, icon("done"));
  return element("li", { class: "cell" }, link, tick);
}

/** What was searched for is why the image is here: it is always shown. @param {import("./types").Confident[]} labels */
function searchedFirst(labels) {
  const searched = new Set(readSearch().label.map((name) => name.toLowerCase()));
  const isSearched = (label) => searched.has(label.Name.toLowerCase());
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

/** @type {(image: import("./types").Summary, state: string) => HTMLElement} */
const faultOf = (image, state) =>
  element("span", { class: "missing" }, icon("warning"), element("b", {}, state), image.Reason ?? "");

/** @type {(image: import("./types").Summary, labels: import("./types").Confident[]) => unknown[]} */
function captionOf(image, labels) {
  const sure = labels.map((label) => `${label.Name} ${percent(Math.round(label.Confidence))}`);
  return [element("b", {}, nameOf(image.ImageId)), sure.join(" · ")];
}
