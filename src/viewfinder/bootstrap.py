"""The composition root: create each client once, on first use; tests pass fakes by keyword."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from viewfinder.adapters.aws import AwsClients
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.settings import Settings

if TYPE_CHECKING:
    from viewfinder import ports
    from viewfinder.adapters.detector import EngineDetector, RekognitionDetector
    from viewfinder.domain.feature import Feature, Parameters
    from viewfinder.usecases.correct_faces import CorrectingFaces
    from viewfinder.usecases.corrections import Correcting
    from viewfinder.usecases.differences import Stores
    from viewfinder.usecases.duplicates import Alike
    from viewfinder.usecases.forget_people import Forgetting
    from viewfinder.usecases.forget_unused import Unused
    from viewfinder.usecases.group_people import PeopleStores
    from viewfinder.usecases.index_image import IndexImage
    from viewfinder.usecases.people import Album
    from viewfinder.usecases.reanalyze import Limits
    from viewfinder.usecases.search_images import Search
    from viewfinder.usecases.similar import Similar
    from viewfinder.usecases.trash import Trash


class Parts(TypedDict, total=False):
    """Parts that a caller may pass instead of the defaults: clients, and fakes in tests."""

    session: Any
    endpoint_url: str | None
    rekognition_endpoint_url: str | None
    s3_client: Any
    sqs_client: Any
    dynamodb_client: Any
    rekognition_client: Any
    events_client: Any
    s3vectors_client: Any
    bedrock_client: Any
    catalog_parts: ports.CatalogParts
    catalog: ports.Catalog
    records: ports.Records
    leases: ports.Leases
    index: ports.Index
    statistics: ports.Statistics
    copies: ports.Copies
    alike: Alike
    distinctions: ports.Distinctions
    vectors: ports.Vectors | None
    embedder: ports.Embedder | None
    similar: Similar
    people: ports.People
    face_collection: ports.FaceCollection
    album: Album
    people_stores: PeopleStores
    forgetting: Forgetting
    unused: Unused
    counters: ports.Counters
    event_bus: ports.EventBus
    images: ports.ImageStore
    image_objects: ports.ImageObjects
    derived: ports.DerivedStore
    pictures: ports.PictureReader
    detector: ports.Detector
    requests: ports.Requests
    links: ports.Links
    clock: ports.Clock
    parameters: Parameters
    index_image: IndexImage
    search: Search
    correcting: Correcting
    correcting_faces: CorrectingFaces
    trash: Trash
    stores: Stores
    analysis_limits: Limits


class Application(AwsClients):
    """The parts of one function, created on first use and kept for later invocations."""

    def __init__(self, settings: Settings | None = None, **parts: Unpack[Parts]) -> None:
        """`parts` replaces attributes below: `Application(settings, catalog=FakeCatalog())`; others raise TypeError."""
        for name in parts:
            if not isinstance(getattr(type(self), name, None), cached_property):
                raise TypeError(f"Application has no part {name!r}")
        # A cached_property yields to an attribute of the same name in the instance.
        self.__dict__.update({**parts, **({"settings": settings} if settings else {})})

    def prepare(self, *parts: str) -> None:
        """Create the parts that every request needs, if this is a Lambda function in its INIT phase.

        INIT has more processor time than a request at the function's memory, and no request waits for it.
        """
        if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            for part in parts:
                getattr(self, part)
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            import snapshot_restore_py  # of Lambda's runtime

            # Every start from the snapshot would draw the same numbers: pauses before another try, ids of spans.
            snapshot_restore_py.register_after_restore(random.seed)

    @cached_property
    def catalog_parts(self) -> ports.CatalogParts:
        """The catalog that the settings name; raise MisconfiguredError for an unknown kind."""
        kind, _, path = self.settings.catalog.partition(":")
        if kind == "sqlite" and path:
            from viewfinder.adapters.sqlite.factory import sqlite_catalog

            return sqlite_catalog(path, self.settings)
        if self.settings.catalog == "dynamodb":
            from viewfinder.adapters.dynamodb.factory import dynamodb_catalog

            return dynamodb_catalog(self.dynamodb_client, self.settings)
        raise MisconfiguredError(f"VIEWFINDER_CATALOG is {self.settings.catalog!r}: dynamodb, or sqlite:PATH")

    @cached_property
    def catalog(self) -> ports.Catalog:
        """The catalog's records, one at a time."""
        return self.catalog_parts.catalog

    @cached_property
    def records(self) -> ports.Records:
        """The catalog's records in bulk."""
        return self.catalog_parts.records

    @cached_property
    def leases(self) -> ports.Leases:
        """The leases on contents that are being analysed."""
        return self.catalog_parts.leases

    @cached_property
    def images(self) -> ports.ImageStore:
        """The images bucket."""
        from viewfinder.adapters.s3 import S3ImageStore

        return S3ImageStore(self.s3_client, self.settings.images_bucket, self.settings.images_prefix)

    @cached_property
    def derived(self) -> ports.DerivedStore:
        """The derived bucket."""
        from viewfinder.adapters.s3 import S3DerivedStore

        return S3DerivedStore(self.s3_client, self.settings.derived_bucket)

    @cached_property
    def pictures(self) -> ports.PictureReader:
        """The reader of pictures."""
        from viewfinder.adapters.pictures import Pictures

        return Pictures(has_screens=True)

    @cached_property
    def detector(self) -> ports.Detector:
        """The detector that the settings name, which keeps faces in the stack's collection if it has one."""
        return self._with_people(self.labels_detector) if self.keeps_people else self.labels_detector

    @cached_property
    def labels_detector(self) -> EngineDetector | RekognitionDetector:
        """The detector that the settings name; our engine loads its networks for labels now."""
        from viewfinder.adapters.detector import EngineDetector, RekognitionDetector

        # Our engine's server has the user's model itself; what another service describes needs no second vector.
        asks = self.vectors is not None and not self.settings.embeddings.startswith("bedrock:")
        if self._uses_engine:
            return EngineDetector(self.settings.engine_detector, asks_for_vectors=asks)
        client, price = self.rekognition_client, self.settings.detector_price
        return RekognitionDetector(client, price, asks_for_vectors=asks)

    @property
    def keeps_people(self) -> bool:
        """Whether the stack has a collection of faces."""
        from viewfinder.domain.feature import Feature

        return bool(self.settings.collection) and Feature.PEOPLE in self.features

    def _with_people(self, detector: ports.Detector) -> ports.Detector:
        from viewfinder.usecases.index_people import PeopleDetector

        return PeopleDetector(detector, self.face_collection, self.derived)

    @cached_property
    def face_collection(self) -> ports.FaceCollection:
        """The collection of the faces of PEOPLE."""
        from viewfinder.adapters.face_collection import RekognitionCollection

        return RekognitionCollection(
            self.rekognition_client, self.settings.collection, price=self.settings.detector_price
        )

    @property
    def _uses_engine(self) -> bool:
        if self.settings.detector not in {"Rekognition", "Engine"}:
            raise MisconfiguredError(f"VIEWFINDER_DETECTOR is {self.settings.detector!r}: Rekognition or Engine")
        return self.settings.detector == "Engine"

    @cached_property
    def clock(self) -> ports.Clock:
        """The system's clock."""
        return SystemClock()

    @cached_property
    def parameters(self) -> Parameters:
        """What is asked of the detector."""
        from viewfinder.domain.feature import Parameters

        parameters = Parameters(
            self.settings.max_labels, self.settings.min_confidence, collection=self.settings.collection
        )
        if not self._uses_engine:
            return parameters
        from viewfinder.adapters.detector import engine_version, former_engine_versions

        file = self.settings.engine_detector
        return replace(parameters, detector=engine_version(file), former=former_engine_versions(file))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features that the detector looks for; raise MisconfiguredError for an unknown one."""
        from viewfinder.domain.feature import EngineLacksModelError, check_engine, read_features

        try:
            features = read_features(self.settings.features)
            if self._uses_engine:
                check_engine(features)
            return features
        except (ValueError, EngineLacksModelError) as error:
            raise MisconfiguredError(f"VIEWFINDER_FEATURES is {self.settings.features!r}: {error}") from error

    @cached_property
    def index_image(self) -> IndexImage:
        """The use case of the image function."""
        from viewfinder.usecases.index_image import IndexImage
        from viewfinder.usecases.side_by_side import side_by_side

        return IndexImage(
            images=self.images,
            derived=self.derived,
            pictures=self.pictures,
            detector=self.detector,
            catalog=self.catalog,
            leases=self.leases,
            clock=self.clock,
            parameters=self.parameters,
            max_bytes=self.settings.max_object_bytes,
            keep_location=self.settings.keep_location,
            features=self.features,
            second_stage=self._second_stage if self._has_two_stages else None,
            call=side_by_side,
            vectors=self._vector_keeping,
        )

    @property
    def _vector_keeping(self) -> ports.VectorKeeping | None:
        from viewfinder.adapters.detector import EngineDetector
        from viewfinder.ports import VectorKeeping

        if self.vectors is None:
            return None
        if self.embedder:
            return VectorKeeping(self.vectors, self.embedder, self.embedder.model)
        detector = self.labels_detector
        return VectorKeeping(self.vectors, detector if isinstance(detector, EngineDetector) else None)

    @cached_property
    def embedder(self) -> ports.Embedder | None:
        """The model of pictures and words that the settings name; None where the classifier makes the vectors."""
        kind, _, size = self.settings.embeddings.partition(":")
        if kind == "bedrock" and size.isdecimal():
            from viewfinder.adapters.bedrock import TitanEmbedder

            return TitanEmbedder(self.bedrock_client, int(size))
        if kind == "http":
            from viewfinder.adapters.engine_embedder import EngineEmbedder

            return EngineEmbedder(self.settings.embeddings)
        if kind:
            raise MisconfiguredError(f"VIEWFINDER_EMBEDDINGS is {self.settings.embeddings!r}: bedrock:SIZE, or a URL")
        return None

    @cached_property
    def vectors(self) -> ports.Vectors | None:
        """The store of vectors that the settings name; None if vectors are not kept."""
        where = self.settings.vectors
        if where == "catalog" and self.catalog_parts.vectors:
            return self.catalog_parts.vectors
        if where.startswith("arn:"):
            from viewfinder.adapters.s3_vectors import S3Vectors
            from viewfinder.domain.vector import MODEL

            return S3Vectors(self.s3vectors_client, where, model=self.embedder.model if self.embedder else MODEL)
        if where:
            raise MisconfiguredError(f"VIEWFINDER_VECTORS is {where!r}: catalog (if it is SQLite's), or an index's ARN")
        return None

    @cached_property
    def similar(self) -> Similar:
        """The dependencies of similar images; raise MisconfiguredError if vectors are not kept."""
        from viewfinder.usecases.similar import Similar

        if self.vectors is None:
            raise MisconfiguredError("VIEWFINDER_VECTORS is empty: vectors are not kept")
        return Similar(self.vectors, self.catalog, self.copies, self.records, self.embedder)

    @property
    def _has_two_stages(self) -> bool:
        """Whether images get a second stage: not where every feature is of the first."""
        from viewfinder.domain.feature import FEATURES, Stage

        return self._second_stage is not None and any(FEATURES[each].stage is Stage.SECOND for each in self.features)

    @cached_property
    def image_objects(self) -> ports.ImageObjects:
        """The images bucket in bulk."""
        from viewfinder.adapters.s3 import S3Objects

        return S3Objects(self.s3_client, self.settings.images_bucket, self.settings.images_prefix)

    @cached_property
    def correcting(self) -> Correcting:
        """The dependencies of a correction."""
        from viewfinder.usecases.corrections import Correcting

        return Correcting(self.catalog, self.derived, self.copies, self.requests)

    @cached_property
    def trash(self) -> Trash:
        """The dependencies of the trash's use cases."""
        from viewfinder.adapters.s3 import S3Versions
        from viewfinder.usecases.trash import Trash

        versions = S3Versions(self.s3_client, self.settings.images_bucket)
        days = self.settings.image_version_days
        return Trash(self.catalog, self.search, versions, self.links, days, self._forget_content)

    def _forget_content(self, sha256: str) -> None:
        """Forget vector and faces of a content that was deleted for good, unless another image has it."""
        if not (self.vectors or self.keeps_people) or self.copies.images(sha256, 1):
            return
        if self.vectors:
            self.vectors.delete([sha256])
        if self.keeps_people:
            from viewfinder.usecases.forget_people import Forgotten, forget_content

            forget_content(sha256, self.forgetting, Forgotten())

    @cached_property
    def stores(self) -> Stores:
        """The dependencies of reconcile."""
        from viewfinder.adapters.s3 import S3Objects
        from viewfinder.usecases.differences import Stores

        derived = S3Objects(self.s3_client, self.settings.derived_bucket)
        features = tuple(map(str, self.features))
        return Stores(
            self.image_objects,
            derived,
            self.records,
            self.requests,
            features,
            self._second_stage,
            restore=self._restore_people,
        )

    def _restore_people(self) -> None:
        if self.keeps_people:
            from viewfinder.usecases.group_people import restore_people

            restore_people(self.people_stores)

    @cached_property
    def requests(self) -> ports.Requests:
        """The queue of requests to process an object again."""
        from viewfinder.adapters.sqs import SqsRequests

        return SqsRequests(self.sqs_client, self.settings.queue_url)

    @property
    def _second_stage(self) -> ports.Requests | None:
        """The queue of images for the second stage; None where the stack has none."""
        from viewfinder.adapters.sqs import SqsRequests
        from viewfinder.domain.feature import Stage

        url = self.settings.second_stage_queue_url
        return SqsRequests(self.sqs_client, url, Stage.SECOND) if url else None

    @cached_property
    def statistics(self) -> ports.Statistics:
        """The statistics: counts of labels and statuses."""
        return self.catalog_parts.statistics

    @cached_property
    def copies(self) -> ports.Copies:
        """Images with the same content."""
        return self.catalog_parts.copies

    @cached_property
    def alike(self) -> Alike:
        """The dependencies of near-duplicates; NumPy is imported with the first request for them."""
        from viewfinder.adapters.near_duplicates import PackedNearDuplicates
        from viewfinder.usecases.duplicates import Alike

        near = PackedNearDuplicates(self.catalog_parts.hashes)
        return Alike(self.copies, self.records, near, self.distinctions)

    @cached_property
    def distinctions(self) -> ports.Distinctions:
        """Decisions that images are no duplicates."""
        from viewfinder.adapters.distinctions import S3Distinctions

        return S3Distinctions(self.s3_client, self.settings.derived_bucket)

    @cached_property
    def people(self) -> ports.People:
        """The people of the catalog."""
        return self.catalog_parts.people

    @cached_property
    def album(self) -> Album:
        """The dependencies of the use cases of people."""
        from viewfinder.usecases.people import Album
        from viewfinder.usecases.side_by_side import side_by_side

        return Album(self.people, self.derived, self.records, self.search, self.copies, side_by_side)

    @cached_property
    def correcting_faces(self) -> CorrectingFaces:
        """The dependencies of a correction of faces."""
        from viewfinder.usecases.correct_faces import CorrectingFaces

        return CorrectingFaces(self.album, self.forgetting if self.keeps_people else None)

    @cached_property
    def people_stores(self) -> PeopleStores:
        """What people are kept in."""
        from viewfinder.usecases.group_people import PeopleStores

        return PeopleStores(self.derived, self.people, self.copies, self.requests, self.parameters)

    @cached_property
    def forgetting(self) -> Forgetting:
        """What faces are forgotten in; raise MisconfiguredError if the stack has no collection."""
        from viewfinder.usecases.forget_people import Forgetting

        if not self.keeps_people:
            raise MisconfiguredError("the stack keeps no faces: its Features lack PEOPLE")
        return Forgetting(self.people_stores, self.face_collection, self.catalog)

    @cached_property
    def unused(self) -> Unused:
        """What is needed to forget the faces of contents that nobody can bring back."""
        from viewfinder.usecases.forget_unused import Unused

        return Unused(self.forgetting, self.search, self.records, self.settings.image_version_days)

    @cached_property
    def counters(self) -> ports.Counters:
        """The same counts, for the function that writes them (SQLite counts by itself)."""
        from viewfinder.adapters.dynamodb.counters import DynamoDbCounters

        return DynamoDbCounters(self.dynamodb_client, self.settings.table)

    @cached_property
    def event_bus(self) -> ports.EventBus:
        """The bus that events are announced on."""
        from viewfinder.adapters.event_bus import EventBridgeBus

        return EventBridgeBus(self.events_client, self.settings.event_bus)

    @cached_property
    def search(self) -> Search:
        """The dependencies of a search."""
        from viewfinder.usecases.label_names import LabelNames
        from viewfinder.usecases.search_images import Search

        names = LabelNames(self.statistics)
        return Search(self.index, self.statistics, self.clock, people=self.people, names=names)

    @cached_property
    def index(self) -> ports.Index:
        """The catalog as a search reads it."""
        return self.catalog_parts.index

    @cached_property
    def analysis_limits(self) -> Limits:
        """The limits of `POST /analyses`."""
        from viewfinder.usecases.reanalyze import Limits

        return Limits(self.settings.analysis_interval_seconds, self._quota)

    @property
    def _quota(self) -> ports.Quota | None:
        per_minute = self.settings.analyses_per_minute
        if not per_minute:
            return None
        if self.catalog_parts.quota is None:
            raise MisconfiguredError("VIEWFINDER_ANALYSES_PER_MINUTE is not 0: callers are counted in the table only")
        return self.catalog_parts.quota(per_minute)

    @cached_property
    def links(self) -> ports.Links:
        """Presigned URLs of the buckets."""
        from viewfinder.adapters.s3 import S3Links

        return S3Links(
            self.signing_client,
            images_bucket=self.settings.images_bucket,
            derived_bucket=self.settings.derived_bucket,
            seconds=self.settings.link_seconds,
        )


class SystemClock:
    """Implements `ports.Clock`."""

    def now(self) -> str:
        """Return the time in UTC with microseconds."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
