// The status page: counts, queues, the last minutes, and where the time of recent images went.

import { isHosted } from "./access.js";
import { getStatistics, getStatus } from "./api.js";
import { bars, waterfall } from "./charts.js";
import { counted, element, find, seconds, whole } from "./dom.js";

const EVERY_MS = 3000;

export class StatusPage {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  constructor() {
    this.section = find("status");
  }

  /** Shows or hides the page; it is kept up to date only while it is seen. @param {boolean} isShown */
  show(isShown) {
    this.section.hidden = !isShown;
    clearTimeout(this.timer);
    if (isShown) this.#refresh();
  }

  async #refresh() {
    clearTimeout(this.timer);
    const [statistics, status] = await Promise.allSettled([getStatistics(), isHosted ? null : getStatus()]); // a hosted page has no server of its own
    if (this.section.hidden) return;
    this.#render(statistics, status);
    this.timer = setTimeout(() => (document.hidden ? this.#whenSeen() : this.#refresh()), EVERY_MS);
  }

  #whenSeen() {
    document.addEventListener("visibilitychange", () => this.#refresh(), { once: true });
  }

  /**
   * @param {PromiseSettledResult<import("./types").Statistics>} statistics
   * @param {PromiseSettledResult<import("./types").StackStatus | null>} status
   */
  #render(statistics, status) {
    const focused = document.activeElement?.getAttribute("href");
    const failed = [statistics, status].filter((result) => result.status === "rejected");
    const counts = statistics.status === "fulfilled" ? countsOf(statistics.value) : [];
    const ours = status.status === "fulfilled" ? status.value : null;
    this.section.replaceChildren(
      element("h1", {}, "Status"),
      ...failed.map(({ reason }) => element("p", { class: "problem" }, reason.message)),
      element("div", { class: "cards" }, counts, ours && queuesOf(ours)),
      ...(ours ? timesOf(ours) : []),
    );
    const link = focused && this.section.querySelector(`a[href="${CSS.escape(focused)}"]`);
    if (link) /** @type {HTMLElement} */ (link).focus({ preventScroll: true });
  }
}

/** @type {(title: string, number: string, note: string, kind?: string) => HTMLElement} */
const card = (title, number, note, kind = "") =>
  element("div", { class: `card ${kind}` }, element("h2", {}, title), element("b", {}, number), element("small", {}, note));

/** @type {(node: HTMLElement, status: import("./types").Status) => HTMLElement} */
const linked = (node, status) => element("a", { class: "cardlink", href: `/?${new URLSearchParams({ status })}` }, node);

/** @param {import("./types").Statistics} statistics */
function countsOf(statistics) {
  const { Images, Labels } = statistics;
  return [
    card("Images", whole(Images.Total), `${whole(Images.ANALYZED)} analysed`),
    card("Labels", whole(Labels), "names in use"),
    linked(card("Rejected", whole(Images.REJECTED), "not readable as pictures"), "REJECTED"),
    linked(card("Failed", whole(Images.FAILED), "may be tried again", Images.FAILED ? "fault" : ""), "FAILED"),
  ];
}

/** @param {{ InWork: number, Delayed: number }} queue */
const workOf = ({ InWork, Delayed }) => `${whole(InWork)} in work${Delayed ? `, ${whole(Delayed)} delayed` : ""}`;

/** @param {import("./types").StackStatus} status */
function queuesOf(status) {
  if (!status.Queue) return [];
  const { Queue, SecondStage, DeadLetters, SecondStageDeadLetters } = status;
  const dead = (DeadLetters?.Waiting ?? 0) + (SecondStageDeadLetters?.Waiting ?? 0);
  return [
    card("Queue", whole(Queue.Waiting), workOf(Queue)),
    ...(SecondStage ? [card("Text to come", whole(SecondStage.Waiting), `and other features; ${workOf(SecondStage)}`)] : []),
    card("Dead letters", whole(dead), dead ? "see: viewfinder redrive" : "none, as it should be", dead ? "fault" : ""),
  ];
}

/** @param {import("./types").StackStatus} status */
function timesOf(status) {
  const latest = status.LastMinutes;
  const images = (/** @type {number} */ number) => counted(number, "image");
  const time = (/** @type {number | null} */ milliseconds) => seconds((milliseconds ?? 0) / 1000);
  const charts = [
    bars(status.Minutes, (minute) => minute.Images, images, "Images a minute"),
    bars(status.Minutes, (minute) => minute.LatencyP50, time, "Median time of an image"),
    bars(status.Minutes, (minute) => minute.LatencyP95, time, "95 of 100 images within"),
  ];
  const recent = status.Recent.length
    ? waterfall(status.Recent)
    : element("p", { class: "quiet" }, "No image was analysed in the last quarter of an hour.");
  return [
    element("h2", {}, "The last 15 minutes"),
    ...(latest.LatencyP95 === null ? [] : [element("p", { class: "quiet" }, `Half of the images within ${time(latest.LatencyP50)}, 95 of 100 within ${time(latest.LatencyP95)}.`)]),
    element("div", { class: "charts" }, charts),
    element("h2", {}, "Recent images, step by step"),
    recent,
  ];
}
