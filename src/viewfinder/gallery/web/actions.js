// What is done with several images: a few requests at a time, and one sentence about all of them.

import { absent } from "./abilities.js";
import { analyzeAgain, chooseDownload, deleteImage, getImage, restoreImage } from "./api.js";
import { counted, element } from "./dom.js";
import { say } from "./talk.js";

const AT_ONCE = 4;
const MAX_DOWNLOAD = 1000; // the gallery's server takes no more in one zip
const BACK_MS = 700;
const BACK_TRIES = 60;

/**
 * Does one thing for each image; gives the images for which it was done, and the first error.
 *
 * @param {string[]} imageIds
 * @param {(imageId: string) => Promise<unknown>} action
 */
export async function each(imageIds, action) {
  const waiting = [...imageIds];
  /** @type {string[]} */
  const done = [];
  /** @type {Error | null} */
  let error = null;
  const work = async () => {
    for (let imageId = waiting.shift(); imageId !== undefined; imageId = waiting.shift()) {
      await action(imageId).then(() => done.push(imageId), (reason) => (error ??= reason));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, error: /** @type {Error | null} */ (error) };
}

/** @type {(number: number, error: Error | null, what: string) => void} */
function sayFailed(number, error, what) {
  if (error) say(`${counted(number, "image")} could not be ${what}: ${error.message}`, "fault");
}

/** Moves images to the trash; the notice can take that back. Gives how many were moved. @type {(imageIds: string[], results: import("./types").Shown) => Promise<number>} */
export async function removeAll(imageIds, results) {
  const { done, error } = await each(imageIds, deleteImage);
  results.remove(done);
  sayFailed(imageIds.length - done.length, error, "deleted");
  const undo = () => restoreAll(done, results);
  if (done.length && absent.Trash) say(`${counted(done.length, "image")} ${done.length === 1 ? "is" : "are"} deleted.`);
  else if (done.length) say(`${counted(done.length, "image")} ${done.length === 1 ? "is" : "are"} in the trash.`, "plain", { label: "Undo", act: undo });
  return done.length;
}

/** Brings images back from the trash, and shows them once the catalog has them again. @type {(imageIds: string[], results: import("./types").Shown) => Promise<void>} */
export async function restoreAll(imageIds, results) {
  const { done, error } = await each(imageIds, restoreImage);
  sayFailed(imageIds.length - done.length, error, "restored");
  await each(done, isBack);
  results.show({ again: true });
  if (done.length) say(`${counted(done.length, "image")} restored.`);
}

/** @param {string} imageId */
async function isBack(imageId) {
  for (let tries = 0; tries < BACK_TRIES; tries++) {
    if (await getImage(imageId).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, BACK_MS));
  }
}

/** @param {string[]} imageIds */
export async function analyzeAll(imageIds) {
  const { done, error } = await each(imageIds, analyzeAgain);
  sayFailed(imageIds.length - done.length, error, "analysed");
  if (done.length) say(`${counted(done.length, "image")} ${done.length === 1 ? "is" : "are"} being analysed.`);
}

/** Has the browser write the zip to its disk as it comes. @param {string[]} imageIds */
export async function downloadAll(imageIds) {
  if (imageIds.length > MAX_DOWNLOAD) return say(`One download has at most ${counted(MAX_DOWNLOAD, "image")}: select fewer.`, "fault");
  try {
    const { Url } = await chooseDownload(imageIds);
    element("a", { href: Url, download: "" }).click();
  } catch (error) {
    say(`The download could not start: ${error.message}`, "fault");
  }
}
