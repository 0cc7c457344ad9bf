// The page: every part shows what the address says, and is told when it changes.

import { isReadOnly, learnAbilities } from "./abilities.js";
import { entered } from "./access.js";
import { onAddress, openImage, openView, readSearch } from "./address.js";
import { find, nameOf } from "./dom.js";
import { holdBack, isToSelect } from "./early.js";
import { Fresh } from "./fresh.js";
import { startKeys } from "./keys.js";
import { Results } from "./results.js";
import { showSearch, startSearch } from "./search.js";
import { StatusPage } from "./status.js";
import { startTheme } from "./theme.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

/** @type {Record<"browse" | "trash" | "duplicates" | "people", () => Promise<{ show: (section: HTMLElement, results: Results) => unknown }>>} */
const PAGES = { // scripts come with their view
  browse: () => import("./browse.js"),
  trash: () => import("./trash.js"),
  duplicates: () => import("./duplicates.js"),
  people: () => import("./people.js"),
};
const TITLES = { status: "Status", browse: "Browse", trash: "Trash", duplicates: "Duplicates", people: "People" };
/** @type {Record<string, "to-status" | "to-browse" | "to-trash" | "to-people">} */
const LINKS = { status: "to-status", browse: "to-browse", trash: "to-trash", duplicates: "to-browse", people: "to-people" }; // a view's link in the bar
const REFRESH_MS = 400;
const NEAR_THE_TOP = 300;

startTheme();
await entered();
learnAbilities();
const results = new Results();
const viewer = new Viewer(results);
const statusPage = new StatusPage();
const fresh = new Fresh(results);
results.onShow = () => fresh.forget();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let isWanted; // images have arrived that the grid does not show yet

function show() {
  document.title = titleOf();
  const view = openView();
  find("gallery").hidden = view !== null;
  statusPage.show(view === "status");
  showPage(view);
  showSearch();
  viewer.show(); // asks for its image before the grid asks for its own
  if (!view) results.show();
  showRail();
}

/** The rail of years and months is a part of the timeline only: its script comes with it. */
async function showRail() {
  const isTimeline = !openView() && readSearch().order === "taken";
  find("gallery").classList.toggle("timeline", isTimeline);
  find("rail").hidden = !isTimeline;
  if (isTimeline) (await import("./rail.js")).showRail();
}

/** @type {string | null} */
let shownPage = null;

/** @param {import("./types").View | null} view */
async function showPage(view) {
  for (const id of new Set(Object.values(LINKS))) {
    if (view && id === LINKS[view]) find(id).setAttribute("aria-current", id === `to-${view}` ? "page" : "true");
    else find(id).removeAttribute("aria-current");
  }
  const isOther = view !== shownPage;
  shownPage = view;
  find("page").hidden = view === null || view === "status";
  if (view === null || view === "status" || !isOther) return;
  find("page").replaceChildren();
  const page = await PAGES[view]();
  if (openView() === view) page.show(find("page"), results);
}

function titleOf() {
  const [imageId, view] = [openImage(), openView()];
  const parts = [imageId && nameOf(imageId), view && TITLES[view], "Viewfinder"];
  return parts.filter(Boolean).join(" · ");
}

/** New images are shown at once to who looks at the top, and do not move the grid below somebody's eyes. */
function arrived() {
  clearTimeout(isWanted);
  isWanted = setTimeout(() => {
    if (scrollY < NEAR_THE_TOP) results.show({ again: true });
    else addEventListener("scrollend", arrived, { once: true });
  }, REFRESH_MS);
}

onAddress(show);
show();
startSearch();
startKeys();
new Uploads(arrived);
if (!isReadOnly()) startSelection();

async function startSelection() {
  const pressAgain = holdBack(isToSelect);
  try {
    const { Selection } = await import("./selection.js");
    new Selection(results);
  } finally {
    pressAgain(); // to the browser, if the script does not come
  }
}
