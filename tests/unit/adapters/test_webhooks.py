"""Webhooks: what is sent, how it is signed, and what each answer leads to; no socket is opened."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from viewfinder.adapters.webhooks import WebhookReceiver, checked_url, new_secret, signature
from viewfinder.domain.errors import InvalidRequestError, UndeliveredError, UnwantedEventError
from viewfinder.ports import OutboxEvent

URL = "https://example.com/hook"
EVENT = OutboxEvent(
    1, "ü.jpg", 7, {"Type": "ImageAnalyzed", "ImageId": "ü.jpg", "AnalyzedAt": "2026-01-31T12:00:00Z"}, 0.0
)


def receiver(answer: Any, secret: str = "") -> WebhookReceiver:
    made = WebhookReceiver(URL, secret or new_secret(), clock=lambda: 1_769_860_800.9)
    made._client._transport = httpx.MockTransport(answer)
    return made


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks' reference libraries."""
    secret, message, time = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    assert signature(secret, message, time, b'{"test": 2432232314}') == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_receiver_can_verify_what_was_sent() -> None:
    requests: list[httpx.Request] = []
    secret = new_secret()

    def take(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    receiver(take, secret).send(EVENT)

    (request,) = requests
    headers, body = request.headers, request.read()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert (request.method, str(request.url)) == ("POST", URL)
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == "1769860800"
    assert json.loads(body) == {
        "type": "ImageAnalyzed",
        "timestamp": "2026-01-31T12:00:00Z",
        "data": EVENT.document,
    }


@pytest.mark.parametrize("status", [302, 307, 400, 404, 429, 500, 503])
def test_any_other_answer_than_success_is_tried_again(status: int) -> None:
    with pytest.raises(UndeliveredError, match=f"answered {status}"):
        receiver(lambda _: httpx.Response(status, headers={"location": "https://elsewhere.example"})).send(EVENT)


def test_a_redirect_is_not_followed() -> None:
    hosts: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://elsewhere.example/"})

    with pytest.raises(UndeliveredError):
        receiver(redirect).send(EVENT)
    assert hosts == ["example.com"]


@pytest.mark.parametrize(("header", "seconds"), [("120", 120.0), ("soon", 0.0), ("-5", 0.0)])
def test_a_receiver_may_ask_for_patience(header: str, seconds: float) -> None:
    with pytest.raises(UndeliveredError) as caught:
        receiver(lambda _: httpx.Response(503, headers={"retry-after": header})).send(EVENT)
    assert caught.value.retry_after == seconds


def test_410_ends_the_deliveries() -> None:
    with pytest.raises(UnwantedEventError):
        receiver(lambda _: httpx.Response(410)).send(EVENT)


def test_a_receiver_that_does_not_answer_is_tried_again() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(UndeliveredError, match="ConnectError: refused"):
        receiver(fail).send(EVENT)


@pytest.mark.parametrize("url", ["https://example.com/hook?a=1", "http://127.0.0.1:9/x", "http://nas.lan"])
def test_an_address_of_http_is_good(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.com/hook", "ftp://example.com", "https://", "https://example.com:99999/", "file:///etc/passwd"),
        *("https://user:secret@example.com/", "https://example.com/#x", "https://exa mple.com/"),
        "https://example.com/" + "a" * 2000,
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequestError):
        checked_url(url)


def test_secrets_are_different_and_long_enough() -> None:
    assert len({new_secret() for _ in range(5)}) == 5
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32


def test_a_secret_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signature("whsec_no base64!", "id", 1, b"")
