"""Requests of the API: read events of API Gateway's proxy integration, and check their queries and members."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.face_words import MOST_FACES, FaceAction, FaceKey
from viewfinder.domain.image import IMAGE_TYPES, MAX_IMAGE_ID_BYTES, MAX_UPLOAD_BYTES, has_dot_segment
from viewfinder.domain.near_duplicates import MAX_CONTENTS
from viewfinder.domain.person import MAX_NAME
from viewfinder.domain.query import Filter, FilterKind, Query
from viewfinder.domain.spelling import composed, is_name
from viewfinder.domain.statistics import LabelOrder
from viewfinder.domain.vector import MAX_SIMILAR, MAX_WORDS_LENGTH, Vector

Check = Callable[[Any], Any]
"""Return the value as the use case needs it; raise ValueError with the valid values."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: the keyword it becomes, its check, and how many times it may be given (0: once, not as a list)."""

    keyword: str
    check: Check
    most: int = 0
    required: bool = False


Fields = Mapping[str, Field]


def text(longest: int, *, shortest: int = 1) -> Check:
    """Accept a text of `shortest` to `longest` characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise ValueError(f"must be a text of {shortest} to {longest:,} characters")
        return _encodable(value)

    return check


def names(most: int) -> Check:
    """Accept a list of 1 to `most` names of labels."""

    def check(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"must be a list of at most {most} names")
        return tuple(_name(entry) for entry in value)

    return check


def _name(value: Any) -> str:
    name = text(100)(value)
    if not is_name(name):
        raise ValueError("must be names without control characters and spaces around them")
    return composed(name)


def composed_text(longest: int, *, shortest: int = 1) -> Check:
    """Accept a text, in the form in which names are stored (NFC)."""
    check = text(longest, shortest=shortest)
    return lambda value: composed(check(value))


def hashes(least: int, most: int) -> Check:
    """Accept a list of different SHA-256 hashes."""

    def check(value: Any) -> tuple[str, ...]:
        is_list = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        if not is_list or not least <= len(set(value)) == len(value) <= most:
            raise ValueError(f"must be a list of {least} to {most} different hashes")
        if not all(re.fullmatch("[0-9a-f]{64}", entry) for entry in value):
            raise ValueError("must be SHA-256 hashes of 64 hexadecimal digits")
        return tuple(value)

    return check


def vector(value: Any) -> Vector:
    """Accept a vector in the form of its text."""
    return Vector.from_text(value if isinstance(value, str) else "")


def truth(value: Any) -> bool:
    """Accept true or false of a JSON body."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def image_id(value: Any) -> str:
    """Accept an object key."""
    if not isinstance(value, str) or not 1 <= len(_encodable(value).encode()) <= MAX_IMAGE_ID_BYTES:
        raise ValueError(f"must be a text of 1 to {MAX_IMAGE_ID_BYTES:,} bytes of UTF-8")
    if has_dot_segment(value):
        raise ValueError("must not have a segment . or .., because clients remove those from URLs")
    return value


def integer(least: int, most: int) -> Check:
    """Accept an integer of a JSON body."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most:,}")
        return value

    return check


def boolean(value: Any) -> bool:
    """Accept true or false of a JSON body."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def digits(least: int, most: int) -> Check:
    """Accept an integer of a query string."""

    def check(value: str) -> int:
        number: int = integer(least, most)(int(value) if re.fullmatch("-?[0-9]{1,15}", value) else value)
        return number

    return check


def percent(value: str) -> float:
    """Accept a number from 0 to 100."""
    number = float(value) if re.fullmatch("-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?", value) else math.nan
    if not 0 <= number <= 100:
        raise ValueError("must be a number from 0 to 100")
    return number


def one_of(*choices: str) -> Check:
    """Accept one of the texts, or members of an enumeration."""

    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return choices[choices.index(value)]

    return check


def time(value: str) -> str:
    """Accept an ISO 8601 time with a zone, or a date; return it in the form of `Image.analyzed_at`."""
    written = value.upper()
    if "T" in written:
        written = written.replace(" ", "+")  # a plus sign that was not percent-encoded
    try:
        moment = datetime.fromisoformat(written + "T00:00Z" if len(written) == len("2026-01-31") else written)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise ValueError("must be an ISO 8601 time with a zone, or a date") from None


def local_time(value: str) -> str:
    """Accept an ISO 8601 time without a zone, or a date; return it in the form of `Facts.taken_at`."""
    try:
        moment = datetime.fromisoformat(value.upper())
        if moment.tzinfo is not None:
            raise ValueError("a zone")
        return moment.isoformat(timespec="microseconds")
    except ValueError:
        raise ValueError("must be an ISO 8601 time without a zone, or a date") from None


class Rendition(StrEnum):
    """The original of an image, or its thumbnail."""

    ORIGINAL = "original"
    THUMBNAIL = "thumbnail"
    SCREEN = "screen"


_PAGE: Fields = {
    "limit": Field("limit", digits(1, 100)),
    "nextToken": Field("token", text(2048)),
}
PARTS: Fields = {"nextToken": _PAGE["nextToken"]}
NOTHING: Fields = {}
_FILTERS: Mapping[FilterKind, Callable[[Filter], Check]] = {
    FilterKind.TEXT: lambda row: text(row.longest),
    FilterKind.NAME: lambda row: composed_text(row.longest),
    FilterKind.CHOICE: lambda row: one_of(*row.choices),
    FilterKind.PERCENT: lambda _: percent,
    FilterKind.TIME: lambda _: time,
    FilterKind.LOCAL_TIME: lambda _: local_time,
}
SEARCH: Fields = {
    **{row.parameter: Field(name, _FILTERS[row.kind](row), row.most) for name, row in Query.filters().items()},
    "like": Field("like", text(MAX_WORDS_LENGTH)),
    **_PAGE,
}
CONTENT: Fields = {
    "rendition": Field("rendition", one_of(*Rendition)),
    "redirect": Field("redirect", one_of("true", "false")),
}
LABELS: Fields = {
    "prefix": Field("prefix", composed_text(100)),
    "category": Field("category", composed_text(100)),
    "order": Field("order", one_of(*LabelOrder)),
    **_PAGE,
}
FOLDERS: Fields = {"prefix": Field("prefix", text(MAX_IMAGE_ID_BYTES))}
UPLOAD: Fields = {
    "ImageId": Field("image_id", image_id),
    "Prefix": Field("prefix", text(900, shortest=0)),
    "ContentType": Field("content_type", one_of(*IMAGE_TYPES), required=True),
    "MaxBytes": Field("max_bytes", integer(1, MAX_UPLOAD_BYTES)),
}
CORRECTIONS: Fields = {
    "Add": Field("add", names(20)),
    "Remove": Field("remove", names(20)),
    "Undo": Field("undo", names(20)),
}
TRASH: Fields = _PAGE
PEOPLE: Fields = _PAGE
FACE: Fields = {
    "ImageId": Field("image_id", image_id, required=True),
    "FaceId": Field("face_id", text(100), required=True),
}


def _face(value: Any) -> FaceKey:
    if not isinstance(value, dict):
        raise ValueError("must be an object with ImageId and FaceId")
    try:
        return FaceKey(**read_members(FACE, value))
    except InvalidRequestError as error:
        raise ValueError(f"{error.parameter} {error}") from None


def _faces(value: Any) -> tuple[FaceKey, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_FACES:
        raise ValueError(f"must be a list of 1 to {MOST_FACES} faces")
    return tuple(map(_face, value))


PERSON: Fields = {
    "Name": Field("name", composed_text(MAX_NAME, shortest=0)),
    "Hidden": Field("hidden", boolean),
    "Cover": Field("cover", _face),
    "Merged": Field("merged", boolean),
}
FACES: Fields = {"person": Field("person", composed_text(100)), **_PAGE}
FACE_CORRECTIONS: Fields = {
    "Faces": Field("keys", _faces, required=True),
    "Action": Field("action", one_of(*FaceAction), required=True),
    "PersonId": Field("person_id", composed_text(100)),
    "Name": Field("name", composed_text(MAX_NAME)),
}
MERGED: Fields = {"PersonIds": Field("others", names(20), required=True)}
PERSON_ID: Fields = {"PersonId": Field("person_id", composed_text(100), required=True)}
DUPLICATES: Fields = {"near": Field("near", one_of("true", "false")), **_PAGE}
DISTINCTION: Fields = {
    "Contents": Field("contents", hashes(2, MAX_CONTENTS), required=True),
    "AreDuplicates": Field("are_duplicates", truth, required=True),
}
SIMILAR: Fields = {"limit": Field("limit", digits(1, MAX_SIMILAR))}
VECTOR: Fields = {
    "Vector": Field("vector", vector, required=True),
    "Limit": Field("limit", integer(1, MAX_SIMILAR)),
}
VERSION: Fields = {"VersionId": Field("version_id", text(1024), required=True)}
IMAGE: Fields = {"ImageId": Field("image_id", image_id, required=True)}


def read_query(fields: Fields, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the keywords of a query string; raise InvalidRequestError that names the parameter."""
    return _read(fields, query, _read_parameter)


def read_members(fields: Fields, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of a JSON body; raise InvalidRequestError that names the member."""
    for name, field in fields.items():
        if field.required and name not in members:
            raise InvalidRequestError("is missing", parameter=name)
    return _read(fields, members, lambda field, value: field.check(value))


def _read(fields: Fields, given: Mapping[str, Any], read: Callable[[Field, Any], Any]) -> dict[str, Any]:
    keywords: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise InvalidRequestError("is not a parameter of this call", parameter=name, code="UnknownParameter")
        try:
            keywords[fields[name].keyword] = read(fields[name], value)
        except ValueError as error:
            raise InvalidRequestError(str(error), parameter=name) from None
    return keywords


def _read_parameter(field: Field, values: list[str]) -> Any:
    if len(values) > max(1, field.most):
        raise ValueError(f"may be given {field.most} times" if field.most else "may be given once")
    checked = tuple(field.check(value) for value in values)
    return checked if field.most else checked[0]


def _encodable(value: str) -> str:
    """Refuse half a surrogate pair, which JSON can write and UTF-8 can't."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    return value


_PATH_PARAMETER = "ImageId"


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `resource` is the path of the contract, each query parameter has a list of values."""

    method: str
    resource: str
    request_id: str
    query: Mapping[str, list[str]]
    image_id: str
    person_id: str
    body: str
    caller: str
    """The caller: the unique id of an IAM user, of a role without its session, or of a person who signed in (`sub` of
    the token); "" for an unsigned request."""
    groups: frozenset[str] | None = None
    """Groups of the person who signed in; None for a caller by IAM, whose policies were checked by API Gateway."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read the event of an invocation."""
        return cls(
            method=event["httpMethod"],
            resource=event["resource"],
            request_id=event["requestContext"]["requestId"],
            query=event.get("multiValueQueryStringParameters") or {},
            image_id=_image_id(event),
            person_id=_person_id(event),
            body=_body(event),
            caller=_caller(event),
            groups=_groups(event),
        )

    def members(self) -> dict[str, Any]:
        """Return the members of the JSON body; raise InvalidRequestError."""
        try:
            members = json.loads(self.body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise InvalidRequestError("the body is not JSON", code="InvalidBody") from None
        if not isinstance(members, dict):
            raise InvalidRequestError("the body is not a JSON object", code="InvalidBody")
        return members


def _image_id(event: Mapping[str, Any]) -> str:
    """Return the object key, decoded once.

    A REST API hands `path` and `pathParameters` over as they were sent, percent-encoded. An event with a `version` is
    that of an HTTP API (payload format 1.0), in which both are decoded.

    MiniStack: the parameter lacks empty segments, which only `path` has.
    """
    parameter: str = (event.get("pathParameters") or {}).get(_PATH_PARAMETER, "")
    prefix = event["resource"].partition("{")[0]
    written = event["path"].partition(prefix)[2] if parameter else ""
    key = written if _folded(written) == _folded(parameter) else parameter
    return key if "version" in event else unquote(key)


def _person_id(event: Mapping[str, Any]) -> str:
    parameter: str = (event.get("pathParameters") or {}).get("PersonId", "")
    return parameter if "version" in event else unquote(parameter)


def _claims(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the claims of the token; None where no authorizer of tokens was asked.

    An event of an HTTP API always has the member, null without an authorizer (API Gateway Developer Guide, "AWS Lambda
    proxy integrations for HTTP APIs", format 1.0): such a caller has no group, and may do nothing.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    return (authorizer["claims"] or {}) if "claims" in authorizer else None


def _groups(event: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the groups of the token: API Gateway makes a text of each claim, `[viewers editors]` of a list."""
    claims = _claims(event)
    if claims is None:
        return None
    written = claims.get("cognito:groups") or ""
    names = written if isinstance(written, list) else re.split(r"[\s,]+", str(written).strip().strip("[]"))
    return frozenset(name for name in names if name)


def _caller(event: Mapping[str, Any]) -> str:
    claims = _claims(event)
    if claims is not None:
        return str(claims.get("sub") or "")
    identity = event["requestContext"].get("identity") or {}
    return str(identity.get("caller") or "").partition(":")[0]  # a role's id is followed by the name of its session


def _folded(key: str) -> str:
    return re.sub("/+", "/", key).strip("/")


def _body(event: Mapping[str, Any]) -> str:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's
