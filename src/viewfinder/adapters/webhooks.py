"""Webhooks: sign events and send them to one URL, as the specification Standard Webhooks has it.

Three headers: `webhook-id` (the same for each delivery of an event), `webhook-timestamp` (seconds since 1970) and
`webhook-signature` (`v1,` and the base64 of an HMAC-SHA256 over `id.timestamp.body`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from viewfinder.domain.errors import InvalidRequestError, UndeliveredError, UnwantedEventError
from viewfinder.domain.events import event_id
from viewfinder.ports import OutboxEvent

SECRET_PREFIX = "whsec_"  # noqa: S105 - of the specification, no secret
_SECRET_BYTES = 32
_SECONDS = 15
_MAX_URL = 2000


def new_secret() -> str:
    """Return a secret that receivers verify signatures with."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def checked_url(url: str) -> str:
    """Return the URL; raise InvalidRequestError for one that events can't be sent to."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or len(url) > _MAX_URL or any(character.isspace() for character in url):
        raise InvalidRequestError(f"{url!r} is no URL of http or https", parameter="--webhook")
    if parts.username or parts.password or parts.fragment:
        raise InvalidRequestError("takes no user, password or fragment", parameter="--webhook")
    return url


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`; raise ValueError for a secret of another form."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not whsec_ and base64") from error
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


class WebhookReceiver:
    """Implements `ports.Receiver`: posts to one URL, and follows no redirect."""

    def __init__(
        self, url: str, secret: str, *, clock: Callable[[], float] = time.time, seconds: float = _SECONDS
    ) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        # Neither a proxy of the environment nor a redirect: events go to this host or nowhere.
        self._client = httpx.Client(follow_redirects=False, trust_env=False, timeout=seconds)

    def send(self, event: OutboxEvent) -> None:
        """Post an event; any answer of 2xx takes it, and 410 ends the deliveries of it."""
        body = webhook_body(event)
        message_id, timestamp = event_id(event.image_id, event.version), int(self._clock())
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, message_id, timestamp, body),
        }
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                _judge(answer)
        except httpx.HTTPError as error:
            raise UndeliveredError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def webhook_body(event: OutboxEvent) -> bytes:
    """Return what is sent: the type, the time, and the event."""
    document = {"type": event.document["Type"], "timestamp": event.document["AnalyzedAt"], "data": event.document}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _judge(answer: httpx.Response) -> None:
    """Raise where the receiver has not taken the event; its body is never read."""
    if answer.is_success:
        return
    if answer.status_code == HTTPStatus.GONE:
        raise UnwantedEventError("the receiver answered 410: it wants no such events")
    wait = answer.headers.get("retry-after", "")
    raise UndeliveredError(f"the receiver answered {answer.status_code}", float(wait) if wait.isdecimal() else 0.0)
