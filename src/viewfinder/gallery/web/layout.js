// Where pictures go: rows of one height, each as wide as the grid, in the pictures' own proportions; in groups with headings.

const GAP = 6;
const NARROWEST = 0.5;
const WIDEST = 3;
const HEADING = 48;
const NARROWEST_ALONE = 0.85; // room for a date above it

/** A picture's width by its height; squares for what has no size. */
/** @param {import("./types").Summary} image */
function proportion(image) {
  const own = image.Width && image.Height ? image.Width / image.Height : 1;
  return Math.min(WIDEST, Math.max(NARROWEST, own));
}

/** Rows that grow at the end as pages arrive: what is placed stays where it is. */
export class Layout {
  /** @type {import("./types").Heading[]} */
  headings = [];
  /** @type {{ top: number, height: number, first: number, boxes: { left: number, top: number, width: number, height: number }[] }[]} */
  rows = [];
  height = 0;
  /** @type {import("./types").Summary[]} */
  images = [];

  /**
   * @param {number} width
   * @param {(image: import("./types").Summary) => string | undefined} groupOf  gives the group of an image: each begins with a heading
   */
  constructor(width, groupOf = () => undefined) {
    this.width = width;
    this.groupOf = groupOf;
    this.target = width < 600 ? 130 : 220;
  }

  /** Adds images; the last row is made again since it may have had room left, or its day more pictures. @param {import("./types").Summary[]} images */
  add(images) {
    const first = this.#reopen();
    const waiting = this.images.slice(first);
    this.images = this.images.concat(images);
    this.#place([...waiting, ...images], first);
  }

  /** Takes the last row back with its headings; gives the first image that is to be placed. */
  #reopen() {
    const last = this.rows.pop();
    if (!last) return 0;
    const own = this.headings.findIndex((heading) => heading.first >= last.first);
    const [heading] = own < 0 ? [] : this.headings.splice(own);
    this.height = heading?.top ?? last.top;
    return last.first;
  }

  /** @type {(images: import("./types").Summary[], first: number) => void} */
  #place(images, first) {
    /** @type {import("./types").Run[]} */
    let alone = []; // pictures in a row that are the only ones of their groups
    for (const run of this.#runs(images, first)) {
      if (run.images.length === 1 && run.isHeaded) {
        alone.push(run);
        continue;
      }
      this.#placeAlone(alone);
      alone = [];
      if (run.isHeaded) this.#head(run.first, run.group);
      this.#placeRows(run.images, run.first);
    }
    this.#placeAlone(alone);
  }

  /** The images group by group; the first may go on with the group of what is placed already. @type {(images: import("./types").Summary[], first: number) => import("./types").Run[]} */
  #runs(images, first) {
    let group = first ? this.groupOf(this.images[first - 1]) : undefined;
    /** @type {import("./types").Run[]} */
    const runs = [];
    for (const [place, image] of images.entries()) {
      const own = this.groupOf(image);
      if (!place || own !== group) runs.push({ first: first + place, group: own, isHeaded: own !== group, images: [] });
      runs[runs.length - 1].images.push(image);
      group = own;
    }
    return runs;
  }

  /** Rows of pictures of one group. @type {(images: import("./types").Summary[], first: number) => void} */
  #placeRows(images, first) {
    for (const { ratios, isLast } of this.#filled(images)) {
      this.#close(ratios, first, isLast);
      first += ratios.length;
    }
  }

  /** Rows of pictures that are alone in their groups: each has its heading above itself. @param {import("./types").Run[]} runs */
  #placeAlone(runs) {
    if (runs.length === 1) this.#head(runs[0].first, runs[0].group);
    if (runs.length < 2) return this.#placeRows(runs.flatMap((run) => run.images), runs[0]?.first ?? 0);
    let done = 0;
    for (const { ratios, isLast } of this.#filled(runs.map((run) => run.images[0]), NARROWEST_ALONE)) {
      const top = this.height;
      this.height += HEADING;
      this.#close(ratios, runs[done].first, isLast);
      for (const [place, { left, width }] of this.rows[this.rows.length - 1].boxes.entries()) {
        const { first, group } = runs[done + place];
        this.headings.push({ top, left, width, group, first });
      }
      done += ratios.length;
    }
  }

  /** The proportions of images row by row, each as many as fill the width at the height aimed for; the last may not. @type {(images: import("./types").Summary[], narrowest?: number) => Generator<{ ratios: number[], isLast: boolean }>} */
  *#filled(images, narrowest = NARROWEST) {
    /** @type {number[]} */
    let ratios = [];
    let sum = 0;
    for (const image of images) {
      const ratio = Math.max(proportion(image), narrowest);
      ratios.push(ratio);
      sum += ratio;
      if (sum * this.target + (ratios.length - 1) * GAP < this.width) continue;
      yield { ratios, isLast: false };
      ratios = [];
      sum = 0;
    }
    if (ratios.length) yield { ratios, isLast: true };
  }

  /** @type {(first: number, group: string | undefined) => void} */
  #head(first, group) {
    this.headings.push({ top: this.height, left: 0, width: this.width, group, first });
    this.height += HEADING;
  }

  /** @type {(ratios: number[], first: number, isLast: boolean) => void} */
  #close(ratios, first, isLast) {
    const sum = ratios.reduce((total, ratio) => total + ratio, 0);
    const room = this.width - (ratios.length - 1) * GAP;
    const height = isLast ? Math.min(this.target, room / sum) : room / sum;
    let left = 0;
    const boxes = ratios.map((ratio) => {
      const box = { left, top: this.height, width: ratio * height, height };
      left += box.width + GAP;
      return box;
    });
    this.rows.push({ top: this.height, height, first, boxes });
    this.height += height + GAP;
  }

  /** Gives [first, end) of the images between two heights. @type {(top: number, bottom: number) => [number, number]} */
  between(top, bottom) {
    const from = this.#rowAt(top);
    const to = this.#rowAt(bottom);
    if (from === undefined || to === undefined) return [0, 0];
    return [this.rows[from].first, this.rows[to].first + this.rows[to].boxes.length];
  }

  /** @type {(first: number, end: number) => Layout["headings"]} */
  headingsBetween(first, end) {
    return this.headings.filter((heading) => heading.first >= first && heading.first < end);
  }

  /** @param {number} index */
  boxOf(index) {
    const row = this.rowOf(index);
    return row && row.boxes[index - row.first];
  }

  /** @param {number} index @returns {Layout["rows"][number] | undefined} */
  rowOf(index) {
    return this.rows[this.#search((row) => row.first <= index)];
  }

  /** The image below (1) or above (-1) another: the nearest of the next row. @type {(index: number, direction: number) => number} */
  neighbour(index, direction) {
    const row = this.rows[this.#search((candidate) => candidate.first <= index) + direction];
    const box = this.boxOf(index);
    if (!row || !box) return index;
    const middle = box.left + box.width / 2;
    const distances = row.boxes.map((other) => Math.abs(other.left + other.width / 2 - middle));
    return row.first + distances.indexOf(Math.min(...distances));
  }

  /** @param {number} height */
  #rowAt(height) {
    if (!this.rows.length) return undefined;
    return Math.max(0, this.#search((row) => row.top <= height));
  }

  /** The last row of which the condition holds; it holds for the first rows only. @param {(row: Layout["rows"][number]) => boolean} condition */
  #search(condition) {
    let low = -1;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (condition(this.rows[middle])) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
