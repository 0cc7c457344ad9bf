// How the page reaches the API, and what its user may do: by the gallery's own server on one machine, or with the token of a login where the gallery is hosted.

import * as local from "./local.js";
import { TOKEN } from "./settings.js";

export const isHosted = TOKEN === "";
document.documentElement.classList.toggle("hosted", isHosted);

/** @type {Promise<import("./types").Access>} */
const access = isHosted ? import("./login.js").then((login) => login.enter()) : Promise.resolve(local);

/** Resolves once the API may be asked; a hosted page signs its user in first, which may leave the page. */
export const entered = async () => void (await access);

/**
 * Does something with the rights of the page, as headers; once more with new ones where these were refused.
 *
 * @template Done
 * @param {boolean} isChange  whether it changes something
 * @param {(rights: Record<string, string>) => Promise<Done>} action
 * @returns {Promise<Done>}
 */
export async function withRights(isChange, action) {
  const { rights, renews } = await access;
  try {
    return await action(await rights(isChange));
  } catch (error) {
    if (!(await renews(error, isChange))) throw error;
    return action(await rights(isChange));
  }
}

/** @type {Map<string, () => unknown>} */
const kept = new Map();
const KEPT = "viewfinder-kept";

/** Names what a login must not lose: it is asked for when the page is left for it. @type {(name: string, give: () => unknown) => unknown} */
export const keep = (name, give) => kept.set(name, give);

const remembered = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

/** Remembers all that was named, for this tab. */
export function remember() {
  const given = Object.fromEntries([...kept].map(([name, give]) => [name, give()]));
  sessionStorage.setItem(KEPT, JSON.stringify({ ...remembered(), ...given }));
}

/** Gives what was remembered under a name, once. @param {string} name @returns {any} */
export function recall(name) {
  const { [name]: value, ...others } = remembered();
  sessionStorage.setItem(KEPT, JSON.stringify(others));
  return value;
}
