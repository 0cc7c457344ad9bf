"""The golden files are what the releases' own code writes, and hold every shape that it has."""

from __future__ import annotations

import filecmp
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support import golden
from tests.support.tables import create_table
from tools.formats.releases import NEXT, RELEASES, has_revision, write_files
from viewfinder.domain import formats

Item = dict[str, Any]

_RECORDS: dict[str, Callable[[Item], bool]] = {
    "analyzed": lambda item: _is(item, "ANALYZED"),
    "rejected": lambda item: _is(item, "REJECTED"),
    "failed": lambda item: _is(item, "FAILED"),
    "tombstone": lambda item: _is(item, "REMOVED") and not item["Reason"]["S"],
    "trash": lambda item: _is(item, "REMOVED") and item["Reason"]["S"] == "DELETED" and "GSI1PK" in item,
    "most labels": lambda item: len(item["Labels"]["L"]) == 40,
    "parents": lambda item: _has_lists(item, "Parents", "Categories", "Aliases", "Instances"),
    "no labels": lambda item: _is(item, "ANALYZED") and not item["Labels"]["L"],
    "reused": lambda item: item["Effort"]["S"] == "REUSED",
    "facts": lambda item: {"TakenAt", "Camera", "Latitude", "FNumber"} <= item.get("Facts", {"M": {}})["M"].keys(),
    "corrections": lambda item: bool(item.get("Corrections", {"M": {}})["M"]),
    "texts": lambda item: "Texts" in item and bool(item["Words"]["L"]),
    "faces": lambda item: "Faces" in item,
    "labels only": lambda item: item.get("Features") == {"L": [{"S": "LABELS"}]},
}
"""Shapes of an image's record."""

_SINCE_0_2_0 = {"trash", "facts", "corrections", "texts", "faces", "labels only"}

_KINDS = {
    "0.1.0": {"IMAGE", "COUNTED", "LABEL", "CATEGORY", "LABELS", "STATUSES", "ALIAS", "LEASE"},
    "0.2.0": {
        *("IMAGE", "COUNTED", "LABEL", "CATEGORY", "WORD", "LABELS", "STATUSES", "FOLDERS", "ALIAS"),
        *("LEASE held", "LEASE done", "QUOTA", "CONTENT", "CONTENT listed", "COPY"),
    },
}
"""Kinds of items."""

_FILES = {
    "0.1.0": {"table.json", "stream.json", "derived.json", "bucket.json", "messages.json", "tokens.json"},
    "0.2.0": {
        *("table.json", "stream.json", "derived.json", "bucket.json", "messages.json", "tokens.json"),
        *("catalog.sql", "tokens.sqlite.json", "expected.sqlite.json", "data_directory/recovery.json"),
        "data_directory/emulator/state/saved",
    },
}
_ALWAYS = {
    "expected.json",
    "resources.json",
    *(f"data_directory/{name}" for name in ("stack.json", "stack.running.json")),
}
_KEYS = {"data_directory/credentials.json", "data_directory/operator.json"}


def _is(item: Item, status: str) -> bool:
    return bool(item["Status"] == {"S": status})


def _has_lists(item: Item, *members: str) -> bool:
    return any(all(label["M"][member]["L"] for member in members) for label in item["Labels"]["L"])


def _kind(item: Item) -> str:
    partition, sort = str(item["PK"]["S"]).partition("#")[0], str(item["SK"]["S"]).partition("#")[0]
    if partition == "LEASE":
        return partition if item["Holder"]["S"] == "0" * 32 else f"LEASE {'done' if 'DoneAt' in item else 'held'}"
    if partition == "CONTENT" and sort == "COUNT":
        return "CONTENT listed" if "GSI1PK" in item else partition
    return sort if sort in {"COUNTED", "COPY"} else partition


def _files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.mark.soak
@pytest.mark.parametrize("version", golden.VERSIONS)
def test_a_releases_own_code_writes_its_golden_files(version: str, tmp_path: Path) -> None:
    if not has_revision(RELEASES[version]):
        pytest.skip(f"git has no commit {RELEASES[version]} here: a shallow clone, or no repository")

    write_files(version, tmp_path / version)

    written, kept = tmp_path / version, golden.FORMATS / version
    assert _files(written) == _files(kept)
    _, different, unreadable = filecmp.cmpfiles(written, kept, sorted(_files(kept)), shallow=False)
    assert (different, unreadable) == ([], [])


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_every_file_of_a_release_is_there(version: str) -> None:
    assert _files(golden.FORMATS / version) == _FILES[version] | _ALWAYS | _KEYS


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_the_table_holds_every_kind_of_item(version: str) -> None:
    assert {_kind(item) for item in golden.table_items(version)} == _KINDS[version]


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_the_table_and_its_stream_hold_every_shape_of_a_record(version: str) -> None:
    records = [item for item in golden.table_items(version) if item["SK"] == {"S": "IMAGE"}]
    images = [change["dynamodb"].get("NewImage") for change in golden.stream(version, "Counted")]

    for found in (records, [image for image in images if image]):
        shapes = {shape for shape, has_it in _RECORDS.items() if any(map(has_it, found))}
        assert shapes == set(_RECORDS) - (_SINCE_0_2_0 if version == "0.1.0" else set())


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_changes_of_each_kind_are_in_the_stream_and_some_wait_there(version: str) -> None:
    counted, waiting = golden.stream(version, "Counted"), golden.stream(version)

    assert {change["eventName"] for change in counted} == {"INSERT", "MODIFY", "REMOVE"}
    assert [change["eventName"] for change in waiting if change["eventName"] != "MODIFY"] == ["INSERT"]
    assert len(waiting) >= 3


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_an_analysis_lies_under_its_content_and_what_was_asked(version: str) -> None:
    keys = golden.analyses(version)

    assert all(key.endswith(f"/{analysis['Sha256']}.json") for key, analysis in keys.items())
    assert {key.split("/")[1] for key in keys} == {
        "0.1.0": {"general-labels-max40-min55"},
        "0.2.0": {
            *("general-labels-max40-min55", "text-min55", "faces-min55"),
            *(f"viewfinder-1.1-{what}" for what in ("general-labels-max40-min55", "text-min55", "faces-min55")),
        },
    }[version]


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_every_kind_of_message_is_there(version: str) -> None:
    bodies = [message["Body"] for message in golden.messages(version)]

    for name in (
        *("ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:CompleteMultipartUpload"),
        *("ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "LifecycleExpiration:DeleteMarkerCreated"),
        *("ObjectRestore:Completed", "s3:TestEvent", "ViewfinderRequest"),
    ):
        assert any(f'"{name}"' in body for body in bodies), name


@pytest.mark.parametrize("version", golden.WITH_SQLITE)
def test_the_catalog_of_one_machine_is_restored_with_its_counts(version: str, tmp_path: Path) -> None:
    file = golden.restore_database(version, tmp_path / "catalog.db")

    with closing(sqlite3.connect(file)) as connection:
        numbers = connection.execute("SELECT * FROM pragma_application_id, pragma_user_version").fetchone()
        wrong = "SELECT name FROM terms WHERE count != (SELECT count(*) FROM postings WHERE term = terms.id)"
        kinds = {row[0] for row in connection.execute("SELECT DISTINCT kind FROM terms")}
        leases = connection.execute("SELECT done_at IS NULL, count(*) FROM leases GROUP BY 1").fetchall()
        assert numbers == (0x56465354, 3)
        assert connection.execute(wrong).fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert kinds == {"STATUS", "LABEL", "CATEGORY", "WORD"}
        assert [is_held for is_held, number in leases if number] == [0, 1]


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_the_files_fill_a_table_and_two_buckets(version: str) -> None:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        table, s3 = session.client("dynamodb"), session.client("s3")
        create_table(table, "catalog")
        s3.create_bucket(Bucket="images")
        s3.put_bucket_versioning(Bucket="images", VersioningConfiguration={"Status": "Enabled"})
        s3.create_bucket(Bucket="derived")

        golden.load_table(table, "catalog", version)
        golden.load_objects(s3, "images", version)
        golden.load_derived(s3, "derived", version)

        listing = {entry["Key"]: entry["ETag"] for entry in s3.list_objects_v2(Bucket="images")["Contents"]}
        current = {entry.key: f'"{entry.etag}"' for entry in golden.objects(version) if entry.is_latest and entry.etag}
        assert table.scan(TableName="catalog", Select="COUNT")["Count"] == len(golden.table_items(version))
        assert listing == current
        assert s3.list_objects_v2(Bucket="derived")["KeyCount"] == len(golden.analyses(version)) + len(
            golden.thumbnails(version)
        )


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_no_golden_file_holds_a_key_that_opens_anything(version: str) -> None:
    folder = golden.FORMATS / version / "data_directory"

    for file in _KEYS:
        assert '"fake-' in (folder.parent / file).read_text()


STORED = ("table.json", "catalog.sql", "derived.json", "data_directory")


def test_what_is_stored_today_is_what_the_next_release_will_be_known_for(tmp_path: Path) -> None:
    """A change here is a new format, once a release has stored this one: see tests/formats/README.md, "The rule"."""
    write_files(NEXT, tmp_path / NEXT)
    for name in STORED:
        kept, written = golden.FORMATS / NEXT / name, tmp_path / NEXT / name
        pairs = [(file, written / file.relative_to(kept)) for file in kept.rglob("*")] if kept.is_dir() else []
        for one, other in [*pairs, *([] if pairs else [(kept, written)])]:
            assert one.is_dir() or one.read_text() == other.read_text(), f"{one}: tools/write_format_files next"


@pytest.mark.parametrize("item", golden.table_items(NEXT), ids=lambda item: item["PK"]["S"][:30])
def test_each_item_has_the_number_of_its_format(item: Item) -> None:
    kind = item["PK"]["S"].partition("#")[0]
    number = {"COUNTED": formats.COUNTING, "IMAGE": formats.RECORD}.get(
        item["SK"]["S"], _NUMBERS.get(kind, formats.RECORD)
    )
    assert item[formats.MEMBER] == {"N": str(number)}


_NUMBERS = {
    **dict.fromkeys(
        ("LABELS", "STATUSES", "FOLDERS", "CONTENT", "ALIAS", "COMPLETIONS", "VOCABULARY"), formats.COUNTING
    ),
    **dict.fromkeys(("LEASE", "QUOTA"), formats.LEASE),
}


@pytest.mark.parametrize("key", golden.analyses(NEXT))
def test_each_derived_document_has_the_number_of_its_format(key: str) -> None:
    number = formats.CORRECTIONS if key.startswith("corrections/") else formats.ANALYSIS
    assert golden.analyses(NEXT)[key][formats.MEMBER] == number
