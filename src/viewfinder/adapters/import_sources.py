"""Sources of an import: files, another bucket, or the images bucket itself."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from viewfinder.adapters.folders import FoundFile, Report, files_below, is_regular, what_is_no_picture
from viewfinder.adapters.s3 import S3Objects
from viewfinder.domain.candidate import Candidate
from viewfinder.domain.errors import KeyTakenError
from viewfinder.domain.image import Image, is_folder_marker
from viewfinder.ports import ImageObjects, Objects, ObjectSummary, Requests

_LONGEST_KEY = 1015
"""Bytes: S3 takes 1,024, and `Candidate.beside` may add nine."""


@dataclass
class Files:
    """Files that the user names, or that lie in named folders. Keys contain the folder's name, as with `cp -r`.

    From a folder it skips files whose content is not a picture, and hidden and system folders. It takes every file that
    was named itself.
    """

    paths: tuple[Path, ...]
    prefix: str
    bucket: ImageObjects
    passed_over: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def count(self) -> int:
        """Count the files, pictures or not."""
        return sum(1 for _ in self._files())

    def candidates(self) -> Iterator[Candidate]:
        """Find the pictures, folder by folder in the order of their names."""
        self.passed_over.clear()
        self.problems.clear()
        for file, key, was_named in self._files(self._report):
            try:
                if file.left_out:
                    self.passed_over[file.left_out] += 1
                elif found := self._candidate(file.path, key, was_named=was_named):
                    yield found
            except OSError as error:
                self._report(error)

    def is_content_of(self, candidate: Candidate, image: Image) -> bool:
        """Compare sizes, and hashes only where these are equal: by SHA-256, because under KMS an ETag is no hash."""
        if image.size != candidate.size:
            return False
        if image.sha256:
            return image.sha256 == self.sha256(candidate)
        return image.etag == self.identified(candidate).etag

    def identified(self, candidate: Candidate) -> Candidate:
        """Read the file, and return the candidate with its future ETag."""
        return candidate if candidate.etag else replace(candidate, etag=_digest(candidate.location, "md5"))

    def sha256(self, candidate: Candidate) -> str:
        """Read the file."""
        return _digest(candidate.location, "sha256")

    def find(self, image_id: str) -> ObjectSummary | None:
        """Return the bucket's object of this key, or None."""
        return self.bucket.find(image_id)

    def send(self, candidate: Candidate, *, replace: bool) -> str:
        """Upload the file."""
        return self.bucket.upload(candidate.image_id, Path(candidate.location), replace=replace)

    def _files(self, report: Report = lambda _: None) -> Iterator[tuple[FoundFile, str, bool]]:
        """Yield each file with its key, and whether it was named itself."""
        for path in self.paths:
            absolute = os.path.abspath(path)  # `.` has no name of its own
            if not os.path.isdir(absolute):
                yield FoundFile(absolute), self.prefix + os.path.basename(absolute), True
                continue
            parent = os.path.dirname(absolute)
            for file in files_below(absolute, report):
                yield file, self.prefix + PurePath(os.path.relpath(file.path, parent)).as_posix(), False

    def _candidate(self, file: str, key: str, *, was_named: bool) -> Candidate | None:
        if not was_named and (other := what_is_no_picture(file)):
            self.passed_over[other] += 1
            return None
        if problem := _problem_with(key) if is_regular(file) else "not a regular file":
            self.problems.append(f"{file}: {problem}")
            return None
        return Candidate(key, os.path.getsize(file), file)

    def _report(self, error: OSError) -> None:
        self.problems.append(f"{error.filename}: {error.strerror}")


@dataclass
class OtherBucket:
    """The objects of another bucket; S3 copies them under the same keys."""

    source: S3Objects
    prefix: str
    bucket: ImageObjects
    passed_over: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def count(self) -> int:
        """Count the objects."""
        return sum(1 for _ in _listed(self.source, self.prefix))

    def candidates(self) -> Iterator[Candidate]:
        """List the bucket."""
        return _listed(self.source, self.prefix)

    def is_content_of(self, candidate: Candidate, image: Image) -> bool:
        """Compare ETags; for a multipart upload, compare size and time with the copy."""
        if "-" not in candidate.etag:
            return image.etag == candidate.etag
        found = self.bucket.find(image.image_id)
        return found is not None and found.size == candidate.size and found.modified >= candidate.modified

    def identified(self, candidate: Candidate) -> Candidate:
        """Return the candidate unchanged, because the listing has its ETag."""
        return candidate

    def sha256(self, candidate: Candidate) -> str:
        """Return "", because the hash would require fetching the object."""
        return ""

    def find(self, image_id: str) -> ObjectSummary | None:
        """Return the bucket's object of this key, or None."""
        return self.bucket.find(image_id)

    def send(self, candidate: Candidate, *, replace: bool) -> str:
        """Copy the object."""
        if not replace and self.bucket.find(candidate.image_id):
            raise KeyTakenError(candidate.image_id)
        return self.bucket.copy(candidate.image_id, self.source.bucket, candidate.location)


@dataclass
class SameBucket:
    """Objects that are in the images bucket already (older than the pipeline); it sends only their events."""

    bucket: Objects
    prefix: str
    requests: Requests
    passed_over: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def count(self) -> int:
        """Count the objects."""
        return sum(1 for _ in _listed(self.bucket, self.prefix))

    def candidates(self) -> Iterator[Candidate]:
        """List the bucket."""
        return _listed(self.bucket, self.prefix)

    def is_content_of(self, candidate: Candidate, image: Image) -> bool:
        """Compare ETags: the record belongs to this object, or to an earlier one."""
        return image.etag == candidate.etag

    def identified(self, candidate: Candidate) -> Candidate:
        """Return the candidate unchanged, because the listing has its ETag."""
        return candidate

    def sha256(self, candidate: Candidate) -> str:
        """Return "", because the hash would require fetching the object."""
        return ""

    def find(self, image_id: str) -> ObjectSummary | None:
        """Ask the bucket."""
        return self.bucket.find(image_id)

    def send(self, candidate: Candidate, *, replace: bool) -> str:
        """Queue a request; nothing is overwritten."""
        self.requests.send([candidate.image_id])
        return candidate.etag


def _listed(bucket: Objects, prefix: str) -> Iterator[Candidate]:
    for found in bucket.list(prefix):
        if not is_folder_marker(found.key, found.size):
            yield Candidate(found.key, found.size, found.key, found.etag, found.modified)


def _digest(file: str, algorithm: str) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _problem_with(key: str) -> str:
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    return f"its name makes a key of more than {_LONGEST_KEY:,} bytes" if size > _LONGEST_KEY else ""
