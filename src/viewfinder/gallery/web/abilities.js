// What the API can and can't do here: whether it knows people; with an attached bucket it may take no uploads, without vectors it knows no similar images.

import { getHealth } from "./api.js";

/** Ability -> why the API lacks it. @type {Partial<Record<import("./types").Ability, string>>} */
export const absent = {};

/** What the detector looks for, as far as the page is concerned. */
export const known = { people: false };

/** Whether the user may only look: the API would refuse what the style sheet hides then. */
export const isReadOnly = () => document.documentElement.classList.contains("read-only");
const READ_ONLY = "Only editors may.";

/** Asks once; the style sheet hides what is absent. */
export async function learnAbilities() {
  const { Absent = {}, Features = [] } = await getHealth().catch(() => /** @type {import("./types").Health} */ ({}));
  Object.assign(absent, Absent, isReadOnly() && { Uploads: READ_ONLY, Deletion: READ_ONLY });
  known.people = Features.includes("PEOPLE");
  document.documentElement.classList.toggle("with-people", known.people);
  for (const ability of Object.keys(Absent)) document.documentElement.classList.add(`no-${ability.toLowerCase()}`);
}

/** What a question before a deletion says of it. @param {string} they  "It stays", "They stay" */
export const fate = (they) => (absent.Trash ? "This is final: there is no trash." : `${they} in the trash for 30 days.`);
