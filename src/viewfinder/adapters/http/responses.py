"""Responses of the API: documents of images and labels by the contract, and the error envelope."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from viewfinder.adapters.aws import is_misconfiguration
from viewfinder.domain.errors import (
    CatalogConflictError,
    CatalogUnavailableError,
    DetectorUnavailableError,
    FaceNotFoundError,
    ForbiddenError,
    ImageNotFoundError,
    InvalidRequestError,
    KeyTakenError,
    PersonNotFoundError,
    ThumbnailNotFoundError,
    TooManyRequestsError,
    VectorNotFoundError,
    VersionNotFoundError,
)
from viewfinder.domain.feature import findings_document
from viewfinder.domain.image import PENDING, Image
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.interpretation import Interpretation, Reading
from viewfinder.domain.near_duplicates import Group
from viewfinder.domain.person import PersonCount
from viewfinder.domain.search_text import ReadAs
from viewfinder.domain.statistics import LabelCount
from viewfinder.domain.summary import Summary
from viewfinder.observability import logger
from viewfinder.ports import ObjectVersion

Response = dict[str, Any]

_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_STATUSES: dict[type[Exception], HTTPStatus] = {
    InvalidRequestError: HTTPStatus.BAD_REQUEST,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    ImageNotFoundError: HTTPStatus.NOT_FOUND,
    ThumbnailNotFoundError: HTTPStatus.NOT_FOUND,
    PersonNotFoundError: HTTPStatus.NOT_FOUND,
    FaceNotFoundError: HTTPStatus.NOT_FOUND,
    VersionNotFoundError: HTTPStatus.NOT_FOUND,
    VectorNotFoundError: HTTPStatus.NOT_FOUND,
    KeyTakenError: HTTPStatus.CONFLICT,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
}

_BUSY_SECONDS = 5
"""When a caller may come again: what was waited for here has not passed in some seconds."""


def document_response(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a JSON response."""
    return {"statusCode": int(status), "headers": _HEADERS, "body": json.dumps(document, separators=(",", ":"))}


def redirect_response(url: str) -> Response:
    """Return a redirect that clients must not cache, because its URL expires within minutes."""
    return {"statusCode": int(HTTPStatus.FOUND), "headers": {"Location": url, "Cache-Control": "no-store"}, "body": ""}


def empty_response() -> Response:
    """Return a response without a body."""
    return {"statusCode": int(HTTPStatus.NO_CONTENT), "headers": {"Cache-Control": "no-store"}, "body": ""}


def error_response(error: Exception, request_id: str) -> Response:
    """Return the envelope of an error; internal details go to the log only."""
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), None)
    if status is None:
        logger.exception("request failed")
        if _is_passing(error):
            return _unavailable(request_id)
        return _envelope(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", "the server failed", request_id)
    if isinstance(error, InvalidRequestError):
        message = f"{error.parameter}: {error}" if error.parameter else str(error)
        return _envelope(status, error.code, message, request_id)
    response = _envelope(status, type(error).__name__.removesuffix("Error"), str(error), request_id)
    return _retried_after(error.retry_after, response) if isinstance(error, TooManyRequestsError) else response


def no_route_response(is_path_known: bool, request_id: str) -> Response:
    """Answer what the contract does not have; API Gateway lets none of it through."""
    if is_path_known:
        return _envelope(
            HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "the path does not support this method", request_id
        )
    return _envelope(HTTPStatus.NOT_FOUND, "NotFound", "the path does not exist", request_id)


def absent_response(reason: str, request_id: str) -> Response:
    """Answer an operation that this stack does not have, with the reason that GET /health gives too."""
    return _envelope(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", reason, request_id)


def _envelope(status: HTTPStatus, code: str, message: str, request_id: str) -> Response:
    return document_response({"Error": {"Code": code, "Message": message, "RequestId": request_id}}, status)


def _unavailable(request_id: str) -> Response:
    message = "try again in a moment"
    return _retried_after(
        _BUSY_SECONDS, _envelope(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", message, request_id)
    )


def _retried_after(seconds: int, response: Response) -> Response:
    return response | {"headers": {**response["headers"], "Retry-After": str(seconds)}}


_PASSING = (
    *(BotoCoreError, ResponseParserError),
    *(CatalogUnavailableError, CatalogConflictError, DetectorUnavailableError),
)


def _is_passing(error: Exception) -> bool:
    """Whether the same request may succeed in a moment: AWS throttled, failed, or answered what nobody expected."""
    if isinstance(error, ClientError):
        return not is_misconfiguration(error)
    return isinstance(error, _PASSING)


Document = dict[str, Any]


def page_document(member: str, documents: Iterable[Document], next_token: str) -> Document:
    """Return the document of a page; the last page has no token."""
    return {member: list(documents)} | ({"NextToken": next_token} if next_token else {})


def summary_document(image: Summary) -> Document:
    """Return the document of an image in a list; with the reason, if it was not analysed."""
    return image.listed() | {"Labels": _confidences(image.labels)}


def interpretation_document(interpretation: Iterable[Interpretation]) -> Document:
    """Return how the text of the search box was read, {} where there was none."""
    entries = [_interpretation(each) for each in interpretation]
    return {"Interpretation": entries} if entries else {}


def _interpretation(entry: Interpretation) -> Document:
    reading = _reading(entry.reading) if entry.reading else {"ReadAs": str(ReadAs.NOTHING)}
    document = {"Typed": entry.typed, "Excluded": entry.is_excluded} | reading
    document |= {"Alternatives": list(map(_reading, entry.alternatives))} if entry.alternatives else {}
    return document | ({"Suggestions": list(entry.suggestions)} if entry.suggestions else {})


def _reading(reading: Reading) -> Document:
    document = {"ReadAs": str(reading.kind), "Fit": str(reading.fit), "Name": reading.name, "Query": reading.written}
    return document | ({"RelatedTo": list(reading.names)} if reading.names else {})


def image_document(image: Image) -> Document:
    """Return the full document of an image, without unknown members."""
    document: Document = {
        "ImageId": image.image_id,
        "Status": image.status,
        "AnalyzedAt": image.analyzed_at,
        "Size": image.size,
    }
    facts: Document = {
        "ETag": image.etag,
        "Sha256": image.sha256,
        "Format": image.format,
        "Width": image.width,
        "Height": image.height,
        "LabelModelVersion": image.model_version,
        "Reason": image.reason,
        "Message": image.message,
        "Facts": image.facts.to_document(),
    }
    document |= {name: value for name, value in facts.items() if value}
    document |= findings_document(image.findings)
    document |= {"Features": list(image.features)} if image.features else {}
    document |= {PENDING: list(image.pending)} if image.pending else {}
    if image.corrections:
        corrections = {"Added": list(image.corrections.added), "Removed": list(image.corrections.removed)}
        document["Corrections"] = corrections
    return document | {"Labels": [label.to_document() for label in image.corrected_labels]}


def group_document(group: Group) -> Document:
    """Return a group of equal or similar images, with the proposal which to keep."""
    proposal = {"ImageId": group.keep.image_id, "Reason": group.keep.reason}
    return {"Kind": group.kind, "Keep": proposal, "Images": [_member_document(image) for image in group.images]}


def _member_document(image: Image) -> Document:
    document = {
        "ImageId": image.image_id,
        "Bytes": image.size,
        "AnalyzedAt": image.analyzed_at,
        "Sha256": image.sha256,
        "Format": image.format,
        "Width": image.width,
        "Height": image.height,
        "Sharpness": image.likeness.sharpness,
    }
    return document | ({"TakenAt": image.facts.taken_at} if image.facts.taken_at else {})


def label_document(label: LabelCount) -> Document:
    """Return a label with its count."""
    return {
        "Name": label.name,
        "Count": label.count,
        "Parents": _names(label.parents),
        "Categories": _names(label.categories),
        "Aliases": _names(label.aliases),
    } | ({"MatchedBy": label.matched_by} if label.matched_by else {})


def person_document(entry: PersonCount, cover_image: str = "") -> Document:
    """Return a person with the number of its images; `cover_image` is one that has the content of the cover."""
    person = entry.person
    document: Document = {"PersonId": person.person_id, "Count": entry.count, "Hidden": person.hidden}
    document |= {"Name": person.name} if person.name else {}
    if person.cover:
        document["Cover"] = person.cover.to_document() | ({"ImageId": cover_image} if cover_image else {})
    return document | ({"MergedInto": person.merged_into} if person.merged_into else {})


def face_document(image: Image, face: IndexedFace) -> Document:
    """Return a face with the image that it is on."""
    size = {"Width": image.width, "Height": image.height, "AnalyzedAt": image.analyzed_at}
    return {"ImageId": image.image_id, **size, **face.to_document()}


def version_document(version: ObjectVersion, url: str) -> Document:
    """Return a version of an object."""
    return {
        "VersionId": version.version_id,
        "LastModified": version.modified,
        "Bytes": version.size,
        "IsLatest": version.is_latest,
        "Url": url,
    }


def _confidences(labels: Mapping[str, float]) -> list[Document]:
    by_confidence = sorted(labels.items(), key=lambda label: (-label[1], label[0]))
    return [{"Name": name, "Confidence": confidence} for name, confidence in by_confidence]


def _names(names: Iterable[str]) -> list[Document]:
    return [{"Name": name} for name in names]
