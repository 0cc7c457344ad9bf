"""The ports: interfaces that the use cases need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from viewfinder.domain.analysis import Analysis, Detection
from viewfinder.domain.candidate import Candidate
from viewfinder.domain.counting import Counted, ImageState
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Image, Picture, UploadForm
from viewfinder.domain.lease import Lease
from viewfinder.domain.likeness import PerceptualHash
from viewfinder.domain.person import Person, PersonCount
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Entry, Stretch
from viewfinder.domain.record_state import RecordState
from viewfinder.domain.statistics import KnownName, LabelCount
from viewfinder.domain.vector import MODEL, Vector


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was fetched; `content` is None where it is larger than the caller would take, or can't be read.

    `refusal` says why this one object can't be read while others can: a key of `domain.image.UNREADABLE`. `modified` is
    the time of the file that it was imported from, in seconds since 1970; None where nobody kept it.
    """

    content: bytes | None
    size: int
    etag: str
    is_archived: bool = False
    version_id: str = ""
    refusal: str = ""
    modified: float | None = None


class ImageStore(Protocol):
    """The images bucket, the source of truth."""

    def fetch(self, image_id: str, max_bytes: int) -> StoredObject:
        """Return the object as it is now; raise ObjectNotFoundError, or MisconfiguredError where none can be read."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A JSON document of the derived bucket; `revision` is another one after each write."""

    content: Mapping[str, Any]
    revision: str


class Documents(Protocol):
    """Small JSON documents of the derived bucket: what persons have said, which nothing can make again."""

    def find_document(self, key: str) -> StoredDocument | None:
        """Return a document as it is now, or None."""

    def save_document(self, key: str, content: Mapping[str, Any], *, replacing: StoredDocument | None) -> None:
        """Write a document; raise DocumentConflictError if the stored one is not the one that it replaces."""

    def delete_document(self, key: str) -> None:
        """Delete a document; ignore a missing one."""

    def list_documents(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the keys that start with the prefix and come after a key, in order, page by page."""


class DerivedStore(Documents, Protocol):
    """The derived bucket: analyses, thumbnails and documents."""

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        """Return the stored analysis of a content, or None."""

    def has_analysis(self, parameters: Parameters, sha256: str) -> bool:
        """Return whether the content has been analysed."""

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        """Store an analysis under its content's key."""

    def put_thumbnail(self, key: str, content: bytes) -> None:
        """Store a WebP thumbnail, or the rendition for screens that belongs to it."""

    def copy_thumbnail(self, source: str, key: str) -> bool:
        """Copy a thumbnail; return False if the source does not exist."""

    def list_thumbnails(self, prefix: str) -> list[str]:
        """Return the keys that start with the prefix."""

    def delete_thumbnails(self, keys: Iterable[str]) -> None:
        """Delete thumbnails; ignore missing ones."""


class PictureReader(Protocol):
    """Reader of pictures of any format."""

    def read(self, content: bytes) -> Picture:
        """Return the picture upright with its renditions; raise ImageRejectedError."""

    def rendition(self, content: bytes) -> bytes:
        """Return `Picture.rendition` alone, what the detector gets; raise ImageRejectedError."""


class Detector(Protocol):
    """Detector of labels, text or faces in a picture."""

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Return what was found of the parameters' feature.

        Raise ImageRejectedError, DetectorUnavailableError or MisconfiguredError.
        """


class VectorMaker(Protocol):
    """Computes vectors of pictures."""

    def vector(self, rendition: bytes) -> Vector:
        """Return the vector of a picture; errors as `Detector` has them."""


class Embedder(VectorMaker, Protocol):
    """Computes vectors of pictures and of words, in one space."""

    @property
    def model(self) -> str:
        """The name of the model, which its vectors have; errors as `Detector` has them."""

    def words(self, text: str) -> Vector:
        """Return the vector of a text; errors as `Detector` has them."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A content (SHA-256) and how similar it is: the cosine of the angle between both vectors, -1 to 1."""

    content: str
    similarity: float


class Vectors(Protocol):
    """The vectors of contents, by their SHA-256. Contents whose images are gone may be among them: records decide."""

    def put(self, content: str, vector: Vector) -> None:
        """Keep the vector of a content, in the place of an older one."""

    def find(self, content: str) -> Vector | None:
        """Return the vector of a content, or None."""

    def nearest(self, vector: Vector, most: int) -> Sequence[Neighbour]:
        """Return the most similar contents, most similar first; a store may return 100 where more are asked for."""

    def delete(self, contents: Collection[str]) -> None:
        """Forget the vectors of contents; ignore missing ones."""


@dataclass(frozen=True, slots=True)
class VectorKeeping:
    """What the pipeline needs to keep vectors: the store, and what computes the vector of an older analysis.

    `maker` is None where that would be a call of the detector; `model` is that of the stack's vectors.
    """

    store: Vectors
    maker: VectorMaker | None
    model: str = MODEL

    @property
    def embeds(self) -> bool:
        """Whether another model than the detector's makes the vectors."""
        return self.maker is not None and self.model != MODEL


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """A face of the collection that resembles another one: its id, the SHA-256 of its picture, percent."""

    face_id: str
    content: str
    similarity: float


class FaceCollection(Protocol):
    """The stack's collection of faces; a detector puts faces there (`Feature.PEOPLE`)."""

    def search(self, face_id: str, minimum: float) -> Sequence[FaceMatch]:
        """Return the faces that resemble this one by a minimum similarity (percent), most similar first.

        Raise DetectorUnavailableError or MisconfiguredError.
        """

    def delete(self, face_ids: Sequence[str]) -> None:
        """Delete faces; ignore missing ones."""

    def face_ids(self) -> Iterator[str]:
        """Yield the id of every face."""


class Catalog(Protocol):
    """The index of all images."""

    def find(self, image_id: str) -> Image | None:
        """Return the latest record of an image, tombstones included; strongly consistent."""

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        """Write the image with its postings at once, and return it with its new version; a done lease ends with that.

        Raise CatalogConflictError when the record is no longer the one that it replaces.
        """


class Leases(Protocol):
    """Leases: exclusive rights across processes and machines."""

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        """Wait for the lease and return it; return None if another holder has done the work at or after `since`.

        Raise AnalysisInProgressError after too long a wait. A lease that is done ends when the catalog saves it
        (`Catalog.save`), and is remembered until it expires.
        """

    def release(self, lease: Lease) -> None:
        """Release a lease without having done its work."""


class Quota(Protocol):
    """Counts the paid requests of callers."""

    def spend(self, caller: str) -> None:
        """Count a request; raise TooManyRequestsError if the caller has used up its requests of this minute."""


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> str:
        """Return the time in UTC as ISO 8601 with microseconds and a Z: `2026-01-31T12:00:00.000000Z`."""


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """An object in a listing; `modified` is in seconds since 1970."""

    key: str
    size: int
    etag: str
    modified: float


class Objects(Protocol):
    """A bucket in bulk."""

    def list(self, prefix: str = "") -> Iterator[ObjectSummary]:
        """Return every object whose key starts with the prefix."""

    def find(self, key: str) -> ObjectSummary | None:
        """Return one object's summary."""

    def delete(self, key: str) -> None:
        """Delete one object; ignore a missing one."""


class ImageObjects(Objects, Protocol):
    """The bucket of the images in bulk, with what puts images into it."""

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        """Return every object whose key starts with the prefix, in the order of their keys, behind the key `after`."""

    def upload(self, key: str, file: Path, *, replace: bool) -> str:
        """Put a file and return its ETag, the MD5; raise KeyTakenError or ObjectRefusedError."""

    def copy(self, key: str, source_bucket: str, source_key: str) -> str:
        """Copy an object of another bucket and return the copy's ETag; raise ObjectRefusedError."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """A version of an object, or the marker of its deletion; `modified` is ISO 8601 in UTC."""

    version_id: str
    modified: str
    size: int
    is_latest: bool
    is_marker: bool = False


class Versions(Protocol):
    """The versions of the images bucket's objects."""

    def list(self, key: str) -> Sequence[ObjectVersion]:
        """Return all versions of one object, newest first, and then its markers."""

    def copy(self, key: str, version_id: str, *, replace: bool) -> None:
        """Copy a version onto its key; raise KeyTakenError if the key has an object and may not be replaced."""

    def delete(self, key: str, version_id: str) -> None:
        """Delete a version or a marker permanently; ignore a missing one."""


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event that was not delivered yet; `saved_at` is in seconds since 1970, `document` as in `domain.events`."""

    number: int
    image_id: str
    version: int
    document: Mapping[str, Any]
    saved_at: float
    attempts: int = 0
    problem: str = ""


class OutboxCounts(NamedTuple):
    """Events that wait for a delivery, and events that were given up."""

    waiting: int
    dead: int


class Outbox(Protocol):
    """Events of images, written in the transactions that saved their records."""

    def due(self, now: float, most: int) -> Sequence[OutboxEvent]:
        """Return events to be delivered at this time (seconds since 1970): of each image the first one only."""

    def remove(self, event: OutboxEvent) -> None:
        """Forget a delivered event."""

    def postpone(self, event: OutboxEvent, until: float, problem: str) -> None:
        """Keep an event that could not be delivered for another attempt."""

    def bury(self, event: OutboxEvent, problem: str) -> None:
        """Give an event up; it stays to be looked at."""

    def dead(self, most: int) -> Sequence[OutboxEvent]:
        """Return events that were given up, oldest first."""

    def revive(self, now: float) -> int:
        """Let all events that were given up be delivered again, and return how many."""

    def counts(self) -> OutboxCounts:
        """Return the numbers of events."""


class EventBus(Protocol):
    """Where events of the table's stream are announced."""

    def put(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Announce events in order until one is not taken, and return how many were; raise MisconfiguredError."""


class Receiver(Protocol):
    """Where events are delivered to."""

    def send(self, event: OutboxEvent) -> None:
        """Deliver an event; raise UndeliveredError or RefusedForGoodError."""


class Records(Protocol):
    """The catalog in bulk."""

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Return the latest records, tombstones included; leave out ids without a record."""

    def states(self) -> Iterator[RecordState]:
        """Yield the state of every visible record, in no order; may lag a little, and repeat one that changes."""


class Requests(Protocol):
    """The queue of requests to process an object again."""

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        """Queue one request per image."""


class Listing(Protocol):
    """Objects of the images bucket in an order that stays the same."""

    def entries(self, after: str = "") -> Iterator[tuple[str, ObjectSummary]]:
        """Yield each object with its position in the listing, behind the position `after`."""


class Marks(Protocol):
    """How far a backfill has come; it outlives the command."""

    def load(self) -> dict[str, Any]:
        """Return what was saved last; empty where nothing was."""

    def save(self, mark: Mapping[str, Any]) -> None:
        """Keep a mark."""

    def delete(self) -> None:
        """Forget it; ignore a missing one."""


class Index(Protocol):
    """The index for searches: each source has shards, each shard is ordered."""

    @property
    def shards(self) -> int:
        """How many shards each source has."""

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Return the next entries, about `size` of them and at least one, and whether these are the last."""


class Statistics(Protocol):
    """The numbers of images by label, status and folder."""

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Return the count and the aliases of each case-folded name."""

    def known(self, sources: Collection[Source]) -> Collection[Source]:
        """Return those of the sources that images may be in; names are case-folded. Of labels, `find` knows more."""

    def alike(self, kind: SourceKind, text: str) -> Collection[str]:
        """Return names of a kind that a text of 3 letters or more, without accents, is a part of or a misspelling of.

        SQLite finds any part; DynamoDB names that begin with the text, and errors behind its third letter. Others may
        be among the answer; of very many names some.
        """

    def sizes(self, sources: Collection[Source]) -> Mapping[Source, int]:
        """Return the number of images of each source; leave out sources that are not counted."""

    def labels(self, prefix: str, after: str, *, portion: int = ...) -> Iterator[LabelCount]:
        """Yield the labels in use by case-folded name, behind the name `after`; read `portion` of them at a time."""

    def completions(self, texts: Collection[str]) -> Iterator[LabelCount]:
        """Yield the labels in use of which a word, of the name or of an alias, begins with one of the texts.

        The texts are case-folded, and may have several words. Other labels may be among the answer; it is in no order.
        """

    def statuses(self) -> Mapping[str, int]:
        """Return the number of images of each status."""

    def folders(self, prefix: str, most: int) -> Mapping[str, int]:
        """Return the first so many folders of the level that a prefix of keys reaches, in order, with their images."""


class People(Protocol):
    """The people of the catalog: the number of images of each, and a copy of what has been said of it."""

    def find(self, person_id: str) -> PersonCount | None:
        """Return a person that has an image, or of which something has been said."""

    def ids_of(self, name: str) -> Collection[str]:
        """Return the ids of the people with this `name_key` or id, and of those merged into them."""

    def named(self, names: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids as `ids_of` does, of those of the names that a person has."""

    def page(self, after: str, most: int) -> tuple[Sequence[PersonCount], str]:
        """Return people with images, the most images first, behind a place; and the place of the last one.

        Merged ones are left out, so there may be fewer than `most`; the place is "" if there are no more.
        """

    def save(self, person: Person) -> None:
        """Keep what has been said of a person."""

    def delete(self, person_id: str) -> None:
        """Forget what has been said of a person."""

    def said(self) -> Iterable[str]:
        """Return the ids of people of which something has been said."""

    def purge(self) -> None:
        """Leave nothing of what was deleted or replaced in files of our own."""


class Copies(Protocol):
    """Images with the same content."""

    def contents(self, after: str, most: int) -> Sequence[str]:
        """Return the SHA-256 of contents that several images have, in order, behind `after`."""

    def images(self, content: str, most: int) -> Sequence[str]:
        """Return ids of images that have a content."""

    def present(self, contents: Collection[str]) -> Collection[str]:
        """Return those of the contents that an image has: many at a time, where `images` asks for each."""


@dataclass(frozen=True, slots=True)
class KnownHash:
    """The perceptual hash of a content (SHA-256), and the place of an image that has it among the changes."""

    place: int
    content: str
    hash: PerceptualHash


class Hashes(Protocol):
    """The perceptual hashes of the catalog's pictures."""

    def changed(self, after: int) -> Iterator[KnownHash]:
        """Yield those of images that were written behind a place; a few that were written before may come again.

        What is gone is not told: the records decide.
        """


@dataclass(frozen=True, slots=True)
class NearContents:
    """Groups of contents (SHA-256) that look alike, in order; `pending` contents were not compared yet."""

    groups: Sequence[tuple[str, ...]]
    pending: int = 0


class NearDuplicates(Protocol):
    """Finds the contents that look alike."""

    def groups(self) -> NearContents:
        """Return the groups of the whole catalog, in the order of the first content of each."""


class Distinctions(Protocol):
    """What people have said: these contents look alike, and are no duplicates of one another."""

    def list(self) -> Collection[frozenset[str]]:
        """Return the decisions, each as the contents that it is about (`near_duplicates.short`)."""

    def add(self, contents: Collection[str]) -> None:
        """Remember a decision."""

    def remove(self, contents: Collection[str]) -> None:
        """Forget a decision; ignore one that is not known."""


class Counters(Protocol):
    """The write side of the statistics, with the counted facts of each image."""

    def find(self, image_ids: Collection[str]) -> Mapping[str, Counted]:
        """Return the counted facts of each image."""

    def apply(self, changes: Sequence[tuple[ImageState, Counted]]) -> int:
        """Replace in order what is counted of each image by its new state; return the number of images counted.

        That is fewer than all if the counters can't be written now. Raise CatalogConflictError if the counted state of
        an image has changed; changes may then be applied in part, each as a whole.
        """

    def complete(self, counted: Collection[Counted]) -> None:
        """Repeat the work that `apply` does after counting: an earlier call may have been interrupted before it."""


@dataclass(frozen=True, slots=True)
class CatalogParts:
    """One catalog, whole: each implementation has a factory that returns this.

    `quota` takes the requests that a caller may send in a minute; None if callers are not counted. `outbox` is
    None where a stream announces what was saved; `vectors` where the catalog keeps none. `close` ends its connections.
    """

    catalog: Catalog
    records: Records
    leases: Leases
    index: Index
    statistics: Statistics
    copies: Copies
    hashes: Hashes
    people: People
    quota: Callable[[int], Quota] | None = None
    outbox: Outbox | None = None
    vectors: Vectors | None = None
    close: Callable[[], None] = lambda: None


class Links(Protocol):
    """Presigned URLs, by which callers access the buckets directly."""

    def expires_at(self) -> str:
        """Return when a URL that is signed now expires: `2026-01-31T12:00:00Z`."""

    def original(self, image_id: str, content_type: str, disposition: str) -> str:
        """Return a URL of the object, under this Content-Type and Content-Disposition."""

    def thumbnail(self, key: str) -> str:
        """Return a URL of a thumbnail."""

    def version(self, image_id: str, version_id: str) -> str:
        """Return a URL that downloads a version of an object."""

    def upload_form(self, image_id: str, content_type: str, max_bytes: int) -> UploadForm:
        """Return a form for one object of this key and type and of 1 to `max_bytes` bytes."""


class ImportSource(Protocol):
    """A source of images to import.

    While candidates are taken, `passed_over` counts files that are not pictures; `problems` says why others fail.
    """

    passed_over: Counter[str]
    problems: list[str]

    def count(self) -> int:
        """Return the maximum number of candidates."""

    def candidates(self) -> Iterable[Candidate]:
        """Return what could be imported."""

    def is_content_of(self, candidate: Candidate, image: Image) -> bool:
        """Whether the image has the candidate's content."""

    def identified(self, candidate: Candidate) -> Candidate:
        """Return the candidate with its ETag."""

    def sha256(self, candidate: Candidate) -> str:
        """Return the content's SHA-256; "" if that would require fetching the object."""

    def find(self, image_id: str) -> ObjectSummary | None:
        """Return the images bucket's object with this key, or None."""

    def send(self, candidate: Candidate, *, replace: bool) -> str:
        """Send the image to the pipeline, and return the ETag of its object.

        Raise KeyTakenError if the bucket has an object of this key already, unless it is to be replaced.
        """
