"""Read every file of a folder as the image function would, beside Chromium's opinion, and list where they disagree.

    make corpus DIR=path/to/pictures

Each file is read in a process of its own with the function's memory and 30 seconds. Where Debian's Chromium is not
installed, only crashes, time-outs and refusals are listed. Exit status 1: a crash, or a picture that Chromium shows and
the reader calls damaged.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEGABYTES, SECONDS = 1769, 30
CLOSE = 12
"""Levels of a mean colour by which two decoders may differ: they scale and convert in their own ways."""

EXCUSED = {"UNSUPPORTED_FORMAT", "NOT_AN_IMAGE", "EMPTY_OBJECT", "TOO_MANY_PIXELS"}
"""Refusals with a reason of their own (docs/processing.md): no disagreement about what is damaged."""

BROWSER_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SHOW = """async ([content, type]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([bytes], {type}));
  try { await image.decode(); } catch { return null; }
  const canvas = new OffscreenCanvas(32, 32), context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, 32, 32);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, 32, 32);
  const {data} = context.getImageData(0, 0, 32, 32), mean = [0, 0, 0];
  data.forEach((value, place) => { if (place % 4 < 3) mean[place % 4] += value / 1024; });
  return {size: [image.naturalWidth, image.naturalHeight], mean};
}"""


@dataclass
class Opinion:
    """What one of the two makes of a file: a reason of refusal, or the size and the mean colour."""

    reason: str = ""
    size: tuple[int, int] = (0, 0)
    mean: tuple[float, ...] = ()

    def __str__(self) -> str:
        return self.reason or f"{self.size[0]} x {self.size[1]}, {[round(value) for value in self.mean]}"


def read(path: Path) -> Opinion:
    """Read a file in this process: what the child does."""
    from PIL import Image

    from viewfinder.adapters.pictures import Pictures
    from viewfinder.adapters.pictures.limits import limit_memory
    from viewfinder.domain.errors import ImageRejectedError

    limit_memory(MEGABYTES)
    try:
        picture = Pictures().read(path.read_bytes())
    except ImageRejectedError as error:
        return Opinion(error.reason)
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        mean = thumbnail.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return Opinion("", (picture.width, picture.height), mean)  # type: ignore[arg-type]


def ours(path: Path) -> Opinion:
    """Return what the reader says, from a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", str(path)]
    try:
        child = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, text=True)
    except subprocess.TimeoutExpired:
        return Opinion("TIMED OUT")
    if child.returncode:
        return Opinion(f"CRASHED ({child.returncode}): {child.stderr.strip().splitlines()[-1:]}")
    answer = json.loads(child.stdout)
    return Opinion(answer["reason"], tuple(answer["size"]), tuple(answer["mean"]))


@contextmanager
def chromium() -> Iterator[Callable[[Path], Opinion | None] | None]:
    """Start the browser, and yield what asks it; None where there is none."""
    path = shutil.which("chromium")
    if not path:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        page: list[Any] = [browser.new_page()]

        def ask(file: Path) -> Opinion | None:
            # The type is Chromium's to find out, except for formats that it looks at only if they are announced.
            kind = "image/avif" if file.read_bytes()[4:12] == b"ftypavif" else "image/*"
            try:
                shown = page[0].evaluate(SHOW, [base64.b64encode(file.read_bytes()).decode(), kind])
            except Exception:  # the tab died: that is its opinion of the file, and the next one needs another
                page[0] = browser.new_page()
                return None
            return Opinion("", tuple(shown["size"]), tuple(shown["mean"])) if shown else Opinion("refused")

        yield ask
        browser.close()


def disagreement(one: Opinion, other: Opinion | None) -> str:
    """Name the kind of a disagreement; "" for none."""
    if one.reason.startswith(("CRASHED", "TIMED")):
        return "crash"
    if other is None or other.reason:
        return ""
    if one.reason:
        return "refused" if one.reason not in EXCUSED else "unsupported"
    if one.size != other.size:
        return "size"
    return "colour" if max(abs(a - b) for a, b in zip(one.mean, other.mean, strict=True)) > CLOSE else ""


def main(folder: Path) -> int:
    """Print the table; return the exit status."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    found: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    with chromium() as ask:
        for file in files:
            opinion = ours(file)
            other = ask(file) if ask and opinion.reason not in ("NOT_AN_IMAGE", "EMPTY_OBJECT") else None
            outcomes[opinion.reason.partition(" ")[0] or "read"] += 1
            if kind := disagreement(opinion, other):
                found[kind] += 1
                print(f"{kind:12} {file.relative_to(folder)}: {opinion}; Chromium: {other}", flush=True)
    print(f"{len(files)} files: {dict(outcomes)}; disagreements: {dict(found) or 'none'}")
    return 1 if found["crash"] or found["refused"] else 0


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        sys.stdout.write(json.dumps(vars(read(Path(sys.argv[2])))))
    else:
        sys.exit(main(Path(sys.argv[1])))
