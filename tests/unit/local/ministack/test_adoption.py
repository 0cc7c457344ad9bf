"""A bucket whose settings were lost belongs to its next creator, with its objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from viewfinder.local.ministack.adoption import give_back

OBJECTS = {"a.jpg": {"size": 1}}


class Store(dict[str, Any]):
    """The emulator's store of buckets, as far as it is used here."""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MINISTACK_REGION", "us-east-1")
    buckets = Store(lost={"objects": dict(OBJECTS), "region": None}, own={"objects": {}, "region": "us-east-1"})

    def create(name: str, _: bytes) -> int:
        return 200 if buckets.get(name, {}).get("region", "us-east-1") == "us-east-1" else 409

    s3 = SimpleNamespace(
        _buckets=buckets,
        _bucket_owner_account=lambda name: "000000000000" if name in buckets else None,
        _create_bucket=create,
    )
    give_back(s3)
    return s3


def test_a_template_may_create_a_bucket_that_is_known_by_its_objects_alone(s3: Any) -> None:
    assert s3._bucket_owner_account("lost") is None
    assert s3._bucket_owner_account("own") == "000000000000"

    s3._buckets.setdefault("lost", {"objects": {}, "region": "us-east-1", "created": "now"})

    assert s3._buckets["lost"] == {"objects": OBJECTS, "region": "us-east-1", "created": "now"}
    assert s3._bucket_owner_account("lost") == "000000000000"


def test_a_call_may_create_it_too(s3: Any) -> None:
    assert s3._create_bucket("lost", b"") == 200
    assert s3._buckets["lost"]["objects"] == OBJECTS


def test_a_bucket_with_its_settings_stays_as_it_is(s3: Any) -> None:
    s3._buckets.setdefault("own", {"objects": {}, "region": "us-east-1", "created": "now"})

    assert s3._buckets["own"] == {"objects": {}, "region": "us-east-1"}
