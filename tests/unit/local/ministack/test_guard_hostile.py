"""The emulator's guard takes any bytes: it refuses or passes on, once, and never fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import hostile
from viewfinder.local.ministack.guard import API, HEALTH, guarded

hosts = st.sampled_from([b"127.0.0.1:4566", b"localhost:1", b"", b"[::1]:4566", b":", b"\xff:1"]) | hostile.header_bytes
paths = st.one_of(
    st.sampled_from(["/", HEALTH, "/_ministack/reset", "/bucket", "/my-bucket/a b"]),
    hostile.encoded.map(lambda text: "/" + text),
    hostile.encoded.map(lambda text: API + text),
)


async def passing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("examples", hostile.EXAMPLES)
@pytest.mark.enable_socket  # of the event loop
def test_any_request_is_refused_or_passed_on_once(examples: int, tmp_path: Any) -> None:
    application = guarded(passing, str(tmp_path))

    @hostile.thorough(examples)
    @given(scope=hostile.scopes(paths, host=hosts), body=hostile.bodies)
    def asked(scope: hostile.Scope, body: bytes) -> None:
        status, _, _ = hostile.answer(application, scope, body)
        assert status in {200, 403}

    asked()
