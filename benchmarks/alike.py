"""Near-duplicates: what the hash finds of edited pictures and says of different ones, its cost, and how vectors rank.

Pictures are the samples, and those of the folder that VIEWFINDER_PICTURES names (docs: scikit-image's `data`).
"""

from __future__ import annotations

import io
import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, UnidentifiedImageError

from benchmarks.bench import Bench
from benchmarks.photos import SAMPLES, photos
from benchmarks.summaries import Result, summary
from viewfinder.adapters.near_duplicates import PackedNearDuplicates, near
from viewfinder.adapters.packed_vectors import PackedVectors
from viewfinder.adapters.pictures import Pictures, rendering
from viewfinder.adapters.pictures.likeness import likeness_of
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.vectors import SqliteVectors
from viewfinder.domain.likeness import NEAR, PerceptualHash
from viewfinder.domain.vector import MODEL, SIZE, Vector
from viewfinder.ports import KnownHash
from viewfinder.rekognition.engines import default_engines, detect_labels
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.vector import vector_of

FOLDER = "VIEWFINDER_PICTURES"
SAME = 1
"""Bits in which two files differ at most that are one picture: the samples are some of scikit-image's."""


def run(bench: Bench) -> Result:
    """Return what is found of each edit, false pairs, times, and how the classifier's vector ranks."""
    pictures = dict(_pictures())
    own = {name: _look(picture) for name, picture in pictures.items()}
    rounds = 5 if bench.quick else 25
    return {
        "pictures": len(pictures),
        "flat": sum(known is None for known in own.values()),
        "edits": {name: _found(edit, pictures, own) for name, edit in EDITS.items()},
        "pairs": _pairs([known for known in own.values() if known]),
        "scan, ms": {f"{size:,}": _scan(size, rounds) for size in (100_000, 1_000_000)},
        "first comparison, s": {f"{size:,}": _compared(size) for size in (1_000, 10_000)},
        "an image, ms": _cost(rounds),
        "vectors": _vectors(pictures, rounds),
    }


def _pictures() -> Iterator[tuple[str, Image.Image]]:
    folder = os.environ.get(FOLDER)
    files = [*SAMPLES, *(sorted(Path(folder).iterdir()) if folder else ())]
    for file in files:
        try:
            with Image.open(file) as opened:
                yield file.name, opened.convert("RGB")
        except (UnidentifiedImageError, OSError):
            continue  # no picture: scikit-image has arrays and cascades beside them


def _look(picture: Image.Image) -> PerceptualHash | None:
    return likeness_of(rendering.shrink(picture, rendering.thumbnail_size(picture.size))).hash


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=quality)
    return Image.open(encoded).convert("RGB")


def _captioned(picture: Image.Image) -> Image.Image:
    copy = picture.copy()
    ImageDraw.Draw(copy).rectangle((0, round(0.92 * copy.height), copy.width, copy.height), fill="black")
    return copy


def _cropped(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.crop((width // 20, height // 20, width - width // 20, height - height // 20))


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half size, JPEG 30": lambda picture: _jpeg(picture.resize((picture.width // 2, picture.height // 2)), 30),
    "quarter size": lambda picture: picture.resize((picture.width // 4, picture.height // 4)),
    "brightness 1.2": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "colour 1.5": lambda picture: ImageEnhance.Color(picture).enhance(1.5),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "caption bar": _captioned,
    "mirror": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turn of 90 degrees": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "turn of 180 degrees": lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
    "transverse, JPEG 60": lambda picture: _jpeg(picture.transpose(Image.Transpose.TRANSVERSE), 60),
    "crop of 10 %": _cropped,
    "rotation of 5 degrees": lambda picture: picture.rotate(5),
}


def _found(
    edit: Callable[[Image.Image], Image.Image],
    pictures: dict[str, Image.Image],
    own: dict[str, PerceptualHash | None],
) -> Result:
    distances = []
    for name, known in own.items():
        if known:
            edited = _look(edit(pictures[name]))
            distances.append(known.distance(edited) if edited else 128)
    return {"found": sum(each <= NEAR for each in distances), "of": len(distances), "farthest": max(distances)}


def _pairs(hashes: list[PerceptualHash]) -> Result:
    distances = sorted(one.distance(other) for one, other in combinations(hashes, 2))
    different = [each for each in distances if each > SAME]
    return {
        "different": len(different),
        "same picture": len(distances) - len(different),
        "false": sum(each <= NEAR for each in different),
        "closest": different[0],
    }


def _random_words(size: int) -> Any:
    return np.random.default_rng(31).integers(0, 2**63, size=(2, size), dtype=np.uint64)


def _timed(action: Callable[[], object], rounds: int) -> Result:
    """Processor time in milliseconds: of a call that nothing else waits for."""
    action()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        action()
        times.append(1000 * (time.process_time() - start))
    return summary(times)


def _scan(size: int, rounds: int) -> Result:
    words = _random_words(size)
    return _timed(lambda: near(words, PerceptualHash(5, 7)), rounds)


class _Hashes:
    """Implements `ports.Hashes` with random hashes."""

    def __init__(self, size: int) -> None:
        self._words = _random_words(size).T.tolist()

    def changed(self, after: int) -> Iterator[KnownHash]:
        for place, (upright, transposed) in enumerate(self._words[after:], after + 1):
            yield KnownHash(place, f"{place:064x}", PerceptualHash(upright, transposed))


def _compared(size: int) -> float:
    packed = PackedNearDuplicates(_Hashes(size), seconds=float("inf"))
    start = time.process_time()
    packed.groups()
    return round(time.process_time() - start, 2)


def _cost(rounds: int) -> Result:
    """What the likeness takes of an image's way: reading a photo of two megapixels, and the engine's labels."""
    photo = photos(1)[0]
    reader = Pictures(has_screens=True)
    with Image.open(io.BytesIO(reader.read(photo).thumbnail)) as opened:
        thumbnail = opened.convert("RGB")
    times = {
        "likeness": _timed(lambda: likeness_of(thumbnail), rounds),
        "reading, with it": _timed(lambda: reader.read(photo), rounds),
        "labels of the engine": _timed(lambda: detect_labels(photo), rounds),
    }
    whole = times["reading, with it"]["median"] + times["labels of the engine"]["median"]
    return {**times, "share": round(times["likeness"]["median"] / (whole - times["likeness"]["median"]), 4)}


def _vectors(pictures: dict[str, Image.Image], rounds: int) -> Result:
    """How the vector ranks the originals for each edit, and what it costs: the exact search, memory, an image's way."""
    kept: dict[str, Image.Image] = {}  # one of each picture that is there twice, under any name
    for name, picture in pictures.items():
        known = _look(picture)
        others = [other for other in map(_look, kept.values()) if other]
        if known is None or all(known.distance(other) > SAME for other in others):
            kept[name] = picture
    engine = default_engines().labels
    originals = PackedVectors(MODEL)
    originals.take((place, name, _vector(engine, picture)) for place, (name, picture) in enumerate(kept.items(), 1))
    return {
        "pictures": len(kept),
        "top-1": {name: _top_1(edit, kept, engine, originals) for name, edit in EDITS.items()},
        "top-1 of a file": {  # looked for in its eight orientations, as by `search --like FILE`
            name: _top_1(edit, kept, engine, originals, tuple(Image.Transpose)) for name, edit in EDITS.items()
        },
        **_searched(100_000, rounds),
        "an image, ms": _vector_cost(rounds),
    }


def _vector(engine: LabelEngine, picture: Image.Image) -> bytes:
    """Return the vector of a picture as the pipeline gets it: of a rendition in JPEG, or in PNG where it is small."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    return Vector.from_text(engine.vector(Pictures().rendition(out.getvalue()))).values


def _top_1(
    edit: Callable[[Image.Image], Image.Image],
    pictures: dict[str, Image.Image],
    engine: LabelEngine,
    originals: PackedVectors,
    turns: Sequence[Image.Transpose] = (),
) -> float:
    """Return the share of edited pictures of which the original is the nearest of all, to them or to one of turns."""
    found = 0
    for name, picture in pictures.items():
        edited = edit(picture)
        vectors = [_vector(engine, each) for each in (edited, *map(edited.transpose, turns))]
        nearest = [originals.nearest(Vector(MODEL, vector), 1)[0] for vector in vectors]
        found += max(nearest, key=lambda each: each.similarity).content == name
    return round(found / len(pictures), 3)


def _searched(size: int, rounds: int) -> Result:
    """Search so many vectors, which another process has written into an SQLite file."""
    chance = np.random.default_rng(2)
    values = chance.normal(0, 127 / math.sqrt(SIZE), size=(size, SIZE)).round().astype(np.int8)
    with TemporaryDirectory() as folder:
        database = Database(str(Path(folder) / "catalog.db"))
        rows = ((f"{place:064x}", MODEL, each.tobytes()) for place, each in enumerate(values))
        with database.transaction() as connection:
            connection.executemany("INSERT INTO vectors (sha256, model, vector) VALUES (?, ?, ?)", rows)
        vectors, wanted = SqliteVectors(database), Vector(MODEL, values[7].tobytes())
        del values
        before, start = _resident(), time.process_time()
        vectors.nearest(wanted, 100)
        first = round(time.process_time() - start, 2)
        memory = round((_resident() - before) / 1e6)
        times = _timed(lambda: vectors.nearest(wanted, 100), rounds)
        database.close()
    return {f"search of {size:,}, ms": times, "first search, s": first, "memory, MB": memory}


def _resident() -> int:
    """Return the bytes of memory that this process has (proc_pid_statm(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _vector_cost(rounds: int) -> Result:
    """What the vector takes of an image's way: making it with the labels, and writing it."""
    photo = photos(1)[0]
    engine = default_engines().labels
    look = engine._classifier.look(Image.open(io.BytesIO(photo)).convert("RGB"))
    with TemporaryDirectory() as folder:
        database = Database(str(Path(folder) / "catalog.db"))
        vectors, numbers = SqliteVectors(database), itertools.count()
        vector = Vector.from_text(vector_of(look.features))
        times = {
            "vector": _timed(lambda: Vector.from_text(vector_of(look.features)), rounds),
            "writing it": _timed(lambda: vectors.put(f"{next(numbers):064x}", vector), rounds),
            "labels of the engine": _timed(lambda: detect_labels(photo), rounds),
        }
        database.close()
    share = (times["vector"]["median"] + times["writing it"]["median"]) / times["labels of the engine"]["median"]
    return {**times, "share": round(share, 4)}
