"""What is known of how a picture was taken, in every format, and of damaged metadata."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from tests.support import photos
from tests.support.photos import encoded, marked
from viewfinder.adapters.pictures import Pictures
from viewfinder.domain.image import Facts, Location

CAMERA = {
    0x9003: "2026:06:01 12:30:05",
    0x9291: "25",
    0x9011: "+02:00",
    0xA434: "Acme 4.25mm f/1.8",
    0x829A: IFDRational(1, 200),
    0x829D: IFDRational(18, 10),
    0x8827: 100,
    0x920A: IFDRational(425, 100),
    0xA431: "serial number of the body",
    0xA430: "name of the owner",
    0x927C: b"note of the maker",
}
PLACE = {1: "N", 2: (52.0, 30.0, 36.0), 3: "W", 4: (13.0, 24.0, 0.0), 5: b"\1", 6: 12.5}
FACTS = Facts(
    taken_at="2026-06-01T12:30:05.250000",
    taken_offset="+02:00",
    camera="Acme One",
    lens="Acme 4.25mm f/1.8",
    exposure_time=0.005,
    f_number=1.8,
    iso_speed=100,
    focal_length=4.25,
    location=Location(52.51, -13.4, -12.5),
)


def exif(camera: dict[int, Any] | None = None, place: dict[int, Any] | None = None, **main: str) -> bytes:
    """Make EXIF data of a camera's directory and a place."""
    data = Image.Exif()
    data[0x010F], data[0x0110] = main.get("make", "Acme"), main.get("model", "Acme One")
    data.get_ifd(0x8769).update(CAMERA if camera is None else camera)
    data.get_ifd(0x8825).update(PLACE if place is None else place)
    return data.tobytes()


def facts_of(content: bytes) -> Facts:
    return Pictures().read(content).facts


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF"])
def test_facts_are_read_from_every_format(format_name: str) -> None:
    assert facts_of(encoded(format_name, exif=exif())) == FACTS


def test_facts_behind_the_pixels_of_a_png_are_read() -> None:
    content = photos.png_with(encoded("PNG"), b"eXIf", exif().removeprefix(b"Exif\0\0"), before=b"IEND")
    assert facts_of(content) == FACTS


def test_facts_that_imagemagick_writes_into_a_png_are_read() -> None:
    packed = exif().hex()
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(packed) // 2:8}\n{packed}\n", zip=True)
    assert facts_of(encoded("PNG", pnginfo=text)) == FACTS


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
    photoshop:DateCreated="2026-06-01T12:30:05.25+02:00" tiff:Make="Acme" aux:Lens="Acme 4.25mm f/1.8"
    exif:ExposureTime="1/200" exif:FNumber="18/10" exif:FocalLength='425/100'
    exif:GPSLatitude="52,30.6N" exif:GPSLongitude="13,24,0W">
    <tiff:Model>Acme One</tiff:Model>
    <exif:ISOSpeedRatings> <rdf:Seq> <rdf:li>100</rdf:li> </rdf:Seq> </exif:ISOSpeedRatings>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def _png_with_xmp() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return encoded("PNG", pnginfo=text)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF"])
def test_xmp_says_what_exif_does_not(format_name: str) -> None:
    match format_name:
        case "PNG":
            content = _png_with_xmp()
        case "TIFF":
            content = encoded("TIFF", tiffinfo={700: XMP})
        case _:
            content = encoded(format_name, xmp=XMP)
    assert facts_of(content) == replace(FACTS, location=Location(52.51, -13.4))


@pytest.mark.parametrize(
    ("text", "taken_at", "taken_offset"),
    [
        ("2026:06:01 12:30:05", "2026-06-01T12:30:05.000000", None),
        ("2026-06-01T12:30:05.5Z", "2026-06-01T12:30:05.500000", "+00:00"),
        ("2026/06/01 12:30", "2026-06-01T12:30:00.000000", None),
        ("2026:06:01 12:30:05.1234567-0330", "2026-06-01T12:30:05.123456", "-03:30"),
        ("2026:06:01 12:30:05+99:00", "2026-06-01T12:30:05.000000", None),
        ("0000:00:00 00:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("2026:13:01 12:30:05", None, None),
        ("2026:06:01 24:00:00", None, None),
        ("yesterday", None, None),
        ("", None, None),
    ],
)
def test_times_are_read_as_cameras_write_them(text: str, taken_at: str | None, taken_offset: str | None) -> None:
    facts = facts_of(encoded("JPEG", exif=exif({0x9003: text})))
    assert (facts.taken_at, facts.taken_offset) == (taken_at, taken_offset)


def test_a_time_of_digitising_stands_in_for_one_of_taking() -> None:
    facts = facts_of(encoded("JPEG", exif=exif({0x9003: "0000:00:00 00:00:00", 0x9004: "1999:12:31 23:59:59"})))
    assert facts.taken_at == "1999-12-31T23:59:59.000000"


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Acme", "One", "Acme One"),
        ("ACME CORPORATION", "Acme One", "Acme One"),
        ("", "One", "One"),
        ("Acme", "", "Acme"),
        ("", "", None),
        ("Acme\n\t ", "One\0owner", "Acme One"),
        ("A" * 150, "B" * 150, "A" * 100),
    ],
)
def test_a_camera_is_make_and_model_once(make: str, model: str, camera: str | None) -> None:
    assert facts_of(encoded("JPEG", exif=exif(make=make, model=model))).camera == camera


@pytest.mark.parametrize(
    "place",
    [
        {},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (13.0, 0.0, 0.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (52.0, 0.0, 0.0)},
        {1: "N", 2: (IFDRational(1, 0), 0.0, 0.0), 3: "E", 4: (13.0, 0.0, 0.0)},
    ],
    ids=["none", "beyond the pole", "zeros", "half of one", "divided by zero"],
)
def test_what_is_no_place_is_unknown(place: dict[int, Any]) -> None:
    assert facts_of(encoded("JPEG", exif=exif(place=place))).location is None


@pytest.mark.parametrize("value", [(1, 0), (0, 1), (2**32 - 1, 1)], ids=["divided by zero", "zero", "beyond reason"])
def test_what_is_no_exposure_is_unknown_and_takes_nothing_else_away(value: tuple[int, int]) -> None:
    facts = facts_of(encoded("JPEG", exif=exif(CAMERA | {0x829A: IFDRational(*value)})))
    assert facts == replace(FACTS, exposure_time=None)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # "Corrupt EXIF data"
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_metadata_never_fails_a_picture(data: st.DataObject) -> None:
    packed = bytearray(exif())
    for position in data.draw(st.lists(st.integers(6, len(packed) - 1), max_size=12)):
        packed[position] = data.draw(st.integers(0, 255))
    format_name = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    picture = Pictures().read(
        encoded(format_name, marked((96, 96)), exif=bytes(packed[: data.draw(st.integers(6, 400))]))
    )
    assert (picture.width, picture.height) == (96, 96)
    assert Facts.from_document(picture.facts.to_document()) == picture.facts


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_that_is_stored_as_a_byte_counts(format_name: str) -> None:
    turned = marked().transpose(Image.Transpose.ROTATE_90)
    packed = photos.exif(6).replace(
        b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06", b"\x01\x12\x00\x01\x00\x00\x00\x01\x06\x00"
    )
    picture = Pictures().read(encoded(format_name, turned, exif=packed))
    assert (picture.width, picture.height) == photos.SIZE
    assert photos.corners(picture.thumbnail) == list(photos.CORNERS)
    with Image.open(io.BytesIO(picture.thumbnail)) as thumbnail:
        assert thumbnail.size == photos.SIZE
