// What the API can't do here: with an attached bucket it may take no uploads, without vectors it knows no similar images.

import { getHealth } from "./api.js";

/** Ability -> why the API lacks it. @type {Partial<Record<import("./types").Ability, string>>} */
export const absent = {};

/** Asks once; the style sheet hides what is absent. */
export async function learnAbilities() {
  const { Absent = {} } = await getHealth().catch(() => /** @type {import("./types").Health} */ ({}));
  Object.assign(absent, Absent);
  for (const ability of Object.keys(Absent)) document.documentElement.classList.add(`no-${ability.toLowerCase()}`);
}

/** What a question before a deletion says of it. @param {string} they  "It stays", "They stay" */
export const fate = (they) => (absent.Trash ? "This is final: there is no trash." : `${they} in the trash for 30 days.`);
