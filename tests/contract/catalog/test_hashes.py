"""One behaviour of `ports.Hashes`: of SQLite and of DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tests.support.databases import empty_database
from tests.support.tables import empty_table, moto_client
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.hashes import DynamoDbHashes
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.hashes import SqliteHashes
from viewfinder.domain.image import Image, Status
from viewfinder.domain.likeness import Likeness, PerceptualHash
from viewfinder.ports import Catalog, Hashes

ONE, OTHER = PerceptualHash(1, 2**64 - 1), PerceptualHash(2**63, 0)
Known = tuple[Catalog, Hashes]


@pytest.fixture(params=["sqlite", "dynamodb"])
def known(request: pytest.FixtureRequest) -> Iterator[Known]:
    if request.param == "sqlite":
        with empty_database() as database:
            yield SqliteCatalog(database, tombstone_seconds=60), SqliteHashes(database)
        return
    with moto_client() as client, empty_table(client) as table:
        catalog = DynamoDbCatalog(client, table, shards=4, tombstone_seconds=60)
        yield catalog, DynamoDbHashes(client, table, shards=4)


def an_image(name: str, hash_: PerceptualHash | None = ONE, status: Status = Status.ANALYZED) -> Image:
    content = (name.encode().hex() * 64)[:64]
    return Image(name, status, "", "2026-01-01T00:00:00.000000Z", sha256=content, likeness=Likeness(hash_, 7.5))


def listed(hashes: Hashes, after: int = 0) -> set[tuple[str, PerceptualHash]]:
    return {(known.content, known.hash) for known in hashes.changed(after)}


def test_every_picture_with_a_hash_is_listed_once(known: Known) -> None:
    catalog, hashes = known
    images = [an_image("a"), an_image("b", OTHER), an_image("c", None), an_image("d")]
    for image in images:
        catalog.save(image, replacing=None)
    assert [each.content for each in hashes.changed(0)].count(images[0].sha256) == 1
    assert listed(hashes) == {(image.sha256, image.likeness.hash) for image in images if image.likeness.hash}


def test_the_likeness_of_a_record_is_read_as_it_was_written(known: Known) -> None:
    catalog, _ = known
    catalog.save(an_image("a"), replacing=None)
    catalog.save(an_image("b", None), replacing=None)
    found = [catalog.find(name) for name in ("a", "b")]
    assert [image.likeness if image else None for image in found] == [Likeness(ONE, 7.5), Likeness(None, 7.5)]


def test_what_is_written_behind_a_place_is_read(known: Known) -> None:
    catalog, hashes = known
    catalog.save(an_image("a"), replacing=None)
    place = max(each.place for each in hashes.changed(0))
    catalog.save(an_image("b", OTHER), replacing=None)
    assert (an_image("b").sha256, OTHER) in listed(hashes, place)
    assert max(each.place for each in hashes.changed(place)) > place


def test_another_hash_of_an_image_comes_in_the_place_of_the_old_one(known: Known) -> None:
    catalog, hashes = known
    saved = catalog.save(an_image("a"), replacing=None)
    place = max(each.place for each in hashes.changed(0))
    catalog.save(replace(saved, likeness=Likeness(OTHER, 1.0)), replacing=saved)
    assert listed(hashes) == {(saved.sha256, OTHER)}
    assert max(each.place for each in hashes.changed(0)) > place


@dataclass(frozen=True)
class _Change:
    """How an image stops having a hash."""

    name: str
    apply: Callable[[Image], Image]


@pytest.mark.parametrize(
    "change",
    [
        _Change("removed", lambda image: replace(image, status=Status.REMOVED, reason="DELETED")),
        _Change("flat", lambda image: replace(image, likeness=Likeness(None, 1.0))),
        _Change("rejected", lambda image: replace(image, status=Status.REJECTED, likeness=Likeness())),
    ],
    ids=lambda change: change.name,
)
def test_an_image_without_a_hash_is_not_listed(known: Known, change: _Change) -> None:
    catalog, hashes = known
    saved = catalog.save(an_image("a"), replacing=None)
    catalog.save(change.apply(saved), replacing=saved)
    assert listed(hashes) == set()
