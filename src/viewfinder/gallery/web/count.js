// How many images a search has: the API's cursor does not count ahead, but its counters know the plain cases.

import { parametersOf } from "./address.js";
import { EVERY_STATUS, getStatistics, listFolders, listLabels } from "./api.js";
import { counted, element, find, whole } from "./dom.js";

/** @typedef {import("./types").Search} Search */
/** @typedef {import("./types").Statistics} Statistics */

/** The number of images, where counters know it; undefined where only the last page tells. @param {Search} search */
export async function countOf(search) {
  const filters = filtersOf(search);
  if (filters === "") return (await getStatistics()).Images.ANALYZED;
  if (filters === "status") return countOfStatus(search.status, await getStatistics());
  if (filters === "label" && search.label.length === 1) return countOfLabel(search.label[0]);
  if (filters === "prefix" && search.prefix.endsWith("/")) return countOfFolder(search.prefix);
  return undefined;
}

/** The names of what narrows a search, in one text; the order and what belongs to several labels narrow nothing. @param {Search} search */
function filtersOf(search) {
  const names = new Set(parametersOf(search).keys());
  names.delete("order");
  if (search.label.length < 2) names.delete("match");
  return [...names].join(" ");
}

/** @type {(status: string, statistics: Statistics) => number} */
const countOfStatus = (status, { Images }) =>
  Images[status === EVERY_STATUS ? "Total" : /** @type {import("./types").Status} */ (status)];

/** A name that stands for another label, or for several, is not counted. @param {string} name */
async function countOfLabel(name) {
  const { Labels } = await listLabels({ prefix: name, limit: 20 });
  return Labels.find((label) => label.Name.toLowerCase() === name.toLowerCase())?.Count;
}

/** Folders count files of every status: their number is that of pictures while there are no others. @param {string} prefix */
async function countOfFolder(prefix) {
  const [{ Folders }, { Images }] = await Promise.all([listFolders(prefix.slice(0, -1)), getStatistics()]);
  return Images.Total === Images.ANALYZED ? Folders.find((folder) => folder.Prefix === prefix)?.Count : undefined;
}

/** @type {(shown: number, total?: number) => void} */
export function tellCount(shown, total) {
  find("count").textContent = total === undefined ? `more than ${whole(shown)} images` : counted(total, "image");
}

/** Names the files that are no pictures beside all pictures; elsewhere nothing. @param {Search} search */
export async function tellBeside(search) {
  if (filtersOf(search)) return void (find("beside").hidden = true);
  const { Images } = await getStatistics();
  const links = [
    Images.REJECTED && linkTo("REJECTED", counted(Images.REJECTED, "rejected file")),
    Images.FAILED && linkTo("FAILED", `${whole(Images.FAILED)} failed`),
  ].filter((link) => link !== 0);
  find("beside").replaceChildren(...links);
  find("beside").hidden = !links.length;
  return undefined;
}

/** @type {(status: import("./types").Status, text: string) => HTMLElement} */
const linkTo = (status, text) => element("a", { href: `/?${new URLSearchParams({ status })}` }, text);
