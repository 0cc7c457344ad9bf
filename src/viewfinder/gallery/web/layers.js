// What lies on the picture of the viewer, in layers that can be switched: labels, words, faces and people.

import { element, percent, place, whole } from "./dom.js";

const KEY = "viewfinder-layers";
/** @type {Record<string, string>} */
const NAMES = { labels: "Labels", words: "Text", faces: "Faces", people: "People" };

/** The layers that were switched on last; boxes of labels and people until somebody chooses. */
function chosen() {
  const kept = localStorage.getItem(KEY);
  return new Set(kept === null ? ["labels", "people"] : kept.split(" ").filter((name) => name in NAMES));
}

/** Lays an image's boxes, words and faces on the frame of its picture, in the place of earlier ones, and gives their switches. @type {(frame: HTMLElement, image: import("./types").Measured, boxes: HTMLElement[], people: HTMLElement[]) => HTMLElement | null} */
export function layOn(frame, image, boxes, people) {
  const layers = { labels: boxes, words: wordsOn(image), faces: facesOn(image), people };
  for (const [name, nodes] of Object.entries(layers)) for (const node of nodes) node.dataset.layer = name;
  for (const node of frame.querySelectorAll("[data-layer]")) node.remove();
  frame.append(...Object.values(layers).flat());
  return switchesOf(frame, layers);
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
