// The files that a drop or a choice brings: folders opened, types known, the rest refused with a reason.

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif",
  tif: "image/tiff", tiff: "image/tiff", bmp: "image/bmp", heic: "image/heic", heif: "image/heic", avif: "image/avif",
};
const KNOWN = new Set(Object.values(TYPES));
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_KEY_BYTES = 1024;

/** Names that systems make without being asked: anything hidden, and these (the folders are those of adapters/folders.py). */
const SYSTEM = /^(\..*|@eadir|#recycle|__macosx|\$recycle\.bin|system volume information|lost\+found|thumbs\.db|desktop\.ini)$/i;

/** @typedef {import("./types").Picked} Picked */

/** Reads a drop. Entries must be taken before the first await: the list is empty afterwards. @param {DataTransfer} transfer */
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry);
  if (!entries.length) return filesOfChoice(transfer.files);
  const picked = nothing();
  await Promise.all(entries.map((entry) => collect(/** @type {FileSystemEntry} */ (entry), picked)));
  return picked;
}

/** Reads a choice; the browser has opened its folders. @param {Iterable<File> | null} files */
export function filesOfChoice(files) {
  const picked = nothing();
  for (const file of files ?? []) {
    const path = file.webkitRelativePath || file.name;
    const system = systemPart(path);
    if (system) picked.leftOut.add(system);
    else picked.files.push({ file, path });
  }
  return picked;
}

/** @returns {Picked} */
const nothing = () => ({ files: [], unreadable: [], leftOut: new Set() });

/** Adds what an entry has; one that can't be read is named, and ends nothing. @type {(entry: FileSystemEntry, picked: Picked) => Promise<void>} */
async function collect(entry, picked) {
  const path = entry.fullPath.replace(/^\//, "");
  if (SYSTEM.test(entry.name)) return void picked.leftOut.add(path);
  try {
    if (entry.isFile) picked.files.push({ file: await fileOf(/** @type {FileSystemFileEntry} */ (entry)), path });
    else await eachChild(/** @type {FileSystemDirectoryEntry} */ (entry), (child) => collect(child, picked));
  } catch (error) {
    picked.unreadable.push({ path, reason: reasonOf(error) });
  }
}

/** @type {(entry: FileSystemFileEntry) => Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives a hundred entries at a time, and none at the end. @type {(folder: FileSystemDirectoryEntry, action: (child: FileSystemEntry) => Promise<void>) => Promise<void>} */
async function eachChild(folder, action) {
  const reader = folder.createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    await Promise.all(some.map(action));
  }
}

/** @param {Error} error */
const reasonOf = ({ name }) => (name === "NotFoundError" ? "It is not there any more" : "It can't be read");

/** The first hidden or system part of a path, with the folders it is in; "" where there is none. @param {string} path */
function systemPart(path) {
  const parts = path.split("/");
  const at = parts.findIndex((part) => SYSTEM.test(part));
  return at < 0 ? "" : parts.slice(0, at + 1).join("/");
}

/** The media type to send a file with; the pipeline itself looks at the content. @param {File} file */
export function typeOf(file) {
  if (KNOWN.has(file.type)) return file.type;
  const suffix = file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase();
  return /** @type {Record<string, string>} */ (TYPES)[suffix];
}

/** Why a file is not even sent; undefined if it is. @param {import("./types").Chosen} chosen */
export function refusalOf({ file, path }) {
  if (!typeOf(file)) return "Not a picture of a known type";
  if (file.size === 0) return "The file is empty";
  if (file.size > MAX_BYTES) return "Larger than 100 MB";
  if (new TextEncoder().encode(path).length > MAX_KEY_BYTES) return "The path is longer than 1,024 bytes";
  return undefined;
}

/** Whether a file can still be read: it may have changed or gone since it was chosen. @param {File} file */
export const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** The SHA-256 of a file in hexadecimal, as the catalog has it. @param {File} file */
export async function digestOf(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
