"""Attach an existing bucket: check it, and turn its events to EventBridge on and off without touching anything else.

The bucket is never a resource of the stack. Its notification configuration is one document that every writer replaces
whole (S3 API Reference, PutBucketNotificationConfiguration), so it is written back byte for byte, with one element more
or less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import DeploymentError
from viewfinder.deployment.stack import NEVER_CREATED, UNFINISHED, Stack
from viewfinder.domain.bucket_access import BucketAccess

EVENTBRIDGE_TAG = "viewfinder:eventbridge"
"""Tag of a stack that attaches a bucket: whether `deploy` has turned its events to EventBridge on, or found them on."""

ADDED, FOUND, OWNERS = "added", "found", "owners"

_FLAG = b"<EventBridgeConfiguration></EventBridgeConfiguration>"
_FLAGS = re.compile(rb"<EventBridgeConfiguration(?:\s*/>|>\s*</EventBridgeConfiguration>)")
_END = re.compile(rb"</NotificationConfiguration>\s*$")
_EMPTY = re.compile(rb"<NotificationConfiguration([^>]*?)\s*/>\s*$")
_SOURCE = "aws.s3"


@dataclass(frozen=True)
class ExistingBucket:
    """A bucket of the operator's, by its name."""

    environment: Environment
    name: str

    @cached_property
    def is_own(self) -> bool:
        """Whether the bucket is this account's; raise DeploymentError where there is none, or in another region."""
        head = self._head()
        region = head.get("BucketRegion") or self.environment.region
        if region != self.environment.region:
            raise DeploymentError(
                f"{self.name} is in {region}, where S3 sends its events: deploy there, with --region {region}"
            )
        try:
            self._head(ExpectedBucketOwner=self.environment.account)
        except DeploymentError:
            return False
        return True

    @property
    def keeps_versions(self) -> bool:
        """Whether deleted and overwritten objects can be restored."""
        try:
            return self.environment.s3.get_bucket_versioning(Bucket=self.name).get("Status") == "Enabled"
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"403", "AccessDenied"}:
                raise
            raise DeploymentError(
                f"You may not ask whether {self.name} keeps versions: its policy and yours need s3:GetBucketVersioning."
            ) from error

    def notifications(self) -> bytes:
        """Return the notification configuration as S3 keeps it, in XML."""
        found: list[bytes] = []
        client = self.environment.client("s3")
        client.meta.events.register(
            "after-call.s3.GetBucketNotificationConfiguration",
            lambda http_response, **_: found.append(http_response.content),
        )
        client.get_bucket_notification_configuration(Bucket=self.name)
        return found[0]

    @property
    def tells_eventbridge(self) -> bool:
        """Whether S3 sends the bucket's events to EventBridge."""
        return _FLAGS.search(self.notifications()) is not None

    def turn_on(self) -> bool:
        """Add the flag to what is configured; return False if it was there. Raise DeploymentError."""
        return self._change(_with_flag)

    def turn_off(self) -> bool:
        """Take the flag out of what is configured; return False if it was not there. Raise DeploymentError."""
        return self._change(_without_flag)

    def listeners(self) -> Iterator[str]:
        """Yield the names of the rules of this account and region that take events of the bucket."""
        for page in self.environment.client("events").get_paginator("list_rules").paginate():
            for rule in page["Rules"]:
                if _listens(json.loads(rule.get("EventPattern") or "{}"), self.name):
                    yield rule["Name"]

    def _change(self, changed: Any) -> bool:
        before = self.notifications()
        wanted = changed(before)
        if wanted == before:
            return False
        client = self.environment.client("s3")
        client.meta.events.register(
            "before-call.s3.PutBucketNotificationConfiguration", lambda params, **_: params.update(body=wanted)
        )
        client.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration={})
        if _without_flag(after := self.notifications()) != _without_flag(before):
            raise DeploymentError(
                f"The notification configuration of {self.name} is not what was written: someone else changed it at "
                f"the same moment. Before:\n{before.decode()}\nNow:\n{after.decode()}"
            )
        return True

    def _head(self, **owner: str) -> Mapping[str, Any]:
        try:
            return self.environment.s3.head_bucket(Bucket=self.name, **owner)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"404", "NoSuchBucket"}:
                raise DeploymentError(f"There is no bucket {self.name}.") from error
            if code in {"403", "AccessDenied"}:
                raise DeploymentError(f"You may not look at the bucket {self.name}: {error}") from error
            raise


def _with_flag(configuration: bytes) -> bytes:
    if _FLAGS.search(configuration):
        return configuration
    whole = _EMPTY.sub(rb"<NotificationConfiguration\1></NotificationConfiguration>", configuration)
    return _END.sub(lambda end: _FLAG + end[0], whole)


def _without_flag(configuration: bytes) -> bytes:
    return _FLAGS.sub(b"", _EMPTY.sub(rb"<NotificationConfiguration\1></NotificationConfiguration>", configuration))


def _listens(pattern: Mapping[str, Any], bucket: str) -> bool:
    """Return whether a rule may take events of the bucket: its pattern names the bucket, or S3 and no bucket."""
    names = pattern.get("detail", {}).get("bucket", {}).get("name")
    return _SOURCE in pattern.get("source", [_SOURCE]) and (names is None or bucket in names)


@dataclass(frozen=True)
class Attachment:
    """What a deployment attaches: the stack's parameters and tags for it, and what becomes of the bucket."""

    bucket: ExistingBucket
    parameters: Mapping[str, str]
    tags: Mapping[str, str]

    def explanations(self) -> Iterator[str]:
        """Yield a sentence for each thing that the deployment changes, and does not."""
        name, prefix = self.bucket.name, self.parameters.get("ExistingPrefix", "")
        where = f"s3://{name}/{prefix}"
        access = BucketAccess(self.parameters["ExistingBucketAccess"])
        yield f"{where} is attached: {_ACCESS[access]}. It is no resource of the stack."
        if not self.bucket.is_own:
            yield from _owners_part(self.bucket, access, prefix, self.parameters.get("ExistingKeyArn", ""))
        elif self.bucket.tells_eventbridge:
            yield f"{name} sends its events to EventBridge already: its configuration stays as it is."
        else:
            yield (
                f"EventBridgeConfiguration is added to the notifications of {name}; all others stay byte for byte. "
                "The last `destroy` that needs it takes it away again."
            )

    def apply(self) -> bool:
        """Turn the bucket's events on; return False where they were, or the bucket is another account's."""
        return self.bucket.is_own and self.bucket.turn_on()


_ACCESS = {
    BucketAccess.READ_ONLY: "read-only, without uploads, deletion, trash and versions",
    BucketAccess.READ_WRITE: "read-write; it keeps no versions, so there is no trash, and each deletion is final",
    BucketAccess.READ_WRITE_VERSIONS: "read-write, with its versions as the trash",
}


def plan_attachment(
    stack: Stack, name: str, *, prefix: str = "", key_arn: str = "", read_write: bool = False
) -> Attachment:
    """Return what a deployment that attaches a bucket does; raise DeploymentError where it can't. Change nothing."""
    bucket = ExistingBucket(stack.environment, name)
    present = {} if stack.status in NEVER_CREATED | UNFINISHED else stack.parameters
    attached = {member: present.get(member, "") for member in ("ExistingBucketName", "ExistingPrefix")}
    wanted = {"ExistingBucketName": name, "ExistingPrefix": prefix}
    if present and attached != wanted:
        has = f"s3://{attached['ExistingBucketName']}/{attached['ExistingPrefix']}"
        owned = "has a bucket of its own" if not attached["ExistingBucketName"] else f"attaches {has}"
        raise DeploymentError(f"{stack.name} {owned}: attach s3://{name}/{prefix} by another stack (--stack NAME).")
    access = BucketAccess.READ_ONLY
    if read_write:
        access = BucketAccess.READ_WRITE_VERSIONS if bucket.keeps_versions else BucketAccess.READ_WRITE
    kept = {} if EVENTBRIDGE_TAG in stack.tags else {EVENTBRIDGE_TAG: _state(bucket)}
    parameters = wanted | {"ExistingKeyArn": key_arn, "ExistingBucketAccess": str(access)}
    return Attachment(bucket, parameters, kept)


def attached_already(stack: Stack) -> Attachment | None:
    """Return what the stack attaches, with the access that it has; None where its bucket is its own."""
    present = {} if stack.status in NEVER_CREATED | UNFINISHED else stack.parameters
    if not (name := present.get("ExistingBucketName")):
        return None
    read_write = present.get("ExistingBucketAccess", BucketAccess.READ_ONLY) != BucketAccess.READ_ONLY
    prefix, key_arn = present.get("ExistingPrefix", ""), present.get("ExistingKeyArn", "")
    return plan_attachment(stack, name, prefix=prefix, key_arn=key_arn, read_write=read_write)


def _state(bucket: ExistingBucket) -> str:
    if not bucket.is_own:
        return OWNERS
    return FOUND if bucket.tells_eventbridge else ADDED


@dataclass(frozen=True)
class Detachment:
    """What becomes of the attached bucket when its stack goes: its objects stay, in any case."""

    bucket: ExistingBucket
    turns_off: bool
    others: tuple[str, ...] = ()
    """Other rules that take the bucket's events."""

    @property
    def explanation(self) -> str:
        """Say what stays."""
        told = "its events to EventBridge are turned off, as before" if self.turns_off else "with its configuration"
        kept = f"; rules that take its events: {', '.join(self.others)}" if self.others else ""
        return f"{self.bucket.name} (attached), with every object; {told}{kept}"

    def apply(self) -> None:
        """Turn the bucket's events off if this stack's deployment had turned them on, and nobody else takes them."""
        if self.turns_off:
            self.bucket.turn_off()


def plan_detachment(stack: Stack, rules: set[str]) -> Detachment | None:
    """Return what becomes of the stack's attached bucket; None where it has a bucket of its own."""
    name = stack.parameters.get("ExistingBucketName", "")
    if not name:
        return None
    bucket = ExistingBucket(stack.environment, name)
    if stack.tags.get(EVENTBRIDGE_TAG) != ADDED:
        return Detachment(bucket, turns_off=False)
    others = tuple(sorted(set(bucket.listeners()) - rules))
    return Detachment(bucket, turns_off=not others, others=others)


_OF_OBJECTS, _OF_THE_BUCKET, _OF_THE_KEY = "objects", "bucket", "key"
_ACTIONS: Mapping[BucketAccess, tuple[tuple[str, str, str], ...]] = {
    BucketAccess.READ_ONLY: (
        ("ViewfinderReads", "s3:GetObject", _OF_OBJECTS),
        ("ViewfinderLists", "s3:ListBucket", _OF_THE_BUCKET),
        ("", "kms:Decrypt", _OF_THE_KEY),
    ),
    BucketAccess.READ_WRITE: (
        ("ViewfinderWrites", "s3:PutObject", _OF_OBJECTS),
        ("ViewfinderDeletes", "s3:DeleteObject", _OF_OBJECTS),
        ("", "kms:GenerateDataKey", _OF_THE_KEY),
    ),
    BucketAccess.READ_WRITE_VERSIONS: (
        ("ViewfinderListsVersions", "s3:ListBucketVersions", _OF_THE_BUCKET),
        ("ViewfinderReadsVersions", "s3:GetObjectVersion", _OF_OBJECTS),
        ("ViewfinderDeletesVersions", "s3:DeleteObjectVersion", _OF_OBJECTS),
    ),
}
"""What the stack's roles do with an attached bucket (template.yaml); each access also does what those before it do."""


def _owners_part(bucket: ExistingBucket, access: BucketAccess, prefix: str, key_arn: str) -> Iterator[str]:
    """Yield what the owner of another account's bucket has to do: this account may not."""
    account, region = bucket.environment.account, bucket.environment.region
    partition = bucket.environment.session.get_partition_for_region(region)
    arn, root = f"arn:{partition}:s3:::{bucket.name}", f"arn:{partition}:iam::{account}:root"
    resources = {_OF_OBJECTS: f"{arn}/{prefix}*", _OF_THE_BUCKET: arn}
    accesses = list(_ACTIONS)
    allowed = [action for each in accesses[: accesses.index(access) + 1] for action in _ACTIONS[each]]
    statements = [
        {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": root}, "Action": action, "Resource": resources[of]}
        for sid, action, of in allowed
        if of in resources
    ]
    yield f"{bucket.name} belongs to another account. Its policy needs:\n{json.dumps(statements, indent=2)}"
    yield (
        "Its owner turns its events to EventBridge on, with a rule whose target is the event bus "
        f"arn:{partition}:events:{region}:{account}:event-bus/default, and your bus needs a policy that allows them "
        "events:PutEvents."
    )
    if key_arn:
        actions = " and ".join(action for _, action, of in allowed if of == _OF_THE_KEY)
        yield f"The policy of {key_arn} has to allow {actions} to {root}."
