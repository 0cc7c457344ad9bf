"""The numbers of the stored formats. Every stored document carries its number, and readers take every older one.

A document without the member is of format 0: what releases before 0.3.0 wrote. Raise a number when what a writer
stores changes, keep reading the older ones, and add golden files (tests/formats/README.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MEMBER = "StoredFormat"

RECORD = 2
"""An image's record with its postings, its summary and its tombstone: they are written in one transaction.

Format 2 has postings of the file's name, the folders, the month and the day, and words without their accents; and how
the picture looks (`Likeness`), which an older one says nothing of.
"""

ANALYSIS = 3
"""An analysis in the derived bucket.

Format 2 says how the picture looks (`Likeness`); format 3 may have the picture's vector (`Vector`), without which
similar images are not known.
"""

CORRECTIONS = 1
"""What persons have said of a content, in the derived bucket."""

MATCHES = 1
"""Similarities of a content's faces, in the derived bucket."""

PERSON = 1
"""What persons have said of a person (name, cover, and so on), in the derived bucket and in the catalog."""

COUNTING = 1
"""Counters of labels, statuses, folders and contents, notes of what is counted, copies, aliases and completions."""

DISTINCTION = 1
"""A decision that images are no duplicates of one another, in the derived bucket."""

LEASE = 1
"""Leases on contents, and counts of what callers spent."""

EVENT = 1
"""Events of images, in an outbox and as they are sent."""


def stored_format(document: Mapping[str, Any]) -> int:
    """Return the format that a document was stored in."""
    return int(document.get(MEMBER, 0))
