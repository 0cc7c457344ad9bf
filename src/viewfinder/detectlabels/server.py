"""Runs the engine's server in this process until it is told to stop."""

from __future__ import annotations

import json
import logging
import socket
import sys
from datetime import UTC, datetime

import uvicorn

from viewfinder.detectlabels.service import Service
from viewfinder.detectlabels.settings import Settings
from viewfinder.detectlabels.wire import Wire

GRACE = 20
"""Seconds that requests under way get after a stop was asked for."""

log = logging.getLogger("viewfinder.detectlabels")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, message, and the entry's own members."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": datetime.fromtimestamp(record.created, UTC).isoformat(), "level": record.levelname.lower()}
        line |= {"message": record.getMessage(), **getattr(record, "entry", {})}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then lets requests under way end; the first log line gives the URL."""
    _log_as_json()
    wire = Wire(Service.from_settings(settings), settings)
    config = uvicorn.Config(
        wire.application(),
        http="httptools",
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    listener = listen(config)
    host, port = listener.getsockname()[:2]
    log.info("listening", extra={"entry": {"url": f"http://{host}:{port}"}})
    uvicorn.Server(config).run(sockets=[listener])


def listen(config: uvicorn.Config) -> socket.socket:
    """Opens the socket, ready for whoever reads its address from the log to connect at once."""
    listener = config.bind_socket()
    # asyncio turns Nagle's algorithm off only for sockets made with IPPROTO_TCP, which this one is not; with it, the
    # second part of every answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by each connection
    listener.listen(config.backlog)
    return listener


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
