// The browse page: the tree of folders, and categories with their commonest labels, each with its count and a picture.

import { listCategories, listFolders, listLabels, pictureUrl, searchImages } from "./api.js";
import { counted, element, icon } from "./dom.js";
import { isHidden } from "./moderation.js";

const LABELS = 12; // of a category

/** @type {IntersectionObserver} */
let seen; // asks for what comes into sight
/** @type {WeakMap<Element, () => Promise<void>>} */
const fillers = new WeakMap(); // what to do once an element is in sight

/** Shows folders and categories; labels and pictures are asked for as they come into sight. @param {HTMLElement} section */
export async function show(section) {
  seen?.disconnect();
  seen = new IntersectionObserver(whenSeen, { rootMargin: "200px" });
  const duplicates = element("a", { class: "button", href: "/?view=duplicates" }, icon("copies"), "Duplicates");
  section.replaceChildren(element("div", { class: "title" }, element("h1", {}, "Browse"), duplicates));
  try {
    const [{ Folders }, { Categories }] = await Promise.all([listFolders(), listCategories()]);
    if (Folders.length) section.append(element("h2", {}, "Folders"), treeOf(Folders, ""));
    section.append(...Categories.map(categoryOf));
    if (!Categories.length) section.append(element("p", { class: "quiet" }, "No image has labels yet."));
  } catch (error) {
    section.append(element("p", { class: "problem" }, error.message));
  }
}

/** @param {IntersectionObserverEntry[]} entries */
function whenSeen(entries) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    fillers.get(target)?.().catch(() => {}); // without its picture the link still works
  }
}

/** @param {Record<string, string>} search */
const linkTo = (search) => `/?${new URLSearchParams(search)}`;

/** Folders of one level, below their parent. @type {(folders: import("./types").Folder[], parent: string) => HTMLElement} */
const treeOf = (folders, parent) => element("ul", { class: "folders" }, folders.map((folder) => folderOf(folder, parent)));

/** A folder: a link to its pictures, and a button that opens what is inside. @type {(folder: import("./types").Folder, parent: string) => HTMLElement} */
function folderOf({ Prefix, Count }, parent) {
  const name = Prefix.slice(parent.length, -1) || "/";
  const toggle = element("button", { class: "button quiet round", type: "button", "aria-expanded": "false", "aria-label": `Folders in ${name}` }, icon("next"));
  const link = element("a", { class: "button quiet", href: linkTo({ prefix: Prefix }), title: Prefix }, icon("folder"),
    element("span", { class: "name" }, name), element("small", {}, counted(Count, "image")));
  const item = element("li", {}, element("div", { class: "folder" }, toggle, link));
  toggle.addEventListener("click", () => open(item, toggle, Prefix));
  return item;
}

/** Opens or closes a folder; what is inside is asked for once. @type {(item: HTMLElement, toggle: HTMLElement, prefix: string) => Promise<void>} */
async function open(item, toggle, prefix) {
  const isOpen = toggle.getAttribute("aria-expanded") === "true";
  toggle.setAttribute("aria-expanded", String(!isOpen));
  const inside = /** @type {HTMLElement | null} */ (item.children[1] ?? null);
  if (inside) inside.hidden = isOpen;
  else item.append(await insideOf(prefix).catch((error) => element("p", { class: "problem" }, error.message)));
}

/** @param {string} prefix */
async function insideOf(prefix) {
  const { Folders } = await listFolders(prefix);
  return Folders.length ? treeOf(Folders, prefix) : element("p", { class: "quiet" }, "No folders inside");
}

/** @param {import("./types").CategoryCount} category */
function categoryOf({ Name, Count }) {
  const list = element("ul", { class: "kinds" });
  const section = element("section", {}, element("h2", {}, element("a", { href: linkTo({ category: Name }) }, Name), " ", element("small", {}, counted(Count, "image"))), list);
  fillers.set(section, async () => {
    const { Labels } = await listLabels({ category: Name, order: "count", limit: LABELS });
    list.append(...Labels.map(cardOf));
  });
  seen.observe(section);
  return section;
}

/** @param {import("./types").LabelCount} label */
function cardOf({ Name, Count }) {
  const picture = element("span", { class: "picture", "aria-hidden": "true" });
  const card = element("li", {}, element("a", { href: linkTo({ label: Name }) }, picture, element("b", {}, Name), " ", element("small", {}, counted(Count, "image"))));
  fillers.set(card, async () => {
    const { Images } = await searchImages(new URLSearchParams({ label: Name, order: "confidence", limit: "1" }));
    if (Images.length) picture.append(isHidden(Images[0]) ? icon("warning") : element("img", { src: pictureUrl(Images[0], "thumbnail"), alt: "", decoding: "async" }));
  });
  seen.observe(card);
  return card;
}
