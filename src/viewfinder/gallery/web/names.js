// The people that have a name: for completion, and to tell a new name from one that is there.

import { getPerson, listPeople } from "./api.js";
import { known } from "./abilities.js";

/** @typedef {import("./types").Person} Person */

const FRESH_MS = 30_000;
const PAGES = 5; // of a hundred people, those on the most images first

/** @type {{ at: number, people: Promise<Person[]> }} */
let kept = { at: -Infinity, people: Promise.resolve([]) };

/** @returns {Promise<Person[]>} */
export function namedPeople() {
  if (!known.people) return Promise.resolve([]);
  if (performance.now() - kept.at > FRESH_MS) kept = { at: performance.now(), people: ask().catch(() => []) };
  return kept.people;
}

/** Something was named: ask again. */
export function forgetNames() {
  kept = { at: -Infinity, people: Promise.resolve([]) };
}

async function ask() {
  /** @type {Person[]} */
  const found = [];
  let token;
  for (let page = 0; page < PAGES && (!page || token); page++) {
    const { People, NextToken } = await listPeople({ limit: 100, nextToken: token });
    found.push(...People.filter((person) => person.Name));
    token = NextToken;
  }
  return found;
}

/** The person that a face's PersonId leads to, merged ones too. @param {string} personId @returns {Promise<Person>} */
export async function personOf(personId) {
  let person = await getPerson(personId);
  for (let steps = 0; person.MergedInto && steps < 5; steps++) person = await getPerson(person.MergedInto);
  return person;
}

/** People with a word of their name that begins so. @param {string} text */
export async function peopleLike(text) {
  const wanted = text.toLowerCase();
  const people = await namedPeople();
  return people.filter(({ Name = "" }) => Name.toLowerCase().startsWith(wanted) || Name.toLowerCase().split(/\s+/).some((word) => word.startsWith(wanted)));
}
