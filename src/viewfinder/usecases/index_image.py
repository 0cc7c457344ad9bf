"""Makes the catalog agree with the bucket for one image.

An event is a hint. What counts is the object as it is now, read after the record that is to be replaced: whoever writes
last has then also looked last, in whatever order, and however often, the events arrive.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from viewfinder.domain.analysis import Analysis, Parameters
from viewfinder.domain.errors import (
    CatalogConflictError,
    ImageRejectedError,
    ObjectNotFoundError,
    failure_reason,
)
from viewfinder.domain.image import (
    Effort,
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
from viewfinder.ports import Catalog, Clock, DerivedStore, Detector, ImageStore, Leases, PictureReader, StoredObject

_ATTEMPTS = 5
_MAX_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record as it stands, and what that took."""

    image: Image
    effort: Effort


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything that indexing an image needs; `max_bytes` is the largest object that is fetched."""

    images: ImageStore
    derived: DerivedStore
    pictures: PictureReader
    detector: Detector
    catalog: Catalog
    leases: Leases
    clock: Clock
    parameters: Parameters
    max_bytes: int


def index_image(event: ImageEvent, pipeline: Pipeline) -> Outcome:
    """Answer an event; raise DetectorUnavailableError, AnalysisInProgressError, MisconfiguredError or
    CatalogConflictError.

    Whatever is raised, the event can be answered again: nothing it did needs undoing.
    """
    for _ in range(_ATTEMPTS):
        known = pipeline.catalog.find(event.image_id)
        if known and known.status.is_final and is_accounted_for(event.sequencer, known.sequencer):
            _sweep(known, pipeline)  # an earlier delivery may have been interrupted before it did
            return Outcome(known, Effort.NONE)
        try:
            image = _reflect(event, known, pipeline)
        except CatalogConflictError:
            continue
        if known:  # a first record has nothing to sweep, or another event is on its way
            _sweep(image, pipeline)
        return Outcome(image, image.effort)
    raise CatalogConflictError(f"the image was written {_ATTEMPTS} times by others while it was read")


def record_failure(event: ImageEvent, error: Exception, pipeline: Pipeline) -> Image | None:
    """Record FAILED with the error, for an event that the queue will not deliver again, and return the record.

    None where the record stays: someone else has accounted for the event, or the event says of no change (it has no
    sequencer), so that the labels are still those of the object.
    """
    known = pipeline.catalog.find(event.image_id)
    if known and known.status.is_final and (not event.sequencer or is_accounted_for(event.sequencer, known.sequencer)):
        return None
    image = _draft(event, known, pipeline, Status.FAILED)
    image = replace(image, reason=failure_reason(error), message=str(error)[:_MAX_MESSAGE])
    saved = pipeline.catalog.save(image, replacing=known)
    _sweep(saved, pipeline)
    return saved


def _reflect(event: ImageEvent, known: Image | None, pipeline: Pipeline) -> Image:
    """Write the record that the object as it is now deserves."""
    try:
        with span("fetch"):
            stored = pipeline.images.fetch(event.image_id, pipeline.max_bytes)
    except ObjectNotFoundError:
        # Written even where nothing is known: it stops a writer that still holds the object as it was.
        image = _draft(event, known, pipeline, Status.REMOVED)
    else:
        image = _examine(event, known, stored, pipeline)
    with span("store"):
        return pipeline.catalog.save(image, replacing=known)


def _examine(event: ImageEvent, known: Image | None, stored: StoredObject, pipeline: Pipeline) -> Image:
    image = replace(_draft(event, known, pipeline, Status.REJECTED), size=stored.size, etag=stored.etag)
    try:
        if stored.content is None:
            raise ImageRejectedError("OBJECT_TOO_LARGE", f"the object has more than {pipeline.max_bytes:,} bytes")
        sha256 = hashlib.sha256(stored.content).hexdigest()
        image = replace(image, sha256=sha256)
        thumbnail = thumbnail_key(event.image_id, known.version if known else 0, sha256)
        analysis = _analyze(event, sha256, stored.content, thumbnail, pipeline)
    except ImageRejectedError as rejection:
        return replace(image, reason=rejection.reason, message=str(rejection)[:_MAX_MESSAGE])
    return _analyzed(image, analysis, thumbnail)


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


def _analyze(event: ImageEvent, sha256: str, content: bytes, thumbnail: str, pipeline: Pipeline) -> Analysis:
    """Return the analysis of the content, known or new, and put the thumbnail."""
    analysis = _known_analysis(event, sha256, pipeline)
    if analysis is None:
        with pipeline.leases.held(f"{pipeline.parameters}/{sha256}"):
            # Whoever held the lease before us may have made it.
            analysis = _known_analysis(event, sha256, pipeline)
            if analysis is None:
                return _detect(sha256, content, thumbnail, pipeline)
    if not pipeline.derived.copy_thumbnail(analysis.thumbnail, thumbnail):
        pipeline.derived.put_thumbnail(thumbnail, pipeline.pictures.read(content).thumbnail)
    return analysis


def _known_analysis(event: ImageEvent, sha256: str, pipeline: Pipeline) -> Analysis | None:
    analysis = pipeline.derived.find_analysis(pipeline.parameters, sha256)
    return analysis if analysis and analysis.analyzed_at >= event.analyzed_since else None


def _detect(sha256: str, content: bytes, thumbnail: str, pipeline: Pipeline) -> Analysis:
    with span("decode"):
        picture = pipeline.pictures.read(content)
    with span("detect"), timed("DetectorLatency"):
        detection = pipeline.detector.detect(picture.rendition, pipeline.parameters)
    analysis = Analysis(
        sha256=sha256,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        model_version=detection.model_version,
        labels=detection.labels,
        thumbnail=thumbnail,
        analyzed_at=pipeline.clock.now(),
    )
    pipeline.derived.save_analysis(pipeline.parameters, analysis)
    pipeline.derived.put_thumbnail(thumbnail, picture.thumbnail)
    return analysis


def _draft(event: ImageEvent, known: Image | None, pipeline: Pipeline, status: Status) -> Image:
    return Image(
        image_id=event.image_id,
        status=status,
        sequencer=later_sequencer(event.sequencer, known.sequencer if known else ""),
        analyzed_at=pipeline.clock.now(),
    )


def _sweep(image: Image, pipeline: Pipeline) -> None:
    """Delete what earlier records, and deliveries that were interrupted, left behind."""
    keys = pipeline.derived.list_thumbnails(thumbnail_prefix(image.image_id))
    pipeline.derived.delete_thumbnails(outdated_thumbnails(image, keys))
