"""The artifacts bucket: what a deployment uploads, under names made of its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from botocore.exceptions import ClientError

from viewfinder.deployment.home import Home


@dataclass(frozen=True)
class ArtifactsBucket:
    """The bucket of one account and region; the same content is uploaded once."""

    home: Home

    @property
    def name(self) -> str:
        """The bucket's name: unique by its account."""
        return f"viewfinder-artifacts-{self.home.account}-{self.home.region}"

    def ensure(self) -> None:
        """Creates the bucket where it is missing, closed to the public."""
        if self._exists():
            return
        # us-east-1 is the one region that must not be named.
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.home.region}}
        self.home.s3.create_bucket(Bucket=self.name, **({} if self.home.region == "us-east-1" else where))  # type: ignore[arg-type]
        self.home.s3.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )

    def upload(self, name: str, content: bytes) -> str:
        """Gives the key of this content, uploaded if it was not there; `name` is for the reader."""
        path = PurePosixPath(name)
        key = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:32]}{path.suffix}"
        if not self._has(key):
            self.home.s3.put_object(Bucket=self.name, Key=key, Body=content, ExpectedBucketOwner=self.home.account)
        return key

    def _exists(self) -> bool:
        try:
            # Bucket names are global: a bucket of this name in a foreign account must not get our code.
            self.home.s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self.home.account)
        except ClientError as error:
            return _absent(error)
        return True

    def _has(self, key: str) -> bool:
        try:
            self.home.s3.head_object(Bucket=self.name, Key=key, ExpectedBucketOwner=self.home.account)
        except ClientError as error:
            return _absent(error)
        return True


def _absent(error: ClientError) -> bool:
    """Gives False for "not there"; any other error goes on."""
    if error.response["Error"]["Code"] in {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}:
        return False
    raise error
