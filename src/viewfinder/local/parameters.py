"""The template's parameters on one machine: which the user may choose, which are fixed, and which mean nothing here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from viewfinder.local.processes import LocalStackError

HONOURED = frozenset({
    *("AnalysisIntervalSeconds", "BatchThreads", "ImageVersionDays", "KeepLocation", "LogLevel", "MaxReceiveCount"),
    "Stages",
})  # fmt: skip
"""What `up --parameter` takes."""

FIXED = {
    "AnalysesPerMinute": "0",
    "ApiBurst": "5000",
    "ApiRequestsPerSecond": "10000",
    "DetectorPrice": "0",
    "RequireTls": "false",
    "Shards": "1",
}
"""In which the local stack differs from one on AWS: our own engine costs nothing, the emulator speaks plain HTTP on
loopback, its table has no partitions whose heat would have to be spread, and requests cost nothing, so they queue."""

DEFAULTS = {"AnalysisIntervalSeconds": "0"}
"""What a parameter that may be chosen is at first, where not as on AWS."""

CHOSEN_OTHERWISE = frozenset({"Detector", "Features", "ExistingBucketName", "HostedGallery", "GalleryOrigin"})
"""By options of their own."""

MEANINGLESS = {
    "DetectorConcurrency": "the emulator takes a parameter for a string here; the machine's cores are the limit",
    "ExistingPrefix": "a folder is attached whole",
    "ExistingKeyArn": "the emulator encrypts nothing",
    "ExistingBucketAccess": "a folder is attached read-only",
    "SecondStageConcurrency": "as DetectorConcurrency; the emulator works on the second stage when the first is done",
    "LogRetentionDays": "the logs are files of the data directory",
    "KmsKeyArn": "the emulator encrypts nothing",
    "PermissionsBoundaryArn": "there is no organisation",
    "TableDeletionProtection": "the catalog is a file, or goes with the emulator",
    "ServerAccessLogs": "the emulator writes none",
    "ApiAccessLogs": "the emulator writes none",
    "GradualDeployment": "there is no CodeDeploy",
    "KeptImageQueue": "it is for an update from 0.1.0 on AWS",
    "Release": "only with GradualDeployment and SnapStart",
    "SnapStart": "there are no snapshots",
    "EventBusName": "events go to the option --webhook here",
    "EventArchiveDays": "only with EventBusName",
    "Embeddings": "a model of pictures and words is the option --clip here",
    "EmbeddingSize": "only with Embeddings",
    "SimilarImages": "the vectors are in the catalog's file; the emulator has no S3 Vectors",
    "WebAclArn": "there is no WAF",
    "GalleryDomain": "the hosted gallery is rehearsed on loopback",
    "GalleryCertificateArn": "only with GalleryDomain",
    "AlarmEmail": "the emulator sends no mail",
}
"""What has no effect on one machine, and why."""


def checked(chosen: Mapping[str, str], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameters that a user chose; raise LocalStackError for one that a local stack can't honour.

    `declared` is the template's section of parameters.
    """
    for name, value in chosen.items():
        if name not in HONOURED:
            why = MEANINGLESS.get(name) or ("it is fixed" if name in FIXED else _of_its_own(name))
            raise LocalStackError(f"--parameter {name} can't be chosen here: {why}. Choose among {_list(HONOURED)}.")
        if not _is_allowed(value, declared[name]):
            raise LocalStackError(f"--parameter {name}={value}: {_allowed(declared[name])}")
    return dict(chosen)


def _of_its_own(name: str) -> str:
    options = {
        "Features": "--features",
        "Detector": "--detector-in-process",
        "ExistingBucketName": "--attach",
        "HostedGallery": "--hosted",
        "GalleryOrigin": "--hosted",
    }
    return f"it is the option {options[name]}" if name in options else "there is no such parameter"


def _is_allowed(value: str, declared: Mapping[str, Any]) -> bool:
    if declared["Type"] == "Number":
        return value.isdigit() and declared["MinValue"] <= int(value) <= declared["MaxValue"]
    return value in declared["AllowedValues"]


def _allowed(declared: Mapping[str, Any]) -> str:
    if declared["Type"] == "Number":
        return f"a number from {declared['MinValue']} to {declared['MaxValue']} is wanted."
    return f"one of {_list(declared['AllowedValues'])} is wanted."


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
