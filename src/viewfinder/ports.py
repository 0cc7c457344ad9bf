"""What the use cases need of the outside world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from viewfinder.domain.analysis import Analysis, Detection
from viewfinder.domain.candidate import Candidate
from viewfinder.domain.counting import Counted, ImageState
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Image, Picture, UploadForm
from viewfinder.domain.lease import Lease
from viewfinder.domain.posting import Source
from viewfinder.domain.query import Entry, Stretch
from viewfinder.domain.record_state import RecordState
from viewfinder.domain.statistics import KnownName, LabelCount


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
    """The bucket of the images: the truth."""

    def fetch(self, image_id: str, max_bytes: int) -> StoredObject:
        """Return the object as it is now; raise ObjectNotFoundError, or MisconfiguredError where none can be read."""


class DerivedStore(Protocol):
    """The bucket of what was derived from images."""

    def find_analysis(self, parameters: Parameters, sha256: str) -> Analysis | None:
        """Return the known analysis of a content."""

    def has_analysis(self, parameters: Parameters, sha256: str) -> bool:
        """Return whether the content has been analysed."""

    def save_analysis(self, parameters: Parameters, analysis: Analysis) -> None:
        """Keep an analysis by its content."""

    def put_thumbnail(self, key: str, content: bytes) -> None:
        """Store a WebP thumbnail, or the rendition for screens that belongs to it."""

    def copy_thumbnail(self, source: str, key: str) -> bool:
        """Copy a thumbnail; False where the source is gone."""

    def list_thumbnails(self, prefix: str) -> list[str]:
        """Return the keys that start so."""

    def delete_thumbnails(self, keys: Iterable[str]) -> None:
        """Delete thumbnails; one that is gone already is fine."""


class PictureReader(Protocol):
    """Reads pictures of any format."""

    def read(self, content: bytes) -> Picture:
        """Return the picture upright with its renditions; raise ImageRejectedError."""


class Detector(Protocol):
    """Finds labels, text or faces in a picture."""

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Return what was found of the parameters' feature.

        Raise ImageRejectedError, DetectorUnavailableError or MisconfiguredError.
        """


class Catalog(Protocol):
    """The index of all images."""

    def find(self, image_id: str) -> Image | None:
        """Return the record of an image as last written (tombstones too)."""

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        """Write the image with its postings at once, and return it with its new version; a done lease ends with that.

        Raises CatalogConflictError when the record is no longer the one that it replaces.
        """


class Leases(Protocol):
    """Lets one at a time do a thing, in whatever process or machine."""

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        """Wait for the lease and return it; None where another has done the thing meanwhile, not before `since`.

        Raises AnalysisInProgressError where that takes too long. A lease that is done ends when the catalog saves it
        (`Catalog.save`), and is remembered until it expires.
        """

    def release(self, lease: Lease) -> None:
        """Give up a lease, nothing being done."""


class Quota(Protocol):
    """Counts what callers do that costs money."""

    def spend(self, caller: str) -> None:
        """Count a request; raise TooManyRequestsError where the caller has had its share of this minute."""


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> str:
        """Return the time in UTC as ISO 8601 with microseconds and a Z: `2026-01-31T12:00:00.000000Z`."""


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """An object as a listing tells of it; `modified` in seconds since 1970."""

    key: str
    size: int
    etag: str
    modified: float


class Objects(Protocol):
    """A bucket in bulk."""

    def list(self, prefix: str = "") -> Iterator[ObjectSummary]:
        """Return every object whose key starts so."""

    def find(self, key: str) -> ObjectSummary | None:
        """Return one object's summary."""

    def delete(self, key: str) -> None:
        """Delete one object; one that is gone already is fine."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """A version of an object, or the marker of its deletion; `modified` is ISO 8601 in UTC."""

    version_id: str
    modified: str
    size: int
    is_latest: bool
    is_marker: bool = False


class Versions(Protocol):
    """The bucket of the images with what its objects were before."""

    def list(self, key: str) -> Sequence[ObjectVersion]:
        """Return all versions of one object, newest first, and then its markers."""

    def copy(self, key: str, version_id: str, *, replace: bool) -> None:
        """Copy a version onto its key; raise KeyTakenError where an object is there, unless it is to be replaced."""

    def delete(self, key: str, version_id: str) -> None:
        """Delete a version or a marker for good; one that is gone already is fine."""


class Records(Protocol):
    """The catalog in bulk."""

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Return the records as last written (tombstones too); ids without one are left out."""

    def states(self) -> Iterator[RecordState]:
        """Yield the state of every visible record, in no order; may lag a little, and repeat one that changes."""


class Requests(Protocol):
    """The queue, for those who want an object looked at again."""

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        """Queue one request per image."""


class Index(Protocol):
    """The catalog as a search reads it: each source in shards, each shard in order."""

    @property
    def shards(self) -> int:
        """How many shards each source has."""

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Return the next entries, about `size` of them and at least one, and whether these are the last."""


class Statistics(Protocol):
    """How many images have a label or a status."""

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Return what is known of each case-folded name."""

    def sizes(self, sources: Collection[Source]) -> Mapping[Source, int]:
        """Return how many images are in each source; one whose images are not counted is left out."""

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


class Copies(Protocol):
    """Which images have the same content."""

    def contents(self, after: str, most: int) -> Sequence[str]:
        """Return the SHA-256 of contents that several images have, in order, behind `after`."""

    def images(self, content: str, most: int) -> Sequence[str]:
        """Return ids of images that have a content."""


class Counters(Protocol):
    """The statistics as they are written, with what they account for of each image."""

    def find(self, image_ids: Collection[str]) -> Mapping[str, Counted]:
        """Return what of each image is counted."""

    def apply(self, changes: Sequence[tuple[ImageState, Counted]]) -> int:
        """Count images in order, each as its state says in the place of what was counted; return how many were.

        Those are fewer than all where the counters can't be written now. Raises CatalogConflictError when one is no
        longer counted as it was; changes may then be applied in part, each as a whole.
        """

    def complete(self, counted: Collection[Counted]) -> None:
        """Finish what an earlier `apply` that counted this may have been interrupted in."""


@dataclass(frozen=True, slots=True)
class CatalogParts:
    """One catalog, whole: each implementation has a factory that returns this.

    `quota` takes the requests that a caller may send in a minute; None where callers are not counted. `close` ends its
    connections.
    """

    catalog: Catalog
    records: Records
    leases: Leases
    index: Index
    statistics: Statistics
    copies: Copies
    quota: Callable[[int], Quota] | None = None
    close: Callable[[], None] = lambda: None


class Links(Protocol):
    """Short-lived URLs, by which callers meet the buckets themselves."""

    def original(self, image_id: str, content_type: str, disposition: str) -> str:
        """Return a URL of the object, under this Content-Type and Content-Disposition."""

    def thumbnail(self, key: str) -> str:
        """Return a URL of a thumbnail."""

    def version(self, image_id: str, version_id: str) -> str:
        """Return a URL that downloads a version of an object."""

    def upload_form(self, image_id: str, content_type: str, max_bytes: int) -> UploadForm:
        """Return a form for one object of this key and type and of 1 to `max_bytes` bytes."""


class ImportSource(Protocol):
    """Where images are imported from.

    While candidates are taken, `passed_over` counts files that are no pictures; `problems` says why others fail.
    """

    passed_over: Counter[str]
    problems: list[str]

    def count(self) -> int:
        """Return how many candidates there may be."""

    def candidates(self) -> Iterable[Candidate]:
        """Return what could be imported."""

    def is_content_of(self, candidate: Candidate, image: Image) -> bool:
        """Whether the image has the candidate's content."""

    def identified(self, candidate: Candidate) -> Candidate:
        """Return the candidate with its ETag."""

    def sha256(self, candidate: Candidate) -> str:
        """Return the content's SHA-256; "" where finding it out would mean to fetch the object."""

    def find(self, image_id: str) -> ObjectSummary | None:
        """Return what the images bucket has under this key."""

    def send(self, candidate: Candidate, *, replace: bool) -> str:
        """Put the image before the pipeline, and return the ETag that its object has then.

        Raises KeyTakenError where the bucket has an object of this key already, unless it is to be replaced.
        """
