"""Each image of a batch on its own: what is given back, when it comes again, and what is held against the image."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from tests.support.busy_dynamodb import BusyCatalog, busy_table
from tests.support.fakes import (
    FakeBucket,
    FakeCatalog,
    FakeDetector,
    FakePictures,
    etag,
    fake_indexer,
)
from tests.support.histories import PARAMETERS, load_handler
from viewfinder.adapters.s3_events import MalformedMessageError, events_of, request_body
from viewfinder.adapters.sqs import retry_delay, run_batch
from viewfinder.bootstrap import Application
from viewfinder.domain.analysis import Detection
from viewfinder.domain.errors import CatalogConflictError, DetectorUnavailableError, MisconfiguredError, failure_reason
from viewfinder.domain.feature import Feature, Parameters, Stage
from viewfinder.domain.image import UNREADABLE, Effort, Facts, Image, ImageEvent, Location, Status, is_accounted_for
from viewfinder.domain.lease import Lease
from viewfinder.settings import Settings

SETTINGS = Settings(images_bucket="images", derived_bucket="derived", table="catalog", queue_url="queue")


class Queue:
    """Notes when a message is to come again, and which are sent anew."""

    def __init__(self) -> None:
        self.delays: dict[str, int] = {}
        self.sent: list[tuple[str, int]] = []

    def send_message(self, **call: Any) -> None:
        self.sent.append((call["MessageBody"], call["DelaySeconds"]))

    def change_message_visibility(self, **call: Any) -> None:
        self.delays[call["ReceiptHandle"]] = call["VisibilityTimeout"]


class Context:
    """A minute is left."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Forbidding(FakeDetector):
    """Refuses for want of a permission."""

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        raise MisconfiguredError("AccessDeniedException")


@pytest.fixture(params=["fake", "busy"], autouse=True)
def catalog(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have each place made with a fake catalog, and then with DynamoDB's, whose table refuses two of three calls."""
    with ExitStack() as tables:
        if request.param == "busy":
            new_catalog = lambda: BusyCatalog(tables.enter_context(busy_table(monkeypatch)))  # noqa: E731
            monkeypatch.setattr(Place, "new_catalog", new_catalog)
        yield


class Place:
    """The image function among fakes."""

    new_catalog: Callable[[], Any] = FakeCatalog

    def __init__(self, detector: FakeDetector | None = None, features: tuple[Feature, ...] = (Feature.LABELS,)) -> None:
        self.bucket, self.catalog, self.queue = FakeBucket(), Place.new_catalog(), Queue()
        self.detector = detector or FakeDetector()
        self.index_image = fake_indexer(
            self.catalog, images=self.bucket, detector=self.detector, parameters=PARAMETERS, features=features
        )
        self._module = load_handler()
        self._module.application = Application(SETTINGS, index_image=self.index_image, sqs_client=self.queue)

    def handle(self, *records: dict[str, Any]) -> list[str]:
        """Return the messages that failed."""
        answer = self._module.handler({"Records": list(records)}, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(
    key: str, *, count: int = 1, sequencer: str = "01", size: int = 9, name: str = "ObjectCreated:Put"
) -> dict[str, Any]:
    thing = {"key": key, "sequencer": sequencer, "size": size}
    entry = {"eventName": name, "s3": {"bucket": {"name": "images"}, "object": thing}}
    return record(json.dumps({"Records": [entry]}), name=key, count=count)


def record(body: str, *, name: str = "m", count: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(count)}
    return {"messageId": name, "receiptHandle": name, "body": body, "attributes": attributes}


def test_one_bad_message_is_given_back_alone() -> None:
    place = Place()
    place.bucket.put("good.jpg", b"Dog")
    place.bucket.put("bad.jpg", b"bad")

    assert place.handle(message("good.jpg"), record("not JSON", name="strange"), message("bad.jpg")) == ["strange"]
    assert {key: image.status for key, image in place.catalog.images.items()} == {
        "good.jpg": Status.ANALYZED,
        "bad.jpg": Status.REJECTED,
    }
    assert 4 <= place.queue.delays["strange"] <= 5


@pytest.mark.parametrize(("count", "shortest", "longest"), [(1, 4, 5), (4, 30, 40), (7, 240, 320)])
def test_an_unavailable_detector_delays_each_delivery_twice_as_long(count: int, shortest: int, longest: int) -> None:
    place = Place(FakeDetector(is_down=True))
    place.bucket.put("a.jpg", b"Dog")

    assert place.handle(message("a.jpg", count=count)) == ["a.jpg"]
    assert shortest <= place.queue.delays["a.jpg"] <= longest
    assert place.catalog.images == {}


def test_the_last_delivery_records_the_failure_and_lets_the_message_die_at_once() -> None:
    place = Place(FakeDetector(is_down=True))
    place.bucket.put("a.jpg", b"Dog")

    assert place.handle(message("a.jpg", count=8)) == ["a.jpg"]
    image = place.catalog.images["a.jpg"]
    assert (image.status, image.reason) == (Status.FAILED, "DETECTOR_UNAVAILABLE")
    assert image.message == "ThrottlingException: slow down"
    assert place.queue.delays["a.jpg"] == 0


def test_a_failed_image_is_analysed_when_its_message_comes_back() -> None:
    place = Place(FakeDetector(is_down=True))
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg", count=8))
    place.detector.is_down = False

    assert place.handle(message("a.jpg")) == []
    assert place.catalog.images["a.jpg"].status is Status.ANALYZED


def test_a_missing_permission_is_not_held_against_the_image() -> None:
    place = Place(Forbidding())
    place.bucket.put("a.jpg", b"Dog")

    assert place.handle(message("a.jpg", count=8)) == ["a.jpg"]
    assert place.catalog.images == {}


def test_a_failed_request_leaves_labels_that_are_still_right() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg"))
    place.detector.is_down = True

    assert place.handle(record(request_body("a.jpg", analyzed_since="2099"), count=8)) == ["m"]
    assert [label.name for label in place.catalog.images["a.jpg"].labels] == ["Dog"]


@pytest.mark.parametrize("content", [b"Dog", b"bad"])
def test_an_event_of_a_version_that_expired_leaves_the_image_in_its_place(content: bytes) -> None:
    """S3 tells of an expired old version by a new sequencer; the object is what it was."""
    place = Place()
    place.bucket.put("a.jpg", content)
    place.handle(message("a.jpg"))
    before = place.catalog.images["a.jpg"]

    assert place.handle(message("a.jpg", sequencer="02")) == []
    after = place.catalog.images["a.jpg"]
    assert (after.analyzed_at, after.sequencer) == (before.analyzed_at, "02")


def test_another_content_or_a_request_to_analyse_again_moves_the_image_to_the_front() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg"))
    first = place.catalog.images["a.jpg"].analyzed_at
    place.index_image.run(ImageEvent("a.jpg", analyzed_since="2026-12-31T00:00:00.000000Z"))
    second = place.catalog.images["a.jpg"].analyzed_at
    place.bucket.put("a.jpg", b"Cat")
    place.handle(message("a.jpg", sequencer="03"))

    assert first < second < place.catalog.images["a.jpg"].analyzed_at


def test_an_archived_object_is_rejected_at_once_and_analysed_when_it_is_restored() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.bucket.archived.add("a.jpg")
    assert place.handle(message("a.jpg", sequencer="05")) == []
    rejected = place.catalog.images["a.jpg"]
    assert (rejected.status, rejected.reason, rejected.etag) == (Status.REJECTED, "ARCHIVED", etag(b"Dog"))

    place.bucket.archived.clear()
    assert place.handle(message("a.jpg", sequencer="04", name="ObjectRestore:Completed")) == []
    assert place.catalog.images["a.jpg"].status is Status.ANALYZED


def test_what_was_analysed_stays_so_when_its_object_is_archived() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg"))
    known = place.catalog.images["a.jpg"]
    place.bucket.archived.add("a.jpg")
    assert place.handle(record(request_body("a.jpg", analyzed_since="2027"))) == []
    assert place.catalog.images["a.jpg"] == replace(known, effort=Effort.RECORD, version=known.version + 1)


@pytest.mark.parametrize("reason", UNREADABLE)
def test_an_object_that_can_not_be_read_is_rejected_at_once_and_analysed_when_it_can(reason: str) -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.bucket.refused["a.jpg"] = reason
    assert place.handle(message("a.jpg")) == []
    rejected = place.catalog.images["a.jpg"]
    assert (rejected.status, rejected.reason) == (Status.REJECTED, reason)
    assert (rejected.message, rejected.etag, rejected.size) == (UNREADABLE[reason], etag(b"Dog"), 3)

    place.bucket.refused.clear()
    assert place.handle(record(request_body("a.jpg"))) == []
    assert place.catalog.images["a.jpg"].status is Status.ANALYZED


def test_what_was_analysed_stays_so_when_its_object_can_not_be_read_any_more() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg"))
    place.bucket.refused["a.jpg"] = "ACCESS_DENIED"
    assert place.handle(record(request_body("a.jpg"))) == []
    assert [label.name for label in place.catalog.images["a.jpg"].labels] == ["Dog"]


def test_a_key_that_ends_in_a_slash_is_an_image_if_it_has_content() -> None:
    place = Place()
    for key, content in (("marker/", b""), ("image/", b"Dog")):
        place.bucket.put(key, content)
        place.handle(message(key, size=len(content)))
    assert {key: image.status for key, image in place.catalog.images.items()} == {"image/": Status.ANALYZED}


@pytest.mark.parametrize("keep_location", [False, True])
def test_where_a_picture_was_taken_is_kept_only_if_the_operator_wants_it(*, keep_location: bool) -> None:
    place = Place()
    facts = Facts(taken_at="2026-06-01T12:30:00.000000", location=Location(52.5, 13.4))
    pictures = FakePictures()
    pictures.facts = facts
    place.bucket.put("a.jpg", b"Dog")
    for index in (replace(place.index_image, pictures=pictures, keep_location=kept) for kept in (True, keep_location)):
        outcome = index.run(ImageEvent("a.jpg"))  # at first with the location, then from the analysis that has it
    assert outcome.effort is Effort.REUSED
    assert outcome.image.facts == (facts if keep_location else replace(facts, location=None))


@pytest.mark.parametrize(("text", "keeps"), [("true", True), ("false", False), ("0", False)])
def test_a_setting_that_is_true_or_false(text: str, *, keeps: bool) -> None:
    needed = dict.fromkeys(
        (f"VIEWFINDER_{name}" for name in ("IMAGES_BUCKET", "DERIVED_BUCKET", "TABLE", "QUEUE_URL")), "x"
    )
    assert Settings.from_environment(needed | {"VIEWFINDER_KEEP_LOCATION": text}).keep_location is keeps
    with pytest.raises(MisconfiguredError, match="VIEWFINDER_KEEP_LOCATION"):
        Settings.from_environment(needed | {"VIEWFINDER_KEEP_LOCATION": "perhaps"})


def test_each_feature_is_asked_for_once() -> None:
    place = Place(features=tuple(Feature))
    place.bucket.put("a.jpg", b"Dog")
    place.bucket.put("b.jpg", b"Dog")

    for key in ("a.jpg", "b.jpg"):  # at the same time, one would be told to wait for the other's analysis
        assert place.handle(message(key)) == []
    for image in place.catalog.images.values():
        assert [text.text for text in image.texts] == ["STOP"]
        assert [face.confidence for face in image.faces] == [99.5]
        assert [label.name for label in image.labels] == ["Dog"]
    assert place.detector.calls == {b"Dog": len(Feature)}


def test_a_feature_that_is_turned_on_analyses_only_what_is_missing() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg"))
    object.__setattr__(place.index_image, "features", (Feature.LABELS, Feature.TEXT))

    place.index_image.run(ImageEvent("a.jpg"))
    assert [text.text for text in place.catalog.images["a.jpg"].texts] == ["STOP"]
    assert place.detector.calls == {b"Dog": 2}


def test_what_one_feature_gave_is_kept_when_another_fails_for_good() -> None:
    place = Place(FakeDetector(failing={Feature.TEXT}), features=(Feature.LABELS, Feature.TEXT, Feature.FACES))
    place.bucket.put("a.jpg", b"Dog")

    assert place.handle(message("a.jpg")) == ["a.jpg"]
    assert place.catalog.images == {}
    assert place.handle(message("a.jpg", count=8)) == ["a.jpg"]  # a dead letter
    image = place.catalog.images["a.jpg"]
    assert (image.status, image.features, len(image.faces)) == (Status.ANALYZED, ("LABELS", "FACES"), 1)
    assert (image.reason, image.message) == ("DETECTOR_UNAVAILABLE", "TEXT: ThrottlingException: slow down")
    assert [label.name for label in image.labels] == ["Dog"]
    assert place.detector.calls == {b"Dog": 2}  # the labels of the first delivery were kept

    place.detector.failing = set()
    assert place.handle(message("a.jpg")) == []  # which comes back
    image = place.catalog.images["a.jpg"]
    assert (image.features, image.reason) == (("LABELS", "TEXT", "FACES"), "")


SECOND_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/photos-second-stage"


@pytest.mark.parametrize(
    ("arn", "queue"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:photos-images", "queue"),
        ("arn:aws:sqs:eu-west-1:123456789012:photos-second-stage", SECOND_URL),
    ],
)
def test_a_message_is_given_back_to_the_queue_that_it_came_from(arn: str, queue: str) -> None:
    given_back: list[str] = []

    class Client(Queue):
        def change_message_visibility(self, **call: Any) -> None:
            given_back.append(call["QueueUrl"])

    place = Place(FakeDetector(is_down=True))
    place.bucket.put("a.jpg", b"Dog")
    application = Application(
        replace(SETTINGS, second_stage_queue_url=SECOND_URL), index_image=place.index_image, sqs_client=Client()
    )
    place._module.application = application

    assert place.handle(message("a.jpg") | {"eventSourceARN": arn}) == ["a.jpg"]
    assert given_back == [queue]


def test_a_request_says_of_which_stage_it_is() -> None:
    body = request_body("a.jpg", stage=Stage.SECOND)

    assert events_of(record(body), max_receive_count=8) == [ImageEvent("a.jpg", stage=Stage.SECOND)]
    with pytest.raises(MalformedMessageError):
        events_of(record(body.replace('"Stage": 2', '"Stage": 3')), max_receive_count=8)


def test_what_there_is_no_time_for_is_given_back() -> None:
    block, given_back = threading.Event(), []
    try:
        answer = run_batch(
            [{"messageId": name} for name in ("quick", "slow", "waiting")],
            lambda one: one["messageId"] == "quick" or block.wait(10),
            lambda one: given_back.append(one["messageId"]),
            threads=1,
            seconds=0.2,
        )
    finally:
        block.set()
    assert answer == {"batchItemFailures": [{"itemIdentifier": "slow"}, {"itemIdentifier": "waiting"}]}
    assert given_back == ["slow", "waiting"]


def test_delays_end_at_a_quarter_of_an_hour() -> None:
    assert 675 <= retry_delay(1000, 5) <= 900


def test_others_that_write_all_the_time_make_the_event_wait() -> None:
    class Busy(FakeCatalog):
        def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
            raise CatalogConflictError("busy")

    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    object.__setattr__(place.index_image, "catalog", Busy())

    with pytest.raises(CatalogConflictError, match="written 5 times by others"):
        place.index_image.run(ImageEvent("a.jpg", "01"))
    assert place.detector.calls == {b"Dog": 1}


def test_a_failure_that_was_overtaken_by_a_later_event_is_not_recorded() -> None:
    place = Place()
    place.bucket.put("a.jpg", b"Dog")
    place.handle(message("a.jpg", sequencer="02"))

    assert place.index_image.record_failure(ImageEvent("a.jpg", "01"), DetectorUnavailableError("late")) is None
    assert place.catalog.images["a.jpg"].status is Status.ANALYZED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DetectorUnavailableError("x"), "DETECTOR_UNAVAILABLE"),
        (CatalogConflictError("x"), "CATALOG_CONFLICT"),
        (ZeroDivisionError("x"), "INTERNAL_ERROR"),
    ],
)
def test_a_failure_has_a_reason_code(error: Exception, reason: str) -> None:
    assert failure_reason(error) == reason


@pytest.mark.parametrize("key", ["a b.jpg", "a+b.jpg", "a%20b.jpg", "ü/ж/🐈.jpg", "/a//b.jpg"])
def test_keys_are_decoded_as_s3_encodes_them(key: str) -> None:
    from urllib.parse import quote_plus

    assert [event.image_id for event in events_of(message(quote_plus(key)), max_receive_count=8)] == [key]


@pytest.mark.parametrize(
    "key", ["a b.jpg", "a+b.jpg", "a%20b.jpg", "100%.jpg", "ü/ж/🐈.jpg", "/a//b.jpg", "a%2Bb+c d.jpg"]
)
def test_eventbridge_tells_the_same_image_as_s3(key: str) -> None:
    """EventBridge's keys are as they are; S3's own are percent-encoded, with + for a space (S3 User Guide)."""
    from urllib.parse import quote_plus

    by_s3 = events_of(message(quote_plus(key), sequencer="617F08299329D189"), max_receive_count=8)
    by_eventbridge = events_of(record(json.dumps(by_rule("Object Created", key))), max_receive_count=8)

    assert by_s3 == [ImageEvent(key, sequencer="617F08299329D189")]
    assert by_eventbridge == [replace(by_s3[0], sent_at="2021-11-12T00:00:00.000000Z")]


def by_rule(kind: str, key: str, **more: Any) -> dict[str, Any]:
    """An event as EventBridge hands it to a queue (S3 User Guide, "EventBridge event message structure")."""
    thing = {"key": key, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184", "sequencer": "617F08299329D189"}
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2021-11-12T00:00:00Z",
        "region": "ca-central-1",
        "resources": ["arn:aws:s3:::amzn-s3-demo-bucket1"],
        "detail": {
            "version": "0",
            "bucket": {"name": "amzn-s3-demo-bucket1"},
            "object": thing | more,
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "192.0.2.1",
            "reason": "PutObject",
        },
    }


def test_a_restored_object_of_eventbridge_is_looked_at_whatever_its_sequencer() -> None:
    body = by_rule("Object Restore Completed", "a.jpg")

    assert events_of(record(json.dumps(body)), max_receive_count=8) == [
        ImageEvent("a.jpg", sent_at="2021-11-12T00:00:00.000000Z")
    ]


@pytest.mark.parametrize(
    "body",
    [
        by_rule("Object Created", "folder/", size=0),
        by_rule("Object Tags Added", "a.jpg"),
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "images"},
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "folder/", "size": 0}}}]},
        {"Records": [{"eventName": "ObjectTagging:Put", "s3": {"object": {"key": "a.jpg"}}}]},
        {"Records": []},
    ],
)
def test_what_is_no_change_of_an_image_is_ignored(body: dict[str, Any]) -> None:
    assert events_of(record(json.dumps(body)), max_receive_count=8) == []


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", "{}", '{"detail-type": "Object Created"}', '{"Records": [{"eventName": "ObjectCreated:Put"}]}'],
)
def test_what_is_neither_s3s_nor_ours_is_malformed(body: str) -> None:
    with pytest.raises(MalformedMessageError):
        events_of(record(body), max_receive_count=8)


def test_a_request_is_an_event_without_a_sequencer() -> None:
    body = request_body("a b.jpg", analyzed_since="2026")

    assert events_of(record(body, count=8), max_receive_count=8) == [
        ImageEvent("a b.jpg", analyzed_since="2026", last_delivery=True)
    ]


@pytest.mark.parametrize(
    ("sequencer", "by", "expected"),
    [("0A", "0A", True), ("0A", "0a0", True), ("0A1", "0A", False), ("09FF", "0A", True), ("", "0A", False)],
)
def test_sequencers_are_compared_as_numbers_padded_on_the_right(sequencer: str, by: str, *, expected: bool) -> None:
    assert is_accounted_for(sequencer, by) is expected
