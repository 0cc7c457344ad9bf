"""The settings of the pipeline: one typed table that feeds functions, template check and docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from viewfinder.domain.abilities import Ability, absent_abilities
from viewfinder.domain.bucket_access import BucketAccess
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.domain.feature import FURTHER


def _setting(environment: str, explanation: str, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"environment": environment, "help": explanation})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a function, from its environment; a variable that the template does not set has its default."""

    images_bucket: str = _setting("VIEWFINDER_IMAGES_BUCKET", "Bucket of the images")
    images_prefix: str = _setting(
        "VIEWFINDER_IMAGES_PREFIX", "Prefix of the images' keys; objects outside it are not images", ""
    )
    bucket_access: str = _setting(
        "VIEWFINDER_BUCKET_ACCESS",
        f"What the images bucket is to the pipeline: {', '.join(BucketAccess)}",
        str(BucketAccess.OWN),
    )
    derived_bucket: str = _setting("VIEWFINDER_DERIVED_BUCKET", "Bucket of analyses and thumbnails")
    table: str = _setting("VIEWFINDER_TABLE", "Table of the catalog")
    catalog: str = _setting(
        "VIEWFINDER_CATALOG", "Kind of the catalog: dynamodb (the table), or sqlite:PATH", "dynamodb"
    )
    queue_url: str = _setting("VIEWFINDER_QUEUE_URL", "Queue between the bucket and the image function")
    second_stage_queue_url: str = _setting(
        "VIEWFINDER_SECOND_STAGE_QUEUE_URL",
        "Queue of images whose labels are known and other features are not; empty: all features in one stage",
        "",
    )
    detector: str = _setting(
        "VIEWFINDER_DETECTOR",
        "Rekognition (or a server with its API), or Engine (in the same process)",
        "Rekognition",
    )
    engine_detector: str = _setting(
        "VIEWFINDER_ENGINE_DETECTOR", "ONNX file of another detector (YOLOX) for Engine; empty: its own", ""
    )
    max_labels: int = _setting("VIEWFINDER_MAX_LABELS", "Maximum number of labels stored per image, at most 40", 40)
    min_confidence: float = _setting("VIEWFINDER_MIN_CONFIDENCE", "Minimum confidence of stored labels, percent", 55.0)
    features: str = _setting(
        "VIEWFINDER_FEATURES",
        f"Features to detect, separated by commas: LABELS always, and any of {', '.join(FURTHER)}",
        "LABELS",
    )
    collection: str = _setting("VIEWFINDER_COLLECTION", "Collection of the faces of PEOPLE; empty: none", "")
    shards: int = _setting("VIEWFINDER_SHARDS", "Partitions per label, and per status listing", 4)
    max_object_bytes: int = _setting(
        "VIEWFINDER_MAX_OBJECT_BYTES", "Maximum size of an image, bytes", 100 * 1024 * 1024
    )
    max_receive_count: int = _setting("VIEWFINDER_MAX_RECEIVE_COUNT", "Deliveries before a message is a dead letter", 8)
    first_retry_seconds: int = _setting(
        "VIEWFINDER_FIRST_RETRY_SECONDS", "Delay of the second delivery; doubled for each after that", 5
    )
    lease_seconds: int = _setting(
        "VIEWFINDER_LEASE_SECONDS", "Seconds until a lease expires; above the function's timeout", 75
    )
    lease_patience_seconds: int = _setting(
        "VIEWFINDER_LEASE_PATIENCE_SECONDS", "Seconds to wait for another function's analysis of the same content", 15
    )
    keep_location: bool = _setting("VIEWFINDER_KEEP_LOCATION", "Whether to store GPS positions of pictures", False)
    batch_threads: int = _setting("VIEWFINDER_BATCH_THREADS", "Images of a batch that are processed at once", 4)
    tombstone_seconds: int = _setting(
        "VIEWFINDER_TOMBSTONE_SECONDS", "Minimum lifetime of a tombstone, seconds", 7 * 86_400
    )
    image_version_days: int = _setting(
        "VIEWFINDER_IMAGE_VERSION_DAYS", "Days for which the bucket keeps an overwritten or removed image", 30
    )
    detector_price: float = _setting("VIEWFINDER_DETECTOR_PRICE", "Dollars per detector call", 0.001)
    analysis_interval_seconds: int = _setting(
        "VIEWFINDER_ANALYSIS_INTERVAL_SECONDS", "Seconds for which POST /analyses reuses an analysis", 0
    )
    analyses_per_minute: int = _setting(
        "VIEWFINDER_ANALYSES_PER_MINUTE", "Maximum number of POST /analyses per caller and minute; 0: no limit", 0
    )
    vectors: str = _setting(
        "VIEWFINDER_VECTORS",
        "Where vectors of images are kept: catalog (SQLite's), the ARN of an index of S3 Vectors, or empty: nowhere",
        "",
    )
    embeddings: str = _setting(
        "VIEWFINDER_EMBEDDINGS",
        "What describes pictures and words by vectors: bedrock:SIZE (Titan), the URL of our engine with a model of the"
        " user's, or empty: the classifier, which knows no words",
        "",
    )
    event_bus: str = _setting("VIEWFINDER_EVENT_BUS", "EventBridge bus that the table's stream is announced on", "")
    outbox: bool = _setting(
        "VIEWFINDER_OUTBOX",
        "Whether an SQLite catalog keeps an event of each saved version until it is delivered",
        False,
    )
    link_seconds: int = _setting("VIEWFINDER_LINK_SECONDS", "Seconds for which upload and content URLs are valid", 900)

    @property
    def kept_tombstone_seconds(self) -> int:
        """Seconds for which the catalog keeps a tombstone: the maximum of its minimum and the bucket's retention."""
        return max(self.tombstone_seconds, self.image_version_days * 86_400)

    @property
    def absent_abilities(self) -> Mapping[Ability, str]:
        """What the API can't do, each with the reason; raise MisconfiguredError."""
        try:
            access = BucketAccess(self.bucket_access)
        except ValueError as error:
            raise MisconfiguredError(f"VIEWFINDER_BUCKET_ACCESS is not one of {', '.join(BucketAccess)}") from error
        return absent_abilities(access, keeps_vectors=bool(self.vectors), has_words=bool(self.embeddings))

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, str], **others: Any) -> Settings:
        """Return the settings of an operator's command from the stack's outputs."""
        return cls(
            images_bucket=outputs["ImagesBucketName"],
            derived_bucket=outputs["DerivedBucketName"],
            table=outputs["TableName"],
            queue_url=outputs["QueueUrl"],
            collection=outputs.get("PeopleCollection", ""),
            second_stage_queue_url=outputs.get("SecondStageQueueUrl", ""),  # a stack of an earlier release has none
            **others,
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the table from the environment; raise MisconfiguredError that names the variable."""
        return cls(**{row.name: _value(row, environment) for row in fields(cls) if _is_given(row, environment)})


def _is_given(row: Field[Any], environment: Mapping[str, str]) -> bool:
    name = row.metadata["environment"]
    if name not in environment and row.default is MISSING:
        raise MisconfiguredError(f"{name} is not set: {row.metadata['help']}")
    return name in environment


def _value(row: Field[Any], environment: Mapping[str, str]) -> Any:
    name = row.metadata["environment"]
    kinds: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": float, "bool": _truth}
    try:
        return kinds[str(row.type)](environment[name])
    except ValueError as error:
        raise MisconfiguredError(f"{name} is {environment[name]!r}, which is not {_KINDS[str(row.type)]}") from error


_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}
"""Type of a setting -> what its text has to be."""


def _truth(text: str) -> bool:
    try:
        return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
    except KeyError as error:
        raise ValueError(text) from error
