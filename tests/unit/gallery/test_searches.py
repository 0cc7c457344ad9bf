"""Searches run in a process of their own, which ends with the gallery and comes back when it has ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from viewfinder.gallery.inprocess import InProcessApi
from viewfinder.gallery.searches import SearchesEndedError, SearchProcess

HANDLER = """
import os, sys, time

print("an import that prints")

def handler(event, context):
    print("a line of the log")
    if event["path"] == "/images/ends":
        os._exit(1)
    if event["path"] == "/images/ends-once" and not os.path.exists("ended"):
        open("ended", "w").close()
        os._exit(1)
    if event["path"] == "/images/sleeps":
        time.sleep(60)
    return {"statusCode": 200, "headers": {}, "body": f"{os.getpid()} {event['path']} \\ud800é"}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "searches_test_handler.py").write_text(HANDLER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def searches(package: Path) -> Iterator[SearchProcess]:
    process = SearchProcess(package, "searches_test_handler.handler")
    yield process
    process.close()


def ask(searches: SearchProcess, path: str = "/images") -> str:
    return str(searches({"path": path}, None)["body"])


def pid(searches: SearchProcess) -> int:
    return int(ask(searches).split()[0])


def test_an_answer_comes_from_another_process_whatever_it_prints(
    package: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(SearchProcess(package, "searches_test_handler.handler")) as searches:
        first, path, characters = ask(searches).split()
        assert (path, characters) == ("/images", "\ud800é")
        assert int(first) == pid(searches) != os.getpid()
    assert capfd.readouterr().err.splitlines() == ["an import that prints", *["a line of the log"] * 2]


def test_one_that_was_killed_is_replaced(searches: SearchProcess) -> None:
    killed = pid(searches)
    os.kill(killed, signal.SIGKILL)
    assert pid(searches) != killed
    assert not psutil.pid_exists(killed)


def test_one_that_ends_at_a_search_is_asked_once_more(searches: SearchProcess, package: Path) -> None:
    assert "/images/ends-once" in ask(searches, "/images/ends-once")
    assert (package / "ended").exists()
    with pytest.raises(SearchesEndedError):
        ask(searches, "/images/ends")
    assert pid(searches)


def test_closing_ends_a_search_that_is_under_way(package: Path) -> None:
    searches = SearchProcess(package, "searches_test_handler.handler")
    process = psutil.Process(pid(searches))
    failures: list[Exception] = []

    def sleep() -> None:
        try:
            ask(searches, "/images/sleeps")
        except SearchesEndedError as error:
            failures.append(error)

    thread = threading.Thread(target=sleep)
    thread.start()
    searches.close()
    thread.join(20)
    assert len(failures) == 1
    assert not process.is_running()
    with pytest.raises(SearchesEndedError):
        ask(searches)


def test_it_ends_with_a_gallery_that_is_killed(package: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from viewfinder.gallery.searches import SearchProcess\n"
        "searches = SearchProcess(Path(), 'searches_test_handler.handler')\n"
        "print(searches({'path': '/images'}, None)['body'].split()[0], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=package, stdout=subprocess.PIPE) as gallery:
        assert gallery.stdout
        process = psutil.Process(int(gallery.stdout.readline()))
        gallery.kill()
    process.wait(20)


def test_only_searches_go_there() -> None:
    def handler_of(name: str) -> Any:
        return lambda event, _: {"statusCode": 200, "headers": {}, "body": f"{name} {event['httpMethod']}"}

    async def answers() -> list[str]:
        api = InProcessApi(handler_of("here"), "prod", search_handler=handler_of("there"))
        calls = [
            ("GET", "/images"),
            ("GET", "/folders"),
            ("GET", "/duplicates"),
            ("GET", "/stats"),
            ("POST", "/images"),
        ]
        return [(await api.call(*call)).text for call in calls]

    assert asyncio.run(answers()) == ["there GET", "there GET", "there GET", "here GET", "here POST"]
