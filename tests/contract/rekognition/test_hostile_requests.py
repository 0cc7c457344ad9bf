"""The engine's server takes any bytes: every answer is a documented one, and none is a failure of the server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import hostile
from viewfinder.rekognition.errors import STATUSES
from viewfinder.rekognition.server import Wire
from viewfinder.rekognition.service import OPERATIONS, Service
from viewfinder.rekognition.settings import Settings

hosts = st.sampled_from([b"localhost:5000", b"127.0.0.1", b""]) | hostile.header_bytes
targets = st.one_of(
    st.sampled_from(sorted(OPERATIONS)).map(lambda name: f"RekognitionService.{name}".encode()), hostile.header_bytes
)
paths = st.sampled_from(["/", "/healthz"]) | hostile.encoded.map(lambda text: "/" + text)


@pytest.mark.parametrize("key_id", ["", "AKIDCALLER"])
@pytest.mark.parametrize("examples", hostile.EXAMPLES)
def test_any_request_is_answered_as_documented(examples: int, key_id: str) -> None:
    configured = Settings(workers=1, access_key_id=key_id, secret_access_key="secret" if key_id else "")
    application = Wire(Service.from_settings(configured), configured).application()

    @hostile.thorough(examples)
    @given(scope=hostile.scopes(paths, host=hosts, x_amz_target=targets), body=hostile.bodies)
    def asked(scope: hostile.Scope, body: bytes) -> None:
        status, headers, content = hostile.answer(application, scope, body)
        assert status < 500, content
        if status != 200 and scope["method"] != "HEAD":
            fault = json.loads(content)
            assert fault["__type"] == headers[b"x-amzn-errortype"].decode()
            assert STATUSES[fault["__type"]] == status

    asked()
