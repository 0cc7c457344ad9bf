// Where pictures go: rows of one height, each as wide as the grid, in the pictures' own proportions; in groups with headings.

const GAP = 6;
const NARROWEST = 0.5;
const WIDEST = 3;
const HEADING = 48;

/** A picture's width by its height; squares for what has no size. */
/** @param {import("./types").Summary} image */
function proportion(image) {
  const own = image.Width && image.Height ? image.Width / image.Height : 1;
  return Math.min(WIDEST, Math.max(NARROWEST, own));
}

/** Rows that grow at the end as pages arrive: what is placed stays where it is. */
export class Layout {
  /** @type {string | undefined} */
  group;
  /** @type {{ top: number, group: string | undefined, first: number }[]} */
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

  /** Adds images; the last row is made again since it may have had room left. @param {import("./types").Summary[]} images */
  add(images) {
    const last = this.rows.pop();
    if (last) this.height = last.top;
    const waiting = last ? this.images.slice(last.first) : [];
    this.images = this.images.concat(images);
    this.#place([...waiting, ...images], last?.first ?? 0);
  }

  /** @type {(images: import("./types").Summary[], first: number) => void} */
  #place(images, first) {
    /** @type {number[]} */
    let row = [];
    let sum = 0;
    const close = (/** @type {boolean} */ isLast) => {
      this.#close(row, sum, first, isLast);
      first += row.length;
      row = [];
      sum = 0;
    };
    for (const image of images) {
      if (this.groupOf(image) !== this.group) {
        if (row.length) close(true);
        this.#head(this.groupOf(image), first);
      }
      const ratio = proportion(image);
      row.push(ratio);
      sum += ratio;
      if (sum * this.target + (row.length - 1) * GAP >= this.width) close(false);
    }
    if (row.length) close(true);
  }

  /** @type {(group: string | undefined, first: number) => void} */
  #head(group, first) {
    this.group = group;
    this.headings.push({ top: this.height, group, first });
    this.height += HEADING;
  }

  /** @type {(row: number[], sum: number, first: number, isLast: boolean) => void} */
  #close(row, sum, first, isLast) {
    const room = this.width - (row.length - 1) * GAP;
    const height = isLast ? Math.min(this.target, room / sum) : room / sum;
    let left = 0;
    const boxes = row.map((ratio) => {
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
