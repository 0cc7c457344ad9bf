"""A running stack: its addresses and problems. Record and keys are read once."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3

from viewfinder.bootstrap import Application
from viewfinder.domain.bucket_access import BucketAccess
from viewfinder.local import components, files
from viewfinder.local.catalog import CatalogFile, DamagedCatalogError, Found
from viewfinder.local.data_directory import DataDirectory, KeyPair, session
from viewfinder.local.gallery_log import failed_requests
from viewfinder.local.ministack.attached import BUCKET
from viewfinder.local.ministack.guard import ROOM_BYTES
from viewfinder.local.parameters import DEFAULTS, FIXED
from viewfinder.local.state import REGION, SQLITE, Record
from viewfinder.settings import Settings

LOOK_BACK_MINUTES = 15


def parameters_of(record: Record) -> dict[str, str]:
    """Return the template's parameters of a local stack."""
    detector = "Engine" if record.in_process else "Rekognition"
    attached = {"ExistingBucketName": BUCKET} if record.attached else {}
    # Off is said, too: a parameter that is not named keeps its value.
    hosted = {"HostedGallery": "On" if record.hosted else "Off", "GalleryOrigin": record.hosted_url}
    chosen = {"Features": record.features, "Detector": detector}
    return {**FIXED, **DEFAULTS, **record.parameters, **chosen, **attached, **hosted}


@dataclass(frozen=True)
class Running:
    """A running stack; `keys` are those of the operator, who has all permissions."""

    data: DataDirectory
    record: Record
    keys: KeyPair

    @cached_property
    def session(self) -> boto3.Session:
        """A session of the operator."""
        return session(self.keys)

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which AWS's tools and `viewfinder` find this stack."""
        record, keys = self.record, self.keys
        return {
            "AWS_ENDPOINT_URL": record.endpoint_url,
            "AWS_ENDPOINT_URL_REKOGNITION": record.rekognition_url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "VIEWFINDER_DATA_DIR": str(self.data.path),
            "AWS_REGION": REGION,
            "VIEWFINDER_BUCKET": record.outputs["ImagesBucketName"],
            "VIEWFINDER_API_URL": record.api_url,
            "VIEWFINDER_GALLERY_URL": record.gallery_url,
            **({"VIEWFINDER_HOSTED_URL": record.hosted_url} if record.hosted else {}),
        }

    @property
    def settings(self) -> Settings:
        """The settings of the functions, with the catalog that they use, for an operator's commands."""
        return Settings.from_outputs(
            self.record.outputs,
            catalog=components.catalog_setting(self.data, self.record),
            detector_price=float(FIXED["DetectorPrice"]),
            shards=int(FIXED["Shards"]),
            features=self.record.features,
            detector=parameters_of(self.record)["Detector"],
            engine_detector=self.record.detector or "",
            bucket_access=str(BucketAccess.READ_ONLY if self.record.attached else BucketAccess.OWN),
            outbox=bool(self.record.webhook),
            vectors=components.vectors_setting(self.record),
            embeddings=components.embeddings_setting(self.record),
        )

    def application(self) -> Application:
        """Return the parts of the pipeline for an operator's command."""
        return Application(
            self.settings,
            session=self.session,
            endpoint_url=self.record.endpoint_url,
            rekognition_endpoint_url=self.record.rekognition_url,
        )

    @property
    def recovery(self) -> dict[str, Any] | None:
        """The progress of the catalog's recovery from the buckets; None without a recovery."""
        try:
            return files.read(self.data.recovery, "")
        except files.DamagedFileError:
            return {"State": "WAITING"}  # that the file is there says enough

    @property
    def attached(self) -> dict[str, Any] | None:
        """What was seen of the attached folder; None without one, or before it was looked at."""
        try:
            return files.read(self.data.attached, "") if self.record.attached else None
        except files.DamagedFileError:
            return None

    def problems(self) -> list[str]:
        """Return the problems that need an action, one sentence each."""
        found = (self._room(), self._catalog(), self._recovery(), self._attached(), self._failed_requests())
        return [problem for problem in found if problem]

    def _room(self) -> str | None:
        free = shutil.disk_usage(self.data.path).free
        if free >= ROOM_BYTES:
            return None
        left = f"{free // 1_000_000} MB left, {ROOM_BYTES // 1_000_000} are kept free"
        return f"The disk of {self.data.path} is full: {left}. Waiting images continue when there is room."

    def _catalog(self) -> str | None:
        if self.record.catalog != SQLITE:
            return None
        try:
            found = CatalogFile(self.data).look()
        except DamagedCatalogError as error:
            return str(error)
        if found is Found.GOOD:
            return None
        again = self.data.command("up")
        return f"{self.data.database} {found.value}. Rebuild it from the buckets: {again}"

    def _recovery(self) -> str | None:
        found = self.recovery or {}
        if found.get("State") == "FAILED":
            return f"The catalog's recovery: {found.get('Message')}. Try again: {self.data.command('reconcile')}"
        return str(found.get("Message")) if found.get("State") == "DAMAGED" else None

    def _attached(self) -> str | None:
        found = self.attached or {}
        if found.get("State") == "FAILED":
            return f"The attached folder could not be compared: {found.get('Message')}. It is tried again."
        if problems := found.get("Problems"):
            return f"{len(problems):,} folders or files of {found['Folder']} can't be read: {problems[0]}"
        return None

    def _failed_requests(self) -> str | None:
        failed = failed_requests(self.data.logs / "gallery.log", since=time.time() - LOOK_BACK_MINUTES * 60)
        look = self.data.command("logs --component gallery")
        return f"{failed:,} requests failed in the last {LOOK_BACK_MINUTES} minutes. See: {look}" if failed else None
