"""Vectors of contents in an index of Amazon S3 Vectors."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.vector import Vector
from viewfinder.ports import Neighbour

MAX_NEAREST = 100
MAX_DELETED = 500
"""S3 User Guide, "S3 Vectors limitations and restrictions": results of a query, vectors of a deletion."""

_SCALE = 127


class S3Vectors:
    """Implements `ports.Vectors`: an index of float32 by the cosine distance, whose keys are SHA-256.

    Vectors have no metadata, so that a query needs the permission s3vectors:QueryVectors only (API Reference,
    "QueryVectors"). Writes are strongly consistent. `model` is that of the vectors in the index.
    """

    def __init__(self, client: Any, index_arn: str, *, model: str) -> None:
        self._client = client
        self._index_arn = index_arn
        self._model = model

    def put(self, content: str, vector: Vector) -> None:
        """Put one vector."""
        entry = {"key": content, "data": {"float32": _floats(vector)}}
        with self._told():
            self._client.put_vectors(indexArn=self._index_arn, vectors=[entry])

    def find(self, content: str) -> Vector | None:
        """Get one vector; one that was put is read as it was."""
        with self._told():
            found = self._client.get_vectors(indexArn=self._index_arn, keys=[content], returnData=True)["vectors"]
        return Vector(self._model, _bytes(found[0]["data"]["float32"])) if found else None

    def nearest(self, vector: Vector, most: int) -> Sequence[Neighbour]:
        """Query the index; raise InvalidRequestError for a vector of another size than the index has."""
        with self._told(), _size_checked():
            answer = self._client.query_vectors(
                indexArn=self._index_arn,
                topK=min(most, MAX_NEAREST),
                queryVector={"float32": _floats(vector)},
                returnDistance=True,
            )
        return [Neighbour(found["key"], 1 - found["distance"]) for found in answer["vectors"]]

    def delete(self, contents: Collection[str]) -> None:
        """Delete vectors, 500 a call."""
        keys = sorted(contents)
        for start in range(0, len(keys), MAX_DELETED):
            with self._told():
                self._client.delete_vectors(indexArn=self._index_arn, keys=keys[start : start + MAX_DELETED])

    @contextmanager
    def _told(self) -> Iterator[None]:
        with misconfiguration_told(f"the vector index {self._index_arn} can't be used"):
            yield


@contextmanager
def _size_checked() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        raise InvalidRequestError(f"is refused by the index: {error}", parameter="Vector") from error


def _floats(vector: Vector) -> list[float]:
    return [value / _SCALE for value in array("b", vector.values)]


def _bytes(floats: Sequence[float]) -> bytes:
    """Return the int8 that were put."""
    return array("b", (max(-_SCALE, min(_SCALE, round(_SCALE * value))) for value in floats)).tobytes()
