// The trash: deleted images that can come back, each to be restored or deleted for good.

import { each } from "./actions.js";
import { deleteImage, listTrash, pictureUrl, purgeImage, restoreImage } from "./api.js";
import { bytes, counted, element, icon, moment, nameOf } from "./dom.js";
import { IS_MODERATED } from "./moderation.js";
import { ask, say } from "./talk.js";

const LARGEST = 10_000_000; // bytes: the thumbnail is gone, so a row shows the original

/** Shows the newest deletions; a button shows the ones before. @type {(section: HTMLElement, results: import("./results.js").Results) => Promise<void>} */
export async function show(section, results) {
  const empty = element("button", { class: "button edits", type: "button", hidden: true, onclick: () => emptyTrash(section, results) }, icon("delete"), "Empty the trash");
  const list = element("ul", { class: "rows" });
  const more = element("button", { class: "button", type: "button", hidden: true }, "Show more");
  section.replaceChildren(element("div", { class: "title" }, element("h1", {}, "Trash"), empty),
    element("p", { class: "quiet" }, "Deleted images can come back until the bucket forgets them, usually for 30 days."), list, more);
  /** @type {string | undefined} */
  let token;
  const load = async () => {
    try {
      const page = await listTrash(token);
      token = page.NextToken;
      more.hidden = !token;
      list.append(...page.Images.map((image) => rowOf(image, results)));
      empty.hidden = !list.children.length;
      if (!list.children.length) list.replaceWith(element("p", { class: "quiet" }, "The trash is empty."));
    } catch (error) {
      list.replaceWith(element("p", { class: "problem" }, error.message));
    }
  };
  more.addEventListener("click", load);
  await load();
}

/** @type {(image: import("./types").Trashed, results: import("./results.js").Results) => HTMLElement} */
function rowOf(image, results) {
  const name = nameOf(image.ImageId);
  const button = (/** @type {string} */ text, /** @type {string} */ symbol, /** @type {() => unknown} */ onclick) =>
    element("button", { class: "button quiet edits", type: "button", "aria-label": `${text}: ${name}`, onclick }, icon(symbol), element("span", {}, text));
  /** @type {HTMLElement} */
  const row = element("li", {}, pictureOf(image),
    element("div", {}, element("b", { title: image.ImageId }, image.ImageId),
      element("small", {}, `Deleted ${moment(image.DeletedAt)} · ${bytes(image.Bytes)} · kept until ${moment(image.ExpiresAt)}`)),
    button("Restore", "again", () => settle(restore)),
    button("Delete for good", "delete", () => settle(purge)));
  const settle = (/** @type {typeof restore} */ action) => action(image.ImageId, row, results).catch((error) => say(`${name}: ${error.message}`, "fault"));
  return row;
}

/** @param {import("./types").Trashed} image */
function pictureOf(image) {
  const fallback = icon("photos");
  const src = pictureUrl({ ImageId: image.ImageId, AnalyzedAt: image.DeletedAt }, "last");
  const picture = element("img", { src, alt: "", loading: "lazy", decoding: "async", onerror: () => picture.replaceWith(fallback) });
  return element("span", { class: "picture" }, image.Bytes > LARGEST || IS_MODERATED ? fallback : picture);
}

/** Deletes for good what the trash has when it is asked, whatever is shown of it. @type {typeof show} */
async function emptyTrash(section, results) {
  if (!(await ask("Delete everything in the trash for good? It can't come back.", "Delete for good", "danger"))) return;
  try {
    const { done, error } = await each(await allTrashed(), purgeImage);
    if (error) say(`Not everything could be deleted: ${error.message}`, "fault");
    if (done.length) say(`${counted(done.length, "image")} ${done.length === 1 ? "is" : "are"} deleted for good.`);
  } catch (error) {
    say(`The trash could not be read: ${error.message}`, "fault");
  }
  await show(section, results);
}

async function allTrashed() {
  const imageIds = [];
  /** @type {string | undefined} */
  let token;
  do {
    const page = await listTrash(token);
    imageIds.push(...page.Images.map((image) => image.ImageId));
    token = page.NextToken;
  } while (token);
  return imageIds;
}

/** @type {(imageId: string, row: HTMLElement, results: import("./results.js").Results) => Promise<void>} */
async function restore(imageId, row, results) {
  await restoreImage(imageId);
  results.forget();
  row.remove();
  const act = () => deleteImage(imageId).catch((error) => say(`It could not be deleted again: ${error.message}`, "fault"));
  say(`${nameOf(imageId)} is restored.`, "plain", { label: "Undo", act });
}

/** @type {(imageId: string, row: HTMLElement) => Promise<void>} */
async function purge(imageId, row) {
  if (!(await ask(`Delete ${nameOf(imageId)} for good? It can't come back.`, "Delete for good", "danger"))) return;
  await purgeImage(imageId);
  row.remove();
  say(`${nameOf(imageId)} is deleted for good.`);
}
