"""The token of a list's next page."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass

from viewfinder.domain.errors import InvalidRequestError

_LONGEST_POSITION = 200
"""Of a position made here; a longer one would not fit a sort key's 1,024 bytes (AWS)."""

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""What no member of a token has. A position may be a label's name, which has letters of any script."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of the last entry read, and the time (ISO 8601) of the first page.

    It is a position in the merged order, not in a partition, so it stays valid when the number of shards changes.
    """

    position: str
    as_of: str
    fingerprint: str

    def to_token(self) -> str:
        """Return the token's text."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")


def cursor_from_token(token: str, fingerprint: str) -> Cursor:
    """Read a token; raise InvalidRequestError if it is malformed or belongs to another query."""
    try:
        members = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        cursor = Cursor(**members)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _refusal("is not a token of this API") from None
    if not all(isinstance(value, str) and _NO_TEXT.search(value) is None for value in members.values()):
        raise _refusal("is not a token of this API")
    if not 1 <= len(cursor.position) <= _LONGEST_POSITION:
        raise _refusal("is not a token of this API")
    if cursor.fingerprint != fingerprint:
        raise _refusal("belongs to another query")
    return cursor


def _refusal(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, parameter="nextToken", code="InvalidNextToken")
