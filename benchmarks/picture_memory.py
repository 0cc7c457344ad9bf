"""What reading a picture of each format takes at its peak, in a process of its own: the table of docs/processing.md.

python -m benchmarks.picture_memory [FILE ...]
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

SIZES = {"12 MP": (4032, 3024), "48 MP": (8064, 6048)}
WAYS: dict[str, dict[str, Any]] = {
    "JPEG": {},
    "JPEG progressive": {"progressive": True},
    "PNG": {"compress_level": 1},
    "WEBP": {"method": 0},
    "TIFF": {"compression": "tiff_lzw"},
    "GIF": {},
    "BMP": {},
    "AVIF": {"speed": 10},
}

CHILD = """
import json, sys, time
from viewfinder.adapters.pictures import Pictures
content = sys.stdin.buffer.read()
start = time.process_time()
Pictures().read(content)
seconds = time.process_time() - start
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024
print(json.dumps([peak, seconds]))
"""


def measure(content: bytes) -> tuple[int, float]:
    """Return megabytes at the peak, the interpreter's included, and seconds of processor time."""
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD], input=content, capture_output=True, check=True
    )
    megabytes, seconds = json.loads(child.stdout)
    return megabytes, seconds


def contents() -> Iterator[tuple[str, bytes]]:
    """Yield a picture of each format and size: detailed in its middle, flat at its edges."""
    drawn = Image.effect_mandelbrot((800, 600), (-3, -2.5, 2, 2.5), 100).convert("RGB")
    for size, pixels in SIZES.items():
        picture = drawn.resize(pixels)
        for name, options in WAYS.items():
            target = io.BytesIO()
            picture.save(target, name.partition(" ")[0], **options)
            yield f"{name}, {size}", target.getvalue()


def main(files: list[str]) -> None:
    """Print a line for each picture."""
    given = ((Path(file).name, Path(file).read_bytes()) for file in files)
    for name, content in given if files else contents():
        megabytes, seconds = measure(content)
        print(f"{name:24} {megabytes:5} MB {seconds:6.2f} s {len(content):12,} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
