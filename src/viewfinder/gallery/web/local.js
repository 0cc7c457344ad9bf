// The page's rights at the gallery's own server: a token, which changes with each start of it.

import { ApiError } from "./errors.js";
import { TOKEN } from "./settings.js";

const TOKEN_HEADER = "X-Viewfinder-Token";
const CLOSED = "The gallery was started again, and is locked: open it by its address, which `viewfinder status` shows.";

let token = TOKEN;

/** The headers of a request; only a request that changes something needs one. @type {import("./types").Access["rights"]} */
export const rights = async (isChange) => (isChange ? { [TOKEN_HEADER]: token } : {});

/** Whether there is a new token where this one was refused: the gallery was started again since the page was loaded. @type {import("./types").Access["renews"]} */
export async function renews(error, isChange) {
  if (!isChange || error.status !== 403) return false;
  const present = await presentToken();
  if (!present) throw new ApiError(403, error.code ?? "Forbidden", CLOSED);
  if (present === token) return false;
  token = present;
  return true;
}

/** The token of the gallery's present start, as a page has it that is loaded anew. (Read as text: the page's policy lets nothing parse markup.) */
async function presentToken() {
  const page = await fetch("/", { cache: "no-store" }).then((answer) => (answer.ok ? answer.text() : ""), () => "");
  return /name="viewfinder-token" content="([\w-]+)"/.exec(page)?.[1];
}
