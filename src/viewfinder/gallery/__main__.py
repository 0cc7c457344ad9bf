"""Starts the gallery: `python -m viewfinder.gallery --port 8080 --api-url URL`."""

from __future__ import annotations

import argparse

from boto3.session import Session

from viewfinder.gallery.app import serve
from viewfinder.gallery.status import Sources


def main() -> None:
    """Serve on loopback until it is told to stop; credentials and region are those of AWS's environment."""
    options = _options()
    sources = Sources(options.queue_url, options.dead_letter_queue_url, options.stack)
    serve(options.api_url, options.port, Session(), sources)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="viewfinder.gallery", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default: 8080)")
    parser.add_argument("--api-url", required=True, help="base of the REST API, up to its stage")
    parser.add_argument("--queue-url", help="queue of images, for the status page")
    parser.add_argument("--dead-letter-queue-url", help="its dead-letter queue")
    parser.add_argument("--stack", help="name of the stack, for the image function's log")
    return parser.parse_args()


if __name__ == "__main__":
    main()
