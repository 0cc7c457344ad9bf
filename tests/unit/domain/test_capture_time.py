"""When a picture was taken, by the name of its file or the time of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.domain.capture_time import dated, time_in_name
from viewfinder.domain.image import Facts, TimeSource

NOW = "2026-11-29T12:00:00.000000Z"
TIME = "2019-06-12T10:11:12.000000"
DAY = "2019-06-12T00:00:00.000000"
EVENING = "2019-06-12T22:11:12.000000"

NAMES = {
    "IMG_20190612_101112.jpg": TIME,
    "IMG_20190612_101112_HDR.jpg": TIME,
    "IMG_20190612_101112345.jpg": TIME,
    "IMG20190612101112.jpg": TIME,
    "VID_20190612_101112.mp4.jpg": TIME,
    "MVIMG_20190612_101112.jpg": TIME,
    "20190612_101112.jpg": TIME,
    "20190612_101112(0).jpg": TIME,
    "20190612101112.jpg": TIME,
    "P_20190612_101112_p.jpg": TIME,
    "DJI_20190612101112_0001_D.JPG": TIME,
    "WIN_20190612_10_11_12_Pro.jpg": TIME,
    "Screenshot_20190612-101112.png": TIME,
    "Screenshot_20190612-101112_Chrome.jpg": TIME,
    "Screenshot_2019-06-12-10-11-12.png": TIME,
    "Screenshot_2019-06-12-10-11-12-345_com.example.app.png": TIME,
    "Screenshot from 2019-06-12 10-11-12.png": TIME,
    "Screenshot 2019-06-12 at 10.11.12.png": TIME,
    "Screen Shot 2019-06-12 at 10.11.12 AM.png": TIME,
    "Screen Shot 2019-06-12 at 10.11.12 PM.png": EVENING,
    "Screen Shot 2019-06-12 at 10.11.12\u202fPM (2).png": EVENING,
    "Screen Shot 2019-06-12 at 12.11.12 AM.png": "2019-06-12T00:11:12.000000",
    "2019-06-12 10.11.12.jpg": TIME,
    "2019-06-12 10.11.12-1.jpg": TIME,
    "2019-06-12_10-11-12.jpg": TIME,
    "2019-06-12T10:11:12.jpg": TIME,
    "photo_2019-06-12_10-11-12.jpg": TIME,
    "signal-2019-06-12-101112.jpg": TIME,
    "signal-2019-06-12-10-11-12-345.jpg": TIME,
    "WhatsApp Image 2019-06-12 at 10.11.12.jpeg": TIME,
    "WhatsApp Image 2019-06-12 at 10.11.12 PM (1).jpeg": EVENING,
    "00001234-PHOTO-2019-06-12-10-11-12.jpg": TIME,
    "C360_2019-06-12-10-11-12-345.jpg": TIME,
    "IMG-20190612-WA0001.jpg": DAY,
    "IMG-20190612-WA0012(1).jpeg": DAY,
    "IMG_20190612.jpg": DAY,
    "DSC-20190612 (3).jpg": DAY,
    "2019-06-12.jpg": DAY,
    "2019-06-12-1.jpg": DAY,
    "2019-06-12 Birthday of Ada.jpg": DAY,
    "Birthday 2019_06_12.jpg": DAY,
    "img_20190612_101112.JPG": TIME,
    "folder of 2001-01-01/IMG_20190612_101112.jpg": TIME,
    "12345678901234 2019-06-12 10.11.12.jpg": TIME,
    "1965-07-04 Wedding.jpg": "1965-07-04T00:00:00.000000",
    "2024-02-29 10.11.12.jpg": "2024-02-29T10:11:12.000000",
}


@pytest.mark.parametrize(("name", "taken_at"), NAMES.items(), ids=NAMES)
def test_names_of_cameras_phones_and_messengers_tell_the_time(name: str, taken_at: str) -> None:
    assert time_in_name(name, NOW) == (taken_at, None)


def test_a_pixel_phone_writes_utc() -> None:
    assert time_in_name("PXL_20190612_101112345.jpg", NOW) == (TIME, "+00:00")
    assert time_in_name("PXL_20190612_101112345.MP~2.jpg", NOW) == (TIME, "+00:00")


NOTHING = (
    "IMG_0001.jpg",
    "DSC01234.JPG",
    "DSC_2019.jpg",
    "P1020304.JPG",
    "photo.jpg",
    "2019.jpg",
    "2019-06.jpg",
    "20190612.jpg",  # as well a number of eight digits, of a phone or an order
    "order 20190612.jpg",
    "0151-20190612.jpg",
    "+4915120190612.jpg",
    "+20 1906 121011.jpg",
    "00201906121011.jpg",
    "tel 2019-0612-1011.jpg",
    "12345678_20190612_n.jpg",
    "FB_IMG_1560327132000.jpg",
    "1560327132.jpg",
    "received_201906121011121.jpeg",
    "2019061210111.jpg",
    "201906121011123.jpg",
    "IMG_20190612001.jpg",
    "SWIMG_20190612.jpg",
    "192.168.2019.06.12.png",
    "1-2019-06-12-34-56.jpg",
    "2019-06-12-3456.jpg",
    "2019-0612.jpg",
    "2019-06_12.jpg",
    "550e8400-e29b-41d4-a716-446655440000.jpg",
    "d41d8cd98f00b204e9800998ecf8427e.jpg",
    "IMG_20191301_101112.jpg",
    "IMG_20190230_101112.jpg",
    "IMG_20190600_101112.jpg",
    "20190612_256199.jpg",
    "20190612_106012.jpg",
    "2019-13-45.jpg",
    "2019-02-30 10.11.12.jpg",
    "2023-02-29.jpg",
    "IMG-20190631-WA0001.jpg",
    "IMG_19700101_000000.jpg",
    "19800101_000000.jpg",
    "1825-12-31.jpg",
    "0000-00-00 00.00.00.jpg",
    "IMG_20270101_101112.jpg",
    "9999-12-31.jpg",
    "2019-06-12 10.11.12/IMG_0001.jpg",
    "",
    "/",
)


@pytest.mark.parametrize("name", NOTHING)
def test_numbers_and_impossible_dates_are_no_times(name: str) -> None:
    assert time_in_name(name, NOW) is None


@given(st.text(alphabet="0123456789-_. :TIMGWAPat/", max_size=40))
def test_any_name_is_read(name: str) -> None:
    found = time_in_name(name, NOW)
    if found:
        assert "1826" <= found[0] <= "2026-11-30T12:00:00.000000"
        assert datetime.fromisoformat(found[0]).isoformat(timespec="microseconds") == found[0]


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_metadata_counts_more_than_the_name_and_the_name_more_than_the_file() -> None:
    known = Facts(taken_at="2001-01-01T00:00:00.000000", camera="Acme One")
    modified = seconds("2020-02-02T02:02:02")

    assert dated(known, "2019-06-12 10.11.12.jpg", modified, NOW) == known
    by_name = dated(Facts(camera="Acme One"), "2019-06-12 10.11.12.jpg", modified, NOW)
    by_file = dated(Facts(), "holiday.jpg", modified, NOW)

    assert (by_name.taken_at, by_name.taken_at_source, by_name.camera) == (TIME, TimeSource.NAME, "Acme One")
    assert (by_file.taken_at, by_file.taken_offset) == ("2020-02-02T02:02:02.000000", "+00:00")
    assert by_file.taken_at_source is TimeSource.FILE


@pytest.mark.parametrize(
    "modified", [None, 0.0, seconds("1980-01-01"), seconds("2030-01-01"), float("nan"), float("inf"), -1e300, 1e20]
)
def test_a_files_time_that_none_can_have_is_unknown(modified: float | None) -> None:
    assert dated(Facts(), "holiday.jpg", modified, NOW) == Facts()


def test_the_source_is_written_and_older_documents_have_metadata() -> None:
    by_name = dated(Facts(), "IMG-20190612-WA0001.jpg", None, NOW)

    assert by_name.to_document() == {"TakenAt": DAY, "TakenAtSource": "NAME"}
    assert Facts.from_document(by_name.to_document()) == by_name
    assert Facts.from_document({"TakenAt": DAY}).taken_at_source is TimeSource.EXIF
    assert Facts(taken_at=DAY).to_document() == {"TakenAt": DAY, "TakenAtSource": "EXIF"}
    assert Facts(camera="Acme One").to_document() == {"Camera": "Acme One"}
