// A face, cut from the thumbnail of its image; a small one from the rendition for screens, where there is one.

import { listFaces, pictureUrl } from "./api.js";
import { element, icon, place } from "./dom.js";
import { IS_MODERATED } from "./moderation.js";

const ROOM = 1.5; // side of the square, as a multiple of the face's longer side
const WHOLE = { Left: 0, Top: 0, Width: 1, Height: 1 };
const SHARP = 72; // pixels of a thumbnail that are enough for the square

/** @type {(image: import("./types").Pictured | null, box: import("./types").Box) => HTMLElement} */
export function cropOf(image, box) {
  const frame = element("span", { class: "crop", "aria-hidden": "true" });
  if (!image || IS_MODERATED) frame.append(icon("people"));
  else load(frame, image, box, "thumbnail");
  return frame;
}

/** What to do when an element comes into view. @type {WeakMap<Element, () => unknown>} */
const awaited = new WeakMap();
const view = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
    view.unobserve(target);
    awaited.get(target)?.();
  }
}, { rootMargin: "50%" });

/** A person's cover; where there is none yet, a face of its newest image, asked for when it comes into view. @param {import("./types").Person} person */
export function portraitOf({ PersonId, Cover }) {
  if (Cover?.ImageId) return cropOf({ ImageId: Cover.ImageId }, Cover.BoundingBox);
  const frame = cropOf(null, WHOLE);
  if (IS_MODERATED) return frame;
  awaited.set(frame, () => listFaces({ person: PersonId, limit: 1 }).then(({ Faces: [face] }) => {
    if (face) frame.replaceWith(cropOf(face, face.BoundingBox));
  }, () => {}));
  view.observe(frame);
  return frame;
}

/** @type {(frame: HTMLElement, image: import("./types").Pictured, box: import("./types").Box, rendition: string) => void} */
function load(frame, image, box, rendition) {
  const isFirst = rendition === "thumbnail";
  const picture = element("img", {
    src: pictureUrl(image, rendition), alt: "", decoding: "async", loading: isFirst ? "lazy" : "eager", draggable: "false",
    onload: () => {
      const side = lay(picture, box);
      frame.replaceChildren(picture);
      if (isFirst && side < SHARP) load(frame, image, box, "screen");
    },
    onerror: () => isFirst && frame.replaceChildren(icon("people")), // many have no rendition for screens
  });
  if (isFirst) frame.append(picture);
}

/** Moves and scales a picture so that the square around a face fills the frame; gives the square's side in pixels. @type {(picture: HTMLImageElement, box: import("./types").Box) => number} */
function lay(picture, { Left, Top, Width, Height }) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const side = Math.min(ROOM * Math.max(Width * width, Height * height), width, height);
  const within = (/** @type {number} */ middle, /** @type {number} */ length) => Math.min(Math.max(middle - side / 2, 0), length - side);
  const [left, top] = [within((Left + Width / 2) * width, width), within((Top + Height / 2) * height, height)];
  const percent = (/** @type {number} */ pixels) => `${(100 * pixels) / side}%`;
  place(picture, { width: percent(width), height: percent(height), left: percent(-left), top: percent(-top) });
  picture.classList.add("ready");
  return side;
}
