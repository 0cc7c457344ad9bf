// Small charts of the status page: bars by the minute, and the steps of an image one after the other.

import { element, place, seconds } from "./dom.js";

/** @param {number} epoch */
const time = (epoch) => new Date(epoch * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

/** Bars of one number a minute; `text` says a number in words. @type {(minutes: import("./types").Minute[], valueOf: (minute: import("./types").Minute) => number | null, text: (value: number) => string, label: string) => HTMLElement} */
export function bars(minutes, valueOf, text, label) {
  const values = minutes.map(valueOf);
  const peak = Math.max(...values.map(Number));
  const say = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "–" : text(value));
  const columns = minutes.map((minute, index) =>
    element("li", { title: `${time(minute.Start)}: ${say(values[index])}` },
      place(element("i"), { height: `${peak ? (Number(values[index]) / peak) * 100 : 0}%` })));
  return element("figure", { class: "chart" },
    element("figcaption", {}, element("span", {}, label), element("b", {}, `${say(values.at(-1))} now`), element("small", {}, peak ? `most: ${text(peak)}` : "nothing yet")),
    element("ol", { class: "bars", "aria-hidden": "true" }, columns),
    element("p", { class: "axis", "aria-hidden": "true" }, element("span", {}, time(minutes[0].Start)), element("span", {}, "now")));
}

/** The steps of recent images, all on one scale. @param {import("./types").Recent[]} images */
export function waterfall(images) {
  const longest = Math.max(...images.map((image) => image.Seconds));
  const names = [...new Set(images.flatMap((image) => image.Steps.map((step) => step.Name)))];
  const legend = names.map((name) => element("li", { class: `step-${colourOf(name, names)}` }, name));
  return element("div", { class: "waterfall" },
    element("ul", { class: "legend", "aria-hidden": "true" }, legend),
    element("ol", {}, images.map((image) => rowOf(image, longest, names))));
}

/** @type {(name: string, names: string[]) => number} */
const colourOf = (name, names) => names.indexOf(name) % 6;

/** @type {(image: import("./types").Recent, longest: number, names: string[]) => HTMLElement} */
function rowOf(image, longest, names) {
  const steps = image.Steps.map((step) =>
    place(element("i", { class: `step-${colourOf(step.Name, names)}`, title: `${step.Name}: ${seconds(step.Seconds)}` }), {
      left: `${(step.Start / longest) * 100}%`,
      width: `${(step.Seconds / longest) * 100}%`,
    }));
  const words = image.Steps.map((step) => `${step.Name} ${seconds(step.Seconds)}`).join(", ");
  return element("li", { class: image.Failed ? "fault" : null },
    element("a", { href: `/?${new URLSearchParams({ image: image.ImageId })}`, "aria-label": `${image.ImageId}: ${words}` }, image.ImageId),
    element("span", { class: "track", "aria-hidden": "true" }, steps),
    element("span", { class: "sure" }, seconds(image.Seconds)));
}
