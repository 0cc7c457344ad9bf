"""The gallery before a fake API, both in this process: no sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from boto3.session import Session

from tests.support.fake_api import KEY_ID, REGION, SECRET, STAGE, FakeApi
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.guard import TOKEN_HEADER, Guard
from viewfinder.gallery.proxy import SignedApi
from viewfinder.gallery.status import Sources, Status
from viewfinder.gallery.turns import Lanes
from viewfinder.operations.signing import Signer

PORT = 8080
PAUSES = (0.0, 0.0)
HOME = f"http://localhost:{PORT}"


@dataclass
class Door:
    """A front door and the API behind it."""

    api: FakeApi
    session: Session = field(default_factory=lambda: Session(KEY_ID, SECRET, region_name=REGION))
    sources: Sources = field(default_factory=Sources)
    lanes: Lanes = field(default_factory=Lanes)

    def __post_init__(self) -> None:
        self.guard = Guard(PORT)

    @property
    def token(self) -> dict[str, str]:
        return {TOKEN_HEADER: self.guard.token}

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send one request; `path` is percent-encoded."""

        async def answer() -> httpx.Response:
            behind = httpx.AsyncClient(transport=httpx.ASGITransport(self.api.application()))
            api = SignedApi(f"http://api.test/{STAGE}", Signer(self.session), behind, PAUSES, self.lanes)
            application = gallery_app(api, self.guard, Status(self.session, self.sources))
            async with behind, httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=HOME) as client:
                return await client.request(method, path, **request)

        return asyncio.run(answer())


@pytest.fixture
def door() -> Door:
    return Door(FakeApi())
