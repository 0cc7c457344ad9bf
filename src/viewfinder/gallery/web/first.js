// The first page of results, asked for before the rest of the scripts is here; behind a link to an image it has time.

import { openImage, openView, parametersOf, readSearch } from "./address.js";
import { isHosted } from "./access.js";
import { searchImages } from "./api.js";

export const FIRST_PAGE = 50;

const firstKey = parametersOf(readSearch()).toString();
let page = isHosted || openView() || openImage() !== null ? null : ask(firstKey); // a hosted page has to sign in first
page?.catch(() => {}); // told to who takes it

/** @type {(key: string, signal?: AbortSignal) => ReturnType<typeof searchImages>} */
function ask(key, signal) {
  const parameters = new URLSearchParams(key);
  parameters.set("limit", String(FIRST_PAGE));
  return searchImages(parameters, signal);
}

/** Gives the first page of a search: the one asked for at the start, once, or a new one. @type {typeof ask} */
export function firstPage(wanted, signal) {
  const known = wanted === firstKey ? page : null;
  page = null;
  return known ?? ask(wanted, signal);
}
