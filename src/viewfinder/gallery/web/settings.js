// What the page was told when it was made: its meta elements.

/** @param {string} name */
const meta = (name) => /** @type {HTMLMetaElement} */ (document.querySelector(`meta[name="viewfinder-${name}"]`)).content;

/** The API, below this page's own origin. */
export const ROOT = `/${meta("stage")}`;

/** The token of the gallery's own server; a hosted page has none: its user signs in. */
export const TOKEN = meta("token");

/** Whether this stack asks for moderation: a picture without its record is not shown then. */
export const IS_MODERATED = meta("moderated") === "true";
