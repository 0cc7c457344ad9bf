"""Sign requests to the REST API with AWS Signature Version 4, for the gallery and the command line.

A server verifies what a URL means: it decodes the query and encodes it again. One meaning has many spellings (`+` and
`%20`, `:` and `%3A`, `%7e` and `~`), so a URL is brought into the one spelling that the signature knows before it is
signed, and is sent in that spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from boto3.session import Session

SERVICE = "execute-api"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A signed request; send it unchanged, because the signature covers the spelling of its URL."""

    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Signer:
    """Adds Signature Version 4 with a session's credentials; the session renews what expires."""

    session: Session

    def sign(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> SignedRequest:
        """Return the request with its signature; `url` is percent-encoded, in any spelling.

        Raise botocore's NoCredentialsError.
        """
        # Here rather than above: a command that signs nothing starts without botocore.
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import NoCredentialsError

        credentials = self.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        sent = canonical_url(url)
        request = AWSRequest(method, sent, data=body, headers=dict(headers or {}))
        SigV4Auth(credentials, SERVICE, self.session.region_name).add_auth(request)
        return SignedRequest(sent, dict(request.headers.items()))


def canonical_url(url: str) -> str:
    """Return the URL with all but unreserved characters percent-encoded (RFC 3986), in path and query.

    An encoded slash stays encoded. A plus sign in the query is a space, as in every web form.
    """
    location, _, query = url.partition("?")
    scheme, separator, rest = location.rpartition("://")
    host, slash, path = rest.partition("/")
    written = f"{scheme}{separator}{host}{slash}" + "/".join(map(_spelled, path.split("/")))
    return f"{written}?{_canonical_query(query)}" if query else written


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.replace("+", "%20").split("&") if pair]
    return "&".join(f"{_spelled(name)}={_spelled(value)}" for name, _, value in pairs)


def _spelled(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="")
