"""Makes the catalog agree with the bucket for one image.

An event is a hint. What counts is the object as it is now, read after the record that is to be replaced: whoever writes
last has then also looked last, in whatever order, and however often, the events arrive.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from viewfinder.domain.analysis import Analysis, Parameters
from viewfinder.domain.errors import CatalogConflictError, ImageRejectedError, ObjectNotFoundError
from viewfinder.domain.event import ImageEvent, is_accounted_for, later_sequencer
from viewfinder.domain.image import Effort, Image, Status, thumbnail_key
from viewfinder.observability import span, timed
from viewfinder.ports import Catalog, Clock, DerivedStore, Detector, ImageStore, PictureReader, StoredObject

_ATTEMPTS = 5


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
    clock: Clock
    parameters: Parameters
    max_bytes: int


def index_image(event: ImageEvent, pipeline: Pipeline) -> Outcome:
    """Answers an event; raises DetectorUnavailableError, MisconfiguredError or CatalogConflictError.

    Whatever is raised, the event can be answered again: nothing it did needs undoing.
    """
    for _ in range(_ATTEMPTS):
        known = pipeline.catalog.find(event.image_id)
        if known and known.status.is_final and is_accounted_for(event.sequencer, known.sequencer):
            pipeline.derived.delete_thumbnails(_useless(event, known, known.superseded))
            return Outcome(known, Effort.NONE)
        try:
            return _reflect(event, known, pipeline)
        except CatalogConflictError:
            continue
    raise CatalogConflictError(f"the image was written {_ATTEMPTS} times by others while it was read")


def record_failure(event: ImageEvent, error: Exception, pipeline: Pipeline) -> None:
    """Records FAILED with the error, for an event that the queue will not deliver again.

    Labels that are still those of the object stay: an event without a sequencer says of no change.
    """
    known = pipeline.catalog.find(event.image_id)
    if known and known.status.is_final and (not event.sequencer or is_accounted_for(event.sequencer, known.sequencer)):
        return
    image = _draft(event, known, pipeline, Status.FAILED)
    image = replace(image, reason=type(error).__name__.removesuffix("Error"), message=str(error)[:1000])
    _save(event, image, known, pipeline)


def _reflect(event: ImageEvent, known: Image | None, pipeline: Pipeline) -> Outcome:
    if known:
        pipeline.derived.delete_thumbnails(known.superseded)
    try:
        with span("fetch"):
            stored = pipeline.images.fetch(event.image_id, pipeline.max_bytes)
    except ObjectNotFoundError:
        # Written even where nothing is known: it stops a writer that still holds the object as it was.
        image, effort = _draft(event, known, pipeline, Status.REMOVED), Effort.RECORD
    else:
        image, effort = _examine(event, known, stored, pipeline)
    with span("store"):
        return Outcome(_save(event, image, known, pipeline), effort)


def _examine(event: ImageEvent, known: Image | None, stored: StoredObject, pipeline: Pipeline) -> tuple[Image, Effort]:
    image = replace(_draft(event, known, pipeline, Status.REJECTED), size=stored.size, etag=stored.etag)
    try:
        if stored.content is None:
            raise ImageRejectedError("OBJECT_TOO_LARGE", f"the object has more than {pipeline.max_bytes:,} bytes")
        image = replace(image, sha256=hashlib.sha256(stored.content).hexdigest())
        analysis, effort = _analyze(event, image.sha256, stored.content, pipeline)
    except ImageRejectedError as rejection:
        return replace(image, reason=rejection.reason, message=str(rejection)), Effort.RECORD
    return replace(_analyzed(image, analysis, thumbnail_key(event.image_id, event.event_id)), effort=effort), effort


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
    )


def _analyze(event: ImageEvent, sha256: str, content: bytes, pipeline: Pipeline) -> tuple[Analysis, Effort]:
    """Gives the analysis of the content, known or new, and puts the event's thumbnail."""
    key = thumbnail_key(event.image_id, event.event_id)
    analysis = pipeline.derived.find_analysis(pipeline.parameters, sha256)
    if analysis and analysis.analyzed_at >= event.analyzed_since:
        if not pipeline.derived.copy_thumbnail(analysis.thumbnail, key):
            pipeline.derived.put_thumbnail(key, pipeline.pictures.read(content).thumbnail)
        return analysis, Effort.REUSED
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
        thumbnail=key,
        analyzed_at=pipeline.clock.now(),
    )
    pipeline.derived.save_analysis(pipeline.parameters, analysis)
    pipeline.derived.put_thumbnail(key, picture.thumbnail)
    return analysis, Effort.DETECTED


def _draft(event: ImageEvent, known: Image | None, pipeline: Pipeline, status: Status) -> Image:
    return Image(
        image_id=event.image_id,
        status=status,
        sequencer=later_sequencer(event.sequencer, known.sequencer if known else ""),
        analyzed_at=pipeline.clock.now(),
    )


def _save(event: ImageEvent, image: Image, known: Image | None, pipeline: Pipeline) -> Image:
    superseded = _useless(event, image, (known.thumbnail,) if known else ())
    saved = pipeline.catalog.save(replace(image, superseded=superseded), replacing=known)
    pipeline.derived.delete_thumbnails(superseded)
    return saved


def _useless(event: ImageEvent, image: Image, others: tuple[str, ...]) -> tuple[str, ...]:
    """Gives those of the thumbnails, the event's own among them, that the record does not name."""
    own = thumbnail_key(event.image_id, event.event_id)
    return tuple(sorted({key for key in (own, *others) if key and key != image.thumbnail}))
