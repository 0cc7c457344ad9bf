"""Update the catalog's record of one image to match the bucket.

An event is only a hint. A delivery reads the record first and then the current object. So the last writer has read the
newest object, in whatever order and however often the events arrive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from viewfinder.domain import formats
from viewfinder.domain.analysis import Analysis
from viewfinder.domain.capture_time import dated
from viewfinder.domain.errors import CatalogConflictError, ImageRejectedError, ObjectNotFoundError, failure_reason
from viewfinder.domain.face_words import apply_words
from viewfinder.domain.feature import Feature, Findings, Parameters, Stage
from viewfinder.domain.image import (
    DELETED,
    UNREADABLE,
    Effort,
    Facts,
    Image,
    ImageEvent,
    Status,
    is_accounted_for,
    later_sequencer,
)
from viewfinder.domain.label import NO_CORRECTIONS
from viewfinder.domain.lease import Lease
from viewfinder.domain.likeness import NO_LIKENESS
from viewfinder.domain.screen import needs_screen, screen_key
from viewfinder.domain.thumbnail import outdated_thumbnails, thumbnail_key, thumbnail_prefix
from viewfinder.observability import span
from viewfinder.ports import (
    Catalog,
    Clock,
    DerivedStore,
    Detector,
    ImageStore,
    Leases,
    PictureReader,
    Requests,
    StoredObject,
    VectorKeeping,
)
from viewfinder.usecases.analyze_content import AnalyzeContent, Analyzed, Content, Failure
from viewfinder.usecases.kept_corrections import kept_corrections, root_in
from viewfinder.usecases.side_by_side import Caller, one_by_one

_ATTEMPTS = 5
_MAX_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The current record, the work that it required, and the stage that was done.

    `failure` is that of a feature which failed for want of the detector, while others did not: it is in the record.
    """

    image: Image
    effort: Effort
    stage: Stage = Stage.FIRST
    failure: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Examined:
    """What an object's record is to be, and what there is to know of its making."""

    image: Image
    lease: Lease | None = None
    stage: Stage = Stage.FIRST
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class IndexImage:
    """Index one image.

    `max_bytes` is the size of the largest object that is fetched; `keep_location` says whether GPS positions are kept.
    `second_stage` takes images whose first features are known; without it all features are of one stage. `call` makes
    the calls of the derived bucket that do not depend on each other. `vectors` is None where none are kept.
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
    features: tuple[Feature, ...] = (Feature.LABELS,)
    keep_location: bool = False
    second_stage: Requests | None = None
    call: Caller = one_by_one
    vectors: VectorKeeping | None = None

    def run(self, event: ImageEvent) -> Outcome:
        """Process an event; raise DetectorUnavailableError, AnalysisInProgressError, MisconfiguredError or
        CatalogConflictError.

        After any error the event can be processed again: nothing needs undoing.
        """
        lease: Lease | None = None
        try:
            for _ in range(_ATTEMPTS):
                known = self.catalog.find(event.image_id)
                if known and self._is_done(event, known):
                    if event.stage is Stage.FIRST:
                        self._sweep(known)  # an earlier delivery may have been interrupted before it did
                        self._hand_on(event, known)
                    return Outcome(known, Effort.NONE, event.stage)
                examined = self._examine_current(event, known)
                lease = examined.lease or lease  # if an attempt was overtaken, the next one's record ends its lease
                try:
                    outcome = self._save(event, known, replace(examined, lease=lease))
                except CatalogConflictError:
                    continue
                lease = None
                if known and outcome.stage is Stage.FIRST:  # the other makes no thumbnail; a first record has no other
                    self._sweep(outcome.image)
                self._hand_on(event, outcome.image)
                return outcome
            raise CatalogConflictError(f"the image was written {_ATTEMPTS} times by others while it was read")
        finally:
            if lease:  # otherwise the next analysis of this content would wait until the lease expires
                self.leases.release(lease)

    def _is_done(self, event: ImageEvent, known: Image) -> bool:
        """Return whether the record accounts for the event already."""
        if event.stage is Stage.FIRST:
            return known.is_settled and _is_known(event, known) and bool(self.second_stage or not known.pending)
        # Of one that asks for new analyses the record can't tell: another request may have come between.
        return known.status.is_final and not event.analyzed_since and not self._lacks_features(known)

    def _lacks_features(self, image: Image) -> bool:
        has_all = not image.pending and {*map(str, self.features)} <= {*image.features}
        return image.status is Status.ANALYZED and not has_all

    def _hand_on(self, event: ImageEvent, image: Image) -> None:
        """Send an image to the second stage: after its record is written, so that an interruption sends it twice."""
        if image.pending and self.second_stage:
            self.second_stage.send([image.image_id], analyzed_since=event.analyzed_since)

    def record_failure(self, event: ImageEvent, error: Exception) -> Image | None:
        """Record FAILED with the error, for an event that the queue will not deliver again, and return the record.

        Return None if the record stays: another delivery has processed the event, or the event is no change (it has no
        sequencer), so the labels are still valid.
        """
        known = self.catalog.find(event.image_id)
        if event.stage is Stage.SECOND and known and known.status is Status.ANALYZED:
            return self._record_failed_stage(known, error)
        if known and known.status.is_final and (not event.sequencer or _is_known(event, known)):
            return None
        image = self._draft(event, known, Status.FAILED)
        image = replace(image, reason=failure_reason(error), message=str(error)[:_MAX_MESSAGE])
        saved = self.catalog.save(image, replacing=known)
        self._sweep(saved)
        return saved

    def _record_failed_stage(self, known: Image, error: Exception) -> Image | None:
        """Keep what the first stage found, and say why the second one failed."""
        if not known.pending:
            return None
        message = f"{', '.join(known.pending)}: {error}"[:_MAX_MESSAGE]
        image = replace(known, pending=(), reason=failure_reason(error), message=message)
        return self.catalog.save(image, replacing=known)

    def _examine_current(self, event: ImageEvent, known: Image | None) -> _Examined:
        """Return the record of the current object."""
        try:
            with span("fetch"):
                stored = self.images.fetch(event.image_id, self.max_bytes)
        except ObjectNotFoundError:
            # Written even where nothing is known: it stops a writer that still holds the object as it was.
            return _Examined(self._tombstone(event, known))
        return self._examine(event, known, stored)

    def _save(self, event: ImageEvent, known: Image | None, examined: _Examined) -> Outcome:
        """Write a record, which ends the lease; raise CatalogConflictError."""
        image = self._corrected(examined.image, known)
        if known and not event.analyzed_since and _says_the_same(image, known):
            image = replace(image, analyzed_at=known.analyzed_at)
        with span("store"):
            image = self.catalog.save(image, replacing=known, lease=examined.lease)
        failure = examined.failure.error if examined.failure and not examined.failure.is_final else None
        return Outcome(image, image.effort, examined.stage, failure)

    def _corrected(self, image: Image, known: Image | None) -> Image:
        """Give a record what persons have said of its content; the record has been read before, so this is newer."""
        held = image.corrections.about(image.content)
        if not image.is_visible or not image.sha256:
            return replace(image, corrections=held)
        stored_format = known.stored_format if known else formats.RECORD
        kept = kept_corrections(image.sha256, held, self.derived, stored_format=stored_format)
        faces = apply_words(image.findings.get(Feature.PEOPLE, ()), kept.faces, root_in(self.derived))
        people = {Feature.PEOPLE: faces} if faces else {}
        others = {feature: found for feature, found in image.findings.items() if feature is not Feature.PEOPLE}
        return replace(image, corrections=kept.labels, findings=others | people)

    def _examine(self, event: ImageEvent, known: Image | None, stored: StoredObject) -> _Examined:
        """Return the record of an object, and its lease if saving the record ends it."""
        image = self._draft(event, known, Status.REJECTED)
        image = replace(image, size=stored.size, etag=stored.etag, version_id=stored.version_id)
        is_shut = stored.is_archived or bool(stored.refusal)
        if is_shut and known and known.status is Status.ANALYZED and known.etag == stored.etag:
            # It was archived, or access to it taken away, since: all that is known still holds, and no more is to come.
            return _Examined(replace(known, sequencer=image.sequencer, effort=Effort.RECORD, pending=()))
        try:
            content = self._readable(stored)
            image = replace(image, sha256=hashlib.sha256(content).hexdigest())
            if known and event.stage is Stage.SECOND and self._is_second_stage_of(known, image.sha256):
                return self._second(event, known, Content(content, image.sha256, known.thumbnail), image)
            thumbnail = thumbnail_key(event.image_id, known.version if known else 0, image.sha256)
            return self._first(event, Content(content, image.sha256, thumbnail), image, stored.modified)
        except ImageRejectedError as rejection:
            return _Examined(replace(image, reason=rejection.reason, message=str(rejection)[:_MAX_MESSAGE]))

    def _readable(self, stored: StoredObject) -> bytes:
        """Return the bytes of an object; raise ImageRejectedError."""
        if stored.is_archived:
            raise ImageRejectedError("ARCHIVED", "the object is archived; it is analysed when it is restored")
        if stored.refusal:
            raise ImageRejectedError(stored.refusal, UNREADABLE[stored.refusal])
        if stored.content is None:
            raise ImageRejectedError("OBJECT_TOO_LARGE", f"the object has more than {self.max_bytes:,} bytes")
        return stored.content

    def _is_second_stage_of(self, known: Image, sha256: str) -> bool:
        """Return whether the record has the first stage of this content: else that is to be done."""
        is_current = known.stored_format == formats.RECORD and known.sha256 == sha256
        has_first = {*map(str, self._contents.of_stage(Stage.FIRST))} <= {*known.features}
        return bool(self.second_stage) and is_current and known.status is Status.ANALYZED and has_first

    def _first(self, event: ImageEvent, content: Content, image: Image, modified: float | None) -> _Examined:
        done = self._contents.first(event, content)
        labels = done.analyses[Feature.LABELS]
        facts = self._contents.kept(labels.facts or Facts())
        facts = dated(facts, event.image_id, modified, self.clock.now())
        has_screen = needs_screen(labels.format, labels.width, labels.height, len(content.original))
        # The draft's time is before any detection of this delivery, even if the event's clock is ahead of ours.
        has_calls = _has_calls(done.analyses, content.thumbnail, since=min(event.sent_at, image.analyzed_at))
        image = replace(
            image,
            status=Status.ANALYZED,
            format=labels.format,
            width=labels.width,
            height=labels.height,
            findings=_composed({feature: each.findings for feature, each in done.analyses.items() if each.findings}),
            features=tuple(str(feature) for feature in Feature if feature in done.analyses),
            pending=tuple(map(str, done.pending)),
            model_version=labels.model_version,
            thumbnail=content.thumbnail,
            screen=screen_key(content.thumbnail) if has_screen else "",
            facts=facts,
            likeness=labels.likeness or NO_LIKENESS,
            effort=Effort.DETECTED if has_calls else Effort.REUSED,
        )
        return self._concluded(image, done, Stage.FIRST)

    def _second(self, event: ImageEvent, known: Image, content: Content, image: Image) -> _Examined:
        """Add to a record what the second stage finds; the image keeps its place among the newest."""
        done = self._contents.second(event, content, known)
        found = {feature: analysis.findings for feature, analysis in done.analyses.items()}
        was_detected = bool(known.pending) and known.effort is Effort.DETECTED  # by its first stage
        image = replace(
            known,
            sequencer=image.sequencer,
            version_id=image.version_id,
            etag=image.etag,
            findings=_composed({feature: each for feature, each in {**known.findings, **found}.items() if each}),
            features=tuple(str(each) for each in Feature if each in done.analyses or each in known.features),
            pending=(),
            reason="",
            message="",
            effort=Effort.DETECTED if done.is_new or was_detected else Effort.REUSED,
        )
        return self._concluded(image, done, Stage.SECOND)

    def _concluded(self, image: Image, done: Analyzed, stage: Stage) -> _Examined:
        if done.failure:
            message = f"{done.failure.feature}: {done.failure.error}"[:_MAX_MESSAGE]
            image = replace(image, reason=done.failure.reason, message=message)
        return _Examined(image, done.lease, stage, done.failure)

    @property
    def _contents(self) -> AnalyzeContent:
        return AnalyzeContent(
            self.derived,
            self.pictures,
            self.detector,
            self.leases,
            self.clock,
            self.parameters,
            self.features,
            has_two_stages=self.second_stage is not None,
            keep_location=self.keep_location,
            call=self.call,
            vectors=self.vectors,
        )

    def _draft(self, event: ImageEvent, known: Image | None, status: Status) -> Image:
        return Image(
            image_id=event.image_id,
            status=status,
            sequencer=later_sequencer(event.sequencer, known.sequencer if known else ""),
            analyzed_at=self.clock.now(),
            corrections=known.corrections if known else NO_CORRECTIONS,
        )

    def _tombstone(self, event: ImageEvent, known: Image | None) -> Image:
        """Return the tombstone of a removed object, which expires when the object can no longer be restored."""
        image = self._draft(event, known, Status.REMOVED)
        if known is None:
            return image
        reason = DELETED if known.is_visible else known.reason
        image = replace(image, reason=reason, size=known.size, version_id=known.version_id)
        return replace(image, etag=known.etag, sha256=known.sha256)

    def _sweep(self, image: Image) -> None:
        """Delete thumbnails left by earlier records and interrupted deliveries."""
        keys = self.derived.list_thumbnails(thumbnail_prefix(image.image_id))
        self.derived.delete_thumbnails(outdated_thumbnails(image, keys))


def _is_known(event: ImageEvent, known: Image) -> bool:
    return is_accounted_for(event.sequencer, known.sequencer)


_BOOKKEEPING = (
    *("sequencer", "analyzed_at", "thumbnail", "screen", "effort", "version", "version_id", "stored_format"),
    "corrections",  # a correction is no analysis
    "likeness",  # it follows from the content, and a later release may compute another one
)
_FURTHER = ("features", "pending", "reason", "message")


def _says_the_same(image: Image, known: Image) -> bool:
    """Return whether an image keeps its place among the newest.

    It does where the records differ in their bookkeeping only, and in what was found beside the labels.
    """
    return _essence(image) == _essence(known)


def _essence(image: Image) -> Image:
    if image.status is Status.ANALYZED:
        image = replace(image, findings={Feature.LABELS: image.labels}, **dict.fromkeys(_FURTHER, ""))  # type: ignore[arg-type]
    return replace(image, **dict.fromkeys(_BOOKKEEPING, ""))  # type: ignore[arg-type]


def _has_calls(analyses: Mapping[Feature, Analysis], thumbnail: str, *, since: str) -> bool:
    """Return whether a delivery of the event, sent then, called the detector; an interrupted delivery counts too.

    An analysis of this image made before the event is that of a lost record.
    """
    return any(analysis.thumbnail == thumbnail and analysis.analyzed_at >= since for analysis in analyses.values())


def _composed(findings: Findings) -> Findings:
    """Return the findings with names of labels in NFC, whatever a detector writes."""
    labels = findings.get(Feature.LABELS, ())
    return {**findings, Feature.LABELS: tuple(label.composed() for label in labels)} if labels else findings
