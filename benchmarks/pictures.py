"""What reading a picture costs: processor time of the whole read, and of its parts for a JPEG of 2 megapixels."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import register_heif_opener

from benchmarks.bench import Bench
from benchmarks.summaries import Result, measured
from viewfinder.adapters.pictures import Pictures

ROUNDS = 8


def run(bench: Bench) -> Result:
    """Return the least processor time of each, in milliseconds."""
    rounds = 3 if bench.quick else ROUNDS
    return {name: round(least(task, rounds), 1) for name, task in tasks().items()}


def tasks() -> dict[str, Callable[[], object]]:
    """Return the parts of reading a JPEG, and the reading of each format."""
    register_heif_opener()
    jpeg = encode("JPEG", 1600, 1200, quality=88)
    half = decoded(jpeg)
    thumbnail = half.resize((512, 384), Image.Resampling.BICUBIC)
    parts: dict[str, Callable[[], object]] = {
        "JPEG, 2 MP, whole read": lambda: Pictures().read(jpeg),
        "- its decoding at half scale": lambda: decoded(jpeg),
        "- its scaling": lambda: half.resize((512, 384), Image.Resampling.BICUBIC),
    }
    for method in (0, 1, 2, 4):
        name = f"- its thumbnail, WebP method {method}{' (chosen)' if method == 0 else ''}"
        parts[name] = partial(save, thumbnail, "WEBP", quality=75, method=method)
    for format_name in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF"):
        parts[f"{format_name}, 12 MP"] = partial(Pictures().read, encode(format_name, 4000, 3000))
    heavy = encode("JPEG", 4000, 3000)
    parts["JPEG, 12 MP, with its rendition for screens"] = partial(Pictures(has_screens=True).read, heavy)
    return parts


def least(task: Callable[[], object], rounds: int) -> float:
    """Run a task several times and return its least processor time in milliseconds."""
    costs = []
    for _ in range(rounds):
        with measured() as cost:
            task()
        costs.append(cost.cpu)
    return min(costs)


def decoded(content: bytes) -> Image.Image:
    """Decode a JPEG at the smallest scale that suffices for the thumbnail."""
    source = JpegImageFile(io.BytesIO(content))
    source.draft(None, (512, 384))
    source.load()
    return source


def encode(format_name: str, width: int, height: int, **options: object) -> bytes:
    """Make a picture with the smooth and the rough of a photo."""
    smooth = Image.effect_noise((width // 8, height // 8), 60).resize((width, height), Image.Resampling.BICUBIC)
    rough = Image.effect_noise((width, height), 20)
    return save(Image.blend(smooth, rough, 0.2).convert("RGB"), format_name, **options)


def save(picture: Image.Image, format_name: str, **options: object) -> bytes:
    """Encode a picture."""
    target = io.BytesIO()
    picture.save(target, format_name, **options)
    return target.getvalue()
