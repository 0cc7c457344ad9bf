"""Makes the catalog agree with the bucket for one image.

An event is a hint. What counts is the object as it is now, read after the record that is to be replaced: whoever writes
last has then also looked last, in whatever order, and however often, the events arrive.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from viewfinder.domain.analysis import Analysis, Parameters
from viewfinder.domain.errors import (
    AnalysisInProgressError,
    CatalogConflictError,
    ImageRejectedError,
    ObjectNotFoundError,
    failure_reason,
)
from viewfinder.domain.image import (
    Effort,
    Facts,
    Image,
    ImageEvent,
    Status,
    is_accounted_for,
    later_sequencer,
    outdated_thumbnails,
    thumbnail_key,
    thumbnail_prefix,
)
from viewfinder.observability import span, timed
from viewfinder.ports import (
    Catalog,
    Clock,
    DerivedStore,
    Detector,
    ImageStore,
    Lease,
    Leases,
    PictureReader,
    StoredObject,
)

_ATTEMPTS = 5
_MAX_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record as it stands, and what that took."""

    image: Image
    effort: Effort


@dataclass(frozen=True, slots=True)
class IndexImage:
    """Index one image.

    `max_bytes` is the size of the largest object that is fetched; `keep_location` says whether GPS positions are kept.
    """

    images: ImageStore
    derived: DerivedStore
    pictures: PictureReader
    detector: Detector
    catalog: Catalog
    leases: Leases
    clock: Clock
    parameters: Parameters
    max_bytes: int
    keep_location: bool = False

    def run(self, event: ImageEvent) -> Outcome:
        """Answer an event; raise DetectorUnavailableError, AnalysisInProgressError, MisconfiguredError or
        CatalogConflictError.

        Whatever is raised, the event can be answered again: nothing it did needs undoing.
        """
        for _ in range(_ATTEMPTS):
            known = self.catalog.find(event.image_id)
            if known and known.status.is_final and _is_known(event, known):
                self._sweep(known)  # an earlier delivery may have been interrupted before it did
                return Outcome(known, Effort.NONE)
            try:
                image = self._reflect(event, known)
            except CatalogConflictError:
                continue
            if known:  # a first record has nothing to sweep, or another event is on its way
                self._sweep(image)
            return Outcome(image, image.effort)
        raise CatalogConflictError(f"the image was written {_ATTEMPTS} times by others while it was read")

    def record_failure(self, event: ImageEvent, error: Exception) -> Image | None:
        """Record FAILED with the error, for an event that the queue will not deliver again, and return the record.

        None where the record stays: someone else has accounted for the event, or the event says of no change (it has no
        sequencer), so that the labels are still those of the object.
        """
        known = self.catalog.find(event.image_id)
        if known and known.status.is_final and (not event.sequencer or _is_known(event, known)):
            return None
        image = self._draft(event, known, Status.FAILED)
        image = replace(image, reason=failure_reason(error), message=str(error)[:_MAX_MESSAGE])
        saved = self.catalog.save(image, replacing=known)
        self._sweep(saved)
        return saved

    def _reflect(self, event: ImageEvent, known: Image | None) -> Image:
        """Write the record that the object as it is now deserves."""
        lease = None
        try:
            with span("fetch"):
                stored = self.images.fetch(event.image_id, self.max_bytes)
        except ObjectNotFoundError:
            # Written even where nothing is known: it stops a writer that still holds the object as it was.
            image = self._draft(event, known, Status.REMOVED)
        else:
            image, lease = self._examine(event, known, stored)
        if known and not event.analyzed_since and _says_the_same(image, known):
            image = replace(image, analyzed_at=known.analyzed_at)
        with span("store"):
            return self.catalog.save(image, replacing=known, lease=lease)

    def _examine(self, event: ImageEvent, known: Image | None, stored: StoredObject) -> tuple[Image, Lease | None]:
        """Return the record of an object, and the lease of its analysis where it ends with saving the record."""
        image = replace(self._draft(event, known, Status.REJECTED), size=stored.size, etag=stored.etag)
        try:
            if stored.content is None:
                raise ImageRejectedError("OBJECT_TOO_LARGE", f"the object has more than {self.max_bytes:,} bytes")
            sha256 = hashlib.sha256(stored.content).hexdigest()
            image = replace(image, sha256=sha256)
            thumbnail = thumbnail_key(event.image_id, known.version if known else 0, sha256)
            analysis, lease = self._analyze(event, sha256, stored.content, thumbnail)
        except ImageRejectedError as rejection:
            return replace(image, reason=rejection.reason, message=str(rejection)[:_MAX_MESSAGE]), None
        image = replace(_analyzed(image, analysis, thumbnail), facts=self._kept(analysis.facts))
        return image, lease and lease.done(analysis.analyzed_at)

    def _analyze(self, event: ImageEvent, sha256: str, content: bytes, thumbnail: str) -> tuple[Analysis, Lease | None]:
        """Return the analysis of the content, known or new, put the thumbnail, and keep the lease on a new one."""
        lease, analysis = None, self._known_analysis(event, sha256)
        if analysis is None:
            lease = self.leases.claim(f"{self.parameters}/{sha256}", since=event.analyzed_since)
            if lease is None or lease.is_inherited:
                analysis = self._known_analysis(event, sha256)
        if analysis is None:
            return self._detect_alone(sha256, content, thumbnail, lease), lease
        if not self.derived.copy_thumbnail(analysis.thumbnail, thumbnail):
            self.derived.put_thumbnail(thumbnail, self.pictures.read(content).thumbnail)
        return analysis, lease

    def _known_analysis(self, event: ImageEvent, sha256: str) -> Analysis | None:
        analysis = self.derived.find_analysis(self.parameters, sha256)
        return analysis if analysis and analysis.analyzed_at >= event.analyzed_since else None

    def _detect_alone(self, sha256: str, content: bytes, thumbnail: str, lease: Lease | None) -> Analysis:
        if lease is None:
            raise AnalysisInProgressError("the content was analysed a moment ago, and its analysis is gone")
        try:
            return self._detect(sha256, content, thumbnail)
        except Exception:
            self.leases.release(lease)
            raise

    def _detect(self, sha256: str, content: bytes, thumbnail: str) -> Analysis:
        with span("decode"):
            picture = self.pictures.read(content)
        with span("detect"), timed("DetectorLatency"):
            detection = self.detector.detect(picture.rendition, self.parameters)
        analysis = Analysis(
            sha256=sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            model_version=detection.model_version,
            labels=detection.labels,
            thumbnail=thumbnail,
            analyzed_at=self.clock.now(),
            facts=self._kept(picture.facts),
        )
        self.derived.save_analysis(self.parameters, analysis)
        self.derived.put_thumbnail(thumbnail, picture.thumbnail)
        return analysis

    def _kept(self, facts: Facts) -> Facts:
        return facts if self.keep_location else replace(facts, location=None)

    def _draft(self, event: ImageEvent, known: Image | None, status: Status) -> Image:
        return Image(
            image_id=event.image_id,
            status=status,
            sequencer=later_sequencer(event.sequencer, known.sequencer if known else ""),
            analyzed_at=self.clock.now(),
        )

    def _sweep(self, image: Image) -> None:
        """Delete what earlier records, and deliveries that were interrupted, left behind."""
        keys = self.derived.list_thumbnails(thumbnail_prefix(image.image_id))
        self.derived.delete_thumbnails(outdated_thumbnails(image, keys))


def _is_known(event: ImageEvent, known: Image) -> bool:
    return is_accounted_for(event.sequencer, known.sequencer)


def _says_the_same(image: Image, known: Image) -> bool:
    """Return whether the records differ in their bookkeeping only: then the image keeps its place among the newest."""
    bookkeeping = dict.fromkeys(("sequencer", "analyzed_at", "thumbnail", "effort", "version"), "")
    return replace(image, **bookkeeping) == replace(known, **bookkeeping)  # type: ignore[arg-type]


def _analyzed(image: Image, analysis: Analysis, thumbnail: str) -> Image:
    return replace(
        image,
        status=Status.ANALYZED,
        format=analysis.format,
        width=analysis.width,
        height=analysis.height,
        labels=analysis.labels,
        model_version=analysis.model_version,
        thumbnail=thumbnail,
        # Also where an interrupted delivery made the analysis, so that a call is never counted for nobody.
        effort=Effort.DETECTED if analysis.thumbnail == thumbnail else Effort.REUSED,
    )
