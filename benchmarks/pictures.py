"""What reading a picture costs: CPU time of the whole read, and of its parts for a JPEG of 2 megapixels.

python benchmarks/pictures.py
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import register_heif_opener

from viewfinder.adapters.pictures import Pictures

ROUNDS = 10


def main() -> None:
    """Prints the best of ten rounds, in milliseconds."""
    register_heif_opener()
    jpeg = encode("JPEG", 1600, 1200, quality=88)
    report("JPEG, 2 MP, whole read", lambda: Pictures().read(jpeg))
    report("  its decoding at half scale", lambda: decoded(jpeg))
    half = decoded(jpeg)
    report("  its scaling", lambda: half.resize((512, 384), Image.Resampling.BICUBIC))
    thumbnail = half.resize((512, 384), Image.Resampling.BICUBIC)
    for method in (0, 1, 2, 4):
        report(f"  its thumbnail, WebP method {method}", partial(save, thumbnail, "WEBP", quality=75, method=method))
    for format_name in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF"):
        content = encode(format_name, 4000, 3000)
        report(f"{format_name}, 12 MP", partial(Pictures().read, content), rounds=3)


def report(name: str, task: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Runs a task and prints its least CPU time."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    print(f"{name:32} {min(times) * 1000:8.1f} ms")


def decoded(content: bytes) -> Image.Image:
    """Decodes a JPEG at the smallest scale that suffices for the thumbnail."""
    source = JpegImageFile(io.BytesIO(content))
    source.draft(None, (512, 384))
    source.load()
    return source


def encode(format_name: str, width: int, height: int, **options: object) -> bytes:
    """Makes a picture with the smooth and the rough of a photo."""
    smooth = Image.effect_noise((width // 8, height // 8), 60).resize((width, height), Image.Resampling.BICUBIC)
    rough = Image.effect_noise((width, height), 20)
    return save(Image.blend(smooth, rough, 0.2).convert("RGB"), format_name, **options)


def save(picture: Image.Image, format_name: str, **options: object) -> bytes:
    """Encodes a picture."""
    target = io.BytesIO()
    picture.save(target, format_name, **options)
    return target.getvalue()


if __name__ == "__main__":
    main()
