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
from viewfinder.domain.errors import (
    AnalysisInProgressError,
    CatalogConflictError,
    DetectorUnavailableError,
    ImageRejectedError,
    ObjectNotFoundError,
    failure_reason,
)
from viewfinder.domain.face_words import apply_words
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import (
    DELETED,
    UNREADABLE,
    Effort,
    Facts,
    Image,
    ImageEvent,
    Picture,
    Status,
    is_accounted_for,
    later_sequencer,
)
from viewfinder.domain.label import NO_CORRECTIONS
from viewfinder.domain.lease import Lease
from viewfinder.domain.screen import needs_screen, screen_key
from viewfinder.domain.thumbnail import outdated_thumbnails, thumbnail_key, thumbnail_prefix
from viewfinder.observability import span, timed
from viewfinder.ports import Catalog, Clock, DerivedStore, Detector, ImageStore, Leases, PictureReader, StoredObject
from viewfinder.usecases.kept_corrections import kept_corrections

Analyses = Mapping[Feature, Analysis]

_ATTEMPTS = 5
_MAX_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The current record, and the work that it required."""

    image: Image
    effort: Effort


@dataclass(frozen=True, slots=True)
class _Content:
    """An object's bytes, their digest, and the key that its thumbnail gets."""

    original: bytes
    sha256: str
    thumbnail: str


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
    features: tuple[Feature, ...] = (Feature.LABELS,)
    keep_location: bool = False

    def run(self, event: ImageEvent) -> Outcome:
        """Process an event; raise DetectorUnavailableError, AnalysisInProgressError, MisconfiguredError or
        CatalogConflictError.

        After any error the event can be processed again: nothing needs undoing.
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

        Return None if the record stays: another delivery has processed the event, or the event is no change (it has no
        sequencer), so the labels are still valid.
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
        """Write the record of the current object."""
        lease = None
        try:
            with span("fetch"):
                stored = self.images.fetch(event.image_id, self.max_bytes)
        except ObjectNotFoundError:
            # Written even where nothing is known: it stops a writer that still holds the object as it was.
            image = self._tombstone(event, known)
        else:
            image, lease = self._examine(event, known, stored)
        image = self._corrected(image, known)
        if known and not event.analyzed_since and _says_the_same(image, known):
            image = replace(image, analyzed_at=known.analyzed_at)
        with span("store"):
            return self.catalog.save(image, replacing=known, lease=lease)

    def _corrected(self, image: Image, known: Image | None) -> Image:
        """Give a record what persons have said of its content; the record has been read before, so this is newer."""
        held = image.corrections.about(image.content)
        if not image.is_visible or not image.sha256:
            return replace(image, corrections=held)
        stored_format = known.stored_format if known else formats.RECORD
        kept = kept_corrections(image.sha256, held, self.derived, stored_format=stored_format)
        faces = apply_words(image.findings.get(Feature.PEOPLE, ()), kept.faces)
        people = {Feature.PEOPLE: faces} if faces else {}
        others = {feature: found for feature, found in image.findings.items() if feature is not Feature.PEOPLE}
        return replace(image, corrections=kept.labels, findings=others | people)

    def _examine(self, event: ImageEvent, known: Image | None, stored: StoredObject) -> tuple[Image, Lease | None]:
        """Return the record of an object, and its lease if saving the record ends it."""
        image = self._draft(event, known, Status.REJECTED)
        image = replace(image, size=stored.size, etag=stored.etag, version_id=stored.version_id)
        is_shut = stored.is_archived or bool(stored.refusal)
        if is_shut and known and known.status is Status.ANALYZED and known.etag == stored.etag:
            # It was archived, or access to it taken away, since: all that is known still holds.
            return replace(known, sequencer=image.sequencer, effort=Effort.RECORD), None
        try:
            if stored.is_archived:
                raise ImageRejectedError("ARCHIVED", "the object is archived; it is analysed when it is restored")
            if stored.refusal:
                raise ImageRejectedError(stored.refusal, UNREADABLE[stored.refusal])
            if stored.content is None:
                raise ImageRejectedError("OBJECT_TOO_LARGE", f"the object has more than {self.max_bytes:,} bytes")
            sha256 = hashlib.sha256(stored.content).hexdigest()
            image = replace(image, sha256=sha256)
            thumbnail = thumbnail_key(event.image_id, known.version if known else 0, sha256)
            analyses, lease = self._analyze(event, _Content(stored.content, sha256, thumbnail))
        except ImageRejectedError as rejection:
            return replace(image, reason=rejection.reason, message=str(rejection)[:_MAX_MESSAGE]), None
        facts = self._kept(analyses[Feature.LABELS].facts or Facts())
        facts = dated(facts, event.image_id, stored.modified, self.clock.now())
        screen = screen_key(thumbnail) if _needs_screen(analyses[Feature.LABELS], len(stored.content)) else ""
        image = replace(_analyzed(image, analyses, thumbnail), screen=screen, facts=facts)
        return image, lease and lease.done(min(analysis.analyzed_at for analysis in analyses.values()))

    def _analyze(self, event: ImageEvent, content: _Content) -> tuple[Analyses, Lease | None]:
        """Return the analyses of the content, known or new, put the thumbnail, and keep the lease on new ones."""
        lease, known = None, self._known_analyses(event, content)
        if not self._are_complete(known):
            lease = self.leases.claim(self._lease_name(content), since=event.analyzed_since)
            if lease is None or lease.is_inherited:
                known = self._known_analyses(event, content)
        if not self._are_complete(known):
            return self._detect_alone(event, content, known, lease)
        if not self._copy_renditions(known[Feature.LABELS], content):
            self._put_renditions(self.pictures.read(content.original), content)
        return known, lease

    def _copy_renditions(self, known: Analysis, content: _Content) -> bool:
        """Copy those of the image that was analysed first; False where one of them is gone, or was never made."""
        copies = {known.thumbnail: content.thumbnail}
        if _needs_screen(known, len(content.original)):
            copies[screen_key(known.thumbnail)] = screen_key(content.thumbnail)
        return all(self.derived.copy_thumbnail(source, key) for source, key in copies.items())

    def _put_renditions(self, picture: Picture, content: _Content) -> None:
        self.derived.put_thumbnail(content.thumbnail, picture.thumbnail)
        if picture.screen:
            self.derived.put_thumbnail(screen_key(content.thumbnail), picture.screen)

    def _known_analyses(self, event: ImageEvent, content: _Content) -> Analyses:
        found = {feature: self.derived.find_analysis(self._asked(feature), content.sha256) for feature in self.features}
        return {
            feature: self._brought_up(analysis, content)
            for feature, analysis in found.items()
            if analysis and analysis.analyzed_at >= event.analyzed_since
        }

    def _brought_up(self, analysis: Analysis, content: _Content) -> Analysis:
        """Return an analysis of an older format in today's, without a detector call: its picture has what it lacks."""
        if analysis.stored_format == formats.ANALYSIS:
            return analysis
        facts = self._kept(self.pictures.read(content.original).facts) if analysis.facts is None else analysis.facts
        current = replace(analysis, facts=facts, stored_format=formats.ANALYSIS)
        if not self.parameters.former:  # else it may be of an older version, whose place is another
            self.derived.save_analysis(self._asked(analysis.feature), current)
        return current

    def _are_complete(self, analyses: Analyses) -> bool:
        return all(feature in analyses for feature in self.features)

    def _detect_alone(
        self, event: ImageEvent, content: _Content, known: Analyses, lease: Lease | None
    ) -> tuple[Analyses, Lease | None]:
        if lease is None:
            raise AnalysisInProgressError("the content was analysed a moment ago, and its analysis is gone")
        try:
            analyses = self._detect(event, content, known)
        except Exception:
            self.leases.release(lease)
            raise
        if self._are_complete(analyses):
            return analyses, lease
        self.leases.release(lease)
        return analyses, None

    def _detect(self, event: ImageEvent, content: _Content, known: Analyses) -> Analyses:
        """Detect each missing feature; store each answer at once, so that a failure loses no other answer."""
        with span("decode"):
            picture = self.pictures.read(content.original)
        analyses = dict(known)
        for feature in self.features:
            if feature in known:
                continue
            try:
                analyses[feature] = self._ask(feature, picture, content)
            except DetectorUnavailableError:
                if feature is Feature.LABELS or not event.last_delivery:
                    raise
        self._put_renditions(picture, content)
        return analyses

    def _ask(self, feature: Feature, picture: Picture, content: _Content) -> Analysis:
        with span("detect" if feature is Feature.LABELS else f"detect {feature.lower()}"), timed("DetectorLatency"):
            detection = self.detector.detect(picture.rendition, replace(self._asked(feature), content=content.sha256))
        analysis = Analysis(
            sha256=content.sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            model_version=detection.model_version,
            thumbnail=content.thumbnail,
            analyzed_at=self.clock.now(),
            feature=feature,
            findings=detection.findings,
            facts=self._kept(picture.facts),
        )
        self.derived.save_analysis(self._asked(feature), analysis)
        return analysis

    def _asked(self, feature: Feature) -> Parameters:
        return replace(self.parameters, feature=feature)

    def _lease_name(self, content: _Content) -> str:
        """Name the features as well: a lease that is done tells others to look for all their analyses."""
        return f"{self.parameters}-{'-'.join(self.features).lower()}/{content.sha256}"

    def _kept(self, facts: Facts) -> Facts:
        return facts if self.keep_location else replace(facts, location=None)

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
)


def _says_the_same(image: Image, known: Image) -> bool:
    """Return whether the records differ in their bookkeeping only: then the image keeps its place among the newest."""
    bookkeeping = dict.fromkeys(_BOOKKEEPING, "")
    return replace(image, **bookkeeping) == replace(known, **bookkeeping)  # type: ignore[arg-type]


def _needs_screen(analysis: Analysis, size: int) -> bool:
    return needs_screen(analysis.format, analysis.width, analysis.height, size)


def _analyzed(image: Image, analyses: Analyses, thumbnail: str) -> Image:
    labels = analyses[Feature.LABELS]
    # Also where an interrupted delivery made an analysis, so that no call goes uncounted.
    calls = sum(analysis.thumbnail == thumbnail for analysis in analyses.values())
    return replace(
        image,
        status=Status.ANALYZED,
        format=labels.format,
        width=labels.width,
        height=labels.height,
        findings={feature: analysis.findings for feature, analysis in analyses.items() if analysis.findings},
        features=tuple(str(feature) for feature in analyses),
        model_version=labels.model_version,
        thumbnail=thumbnail,
        effort=Effort.DETECTED if calls else Effort.REUSED,
    )
