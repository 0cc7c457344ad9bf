"""The composition root: builds each client once, when it is first needed; a test hands in fakes by keyword."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.aws import AwsClients
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.settings import Settings

if TYPE_CHECKING:
    from viewfinder import ports
    from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
    from viewfinder.adapters.s3 import S3Objects
    from viewfinder.adapters.sqlite.catalog import SqliteCatalog
    from viewfinder.adapters.sqlite.database import Database
    from viewfinder.domain.analysis import Feature, Parameters
    from viewfinder.usecases.images import Limits, Trash
    from viewfinder.usecases.index_image import IndexImage
    from viewfinder.usecases.reconcile import Stores
    from viewfinder.usecases.search_images import Search


class Application(AwsClients):
    """The parts of one function, made on first use and kept for the next invocations."""

    def __init__(self, settings: Settings | None = None, **parts: Any) -> None:
        """`parts` replaces attributes below: `Application(settings, catalog=FakeCatalog())`; others raise TypeError."""
        for name in parts:
            if not isinstance(getattr(type(self), name, None), cached_property):
                raise TypeError(f"Application has no part {name!r}")
        # A cached_property yields to an attribute of the same name in the instance.
        self.__dict__.update(parts | ({"settings": settings} if settings else {}))

    def prepare(self, *parts: str) -> None:
        """Make parts that every request needs, if this is a Lambda function in its INIT phase.

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
    def database(self) -> Database | None:
        """The file of the catalog; None where the catalog is the stack's table."""
        if self.settings.catalog == "dynamodb":
            return None
        kind, _, path = self.settings.catalog.partition(":")
        if kind != "sqlite" or not path:
            raise MisconfiguredError(f"VIEWFINDER_CATALOG is {self.settings.catalog!r}: dynamodb, or sqlite:PATH")
        from viewfinder.adapters.sqlite.database import Database

        return Database(path)

    @cached_property
    def catalog(self) -> ports.Catalog:
        """The catalog's records, one at a time."""
        return self._catalog

    @cached_property
    def records(self) -> ports.Records:
        """The catalog's records in bulk."""
        return self._catalog

    @cached_property
    def _catalog(self) -> DynamoDbCatalog | SqliteCatalog:
        tombstone_seconds = max(self.settings.tombstone_seconds, self.settings.image_version_days * 86_400)
        if self.database:
            from viewfinder.adapters.sqlite.catalog import SqliteCatalog

            return SqliteCatalog(self.database, tombstone_seconds=tombstone_seconds)
        from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog

        return DynamoDbCatalog(
            self.dynamodb_client, self.settings.table, shards=self.settings.shards, tombstone_seconds=tombstone_seconds
        )

    @cached_property
    def leases(self) -> ports.Leases:
        """The leases on contents that are being analysed."""
        terms: dict[str, Any] = {
            "seconds": self.settings.lease_seconds,
            "patience": self.settings.lease_patience_seconds,
        }
        if self.database:
            from viewfinder.adapters.sqlite.catalog import SqliteLeases

            return SqliteLeases(self.database, **terms)
        from viewfinder.adapters.dynamodb.catalog import DynamoDbLeases

        return DynamoDbLeases(self.dynamodb_client, self.settings.table, **terms)

    @cached_property
    def images(self) -> ports.ImageStore:
        """The images bucket."""
        from viewfinder.adapters.s3 import S3ImageStore

        return S3ImageStore(self.s3_client, self.settings.images_bucket)

    @cached_property
    def derived(self) -> ports.DerivedStore:
        """The derived bucket."""
        from viewfinder.adapters.s3 import S3DerivedStore

        return S3DerivedStore(self.s3_client, self.settings.derived_bucket)

    @cached_property
    def pictures(self) -> ports.PictureReader:
        """The reader of pictures."""
        from viewfinder.adapters.pictures import Pictures

        return Pictures()

    @cached_property
    def detector(self) -> ports.Detector:
        """The detector that the settings name; our engine loads its networks for labels now."""
        from viewfinder.adapters.detector import EngineDetector, RekognitionDetector

        if self._uses_engine:
            return EngineDetector(self.settings.engine_detector)
        return RekognitionDetector(self.rekognition_client, self.settings.detector_price)

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
        from viewfinder.domain.analysis import Parameters

        parameters = Parameters(self.settings.max_labels, self.settings.min_confidence)
        if not self._uses_engine:
            return parameters
        from viewfinder.adapters.detector import engine_version, former_engine_versions

        file = self.settings.engine_detector
        return replace(parameters, detector=engine_version(file), former=former_engine_versions(file))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What the detector looks for; raise MisconfiguredError for a feature that there is not."""
        from viewfinder.domain.analysis import read_features

        try:
            return read_features(self.settings.features)
        except ValueError as error:
            raise MisconfiguredError(f"VIEWFINDER_FEATURES is {self.settings.features!r}: {error}") from error

    @cached_property
    def index_image(self) -> IndexImage:
        """The use case of the image function."""
        from viewfinder.usecases.index_image import IndexImage

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
        )

    @cached_property
    def image_objects(self) -> S3Objects:
        """The images bucket in bulk."""
        from viewfinder.adapters.s3 import S3Objects

        return S3Objects(self.s3_client, self.settings.images_bucket)

    @cached_property
    def trash(self) -> Trash:
        """What is done with removed images and earlier versions."""
        from viewfinder.adapters.s3 import S3Versions
        from viewfinder.usecases.images import Trash

        versions = S3Versions(self.s3_client, self.settings.images_bucket)
        return Trash(self.catalog, self.search, versions, self.links, self.settings.image_version_days)

    @cached_property
    def stores(self) -> Stores:
        """What reconciling needs."""
        from viewfinder.adapters.s3 import S3Objects
        from viewfinder.usecases.reconcile import Stores

        derived = S3Objects(self.s3_client, self.settings.derived_bucket)
        return Stores(self.image_objects, derived, self.records, self.requests, tuple(map(str, self.features)))

    @cached_property
    def requests(self) -> ports.Requests:
        """The queue, for those who want an object looked at again."""
        from viewfinder.adapters.sqs import SqsRequests

        return SqsRequests(self.sqs_client, self.settings.queue_url)

    @cached_property
    def statistics(self) -> ports.Statistics:
        """The counts of labels and statuses."""
        if self.database:
            from viewfinder.adapters.sqlite.index import SqliteStatistics

            return SqliteStatistics(self.database)
        from viewfinder.adapters.dynamodb.statistics import DynamoDbStatistics

        return DynamoDbStatistics(self.dynamodb_client, self.settings.table)

    @cached_property
    def copies(self) -> ports.Copies:
        """Which images have the same content."""
        if self.database:
            from viewfinder.adapters.sqlite.index import SqliteCopies

            return SqliteCopies(self.database)
        from viewfinder.adapters.dynamodb.index import DynamoDbCopies

        return DynamoDbCopies(self.dynamodb_client, self.settings.table)

    @cached_property
    def counters(self) -> ports.Counters:
        """The same counts, for the function that writes them (SQLite counts by itself)."""
        from viewfinder.adapters.dynamodb.statistics import DynamoDbCounters

        return DynamoDbCounters(self.dynamodb_client, self.settings.table)

    @cached_property
    def search(self) -> Search:
        """What a search needs."""
        from viewfinder.usecases.search_images import Search

        return Search(self.index, self.statistics, self.clock)

    @cached_property
    def index(self) -> ports.Index:
        """The catalog as a search reads it."""
        if self.database:
            from viewfinder.adapters.sqlite.index import SqliteIndex

            return SqliteIndex(self.database)
        from viewfinder.adapters.dynamodb.index import DynamoDbIndex

        return DynamoDbIndex(self.dynamodb_client, self.settings.table, shards=self.settings.shards)

    @cached_property
    def analysis_limits(self) -> Limits:
        """What `POST /analyses` may cost."""
        from viewfinder.usecases.images import Limits

        return Limits(self.settings.analysis_interval_seconds, self._quota)

    @property
    def _quota(self) -> ports.Quota | None:
        per_minute = self.settings.analyses_per_minute
        if not per_minute:
            return None
        if self.database:
            raise MisconfiguredError("VIEWFINDER_ANALYSES_PER_MINUTE is not 0: callers are counted in the table only")
        from viewfinder.adapters.dynamodb.catalog import DynamoDbQuota

        return DynamoDbQuota(self.dynamodb_client, self.settings.table, per_minute=per_minute)

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
