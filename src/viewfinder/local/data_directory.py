"""The data directory: everything that a local stack keeps, and the lock that lets one command at a time change it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
import string
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config
from platformdirs import user_data_path

from viewfinder.local.processes import DiskFullError, LocalStackError
from viewfinder.local.state import REGION

LEAST_FREE_BYTES = 500_000_000
"""What a first start needs for the emulator's environment, packages and state, with some room for images."""


def default_path() -> Path:
    """Return the user's data folder of Viewfinder."""
    return user_data_path("viewfinder")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An access key of one emulator."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """One stack's folder."""

    path: Path

    @property
    def record(self) -> Path:
        """What the last `up` started and deployed."""
        return self.path / "stack.json"

    @property
    def logs(self) -> Path:
        """One file per component."""
        return self.path / "logs"

    @property
    def objects(self) -> Path:
        """The objects of the emulator's buckets, on disk as they are put."""
        return self.path / "emulator" / "s3"

    @property
    def state(self) -> Path:
        """The emulator's other state, on disk after an orderly stop."""
        return self.path / "emulator" / "state"

    @property
    def database(self) -> Path:
        """The catalog, where it is an SQLite file."""
        return self.path / "catalog.db"

    @property
    def recovery(self) -> Path:
        """How far the catalog's recovery from the buckets is; there while it is not complete."""
        return self.path / "recovery.json"

    @property
    def temporary(self) -> Path:
        """The emulator's temporary files: the unpacked functions."""
        return self.path / "tmp"

    def command(self, words: str) -> str:
        """Return a command of ours on this stack, as it can be pasted into the user's shell."""
        elsewhere = "" if self.path == default_path() else f" --data-dir {shlex.quote(str(self.path))}"
        return f"{_program()} {words}{elsewhere}"

    def prepare(self) -> None:
        """Create the folders, readable by the user alone; raise DiskFullError."""
        self._make_private()
        for folder in (self.logs, self.objects, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()
        free = shutil.disk_usage(self.path).free
        if free < LEAST_FREE_BYTES:
            raise DiskFullError(
                f"{self.path} has {free // 1_000_000} MB left; the stack needs {LEAST_FREE_BYTES // 1_000_000}."
            )

    def forget_emulator(self) -> None:
        """Delete what the emulator keeps, and the catalog of it."""
        for folder in (self.objects, self.state):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.forget_catalog()

    def forget_catalog(self) -> None:
        """Delete the SQLite file with its log."""
        for file in self.path.glob(f"{self.database.name}*"):
            file.unlink()

    def require_stack(self) -> None:
        """Raise LocalStackError where the directory is none of a stack."""
        if not (self.path / "credentials.json").exists():
            raise LocalStackError(f"{self.path} is not the data directory of a stack.")

    def key_pair(self) -> KeyPair:
        """Return the key pair of the emulator's root, made when first asked for."""
        file = self.path / "credentials.json"
        if not file.exists():
            _write_privately(file, _new_key_pair())
        return KeyPair(**json.loads(file.read_text()))

    def operator(self) -> KeyPair | None:
        """Return the key pair of the emulator's user; None before the first deployment."""
        file = self.path / "operator.json"
        return KeyPair(**json.loads(file.read_text())) if file.exists() else None

    def keep_operator(self, keys: KeyPair) -> None:
        """Keep the key pair of the emulator's user."""
        _write_privately(self.path / "operator.json", keys)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other `up` and `down` out; raise LocalStackError where one is at work.

        Whatever is written meanwhile, by this process and by those that it starts, is its owner's alone.
        """
        self._make_private()
        before = os.umask(0o077)
        try:
            with (self.path / "lock").open("a") as lock:
                self._take(lock.fileno())
                yield
        finally:
            os.umask(before)

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another viewfinder command is starting or stopping the stack of {self.path}: wait for it."
            raise LocalStackError(message) from None

    def _make_private(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.chmod(0o700)  # it may have been there


def _program() -> str:
    """Return how this shell calls `viewfinder`: by its path where it is not on the PATH."""
    called = Path(sys.argv[0]).absolute()
    if called.name != "viewfinder" or shutil.which("viewfinder") == str(called):
        return "viewfinder"
    return shlex.quote(os.path.relpath(called) if called.is_relative_to(Path.cwd()) else str(called))


def _write_privately(file: Path, keys: KeyPair) -> None:
    """Write a file that at no moment another user can read."""
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        json.dump(asdict(keys), out)


def _new_key_pair() -> KeyPair:
    """Return a key pair of AWS's form."""
    letters = string.ascii_uppercase + "234567"
    return KeyPair("AKIA" + "".join(secrets.choice(letters) for _ in range(16)), secrets.token_urlsafe(30))


def session(keys: KeyPair) -> boto3.Session:
    """Return a session on which the user's profiles, files and proxies have no influence."""
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None), **files})
    core.set_default_client_config(Config(proxies={}))
    return boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION, botocore_session=core)
