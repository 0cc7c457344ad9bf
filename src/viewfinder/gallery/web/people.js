// The People page: names for who has none, suggestions to accept or refuse, and people to merge, hide, rename and forget.

import { isReadOnly } from "./abilities.js";
import { changePerson, forgetPerson, getPerson, listPeople, mergePeople } from "./api.js";
import { portraitOf } from "./crop.js";
import { counted, element, icon } from "./dom.js";
import { forgetNames } from "./names.js";
import { Suggestions } from "./suggestions.js";
import { ask, say } from "./talk.js";

/** @typedef {import("./types").Person} Person */

const PAGE = 100;

/** @param {HTMLElement} section */
export const show = (section) => new People(section).load();

class People {
  /** @type {Map<string, Person>} */
  people = new Map();
  /** @type {Map<string, HTMLElement>} */
  cards = new Map();
  /** @type {Set<string>} */
  chosen = new Set();
  isHiddenShown = false;
  /** @type {string | undefined} */
  token;
  /** @type {HTMLElement | undefined} */
  notice;

  /** @param {HTMLElement} section */
  constructor(section) {
    this.heading = element("h1", { tabindex: -1 }, "People");
    this.count = element("p", { class: "quiet", role: "status" });
    this.hidden = element("button", { class: "button quiet", type: "button", hidden: true, "aria-pressed": "false", onclick: () => this.#turnHidden() });
    this.names = element("datalist", { id: "names" });
    this.unnamed = groupOf("Who is this?", "Enter a name, then press Enter for the next one. A name that is there already makes them one person.");
    this.named = groupOf("Named", "");
    this.more = element("button", { class: "button", type: "button", hidden: true, onclick: () => this.load() }, "Show more");
    this.tools = element("div", { class: "selection", role: "toolbar", "aria-label": "Selected people", hidden: true });
    this.suggestions = new Suggestions((personId) => this.#personOf(personId), (personIds) => this.#renew(personIds));
    section.replaceChildren(element("div", { class: "title" }, this.heading, this.hidden), this.count, this.names,
      this.suggestions.section, this.unnamed.section, this.named.section, this.more, this.tools);
    section.addEventListener("keydown", (event) => event.key === "Escape" && this.chosen.size && this.#choose([]));
  }

  /** Shows the next people. Only a page without a token is the last one: others may be empty. */
  async load() {
    try {
      let page;
      do page = await listPeople({ limit: PAGE, nextToken: this.token });
      while ((this.token = page.NextToken) && !page.People.length);
      for (const person of page.People) this.people.set(person.PersonId, person);
      this.more.hidden = !this.token;
      this.#render();
      if (!this.suggestions.isLoaded) await this.suggestions.load();
    } catch (error) {
      this.count.replaceChildren(element("span", { class: "problem" }, error.message));
    }
  }

  /** @type {(personId: string) => Promise<Person>} */
  async #personOf(personId) {
    return this.people.get(personId) ?? getPerson(personId).catch(() => ({ PersonId: personId, Count: 0, Hidden: false }));
  }

  /** Asks for people again whose images have changed. @param {Iterable<string>} personIds */
  async #renew(personIds) {
    for (const personId of personIds) {
      const person = await getPerson(personId).catch(() => null);
      if (person?.Count) this.people.set(personId, person);
      else this.people.delete(personId);
    }
    this.#render();
  }

  #render() {
    const all = [...this.people.values()].sort((one, other) => other.Count - one.Count);
    const shown = all.filter((person) => this.isHiddenShown || !person.Hidden);
    for (const group of [this.unnamed, this.named]) {
      const people = shown.filter((person) => Boolean(person.Name) === (group === this.named));
      const cards = people.map((person) => this.#cardOf(person));
      for (const card of [...group.list.children]) if (!cards.includes(/** @type {HTMLLIElement} */ (card))) card.remove();
      cards.forEach((card, at) => { // a card that stays is not moved: somebody may be typing in it
        if (group.list.children[at] !== card) group.list.insertBefore(card, group.list.children[at] ?? null);
      });
      group.section.hidden = !people.length;
    }
    const names = new Set(all.flatMap((person) => person.Name ?? []));
    this.names.replaceChildren(...[...names].sort().map((name) => element("option", { value: name })));
    const number = all.length - shown.length;
    this.hidden.hidden = !number && !this.isHiddenShown;
    this.hidden.textContent = this.isHiddenShown ? "Leave out who is hidden" : `Show ${number} hidden`;
    this.hidden.setAttribute("aria-pressed", String(this.isHiddenShown));
    this.#tell(shown);
  }

  /** @param {Person[]} shown */
  #tell(shown) {
    const named = shown.filter((person) => person.Name).length;
    const more = this.token ? "More than " : "";
    this.count.textContent = shown.length
      ? `${more}${counted(shown.length, "person", "people")}, ${named} with a name.`
      : "Nobody is known yet. Three clear pictures of somebody make a person, after an import or `viewfinder people group`.";
  }

  #turnHidden() {
    this.isHiddenShown = !this.isHiddenShown;
    this.#render();
  }

  /** The card of a person: the one that is there, as long as nothing has changed. @param {Person} person */
  #cardOf(person) {
    const known = this.cards.get(person.PersonId);
    if (known && known.dataset.shown === JSON.stringify(person)) return known;
    const who = person.Name || "this person";
    const images = counted(person.Count, "image");
    const input = element("input", { type: "text", class: "name", value: person.Name ?? "", maxlength: 100, placeholder: "Who is this?", list: "names",
      autocomplete: "off", spellcheck: "false", readonly: isReadOnly(), "aria-label": person.Name ? `Name of ${person.Name}` : `Name of the person on ${images}` });
    input.addEventListener("keydown", (event) => this.#key(event, person.PersonId, input));
    input.addEventListener("change", () => this.#name(person.PersonId, input.value));
    const card = element("li", { class: "person" },
      element("a", { href: `/?${new URLSearchParams({ person: person.PersonId })}`, "aria-label": `${images} of ${who}` }, portraitOf(person)),
      input,
      element("small", {}, images, person.Hidden && " · hidden"),
      element("button", { class: "tick", type: "button", "aria-pressed": String(this.chosen.has(person.PersonId)), "aria-label": `Select ${who}, ${images}`,
        onclick: () => this.#turn(person.PersonId) }, icon("done")));
    card.classList.toggle("faint", person.Hidden);
    card.classList.toggle("chosen", this.chosen.has(person.PersonId));
    card.dataset.shown = JSON.stringify(person);
    card.dataset.person = person.PersonId;
    this.cards.set(person.PersonId, card);
    return card;
  }

  /** Enter names, and goes on to the next one without a name; Escape takes back what was typed. @type {(event: KeyboardEvent, personId: string, input: HTMLInputElement) => void} */
  #key(event, personId, input) {
    if (event.key === "Escape") {
      input.value = this.people.get(personId)?.Name ?? "";
      event.stopPropagation();
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const inputs = [...this.unnamed.list.querySelectorAll("input")];
    const next = inputs[inputs.indexOf(input) + 1];
    if (next) next.focus(); // which tells the field that it has changed
    else input.blur();
  }

  /** @type {(personId: string, written: string) => Promise<void>} */
  async #name(personId, written) {
    const name = written.trim();
    const person = this.people.get(personId);
    const before = person?.Name ?? "";
    if (!person || name === before) return;
    const same = [...this.people.values()].find((other) => other !== person && name && other.Name?.toLowerCase() === name.toLowerCase());
    if (same) return void (await this.#merge([same, person]));
    await this.#do("The name was not kept", async () => {
      this.people.set(personId, await changePerson(personId, { Name: name }));
      const undo = () => this.#do("The name was not taken back", async () => void this.people.set(personId, await changePerson(personId, { Name: before })));
      this.#say(name ? `This is ${name}.` : `${before} has no name any more.`, undo);
    });
  }

  /** Makes one person of several: the first of them that has a name, else the first. @param {Person[]} people */
  async #merge(people) {
    const target = people.find((person) => person.Name) ?? people[0];
    const others = people.filter((person) => person !== target);
    await this.#do("They were not merged", async () => {
      const merged = await mergePeople(target.PersonId, others.map((person) => person.PersonId));
      const count = people.reduce((sum, person) => sum + person.Count, 0); // the next grouping counts: an image may have had both
      for (const other of others) this.people.delete(other.PersonId);
      this.people.set(target.PersonId, { ...merged, Count: count });
      this.#choose([]);
      const undo = () => this.#do("The merge was not undone", async () => {
        for (const other of others) this.people.set(other.PersonId, await changePerson(other.PersonId, { Merged: false }));
        this.people.set(target.PersonId, target.Name ? target : await changePerson(target.PersonId, { Name: "" }));
      });
      this.#say(`${counted(people.length, "person", "people")} are ${merged.Name ?? "one person"} now.`, undo);
    });
  }

  /** @type {(people: Person[], isHidden: boolean) => Promise<void>} */
  async #hide(people, isHidden) {
    const set = async (/** @type {boolean} */ hidden) => {
      for (const { PersonId } of people) this.people.set(PersonId, await changePerson(PersonId, { Hidden: hidden }));
    };
    await this.#do("That was not kept", async () => {
      await set(isHidden);
      this.#choose([]);
      this.#say(`${counted(people.length, "person", "people")} ${isHidden ? "hidden" : "shown again"}.`, () => this.#do("That was not taken back", () => set(!isHidden)));
    });
  }

  /** Forgets somebody for good, after a question. @param {Person} person */
  async #forget(person) {
    const who = person.Name ?? "this person";
    const text = `Forget ${who}? Faces, the name and the group are deleted from ${counted(person.Count, "image")}. The images stay. This is final: nobody can undo it.`;
    if (!(await ask(text, "Forget for good", "danger"))) return;
    this.#choose([]);
    const notice = say(`Forgetting ${who} …`, "plain", null, { stays: true });
    await this.#do(`Not all of ${who} is forgotten yet. Forget again to go on`, async () => {
      const faces = await forgetPerson(person.PersonId, (done) => (notice.textContent = `Forgetting ${who}: ${counted(done, "face")} …`));
      this.people.delete(person.PersonId);
      await this.suggestions.load(); // some may have been for this person
      say(`${person.Name ?? "The person"} is forgotten: ${counted(faces, "face")}.`);
    });
    notice.remove();
  }

  /** Says what was done last, with its undo. @type {(text: string, undo: () => unknown) => void} */
  #say(text, undo) {
    this.notice?.remove(); // whoever names ten people in a row sees the last notice, not a pile
    this.notice = say(text, "plain", { label: "Undo", act: undo });
  }

  /** Does something, says what went wrong, and shows how things are. @type {(fault: string, action: () => Promise<unknown>) => Promise<void>} */
  async #do(fault, action) {
    await action().catch((error) => say(`${fault}: ${error.message}`, "fault"));
    forgetNames();
    this.suggestions.renew();
    this.#render();
  }

  /** @param {string} personId */
  #turn(personId) {
    const others = [...this.chosen].filter((other) => other !== personId);
    this.#choose(this.chosen.has(personId) ? others : [...others, personId]);
  }

  /** @param {string[]} personIds */
  #choose(personIds) {
    this.chosen = new Set(personIds);
    for (const [personId, card] of this.cards) {
      card.classList.toggle("chosen", this.chosen.has(personId));
      card.querySelector(".tick")?.setAttribute("aria-pressed", String(this.chosen.has(personId)));
    }
    const people = personIds.flatMap((personId) => this.people.get(personId) ?? []).sort((one, other) => other.Count - one.Count);
    const isHidden = people.some((person) => !person.Hidden);
    this.tools.hidden = !people.length;
    this.tools.replaceChildren(
      toolOf("close", "Select nobody", () => this.#choose([])),
      element("b", {}, `${people.length} selected`),
      people.length > 1 ? toolOf("copies", "Merge", () => this.#merge(people)) : element("span", { class: "quiet" }, "Select another one to merge"),
      toolOf("close", isHidden ? "Hide" : "Show again", () => this.#hide(people, isHidden)),
      ...(people.length === 1 ? [toolOf("delete", "Forget", () => this.#forget(people[0]))] : []),
    );
  }
}

/** @type {(title: string, help: string) => { section: HTMLElement, list: HTMLElement }} */
function groupOf(title, help) {
  const list = element("ul", { class: "people" });
  return { section: element("section", { hidden: true }, element("h2", {}, title), help && element("p", { class: "quiet" }, help), list), list };
}

/** @type {(name: string, label: string, onclick: () => unknown) => HTMLElement} */
const toolOf = (name, label, onclick) => element("button", { class: "button quiet", type: "button", "aria-label": label, onclick }, icon(name), element("span", {}, label));
