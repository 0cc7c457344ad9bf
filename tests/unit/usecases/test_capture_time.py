"""When an image was taken, as the pipeline records it: by metadata, by the name of its key, by the time of its file."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.fakes import FakeBucket, FakeCatalog, FakeClock, FakeDerivedStore, FakeDetector, FakePictures
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Facts, ImageEvent, TimeSource
from viewfinder.usecases.index_image import IndexImage

FILE_TIME = datetime(2020, 2, 2, 2, 2, 2, tzinfo=UTC).timestamp()


def facts_of(*images: tuple[str, float | None], facts: Facts = Facts(), content: bytes = b"Dog") -> list[Facts]:  # noqa: B008
    """Index images of one content, each with a key and the time of its file, and return the facts of each."""
    bucket, catalog, pictures = FakeBucket(), FakeCatalog(), FakePictures()
    pictures.facts = facts
    parts = (bucket, FakeDerivedStore(), pictures, FakeDetector(), catalog, catalog, FakeClock())
    index = IndexImage(*parts, Parameters(40, 55.0), 10_000)
    found = []
    for key, modified in images:
        bucket.put(key, content)
        if modified is not None:
            bucket.file_times[key] = modified
        found.append(index.run(ImageEvent(key)).image.facts)
    return found


def test_the_name_and_then_the_file_tell_the_time_of_a_picture_without_metadata() -> None:
    by_name, by_file, unknown = facts_of(
        ("trip/IMG_20190612_101112.jpg", FILE_TIME), ("trip/holiday.jpg", FILE_TIME), ("trip/nothing.jpg", None)
    )

    assert (by_name.taken_at, by_name.taken_at_source) == ("2019-06-12T10:11:12.000000", TimeSource.NAME)
    assert (by_file.taken_at, by_file.taken_at_source) == ("2020-02-02T02:02:02.000000", TimeSource.FILE)
    assert unknown == Facts()


def test_copies_of_one_content_have_the_times_of_their_own_names() -> None:
    one, other = facts_of(("IMG-20190612-WA0001.jpg", None), ("IMG-20200101-WA0001.jpg", None))

    assert (one.taken_at, other.taken_at) == ("2019-06-12T00:00:00.000000", "2020-01-01T00:00:00.000000")


def test_a_picture_that_knows_its_time_keeps_it() -> None:
    known = Facts(taken_at="2001-01-01T00:00:00.000000")

    assert facts_of(("IMG_20190612_101112.jpg", FILE_TIME), facts=known) == [known]


def test_a_rejected_image_has_no_time() -> None:
    assert facts_of(("IMG_20190612_101112.jpg", FILE_TIME), content=b"bad") == [Facts()]
