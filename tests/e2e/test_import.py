"""`viewfinder import` on the real stack: interrupted and gone on with, and never over another picture."""

from __future__ import annotations

import io
import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from tests.e2e.conftest import RunningStack
from tests.support.waiting import wait_for

PHOTOS = 120


def made_photos(folder: Path, count: int, *, seed: str) -> Path:
    folder.mkdir(parents=True)
    colours = random.Random(seed)
    for number in range(count):
        out = io.BytesIO()
        Image.frombytes("RGB", (4, 2), colours.randbytes(24)).resize((160, 120)).save(out, "JPEG")
        (folder / f"{number:03}.jpg").write_bytes(out.getvalue())
    return folder


def importing(stack: RunningStack, *words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "viewfinder.cli.main", "import", *words, "--data-dir", stack.local.data.path]
    # A background job ignores Ctrl-C, and its children would, too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)


def imported(stack: RunningStack, *words: str | Path) -> dict[str, Any]:
    out, err = importing(stack, "--json", *words).communicate(timeout=200)
    return dict(json.loads(out)) if out else {"stderr": err}


def keys(stack: RunningStack, prefix: str) -> list[str]:
    pages = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def test_a_ctrl_c_ends_an_import_at_once_and_the_same_command_goes_on(stack: RunningStack, tmp_path: Path) -> None:
    folder = made_photos(tmp_path / "interrupted", PHOTOS, seed="interrupted")
    process = importing(stack, folder, "--max-rate", "20")
    wait_for(lambda: len(keys(stack, "interrupted/")) > 5, seconds=60, what="the first photos sent")

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert "Interrupted: " in out
    assert "Run the same command to continue." in " ".join(out.split())
    assert len(keys(stack, "interrupted/")) < PHOTOS
    summary = imported(stack, folder)
    assert (summary["Images"], summary["Failed"], summary["KeptBeside"]) == (PHOTOS, 0, 0)
    assert len(keys(stack, "interrupted/")) == PHOTOS


def test_two_cards_with_the_same_names_are_both_kept(stack: RunningStack, tmp_path: Path) -> None:
    cards = [made_photos(tmp_path / card / "DCIM", 3, seed=card) for card in ("one", "two")]

    first, second = (imported(stack, card) for card in cards)
    again = imported(stack, *cards)

    assert (first["Analyzed"], first["KeptBeside"]) == (3, 0)
    assert (second["Analyzed"], second["KeptBeside"]) == (3, 3)
    assert (again["Images"], again["Present"], again["Analyzed"]) == (6, 6, 0)
    assert len(keys(stack, "DCIM/")) == 6
