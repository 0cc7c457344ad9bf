"""Images as items of the table, and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from viewfinder.domain.image import Image, Status, image_digest
from viewfinder.domain.label import Label, category_confidences, confidence_rank
from viewfinder.domain.lease import Lease

Item = dict[str, Any]
"""An item in the form of DynamoDB's API: attribute name -> typed value."""

MAX_LABEL_POSTINGS = 40
MAX_CATEGORY_POSTINGS = 9
"""With 40 words, an image and a lease they fit one transaction: 40 + 9 + 40 + 2 <= 100 items (AWS limit)."""

MAX_RECORD_BYTES = 250_000
"""Of labels, in an item of at most 400 KB (AWS limit); the rest is for texts and faces, 100 of each."""

Key = tuple[str, str]
"""Partition key and sort key."""

GSI, GSI_BY_TAKING = "GSI1", "GSI2"
IMAGE_SORT_KEY = "IMAGE"

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def image_item(image: Image, *, shards: int, tombstone_seconds: int) -> Item:
    """Return the record of an image; a tombstone expires, and of the listings only that of the trash has it."""
    key = image_key(image.image_id)
    attributes = dataclasses.replace(image, labels=trimmed(image.labels)).to_document()
    # All that a listing reads of labels, facts and texts, as in a posting.
    taken_at, words = image.facts.taken_at or "", list(image.words)
    attributes |= {"Confidences": _confidences(image), "TakenAt": taken_at, "Words": words}
    item = {**marshalled_key(key), **{name: marshalled(value) for name, value in attributes.items()}}
    if image.status is Status.REMOVED:
        expires_at = int(datetime.fromisoformat(image.analyzed_at).timestamp()) + tombstone_seconds
        return item | {"ExpiresAt": {"N": str(expires_at)}} | (_trash_key(image, shards) if image.is_in_trash else {})
    return item | _index_key(listing(image.status, shard_of(image.image_id, shards)), image)


def image_from_item(item: Mapping[str, Any]) -> Image:
    """Read a record."""
    attributes = unmarshalled(item)
    numbers = {name: int(value) for name, value in attributes.items() if isinstance(value, Decimal)}
    return Image.from_document(attributes | numbers)


def posting_items(image: Image, *, shards: int) -> dict[Key, Item]:
    """Return a posting per label and category, each with what a search needs to know of the image."""
    confidences = posting_confidences(image, shards=shards)
    if not confidences:
        return {}
    summary = marshalled(_summary(image))
    shared = {name: summary["M"][name] for name in summary["M"]}
    return {
        key: {
            **marshalled_key(key),
            **_index_key(key[0], image),
            **shared,
            "Confidence": {"N": str(confidence)},
        }
        for key, confidence in confidences.items()
    }


def posting_confidences(image: Image, *, shards: int) -> dict[Key, float]:
    """Return the keys of the image's postings with the confidence of each."""
    if not image.is_visible:
        return {}
    shard = shard_of(image.image_id, shards)
    found = image.corrected_labels
    labels = [(label_partition(label.name, shard), label.confidence) for label in found[:MAX_LABEL_POSTINGS]]
    surest = sorted(category_confidences(found).items(), key=lambda entry: -entry[1])[:MAX_CATEGORY_POSTINGS]
    categories = [(category_partition(name, shard), confidence) for name, confidence in surest]
    words = [(word_partition(word, shard), 0.0) for word in image.words]
    return posting_keys(image, labels + categories + words)


def trimmed(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    """Return the labels with as many instances each (the surest first) as fit an item."""
    for most in (1000, 100, 50, 20, 10, 5, 0):
        shortened = tuple(dataclasses.replace(label, instances=_surest(label, most)) for label in labels)
        if len(json.dumps([label.to_document() for label in shortened])) <= MAX_RECORD_BYTES:
            break
    return shortened


def marshalled(value: Any) -> Any:
    """Return a plain value in the form of DynamoDB's API."""
    return _serialize(_with_decimals(value))


def unmarshalled(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as plain values; numbers are Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def _summary(image: Image) -> dict[str, Any]:
    return {
        "ImageId": image.image_id,
        "Status": str(image.status),
        "AnalyzedAt": image.analyzed_at,
        "Width": image.width,
        "Height": image.height,
        "Confidences": _confidences(image),
        "Categories": category_confidences(image.corrected_labels),
        "TakenAt": image.facts.taken_at or "",
        "Words": list(image.words),
    }


def _confidences(image: Image) -> dict[str, float]:
    return {label.name: label.confidence for label in image.corrected_labels}


def _index_key(partition: str, image: Image) -> Item:
    """Return the keys of both indexes: they share their partitions."""
    return {
        "GSI1PK": {"S": partition},
        "GSI1SK": {"S": time_position(image.analyzed_at, image.image_id)},
        "GSI2SK": {"S": time_position(image.taken_or_analyzed, image.image_id)},
    }


def _trash_key(image: Image, shards: int) -> Item:
    """Return the keys of the first index only: the trash is in the order of deletion."""
    keys = _index_key(listing(image.status, shard_of(image.image_id, shards)), image)
    return {name: keys[name] for name in ("GSI1PK", "GSI1SK")}


def _surest(label: Label, most: int) -> tuple[Any, ...]:
    return tuple(sorted(label.instances, key=lambda instance: -instance.confidence)[:most])


def _with_decimals(value: Any) -> Any:
    match value:
        case float():
            return Decimal(str(value))
        case dict():
            return {key: _with_decimals(entry) for key, entry in value.items()}
        case list():
            return [_with_decimals(entry) for entry in value]
    return value


def image_key(image_id: str) -> Key:
    """Return the key of an image's record."""
    return f"IMAGE#{image_id}", IMAGE_SORT_KEY


def lease_key(name: str) -> Key:
    """Return the key of a lease."""
    return f"LEASE#{name}", "LEASE"


def lease_item(lease: Lease) -> Item:
    """Return a lease; one that is done says when."""
    attributes = {"Holder": {"S": lease.holder}, "ExpiresAt": {"N": str(lease.expires_at)}}
    if lease.done_at:
        attributes["DoneAt"] = {"S": lease.done_at}
    return marshalled_key(lease_key(lease.name)) | attributes


def quota_key(caller: str, minute: int) -> Key:
    """Return the key of a caller's count in a minute (since 1970)."""
    return f"QUOTA#{caller}", f"{minute}"


def shard_of(image_id: str, shards: int) -> int:
    """Return the shard of the image's postings and of its place in the listings."""
    return int(image_digest(image_id)[:8], 16) % shards


def listing(status: Status, shard: int) -> str:
    """Return the index partition that lists the images of a status."""
    return f"IMAGES#{status}#{shard}"


def label_partition(name: str, shard: int) -> str:
    """Return the partition of a label's postings; names that differ in case only are one."""
    return f"LABEL#{name.casefold()}#{shard}"


def category_partition(name: str, shard: int) -> str:
    """Return the partition of a category's postings."""
    return f"CATEGORY#{name.casefold()}#{shard}"


def word_partition(word: str, shard: int) -> str:
    """Return the partition of a word's postings."""
    return f"WORD#{word.casefold()}#{shard}"


def confidence_position(confidence: float, image_id: str) -> str:
    """Return a sort key that puts the most confident first."""
    return f"{rank_digits(confidence)}#{image_digest(image_id)}"


def rank_digits(confidence: float) -> str:
    """Return the rank of a confidence in seven digits, which sort as the number."""
    return f"{confidence_rank(confidence):07d}"


def time_position(time: str, image_id: str) -> str:
    """Return a sort key in the order of times."""
    return f"{time}#{image_digest(image_id)}"


def posting_keys(image: Image, postings: list[tuple[str, float]]) -> dict[Key, float]:
    """Return the key of each posting with its confidence; of equal keys the first stays."""
    keys: dict[Key, float] = {}
    for partition, confidence in postings:
        keys.setdefault((partition, confidence_position(confidence, image.image_id)), confidence)
    return keys


def marshalled_key(key: Key) -> dict[str, Any]:
    """Return a key in the form of DynamoDB's API."""
    return {"PK": {"S": key[0]}, "SK": {"S": key[1]}}


def counted_key(image_id: str) -> Key:
    """Return the key of the note what of an image the statistics account for."""
    return f"IMAGE#{image_id}", "COUNTED"


def label_counts(shard: int) -> str:
    """Return the partition of the label counts' shard; the sort key is the case-folded name."""
    return f"LABELS#{shard}"


def status_counts(shard: int) -> str:
    """Return the partition of the status counts' shard; the sort key is the status."""
    return f"STATUSES#{shard}"


def folder_counts(shard: int, parent: str) -> str:
    """Return the partition of the counts of a folder's folders; the sort key is the name, with its slash."""
    return f"FOLDERS#{shard}#{parent}"


def folder_key(shard: int, folder: str) -> Key:
    """Return the key of a folder's count."""
    parent = folder[: folder[:-1].rfind("/") + 1]
    return folder_counts(shard, parent), folder[len(parent) :]


def content_key(content: str) -> Key:
    """Return the key of the count of images that have a content, by its SHA-256."""
    return f"CONTENT#{content}", "COUNT"


def copy_key(content: str, image_id: str) -> Key:
    """Return the key of the item that says that an image has a content."""
    return f"CONTENT#{content}", f"{COPY}{image_digest(image_id)}"


COPY = "COPY#"
COPIED_PARTITIONS = 4


def copied_partition(number: int) -> str:
    """Return the partition of the index that lists a part of the contents that several images have, in order."""
    return f"COPIED#{number}"


def partition_of_copied(content: str) -> int:
    """Return the number of the partition that a content is listed in: they are in order as well."""
    return int(content[0], 16) * COPIED_PARTITIONS // 16


def alias_key(alias: str) -> Key:
    """Return the key of an alias, which names the labels that it stands for."""
    return f"ALIAS#{alias.casefold()}", "ALIAS"
