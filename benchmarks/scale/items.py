"""How large the catalog's items are, by DynamoDB's own way of counting."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import Any

from benchmarks.crowd import crowd
from benchmarks.summaries import Result
from viewfinder.adapters.dynamodb.schema import image_item, posting_items
from viewfinder.domain.image import Image
from viewfinder.domain.label import BoundingBox, Instance


def size_of(value: dict[str, Any]) -> int:
    """Return the bytes of a typed attribute value.

    Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
    """
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content.strip("-0.").replace(".", "")) / 2) + 1
        case "L":
            return 3 + sum(1 + size_of(entry) for entry in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + size_of(entry) for name, entry in content.items())
    return 1


def item_bytes(item: dict[str, Any]) -> int:
    """Return the bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def item_sizes(images: int = 200) -> Result:
    """Return the mean bytes of a record and of a posting, and the postings of an image, for labels with all members."""
    records, postings, counts = [], [], []
    for image in map(_complete, crowd(0, images)):
        records.append(item_bytes(image_item(image, shards=4, tombstone_seconds=0)))
        made = posting_items(image, shards=4).values()
        postings += [item_bytes(posting) for posting in made]
        counts.append(len(made))
    return {
        "record bytes": round(statistics.mean(records)),
        "posting bytes": round(statistics.mean(postings)),
        "postings of an image": round(statistics.mean(counts)),
    }


def _complete(image: Image) -> Image:
    """Return the image with all that a detector says: parents, and a box for every other label."""
    boxes = (Instance(BoundingBox(0.123456, 0.234567, 0.345678, 0.456789), 87.6543),)
    labels = tuple(
        replace(label, parents=("Label 001", "Label 002"), instances=boxes * (number % 2))
        for number, label in enumerate(image.labels)
    )
    return replace(image, labels=labels, etag="0" * 32, sha256="0" * 64, thumbnail="0" * 60)
