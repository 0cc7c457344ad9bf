"""Exports: every visible image once, by pages, with the members of the API, in each format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from viewfinder.adapters.exports import COLUMNS, WRITERS, ExportFormat
from viewfinder.adapters.http.responses import image_document
from viewfinder.domain.feature import FEATURES, Feature
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.record_state import RecordState
from viewfinder.usecases.export import Exported, pages


class FakeRecords:
    """Implements `ports.Records`; notes how many records were asked for at once."""

    def __init__(self, *images: Image) -> None:
        self.images = {image.image_id: image for image in images}
        self.asked: list[int] = []

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        self.asked.append(len(image_ids))
        return {key: self.images[key] for key in image_ids}

    def states(self) -> Iterator[RecordState]:
        return map(RecordState.of, self.images.values())


def image(key: str, version: int) -> Image:
    return Image(
        key,
        Status.ANALYZED,
        "01",
        "2026-01-31T12:00:00.000000Z",
        size=5,
        etag="e",
        findings={Feature.LABELS: (Label("Dog", 98.5),)},
        features=("LABELS",),
        version=version,
    )


def test_every_image_comes_by_pages_of_a_hundred() -> None:
    records, done = FakeRecords(*(image(f"{number}.jpg", number + 1) for number in range(250))), Exported()

    found = [each.image_id for page in pages(records, done) for each in page]

    assert found == [f"{number}.jpg" for number in range(250)]
    assert (records.asked, done) == ([100, 100, 50], Exported(250, 250))


def test_only_what_was_saved_since_comes_and_nothing_that_is_gone() -> None:
    removed = replace(image("gone.jpg", 9), status=Status.REMOVED)
    done = Exported(version=5)

    found = list(pages(FakeRecords(image("a.jpg", 5), image("b.jpg", 6), removed), done, since=5))

    assert [[each.image_id for each in page] for page in found] == [["b.jpg"]]
    assert done == Exported(1, 6)


def test_an_export_without_changes_names_the_same_version() -> None:
    done = Exported(version=7)
    assert list(pages(FakeRecords(image("a.jpg", 7)), done, since=7)) == []
    assert done == Exported(0, 7)


def written(kind: ExportFormat, *documents: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    WRITERS[kind]([[document] for document in documents], out)
    return out.getvalue()


def document(key: str = "a.jpg") -> dict[str, Any]:
    return image_document(image(key, 3)) | {"Version": 3}


def test_json_lines_have_the_documents_of_the_api() -> None:
    lines = written(ExportFormat.JSONL, document("ü.jpg"), document("b\n.jpg")).decode().splitlines()
    assert [json.loads(line) for line in lines] == [document("ü.jpg"), document("b\n.jpg")]


def test_a_table_has_a_column_for_every_member_that_a_document_can_have() -> None:
    """Members of features come from their table: a new one needs a column."""
    assert {FEATURES[feature].member for feature in Feature} <= COLUMNS.keys()
    assert document().keys() <= COLUMNS.keys()


def test_csv_has_a_row_for_each_image_and_runs_in_no_spreadsheet() -> None:
    text = written(ExportFormat.CSV, document('a,"b".jpg'), document("=cmd|' /C calc'!A0")).decode()

    first, second = csv.DictReader(io.StringIO(text, newline=""))

    assert list(first) == list(COLUMNS)
    assert (first["ImageId"], first["Version"], first["Size"], first["Reason"]) == ('a,"b".jpg', "3", "5", "")
    assert json.loads(first["Labels"])[0]["Name"] == "Dog"
    assert second["ImageId"] == "'=cmd|' /C calc'!A0"


def test_parquet_has_the_same_columns() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="an extra: pip install 'viewfinder[parquet]'")

    table = parquet.read_table(io.BytesIO(written(ExportFormat.PARQUET, document(), document("b.jpg"))))

    assert table.column_names == list(COLUMNS)
    assert table.column("ImageId").to_pylist() == ["a.jpg", "b.jpg"]
    assert table.column("Version").to_pylist() == [3, 3]
    assert json.loads(table.column("Labels")[0].as_py())[0]["Confidence"] == 98.5
