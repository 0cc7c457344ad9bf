"""Files of the whole catalog: JSON Lines, CSV and Parquet, row by row or page by page."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import IO, Any

from viewfinder.domain.errors import ViewfinderError

Document = Mapping[str, Any]


class ExportFormat(StrEnum):
    """The format of an exported file."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class MissingExtraError(ViewfinderError):
    """A format needs a package that is not installed."""


TEXT, NUMBER, NESTED = "text", "number", "nested"

COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("ImageId", "Status", "AnalyzedAt"), TEXT),
    **dict.fromkeys(("Version", "Size", "Width", "Height"), NUMBER),
    **dict.fromkeys(("ETag", "Sha256", "Format", "LabelModelVersion", "Reason", "Message"), TEXT),
    **dict.fromkeys(("Labels", "Corrections", "Features", "PendingFeatures", "Facts"), NESTED),
    **dict.fromkeys(("Texts", "Faces", "ModerationLabels", "People"), NESTED),
}
"""Members of `GET /images/{ImageId+}`, and the version, as columns of a table; nested ones are JSON in a text.

A member that is not here (of a newer release) is in JSON Lines only.
"""


def write_jsonl(pages: Iterable[list[Document]], out: IO[bytes]) -> None:
    """Write a document a line."""
    for page in pages:
        out.writelines(json.dumps(each, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for each in page)


def write_csv(pages: Iterable[list[Document]], out: IO[bytes]) -> None:
    """Write a header and a row for each document (RFC 4180)."""
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    out.write(line.content)
    for page in pages:
        for document in page:
            writer.writerow([_guarded(value) for value in _row(document)])
            out.write(line.content)


def write_parquet(pages: Iterable[list[Document]], out: IO[bytes]) -> None:
    """Write a row group for each page; raise MissingExtraError."""
    try:
        import pyarrow  # type: ignore[import-not-found, import-untyped, unused-ignore]  # an extra
        from pyarrow import parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("Parquet needs the package pyarrow: pip install 'viewfinder[parquet]'") from error
    kinds = {TEXT: pyarrow.string(), NESTED: pyarrow.string(), NUMBER: pyarrow.int64()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    with parquet.ParquetWriter(out, schema) as writer:
        for page in pages:
            columns = zip(*map(_row, page), strict=True)
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pyarrow.table(arrays, schema=schema))


WRITERS = {ExportFormat.JSONL: write_jsonl, ExportFormat.CSV: write_csv, ExportFormat.PARQUET: write_parquet}


def _row(document: Document) -> list[Any]:
    return [
        json.dumps(document[name], separators=(",", ":"), ensure_ascii=False)
        if kind == NESTED and name in document
        else document.get(name)
        for name, kind in COLUMNS.items()
    ]


def _guarded(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection"): a key is anybody's text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


class _Line:
    """What csv.writer has written last."""

    content = b""

    def write(self, text: str) -> int:
        self.content = text.encode(errors="surrogatepass")
        return len(text)
