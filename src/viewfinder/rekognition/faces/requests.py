"""What the operations on collections share: pages with tokens, and requests that are answered once."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from viewfinder.rekognition.errors import EngineError

Document = dict[str, Any]

LARGEST_PAGE = 4096
"""The most results of a page (shape PageSize), also where a request asks for no number."""

LIFETIME_SECONDS = 24 * 3600
"""How long a ClientRequestToken is remembered; the service does not say."""

_DIGEST_BYTES = 8
_NUMBER_BYTES = 8


def page_size(request: Mapping[str, Any], largest: int = LARGEST_PAGE) -> int:
    """Return how many results a page has; 0 asks for no number."""
    return request.get("MaxResults") or largest


def page_of(rows: Sequence[Any], size: int, scope: Sequence[Any]) -> tuple[Sequence[Any], Document]:
    """Return the rows of a page, and what a response says about the next: `rows` has one more if there is one."""
    if len(rows) <= size:
        return rows, {}
    page = rows[:size]
    return page, {"NextToken": _token(page[-1]["number"], scope)}


def begin_of(request: Mapping[str, Any], scope: Sequence[Any]) -> int:
    """Return the number after which a page begins; raise InvalidPaginationTokenException for another list's token."""
    token = request.get("NextToken")
    if not token:
        return 0
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError as error:
        raise _invalid_token() from error
    if len(content) != _DIGEST_BYTES + _NUMBER_BYTES or content[:_DIGEST_BYTES] != _digest_of(scope):
        raise _invalid_token()
    return int.from_bytes(content[_DIGEST_BYTES:]) % 2**63


def _token(number: int, scope: Sequence[Any]) -> str:
    return urlsafe_b64encode(_digest_of(scope) + number.to_bytes(_NUMBER_BYTES)).decode()


def _digest_of(scope: Sequence[Any]) -> bytes:
    return hashlib.blake2b(_canonical(scope).encode(), digest_size=_DIGEST_BYTES).digest()


def _invalid_token() -> EngineError:
    return EngineError("InvalidPaginationTokenException", "The pagination token is not one of this list")


def answered_once(
    connection: sqlite3.Connection,
    request: Mapping[str, Any],
    answer: Callable[[], Document],
    *,
    operation: str,
    collection: int,
    now: float,
) -> Document:
    """Return the answer; that of the first time, if a request with this ClientRequestToken was answered before.

    Raise IdempotentParameterMismatchException if the earlier request had other parameters.
    """
    if "ClientRequestToken" not in request:
        return answer()
    connection.execute("DELETE FROM requests WHERE expires_at <= ?", (int(now),))
    key = (operation, request["ClientRequestToken"])
    digest = hashlib.sha256(_canonical(request).encode()).hexdigest()
    known = connection.execute("SELECT digest, response FROM requests WHERE (operation, token) = (?, ?)", key)
    if earlier := known.fetchone():
        if earlier["digest"] != digest:
            raise EngineError(
                "IdempotentParameterMismatchException", "The ClientRequestToken was used with other parameters"
            )
        return dict(json.loads(earlier["response"]))
    response = answer()
    row = (*key, collection, digest, json.dumps(response), int(now) + LIFETIME_SECONDS)
    connection.execute("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)", row)
    return response


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
