"""An object that S3 does not give: its own fault where others are given, and an operator's matter where none is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from viewfinder.adapters.s3 import S3ImageStore
from viewfinder.domain.errors import MisconfiguredError, ObjectNotFoundError

DENIED = ("AccessDenied", "Access Denied")
DENIED_BY_KMS = (
    "AccessDenied",
    "User: arn:aws:sts::1:assumed-role/r is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:::key/k",
)
KEY_DISABLED = ("KMS.DisabledException", "arn:aws:kms:::key/k is disabled.")
CUSTOMER_KEY = ("InvalidRequest", "The object was stored using a form of Server Side Encryption.")


class GuardedBucket:
    """A bucket that refuses some keys, as S3 does: authorization comes before the question whether a key exists."""

    def __init__(self, keys: Collection[str], refused: Mapping[str, tuple[str, str]], *, is_shut: bool = False) -> None:
        self.keys = sorted(keys)
        self.refused = refused
        self.is_shut = is_shut
        self.read: list[str] = []

    def get_object(self, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - as in the SDK
        self.read.append(Key)
        if self.is_shut or Key in self.refused:
            code, message = self.refused.get(Key, DENIED)
            raise ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
        if Key not in self.keys:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": BytesIO(b"Dog"), "ContentLength": 3, "ETag": '"tag"'}

    def list_objects_v2(self, MaxKeys: int, Prefix: str = "", StartAfter: str = "", **_: Any) -> Any:  # noqa: N803
        found = [key for key in self.keys if key.startswith(Prefix) and key > StartAfter]
        return {"Contents": [{"Key": key, "Size": 3, "ETag": '"tag"'} for key in found[:MaxKeys]]}


def fetch(bucket: GuardedBucket, key: str = "m.jpg") -> Any:
    client: Any = bucket
    return S3ImageStore(client, "images").fetch(key, 100)


@pytest.mark.parametrize("answer", [DENIED, DENIED_BY_KMS, KEY_DISABLED])
def test_a_denied_object_is_at_fault_where_another_is_given(answer: tuple[str, str]) -> None:
    stored = fetch(GuardedBucket(["a.jpg", "m.jpg", "z.jpg"], {"m.jpg": answer, "a.jpg": answer}))
    assert (stored.content, stored.refusal, stored.etag, stored.size) == (None, "ACCESS_DENIED", "tag", 3)


@pytest.mark.parametrize("answer", [DENIED, DENIED_BY_KMS, KEY_DISABLED])
def test_where_no_object_is_given_the_setup_is_at_fault(answer: tuple[str, str]) -> None:
    bucket = GuardedBucket(["a.jpg", "m.jpg", "z.jpg"], dict.fromkeys(["a.jpg", "m.jpg", "z.jpg"], answer))
    with pytest.raises(MisconfiguredError, match="s3://images can't be read"):
        fetch(bucket)
    assert len(bucket.read) <= 10


def test_an_only_object_is_at_fault_where_the_role_may_read_what_does_not_exist() -> None:
    assert fetch(GuardedBucket(["m.jpg"], {"m.jpg": DENIED})).refusal == "ACCESS_DENIED"


def test_an_only_object_that_kms_refuses_may_be_one_of_many() -> None:
    with pytest.raises(MisconfiguredError):
        fetch(GuardedBucket(["m.jpg"], {"m.jpg": DENIED_BY_KMS}))


def test_a_role_that_may_read_nothing_is_misconfigured() -> None:
    with pytest.raises(MisconfiguredError):
        fetch(GuardedBucket(["m.jpg"], {}, is_shut=True))


def test_what_was_read_before_tells_as_well() -> None:
    keys = [f"{number}.jpg" for number in range(50)]
    bucket = GuardedBucket(keys, {})
    client: Any = bucket
    store = S3ImageStore(client, "images")
    store.fetch("30.jpg", 100)
    bucket.refused = dict.fromkeys(set(keys) - {"30.jpg"}, DENIED)

    assert store.fetch("7.jpg", 100).refusal == "ACCESS_DENIED"


def test_an_object_under_its_uploaders_key_says_so_at_once() -> None:
    bucket = GuardedBucket(["m.jpg"], {"m.jpg": CUSTOMER_KEY})
    assert fetch(bucket).refusal == "CUSTOMER_KEY"
    assert bucket.read == ["m.jpg"]


def test_an_object_that_goes_meanwhile_is_not_there() -> None:
    with pytest.raises(ObjectNotFoundError):
        fetch(GuardedBucket(["a.jpg", "m.jpg.old"], {"m.jpg": DENIED}))


class PrefixedBucket(GuardedBucket):
    """A bucket below a prefix: its role may list there only, so S3 answers 403 for an object that is not there."""

    def get_object(self, Key: str, **rest: Any) -> dict[str, Any]:  # noqa: N803
        if Key not in self.keys:
            raise ClientError({"Error": {"Code": DENIED[0], "Message": DENIED[1]}}, "GetObject")
        return super().get_object(Key, **rest)

    def list_objects_v2(self, MaxKeys: int, Prefix: str = "", StartAfter: str = "", **rest: Any) -> Any:  # noqa: N803
        if not Prefix.startswith("p/"):
            raise ClientError({"Error": {"Code": DENIED[0], "Message": DENIED[1]}}, "ListObjectsV2")
        return super().list_objects_v2(MaxKeys, Prefix, StartAfter, **rest)


def fetch_below(bucket: PrefixedBucket, key: str) -> Any:
    client: Any = bucket
    return S3ImageStore(client, "images", "p/").fetch(key, 100)


def test_below_a_prefix_the_listing_tells_a_removed_object_from_a_forbidden_one() -> None:
    bucket = PrefixedBucket(["p/a.jpg", "p/m.jpg"], {"p/m.jpg": DENIED})

    with pytest.raises(ObjectNotFoundError):
        fetch_below(bucket, "p/gone.jpg")
    assert fetch_below(bucket, "p/m.jpg").refusal == "ACCESS_DENIED"
    assert fetch_below(bucket, "p/a.jpg").content == b"Dog"


def test_below_a_prefix_where_no_object_is_given_the_setup_is_at_fault() -> None:
    with pytest.raises(MisconfiguredError, match="s3://images can't be read"):
        fetch_below(PrefixedBucket(["p/a.jpg", "p/m.jpg"], dict.fromkeys(["p/a.jpg", "p/m.jpg"], DENIED)), "p/m.jpg")
