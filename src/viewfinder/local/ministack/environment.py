"""Prerequisites of the emulator: its own Python environment, and the IAM user of the operator."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import sys
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from platformdirs import user_cache_path
from uv import find_uv_bin

from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.processes import LocalStackError

if TYPE_CHECKING:
    from types_boto3_iam.client import IAMClient


def ensure_environment() -> Path:
    """Return the environment's interpreter; install the emulator first where that is still to be done."""
    requirements = resources.files("viewfinder.local.ministack").joinpath("requirements.txt").read_text()
    version = hashlib.sha256(f"{sys.version}{sys.base_prefix}{requirements}".encode()).hexdigest()[:16]
    folder = user_cache_path("viewfinder") / f"emulator-{version}"
    if (folder / "complete").exists():  # in a container's read-only root, too
        return folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(folder, requirements)
    return folder / "bin" / "python"


def _install(folder: Path, requirements: str) -> None:
    _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    where = ("--python", str(folder / "bin" / "python"))
    _uv("pip", "install", "--quiet", "--require-hashes", *where, "-r", "-", text=requirements)
    (folder / "complete").touch()


def _uv(*arguments: str, text: str = "") -> None:
    done = subprocess.run([find_uv_bin(), *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalStackError(f"The emulator can't be installed: uv {' '.join(arguments)}\n{done.stderr.strip()}")


USER = "viewfinder-operator"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def ensure_operator(root: boto3.Session, endpoint_url: str, data: DataDirectory) -> bool:
    """Create the user and its key if they are missing; return False if both existed."""
    iam = root.client("iam", endpoint_url=endpoint_url)
    keys = _keys(iam)
    known = data.operator()
    if known and known.access_key_id in keys:
        return False
    for key in keys:
        iam.delete_access_key(UserName=USER, AccessKeyId=key)
    iam.put_user_policy(UserName=USER, PolicyName="everything", PolicyDocument=json.dumps(POLICY))
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    data.keep_operator(KeyPair(made["AccessKeyId"], made["SecretAccessKey"]))
    return True


def _keys(iam: IAMClient) -> list[str]:
    """Return the ids of the user's keys, after making the user if need be."""
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=USER)
    return [key["AccessKeyId"] for key in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]]
