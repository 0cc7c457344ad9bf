"""Let the stack create buckets again whose settings were lost; run by the emulator's own interpreter.

Objects are on the disk as they are put, a bucket's settings only after an orderly stop. Where these are lost, the
emulator knows a bucket by its objects alone, and would refuse the stack that wants to create it.
"""

from __future__ import annotations

import os
from typing import Any

from viewfinder.local.ministack.guard import replace


def give_back(s3: Any) -> None:
    """Let the stack create a bucket that the emulator knows by its objects only, with these objects in it."""
    owner, create = s3._bucket_owner_account, s3._create_bucket

    def owner_account(name: str) -> Any:
        return None if _is_ownerless(s3, name) else owner(name)

    def create_bucket(name: str, *others: Any, **options: Any) -> Any:
        if _is_ownerless(s3, name):
            s3._buckets[name]["region"] = os.environ["MINISTACK_REGION"]
        return create(name, *others, **options)

    replace(s3, "_bucket_owner_account", owner_account)
    replace(s3, "_create_bucket", create_bucket)
    s3._buckets.__class__ = _giving_back(type(s3._buckets))


def _giving_back(kind: type) -> type:
    """Return the class of a store of buckets that adds its defaults to a bucket which has objects only."""

    class Buckets(kind):  # type: ignore[misc]
        __slots__ = ()

        def setdefault(self, name: str, default: Any = None) -> Any:
            found = super().setdefault(name, default)
            if found is not default and found.get("region") is None:
                found.update({key: value for key, value in default.items() if key != "objects"})
            return found

    return Buckets


def _is_ownerless(s3: Any, name: str) -> bool:
    bucket = s3._buckets.get(name)
    return bucket is not None and bucket.get("region") is None
