"""The keys of the catalog's items: the one place that knows how they are made."""

from __future__ import annotations

from typing import Any

from viewfinder.domain.image import Image, Status, image_digest

Key = tuple[str, str]
"""Partition key and sort key."""

GSI = "GSI1"
IMAGE_SORT_KEY = "IMAGE"


def image_key(image_id: str) -> Key:
    """Gives the key of an image's record."""
    return f"IMAGE#{image_id}", IMAGE_SORT_KEY


def lease_key(name: str) -> Key:
    """Gives the key of a lease."""
    return f"LEASE#{name}", "LEASE"


def shard_of(image_id: str, shards: int) -> int:
    """Gives the shard of the image's postings and of its place in the listings."""
    return int(image_digest(image_id)[:8], 16) % shards


def listing(status: Status, shard: int) -> str:
    """Gives the index partition that lists the images of a status."""
    return f"IMAGES#{status}#{shard}"


def label_partition(name: str, shard: int) -> str:
    """Gives the partition of a label's postings; names that differ in case only are one."""
    return f"LABEL#{name.casefold()}#{shard}"


def category_partition(name: str, shard: int) -> str:
    """Gives the partition of a category's postings."""
    return f"CATEGORY#{name.casefold()}#{shard}"


def confidence_position(confidence: float, image_id: str) -> str:
    """Gives a sort key that puts the most confident first."""
    return f"{confidence_rank(confidence)}#{image_digest(image_id)}"


def confidence_rank(confidence: float) -> str:
    """Gives seven digits that grow as the confidence (percent, four decimals) falls."""
    return f"{1_000_000 - round(confidence * 10_000):07d}"


def time_position(analyzed_at: str, image_id: str) -> str:
    """Gives a sort key in the order of analysis."""
    return f"{analyzed_at}#{image_digest(image_id)}"


def posting_keys(image: Image, postings: list[tuple[str, float]]) -> dict[Key, float]:
    """Gives the key of each posting with its confidence; of equal keys the first stays."""
    keys: dict[Key, float] = {}
    for partition, confidence in postings:
        keys.setdefault((partition, confidence_position(confidence, image.image_id)), confidence)
    return keys


def marshalled(key: Key) -> dict[str, Any]:
    """Gives a key in the form of DynamoDB's API."""
    return {"PK": {"S": key[0]}, "SK": {"S": key[1]}}


def counted_key(image_id: str) -> Key:
    """Gives the key of the note what of an image the statistics account for."""
    return f"IMAGE#{image_id}", "COUNTED"


def label_counts(shard: int) -> str:
    """Gives the partition of the label counts' shard; the sort key is the case-folded name."""
    return f"LABELS#{shard}"


def status_counts(shard: int) -> str:
    """Gives the partition of the status counts' shard; the sort key is the status."""
    return f"STATUSES#{shard}"


def alias_key(alias: str) -> Key:
    """Gives the key of an alias, which names the labels that it stands for."""
    return f"ALIAS#{alias.casefold()}", "ALIAS"
