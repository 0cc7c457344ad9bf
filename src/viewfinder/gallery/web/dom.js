// Builds elements. What comes from objects and labels is only ever text: nothing here parses markup.

/**
 * Gives an element; `on…` attributes are listeners, null and false leave an attribute out.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} attributes
 * @param {...unknown} children  nodes and text, nested in arrays as they come; null, undefined and false are left out
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  const present = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  made.append(.../** @type {(Node | string)[]} */ (present));
  return made;
}

/** Where a symbol of icons.svg is, in this page's own version, which browsers keep. @param {string} name */
export const iconUrl = (name) => `${new URL("icons.svg", import.meta.url).pathname}#${name}`;

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", iconUrl(name));
  svg.append(use);
  return svg;
}

/**
 * Gives an element of index.html.
 *
 * @template {keyof import("./types").Places} Id
 * @param {Id} id
 */
export const find = (id) => /** @type {import("./types").Places[Id]} */ (document.getElementById(id));

/**
 * Sets style properties; the content security policy takes no style attributes.
 *
 * @template {HTMLElement} Node
 * @param {Node} node
 * @param {Record<string, string | number>} properties
 */
export function place(node, properties) {
  for (const [name, value] of Object.entries(properties)) node.style.setProperty(name, String(value));
  return node;
}

/** Whether a key is for a field, or for a dialog. @param {Event} event */
export const isTyping = ({ target }) =>
  target instanceof Element && target.closest("input:not([type=range], [type=radio]), textarea, select, dialog") !== null;

const DECIMALS = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat();

/** @param {number} value */
export const percent = (value) => `${DECIMALS.format(value)} %`;
/** @param {number} value */
export const whole = (value) => WHOLE.format(value);
/** @type {(number: number, one: string, many?: string) => string} */
export const counted = (number, one, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`;

/** @param {number} size */
export function bytes(size) {
  const units = ["B", "kB", "MB", "GB"];
  const power = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), units.length - 1);
  return `${DECIMALS.format(size / 1000 ** power)} ${units[power]}`;
}

/** @param {number} value */
export function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${DECIMALS.format(value)} s`;
}

/** @param {string} iso */
export const moment = (iso) =>
  new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The last part of a key: what people call the file's name. @param {string} imageId */
export const nameOf = (imageId) => imageId.slice(imageId.lastIndexOf("/") + 1) || imageId;
