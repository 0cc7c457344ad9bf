"""The emulator's own virtual environment, made once per user and set of versions."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from importlib import resources
from pathlib import Path

from platformdirs import user_cache_path
from uv import find_uv_bin

from viewfinder.local.errors import LocalStackError


def ensure_environment() -> Path:
    """Return the environment's interpreter; install the emulator first where that is still to be done."""
    requirements = resources.files("viewfinder.local.ministack").joinpath("requirements.txt").read_text()
    version = hashlib.sha256(f"{sys.version}{sys.base_prefix}{requirements}".encode()).hexdigest()[:16]
    folder = user_cache_path("viewfinder") / f"emulator-{version}"
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
