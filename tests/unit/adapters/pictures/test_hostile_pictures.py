"""What the most expensive files may cost: 1 GB of memory and 10 seconds each, measured in a process of its own.

The process has the memory that the function has, and not a byte more.
"""

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
from viewfinder.adapters.pictures import Pictures, reader

FUNCTION_MEGABYTES = 1769
LARGE_HEIC = Path(__file__).parents[5] / "shared/eval/pictures/heic-sony-61mp.heic"
MAX_SECONDS = 10
MAX_KILOBYTES = 1024 * 1024

CHILD = """
import json, sys
from viewfinder.adapters.pictures import Pictures
from viewfinder.adapters.pictures.limits import limit_memory
from viewfinder.domain.errors import ImageRejectedError
limit_memory(int(sys.argv[1]))
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
    "WebP of 48 megapixels": Hostile(_blank("WEBP", 6_984, lossless=True, method=0, quality=0), "WEBP"),
    "AVIF of 48 megapixels": Hostile(_blank("AVIF", 6_984, speed=10), "AVIF"),
    "HEIC of 4 megapixels (more take long to make)": Hostile(_blank("HEIF", 2_000, quality=10), "HEIC"),
    **({"HEIC of 61 megapixels": Hostile(LARGE_HEIC.read_bytes, "HEIC")} if LARGE_HEIC.exists() else {}),
    "TIFF in one strip, at the limit": Hostile(
        _blank("TIFF", 8_100, compression="tiff_lzw", tiffinfo={278: 8_100}), "TIFF"
    ),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
def test_cost_is_bounded(case: Hostile) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(FUNCTION_MEGABYTES)],
        input=case.make(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    outcome, kilobytes = json.loads(child.stdout)
    assert outcome == case.outcome
    assert kilobytes < MAX_KILOBYTES
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MAX_SECONDS


def _large(format_name: str) -> bytes:
    side = {"HEIF": 2_500}.get(format_name, 5_000)
    return encoded(format_name, Image.new("RGB", (side, side)), **{"AVIF": {"speed": 10}}.get(format_name, {}))


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF"])
def test_a_picture_for_which_there_is_no_memory_is_rejected_and_the_process_lives(format_name: str) -> None:
    content = _large(format_name)
    for megabytes in (230, 250, 300):
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(megabytes)], input=content, stdout=subprocess.PIPE, check=True, timeout=60
        )
        outcome, kilobytes = json.loads(child.stdout)
        assert outcome in ("TOO_MANY_PIXELS", format_name.replace("HEIF", "HEIC"))
        assert kilobytes < megabytes * 1024


def test_a_picture_for_which_there_was_no_memory_is_tried_once_more_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, attempts = Pictures(), []

    def derive(*_: object, **__: object) -> str:
        attempts.append(pictures._budget._used)
        if len(attempts) == 1:
            raise MemoryError
        return "read"

    monkeypatch.setattr(reader, "_derive", derive)
    assert pictures.read(encoded("PNG")) == "read"
    assert attempts[0] < attempts[1] == pictures._budget.total
