// The versions of an image's object: when each came and its size, with a button that makes it the current one again.

import { listVersions, restoreVersion } from "./api.js";
import { bytes, element, icon, moment, nameOf } from "./dom.js";
import { say } from "./talk.js";

/** @type {string | null} */
let openFor = null; // the image whose list is open stays so when the panel is drawn again
/** @type {() => void} */
let refill; // fills the list that was drawn last: a notice's Undo outlives the list it came from

/** The disclosure of the versions, which are asked for when it opens; `changed` is called after one is brought back. @type {(image: import("./types").Image, changed: () => unknown) => HTMLElement} */
export function versionsOf(image, changed) {
  const list = element("ul", { class: "rows" });
  const fill = () => details.open && fillList(list, image, changed);
  const ontoggle = () => {
    openFor = details.open ? image.ImageId : null;
    fill();
  };
  const details = element("details", { class: "versions", open: openFor === image.ImageId, ontoggle },
    element("summary", { "data-role": "versions" }, "Versions"), list);
  refill = fill;
  return details;
}

/** @type {(list: HTMLElement, image: import("./types").Image, changed: () => unknown) => Promise<void>} */
async function fillList(list, image, changed) {
  try {
    const { Versions } = await listVersions(image.ImageId);
    const current = Versions.find((version) => version.IsLatest);
    list.replaceChildren(...Versions.map((version) => rowOf(version, () => bringBack(image, version, current, changed))));
  } catch (error) {
    list.replaceChildren(element("li", {}, error.message));
  }
}

/** @type {(version: import("./types").Version, onclick: () => unknown) => HTMLElement} */
function rowOf(version, onclick) {
  const time = moment(version.LastModified);
  const button = () => element("button", { class: "button quiet", type: "button", "aria-label": `Bring back: ${time}`, onclick },
    icon("again"), element("span", {}, "Bring back"));
  return element("li", {},
    element("div", {}, element("b", {}, time), element("small", {}, bytes(version.Bytes))),
    version.IsLatest ? element("small", {}, "Current") : button());
}

/** Says so afterwards; the notice brings back the version that was current. @type {(image: import("./types").Image, version: import("./types").Version, current: import("./types").Version | undefined, changed: () => unknown) => Promise<void>} */
async function bringBack(image, version, current, changed) {
  try {
    await restoreVersion(image.ImageId, version.VersionId);
    const undo = current && { label: "Undo", act: () => bringBack(image, current, version, changed) };
    say(`${nameOf(image.ImageId)} is as it was on ${moment(version.LastModified)}. Its labels follow.`, "plain", undo);
    refill();
    changed();
  } catch (error) {
    say(`The version could not be brought back: ${error.message}`, "fault");
  }
}
