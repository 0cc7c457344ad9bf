// Builds elements. What comes from objects and labels is only ever text: nothing here parses markup.

/** Gives an element; `on…` attributes are listeners, null and false leave an attribute out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Where a symbol of icons.svg is, in this page's own version, which browsers keep. */
export const iconUrl = (name) => `${new URL("icons.svg", import.meta.url).pathname}#${name}`;

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", iconUrl(name));
  svg.append(use);
  return svg;
}

export const find = (id) => document.getElementById(id);

/** Sets style properties; the content security policy takes no style attributes. */
export function place(node, properties) {
  for (const [name, value] of Object.entries(properties)) node.style.setProperty(name, value);
  return node;
}

const DECIMALS = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat();

export const percent = (value) => `${DECIMALS.format(value)} %`;
export const whole = (value) => WHOLE.format(value);
export const counted = (number, one, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`;

export function bytes(size) {
  const units = ["B", "kB", "MB", "GB"];
  const power = size < 1000 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), units.length - 1);
  return `${DECIMALS.format(size / 1000 ** power)} ${units[power]}`;
}

export function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${DECIMALS.format(value)} s`;
}

export const moment = (iso) =>
  new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The last part of a key: what people call the file's name. */
export const nameOf = (imageId) => imageId.slice(imageId.lastIndexOf("/") + 1) || imageId;
