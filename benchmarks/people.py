"""People as faces grow: pages of a person and of all people, memory; and an import with PEOPLE beside one without.

Two stacks, of which each face is on an image of its own, are asked in turns: what else the machine does slows both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from benchmarks import collections as made_faces
from benchmarks.bench import Bench
from benchmarks.catalog import Library, asking
from benchmarks.crowd import BATCH, BOX, Shelf, complete, crowd, label_name
from benchmarks.photos import photo
from benchmarks.stack import TEMPLATE
from benchmarks.stages import import_photos, processor_seconds
from benchmarks.summaries import Result, interleaved, summary
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.people import SqlitePeople
from viewfinder.deployment.progress import silent
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.person import FacePlace, Person
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options
from viewfinder.usecases.group_people import contents_of
from viewfinder.usecases.index_people import matches_key

EACH = 50
"""Faces of a person: 20 people of 1,000 faces, and 2,000 of 100,000."""

FEATURES = "LABELS,PEOPLE"
PAGE = ("limit", "20")
"""What the smallest catalog has, too."""

PAGES = {
    "people": f"/people?{urlencode([PAGE])}",
    "one person": f"/people/{3:016x}",
    "images of a person, by id": asking(("person", f"{3:016x}"), PAGE),
    "images of a person, by name": asking(("person", "Person 3"), PAGE),
    "images of a person and a label": asking(("person", "Person 3"), ("label", label_name(0)), ("limit", "5")),
    "images without a person": asking(("excludePerson", "Person 3"), PAGE),
    "faces of a person": f"/faces?{urlencode([('person', f'{3:016x}'), PAGE])}",
}
PORTRAIT = Path(__file__).parents[1] / "samples" / "astronaut.jpg"


def run(bench: Bench) -> Result:
    """Ask a large and a small catalog in turns; then import the same photos with the feature and without it."""
    sizes, rounds, photos = ((200, 1_000), 5, 12) if bench.quick else ((1_000, 100_000), 60, 200)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="viewfinder-people-")))
        libraries = [library(folder, size, opened) for size in sizes]
        milliseconds = {
            name: interleaved({str(one.size): one.ask(path) for one in libraries}, rounds)
            for name, path in PAGES.items()
        }
        levels = [{"faces": one.size, "people": one.size // EACH} | one.memory() for one in libraries]
    walls = {name: {size: [cost.wall for cost in of[size]] for size in of} for name, of in milliseconds.items()}
    first, last = map(str, sizes)
    return {
        "levels": levels,
        "milliseconds": {name: {size: summary(of[size]) for size in of} for name, of in walls.items()},
        "ratios": {
            name: round(statistics.median(of[last]) / statistics.median(of[first]), 2) for name, of in walls.items()
        },
        "import": importing(photos),
    }


def library(folder: Path, size: int, opened: ExitStack) -> Library:
    """Start a stack with so many faces, in its catalog and in its collection."""
    local = LocalStack(DataDirectory(folder / str(size)))
    opened.callback(local.down)
    local.up(TEMPLATE, Options(free_port(), free_port(), features=FEATURES), silent)
    fill(local.data.database, size)
    local.down()
    made_faces.fill(str(local.data.faces), size)
    one = Library(size, local)
    one.start()
    return one


def fill(path: Path, size: int) -> None:
    """Save images with a face each, and the people, by the catalog's own code."""
    with closing(Shelf(str(path))) as shelf:
        catalog, people = SqliteCatalog(shelf, tombstone_seconds=0), SqlitePeople(shelf)
        images = with_faces(size)
        for _ in range(0, size, BATCH):
            with shelf.batch():
                for _, image in zip(range(BATCH), images, strict=False):
                    catalog.save(image, replacing=None)
        with shelf.batch():
            for number in range(size // EACH):
                cover = FacePlace(f"{number:064x}", BOX)
                people.save(Person(f"{number:016x}", f"Person {number}", cover=cover))


def with_faces(size: int) -> Iterator[Image]:
    """Make images of which each shows one of the people, in turns."""
    for number, image in enumerate(crowd(0, size)):
        face = IndexedFace(str(UUID(int=number)), BOX, 99.0, person=f"{number % (size // EACH):016x}")
        whole = complete(image)
        yield replace(whole, findings={**whole.findings, Feature.PEOPLE: (face,)})


def importing(count: int) -> Result:
    """Import photos into a stack with the feature and into one without: every second one shows a face."""
    contents = [
        PORTRAIT.read_bytes() + str(turn).encode() if turn % 2 else photo(40_000 + turn) for turn in range(count)
    ]
    ways = {features: imported(contents, features) for features in ("LABELS", FEATURES)}
    plain, people = ways.values()
    return {
        "photos": count,
        "seconds": {features: way["seconds"] for features, way in ways.items()},
        "ratio, seconds": round(people["seconds"] / plain["seconds"], 2),
        "ratio, processor time": round(people["cpu"] / plain["cpu"], 2),
        "IndexFaces per image": round(people["contents"] / count, 3),
        "SearchFaces per image": round(people["searches"] / count, 3),
    }


def imported(contents: list[bytes], features: str) -> dict[str, float]:
    """Import into a new stack that is warm; the command groups faces at its end."""
    with TemporaryDirectory(prefix="viewfinder-people-") as folder:
        local = LocalStack(DataDirectory(Path(folder) / "stack"))
        local.up(TEMPLATE, Options(free_port(), free_port(), features=features), silent)
        try:
            warm = [PORTRAIT.read_bytes() + b"warm", *(photo(39_000 + number) for number in range(7))]
            import_photos(local, warm, Path(folder) / "warm")
            before = asked(local) if features == FEATURES else (0, 0)
            cpu, start = processor_seconds(local), time.perf_counter()
            import_photos(local, contents, Path(folder) / "photos")
            seconds = time.perf_counter() - start
            spent = processor_seconds(local) - cpu
            after = asked(local) if features == FEATURES else (0, 0)
            calls = {"contents": after[0] - before[0], "searches": after[1] - before[1]}
            return {"seconds": round(seconds, 1), "cpu": spent, **calls}
        finally:
            local.down()


def asked(local: LocalStack) -> tuple[int, int]:
    """Return the contents that were indexed, and the faces that were searched for: each is kept with its matches."""
    application = local.application()
    derived, found = application.derived, list(contents_of(application.people_stores))
    documents: list[Any] = [derived.find_document(matches_key(sha256)) for sha256 in found]
    return len(found), sum(len(document.content["Matches"]) for document in documents if document)
