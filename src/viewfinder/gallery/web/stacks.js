// Bursts of the timeline: pictures of one camera, within seconds and alike, lie on one another until the stack is opened.

const SECONDS = 10; // from the first of a burst to its last
const BITS = 36; // of 128 in which two that follow one another differ at most; different pictures differ in some 64

/** The summary of the picture on top: how many the stack has, and whether the others are shown as well. @typedef {import("./types").Summary} Summary */

/** Gives what is shown of a page of the timeline, in its order. @type {(images: Summary[], opened: Set<string>) => Summary[]} */
export function stacked(images, opened) {
  return burstsOf(images).flatMap((burst) => {
    if (burst.length === 1) return burst;
    const isOpen = burst.some((image) => opened.has(image.ImageId));
    const top = { ...burst[0], Stack: { Size: burst.length, IsOpen: isOpen } };
    return isOpen ? [top, ...burst.slice(1)] : [top];
  });
}

/** Gives the burst that an image is in. @type {(images: Summary[], imageId: string) => Summary[]} */
export const burstOf = (images, imageId) =>
  burstsOf(images).find((burst) => burst.some((image) => image.ImageId === imageId)) ?? [];

/** @param {Summary[]} images */
function burstsOf(images) {
  /** @type {Summary[][]} */
  const bursts = [];
  for (const image of images) {
    const burst = bursts.at(-1);
    if (burst && isOfBurst(image, burst)) burst.push(image);
    else bursts.push([image]);
  }
  return bursts;
}

/** @type {(image: Summary, burst: Summary[]) => boolean} */
function isOfBurst(image, burst) {
  const first = burst[0];
  const before = burst[burst.length - 1];
  if (!image.Camera || image.Camera !== first.Camera || !image.TakenAt || !first.TakenAt) return false;
  if (Math.abs(secondsOf(image.TakenAt) - secondsOf(first.TakenAt)) > SECONDS) return false;
  return Boolean(image.Hash && before.Hash) && distance(image.Hash ?? "", before.Hash ?? "") <= BITS;
}

/** @param {string} taken a local time: only differences count */
const secondsOf = (taken) => Date.parse(`${taken.slice(0, 23)}Z`) / 1000;

/** The number of bits in which two hashes differ. @type {(one: string, other: string) => number} */
function distance(one, other) {
  let bits = 0;
  for (let place = 0; place < one.length; place++) {
    for (let rest = parseInt(one[place], 16) ^ parseInt(other[place], 16); rest; rest &= rest - 1) bits++;
  }
  return bits;
}
