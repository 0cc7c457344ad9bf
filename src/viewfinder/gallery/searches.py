"""Searches in a process of their own: they take long, and would hold the interpreter's lock that all other calls need.

The gallery writes an event as a line of JSON to the process's standard input, and reads the handler's answer as a line
from its standard output. The process ends with its input, and so with the gallery, however that ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

Document = dict[str, Any]
Handler = Callable[[Document, None], Document]

_ATTEMPTS = 2
"""A search changes nothing: where the process has ended, another one is asked."""


class SearchesEndedError(Exception):
    """The process ended before it answered, and the one after it, too."""


class SearchProcess:
    """A handler that runs in a process, which is started at once, and again at the next call if it has ended."""

    def __init__(self, package: Path, handler: str) -> None:
        """Take the function's package and its handler, as `module.function`."""
        self._command = (sys.executable, "-m", __name__, str(package), handler)
        self._lock = threading.Lock()
        self._is_closed = False
        self._process = self._start()

    def __call__(self, event: Document, _: None) -> Document:
        """Return the handler's answer, one at a time; raise SearchesEndedError."""
        line = json.dumps(event).encode() + b"\n"
        with self._lock:
            for _attempt in range(_ATTEMPTS):
                if self._is_closed:
                    break
                if answer := self._ask(line):
                    document: Document = json.loads(answer)
                    return document
                self._end()
                self._process = self._start()
        raise SearchesEndedError

    def close(self) -> None:
        """End the process, and the search that it may be at."""
        self._is_closed = True
        self._process.kill()
        with self._lock:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _ask(self, line: bytes) -> bytes:
        """Return the line of the answer; none if the process ends before it is whole."""
        stdin, stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        try:
            stdin.write(line)
            stdin.flush()
        except BrokenPipeError:
            return b""
        answer = stdout.readline()
        return answer if answer.endswith(b"\n") else b""

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()  # waits, and closes the pipes


def import_handler(package: Path, name: str) -> Handler:
    """Import a handler from the function's package. What the package shares with us, `viewfinder` first, is ours."""
    sys.path.append(str(package))
    module, _, attribute = name.partition(".")
    handler: Handler = getattr(import_module(module), attribute)
    return handler


def main() -> None:
    """Answer until the input ends; what the handler logs goes to standard error."""
    package, name = sys.argv[1:]
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        cast(TextIOWrapper, sys.stdout).reconfigure(line_buffering=True)
        handler = import_handler(Path(package), name)
        for line in sys.stdin.buffer:
            answers.write(json.dumps(handler(json.loads(line), None)).encode() + b"\n")
            answers.flush()


if __name__ == "__main__":
    main()
