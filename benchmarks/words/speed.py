"""How long a search by words takes beside the plain search by a label, as a catalog of one machine grows."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.crowd import BATCH, Shelf
from benchmarks.summaries import Result, interleaved, summary
from benchmarks.words.archive import archive
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.bootstrap import Application
from viewfinder.domain.image import Image
from viewfinder.gallery.inprocess import proxy_event
from viewfinder.settings import Settings

_START = datetime(2026, 1, 1)  # noqa: DTZ001 - written as UTC
LAMBDA = Path(__file__).parents[2] / "lambdas" / "api_handler"
PLAIN = "label=Dog"
TEXTS = (
    *("dog", "puppy", "canon", "invoice", "kuber", "harbour", "IMG_1084", "june 2019", "june", "feline -whatsapp"),
    *("dog harbour june 2019", "dog 2019", "person food 2016..2022", "invioce", "doog"),
)


def measure(size: int, rounds: int) -> Result:
    """Return the milliseconds of each text at a number of images, and the ratio of the 95th percentiles."""
    with TemporaryDirectory(prefix="viewfinder-words-") as folder:
        file = Path(folder) / "catalog.db"
        _fill(file, size)
        with _handler(file) as handler:
            paths = {PLAIN: f"/images?{PLAIN}"} | {
                text: f"/images?{urlencode({'q': text}, quote_via=quote)}" for text in TEXTS
            }
            costs = interleaved({name: _asking(handler, path) for name, path in paths.items()}, rounds)
    walls = {name: [cost.wall for cost in taken] for name, taken in costs.items()}
    processor = {name: [cost.cpu for cost in taken] for name, taken in costs.items()}
    return {
        "images": size,
        "milliseconds": {name: summary(taken) for name, taken in walls.items()},
        "processor": {name: summary(taken) for name, taken in processor.items()},
        "p95 of the texts / of the label": _ratio(walls),
        "the same of the processor": _ratio(processor),
    }


def _ratio(costs: dict[str, list[float]]) -> float:
    together = summary([each for name, taken in costs.items() if name != PLAIN for each in taken])
    return float(round(together["p95"] / summary(costs[PLAIN])["p95"], 2))


def _fill(file: Path, size: int) -> None:
    """Save the archive again and again, in other folders and years."""
    with closing(Shelf(str(file))) as shelf:
        catalog = SqliteCatalog(shelf, tombstone_seconds=0)
        for start in range(0, size, BATCH):
            with shelf.batch():
                for number in range(start, min(start + BATCH, size)):
                    catalog.save(_copy(number), replacing=None)


def _copy(number: int) -> Image:
    chance = random.Random(number)
    image = archive()[number % len(archive())]
    taken = image.facts.taken_at
    if taken and number >= len(archive()):
        moment = datetime.fromisoformat(taken) + timedelta(days=chance.randrange(-900, 300))
        taken = moment.isoformat(timespec="microseconds")
    analyzed_at = f"{(_START + timedelta(seconds=number)).isoformat(timespec='microseconds')}Z"
    round_of = number // len(archive())
    image_id = f"copy {round_of}/{image.image_id}" if round_of else image.image_id
    return replace(image, image_id=image_id, analyzed_at=analyzed_at, facts=replace(image.facts, taken_at=taken))


@contextmanager
def _handler(file: Path) -> Iterator[Callable[[dict[str, Any], None], dict[str, Any]]]:
    settings = Settings(images_bucket="i", derived_bucket="d", table="t", queue_url="q", catalog=f"sqlite:{file}")
    sys.path.insert(0, str(LAMBDA))
    try:
        module: Any = import_module("handler")
    finally:
        sys.path.remove(str(LAMBDA))
    module.application = Application(settings)
    yield module.handler
    module.application.catalog_parts.close()
    sys.modules.pop("handler", None)


def _asking(handler: Callable[[dict[str, Any], None], dict[str, Any]], path: str) -> Callable[[int], object]:
    event = proxy_event("GET", path, b"", {}, "prod")

    def ask(_: int) -> None:
        answer = handler(event, None)
        assert answer["statusCode"] == 200, json.dumps(answer)

    return ask
