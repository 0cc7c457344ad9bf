// "More like this": the images most similar to the one that is open.

import { addressOf, readSearch } from "./address.js";
import { listSimilar, pictureUrl } from "./api.js";
import { element, icon, nameOf } from "./dom.js";
import { isHidden } from "./moderation.js";

let isOpen = false; // stays so from image to image

/** The disclosure of the similar images, which are asked for when it opens. @type {(image: import("./types").Image) => HTMLElement | null} */
export function similarTo(image) {
  if (image.Status !== "ANALYZED") return null;
  const list = element("ul", { class: "alike" });
  let isAsked = false;
  const ontoggle = () => {
    isOpen = details.open;
    if (isOpen && !isAsked) fill(list, image);
    isAsked ||= isOpen;
  };
  const details = element("details", { class: "similar", open: isOpen, ontoggle }, element("summary", { "data-role": "similar" }, "More like this"), list);
  return details;
}

/** @type {(list: HTMLElement, image: import("./types").Image) => Promise<void>} */
async function fill(list, image) {
  list.replaceChildren(element("li", {}, "Looking …"));
  try {
    const { Images } = await listSimilar(image.ImageId);
    list.replaceChildren(...(Images.length ? Images.map(tileOf) : [element("li", {}, "There is no other image.")]));
  } catch (error) {
    list.replaceChildren(element("li", {}, error.message));
  }
}

/** @param {import("./types").SimilarImage} image */
function tileOf(image) {
  const name = nameOf(image.ImageId);
  const picture = isHidden(image) ? icon("photos") : element("img", { src: pictureUrl(image, "thumbnail"), alt: "", loading: "lazy", decoding: "async" });
  const percent = `${Math.round(image.Similarity)} %`;
  return element("li", {}, element("a", { href: addressOf(readSearch(), { image: image.ImageId }), title: image.ImageId, "aria-label": `${name}, ${percent} similar` },
    element("span", { class: "picture" }, picture), element("small", {}, percent)));
}
