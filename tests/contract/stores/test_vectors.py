"""One behaviour of `ports.Vectors`: of SQLite with NumPy, and of Amazon S3 Vectors in moto, by botocore's model."""

from __future__ import annotations

import json
import math
import random
from array import array
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3vectors.models import s3vectors_backends

from tests.support.databases import empty_database
from viewfinder.adapters.s3_vectors import S3Vectors
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.vectors import SqliteVectors
from viewfinder.domain.errors import InvalidRequestError, MisconfiguredError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.vector import MODEL, SIZE, Vector
from viewfinder.ports import Vectors

CHANCE = random.Random(31)
REGION, ACCOUNT = "us-east-1", "123456789012"


@pytest.fixture(params=["sqlite", "s3"])
def vectors(request: pytest.FixtureRequest) -> Iterator[Vectors]:
    if request.param == "sqlite":
        with empty_database() as database:
            yield SqliteVectors(database)
        return
    with mock_aws():
        yield S3Vectors(*an_index(), model=MODEL)


def an_index() -> tuple[Any, str]:
    """Create an index as the template does; return a client, and the index's ARN."""
    client = boto3.client("s3vectors", REGION, aws_access_key_id="test", aws_secret_access_key="test")
    client.create_vector_bucket(vectorBucketName="vectors")
    options: dict[str, Any] = {"dataType": "float32", "dimension": SIZE, "distanceMetric": "cosine"}
    client.create_index(vectorBucketName="vectors", indexName="images", **options)
    client.meta.events.register("before-send.s3vectors.QueryVectors", _query)
    return client, client.get_index(vectorBucketName="vectors", indexName="images")["index"]["indexArn"]


def _query(request: Any, **_: Any) -> AWSResponse:
    """Answer QueryVectors, which moto has not: request and answer still pass botocore's model of the service."""
    asked = json.loads(request.body)
    backend: Any = s3vectors_backends[ACCOUNT]["aws"]
    kept = backend.list_vectors(vector_bucket_name=None, index_name=None, index_arn=asked["indexArn"])
    wanted = asked["queryVector"]["float32"]
    found = [(1 - cosine(wanted, each.data["float32"]), each.key) for each in kept]
    best = [{"key": key, "distance": distance} for distance, key in sorted(found)[: asked["topK"]]]
    body = json.dumps({"vectors": best, "distanceMetric": "cosine"}).encode()
    headers: Any = HeadersDict({"Content-Type": "application/json"})
    return AWSResponse(request.url, 200, headers, _Raw(body))


class _Raw:
    """A body as urllib3 has it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def cosine(one: Any, other: Any) -> float:
    lengths = math.sqrt(math.fsum(each * each for each in one)) * math.sqrt(math.fsum(each * each for each in other))
    return math.fsum(left * right for left, right in zip(one, other, strict=True)) / lengths


def a_vector(like: Vector | None = None, share: float = 0.0) -> Vector:
    """Return a random vector of length 127, or one that is like another one to a share."""
    values = [CHANCE.gauss(0, 1) for _ in range(SIZE)]
    if like:
        values = [
            127 / 36 * (1 - share) * each + share * old
            for each, old in zip(values, array("b", like.values), strict=True)
        ]
    length = math.sqrt(math.fsum(each * each for each in values))
    return Vector(MODEL, array("b", (round(127 * each / length) for each in values)).tobytes())


def content(number: int) -> str:
    return f"{number:064x}"


def test_a_vector_is_read_as_it_was_put(vectors: Vectors) -> None:
    one = a_vector()
    vectors.put(content(1), one)
    assert vectors.find(content(1)) == one
    assert vectors.find(content(2)) is None


def test_the_most_similar_come_first_with_their_cosine(vectors: Vectors) -> None:
    asked = a_vector()
    kept = {content(number): a_vector(asked, share) for number, share in enumerate((0.3, 0.9, 0.0, 0.6))}
    for name, vector in kept.items():
        vectors.put(name, vector)
    found = vectors.nearest(asked, 3)
    expected = {name: cosine(array("b", asked.values), array("b", vector.values)) for name, vector in kept.items()}
    assert [each.content for each in found] == [content(1), content(3), content(0)]
    assert [each.similarity for each in found] == pytest.approx([expected[each.content] for each in found], abs=0.01)


def test_a_search_finds_what_was_put_since_the_last_one(vectors: Vectors) -> None:
    vectors.put(content(1), a_vector())
    assert len(vectors.nearest(a_vector(), 10)) == 1
    late = a_vector()
    vectors.put(content(2), late)
    assert vectors.nearest(late, 10)[0].content == content(2)


def test_another_vector_of_a_content_takes_the_place_of_its_old_one(vectors: Vectors) -> None:
    old, new = a_vector(), a_vector()
    vectors.put(content(1), old)
    vectors.nearest(old, 10)
    vectors.put(content(1), new)
    vectors.put(content(1), new)
    [found] = vectors.nearest(new, 10)
    assert found.content == content(1)
    assert found.similarity == pytest.approx(1.0, abs=0.01)
    assert vectors.find(content(1)) == new


def test_a_deleted_vector_is_not_found_and_a_missing_one_is_ignored(vectors: Vectors) -> None:
    vectors.put(content(1), a_vector())
    vectors.delete([content(1), content(2)])
    assert vectors.find(content(1)) is None
    assert list(vectors.nearest(a_vector(), 10)) == []


def test_a_search_is_not_short_of_what_was_deleted_by_another_process_since_the_last_one() -> None:
    with empty_database() as database:
        searching, deleting = SqliteVectors(database), SqliteVectors(database)
        asked = a_vector()
        for number in range(8):
            searching.put(content(number), a_vector(asked, 0.9 if number < 5 else 0.1))
        assert {each.content for each in searching.nearest(asked, 5)} == {content(number) for number in range(5)}
        deleting.delete([content(number) for number in range(5)])
        assert {each.content for each in searching.nearest(asked, 5)} == {content(number) for number in range(5, 8)}
        searching.put(content(9), asked)
        assert searching.nearest(asked, 5)[0].content == content(9)


def test_vectors_of_two_models_and_sizes_are_never_compared() -> None:
    with empty_database() as database:
        vectors = SqliteVectors(database)
        ours, theirs = a_vector(), Vector("clip-0", bytes([127, 3, 0]))
        vectors.put(content(1), ours)
        vectors.put(content(2), theirs)
        vectors.put(content(3), Vector("clip-0", bytes([0, 0, 9])))
        assert [each.content for each in vectors.nearest(ours, 10)] == [content(1)]
        found = vectors.nearest(Vector("clip-0", bytes([64, 0, 0])), 10)
        assert [each.content for each in found] == [content(2), content(3)]
        assert [each.similarity for each in found] == pytest.approx([127 / math.hypot(127, 3), 0], abs=1e-6)
        with pytest.raises(InvalidRequestError, match="has 2 numbers; those of clip-0 have 3"):
            vectors.nearest(Vector("clip-0", b"12"), 10)


def test_an_index_refuses_a_vector_of_another_size_as_the_callers_fault() -> None:
    with mock_aws():
        client, arn = an_index()

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "dimension"}}, "QueryVectors")

        client.meta.events.register_first("before-send.s3vectors.QueryVectors", refuse)
        with pytest.raises(InvalidRequestError, match="dimension"):
            S3Vectors(client, arn, model="clip-0").nearest(Vector("clip-0", b"12"), 5)


def test_an_empty_store_finds_nothing(vectors: Vectors) -> None:
    assert list(vectors.nearest(a_vector(), 10)) == []


def test_a_vector_goes_with_the_last_record_of_its_content() -> None:
    with empty_database() as database:
        vectors = SqliteVectors(database)
        catalog = SqliteCatalog(database, tombstone_seconds=0)
        for number in (1, 2):
            vectors.put(content(number), a_vector())
        gone = Image("a.jpg", Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", sha256=content(1))
        saved = catalog.save(gone, replacing=None)
        removed = Image("a.jpg", Status.REMOVED, "", "2026-01-01T00:00:00.000000Z", sha256=content(1))
        catalog.save(removed, replacing=saved)
        assert vectors.find(content(1)) is None
        assert vectors.find(content(2)) is not None


def test_an_index_that_is_not_there_is_a_mistake_of_the_settings() -> None:
    with mock_aws():
        client, arn = an_index()

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "QueryVectors")

        client.meta.events.register_first("before-send.s3vectors.QueryVectors", refuse)
        with pytest.raises(MisconfiguredError, match="vector index"):
            S3Vectors(client, arn, model=MODEL).nearest(a_vector(), 5)
