"""Images as items of the table, and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from viewfinder.domain import formats
from viewfinder.domain.feature import Feature, Findings
from viewfinder.domain.image import Image, Status, image_digest
from viewfinder.domain.label import Label, confidence_rank
from viewfinder.domain.lease import Lease
from viewfinder.domain.places import MAX_FILE_WORDS
from viewfinder.domain.posting import Posting, Source, SourceKind, postings_of
from viewfinder.domain.summary import Summary

Item = dict[str, Any]
"""An item in the form of DynamoDB's API: attribute name -> typed value."""

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
    attributes = dataclasses.replace(image, findings=_trimmed(image.findings)).to_document()
    attributes |= {"Summary": Summary.of(image).to_document()}
    item = stored(image_key(image.image_id), attributes, formats.RECORD)
    if image.status is Status.REMOVED:
        expires_at = int(datetime.fromisoformat(image.analyzed_at).timestamp()) + tombstone_seconds
        return item | {"ExpiresAt": {"N": str(expires_at)}} | (_trash_key(image, shards) if image.is_in_trash else {})
    return item | _index_key(listing(image.status, shard_of(image.image_id, shards)), image)


def image_from_item(item: Mapping[str, Any]) -> Image:
    """Read a record of any release."""
    attributes = unmarshalled(item)
    numbers = {name: int(value) for name, value in attributes.items() if isinstance(value, Decimal)}
    return Image.from_document(attributes | numbers)


SUMMARY_OF_FORMAT_0 = (
    *("ImageId", "Status", "AnalyzedAt", "Width", "Height", "Reason", "Confidences", "Categories"),
    *("TakenAt", "Words", "Size", "VersionId"),
)
"""Attributes of records and postings before format 1, which lie beside one another instead of in `Summary`."""


def summary_from_item(item: Mapping[str, Any]) -> Summary:
    """Read the summary of a record or a posting of any release."""
    attributes = unmarshalled(item)
    if "Summary" in attributes:
        return Summary.from_document(attributes["Summary"])
    return Summary.from_document(attributes | {"Labels": attributes.get("Confidences", {})})


def posting_items(image: Image, *, shards: int) -> dict[Key, Item]:
    """Return the postings of an image, each with its summary."""
    confidences = posting_confidences(dataclasses.replace(image, stored_format=formats.RECORD), shards=shards)
    if not confidences:
        return {}
    summary = marshalled(Summary.of(image).to_document())
    return {
        key: {
            **stored(key, {"Confidence": confidence}, formats.RECORD),
            **_index_key(key[0], image),
            "Summary": summary,
        }
        for key, confidence in confidences.items()
    }


def posting_confidences(image: Image, *, shards: int) -> dict[Key, float]:
    """Return the keys of the image's postings with the confidence of each; of equal keys the first stays."""
    shard = shard_of(image.image_id, shards)
    keys: dict[Key, float] = {}
    for posting in _kept_postings(image):
        position = confidence_position(posting.confidence, image.image_id)
        keys.setdefault((partition(posting.source, shard), position), posting.confidence)
    return keys


MAX_POSTINGS = {
    SourceKind.LABEL: 40,
    SourceKind.CATEGORY: 9,
    SourceKind.WORD: 25,
    SourceKind.FILE: MAX_FILE_WORDS,
    SourceKind.FOLDER: 9,
    SourceKind.PERSON: 20,
    SourceKind.SUGGESTION: 1,
}
MAX_OTHER_POSTINGS = 9
"""Postings of an image by kind, and of all other kinds together; people and suggestions take the room of words.

With its record, its hash and a lease they fit one transaction of 100 items (AWS limit).
"""

_IN_THE_ROOM_OF_WORDS = SourceKind.PERSON, SourceKind.SUGGESTION
_MAX_POSTINGS_OF_FORMAT_1 = {SourceKind.LABEL: 40, SourceKind.CATEGORY: 9, SourceKind.WORD: 40}
_KINDS_SINCE_FORMAT_2 = {SourceKind.FILE, SourceKind.FOLDER, SourceKind.MONTH, SourceKind.DAY}


def hash_items(image: Image, *, shards: int) -> dict[Key, Item]:
    """Return the item of the image's perceptual hash, if it has one: small, for readers read all of them."""
    if not hashed(image):
        return {}
    key = (hashes(shard_of(image.image_id, shards)), image_digest(image.image_id))
    item = stored(key, {"Sha256": image.sha256, "Hash": str(image.likeness.hash)}, formats.RECORD)
    return {key: item | {"GSI1PK": {"S": key[0]}, "GSI1SK": {"S": f"{version_digits(image.version)}#{key[1]}"}}}


def hashed(image: Image) -> tuple[str, str] | None:
    """Return content and hash of an image that is among the hashes."""
    known = image.likeness.hash
    return (image.sha256, str(known)) if known and image.is_visible else None


def hashes(shard: int) -> str:
    """Return the partition of a shard's perceptual hashes; the first index has them in the order of their versions."""
    return f"POSTING#HASH##{shard}"


def version_digits(version: int) -> str:
    """Return a version in twenty digits, which sort as the number."""
    return f"{version:020d}"


def _kept_postings(image: Image) -> Iterator[Posting]:
    """Yield the postings that have room: the first labels and words, the categories of highest confidence.

    Of a record of an older format they are those that it was written with.
    """
    is_old = image.stored_format < _FORMAT_OF_PLACES
    most = _MAX_POSTINGS_OF_FORMAT_1 if is_old else MAX_POSTINGS
    unwritten = {SourceKind.STATUS}  # that listing is an index of the records themselves
    unwritten |= _KINDS_SINCE_FORMAT_2 if is_old else set()
    found: dict[SourceKind | None, list[Posting]] = {}
    for posting in postings_of(image):
        kind = posting.source.kind
        if kind not in unwritten:
            found.setdefault(kind if kind in most else None, []).append(posting)
    people = sum(min(len(found.get(kind, ())), MAX_POSTINGS[kind]) for kind in _IN_THE_ROOM_OF_WORDS)
    for group, postings in found.items():
        if group is SourceKind.CATEGORY:
            postings.sort(key=lambda posting: -posting.confidence)
        room = most[group] if group else MAX_OTHER_POSTINGS
        yield from postings[: room - people if group is SourceKind.WORD else room]


def kept_sources(image: Image) -> Iterator[Source]:
    """Yield the sources in which the image has a posting."""
    return (posting.source for posting in _kept_postings(image))


_FORMAT_OF_PLACES = 2
"""The format of records since which file names, folders and days have postings."""


def _trimmed(findings: Findings) -> Findings:
    """Return the findings, of each label as many instances (those of highest confidence) as fit an item."""
    labels = findings.get(Feature.LABELS, ())
    for most in (1000, 100, 50, 20, 10, 5, 0):
        shortened = tuple(dataclasses.replace(label, instances=_most_confident(label, most)) for label in labels)
        if len(json.dumps([label.to_document() for label in shortened])) <= MAX_RECORD_BYTES:
            break
    return {**findings, Feature.LABELS: shortened} if labels else findings


def stored(key: Key, attributes: Mapping[str, Any], number: int) -> Item:
    """Return an item with the number of its format."""
    numbered = {formats.MEMBER: number, **attributes}
    return {**marshalled_key(key), **{name: marshalled(value) for name, value in numbered.items()}}


def marshalled(value: Any) -> Any:
    """Return a plain value in the form of DynamoDB's API."""
    return _serialize(_with_decimals(value))


def unmarshalled(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as plain values; numbers are Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def _index_key(partition: str, image: Image) -> Item:
    """Return the keys of both indexes: they share their partitions."""
    return {
        "GSI1PK": {"S": partition},
        "GSI1SK": {"S": time_position(image.analyzed_at, image.image_id)},
        "GSI2SK": {"S": time_position(image.taken_position, image.image_id)},
    }


def _trash_key(image: Image, shards: int) -> Item:
    """Return the keys of the first index only: the trash is in the order of deletion."""
    keys = _index_key(listing(image.status, shard_of(image.image_id, shards)), image)
    return {name: keys[name] for name in ("GSI1PK", "GSI1SK")}


def _most_confident(label: Label, most: int) -> tuple[Any, ...]:
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
    attributes: dict[str, Any] = {"Holder": lease.holder, "ExpiresAt": lease.expires_at}
    attributes |= {"DoneAt": lease.done_at} if lease.done_at else {}
    return stored(lease_key(lease.name), attributes, formats.LEASE)


def quota_key(caller: str, minute: int) -> Key:
    """Return the key of a caller's count in a minute (since 1970)."""
    return f"QUOTA#{caller}", f"{minute}"


def shard_of(image_id: str, shards: int) -> int:
    """Return the shard of the image's postings and of its place in the listings."""
    return int(image_digest(image_id)[:8], 16) % shards


def listing(status: Status, shard: int) -> str:
    """Return the index partition that lists the images of a status."""
    return f"IMAGES#{status}#{shard}"


def partition(source: Source, shard: int) -> str:
    """Return the partition of a source; names that differ in case only are one."""
    if source.kind is SourceKind.STATUS:
        return listing(Status(source.name), shard)
    prefix = "" if source.kind in _KINDS_OF_FORMAT_0 else "POSTING#"  # one prefix, for the roles to name
    return f"{prefix}{source.kind}#{source.name.casefold()}#{shard}"


_KINDS_OF_FORMAT_0 = {SourceKind.LABEL, SourceKind.CATEGORY, SourceKind.WORD}


def confidence_position(confidence: float, image_id: str) -> str:
    """Return a sort key that puts the most confident first."""
    return f"{rank_digits(confidence)}#{image_digest(image_id)}"


def rank_digits(confidence: float) -> str:
    """Return the rank of a confidence in seven digits, which sort as the number."""
    return f"{confidence_rank(confidence):07d}"


def time_position(time: str, image_id: str) -> str:
    """Return a sort key in the order of times."""
    return f"{time}#{image_digest(image_id)}"


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


def person_key(person_id: str) -> Key:
    """Return the key of what has been said of a person."""
    return "PEOPLE", person_id


def person_counts(shard: int) -> str:
    """Return the partition of the people counts' shard; the sort key is the PersonId."""
    return f"PEOPLE#{shard}"


def alias_key(alias: str) -> Key:
    """Return the key of an alias, which names the labels that it stands for."""
    return f"ALIAS#{alias.casefold()}", "ALIAS"
