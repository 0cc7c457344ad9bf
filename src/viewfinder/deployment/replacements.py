"""Changes of a change set that lose messages or data, explained with their remedies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.deployment.stack import Change

_RECONCILE = "Afterwards run `viewfinder reconcile`"


@dataclass(frozen=True, slots=True)
class Holding:
    """The data of a resource, and the remedy after its loss."""

    data: str
    remedy: str


HOLDINGS: dict[str, Holding] = {
    "ImageQueue": Holding(
        "the messages that wait in it: uploads and deletions that are not in the catalog yet",
        f"{_RECONCILE}: it finds each image whose message was lost. To lose none, deploy when `viewfinder status` "
        "says that nothing waits.",
    ),
    "ImageDeadLetterQueue": Holding(
        "the dead letters: messages of images that failed",
        f"Before it run `viewfinder redrive`. {_RECONCILE}: it finds each image whose message was lost.",
    ),
    "SecondStageQueue": Holding(
        "the messages that wait in it: images whose text and other features are not in the catalog yet",
        f"{_RECONCILE}: it finds each image that still waits for a feature.",
    ),
    "SecondStageDeadLetterQueue": Holding(
        "the dead letters of the second stage: messages of images of which a feature failed",
        f"Before it run `viewfinder redrive`. {_RECONCILE}: it finds each image that lacks a feature.",
    ),
    "UncountedRecordsQueue": Holding(
        "notes of changes that could not be counted",
        'Act on them before: docs/operations.md, "uncounted-records".',
    ),
    "UnannouncedRecordsQueue": Holding(
        "notes of events that the event bus did not take",
        'Act on them before: docs/operations.md, "unannounced-records".',
    ),
    "CatalogTable": Holding(
        "the catalog: records, counts, the trash, and the labels that people corrected",
        f"{_RECONCILE}: it fills the new table from the buckets without a detector call. The trash, and labels that "
        "people corrected, are in the old table only.",
    ),
    "ImagesBucket": Holding(
        "the images with their earlier versions",
        "Copy the objects into the new bucket: `aws s3 sync s3://OLD s3://NEW`. Earlier versions stay in the old one.",
    ),
    "DerivedBucket": Holding(
        "analyses and thumbnails: without them every image costs its detector calls again",
        "Copy the objects into the new bucket before anything is analysed: `aws s3 sync s3://OLD s3://NEW`.",
    ),
    "GalleryUsers": Holding(
        "the people who may sign in to the hosted gallery, with their passwords",
        "Note them before (`viewfinder users list`), and invite them again afterwards.",
    ),
}
"""The template's resources, by their logical ids."""

_REPLACEABLE = {"GalleryBucket"}
"""What `deploy` uploads again at any time."""

KINDS: dict[str, Holding] = {
    "AWS::SQS::Queue": Holding("the messages that wait in it", "Empty it before, or read them from it."),
    "AWS::DynamoDB::Table": Holding("its items", "Export them before, or copy them into the new table."),
    "AWS::Cognito::UserPool": Holding("its users, with their passwords", "Note them before, and invite them again."),
    "AWS::S3::Bucket": Holding("its objects", "Copy them into the new bucket: `aws s3 sync s3://OLD s3://NEW`."),
}
"""Types of resources that hold messages or data; CloudFormation calls them so."""

_HAPPENS = {"True": "will be replaced", "Conditional": "may be replaced", "Remove": "will be removed"}
_FATES = {
    "Retain": "The old one stays, and nothing reads it any more.",
    "ReplaceAndRetain": "The old one stays, and nothing reads it any more.",
    "Delete": "It is deleted with what it holds.",
    "ReplaceAndDelete": "The old one is deleted with what it holds.",
}
"""CloudFormation's PolicyAction -> what becomes of the resource that is there now."""


IN_PLACE = {
    "AWS::S3::Bucket": {
        *("BucketEncryption", "CorsConfiguration", "LifecycleConfiguration", "LoggingConfiguration"),
        "NotificationConfiguration",
        *("OwnershipControls", "PublicAccessBlockConfiguration", "VersioningConfiguration"),
    },
}
"""Properties with "Update requires: No interruption" (CloudFormation Template Reference).

MiniStack: calls a change of any property of a bucket Conditional.
"""


@dataclass(frozen=True, slots=True)
class Loss:
    """A change that takes a resource with messages or data out of use, because of these properties."""

    change: Change
    holding: Holding
    causes: tuple[str, ...] = ()

    @property
    def explanation(self) -> str:
        """Sentences for the operator: what happens and why, which data is affected, and what to do."""
        change = self.change
        cause = f" because {' and '.join(self.causes)} changes" if self.causes else ""
        happens = f"{change.logical_id} {_HAPPENS[_what_happens(change)]}{cause}."
        fate = _FATES.get(change.policy_action, _FATES["ReplaceAndDelete"])
        return f"{happens} It holds {self.holding.data}. {fate} {self.holding.remedy}"


def losses(changes: Iterable[Change]) -> list[Loss]:
    """Return the changes that replace or remove a resource that holds something, in the order of the change set."""
    found = (change for change in changes if change.resource_type in KINDS and _what_happens(change) in _HAPPENS)
    return [_loss(change) for change in found if not _stays(change) and change.logical_id not in _REPLACEABLE]


def _loss(change: Change) -> Loss:
    causes = tuple(name for name in change.causes if not _is_in_place(change, name))
    return Loss(change, HOLDINGS.get(change.logical_id, KINDS[change.resource_type]), causes)


def _what_happens(change: Change) -> str:
    return change.action if change.action == "Remove" else change.replacement


def _stays(change: Change) -> bool:
    """Return whether CloudFormation is uncertain, but each property is known to change in place."""
    known = bool(change.causes) and all(_is_in_place(change, name) for name in change.causes)
    return known and change.replacement == "Conditional"


def _is_in_place(change: Change, name: str) -> bool:
    """Decide a conditional replacement by the Template Reference."""
    if name == "AttributeDefinitions":  # "Replacement if you edit an existing AttributeDefinition"
        before, after = (_definitions(properties) for properties in (change.before, change.after))
        return bool(before) and before.items() <= after.items()
    return name in IN_PLACE.get(change.resource_type, ())


def _definitions(properties: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in properties.get("AttributeDefinitions", ())}
