// The REST API, as the page asks it.

import { isHosted, withRights } from "./access.js";
import { ApiError, UNREACHABLE, errorOf } from "./errors.js";
import { sendToBucket, sendToGallery } from "./sending.js";
import { ROOT } from "./settings.js";

/** In the address: images of any status. */
export const EVERY_STATUS = "ANY";

/** A key as one segment: slashes too, so that no part of it can pass for a dot segment. @param {string} imageId */
const segment = (imageId) => encodeURIComponent(imageId);

/**
 * Asks for a document of JSON; raises ApiError for what is no success.
 *
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
const json = (path, options = {}) => withRights(options.method !== undefined, (rights) => jsonOf(path, { ...options, headers: { ...options.headers, ...rights } }));

/** @type {(path: string, options: RequestInit) => Promise<any>} */
async function jsonOf(path, options) {
  const response = await fetch(path, options).catch((error) => {
    throw error.name === "AbortError" ? error : new ApiError(0, "Unreachable", UNREACHABLE);
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw errorOf(response.status, body);
  return body;
}

/** Gives query parameters; what is undefined is left out. @param {Record<string, string | number | undefined>} query */
const queryOf = (query) => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
};

/** The page shows pictures unless another status is asked for: files that are none are listed by themselves. @param {URLSearchParams} parameters */
function withStatus(parameters) {
  const query = new URLSearchParams(parameters);
  if (!query.has("status")) query.set("status", "ANALYZED");
  else if (query.get("status") === EVERY_STATUS) query.delete("status");
  return query;
}

/** @type {(parameters: URLSearchParams, signal?: AbortSignal) => Promise<import("./types").Images>} */
export const searchImages = (parameters, signal) => json(`${ROOT}/images?${withStatus(parameters)}`, { signal });
/** @type {(imageId: string, signal?: AbortSignal) => Promise<import("./types").Image>} */
export const getImage = (imageId, signal) => json(`${ROOT}/images/${segment(imageId)}`, { signal });
/** @type {() => Promise<import("./types").Health>} */
export const getHealth = () => json(`${ROOT}/health`);
/** @type {() => Promise<import("./types").Statistics>} */
export const getStatistics = () => json(`${ROOT}/stats`);
/** @type {() => Promise<import("./types").StackStatus>} */
export const getStatus = () => json("/status.json");

/** @type {(query: Record<string, string | number>, signal?: AbortSignal) => Promise<{ Labels: import("./types").LabelCount[] }>} */
export const listLabels = (query, signal) => json(`${ROOT}/labels?${queryOf(query)}`, { signal });
/** @type {() => Promise<{ Categories: import("./types").CategoryCount[] }>} */
export const listCategories = () => json(`${ROOT}/categories`);
/** @type {(prefix?: string, signal?: AbortSignal) => Promise<{ Folders: import("./types").Folder[] }>} */
export const listFolders = (prefix, signal) => json(`${ROOT}/folders?${queryOf({ prefix })}`, { signal });
/** @type {(nextToken?: string) => Promise<import("./types").Trash>} */
export const listTrash = (nextToken) => json(`${ROOT}/trash?${queryOf({ nextToken })}`);
/** @type {(nextToken?: string) => Promise<import("./types").Duplicates>} */
export const listDuplicates = (nextToken) => json(`${ROOT}/duplicates?${queryOf({ near: "true", nextToken })}`);
/** @type {(imageId: string) => Promise<{ Images: import("./types").SimilarImage[] }>} */
export const listSimilar = (imageId) => json(`${ROOT}/similar/${segment(imageId)}?${queryOf({ limit: 12 })}`);
/** @type {(imageId: string) => Promise<{ Versions: import("./types").Version[] }>} */
export const listVersions = (imageId) => json(`${ROOT}/versions/${segment(imageId)}`);

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
const change = (method, path, body) => json(path, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });

/** @param {string} imageId */
export const deleteImage = (imageId) => change("DELETE", `${ROOT}/images/${segment(imageId)}`);
/** @param {string} imageId */
export const restoreImage = (imageId) => change("POST", `${ROOT}/trash/${segment(imageId)}`);
/** @param {string} imageId */
export const purgeImage = (imageId) => change("DELETE", `${ROOT}/trash/${segment(imageId)}`);
/** @type {(imageId: string, versionId: string) => Promise<unknown>} */
export const restoreVersion = (imageId, versionId) => change("POST", `${ROOT}/versions/${segment(imageId)}`, { VersionId: versionId });
/** @type {(imageId: string, corrections: import("./types").Corrections) => Promise<import("./types").Image>} */
export const correctImage = (imageId, corrections) => change("PATCH", `${ROOT}/images/${segment(imageId)}`, corrections);
/** @type {(contents: string[], areDuplicates: boolean) => Promise<unknown>} */
export const decideDuplicates = (contents, areDuplicates) =>
  change("PATCH", `${ROOT}/duplicates`, { Contents: contents, AreDuplicates: areDuplicates });
/** @param {string} imageId */
export const analyzeAgain = (imageId) => change("POST", `${ROOT}/analyses`, { ImageId: imageId });
/** @type {(imageIds: string[]) => Promise<{ Url: string }>} */
export const chooseDownload = (imageIds) => change("POST", "/downloads", { ImageIds: imageIds });

/** @type {(query?: Record<string, string | number | undefined>, signal?: AbortSignal) => Promise<import("./types").People>} */
export const listPeople = (query = {}, signal) => json(`${ROOT}/people?${queryOf(query)}`, { signal });
/** @param {string} personId @returns {Promise<import("./types").Person>} */
export const getPerson = (personId) => json(`${ROOT}/people/${segment(personId)}`);
/** @type {(personId: string, said: { Name?: string, Hidden?: boolean, Merged?: false, Cover?: import("./types").FaceKey }) => Promise<import("./types").Person>} */
export const changePerson = (personId, said) => change("PATCH", `${ROOT}/people/${segment(personId)}`, said);
/** @type {(personId: string, others: string[]) => Promise<import("./types").Person>} */
export const mergePeople = (personId, others) => change("POST", `${ROOT}/people/${segment(personId)}`, { PersonIds: others });
/** Forgets a person for good, part by part; `progress` is told the faces so far. @type {(personId: string, progress?: (faces: number) => unknown) => Promise<number>} */
export async function forgetPerson(personId, progress = () => {}) {
  let faces = 0;
  let token;
  do {
    /** @type {{ Faces: number, NextToken?: string }} */
    const part = await change("DELETE", `${ROOT}/people/${segment(personId)}?${queryOf({ nextToken: token })}`);
    progress(faces += part.Faces);
    token = part.NextToken;
  } while (token);
  return faces;
}
/** @type {(query?: Record<string, string | number | undefined>) => Promise<import("./types").Faces>} */
export const listFaces = (query = {}) => json(`${ROOT}/faces?${queryOf(query)}`);
/** @type {(faces: import("./types").FaceKey[], said: import("./types").Said) => Promise<import("./types").Faces & { PersonId?: string }>} */
export const correctFaces = (faces, said) =>
  change("PATCH", `${ROOT}/faces`, { Faces: faces.map(({ ImageId, FaceId }) => ({ ImageId, FaceId })), ...said });

/** Where a picture is; the version, where it is known, makes a new analysis a new URL. @type {(image: import("./types").Pictured, rendition: string) => string} */
export const pictureUrl = ({ ImageId, AnalyzedAt }, rendition) =>
  `/content/${segment(ImageId)}?${new URLSearchParams(AnalyzedAt ? { rendition, v: AnalyzedAt } : { rendition })}`;

/**
 * Sends a file, to the gallery's server or straight to the bucket, and gives the ETag of its object.
 *
 * @param {string} imageId
 * @param {File} file
 * @param {string} type
 * @param {(part: number) => void} progress  called with 0 to 1
 * @returns {Promise<string>}
 */
export async function uploadFile(imageId, file, type, progress) {
  if (!isHosted) return withRights(true, (rights) => sendToGallery(`/uploads/${segment(imageId)}`, { "Content-Type": type, ...rights }, file, progress));
  const form = await change("POST", `${ROOT}/images`, { ImageId: imageId, ContentType: type, MaxBytes: file.size });
  return sendToBucket(form, file, progress);
}
