"""Where images are imported from: files, another bucket, or the images bucket itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from viewfinder.adapters.pictures.formats import recognise
from viewfinder.adapters.s3 import S3Objects
from viewfinder.domain.errors import ImageRejectedError
from viewfinder.domain.image import is_folder_marker
from viewfinder.ports import Candidate

_HEADER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Files:
    """Files, named one by one or in folders; keys are relative to the folder that was named.

    A folder's files that are no pictures by their content are passed over; a file that was named itself is taken.
    """

    paths: tuple[Path, ...]
    prefix: str
    bucket: S3Objects

    def candidates(self) -> Iterator[Candidate]:
        """Read every file once, to know its content."""
        with ThreadPoolExecutor() as pool:
            yield from pool.map(self._candidate, *zip(*self._files(), strict=True))

    def is_stored(self, candidate: Candidate) -> bool:
        """Compare with what the bucket has under this key."""
        return _has_content(self.bucket, candidate)

    def send(self, candidate: Candidate) -> str:
        """Upload the file."""
        return self.bucket.upload(candidate.image_id, Path(candidate.location))

    def _files(self) -> Iterator[tuple[Path, str]]:
        for path in self.paths:
            if path.is_dir():
                files = sorted(file for file in path.rglob("*") if file.is_file() and _is_picture(file))
                yield from ((file, self.prefix + file.relative_to(path).as_posix()) for file in files)
            else:
                yield path, self.prefix + path.name

    def _candidate(self, file: Path, image_id: str) -> Candidate:
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                md5.update(block)
                sha256.update(block)
        return Candidate(image_id, file.stat().st_size, md5.hexdigest(), str(file), sha256.hexdigest())


@dataclass(frozen=True, slots=True)
class OtherBucket:
    """The objects of another bucket; they are copied by S3, with their keys."""

    source: S3Objects
    prefix: str
    bucket: S3Objects

    def candidates(self) -> Iterator[Candidate]:
        """List the bucket."""
        return _listed(self.source, self.prefix)

    def is_stored(self, candidate: Candidate) -> bool:
        """Compare with what the images bucket has under this key."""
        return _has_content(self.bucket, candidate)

    def send(self, candidate: Candidate) -> str:
        """Copy the object."""
        return self.bucket.copy(candidate.image_id, self.source.bucket, candidate.location)


@dataclass(frozen=True, slots=True)
class SameBucket:
    """Objects that are in the images bucket already, perhaps from before the pipeline: there is nothing to send."""

    bucket: S3Objects
    prefix: str

    def candidates(self) -> Iterator[Candidate]:
        """List the bucket."""
        return _listed(self.bucket, self.prefix)

    def is_stored(self, candidate: Candidate) -> bool:
        """They are."""
        return True

    def send(self, candidate: Candidate) -> str:
        """Have nothing to do."""
        return candidate.etag


def _listed(bucket: S3Objects, prefix: str) -> Iterator[Candidate]:
    for found in bucket.list(prefix):
        if not is_folder_marker(found.key, found.size):
            yield Candidate(found.key, found.size, found.etag, found.key, modified=found.modified)


def _has_content(bucket: S3Objects, candidate: Candidate) -> bool:
    found = bucket.find(candidate.image_id)
    if found is None or found.size != candidate.size:
        return False
    if "-" in candidate.etag:  # uploaded in parts: the ETag is no hash of the content, and a copy has another
        return found.modified >= candidate.modified
    return found.etag == candidate.etag


def _is_picture(file: Path) -> bool:
    with file.open("rb") as content:
        try:
            recognise(content.read(_HEADER_BYTES))
        except ImageRejectedError:
            return False
    return True
