"""The page of a hosted gallery: its files in the stack's bucket, below a folder that is named by their hash."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import Progress, Report

STAGE = "prod"
INDEX, SETTINGS, WORKER = "index.html", "settings.json", "worker.js"
FOLDER = "web/"

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASKED_EACH_TIME = "no-cache"
_NOT_KEPT = "no-store"
"""The page itself: a browser that goes back to it after a logout asks for it again."""

_CLOSED = ("{preload}", "{open}", "{poster}")
"""Places of the page that only the local gallery's server fills."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, as it is stored."""

    content: bytes
    media_type: str
    cache_control: str


@dataclass(frozen=True)
class Page:
    """The page of one stack; `settings` is what it is told of login and buckets."""

    settings: Mapping[str, object]
    is_moderated: bool = False

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        folder = files("viewfinder.gallery") / "web"
        return {entry.name: entry.read_bytes() for entry in folder.iterdir() if _suffix(entry.name) in _TYPES}

    @cached_property
    def version(self) -> str:
        """The hash of all files, which names their folder."""
        digest = hashlib.sha256()
        for name, content in sorted(self._contents.items()):
            digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
        return digest.hexdigest()[:16]

    def files(self) -> Iterator[tuple[str, PageFile]]:
        """Yield key and file, the page itself last: what it names is there before it."""
        for name, content in sorted(self._contents.items()):
            if name != INDEX:
                yield f"{FOLDER}{self.version}/{name}", PageFile(content, _TYPES[_suffix(name)], _FOR_EVER)
        if worker := self._contents.get(WORKER):  # at the root, for a worker's scope is its own folder
            yield WORKER, PageFile(worker, _TYPES[".js"], _ASKED_EACH_TIME)
        settings = json.dumps(self.settings, separators=(",", ":")).encode()
        yield SETTINGS, PageFile(settings, "application/json", _ASKED_EACH_TIME)
        yield INDEX, PageFile(self._index(), _TYPES[".html"], _NOT_KEPT)

    def _index(self) -> bytes:
        page = self._contents[INDEX].decode().replace('"/web/', f'"/{FOLDER}{self.version}/')
        page = page.replace("{token}", "").replace("{stage}", STAGE)  # without a token: its user signs in
        page = page.replace("{moderated}", "true" if self.is_moderated else "false")
        for place in _CLOSED:
            page = page.replace(place, "")
        return page.encode()


def page_of(environment: Environment, outputs: Mapping[str, str], features: str) -> Page:
    """Return the page of a stack that hosts the gallery, by its outputs."""
    endpoint = environment.s3.meta.endpoint_url
    buckets = [f"{endpoint}/{outputs[name]}" for name in ("ImagesBucketName", "DerivedBucketName")]
    login = {"Authority": outputs["GalleryLoginUrl"], "ClientId": outputs["GalleryClientId"]}
    settings = {"Stage": STAGE, "Login": login, "Buckets": buckets}
    return Page(settings, is_moderated="MODERATION" in features.split(","))


def publish(environment: Environment, outputs: Mapping[str, str], features: str, report: Report) -> bool:
    """Upload what the bucket lacks, and tell CloudFront of another page; return whether there was anything.

    The folder of the release before stays: pages that are open ask for its files. Earlier ones go.
    """
    bucket, page = outputs["GalleryBucketName"], page_of(environment, outputs, features)
    present = _present(environment, bucket)
    before = _version_named_by_page(environment, bucket) if INDEX in present else ""
    changed = [
        (key, file)
        for key, file in page.files()
        if present.get(key) != f'"{hashlib.md5(file.content, usedforsecurity=False).hexdigest()}"'
    ]
    for key, file in changed:
        environment.s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=file.content,
            ContentType=file.media_type,
            CacheControl=file.cache_control,
            ExpectedBucketOwner=environment.account,
        )
    if not changed:
        return False
    if INDEX in dict(changed):
        _forget(environment, bucket, [key for key in present if _is_of_others(key, {page.version, before})])
        _invalidate(environment, outputs["GalleryDistributionId"])
    report(Progress(bucket, "UPLOADED", f"{len(changed)} files of the page"))
    return True


def _present(environment: Environment, bucket: str) -> dict[str, str]:
    """Map each key to its ETag, which is the MD5 of what a single PUT has stored with SSE-S3."""
    pages = environment.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, ExpectedBucketOwner=environment.account
    )
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", ())}


def _version_named_by_page(environment: Environment, bucket: str) -> str:
    """Return the version of the page that is served now, "" where there is none."""
    answer = environment.s3.get_object(Bucket=bucket, Key=INDEX, ExpectedBucketOwner=environment.account)
    found = re.search(rf'"/{FOLDER}(\w+)/', answer["Body"].read().decode())
    return found[1] if found else ""


def _is_of_others(key: str, kept: set[str]) -> bool:
    return key.startswith(FOLDER) and _version(key) not in kept


def _version(key: str) -> str:
    return key.removeprefix(FOLDER).partition("/")[0]


def _forget(environment: Environment, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), 1000):
        objects = [{"Key": key} for key in keys[start : start + 1000]]
        environment.s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]


def _invalidate(environment: Environment, distribution: str) -> None:
    """Have CloudFront ask for the page again, by both of its addresses; files in folders never change."""
    environment.client("cloudfront").create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"CallerReference": str(uuid.uuid4()), "Paths": {"Quantity": 2, "Items": ["/", f"/{INDEX}"]}},
    )


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]
