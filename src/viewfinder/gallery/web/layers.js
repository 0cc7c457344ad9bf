// The picture of the viewer and what lies on it in layers that can be switched: labels, words and faces.

import { pictureUrl } from "./api.js";
import { element, icon, nameOf, percent, place, whole } from "./dom.js";
import { specificFirst } from "./labels.js";

const SHOWN_BY_BROWSERS = new Set(["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"]);
const KEY = "viewfinder-layers";
/** @type {Record<string, string>} */
const NAMES = { labels: "Labels", words: "Text", faces: "Faces" };

/** The layers that were switched on last; boxes of labels until somebody chooses. */
function chosen() {
  const kept = localStorage.getItem(KEY);
  return new Set(kept === null ? ["labels"] : kept.split(" ").filter((name) => name in NAMES));
}

/** Gives the picture with its layers and their switches. What a browser can't show is shown by its thumbnail. @type {(image: import("./types").Image, boxes: HTMLElement[]) => unknown[]} */
export function stageOf(image, boxes) {
  if (!isMeasured(image)) return [element("div", { class: "nothing" }, icon("warning"))];
  const layers = { labels: boxes, words: wordsOn(image), faces: facesOn(image) };
  const frame = frameOf(image, Object.values(layers));
  for (const [name, nodes] of Object.entries(layers)) for (const node of nodes) node.dataset.layer = name;
  return [frame, switchesOf(frame, layers)];
}

/** Whether a picture was read. @param {import("./types").Image} image @returns {image is import("./types").Measured} */
const isMeasured = (image) => image.Status === "ANALYZED";

/** @type {(image: import("./types").Measured, layers: HTMLElement[][]) => HTMLElement} */
function frameOf(image, layers) {
  const rendition = SHOWN_BY_BROWSERS.has(image.Format ?? "") ? "original" : "thumbnail";
  const picture = element("img", {
    src: pictureUrl(image, rendition),
    alt: `${nameOf(image.ImageId)}: ${specificFirst(image.Labels).slice(0, 5).map((label) => label.Name).join(", ")}`,
    width: image.Width,
    height: image.Height,
    draggable: "false",
    onload: () => frame.classList.add("ready"),
    onerror: () => (picture.src = pictureUrl(image, "thumbnail")),
  });
  const frame = element("div", { class: "frame" }, picture, layers);
  return place(frame, { "--proportion": image.Width / image.Height, "--natural": `${Math.max(image.Width, 640)}px` });
}

/** @type {(frame: HTMLElement, layers: Record<string, HTMLElement[]>) => HTMLElement | null} */
function switchesOf(frame, layers) {
  const on = chosen();
  const show = () => {
    for (const name of Object.keys(layers)) frame.classList.toggle(`without-${name}`, !on.has(name));
  };
  const buttons = Object.entries(layers).filter(([, nodes]) => nodes.length).map(([name, nodes]) => {
    const toggle = () => {
      if (!on.delete(name)) on.add(name);
      localStorage.setItem(KEY, [...on].join(" "));
      button.setAttribute("aria-pressed", String(on.has(name)));
      show();
    };
    const button = element("button", { type: "button", "aria-pressed": String(on.has(name)), "data-role": name, onclick: toggle },
      NAMES[name], element("small", {}, whole(nodes.length)));
    return button;
  });
  show();
  return buttons.length ? element("div", { class: "layers", role: "group", "aria-label": "Boxes on the picture" }, buttons) : null;
}

/** @param {import("./types").Text} word */
const byText = (word) => `/?${new URLSearchParams({ text: word.DetectedText })}`;
/** @type {(image: import("./types").Image, type: "LINE" | "WORD") => import("./types").Text[]} */
const typed = (image, type) => (image.Texts ?? []).filter((text) => text.Type === type);

/** Words where they stand, turned as they are; each searches for itself. The panel has them for keyboards. @param {import("./types").Measured} image */
function wordsOn(image) {
  return typed(image, "WORD").map((word) =>
    turned(element("a", { class: "word", href: byText(word), title: `Search for “${word.DetectedText}”`, tabindex: -1, draggable: "false", "aria-hidden": "true" }),
      word.Geometry.Polygon, image));
}

/** Places a node on four corners: the first is its upper left, the second its upper right. @type {(node: HTMLElement, polygon: import("./types").Point[], image: import("./types").Measured) => HTMLElement} */
function turned(node, [start, right, , down], { Width, Height }) {
  const x = (right.X - start.X) * Width;
  const y = (right.Y - start.Y) * Height;
  const height = Math.hypot((down.X - start.X) * Width, (down.Y - start.Y) * Height);
  return place(node, {
    left: `${start.X * 100}%`,
    top: `${start.Y * 100}%`,
    width: `${(Math.hypot(x, y) / Width) * 100}%`,
    height: `${(height / Height) * 100}%`,
    transform: `rotate(${Math.atan2(y, x)}rad)`,
  });
}

/** @param {import("./types").Image} image */
function facesOn(image) {
  return (image.Faces ?? []).map(({ BoundingBox: { Left, Top, Width, Height }, Confidence }) => {
    const edges = { left: Left, top: Top, width: Width, height: Height };
    const css = Object.fromEntries(Object.entries(edges).map(([edge, ratio]) => [edge, `${ratio * 100}%`]));
    const tag = element("span", { class: "tag" }, `Face ${percent(Math.round(Confidence))}`);
    return place(element("div", { class: "box face", "aria-hidden": "true" }, tag), css);
  });
}

/** The lines that were read, for the panel: each word searches for itself. @param {import("./types").Image} image */
export function textsOf(image) {
  const words = typed(image, "WORD");
  const linkOf = (/** @type {import("./types").Text} */ word) => element("a", { href: byText(word), title: `Search for “${word.DetectedText}”` }, word.DetectedText);
  const lines = typed(image, "LINE").map((line) => {
    const own = words.filter((word) => word.ParentId === line.Id);
    return element("li", {}, own.length ? own.flatMap((word) => [linkOf(word), " "]) : line.DetectedText);
  });
  return lines.length ? [element("h3", {}, "Text"), element("ul", { class: "texts" }, lines)] : null;
}
