"""The analyses of one content: those that are kept, and those that a delivery adds.

Each feature's analysis is an object of its own in the derived bucket, stored as soon as the detector has answered. So
an interruption loses the call that was under way, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from viewfinder.domain import formats
from viewfinder.domain.analysis import Analysis, Detection
from viewfinder.domain.errors import (
    AnalysisInProgressError,
    DetectorUnavailableError,
    ImageRejectedError,
    MisconfiguredError,
    ViewfinderError,
    failure_reason,
)
from viewfinder.domain.feature import FEATURES, Feature, Parameters, Stage
from viewfinder.domain.image import Facts, Image, ImageEvent, Picture
from viewfinder.domain.lease import Lease
from viewfinder.domain.screen import needs_screen, screen_key
from viewfinder.domain.vector import MODEL, Vector
from viewfinder.observability import logger, span, timed
from viewfinder.ports import Clock, DerivedStore, Detector, Leases, PictureReader, VectorKeeping
from viewfinder.usecases.side_by_side import Caller, one_by_one

Analyses = Mapping[Feature, Analysis]

_FORMAT_OF_LIKENESS = 2
"""The format of analyses since which they say how the picture looks."""

_FORMAT_OF_VECTORS = 3
"""The format since which they have the vector that the detector gave, if it gave one."""


@dataclass(frozen=True, slots=True)
class Content:
    """An object's bytes, their digest, and the key that its thumbnail has or gets."""

    original: bytes
    sha256: str
    thumbnail: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A feature that failed while others did not."""

    feature: Feature
    error: DetectorUnavailableError | ImageRejectedError

    @property
    def is_final(self) -> bool:
        """Whether the detector refused the picture."""
        return isinstance(self.error, ImageRejectedError)

    @property
    def reason(self) -> str:
        """The reason code."""
        return self.error.reason if isinstance(self.error, ImageRejectedError) else failure_reason(self.error)


@dataclass(frozen=True, slots=True)
class Analyzed:
    """The analyses of a content, the features that the second stage is to add, and the first feature that failed.

    `lease` is done, and ends with the record that is written; `is_new` says whether the detector was asked.
    """

    analyses: Analyses
    pending: Sequence[Feature] = ()
    lease: Lease | None = None
    failure: Failure | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class AnalyzeContent:
    """Analyse contents, each once, whatever the number of functions that want to; in two stages, or in one.

    `call` makes the calls of the derived bucket that do not depend on each other. `vectors` is None if none are kept.
    """

    derived: DerivedStore
    pictures: PictureReader
    detector: Detector
    leases: Leases
    clock: Clock
    parameters: Parameters
    features: tuple[Feature, ...]
    has_two_stages: bool
    keep_location: bool
    call: Caller = one_by_one
    vectors: VectorKeeping | None = None

    def first(self, event: ImageEvent, content: Content) -> Analyzed:
        """Return the analyses of the first stage, known or new, with its renditions stored.

        Of the second stage they have what is known already. What is not, or is too old for the event, is pending.
        """
        asked = self.of_stage(Stage.FIRST)
        known, lease = self._known_or_leased(event, content, asked)
        with self._released_by_failure(lease):
            if self._lacking(asked, known, event):
                known = {**known, **(self._find(event, content, self.of_stage(Stage.SECOND)) if known else {})}
                done = self._detect_alone(event, content, known, asked, lease)
            else:
                known = {**known, **self._find(event, content, self.of_stage(Stage.SECOND))}
                if not self._copy_renditions(known[Feature.LABELS], content):
                    self._put_renditions(self.pictures.read(content.original), content)
                done = Analyzed(known, lease=lease and _done(lease, asked, known))
            self._keep_vector(done.analyses[Feature.LABELS])
        return replace(done, pending=self._lacking(self.of_stage(Stage.SECOND), known, event))

    def second(self, event: ImageEvent, content: Content, image: Image) -> Analyzed:
        """Return the analyses of the second stage, known or new, of the content that the record tells of."""
        asked = self.of_stage(Stage.SECOND)
        known, lease = self._known_or_leased(event, content, asked)
        if not self._lacking(asked, known, event):
            return Analyzed(known, lease=lease and _done(lease, asked, known))
        with self._released_by_failure(lease):
            return self._detect_alone(event, content, known, asked, lease, image=image)

    def of_stage(self, stage: Stage) -> tuple[Feature, ...]:
        """Return the features of a stage; where there is but one stage, all are of the first."""
        if not self.has_two_stages:
            return self.features if stage is Stage.FIRST else ()
        return tuple(feature for feature in self.features if FEATURES[feature].stage is stage)

    def kept(self, facts: Facts) -> Facts:
        """Return the facts without the place, unless the operator wants it."""
        return facts if self.keep_location else replace(facts, location=None)

    def _known_or_leased(
        self, event: ImageEvent, content: Content, asked: Sequence[Feature]
    ) -> tuple[Analyses, Lease | None]:
        """Return the known analyses; where one is lacking with the lease, unless another holder has done the work."""
        known = self._find(event, content, asked)
        if not self._lacking(asked, known, event):
            return known, None
        lease = self.leases.claim(self._lease_name(asked, content), since=event.analyzed_since)
        return (self._find(event, content, asked) if lease is None or lease.is_inherited else known), lease

    def _find(self, event: ImageEvent, content: Content, features: Iterable[Feature]) -> Analyses:
        wanted = list(features)
        found = self.call([partial(self.derived.find_analysis, self._asked(each), content.sha256) for each in wanted])
        pairs = zip(wanted, found, strict=True)
        return {feature: self._brought_up(event, analysis, content) for feature, analysis in pairs if analysis}

    def _lacking(self, asked: Sequence[Feature], known: Analyses, event: ImageEvent) -> tuple[Feature, ...]:
        """Return the features of which no analysis is known that is new enough for the event."""
        since = event.analyzed_since
        return tuple(each for each in asked if each not in known or known[each].analyzed_at < since)

    def _brought_up(self, event: ImageEvent, analysis: Analysis, content: Content) -> Analysis:
        """Return an analysis of an older format in today's, without a detector call: its picture has what it lacks."""
        current = replace(analysis, stored_format=formats.ANALYSIS)
        if analysis.stored_format < _FORMAT_OF_LIKENESS and (
            analysis.facts is None or analysis.feature is Feature.LABELS
        ):
            picture = self.pictures.read(content.original)
            facts = self.kept(picture.facts) if analysis.facts is None else analysis.facts
            current = replace(current, facts=facts, likeness=picture.likeness)
        if analysis.feature is Feature.LABELS and self._lacks_vector(analysis):
            vector = self._new_vector(event, self.pictures.rendition(content.original))
            current = replace(current, vector=vector or analysis.vector)
        if current == analysis:
            return analysis
        if not self.parameters.former:  # else it may be of an older version, whose place is another
            self.derived.save_analysis(self._asked(analysis.feature), current)
        return current

    def _lacks_vector(self, analysis: Analysis) -> bool:
        """Return whether a known analysis has no vector of the stack's model, and one can be made.

        A detector that gave none, in a format that has vectors, is not asked for one again.
        """
        if self.vectors is None or self.vectors.maker is None:
            return False
        model = analysis.vector.model if analysis.vector else MODEL
        return analysis.stored_format < _FORMAT_OF_VECTORS or model != self.vectors.model

    def _new_vector(self, event: ImageEvent, rendition: bytes) -> Vector | None:
        """Return the vector of a picture, None if the model refuses it; raise DetectorUnavailableError or another.

        On the last delivery an image without a vector is better than none.
        """
        if self.vectors is None or self.vectors.maker is None:
            return None
        try:
            with span("embed"):
                return self.vectors.maker.vector(rendition)
        except ImageRejectedError:
            logger.warning("the model refuses the picture: it has no vector")
        except (DetectorUnavailableError, MisconfiguredError):
            if not event.last_delivery:
                raise
            logger.exception("the picture has no vector")
        return None

    def _keep_vector(self, analysis: Analysis) -> None:
        """Keep the vector before the record is written, so that an interruption repeats it; once more does no harm."""
        if self.vectors and analysis.vector and analysis.vector.model == self.vectors.model:
            self.vectors.store.put(analysis.sha256, analysis.vector)

    def _copy_renditions(self, known: Analysis, content: Content) -> bool:
        """Copy those of the image that was analysed first; False where one of them is gone, or was never made."""
        copies = {known.thumbnail: content.thumbnail}
        if needs_screen(known.format, known.width, known.height, len(content.original)):
            copies[screen_key(known.thumbnail)] = screen_key(content.thumbnail)
        return all(self.call([partial(self.derived.copy_thumbnail, *both) for both in copies.items()]))

    def _put_renditions(self, picture: Picture, content: Content) -> None:
        renditions = {content.thumbnail: picture.thumbnail, screen_key(content.thumbnail): picture.screen}
        self.call([partial(self.derived.put_thumbnail, *both) for both in renditions.items() if both[1]])

    def _detect_alone(
        self,
        event: ImageEvent,
        content: Content,
        known: Analyses,
        asked: Sequence[Feature],
        lease: Lease | None,
        *,
        image: Image | None = None,
    ) -> Analyzed:
        """Detect what is lacking, of a content whose lease this delivery has. If a feature fails, release the lease."""
        if lease is None:
            raise AnalysisInProgressError("the content was analysed a moment ago, and its analysis is gone")
        done = self._detect(event, content, known, asked, image)
        if done.failure:
            self.leases.release(lease)
            return done
        return replace(done, lease=_done(lease, asked, done.analyses))

    @contextmanager
    def _released_by_failure(self, lease: Lease | None) -> Iterator[None]:
        """Release the lease if the work fails; otherwise the next delivery would wait until the lease expires."""
        try:
            yield
        except Exception:
            if lease:
                self.leases.release(lease)
            raise

    def _detect(
        self, event: ImageEvent, content: Content, known: Analyses, asked: Sequence[Feature], image: Image | None
    ) -> Analyzed:
        """Detect each lacking feature; of an image that has its renditions the picture is not rendered again.

        What a failed attempt has put is swept with the record that is written at last.
        """
        with span("decode"):
            shown = image or self.pictures.read(content.original)
            rendition = shown.rendition if isinstance(shown, Picture) else self.pictures.rendition(content.original)
        lacking = self._lacking(asked, known, event)
        works: list[Callable[[], Analyzed | None]] = [
            partial(self._ask_each, event, lacking, content, shown, rendition),
            *([partial(self._put_renditions, shown, content)] if isinstance(shown, Picture) else []),
        ]
        done = cast("Analyzed", self.call(works)[0])
        return replace(done, analyses={**known, **done.analyses})

    def _ask_each(
        self, event: ImageEvent, lacking: Sequence[Feature], content: Content, shown: Picture | Image, rendition: bytes
    ) -> Analyzed:
        """Ask for each lacking feature, and return these analyses.

        On the last delivery, or where the detector refuses the picture, a feature beside the labels may fail.
        """
        analyses: dict[Feature, Analysis] = {}
        failure = None
        for feature in lacking:
            try:
                detection = self._ask(feature, rendition, content)
            except (DetectorUnavailableError, ImageRejectedError) as error:
                found = Failure(feature, error)
                if feature is Feature.LABELS or not (event.last_delivery or found.is_final):
                    raise
                failure = failure or found
            else:
                detection, problem = self._embedded(event, feature, detection, rendition)
                analyses[feature] = self._stored(feature, detection, content, shown)
                if problem:
                    raise problem
        return Analyzed(analyses, failure=failure, is_new=True)

    def _embedded(
        self, event: ImageEvent, feature: Feature, detection: Detection, rendition: bytes
    ) -> tuple[Detection, ViewfinderError | None]:
        """Return an answer with a vector of the stack's model; where it can't be made now, with the error.

        What the detector said is stored before that is raised: the next delivery makes the vector alone.
        """
        has_own = detection.vector and self.vectors and detection.vector.model == self.vectors.model
        if feature is not Feature.LABELS or has_own or not (self.vectors and self.vectors.embeds):
            return detection, None
        try:
            return replace(detection, vector=self._new_vector(event, rendition)), None
        except (DetectorUnavailableError, MisconfiguredError) as error:
            return replace(detection, vector=None), error

    def _ask(self, feature: Feature, rendition: bytes, content: Content) -> Detection:
        with span("detect" if feature is Feature.LABELS else f"detect {feature.lower()}"), timed("DetectorLatency"):
            return self.detector.detect(rendition, replace(self._asked(feature), content=content.sha256))

    def _stored(self, feature: Feature, detection: Detection, content: Content, shown: Picture | Image) -> Analysis:
        """Store an answer at once, so that a failure of another feature does not lose it."""
        analysis = Analysis(
            sha256=content.sha256,
            format=shown.format,
            width=shown.width,
            height=shown.height,
            model_version=detection.model_version,
            thumbnail=content.thumbnail,
            analyzed_at=self.clock.now(),
            feature=feature,
            findings=detection.findings,
            facts=self.kept(shown.facts),
            likeness=shown.likeness,
            vector=detection.vector,
        )
        self.derived.save_analysis(self._asked(feature), analysis)
        return analysis

    def _asked(self, feature: Feature) -> Parameters:
        return replace(self.parameters, feature=feature)

    def _lease_name(self, asked: Sequence[Feature], content: Content) -> str:
        """Name the features as well: a lease that is done tells others to look for all their analyses."""
        return f"{self.parameters}-{'-'.join(asked).lower()}/{content.sha256}"


def _done(lease: Lease, asked: Sequence[Feature], analyses: Analyses) -> Lease:
    return lease.done(min(analyses[feature].analyzed_at for feature in asked))
