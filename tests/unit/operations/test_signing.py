"""A signature fits what a server understands, whichever way its URL was written.

The server here is botocore's reading of Signature Version 4, over the decoded query, as API Gateway verifies it.
"""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from boto3.session import Session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.operations.signing import SignedRequest, Signer, canonical_url

KEYS = Credentials("AKIAFAKEFAKEFAKEFAKE", "a secret")
SESSION = Session(KEYS.access_key, KEYS.secret_key, region_name="eu-central-1")
API = "https://api.test/prod"

CHARACTERS = [*string.digits, *string.ascii_letters, *string.punctuation, " ", "é", "日", "🐕", "\u00a0", "e\u0301"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def verifies(method: str, sent: SignedRequest, body: bytes = b"") -> bool:
    """Sign what a server reads from the request, and compare."""
    url = urlsplit(sent.url)
    understood: Any = parse_qsl(url.query, keep_blank_values=True)
    signed = dict(field.split("=", 1) for field in sent.headers["Authorization"].split(" ", 1)[1].split(", "))
    headers = {name: value for name, value in sent.headers.items() if name.lower() in signed["SignedHeaders"]}
    location = f"{url.scheme}://{url.netloc}{quote(unquote(url.path), safe='/~')}"
    # An encoded slash is no separator: where there is one, the path counts as it was sent.
    location = location if "%2F" not in url.path else sent.url.partition("?")[0]
    request = AWSRequest(method, location, headers=headers, data=body, params=understood)
    request.context["timestamp"] = sent.headers["X-Amz-Date"]
    verifier = SigV4Auth(KEYS, "execute-api", "eu-central-1")
    expected = verifier.signature(verifier.string_to_sign(request, verifier.canonical_request(request)), request)
    return signed["Signature"] == expected


def spellings(character: str) -> set[str]:
    """Return the ways to write a character in a query; one that a URL gives a meaning has to be encoded."""
    upper = quote(character, safe="")
    full = "".join(f"%{byte:02x}" for byte in character.encode())
    plain = set() if character in "%&+#= " or not character.isascii() else {character}
    return {upper, full, *plain} | ({"+"} if character == " " else set())


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_character_in_a_value_or_a_name_is_signed_as_it_is_understood(character: str) -> None:
    for spelling in spellings(character):
        for query in (f"label=a{spelling}b", f"a{spelling}b=x", f"label={spelling}&label=Dog&limit=3"):
            sent = Signer(SESSION).sign("GET", f"{API}/images?{query}")
            assert verifies("GET", sent), query
            assert parse_qsl(urlsplit(sent.url).query) == parse_qsl(query)


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_character_in_a_key_is_signed_as_it_is_understood(character: str) -> None:
    for spelling in spellings(character) - {"+", "?", "/"}:
        sent = Signer(SESSION).sign("GET", f"{API}/images/holiday/a{spelling}b.jpg")
        assert verifies("GET", sent), spelling
        assert unquote(urlsplit(sent.url).path) == f"/prod/images/holiday/a{character}b.jpg"


@given(name=TEXTS.filter(bool), value=TEXTS, key=TEXTS)
def test_any_text_is_signed_as_it_is_understood(name: str, value: str, key: str) -> None:
    query = f"{quote(name, safe='')}={quote(value, safe='')}"
    sent = Signer(SESSION).sign("POST", f"{API}/images/x{quote(key, safe='')}?{query}", b"body")

    assert verifies("POST", sent, b"body")
    assert parse_qsl(urlsplit(sent.url).query, keep_blank_values=True) == [(name, value)]


def test_another_body_or_another_key_does_not_verify() -> None:
    sent = Signer(SESSION).sign("POST", f"{API}/analyses", b"{}")

    assert verifies("POST", sent, b"{}")
    assert not verifies("POST", sent, b"[]")
    assert not verifies("DELETE", sent, b"{}")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("http://a:1/p/images", "http://a:1/p/images"),
        ("http://a:1/p?label=Mobile+Phone", "http://a:1/p?label=Mobile%20Phone"),
        ("http://a:1/p?prefix=burst/&x", "http://a:1/p?prefix=burst%2F&x="),
        ("http://a:1/p/a%2fb/%7E+(1)", "http://a:1/p/a%2Fb/~%2B%281%29"),
        ("http://a:1/p?a=1%", "http://a:1/p?a=1%25"),
        ("http://a:1/p?", "http://a:1/p"),
    ],
)
def test_a_url_has_one_spelling(written: str, sent: str) -> None:
    assert canonical_url(written) == sent
    assert canonical_url(sent) == sent
