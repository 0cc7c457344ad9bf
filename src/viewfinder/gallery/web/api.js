// The REST API, through the gallery.

const meta = (name) => document.querySelector(`meta[name="viewfinder-${name}"]`).content;
const ROOT = `/${meta("stage")}`;
const TOKEN = { "X-Viewfinder-Token": meta("token") };

const UNREACHABLE = "The gallery does not answer. Start it again, on this machine with: viewfinder up";

/** What the API answered when it was no success. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A key as one segment: slashes too, so that no part of it can pass for a dot segment. */
const segment = (imageId) => encodeURIComponent(imageId);

async function json(path, options = {}) {
  const response = await fetch(path, options).catch((error) => {
    throw error.name === "AbortError" ? error : new ApiError(0, "Unreachable", UNREACHABLE);
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw errorOf(response.status, body);
  return body;
}

export function errorOf(status, body) {
  const error = body?.Error ?? {};
  return new ApiError(status, error.Code ?? "Unknown", error.Message ?? `The server answered ${status}.`);
}

export const searchImages = (parameters, signal) => json(`${ROOT}/images?${parameters}`, { signal });
export const getImage = (imageId, signal) => json(`${ROOT}/images/${segment(imageId)}`, { signal });
export const getStatistics = () => json(`${ROOT}/stats`);
export const getStatus = () => json("/status.json");

export const listLabels = (query, signal) => json(`${ROOT}/labels?${new URLSearchParams(query)}`, { signal });
export const listCategories = () => json(`${ROOT}/categories`);
export const listFolders = (prefix, signal) => json(`${ROOT}/folders?${new URLSearchParams(prefix ? { prefix } : {})}`, { signal });
export const listTrash = (token) => json(`${ROOT}/trash?${new URLSearchParams(token ? { nextToken: token } : {})}`);
export const listDuplicates = (token) => json(`${ROOT}/duplicates?${new URLSearchParams(token ? { nextToken: token } : {})}`);
export const listVersions = (imageId) => json(`${ROOT}/versions/${segment(imageId)}`);

const change = (method, path, body) =>
  json(path, { method, headers: { ...TOKEN, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });

export const deleteImage = (imageId) => change("DELETE", `${ROOT}/images/${segment(imageId)}`);
export const restoreImage = (imageId) => change("POST", `${ROOT}/trash/${segment(imageId)}`);
export const purgeImage = (imageId) => change("DELETE", `${ROOT}/trash/${segment(imageId)}`);
export const restoreVersion = (imageId, versionId) => change("POST", `${ROOT}/versions/${segment(imageId)}`, { VersionId: versionId });
export const correctImage = (imageId, corrections) => change("PATCH", `${ROOT}/images/${segment(imageId)}`, corrections);
export const analyzeAgain = (imageId) => change("POST", `${ROOT}/analyses`, { ImageId: imageId });
export const chooseDownload = (imageIds) => change("POST", "/downloads", { ImageIds: imageIds });

/** Where a picture is; the version, where it is known, makes a new analysis a new URL. */
export const pictureUrl = ({ ImageId, AnalyzedAt }, rendition) =>
  `/content/${segment(ImageId)}?${new URLSearchParams(AnalyzedAt ? { rendition, v: AnalyzedAt } : { rendition })}`;

/** Sends a file and gives the ETag of its object; `progress` is called with 0 to 1. (fetch tells nothing of an upload's progress.) */
export function uploadFile(imageId, file, type, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/uploads/${segment(imageId)}`);
    request.setRequestHeader("Content-Type", type);
    for (const [name, value] of Object.entries(TOKEN)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, "Unreachable", UNREACHABLE));
    request.onload = () =>
      request.status < 300 ? resolve(request.response.ETag) : reject(errorOf(request.status, request.response));
    request.send(file);
  });
}
