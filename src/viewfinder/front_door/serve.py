"""Runs the front door on loopback."""

from __future__ import annotations

import uvicorn
from boto3.session import Session

from viewfinder.front_door.api import Api
from viewfinder.front_door.app import front_door
from viewfinder.front_door.guard import Guard
from viewfinder.front_door.signing import Signer
from viewfinder.front_door.status import Sources, Status

LOOPBACK = "127.0.0.1"


def serve(api_url: str, port: int, session: Session, sources: Sources) -> None:
    """Serves until it is told to stop; requests are signed with the session's credentials."""
    application = front_door(Api(api_url.rstrip("/"), Signer(session)), Guard(port), Status(session, sources))
    uvicorn.run(application, host=LOOPBACK, port=port, server_header=False, log_level="warning")
