"""The data directory: all files of a local stack, and the lock that lets one command at a time change it."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shlex
import shutil
import string
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config
from platformdirs import user_data_path

from viewfinder.domain.errors import ViewfinderError
from viewfinder.local import files
from viewfinder.local.files import DamagedFileError
from viewfinder.local.processes import DiskFullError, LocalStackError
from viewfinder.local.state import REGION

ROOT_KEYS, OPERATOR_KEYS = "credentials.json", "operator.json"

LEAST_FREE_BYTES = 500_000_000
"""What a first start needs for the emulator's environment, packages and state, with some room for images."""


FULL_BYTES = 1_000_000
"""Free bytes below which any failure is attributed to the full disk."""


def default_path() -> Path:
    """Return the user's data folder of Viewfinder."""
    return user_data_path("viewfinder")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An access key of the emulator: its id and secret."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """One stack's folder."""

    path: Path

    @property
    def record(self) -> Path:
        """The file with the record of the last `up`."""
        return self.path / "stack.json"

    @property
    def logs(self) -> Path:
        """The folder of logs, with one file per component."""
        return self.path / "logs"

    @property
    def objects(self) -> Path:
        """The objects of the emulator's buckets, on disk as they are put."""
        return self.path / "emulator" / "s3"

    @property
    def state(self) -> Path:
        """The emulator's other state; it writes it on an orderly stop."""
        return self.path / "emulator" / "state"

    @property
    def database(self) -> Path:
        """The file of an SQLite catalog."""
        return self.path / "catalog.db"

    @property
    def faces(self) -> Path:
        """The engine's collections of faces."""
        return self.path / "faces"

    @property
    def generation(self) -> Path:
        """The buckets' half of the mark that catalog and buckets share."""
        return self.objects / "catalog-generation.json"

    @property
    def recovery(self) -> Path:
        """The progress of the catalog's recovery from the buckets; the file exists until it is complete."""
        return self.path / "recovery.json"

    @property
    def attached(self) -> Path:
        """What was seen of the attached folder."""
        return self.path / "attached.json"

    @property
    def temporary(self) -> Path:
        """The emulator's temporary files: the unpacked functions."""
        return self.path / "tmp"

    @property
    def start_progress(self) -> Path:
        """The progress of the emulator's start; the file exists until the emulator answers."""
        return self.temporary / "start-progress.txt"

    def command(self, words: str) -> str:
        """Return a `viewfinder` command for this stack, ready to paste into the user's shell."""
        elsewhere = "" if self.path == default_path() else f" --data-dir {shlex.quote(str(self.path))}"
        return f"{_program()} {words}{elsewhere}"

    def prepare(self) -> None:
        """Create the folders, readable by the user alone; raise DiskFullError."""
        self._make_private()
        for folder in (self.logs, self.objects, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()
        if shutil.disk_usage(self.path).free < LEAST_FREE_BYTES:
            raise self._full(self.path)

    def set_aside_catalog(self) -> Path | None:
        """Rename the SQLite file with its log, unread; return the file's new name, None if there was no file."""
        kept = files.set_aside(self.database)
        for suffix in ("-wal", "-shm"):  # of no use without the file, and a new one must not find them
            beside = self.database.with_name(self.database.name + suffix)
            if kept and beside.exists():
                beside.rename(kept.with_name(kept.name + suffix))
            beside.unlink(missing_ok=True)
        return kept

    def set_aside_state(self) -> Path | None:
        """Rename the emulator's saved state, unread, unless there is none; its objects stay where they are."""
        kept = files.set_aside(self.state) if any(self.state.iterdir()) else None
        self.state.mkdir(exist_ok=True)
        return kept

    @property
    def has_objects(self) -> bool:
        """Whether the emulator has kept any object."""
        return self.objects.exists() and any(path.is_dir() for path in self.objects.iterdir())

    def require_stack(self) -> None:
        """Raise LocalStackError if the directory is not a stack's."""
        if not any((self.path / name).exists() for name in (ROOT_KEYS, self.record.name)):
            raise LocalStackError(f"{self.path} is not the data directory of a stack.")

    def key_pair(self) -> KeyPair:
        """Return the key pair of the emulator's root, created on first use; raise DamagedFileError."""
        if (found := self._keys(ROOT_KEYS)) is None:
            files.write(self.path / ROOT_KEYS, asdict(found := _new_key_pair()))
        return found

    def operator(self) -> KeyPair | None:
        """Return the key pair of the emulator's user, None before the first deployment; raise DamagedFileError."""
        return self._keys(OPERATOR_KEYS)

    def keep_operator(self, keys: KeyPair) -> None:
        """Keep the key pair of the emulator's user."""
        files.write(self.path / OPERATOR_KEYS, asdict(keys))

    def set_aside_damaged_keys(self) -> list[Path]:
        """Rename each unreadable file of keys, so that the next start creates new keys. Return the new names."""
        return [kept for name in (ROOT_KEYS, OPERATOR_KEYS) if (kept := self._set_aside_if_damaged(name))]

    def _set_aside_if_damaged(self, name: str) -> Path | None:
        try:
            self._keys(name)
        except DamagedFileError:
            return files.set_aside(self.path / name)
        return None

    def _keys(self, name: str) -> KeyPair | None:
        remedy = f"Create new keys: {self.command('up')}"
        document = files.read(self.path / name, remedy)
        if document is None:
            return None
        keys = [document.get(entry.name) for entry in fields(KeyPair)]
        if not all(isinstance(key, str) and key for key in keys):
            raise files.damaged(self.path / name, "it is not a key pair", remedy)
        return KeyPair(*map(str, keys))

    @contextmanager
    def full_disk_told(self) -> Iterator[None]:
        """Convert errors caused by a full disk to DiskFullError, which names the remedy."""
        try:
            yield
        except DiskFullError:
            raise
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise self._full(Path(error.filename or self.path)) from error
        except ViewfinderError as error:
            if self.path.exists() and shutil.disk_usage(self.path).free < FULL_BYTES:
                raise self._full(self.path) from error
            raise

    def _full(self, path: Path) -> DiskFullError:
        there = next(folder for folder in (path, *path.parents) if folder.exists())
        free, needed = shutil.disk_usage(there).free // 1_000_000, LEAST_FREE_BYTES // 1_000_000
        return DiskFullError(
            f"The disk of {there} is full: {free} MB left, a start needs {needed}. Make room, and start again: "
            f"{self.command('up')}"
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock against other `up` and `down`; raise LocalStackError if another command holds it.

        While it holds the lock, this process and its children create files that only their owner can read.
        """
        self._make_private()
        before = os.umask(0o077)
        try:
            with (self.path / "lock").open("a") as lock:
                self._take(lock.fileno())
                yield
        finally:
            os.umask(before)

    @property
    def is_locked(self) -> bool:
        """Whether another command is starting or stopping the stack at this moment."""
        try:
            with (self.path / "lock").open() as lock:
                self._take(lock.fileno())
        except FileNotFoundError:
            return False
        except LocalStackError:
            return True
        return False

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


def _new_key_pair() -> KeyPair:
    """Return a key pair of AWS's form."""
    letters = string.ascii_uppercase + "234567"
    return KeyPair("AKIA" + "".join(secrets.choice(letters) for _ in range(16)), secrets.token_urlsafe(30))


def session(keys: KeyPair) -> boto3.Session:
    """Return a session on which the user's profiles, files and proxies have no influence."""
    unread = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None), **unread})
    core.set_default_client_config(Config(proxies={}))
    return boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION, botocore_session=core)
