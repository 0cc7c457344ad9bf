"""Serves an ASGI application on a free port of loopback, in a thread, for as long as a block runs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.support.waiting import wait_for


@contextmanager
def serving(application: ASGIApp, listener: socket.socket | None = None, **settings: Any) -> Iterator[str]:
    """Return the server's URL; `listener` is a socket that listens already, `settings` are uvicorn's."""
    bound = listener or listening()
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", **settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        wait_for(lambda: server.started, seconds=10, what="a server that listens")
        yield f"http://localhost:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


def listening(port: int = 0) -> socket.socket:
    """Return a socket that listens on a port, or on a free one."""
    return socket.create_server(("127.0.0.1", port))
