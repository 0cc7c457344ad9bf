"""Start the gallery of a stack on this machine: `python -m viewfinder.gallery --stack viewfinder --package ZIP`."""

from __future__ import annotations

import argparse
from pathlib import Path

from boto3.session import Session

from viewfinder.gallery.app import serve
from viewfinder.gallery.inprocess import InProcessApi, load_handler
from viewfinder.gallery.status import Sources


def main() -> None:
    """Serve on loopback until it is told to stop; credentials and region are those of AWS's environment."""
    options = _options()
    session = Session()
    handler = load_handler(options.package, options.stack, session)
    sources = Sources(options.queue_url, options.dead_letter_queue_url, options.stack)
    serve(InProcessApi(handler, options.stage), options.port, session, sources)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="viewfinder.gallery", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default: 8080)")
    parser.add_argument("--stack", required=True, help="name of the stack")
    parser.add_argument("--stage", default="prod", help="stage of its API (default: prod)")
    parser.add_argument("--package", type=Path, required=True, help="package of the function that answers the API")
    parser.add_argument("--queue-url", help="queue of images, for the status page")
    parser.add_argument("--dead-letter-queue-url", help="its dead-letter queue")
    return parser.parse_args()


if __name__ == "__main__":
    main()
