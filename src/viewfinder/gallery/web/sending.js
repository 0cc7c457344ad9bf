// Files on their way. (fetch tells nothing of an upload's progress.)

import { ApiError, UNREACHABLE, errorOf } from "./errors.js";

/** @typedef {(part: number) => void} Progress  called with 0 to 1 */

/** Sends a file to the gallery's own server, and gives the ETag of its object. @type {(path: string, headers: Record<string, string>, file: File, progress: Progress) => Promise<string>} */
export async function sendToGallery(path, headers, file, progress) {
  const request = await post(path, headers, file, progress);
  const body = jsonOf(request.responseText);
  if (request.status >= 300) throw errorOf(request.status, body);
  return body.ETag;
}

/** Sends a file by the form of a presigned POST, and gives the ETag of its object. @type {(form: { Url: string, Fields: Record<string, string> }, file: File, progress: Progress) => Promise<string>} */
export async function sendToBucket({ Url, Fields }, file, progress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(Fields)) body.append(name, value);
  body.append("file", file); // S3 takes nothing that comes after it
  const request = await post(Url, {}, body, progress);
  if (request.status >= 300) throw refusalOf(request);
  return request.getResponseHeader("ETag")?.replaceAll('"', "") ?? "";
}

/** S3's error of XML in ours; read as text, for the page's policy lets nothing parse markup. @param {XMLHttpRequest} request */
function refusalOf({ status, responseText }) {
  const [, code = "UploadRefused"] = /<Code>(\w+)<\/Code>/.exec(responseText) ?? [];
  const [, message = "The bucket refused the file."] = /<Message>([^<]*)<\/Message>/.exec(responseText) ?? [];
  return new ApiError(status, code, message);
}

/** @type {(url: string, headers: Record<string, string>, body: File | FormData, progress: Progress) => Promise<XMLHttpRequest>} */
function post(url, headers, body, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, "Unreachable", UNREACHABLE));
    request.onload = () => resolve(request);
    request.send(body);
  });
}

/** @param {string} text @returns {any} */
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
