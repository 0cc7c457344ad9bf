"""The networks in the package: named with their origin, small enough, and loaded without the server."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from viewfinder.rekognition.networks import MODELS

NOTICE = (MODELS / "NOTICE").read_text(encoding="utf-8")
FILES = sorted(path for path in MODELS.iterdir() if path.suffix in {".onnx", ".npy"})
WHEEL_LIMIT = 50 * 1024 * 1024
REST_OF_THE_WHEEL = 2 * 1024 * 1024


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_every_network_is_in_the_notice_with_its_digest_and_licence(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert re.search(rf"^{re.escape(path.name)} +sha256 {digest}$", NOTICE, re.MULTILINE)
    entry = NOTICE[NOTICE.index(path.name) :]
    assert re.search("Apache License 2.0|MIT License", entry)


def test_the_notice_names_no_network_that_is_not_there() -> None:
    assert sorted(re.findall(r"^(\S+) +sha256 ", NOTICE, re.MULTILINE)) == [path.name for path in FILES]


def test_the_networks_fit_into_a_wheel_of_fifty_megabytes() -> None:
    packed = sum(len(zlib.compress(path.read_bytes(), 6)) for path in FILES)
    assert packed < WHEEL_LIMIT - REST_OF_THE_WHEEL


def test_onnxruntime_keeps_no_identifier_and_sends_nothing(tmp_path: Path) -> None:
    """Its wheels do both as soon as they are imported: a folder for an identifier and for what is to be sent."""
    code = "from viewfinder.rekognition import Engines, Settings; Engines(Settings()).labels"
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": "/usr/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True, check=True)

    assert (done.stderr, list(tmp_path.rglob("*"))) == ("", [])


def test_the_engine_is_loaded_without_the_server() -> None:
    code = (
        "import sys; from viewfinder.rekognition import Engines, Settings; Engines(Settings()).text;"
        "print(sorted({'starlette', 'uvicorn', 'boto3', 'botocore'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
