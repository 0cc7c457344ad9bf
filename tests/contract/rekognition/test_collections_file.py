"""The file of the collections: who may read it, what it forgets, and several processes that write."""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.drawn_faces import Strangers, image, stranger
from tests.support.waiting import wait_for
from viewfinder.rekognition.errors import EngineError, StoreError
from viewfinder.rekognition.faces.collections import Collections
from viewfinder.rekognition.faces.store import FILE, MIGRATIONS, Store
from viewfinder.rekognition.faces.users import Users

Open = Callable[..., Collections]
FORMATS = ["7a72"]
"""The first digits of each format's digest: what was released stays as it is."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open the collections of one folder, as often as wanted."""
    stores = []

    def open_again(max_faces: int = 10_000) -> Collections:
        stores.append(Store.in_folder(str(tmp_path / "faces")))
        return Collections(stores[-1], Strangers, region="us-east-1", max_faces=max_faces)  # type: ignore[arg-type]

    yield open_again
    for store in stores:
        store.close()


def has_faces(opened: Open, count: int) -> bool:
    """Open the collections, and return whether the family has so many faces."""
    return bool(opened().describe_collection({"CollectionId": "family"})["FaceCount"] >= count)


def index(collections: Collections, *seeds: int, collection: str = "family") -> list[str]:
    """Index an image with a face for each seed, and return the ids."""
    faces = [(seed, 0, 1000 - place) for place, seed in enumerate(seeds)]
    answer = collections.index_faces({"CollectionId": collection}, image(*faces))
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def found(collections: Collections, seed: int, collection: str = "family") -> list[str]:
    """Return the ids of the faces that are like the one of a seed."""
    answer = collections.search_faces_by_image({"CollectionId": collection}, image((seed, 0, 40)))
    return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


def traces(folder: Path, seed: int) -> int:
    """Return how many of a descriptor's parts of 16 bytes are somewhere in the files."""
    content = b"".join(path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm"))
    vector = stranger(seed).vector.tobytes()
    return sum(vector[start : start + 16] in content for start in range(0, len(vector), 16))


def test_file_and_folder_are_their_owner_s_alone(opened: Open, tmp_path: Path) -> None:
    opened().create_collection({"CollectionId": "family"})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "faces").iterdir()}
    assert modes == {FILE: 0o600, f"{FILE}-wal": 0o600, f"{FILE}-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "faces").stat().st_mode) == 0o700


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    collections = Collections(Store.in_folder(""), Strangers, region="us-east-1", max_faces=10)  # type: ignore[arg-type]
    collections.create_collection({"CollectionId": "family"})
    assert found(collections, 1) == []
    (face,) = index(collections, 1)
    assert found(collections, 1) == [face]
    assert list(tmp_path.iterdir()) == []


def test_what_was_indexed_is_there_after_a_restart(opened: Open) -> None:
    first = opened()
    first.create_collection({"CollectionId": "family", "Tags": {"stage": "test"}})
    ids = index(first, 1, 2)
    Users(first).create_user({"CollectionId": "family", "UserId": "ann"})
    Users(first).associate_faces({"CollectionId": "family", "UserId": "ann", "FaceIds": ids[:1]})
    first.store.close()
    second = opened()
    assert found(second, 2) == ids[1:]
    users = Users(second).search_users_by_image({"CollectionId": "family"}, image((1, 0, 40)))["UserMatches"]
    assert [match["User"] for match in users] == [{"UserId": "ann", "UserStatus": "ACTIVE"}]
    arn = second.describe_collection({"CollectionId": "family"})["CollectionARN"]
    assert second.list_tags_for_resource({"ResourceArn": arn}) == {"Tags": {"stage": "test"}}


@pytest.mark.parametrize("seed", range(3))
def test_nothing_of_a_deleted_face_is_in_the_files(opened: Open, tmp_path: Path, seed: int) -> None:
    chance, collections = random.Random(seed), opened()
    collections.create_collection({"CollectionId": "family"})
    there: dict[int, str] = {}
    deleted: set[int] = set()
    for step in range(12):
        new = range(100 * step, 100 * step + chance.randint(1, 60))
        there |= dict(zip(new, index(collections, *new), strict=True))
        gone = chance.sample(sorted(there), chance.randint(1, len(there)))
        collections.delete_faces({"CollectionId": "family", "FaceIds": [there.pop(number) for number in gone]})
        deleted |= set(gone)
    assert [number for number in deleted if traces(tmp_path / "faces", number)] == []
    assert [number for number in there if not traces(tmp_path / "faces", number)] == []


def test_nothing_of_a_deleted_collection_is_in_the_files(opened: Open, tmp_path: Path) -> None:
    collections = opened()
    for name in ("family", "staff"):
        collections.create_collection({"CollectionId": name})
    index(collections, *range(80), collection="family")
    index(collections, 100, collection="staff")
    assert traces(tmp_path / "faces", 79) == 32
    collections.delete_collection({"CollectionId": "family"})
    assert sum(traces(tmp_path / "faces", number) for number in range(80)) == 0
    assert traces(tmp_path / "faces", 100) == 32


def test_a_log_that_a_killed_process_left_is_forgotten_when_the_file_is_opened(opened: Open, tmp_path: Path) -> None:
    first, second = opened(), opened()
    first.create_collection({"CollectionId": "family"})
    (face,) = index(first, 1)
    with second.store.reading() as connection:  # keeps the log from being emptied
        connection.execute("SELECT * FROM faces").fetchall()
        first.store._connection.execute("PRAGMA busy_timeout = 0")
        first.delete_faces({"CollectionId": "family", "FaceIds": [face]})
        assert traces(tmp_path / "faces", 1) == 32
    opened()
    assert traces(tmp_path / "faces", 1) == 0


def test_the_place_of_a_deleted_face_is_used_again(opened: Open) -> None:
    collections = opened()
    collections.create_collection({"CollectionId": "family"})
    for number in range(20):
        ids = index(collections, number)
        collections.delete_faces({"CollectionId": "family", "FaceIds": ids})
    assert collections.store.rows("SELECT count(*) FROM descriptors")[0][0] == 1


def test_processes_see_what_others_change(opened: Open) -> None:
    one, other = opened(), opened()
    one.create_collection({"CollectionId": "family"})
    ids = index(one, 1, 2)
    assert found(other, 1) == ids[:1]
    one.delete_faces({"CollectionId": "family", "FaceIds": ids[:1]})
    assert found(other, 1) == []
    ids += index(one, 3)
    assert found(other, 3) == ids[2:]
    one.delete_collection({"CollectionId": "family"})
    one.create_collection({"CollectionId": "family"})
    assert found(other, 3) == []


def test_a_face_that_another_process_deleted_takes_no_place_among_the_nearest(opened: Open) -> None:
    one, other = opened(), opened()
    one.create_collection({"CollectionId": "family"})
    (first,), (second,) = index(one, 1), index(one, 1, 2)[:1]
    search = {"CollectionId": "family", "MaxFaces": 1}
    nearest = other.search_faces_by_image(search, image((1, 0, 40)))["FaceMatches"]
    assert [match["Face"]["FaceId"] for match in nearest] == [first]
    one.delete_faces({"CollectionId": "family", "FaceIds": [first]})
    nearest = other.search_faces_by_image(search, image((1, 0, 40)))["FaceMatches"]
    assert [match["Face"]["FaceId"] for match in nearest] == [second]


def test_the_same_image_at_the_same_time_adds_one_face(opened: Open) -> None:
    clients = [opened(), opened()]
    clients[0].create_collection({"CollectionId": "family"})
    for seed in range(20):
        gate = threading.Barrier(2)
        ids: list[str] = []

        def add(client: Collections, seed: int = seed, gate: Any = gate, ids: Any = ids) -> None:
            gate.wait()
            ids.extend(index(client, seed))

        threads = [threading.Thread(target=add, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ids) == 2
        assert ids[0] == ids[1]
    assert clients[0].describe_collection({"CollectionId": "family"})["FaceCount"] == 20


def write_for_ever(folder: str, begun: Any) -> None:
    """Index and delete until killed."""
    collections = Collections(Store.in_folder(folder), Strangers, region="us-east-1", max_faces=10_000)  # type: ignore[arg-type]
    number = 0
    while True:
        number += 3
        ids = index(collections, number, number + 1, number + 2)
        collections.delete_faces({"CollectionId": "family", "FaceIds": ids[:2]})
        begun.set()


def test_a_kill_in_the_middle_leaves_a_whole_file(opened: Open, tmp_path: Path) -> None:
    opened().create_collection({"CollectionId": "family"})
    context = multiprocessing.get_context("spawn")
    chance = random.Random(1)
    for _ in range(3):
        begun = context.Event()
        process = context.Process(target=write_for_ever, args=(str(tmp_path / "faces"), begun))
        process.start()
        assert begun.wait(60)
        count = opened().describe_collection({"CollectionId": "family"})["FaceCount"]
        more = count + chance.randint(1, 5)
        wait_for(partial(has_faces, opened, more), seconds=30, what="more faces")
        process.kill()
        process.join(20)
        store = opened().store
        faces, slots = (store.rows(f"SELECT slot FROM {table} ORDER BY slot") for table in ("faces", "descriptors"))
        free = {row["slot"] for row in store.rows("SELECT slot FROM free_slots")}
        assert {row["slot"] for row in faces} | free == {row["slot"] for row in slots}
        assert not {row["slot"] for row in faces} & free
        empty = store.rows("SELECT slot FROM descriptors WHERE vector = zeroblob(512)")
        assert {row["slot"] for row in empty} == free
        counted = opened().describe_collection({"CollectionId": "family"})["FaceCount"]
        assert counted == len(faces)


def test_more_faces_than_the_limit_are_refused_and_none_is_added(opened: Open) -> None:
    collections = opened(max_faces=3)
    collections.create_collection({"CollectionId": "family"})
    index(collections, 1, 2)
    with pytest.raises(EngineError, match="more than 3 faces") as raised:
        index(collections, 3, 4)
    assert raised.value.code == "ServiceQuotaExceededException"
    assert collections.describe_collection({"CollectionId": "family"})["FaceCount"] == 2
    index(collections, 5)
    index(collections, 1, 2)  # which are there
    smaller = opened(max_faces=2)
    with pytest.raises(EngineError) as raised:
        found(smaller, 1)
    assert raised.value.code == "ProvisionedThroughputExceededException"


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    for turn in range(5):
        path, gate = str(tmp_path / f"{turn}.sqlite"), threading.Barrier(8)
        stores: list[Store] = []

        def open_it(path: str = path, gate: threading.Barrier = gate, stores: list[Store] = stores) -> None:
            gate.wait()
            stores.append(Store(path))

        threads = [threading.Thread(target=open_it) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [store.rows("SELECT count(*) FROM collections")[0][0] for store in stores] == [0] * 8
        for store in stores:
            store.close()


def test_a_writer_that_takes_too_long_throttles_others(tmp_path: Path) -> None:
    path = str(tmp_path / FILE)
    one, other = Store(path), Store(path, patience=0.05)
    with one.writing(), pytest.raises(EngineError) as raised, other.writing():
        pass
    assert raised.value.code == "ThrottlingException"
    one.close()
    other.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TABLE songs (name TEXT)", "is a database of another program"),
        (f"PRAGMA user_version = {len(MIGRATIONS) + 1}", "was written by a newer version of Viewfinder"),
    ],
)
def test_a_file_of_others_is_refused(tmp_path: Path, statement: str, message: str) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=message):
        Store.in_folder(str(tmp_path))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database, but a text that is long enough" * 50)
    with pytest.raises(StoreError, match="file is not a database"):
        Store.in_folder(str(tmp_path))


def test_released_formats_do_not_change() -> None:
    digests = [hashlib.sha256("".join(statements).encode()).hexdigest()[:4] for statements in MIGRATIONS]
    assert digests == FORMATS
