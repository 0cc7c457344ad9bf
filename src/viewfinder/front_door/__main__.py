"""Starts the front door: `python -m viewfinder.front_door --port 8080 --api-url URL`."""

from __future__ import annotations

import argparse

import uvicorn
from boto3.session import Session

from viewfinder.front_door.app import FrontDoor
from viewfinder.front_door.guard import Guard
from viewfinder.front_door.signing import Signer


def main() -> None:
    """Serves on loopback until it is told to stop; credentials and region are those of AWS's environment."""
    options = _options()
    door = FrontDoor(options.api_url, Signer(Session()), Guard(options.port))
    uvicorn.run(door.application(), host="127.0.0.1", port=options.port, server_header=False, log_level="warning")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="viewfinder.front_door", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default: 8080)")
    parser.add_argument("--api-url", required=True, help="base of the REST API, up to its stage")
    parser.add_argument("--queue-url", help="queue of images, for the status page")
    parser.add_argument("--dead-letter-queue-url", help="its dead-letter queue")
    return parser.parse_args()


if __name__ == "__main__":
    main()
