"""Measures the text of the engine on drawn lines: which words are read exactly, and how long a photo takes.

Usage: python -m benchmarks.text_quality [--lines 300] [--fonts /usr/share/fonts]

Lines are drawn in fonts of Debian packages (fonts-dejavu, fonts-liberation, fonts-lato, fonts-open-sans,
fonts-freefont-ttf), in five languages, on three backgrounds, turned by up to 25 degrees either way.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw, ImageFont

from viewfinder.rekognition.pictures import read_picture
from viewfinder.rekognition.text.engine import DETAIL, Request, TextEngine

FAMILIES = ("DejaVuSans", "DejaVuSerif", "Liberation", "Lato-", "OpenSans", "FreeSans", "FreeSerif")
UNREADABLE = ("Hairline", "Thin", "ExtraLight", "MathTeX")
TEXTS = {
    "English": "The quick brown fox jumps over the lazy dog while twelve children watch from the bridge",
    "German": "Größe Straße Übergang Fußgänger müssen während der Öffnungszeiten täglich über Köln warten",
    "French": "Élève français être forêt où cœur l'été prochain à côté du château préféré déjà",
    "Spanish": "Mañana el niño comió jamón después señor español ¿Dónde está la montaña? corazón pingüino",
    "Polish": "Zażółć gęślą jaźń ulica Świętokrzyska łódź źródło wyjście żółw północ",
}
BACKGROUNDS = ("plain", "gradient", "noise")
SIZE = (640, 480)
MARGIN = 24


@dataclass(frozen=True)
class Sample:
    """A picture with one line of text."""

    content: bytes
    text: str
    description: str


def fonts_in(folder: Path) -> list[Path]:
    """Return the fonts that the lines are drawn in."""
    found = sorted(path for path in folder.rglob("*.[to]tf") if path.name.startswith(FAMILIES))
    return [path for path in found if not any(part in path.name for part in UNREADABLE)]


def drawn_line(seed: int, fonts: list[Path]) -> Sample:
    """Return the line that belongs to a seed, always whole in the picture."""
    source = random.Random(seed)
    language, background = source.choice(list(TEXTS)), BACKGROUNDS[seed % len(BACKGROUNDS)]
    font, angle = source.choice(fonts), source.uniform(-25, 25)
    words = [*source.sample(TEXTS[language].split(), source.randint(2, 4)), str(source.randint(0, 99_999))]
    drawn = ImageFont.truetype(font, source.randint(18, 44))
    while drawn.getlength(" ".join(words)) > SIZE[0] - 2 * MARGIN:
        words.pop(0)
    dark = source.random() < 0.5
    picture = _background(background, dark, seed)
    mask = Image.new("L", SIZE)
    ImageDraw.Draw(mask).text((SIZE[0] / 2, SIZE[1] / 2), " ".join(words), font=drawn, fill=255, anchor="mm")
    picture.paste((245, 245, 235) if dark else (20, 20, 40), mask=mask.rotate(angle, Image.Resampling.BICUBIC))
    description = f"{language}, {font.stem}, {background}, {angle:.0f} degrees"
    return Sample(_png(picture), " ".join(words), description)


def _background(kind: str, dark: bool, seed: int) -> Image.Image:
    pixels = np.full((SIZE[1], SIZE[0], 3), 60.0 if dark else 200.0)
    if kind == "gradient":
        pixels += np.linspace(-50, 50, SIZE[0])[None, :, None]
    if kind == "noise":
        pixels += np.random.default_rng(seed).normal(0, 18, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def words_read(engine: TextEngine, content: bytes) -> Counter[str]:
    detections = engine.detect_text(content, Request())["TextDetections"]
    return Counter(entry["DetectedText"] for entry in detections if entry["Type"] == "WORD")


def exact_words(engine: TextEngine, samples: Iterable[Sample], missed: Callable[[str], None]) -> float:
    """Return the share of words that are read letter by letter; report what else was read."""
    right = total = 0
    for sample in samples:
        read, wanted = words_read(engine, sample.content), Counter(sample.text.split())
        exact = sum((read & wanted).values())
        if read != wanted:
            missed(f"{sample.text!r} read as {' '.join(read)!r} ({sample.description})")
        right, total = right + exact, total + sum(wanted.values())
    return right / total


def times_of(work: Callable[[bytes], object], contents: list[bytes], rounds: int = 5) -> tuple[float, float]:
    """Return the median milliseconds of a picture, and their ratio to decoding and the networks' runs alone.

    The runs are timed within the same calls, so that a busy machine slows both alike.
    """
    whole, bare = [], []
    for content in contents * rounds:
        with timed_runs() as runs:
            begun = time.perf_counter()
            work(content)
            whole.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        read_picture(content, max_pixels=32_000_000, detail=DETAIL)
        bare.append(sum(runs) + time.perf_counter() - begun)
    return statistics.median(whole) * 1000, sum(whole) / sum(bare)


@contextmanager
def timed_runs() -> Iterator[list[float]]:
    """Collect the seconds of every run of a network."""
    seconds: list[float] = []
    original = onnxruntime.InferenceSession.run

    def run(session: Any, *arguments: Any) -> Any:
        begun = time.perf_counter()
        result = original(session, *arguments)
        seconds.append(time.perf_counter() - begun)
        return result

    onnxruntime.InferenceSession.run = run
    try:
        yield seconds
    finally:
        onnxruntime.InferenceSession.run = original


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"))
    options = parser.parse_args()
    fonts = fonts_in(options.fonts)
    if not fonts:
        print(f"skipped: none of the fonts in {options.fonts}")
        return 0
    engine = TextEngine(max_pixels=32_000_000)
    samples = [drawn_line(seed, fonts) for seed in range(options.lines)]
    share = exact_words(engine, samples, print)
    photos = [sample.content for sample in samples[:12]]
    median, ratio = times_of(lambda content: engine.detect_text(content, Request()), photos)
    print(f"{len(samples)} lines in {len(fonts)} fonts: {100 * share:.1f} % of the words exact (at least 97)")
    print(
        f"a picture of 640 x 480 with a line: {median:.0f} ms; {ratio:.3f} x decoding and networks alone (at most 1.15)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
