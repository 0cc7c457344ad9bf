"""Process a request from headers and body to the response's document; one table row per operation."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from viewfinder.rekognition.clip import operations
from viewfinder.rekognition.engines import Engines
from viewfinder.rekognition.faces.collections import Collections
from viewfinder.rekognition.faces.engine import Comparison
from viewfinder.rekognition.faces.users import Users
from viewfinder.rekognition.labels.request import Request as LabelRequest
from viewfinder.rekognition.pictures import S3Reader
from viewfinder.rekognition.protocol import image_members, operation_of, parse_request, service_model
from viewfinder.rekognition.settings import Settings
from viewfinder.rekognition.sigv4 import SignatureVerifier
from viewfinder.rekognition.text.engine import Request as TextRequest

Document = Mapping[str, Any]
Answer = Callable[..., dict[str, Any]]
"""Takes the engines and the content of each image of the request."""


def _detect_labels(document: Document) -> Answer:
    request = replace(LabelRequest.from_document(document), vector=bool(document.get(VECTOR)))
    return lambda engines, image: engines.labels.detect_labels(image, request)


def _detect_text(document: Document) -> Answer:
    request = TextRequest.from_document(document)
    return lambda engines, image: engines.text.detect_text(image, request)


UNKNOWN_ATTRIBUTES = (
    "AgeRange", "Beard", "Emotions", "EyeDirection", "Eyeglasses", "EyesOpen", "FaceOccluded", "Gender", "MouthOpen",
    "Mustache", "Smile", "Sunglasses",
)  # fmt: skip
"""Members of the service's shape FaceDetail that no network here knows, so that they are left out."""


def _detect_faces(_: Document) -> Answer:
    # Attributes adds nothing to the default ones: see UNKNOWN_ATTRIBUTES.
    return lambda engines, image: engines.faces.detect_faces(image)


def _compare_faces(document: Document) -> Answer:
    comparison = Comparison.from_document(document)
    return lambda engines, source, target: engines.faces.compare_faces(source, target, comparison)


def _of_collections(method: Callable[..., dict[str, Any]]) -> Callable[[Document], Answer]:
    return lambda document: lambda engines, *images: method(engines.collections, document, *images)


def _of_users(method: Callable[..., dict[str, Any]]) -> Callable[[Document], Answer]:
    return lambda document: lambda engines, *images: method(engines.users, document, *images)


OPERATIONS: Mapping[str, Callable[[Document], Answer]] = {
    "DetectLabels": _detect_labels,
    "DetectText": _detect_text,
    "DetectFaces": _detect_faces,
    "CompareFaces": _compare_faces,
    "CreateCollection": _of_collections(Collections.create_collection),
    "DescribeCollection": _of_collections(Collections.describe_collection),
    "ListCollections": _of_collections(Collections.list_collections),
    "DeleteCollection": _of_collections(Collections.delete_collection),
    "TagResource": _of_collections(Collections.tag_resource),
    "UntagResource": _of_collections(Collections.untag_resource),
    "ListTagsForResource": _of_collections(Collections.list_tags_for_resource),
    "IndexFaces": _of_collections(Collections.index_faces),
    "ListFaces": _of_collections(Collections.list_faces),
    "DeleteFaces": _of_collections(Collections.delete_faces),
    "SearchFaces": _of_collections(Collections.search_faces),
    "SearchFacesByImage": _of_collections(Collections.search_faces_by_image),
    "CreateUser": _of_users(Users.create_user),
    "ListUsers": _of_users(Users.list_users),
    "DeleteUser": _of_users(Users.delete_user),
    "AssociateFaces": _of_users(Users.associate_faces),
    "DisassociateFaces": _of_users(Users.disassociate_faces),
    "SearchUsers": _of_users(Users.search_users),
    "SearchUsersByImage": _of_users(Users.search_users_by_image),
}
"""The operations that are answered: each checks a document of its request's shape, and returns how to answer it."""


LEFT_OUT = "x-viewfinder-left-out"
"""Header of a response: what was asked for and is not known."""

VECTOR = "x-viewfinder-vector"
"""Header of a DetectLabels request that asks for the picture's vector (`true`), and of the response that has it.

A header, and no member: SDKs drop members that their service model lacks, and hand headers on.
"""

WORD_LABELS = "x-viewfinder-word-labels"
"""Header of a DetectLabels response: the names of labels that are of the user's vocabulary, as a list in JSON."""

log = logging.getLogger("viewfinder.rekognition")


class Reply(dict[str, Any]):
    """The document of a response, with the headers that go with it."""

    def __init__(self, document: Document, headers: Mapping[str, str]) -> None:
        super().__init__(document)
        self.headers = headers


class Service:
    """Answers the requests of OPERATIONS; thread-safe."""

    def __init__(self, engines: Engines, s3: S3Reader, verifier: SignatureVerifier | None = None) -> None:
        self._engines = engines
        self._s3 = s3
        self._verifier = verifier
        self._has_told = False

    @classmethod
    def from_settings(cls, settings: Settings) -> Service:
        """Load what every server needs; raise ModelFileError or StoreError."""
        service_model()  # read now, so that the first request is as fast as the others
        engines = Engines(settings)
        engines.labels  # noqa: B018 (loads it)
        engines.collections  # noqa: B018 (opens the file)
        s3 = S3Reader(settings.s3_endpoint, settings.region, settings.allow_buckets)
        return cls(engines, s3, _verifier(settings))

    def check(self, headers: Mapping[str, str]) -> None:
        """Raise EngineError if the headers alone show that the request is invalid."""
        if self._verifier:
            self._verifier.check(headers)
        if operations.is_ours(headers.get("x-amz-target")):
            operations.check(headers["x-amz-target"])
        else:
            operation_of(headers.get("x-amz-target"), OPERATIONS)

    def answer(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the document of the response; raise EngineError. Header names are lower case."""
        if self._verifier:
            self._verifier.verify(headers, body)
        target = headers.get("x-amz-target", "")
        if operations.is_ours(target):
            operations.check(target)
            return Reply(operations.answer(target, self._engines, body), {})
        name = operation_of(target, OPERATIONS)
        document = parse_request(name, body)
        with_vector = name == "DetectLabels" and headers.get(VECTOR) == "true"
        answer = OPERATIONS[name](document | ({VECTOR: True} if with_vector else {}))
        answered = answer(self._engines, *(self._content(document[member]) for member in image_members(name)))
        vector = {VECTOR: answered.pop("Vector")} if "Vector" in answered else {}
        words = [label["Name"] for label in answered.get("Labels", ()) if label.pop("Source", "")]
        named = {WORD_LABELS: json.dumps(words)} if words else {}
        return Reply(answered, self._notes(document) | vector | named)

    def _notes(self, document: Document) -> dict[str, str]:
        """Return the headers that say what the response lacks; the log says it once."""
        if not set(document.get("Attributes", ())) - {"DEFAULT"}:
            return {}
        left_out = ", ".join(UNKNOWN_ATTRIBUTES)
        if not self._has_told:
            self._has_told = True
            log.warning("Attributes: no network here knows %s; they are left out", left_out)
        return {LEFT_OUT: left_out}

    def _content(self, image: Document) -> bytes:
        content: bytes = image["Bytes"] if "Bytes" in image else self._s3.read(image["S3Object"])
        return content


def _verifier(settings: Settings) -> SignatureVerifier | None:
    if not settings.access_key_id:
        return None
    return SignatureVerifier(settings.access_key_id, settings.secret_access_key)
