"""The catalog's file: whose it is, who may write at once, and what is said when it can't be used."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.catalogs import all_images
from tests.support.databases import empty_database
from tests.support.examples import examples
from tests.support.findings import found
from tests.support.memory_index import MemoryCopies, MemoryStatistics
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.copies import _COPIED, _COPIES, SqliteCopies
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.index import SqliteIndex, Term, _plan
from viewfinder.adapters.sqlite.schema import APPLICATION_ID, MIGRATIONS
from viewfinder.adapters.sqlite.statistics import _FOLDERS, SqliteStatistics
from viewfinder.bootstrap import Application, SystemClock
from viewfinder.domain.errors import CatalogUnavailableError, MisconfiguredError
from viewfinder.domain.image import DELETED, Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Condition, Order, Query, Stretch
from viewfinder.settings import Settings
from viewfinder.usecases.search_images import Search, search_images


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "catalog.db")


@pytest.fixture
def database(path: str) -> Iterator[Database]:
    with closing(Database(path, patience=0.2)) as database:
        yield database


def an_image(image_id: str) -> Image:
    labels = tuple(Label(name, 90.0, aliases=(f"{name} alias",)) for name in ("Cat", "Dog", "Tree"))
    return Image(image_id, Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", findings=found(labels))


def save(path: str, *image_ids: str) -> None:
    with closing(Database(path)) as database:
        catalog = SqliteCatalog(database, tombstone_seconds=60)
        for image_id in image_ids:
            catalog.save(an_image(image_id), replacing=None)


def test_only_its_owner_can_read_the_file_and_those_beside_it(database: Database, path: str) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO leases (name, holder, expires_at) VALUES ('a', 'b', 1)")
    files = sorted(Path(path).parent.iterdir())
    assert [file.name for file in files] == ["catalog.db", "catalog.db-shm", "catalog.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_transaction_that_raises_changes_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        add_a_lease_and_fail(database)
    assert database.rows("SELECT * FROM leases") == []


def add_a_lease_and_fail(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO leases (name, holder, expires_at) VALUES ('a', 'b', 1)")
        raise ZeroDivisionError


def test_a_process_that_leaves_takes_no_log_away_from_those_that_stay(database: Database, path: str) -> None:
    """SQLite deletes the log with the last connection, which it knows by the locks on the file.

    POSIX drops a process's locks on a file when the process closes any descriptor of it.
    """
    SqliteCatalog(database, tombstone_seconds=60).save(an_image("a.jpg"), replacing=None)
    log = Path(f"{path}-wal").stat().st_ino
    with closing(Database(path)) as another:
        another.rows("SELECT 1")
    read = f"import sqlite3; file = sqlite3.connect({path!r}); file.execute('SELECT 1 FROM images'); file.close()"
    subprocess.run([sys.executable, "-c", read], check=True)
    assert Path(f"{path}-wal").stat().st_ino == log


def test_whoever_finds_the_file_locked_waits(path: str) -> None:
    save(path, "a.jpg")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=save, args=(path, "b.jpg"))
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()
        other.execute("COMMIT")
        writer.join(10)
    with closing(Database(path)) as database:
        assert SqliteStatistics(database).statuses() == {"ANALYZED": 2}


def test_a_lock_that_stays_is_an_unavailable_catalog(database: Database, path: str) -> None:
    database.rows("SELECT 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogUnavailableError, match="database is locked"), database.transaction():
            pytest.fail("two write at once")
        assert database.rows("SELECT count(*) FROM images") == [(0,)]  # readers don't wait for writers


def test_a_full_disk_is_an_unavailable_catalog_until_there_is_room(database: Database) -> None:
    catalog = SqliteCatalog(database, tombstone_seconds=60)
    [[pages]] = database.rows("PRAGMA page_count")
    database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CatalogUnavailableError, match="database or disk is full"):
        save_many(catalog, 1000)
    saved = [image.image_id for image in all_images(catalog)]
    assert catalog.save(an_image("more.jpg"), replacing=None)  # on a new connection, which has no such limit
    assert [image.image_id for image in all_images(catalog)] == [*saved, "more.jpg"]
    assert database.rows("PRAGMA integrity_check") == [("ok",)]


def save_many(catalog: SqliteCatalog, number: int) -> None:
    for count in range(number):
        catalog.save(an_image(f"{count}.jpg"), replacing=None)


def _no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def _of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title)")


def _of_a_newer_version(path: Path) -> None:
    save(str(path), "a.jpg")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


def _damaged(path: Path) -> None:
    save(str(path), *(f"{number}.jpg" for number in range(50)))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_no_database, "can't be used: file is not a database"),
        (_of_another_program, "is a database of another program"),
        (_of_a_newer_version, "was written by a newer version of Viewfinder"),
        (_damaged, "can't be used: database disk image is malformed"),
        (Path.mkdir, "can't be used: unable to open database file"),
    ],
)
def test_a_file_that_is_no_catalog_is_an_operators_matter(
    path: str, make: Callable[[Path], object], message: str
) -> None:
    make(Path(path))
    with (
        closing(Database(path)) as database,
        pytest.raises(MisconfiguredError, match=f"^{path} {message}"),
    ):
        all_images(SqliteCatalog(database, tombstone_seconds=60))


def test_a_folder_that_is_not_there_is_an_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match="can't be opened: No such file or directory"):
        Database(str(tmp_path / "none" / "catalog.db")).rows("SELECT 1")


def test_the_setting_chooses_the_file(path: str) -> None:
    application = Application(
        Settings(images_bucket="", derived_bucket="", table="", queue_url="", catalog=f"sqlite:{path}")
    )
    with closing(application.catalog_parts), closing(Database(path)) as database:
        lease = application.leases.claim("content")
        assert lease
        saved = application.catalog.save(an_image("a.jpg"), replacing=None, lease=lease.done("2026"))
        assert database.rows("SELECT name, done_at FROM leases") == [("content", "2026")]
        assert all_images(application.records) == [saved]
        assert application.statistics.statuses() == {"ANALYZED": 1}
        page = search_images(Query(labels=("cat alias",)), application.search)
        assert [image.image_id for image in page.images] == ["a.jpg"]


@pytest.mark.parametrize("catalog", ["sqlite", "sqlite:", "postgres:x", ""])
def test_a_catalog_of_an_unknown_kind_is_refused(catalog: str) -> None:
    settings = Settings(images_bucket="", derived_bucket="", table="", queue_url="", catalog=catalog)
    with pytest.raises(MisconfiguredError, match=f"VIEWFINDER_CATALOG is '{catalog}': dynamodb, or sqlite:PATH"):
        Application(settings).catalog.find("a.jpg")


ALSO = (Condition(frozenset({Source(SourceKind.LABEL, "cat"), Source(SourceKind.WORD, "exit")}), 50.0),)
JUNE = {"taken_since": "2026-06-01T00:00:00.000000", "taken_until": "2026-07-01T00:00:00.000000"}


def _steps(database: Database, stretch: Stretch, *, is_narrow: bool) -> list[str]:
    source, *others = (Source(SourceKind.STATUS, "analyzed"), *ALSO[0].sources)
    plan = _plan(source, stretch, {each: Term(number, 1) for number, each in enumerate([source, *others])})
    assert plan
    statement = plan.statement(plan.ranges[0] if is_narrow else None)
    return [row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {statement}", plan.values | {"size": 1})]


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    "hints", [{}, {"also": ALSO, "never": ALSO}, JUNE, {"prefix": "a/"}], ids=["all", "others", "june", "prefix"]
)
def test_a_search_reads_its_stretch_of_an_index_and_sorts_nothing(
    database: Database, hints: dict[str, Any], order: Order
) -> None:
    steps = _steps(database, Stretch(order=order, **hints), is_narrow=False)
    postings = next(step for step in steps if " postings " in step)
    assert postings.startswith("SEARCH postings USING ")
    assert f"INDEX postings_by_{ {'newest': 'time', 'taken': 'taking', 'confidence': 'rank'}[order] }" in postings
    assert [step for step in steps if step.startswith("SCAN") and "page" not in step] == []
    assert [step for step in steps if "TEMP B-TREE" in step][1:] == []  # the page itself, to be on the safe side
    assert all("USING PRIMARY KEY (image=? AND term=?)" in step for step in steps if " other " in step)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("hints", "index"),
    [
        ({"prefix": "a/"}, "images USING INDEX images_by_folder"),
        ({"minimum": 99.0}, "postings USING COVERING INDEX postings_by_rank"),
        (JUNE, "postings USING COVERING INDEX postings_by_taking"),
        ({"since": "2026-01-01T00:00:00.000000Z"}, "postings USING COVERING INDEX postings_by_time"),
    ],
    ids=["keys", "rank", "taking", "time"],
)
def test_a_narrow_range_of_another_index_is_read_instead(
    database: Database, hints: dict[str, Any], index: str, order: Order
) -> None:
    stretch = Stretch(order=order, **hints)
    plan = _plan(Source(SourceKind.STATUS, "analyzed"), stretch, {Source(SourceKind.STATUS, "analyzed"): Term(1, 1)})
    assert plan
    if index.endswith({"newest": "time", "taken": "taking", "confidence": "rank"}[order]):
        assert plan.ranges == []  # the order's own
        return
    steps = _steps(database, stretch, is_narrow=True)
    assert any(index.replace("COVERING ", "") in step.replace("COVERING ", "") for step in steps), steps
    assert [step for step in steps if step.startswith("SCAN") and "page" not in step] == []


@pytest.mark.parametrize("few", [0, 10_000])
@pytest.mark.parametrize("order", [Order.NEWEST, Order.TAKEN, Order.CONFIDENCE])
def test_a_search_below_a_prefix_finds_its_images_in_order_page_by_page(
    database: Database, order: Order, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewfinder.adapters.sqlite.index.FEW", few)
    catalog = SqliteCatalog(database, tombstone_seconds=60)
    keys = ["trip", "trip/", "trip/\U0010ffff\U0010ffff.jpg", "trip/é.jpg", "trip0.jpg", "tri", "zoo/trip/a.jpg"]
    keys += [f"trip/{number:02}.jpg" for number in range(12)]
    for number, key in enumerate(keys):
        image = an_image(key)
        catalog.save(replace(image, analyzed_at=f"2026-01-01T00:00:{number:02}.000000Z"), replacing=None)
    search = Search(SqliteIndex(database), SqliteStatistics(database), SystemClock())
    query = Query(labels=("Cat",), prefix="trip/", order=order)
    found: list[str] = []
    token = ""
    while token or not found:
        page = search_images(query, search, limit=4, token=token)
        found += [image.image_id for image in page.images]
        token = page.next_token

    expected = [key for key in reversed(keys) if key.startswith("trip/")]
    assert (found if order is not Order.CONFIDENCE else sorted(found)) == (
        expected if order is not Order.CONFIDENCE else sorted(expected)
    )


def test_an_expired_tombstone_leaves_the_trash_and_the_file(database: Database) -> None:
    catalog = SqliteCatalog(database, tombstone_seconds=60)
    gone = Image("gone.jpg", Status.REMOVED, "", "2026-01-01T00:00:00.000000Z", reason=DELETED)
    catalog.save(gone, replacing=None)
    catalog.save(an_image("a.jpg"), replacing=None)
    assert catalog.find("gone.jpg") is None
    assert database.rows("SELECT name FROM terms WHERE kind = 'STATUS'") == [("analyzed",)]


@pytest.mark.parametrize("statement", [_COPIED, _COPIES, _FOLDERS], ids=["copied", "copies", "folders"])
def test_folders_and_copies_are_read_from_an_index_alone(database: Database, statement: str) -> None:
    values = [""] * statement.count("?")
    plan = [row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert len(plan) == 1
    assert plan[0].startswith(
        ("SEARCH images USING COVERING INDEX images_by_", "SEARCH folders USING", "SEARCH copied USING")
    )


def test_a_file_of_the_first_version_is_brought_up_to_date_with_its_images(path: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as first:
        for statement in MIGRATIONS[0]:
            first.execute(statement)
        first.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        first.execute("PRAGMA user_version = 1")
        for name in ("trip/a.jpg", "trip/day 1/b.jpg", "/".join("abcdefghij") + "/c.jpg", "marker/"):
            sha256 = "ab" * 32 if name.startswith("trip/") else ""
            record = json.dumps(replace(an_image(name), sha256=sha256).to_document())
            row = (name, 1, "{}", record)
            first.execute("INSERT INTO images (image_id, version, summary, record) VALUES (?, ?, ?, ?)", row)
    with closing(Database(path)) as database:
        assert SqliteCopies(database).contents("", 9) == ["ab" * 32]
        assert SqliteCopies(database).images("ab" * 32, 9) == ["trip/a.jpg", "trip/day 1/b.jpg"]
        assert SqliteStatistics(database).folders("", 9) == {"a/": 1, "trip/": 2}
        assert SqliteStatistics(database).folders("trip/", 9) == {"trip/day 1/": 1}
        assert SqliteStatistics(database).folders("a/b/c/d/e/f/g/", 9) == {"a/b/c/d/e/f/g/h/": 1}
        assert SqliteStatistics(database).folders("a/b/c/d/e/f/g/h/", 9) == {}


SAVES = st.lists(
    st.tuples(
        st.sampled_from(("a.jpg", "b/a.jpg", "b/c/ü.jpg", "b/c/d.jpg", "b/")),
        st.sampled_from(("", "aa", "aa", "bb")),
        st.sampled_from((Status.ANALYZED, Status.ANALYZED, Status.REJECTED, Status.FAILED, Status.REMOVED)),
    ),
    max_size=12,
)


@given(saves=SAVES)
@settings(max_examples=examples(100))
def test_folders_and_copies_follow_every_write(saves: list[tuple[str, str, Status]]) -> None:
    with empty_database() as database:
        catalog = SqliteCatalog(database, tombstone_seconds=10**10)
        saved: dict[str, Image] = {}
        for image_id, sha256, status in saves:
            image = replace(an_image(image_id), sha256=sha256, status=status)
            saved[image_id] = catalog.save(image, replacing=saved.get(image_id))
        copies = MemoryCopies(saved.values())
        assert SqliteCopies(database).contents("", 9) == copies.contents("", 9)
        assert SqliteCopies(database).contents("aa", 9) == copies.contents("aa", 9)
        for prefix in ("", "b/", "b/c", "b/c/"):
            folders = MemoryStatistics(saved.values()).folders(prefix, 9)
            assert SqliteStatistics(database).folders(prefix, 9) == folders


_LATER = (
    *("TRIGGER word_added", "TRIGGER word_removed", "TABLE word_parts", "VIEW words"),
    *("TABLE outbox", "TABLE hashes", "TABLE people", "INDEX people_by_count"),
    *("TABLE folders", "TABLE copied", "TRIGGER bitmap_removed", "TABLE bitmaps"),
    *("TRIGGER content_forgotten", "TABLE vectors"),
)
"""What files of 0.2.0 don't have."""


def test_a_file_of_0_2_0_forgets_the_labels_of_removed_images(path: str) -> None:
    with closing(Database(path)) as database:
        catalog = SqliteCatalog(database, tombstone_seconds=10**10)
        catalog.save(replace(an_image("a.jpg"), status=Status.REMOVED, reason=DELETED), replacing=None)
        catalog.save(an_image("b.jpg"), replacing=None)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("""
            INSERT INTO postings (image, term, analyzed_at, taken_at, rank)
            SELECT images.id, terms.id, 1, 1, 0 FROM images, terms WHERE image_id = 'a.jpg' AND name = 'cat'
        """)
        old.execute("UPDATE images SET summary = json_set(summary, '$.Labels', json('{\"Cat\": 100}'))")
        for later in _LATER:
            old.execute(f"DROP {later}")
        old.execute("ALTER TABLE terms DROP COLUMN has_bitmap")
        old.execute("PRAGMA user_version = 3")
    with closing(Database(path)) as database:
        assert [(label.name, label.count) for label in SqliteStatistics(database).labels("cat", "")] == [("Cat", 1)]
        [trashed], _ = SqliteIndex(database).read(Source(SourceKind.STATUS, "REMOVED"), 0, Stretch(Order.NEWEST), 9)
        assert (trashed.summary.image_id, dict(trashed.summary.labels)) == ("a.jpg", {})
