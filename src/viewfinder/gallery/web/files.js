// The files that a drop or a choice brings: folders opened, types known, the rest refused with a reason.

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif",
  tif: "image/tiff", tiff: "image/tiff", bmp: "image/bmp", heic: "image/heic", heif: "image/heic", avif: "image/avif",
};
const KNOWN = new Set(Object.values(TYPES));
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_KEY_BYTES = 1024;

/** Reads a drop: [{ file, path }]. Entries must be taken before the first await: the list is empty afterwards. */
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry);
  if (!entries.length) return filesOfChoice(transfer.files);
  return (await Promise.all(entries.map(filesOfEntry))).flat();
}

export const filesOfChoice = (files) => [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

async function filesOfEntry(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path }];
  return (await Promise.all((await childrenOf(entry.createReader())).map(filesOfEntry))).flat();
}

/** A reader gives a hundred entries at a time, and none at the end. */
async function childrenOf(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

/** The media type to send a file with; the pipeline itself looks at the content. */
export function typeOf(file) {
  if (KNOWN.has(file.type)) return file.type;
  return TYPES[file.name.split(".").pop().toLowerCase()];
}

/** Why a file is not even sent; undefined if it is. */
export function refusalOf({ file, path }) {
  if (!typeOf(file)) return "Not a picture of a known type";
  if (file.size === 0) return "The file is empty";
  if (file.size > MAX_BYTES) return "Larger than 100 MB";
  if (new TextEncoder().encode(path).length > MAX_KEY_BYTES) return "The path is longer than 1,024 bytes";
  return undefined;
}

/** What systems leave in folders without being asked. */
export const isClutter = ({ path }) => /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini)$/.test(path);
