// The REST API, through the gallery.

/** @param {string} name */
export const meta = (name) => /** @type {HTMLMetaElement} */ (document.querySelector(`meta[name="viewfinder-${name}"]`)).content;
const ROOT = `/${meta("stage")}`;
const TOKEN_HEADER = "X-Viewfinder-Token";
let token = meta("token");

/** In the address: images of any status. */
export const EVERY_STATUS = "ANY";

const CLOSED = "The gallery was started again, and is locked: open it by its address, which `viewfinder status` shows.";
const UNREACHABLE = "The gallery does not answer. Start it again, on this machine with: viewfinder up";

/** What the API answered when it was no success. */
export class ApiError extends Error {
  /**
   * @param {number} status  of HTTP; 0 where nothing answered
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A key as one segment: slashes too, so that no part of it can pass for a dot segment. @param {string} imageId */
const segment = (imageId) => encodeURIComponent(imageId);

/**
 * Asks for a document of JSON; raises ApiError for what is no success.
 *
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
async function json(path, options = {}) {
  const response = await fetch(path, options).catch((error) => {
    throw error.name === "AbortError" ? error : new ApiError(0, "Unreachable", UNREACHABLE);
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw errorOf(response.status, body);
  return body;
}

/**
 * @param {number} status
 * @param {{ Error?: { Code?: string, Message?: string } } | null} body
 */
export function errorOf(status, body) {
  const error = body?.Error ?? {};
  return new ApiError(status, error.Code ?? "Unknown", error.Message ?? `The server answered ${status}.`);
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

/** The token of the gallery's present start, as a page has it that is loaded anew. (Read as text: the page's policy lets nothing parse markup.) */
async function presentToken() {
  const page = await fetch("/", { cache: "no-store" }).then((answer) => (answer.ok ? answer.text() : ""), () => "");
  return /name="viewfinder-token" content="([\w-]+)"/.exec(page)?.[1];
}

/** Does what needs the token; once more with a new one, where the gallery was started again since the page was loaded. @template Done @param {() => Promise<Done>} action */
const withToken = (action) =>
  action().catch(async (error) => {
    if (error.status !== 403) throw error;
    const present = await presentToken();
    if (!present) throw new ApiError(403, error.code, CLOSED);
    if (present === token) throw error;
    token = present;
    return action();
  });

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
const change = (method, path, body) =>
  withToken(() => json(path, { method, headers: { [TOKEN_HEADER]: token, "Content-Type": "application/json" }, body: body && JSON.stringify(body) }));

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

/** Where a picture is; the version, where it is known, makes a new analysis a new URL. @type {(image: import("./types").Pictured, rendition: string) => string} */
export const pictureUrl = ({ ImageId, AnalyzedAt }, rendition) =>
  `/content/${segment(ImageId)}?${new URLSearchParams(AnalyzedAt ? { rendition, v: AnalyzedAt } : { rendition })}`;

/**
 * Sends a file and gives the ETag of its object. (fetch tells nothing of an upload's progress.)
 *
 * @param {string} imageId
 * @param {File} file
 * @param {string} type
 * @param {(part: number) => void} progress  called with 0 to 1
 * @returns {Promise<string>}
 */
export const uploadFile = (imageId, file, type, progress) => withToken(() => sendFile(imageId, file, type, progress));

/** @type {typeof uploadFile} */
function sendFile(imageId, file, type, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/uploads/${segment(imageId)}`);
    request.setRequestHeader("Content-Type", type);
    request.setRequestHeader(TOKEN_HEADER, token);
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, "Unreachable", UNREACHABLE));
    request.onload = () =>
      request.status < 300 ? resolve(request.response.ETag) : reject(errorOf(request.status, request.response));
    request.send(file);
  });
}
