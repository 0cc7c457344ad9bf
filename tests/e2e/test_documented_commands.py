"""Every command of README and docs runs as it is printed: the `sh` blocks of a page, one after another, in one shell.

What can't be run here is listed with its reason. The shell is in a folder that looks like a clone, has photos, and
knows a stack.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, TEMPLATE, RunningStack
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

PAGE_SECONDS = 500
"""A page takes less than a minute on a machine that does nothing else; a busy one needs a multiple of that."""

pytestmark = pytest.mark.timeout(PAGE_SECONDS + 100)

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]

_ON_AWS = "needs an AWS account; tests/e2e/test_deploy.py runs the command against the emulator"
_GALLERY = "stays until Ctrl-C; tests/e2e/test_gallery_proxy.py has the same server"
NOT_RUN = {  # the beginning of a command, and the reason
    "make up": "stays until Ctrl-C; tests/e2e/test_up_in_foreground.py runs it",
    "make setup": "was run before the tests",
    "make wheel": "tests/e2e/test_wheel.py builds it",
    "pipx install dist/viewfinder-*.whl": "tests/e2e/test_wheel.py installs it into an environment of its own",
    "make check": "a part of `make test`",
    "make test": "runs this test",
    ".venv/bin/viewfinder deploy --stack viewfinder --region eu-west-1": _ON_AWS,
    ".venv/bin/viewfinder destroy --stack viewfinder --region eu-west-1": _ON_AWS,
    ".venv/bin/viewfinder gallery --stack viewfinder --region eu-west-1": _GALLERY,
    "viewfinder gallery --stack viewfinder --region eu-central-1": _GALLERY,
    "viewfinder deploy --stack photos": _ON_AWS,
    "viewfinder import ~/Pictures/holiday --stack photos": _ON_AWS,
    "viewfinder users": "needs a login; tests/unit/operations/test_users.py has Cognito's service model",
    "aws acm request-certificate": "needs an AWS account and a domain",
    "viewfinder rekognition serve --detector model.onnx --labels names.txt": "needs a model file of the reader's",
    "aws organizations": "needs the management account of an AWS organisation",
    "aws cloudformation set-stack-policy": "MiniStack has no stack policies",
    "viewfinder destroy": _ON_AWS,
    "viewfinder up --attach": "stays until Ctrl-C; tests/e2e/test_attach.py runs it",
    "viewfinder up --webhook": "stays until Ctrl-C; tests/e2e/test_attach.py has a receiver",
    "viewfinder backfill --stack photos": "needs an attached bucket; tests/e2e/test_attach.py has one",
    "viewfinder export --format parquet": "needs the extra `parquet`; tests/unit/usecases/test_export.py writes one",
    "viewfinder search --like holiday/beach.jpg": "needs this image; tests/e2e/gallery/test_alike.py has such ones",
    "pip install 'viewfinder[clip]'": "was installed before the tests",
    "viewfinder up --clip": "needs a model of the reader's; tests/e2e/test_words.py makes one",
    "viewfinder search --describe": "needs a model of the reader's; tests/e2e/test_words.py makes one",
    "viewfinder search harbour --describe": "needs a model of the reader's; tests/e2e/test_words.py makes one",
    "viewfinder reconcile --stack photos": _ON_AWS,
    "aws events": "needs the event bus of a stack on AWS",
}
PROGRAMS = (
    "viewfinder",
    ".venv/bin/viewfinder",
    "aws",
    "make",
    "curl",
    "eval",
    "pip",
    "pipx",
    "docker",
    "git",
    "pytest",
)


def commands(page: Path) -> list[str]:
    """Return the commands of a page's `sh` blocks, without their comments; one may have several lines."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    found, pending = [], ""
    for line in re.sub(r"\\\n\s*", "", "".join(blocks)).splitlines():
        pending = f"{pending}\n{line}" if pending else line
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quotation goes on in the next line
            continue
        found += [re.sub(r"\s+# .*", "", pending)] if words else []
        pending = ""
    return found


def runnable(page: Path) -> list[str]:
    return [command for command in commands(page) if not command.startswith(tuple(NOT_RUN))]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own: `status` and `reconcile` would find what other tests broke on purpose."""
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp("documented")))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port()), silent)
    yield RunningStack(local)
    local.down()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, stack: RunningStack) -> Path:
    """A folder as a reader has it after `make setup`, and the objects that the pages speak of."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("samples", "Makefile"):
        (folder / name).symlink_to(PROJECT / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "viewfinder").symlink_to(Path(sys.executable).parent / "viewfinder")
    if shutil.which("aws") is None:
        (programs / "aws").write_text(f'#!/bin/sh\nexec {Path(sys.executable).parent}/uvx -q --from awscli aws "$@"\n')
        (programs / "aws").chmod(0o755)
    for album in ("photos", "home/Pictures"):
        shutil.copytree(PROJECT / "samples", folder / album)
    shutil.copy(PROJECT / "samples" / "coffee.jpg", folder / "photo.jpg")
    client = stack.client("s3")
    client.create_bucket(Bucket="their-bucket")
    client.upload_file(str(folder / "photo.jpg"), "their-bucket", "2025/photo.jpg")
    return folder


@pytest.fixture
def shell(clone: Path, stack: RunningStack) -> dict[str, str]:
    """The reader's environment; what a page starts in the background ends with its test."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIEWFINDER_"))}
    return {
        **known,
        **{
            name: value for name, value in stack.local.environment().items() if name.startswith(("AWS_", "VIEWFINDER_"))
        },
        "AWS_PAGER": "",
        "HOME": str(clone / "home"),
        "KEY": "photos/",
        "PATH": f"{clone}/.venv/bin:{known['PATH']}",
        "STACK": "viewfinder",
    }


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=lambda page: page.name)
def test_the_commands_of_a_page_run_as_printed(page: Path, clone: Path, shell: dict[str, str], tmp_path: Path) -> None:
    script = "\n".join(["set -euo pipefail", *runnable(page), ""])
    for port in set(re.findall(r"--port (\d+)", script)):
        wait_for(partial(_is_free, int(port)), seconds=60, what=f"port {port} is free again")
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            ["bash", "-x", "-c", script],
            cwd=clone,
            env=shell,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(PAGE_SECONDS)
        code = process.poll()
        _end(process)
    assert code == 0, f"{code}: {(tmp_path / 'output').read_text()[-3000:]}"  # None: it went on for too long


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a shell, and wait until it is gone: the next page may use the same port."""

    def is_gone() -> bool:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return True
        process.poll()  # else the shell itself stays as a zombie of its group
        return False

    wait_for(is_gone, seconds=10, what="the page's processes ended")


def _is_free(port: int) -> bool:
    """Try to bind it as a server would: a killed server's connections can hold a port for a moment."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_nothing_is_listed_that_no_page_has() -> None:
    printed = [command for page in PAGES for command in commands(page)]

    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in printed)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_command_escapes_in_another_kind_of_block(page: Path) -> None:
    text = page.read_text()
    fenced = re.findall(r"^```(?:console|bash|shell|)\n(\S+)", text, re.MULTILINE)
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    indented = [line.split()[0] for line in outside.splitlines() if line.startswith("    ") and line.strip()]

    assert [word for word in (*indented, *fenced) if word in PROGRAMS] == []
