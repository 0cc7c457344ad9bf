// Pictures in which moderation found something: hidden behind a warning until a person asks for them.

import { element, icon, percent } from "./dom.js";
import { IS_MODERATED } from "./settings.js";

export { IS_MODERATED };

/** @type {Set<string>} */
const revealed = new Set(); // ImageIds, until the page is left

/** @type {Set<(imageId: string) => void>} */
const listeners = new Set();

/** @param {(imageId: string) => void} listener */
export const onReveal = (listener) => listeners.add(listener);

/** Shows a picture from now on, in the grid and in the viewer. @param {string} imageId */
export function reveal(imageId) {
  revealed.add(imageId);
  for (const listener of listeners) listener(imageId);
}

/** What moderation found; content types, of level 0, say nothing against a picture. @param {import("./types").Known} image */
const found = ({ ModerationLabels = [] }) => ModerationLabels.filter((label) => label.TaxonomyLevel > 0);

/** Whether the warning stands in the place of an image's picture. @param {import("./types").Known} image */
export const isHidden = (image) => !revealed.has(image.ImageId) && (image.Moderated === "true" || found(image).length > 0);

/** Whether only the record can tell if a picture is hidden. @param {import("./types").Known} image */
export const isUnknown = (image) => IS_MODERATED && image.Status === undefined && !revealed.has(image.ImageId);

/** The warning of the viewer. @param {import("./types").Known} image */
export function warningOf(image) {
  const names = found(image).map((label) => `${label.Name} ${percent(Math.round(label.Confidence))}`);
  return element("div", { class: "warning" }, icon("warning"), element("h3", {}, "Sensitive content"),
    names.length ? element("p", {}, `Moderation found: ${names.join(", ")}`) : null,
    element("button", { class: "button main", type: "button", "data-role": "reveal", onclick: () => reveal(image.ImageId) }, "Show the picture"));
}

/** What moderation found, for the panel; null where it was not asked for. @param {import("./types").Image} image */
export function moderationOf(image) {
  if (!image.Features?.includes("MODERATION")) return null;
  const rows = (image.ModerationLabels ?? []).map(({ Name, Confidence, ParentName }) =>
    element("li", {}, `${Name} ${percent(Math.round(Confidence))}`, ParentName ? element("small", {}, ` ${ParentName}`) : null));
  return [element("h3", {}, "Moderation"), rows.length ? element("ul", { class: "texts" }, rows) : element("p", { class: "quiet" }, "Nothing found")];
}
