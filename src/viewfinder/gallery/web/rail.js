// The rail of the timeline: the years and months that have pictures. Each is a search for what was taken before its end.

import { addressOf, parametersOf, readSearch } from "./address.js";
import { searchImages } from "./api.js";
import { element, find } from "./dom.js";

const MAX_YEARS = 100;
const END = "9999-12-31";

/** @type {string | undefined} */
let shown; // the search that the rail is of, without its place in time
/** @type {string[]} */
let years = []; // newest first
/** @type {Map<string, string[]>} */
let months = new Map(); // of a year that was opened: the months that have pictures, newest first
let controller = new AbortController();

/** Shows the rail of the search in the address; asks for years only when the search has changed. */
export async function showRail() {
  const search = { ...readSearch(), takenFrom: "", takenTo: "" };
  const key = parametersOf(search).toString();
  if (key !== shown) begin(key);
  const { signal } = controller;
  render();
  try {
    if (!years.length) await findYears(search, signal);
    await findMonths(search, openYear(), signal);
  } catch (error) {
    if (error.name !== "AbortError" && shown === key) shown = undefined; // the search itself says what is wrong
  }
}

/** @param {string} key */
function begin(key) {
  controller.abort();
  controller = new AbortController();
  shown = key;
  years = [];
  months = new Map();
}

/** The newest picture that was taken between two times: one short call each, however many pictures there are. @type {(search: import("./types").Search, takenFrom: string, takenTo: string, signal: AbortSignal) => Promise<string | undefined>} */
async function newestBetween(search, takenFrom, takenTo, signal) {
  const parameters = parametersOf({ ...search, takenFrom, takenTo });
  parameters.set("limit", "1");
  return (await searchImages(parameters, signal)).Images[0]?.TakenAt;
}

/** @type {(search: import("./types").Search, signal: AbortSignal) => Promise<void>} */
async function findYears(search, signal) {
  let end = END;
  for (let found = 0; found < MAX_YEARS; found++) {
    const newest = await newestBetween(search, "", end, signal);
    if (!newest) return;
    years.push(newest.slice(0, 4));
    end = `${newest.slice(0, 4)}-01-01`;
    render();
  }
}

/** @type {(search: import("./types").Search, year: string | undefined, signal: AbortSignal) => Promise<void>} */
async function findMonths(search, year, signal) {
  if (!year || months.has(year)) return;
  const found = [];
  let newest = await newestBetween(search, `${year}-01-01`, endOf(year), signal);
  while (newest) {
    found.push(newest.slice(0, 7));
    newest = await newestBetween(search, `${year}-01-01`, `${newest.slice(0, 7)}-01`, signal);
  }
  months.set(year, found);
  render();
}

/** The year whose months are to be shown too: the one jumped to, or the newest. One that is open stays so, for nothing may move under the pointer. */
function openYear() {
  const { takenTo } = readSearch();
  return takenTo ? years.find((year) => `${year}-01-01` < takenTo) : years[0];
}

/** The first day after a year or a month. @param {string} span */
function endOf(span) {
  const [year, month = 12] = span.split("-").map(Number);
  if (year === 9999) return END;
  const digits = (/** @type {number} */ number, /** @type {number} */ length) => String(number).padStart(length, "0");
  return month === 12 ? `${digits(year + 1, 4)}-01-01` : `${digits(year, 4)}-${digits(month + 1, 2)}-01`;
}

/** @param {string} month */
const monthName = (month) => new Date(`${month}-01T00:00Z`).toLocaleDateString(undefined, { month: "short", timeZone: "UTC" });
/** @param {string} month */
const monthTitle = (month) => new Date(`${month}-01T00:00Z`).toLocaleDateString(undefined, { month: "long", year: "numeric", timeZone: "UTC" });

function render() {
  const rail = find("rail");
  const focused = rail.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  const monthsOf = (/** @type {string} */ year) => months.get(year)?.map((month) => element("li", {}, link(month, monthName(month), monthTitle(month), "month")));
  const items = years.map((year) => element("li", {}, link(year, year, year, "year"), months.has(year) && element("ol", {}, monthsOf(year))));
  rail.replaceChildren(element("ol", {}, element("li", {}, link("", "Latest", "Latest pictures", "latest")), items));
  const wanted = focused && rail.querySelector(`a[href="${CSS.escape(focused)}"]`);
  if (wanted) /** @type {HTMLElement} */ (wanted).focus({ preventScroll: true });
}

/** @type {(span: string, text: string, title: string, kind: string) => HTMLElement} */
function link(span, text, title, kind) {
  const takenTo = span && endOf(span);
  const search = { ...readSearch(), takenTo };
  const isCurrent = readSearch().takenTo === takenTo;
  return element("a", { class: kind, href: addressOf(search), "aria-label": title, "aria-current": isCurrent && "true" }, text);
}
