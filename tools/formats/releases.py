"""The releases: where their code is in git's history, and how a scenario runs on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RELEASES = {"0.1.0": "ebabee6", "0.2.0": "58dabfa"}
"""Version -> the commit that was released as it."""

NEXT = "next"
"""The working tree, as a version: what the next release stores."""

ROOT = Path(__file__).parents[2]
_PARTS = ("src", "lambdas", "infrastructure")
_SECONDS = 280


class ReleaseFailedError(RuntimeError):
    """The scenario failed on the release's code; the message is what it printed."""


def has_revision(revision: str) -> bool:
    """Return whether git has this commit: a shallow clone and a source archive do not."""
    command = ["git", "-C", str(ROOT), "cat-file", "-e", f"{revision}^{{commit}}"]
    return shutil.which("git") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def checked_out(version: str, parts: tuple[str, ...] = _PARTS) -> Iterator[Path]:
    """Unpack parts of a release's tree into a temporary folder; the working tree is used as it is."""
    if version == NEXT:
        yield ROOT
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", RELEASES[version], *parts], check=True, capture_output=True
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def write_files(version: str, out: Path) -> None:
    """Write the golden files of a release into an empty folder; raise ReleaseFailedError."""
    with checked_out(version) as tree, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tools.formats.scenario", version, str(tree), folder]
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(tree), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            raise ReleaseFailedError(f"{version}:\n{done.stdout}{done.stderr}")
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder, out)


def _environment(tree: Path) -> dict[str, str]:
    """Return an environment in which `viewfinder` is the release's, and nothing depends on this machine."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tree),
        "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{ROOT}",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": "UTC",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "POWERTOOLS_SERVICE_NAME": "viewfinder",
    }
