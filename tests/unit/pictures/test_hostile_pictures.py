"""What the most expensive files may cost: 1 GB of memory and 10 seconds each, measured in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from tests.support import photos
from tests.support.photos import encoded

MAX_SECONDS = 10
MAX_KILOBYTES = 1024 * 1024

CHILD = """
import json, sys
from viewfinder.adapters.pictures import Pictures
from viewfinder.domain.errors import ImageRejectedError
try:
    outcome = Pictures().read(sys.stdin.buffer.read()).format
except ImageRejectedError as error:
    outcome = error.reason
status = open("/proc/self/status").read()
print(json.dumps([outcome, int(status.split("VmHWM:")[1].split()[0])]))
"""
# VmHWM is the peak of this program alone; ru_maxrss would start from that of the parent it was forked from.

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's account of memory")


class Hostile(NamedTuple):
    """A file as expensive as the limits allow, or beyond them, and what becomes of it."""

    make: Callable[[], bytes]
    outcome: str


def _blank(format_name: str, side: int, mode: str = "RGB", **options: object) -> Callable[[], bytes]:
    return lambda: encoded(format_name, Image.new(mode, (side, side)), **options)


def _small_pieces(start: bytes, piece: bytes) -> Callable[[], bytes]:
    return lambda: start + piece * (30_000_000 // len(piece))


HOSTILE = {
    "JPEG of 100 megapixels": Hostile(_blank("JPEG", 10_000), "JPEG"),
    "JPEG of 16,384 x 16,384": Hostile(_blank("JPEG", 16_384, "L"), "JPEG"),
    "JPEG progressive of 16,384 x 16,384": Hostile(
        lambda: photos.jpeg_with_size(16_384, 16_384, progressive=True), "TOO_MANY_PIXELS"
    ),
    "JPEG progressive, in colour, at the limit": Hostile(
        _blank("JPEG", 10_500, progressive=True, subsampling=0), "JPEG"
    ),
    "JPEG of many scans, at the limit": Hostile(lambda: photos.jpeg_of_many_scans((4000, 4000), 118), "JPEG"),
    "JPEG of endless comments": Hostile(_small_pieces(b"\xff\xd8", b"\xff\xfe\0\2"), "CORRUPT_IMAGE"),
    "PNG grey of 16,384 x 16,384": Hostile(lambda: photos.blank_png(16_384, colour=0), "PNG"),
    "PNG with alpha, at the limit": Hostile(lambda: photos.blank_png(12_900, colour=6), "PNG"),
    "PNG of endless chunks": Hostile(
        _small_pieces(encoded("PNG")[:33], photos.chunk(b"tEXt", b"a\0")), "CORRUPT_IMAGE"
    ),
    "GIF of 64 megapixels": Hostile(_blank("GIF", 8_000, "P"), "GIF"),
    "GIF of endless comments": Hostile(_small_pieces(encoded("GIF")[:25], b"!\xfe\1a\0"), "CORRUPT_IMAGE"),
    "WebP at the limit": Hostile(_blank("WEBP", 6_200, lossless=True, method=0, quality=0), "WEBP"),
    "AVIF at the limit": Hostile(_blank("AVIF", 6_900, speed=10), "AVIF"),
    "HEIC of 4 megapixels (more take long to make)": Hostile(_blank("HEIF", 2_000, quality=10), "HEIC"),
    "TIFF in one strip, at the limit": Hostile(
        _blank("TIFF", 8_100, compression="tiff_lzw", tiffinfo={278: 8_100}), "TIFF"
    ),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_cost_is_bounded(case: Hostile) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.run(
        [sys.executable, "-c", CHILD], input=case.make(), stdout=subprocess.PIPE, check=True, timeout=120
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    outcome, kilobytes = json.loads(child.stdout)
    assert outcome == case.outcome
    assert kilobytes < MAX_KILOBYTES
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MAX_SECONDS
