"""The golden files of earlier releases, and how they get into a table, a database file, a bucket or a data directory.

tests/formats/README.md says what each file holds. `viewfinder` is today's code here; nothing in this module reads a
stored shape with it.
"""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.formats.releases import RELEASES

FORMATS = Path(__file__).parents[1] / "formats"
VERSIONS = tuple(RELEASES)
WITH_SQLITE = ("0.2.0",)
"""Releases that have an SQLite catalog."""

_AT_ONCE = 25
"""Items of one BatchWriteItem (AWS limit)."""


@cache
def text(version: str, name: str) -> str:
    """Return a golden file as it is."""
    return (FORMATS / version / name).read_text()


def document(version: str, name: str) -> Any:
    """Return a golden file of JSON, read anew: a test may change what it gets."""
    return json.loads(text(version, name))


def table_items(version: str) -> list[dict[str, Any]]:
    """Return every item of the table in the form of DynamoDB's API."""
    return list(document(version, "table.json"))


def load_table(client: Any, table: str, version: str) -> None:
    """Put every item of a release's table into an empty one (tests.support.tables makes it)."""
    items = table_items(version)
    for start in range(0, len(items), _AT_ONCE):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + _AT_ONCE]]
        answer = client.batch_write_item(RequestItems={table: requests})
        assert not answer.get("UnprocessedItems")


def stream(version: str, part: str = "Waiting") -> list[dict[str, Any]]:
    """Return records of the table's stream as Lambda gets them: `Counted`, or `Waiting` at the upgrade."""
    return list(document(version, "stream.json")[part])


def restore_database(version: str, file: Path) -> Path:
    """Write a release's SQLite catalog into a new file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(text(version, "catalog.sql"))
    return file


def analyses(version: str) -> Mapping[str, dict[str, Any]]:
    """Return the documents of the derived bucket by their keys."""
    found: dict[str, dict[str, Any]] = document(version, "derived.json")["Analyses"]
    return found


def thumbnails(version: str) -> list[str]:
    """Return the keys of the thumbnails."""
    return list(document(version, "derived.json")["Thumbnails"])


def load_derived(client: Any, bucket: str, version: str) -> None:
    """Put a release's analyses, and something for each thumbnail, into a bucket."""
    for key, analysis in analyses(version).items():
        client.put_object(Bucket=bucket, Key=key, Body=json.dumps(analysis, separators=(",", ":")).encode())
    for key in thumbnails(version):
        client.put_object(Bucket=bucket, Key=key, Body=b"thumbnail")


@dataclass(frozen=True, slots=True)
class GoldenObject:
    """A version of an object of the images bucket; `content` is None for a marker of deletion."""

    key: str
    version_id: str
    is_latest: bool
    content: bytes | None
    etag: str = ""


def objects(version: str) -> Iterator[GoldenObject]:
    """Yield all versions by key, the current one of each key last."""
    for entry in document(version, "bucket.json"):
        content = base64.b64decode(entry["Content"]) if "Content" in entry else None
        yield GoldenObject(entry["Key"], entry["VersionId"], entry["IsLatest"], content, entry.get("ETag", ""))


def load_objects(client: Any, bucket: str, version: str) -> dict[str, str]:
    """Put all versions into a bucket that keeps them; return the version ids that they get by those of the files."""
    given = {}
    for entry in objects(version):
        if entry.content is None:
            answer = client.delete_object(Bucket=bucket, Key=entry.key)
        else:
            answer = client.put_object(Bucket=bucket, Key=entry.key, Body=entry.content)
        given[entry.version_id] = answer["VersionId"]
    return given


def messages(version: str) -> list[dict[str, Any]]:
    """Return bodies of messages with the events that the release reads in them."""
    return list(document(version, "messages.json"))


def tokens(version: str, catalog: str = "dynamodb") -> list[dict[str, Any]]:
    """Return first pages with their token, and the page (`Next`) that the release answers to it."""
    return list(document(version, "tokens.json" if catalog == "dynamodb" else f"tokens.{catalog}.json"))


def expected(version: str, catalog: str = "dynamodb", *, part: str = "AfterStream") -> dict[str, Any]:
    """Return what the release answers: `Images` by key, `Searches`, `Others`.

    On the table, before (`AtUpgrade`) or after what waits in the stream is counted.
    """
    answers: dict[str, Any] = (
        document(version, "expected.json")[part]
        if catalog == "dynamodb"
        else document(version, f"expected.{catalog}.json")
    )
    return answers


def copy_data_directory(version: str, folder: Path) -> Path:
    """Copy a release's data directory, at rest; beside it is `stack.running.json`, that of a stack that runs."""
    shutil.copytree(FORMATS / version / "data_directory", folder, dirs_exist_ok=True)
    return folder
