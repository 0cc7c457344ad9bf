// The labels of one image: bars of confidence, parents as a path, and the boxes that belong to them.

import { element, icon, percent, place } from "./dom.js";

/** Labels before those that they are a kind of: Dog before Animal. @param {import("./types").Label[]} labels */
export function specificFirst(labels) {
  const wider = new Set(labels.flatMap((label) => label.Parents.map((parent) => parent.Name)));
  return [...labels.filter((label) => !wider.has(label.Name)), ...labels.filter((label) => wider.has(label.Name))];
}

/** Gives the list of labels and the layer of boxes; hovering or focusing one lights the other. `remove(name)` says one is wrong. @type {(image: import("./types").Image, remove: (name: string) => unknown) => { list: HTMLElement, boxes: HTMLElement[] }} */
export function labelsOf(image, remove) {
  /** @type {{ node: HTMLElement, label: string }[]} */
  const boxes = [];
  const items = specificFirst(image.Labels).map((label) => itemOf(label, image.Labels, boxes, remove));
  const light = (/** @type {string | null} */ name) => {
    for (const { node, label } of boxes) {
      node.classList.toggle("lit", label === name);
      node.classList.toggle("dim", name !== null && label !== name);
    }
    for (const item of items) item.classList.toggle("lit", item.dataset.label === name);
  };
  for (const item of items) lights(item, item.dataset.label ?? "", light);
  for (const { node, label } of boxes) lights(node, label, light);
  return { list: element("ul", { class: "labels" }, items), boxes: boxes.map((box) => box.node) };
}

/** @type {(node: HTMLElement, name: string, light: (name: string | null) => void) => void} */
function lights(node, name, light) {
  for (const event of ["pointerenter", "focusin"]) node.addEventListener(event, () => light(name));
  for (const event of ["pointerleave", "focusout"]) node.addEventListener(event, () => light(null));
}

/** @type {(label: import("./types").Label, all: import("./types").Label[], boxes: { node: HTMLElement, label: string }[], remove: (name: string) => unknown) => HTMLElement} */
function itemOf(label, all, boxes, remove) {
  for (const instance of label.Instances) boxes.push({ label: label.Name, node: boxOf(label.Name, instance) });
  const item = element(
    "li",
    { class: "label" },
    element(
      "a",
      { href: `/?${new URLSearchParams({ label: label.Name })}`, title: `Search for ${label.Name}` },
      element("span", { class: "name" }, label.Name, marksOf(label)),
      element("span", { class: "sure" }, percent(label.Confidence)),
    ),
    element("span", { class: "bar" }, place(element("i"), { width: `${label.Confidence}%` })),
    pathOf(label, all),
    element("button", { type: "button", class: "wrong", title: `${label.Name} is wrong: remove it`, "aria-label": `Remove the label ${label.Name}`, onclick: () => remove(label.Name) }, icon("close")),
  );
  item.dataset.label = label.Name;
  return item;
}

/** @param {import("./types").Label} label */
function marksOf(label) {
  const number = label.Instances.length;
  if (label.Source === "PERSON") return element("em", { class: "person", title: "Added by a person" }, "by a person");
  return number ? element("em", { title: `${number} found` }, number === 1 ? "1 box" : `${number} boxes`) : null;
}

/** Parents from the widest to the closest. Each is a label too: the more parents of its own, the closer. @type {(label: import("./types").Label, all: import("./types").Label[]) => HTMLElement | null} */
function pathOf(label, all) {
  if (!label.Parents.length) return null;
  const depth = new Map(all.map((other) => [other.Name, other.Parents.length]));
  const names = label.Parents.map((parent) => parent.Name).sort((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0));
  return element("small", { class: "path" }, names.join(" › "));
}

/** @type {(name: string, instance: import("./types").Label["Instances"][number]) => HTMLElement} */
function boxOf(name, instance) {
  const { Left, Top, Width, Height } = instance.BoundingBox;
  const tag = element("span", { class: "tag" }, `${name} ${percent(Math.round(instance.Confidence))}`);
  const edges = { left: Left, top: Top, width: Width, height: Height };
  const css = Object.fromEntries(Object.entries(edges).map(([edge, ratio]) => [edge, `${ratio * 100}%`]));
  return place(element("div", { class: "box", "data-label": name, "aria-hidden": "true" }, tag), css);
}
