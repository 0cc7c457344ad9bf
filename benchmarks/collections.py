"""Collections of faces as they grow: searches, memory, loading after a restart; and IndexFaces beside its networks.

`python -m benchmarks.collections FOLDER ROUNDS` measures the one collection of a folder, in this process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from benchmarks.bench import Bench
from benchmarks.summaries import Result, interleaved, summary
from viewfinder.rekognition.faces.collections import Collections
from viewfinder.rekognition.faces.engine import FaceEngine
from viewfinder.rekognition.faces.matching import DIMENSIONS, FACE_MODEL_VERSION, unit
from viewfinder.rekognition.faces.store import FILE, Store

SIZES = (1_000, 100_000, 1_000_000)
PORTRAIT = Path(__file__).parents[1] / "samples" / "astronaut.jpg"
PERSON = 5
"""Faces of each person: so many a search finds, less itself."""

SPREAD = 0.3
"""How far the faces of a person are from their mean, which makes most similarities of theirs 90 and more."""

BATCH = 20_000


def run(bench: Bench) -> Result:
    """Return what each size takes, and IndexFaces beside its networks."""
    levels = [level(size, 5 if bench.quick else 30) for size in (SIZES[:2] if bench.quick else SIZES)]
    return {"levels": levels, "indexing": indexing(5 if bench.quick else 40)}


def level(size: int, rounds: int) -> Result:
    """Fill a collection, and measure it in another process."""
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        fill(folder, size)
        filled = time.perf_counter() - started
        command = [sys.executable, "-m", "benchmarks.collections", folder, str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {
            "faces": size,
            "file, MB": round((Path(folder) / FILE).stat().st_size / 1e6, 1),
            "filled a second": round(size / filled),
            **json.loads(done.stdout),
        }


def fill(folder: str, size: int) -> None:
    """Add faces of made people to a new collection, faster than IndexFaces can."""
    store, chance = Store.in_folder(folder), np.random.default_rng(size)
    with store.writing() as connection:
        connection.execute(
            "INSERT INTO collections (name, created_at, face_model) VALUES ('crowd', 0, ?)", (FACE_MODEL_VERSION,)
        )
    for first in range(0, size, BATCH):
        count = min(BATCH, size - first)
        people = np.repeat(unit(chance.normal(size=(-(-count // PERSON), DIMENSIONS))), PERSON, axis=0)[:count]
        vectors = unit(people + chance.normal(scale=SPREAD / DIMENSIONS**0.5, size=people.shape)).astype("<f4")
        slots = range(first + 1, first + count + 1)
        with store.writing() as connection:
            connection.executemany(
                "INSERT INTO descriptors VALUES (?, ?)",
                ((slot, vector.tobytes()) for slot, vector in zip(slots, vectors, strict=True)),
            )
            connection.executemany(
                """
                INSERT INTO faces (collection, face_id, image_id, width, height, left_edge, top_edge, confidence,
                    caution, slot) VALUES (1, ?, ?, 0.1, 0.1, 0.2, 0.2, 99.0, 0.0, ?)
                """,
                ((str(uuid.uuid4()), str(uuid.uuid4()), slot) for slot in slots),
            )
    store.close()


def measure(folder: str, rounds: int) -> Result:
    """Measure the collection of a folder: the first search loads it."""
    process = psutil.Process()
    collections = Collections(
        Store.in_folder(folder), lambda: FaceEngine(32_000_000), region="us-east-1", max_faces=max(SIZES)
    )
    rows = collections.store.rows("SELECT face_id FROM faces ORDER BY random() LIMIT ?", (2 * rounds + 8,))
    faces = [row["face_id"] for row in rows]
    before = process.memory_info().rss

    def search(face: str) -> Any:
        return collections.search_faces({"CollectionId": "crowd", "FaceId": face})

    first = milliseconds(lambda: search(faces[0]))
    loaded = process.memory_info().rss
    searches = [milliseconds(partial(search, face)) for face in faces[1 : rounds + 4]][3:]
    found = len(search(faces[-1])["FaceMatches"])
    delete = milliseconds(lambda: collections.delete_faces({"CollectionId": "crowd", "FaceIds": faces[-2:-1]}))
    after = milliseconds(lambda: search(faces[1]))
    everything = milliseconds(lambda: collections.delete_collection({"CollectionId": "crowd"}))
    return {
        "the first search after a restart, ms": round(first),
        "memory of the faces, MB": round((loaded - before) / 1e6),
        "highest memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "SearchFaces": summary(searches),
        "found": found,
        "DeleteFaces of one, ms": round(delete, 1),
        "the search after it, ms": round(after, 1),
        "DeleteCollection, ms": round(everything),
    }


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def indexing(rounds: int) -> Result:
    """Return IndexFaces beside DetectFaces and the bare network for the descriptor of the one face."""
    engine = FaceEngine(32_000_000)
    content = PORTRAIT.read_bytes()
    with TemporaryDirectory() as folder:
        collections = Collections(Store.in_folder(folder), lambda: engine, region="us-east-1", max_faces=10_000)
        collections.create_collection({"CollectionId": "crowd"})
        session, both = engine._descriptor._session, np.zeros((2, 3, 150, 150), dtype=np.float32)

        def index(turn: int) -> object:
            return collections.index_faces({"CollectionId": "crowd", "ExternalImageId": str(turn)}, content)

        def networks(_: int) -> object:
            return engine.detect_faces(content), session.run(None, {"image": both})

        costs = interleaved({"IndexFaces": index, "DetectFaces and the network": networks}, rounds)
        collections.store.close()
    ratios = [one.wall / other.wall for one, other in zip(*costs.values(), strict=True)]
    return {
        "milliseconds": {name: summary([cost.wall for cost in way]) for name, way in costs.items()},
        "ratio": summary(ratios, 3),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
