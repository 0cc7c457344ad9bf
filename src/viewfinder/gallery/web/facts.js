// What is known of one image beside its labels: how it was taken, its file, and why it has no labels.

import { bytes, element, moment } from "./dom.js";

export const STATES = { ANALYZED: "Analysed", REJECTED: "Rejected", FAILED: "Failed" };
const DECIMALS = 5; // of a degree: about a metre
const MAX_FILTER = 100; // letters of a filter of the API

/** The camera's local time, as it stood on the camera: no zone is known, so none is applied. @param {string} iso */
export function localTime(iso, offset = "") {
  const time = new Date(`${iso.slice(0, 23)}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  return offset ? `${time} (${offset})` : time;
}

/** @type {Record<string, string>} */
const SOURCES = { NAME: "by the file’s name", FILE: "by the file’s time" };

/** When it was taken, and how that is known where not by the picture itself; a date in a name has no time. @param {import("./types").Facts} facts */
function takenOf({ TakenAt, TakenOffset, TakenAtSource = "EXIF" }) {
  if (!TakenAt) return "No capture time";
  const isDay = TakenAtSource === "NAME" && TakenAt.includes("T00:00:00");
  const time = isDay ? localDay(TakenAt) : localTime(TakenAt, TakenOffset);
  return [time, SOURCES[TakenAtSource]].filter(Boolean).join(", ");
}

/** @param {string} iso */
const localDay = (iso) => new Date(`${iso.slice(0, 10)}T00:00Z`).toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** @param {import("./types").Facts} facts */
function exposureOf({ ExposureTime, FNumber, IsoSpeed, FocalLength }) {
  const parts = [
    ExposureTime && `${ExposureTime < 0.4 ? `1/${Math.round(1 / ExposureTime)}` : ExposureTime} s`,
    FNumber && `f/${FNumber}`,
    IsoSpeed && `ISO ${IsoSpeed}`,
    FocalLength && `${FocalLength} mm`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** A link to a map, which is asked for only if somebody follows it. @param {import("./types").Facts} facts */
function placeOf({ Latitude, Longitude, Altitude }) {
  if (Latitude === undefined || Longitude === undefined) return null;
  const query = new URLSearchParams({ mlat: String(Latitude), mlon: String(Longitude), zoom: "15" });
  const height = Altitude === undefined ? "" : `, ${Math.round(Altitude)} m`;
  return element("a", { href: `https://www.openstreetmap.org/?${query}`, target: "_blank", rel: "noopener noreferrer", title: "Open a map" },
    `${Latitude.toFixed(DECIMALS)}, ${Longitude.toFixed(DECIMALS)}${height}`);
}

/** The camera, which searches for itself. @param {import("./types").Facts} facts */
const cameraOf = ({ Camera }) =>
  Camera && element("a", { href: `/?${new URLSearchParams({ camera: Camera.slice(0, MAX_FILTER) })}`, title: "Search for this camera" }, Camera);

/** The list of facts, for the panel of the viewer. @param {import("./types").Image} image */
export function factsOf(image) {
  const taken = image.Facts ?? {};
  const facts = {
    Taken: image.Status === "ANALYZED" ? takenOf(taken) : null,
    Camera: cameraOf(taken),
    Lens: taken.Lens,
    Exposure: exposureOf(taken),
    Place: placeOf(taken),
    Status: STATES[image.Status],
    "To come": image.PendingFeatures?.map((name) => name.toLowerCase()).join(", "),
    Size: bytes(image.Size),
    Pixels: image.Width ? `${image.Width} × ${image.Height}` : null,
    Format: image.Format,
    Analysed: moment(image.AnalyzedAt),
    Model: image.LabelModelVersion,
    Key: image.ImageId,
    "SHA-256": image.Sha256,
  };
  const known = Object.entries(facts).filter(([, value]) => value);
  return element("dl", { class: "facts" }, known.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

/** Why it was not analysed, or one of its features was not. @param {import("./types").Image} image */
export const problemOf = (image) =>
  image.Status === "ANALYZED" && !image.Reason
    ? null
    : element("p", { class: "problem" }, element("b", {}, `${titleOf(image)}: ${image.Reason ?? ""}`), image.Message ?? "");

/** @param {import("./types").Image} image */
const titleOf = (image) => (image.Status === "ANALYZED" ? "A feature is missing" : STATES[image.Status]);
