"""The composition root: builds each client once, when it is first needed; a test hands in fakes by keyword."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from viewfinder.settings import Settings

if TYPE_CHECKING:
    from viewfinder.ports import Catalog, Clock, DerivedStore, Detector, ImageStore, PictureReader
    from viewfinder.usecases.index_image import Pipeline


class Application:
    """The parts of one function, made on first use and kept for the next invocations."""

    def __init__(self, settings: Settings | None = None, **parts: Any) -> None:
        """`parts` replaces any attribute below by a ready one: `Application(settings, catalog=FakeCatalog())`."""
        if settings is not None:
            parts["settings"] = settings
        # A cached_property yields to an attribute of the same name in the instance.
        self.__dict__.update(parts)

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process."""
        return Settings.from_environment(os.environ)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog of the stack's table."""
        from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog

        return DynamoDbCatalog(
            self.dynamodb_client,
            self.settings.table,
            shards=self.settings.shards,
            tombstone_seconds=self.settings.tombstone_seconds,
        )

    @cached_property
    def images(self) -> ImageStore:
        """The images bucket."""
        from viewfinder.adapters.s3 import S3ImageStore

        return S3ImageStore(self.s3_client, self.settings.images_bucket)

    @cached_property
    def derived(self) -> DerivedStore:
        """The derived bucket."""
        from viewfinder.adapters.s3 import S3DerivedStore

        return S3DerivedStore(self.s3_client, self.settings.derived_bucket)

    @cached_property
    def pictures(self) -> PictureReader:
        """The reader of pictures."""
        from viewfinder.adapters.pictures import Pictures

        return Pictures()

    @cached_property
    def detector(self) -> Detector:
        """The DetectLabels service that the environment names."""
        from viewfinder.adapters.rekognition import RekognitionDetector

        return RekognitionDetector(self.rekognition_client)

    @cached_property
    def clock(self) -> Clock:
        """The system's clock."""
        from viewfinder.adapters.clock import SystemClock

        return SystemClock()

    @cached_property
    def pipeline(self) -> Pipeline:
        """What indexing an image needs."""
        from viewfinder.domain.analysis import Parameters
        from viewfinder.usecases.index_image import Pipeline

        return Pipeline(
            images=self.images,
            derived=self.derived,
            pictures=self.pictures,
            detector=self.detector,
            catalog=self.catalog,
            clock=self.clock,
            parameters=Parameters(self.settings.max_labels, self.settings.min_confidence),
            max_bytes=self.settings.max_object_bytes,
        )

    @cached_property
    def dynamodb_client(self) -> Any:
        """A DynamoDB client."""
        return self._client("dynamodb")

    @cached_property
    def s3_client(self) -> Any:
        """An S3 client."""
        return self._client("s3")

    @cached_property
    def sqs_client(self) -> Any:
        """An SQS client."""
        return self._client("sqs")

    @cached_property
    def rekognition_client(self) -> Any:
        """A Rekognition client that slows down when the service throttles, within the time of one invocation."""
        return self._client("rekognition", retries={"mode": "adaptive", "total_max_attempts": 5}, read_timeout=20)

    def _client(self, service: str, **options: Any) -> Any:
        from boto3.session import Session
        from botocore.config import Config

        session: Any = Session()
        defaults: dict[str, Any] = {
            "connect_timeout": 5,
            "max_pool_connections": max(10, 2 * self.settings.batch_threads),
            "retries": {"mode": "standard", "total_max_attempts": 4},
        }
        return session.client(service, config=Config(**defaults | options))
