"""What each field takes, and that the tables are those of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.contract import CONTRACT, resolved
from viewfinder.adapters.http import fields
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import IMAGE_TYPES


def _members(path: str) -> dict[str, Any]:
    body = CONTRACT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return resolved(body)


@pytest.mark.parametrize(
    ("path", "table"),
    [("/images", fields.UPLOAD), ("/analyses", fields.IMAGE), ("/versions/{ImageId}", fields.VERSION)],
)
def test_the_members_of_bodies_are_those_of_the_contract(path: str, table: fields.Fields) -> None:
    schema = _members(path)
    assert set(table) == set(schema["properties"])
    assert {name for name, field in table.items() if field.required} == set(schema["required"])


def test_the_limits_are_those_of_the_contract() -> None:
    upload = _members("/images")["properties"]
    types, most = upload["ContentType"]["enum"], upload["MaxBytes"]["maximum"]
    assert fields.read_members(fields.UPLOAD, {"ContentType": types[-1], "MaxBytes": most})["max_bytes"] == most
    with pytest.raises(InvalidRequestError, match="whole number"):
        fields.read_members(fields.UPLOAD, {"ContentType": types[0], "MaxBytes": most + 1})
    assert list(IMAGE_TYPES) == types


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-31", "2026-01-31T00:00:00.000000Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z"),
        ("2026-01-31t12:00:00z", "2026-01-31T12:00:00.000000Z"),
        ("2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500000Z"),
        ("2026-01-31T12:00:00 02:00", "2026-01-31T10:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_a_time_is_put_into_the_catalog_s_form(written: str, expected: str) -> None:
    assert fields.time(written) == expected


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2026-13-01", "2026-01-31T12:00:00", "0001-01-01T00:00:00+01:00", "1700000000"]
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="must be an ISO 8601 time"):
        fields.time(written)


@pytest.mark.parametrize("written", ["nan", "inf", "1_0", "", " 5", "٥", "-0.1", "100.0001", "1e3", "1e999", "0x10"])
def test_what_is_no_percentage_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="must be a number from 0 to 100"):
        fields.percent(written)


@pytest.mark.parametrize(("written", "expected"), [("0", 0.0), ("99.5", 99.5), ("1e2", 100.0), ("-0", 0.0)])
def test_a_percentage_is_read(written: str, expected: float) -> None:
    assert fields.percent(written) == expected


@pytest.mark.parametrize("value", [0, 101, "5", "0", True, 1.0, 1.5, None])
def test_what_is_no_whole_number_of_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 1 to 100"):
        fields.integer(1, 100)(value)


@pytest.mark.parametrize("value", ["0", "101", "1.0", "+5", " 5", "٥", "9" * 5000, ""])
def test_what_is_no_whole_number_of_a_query_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 1 to 100"):
        fields.digits(1, 100)(value)


def test_a_number_of_a_query_is_read_from_its_digits() -> None:
    assert fields.digits(1, 100)("007") == 7


@pytest.mark.parametrize("value", ["", "x" * 1025, "é" * 513, "\ud800", 5, None])
def test_what_is_no_key_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        fields.image_id(value)


def test_a_key_may_have_1024_bytes() -> None:
    assert len(fields.image_id("é" * 512)) == 512


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ({"limit": ["5", "6"]}, "InvalidParameter", "limit"),
        ({"label": ["x"] * 11}, "InvalidParameter", "label"),
        ({"Label": ["x"]}, "UnknownParameter", "Label"),
    ],
)
def test_a_refusal_names_the_parameter(query: dict[str, list[str]], code: str, parameter: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        fields.read_query(fields.SEARCH, query)
    assert (refusal.value.code, refusal.value.parameter) == (code, parameter)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("2026-06-01", "2026-06-01T00:00:00.000000"),
        ("2026-06-01T12:30", "2026-06-01T12:30:00.000000"),
        ("1969-07-20t20:17:40.5", "1969-07-20T20:17:40.500000"),
    ],
)
def test_a_capture_time_is_the_cameras_local_time(written: str, taken: str) -> None:
    assert fields.read_query(fields.SEARCH, {"takenFrom": [written]}) == {"taken_since": taken}


@pytest.mark.parametrize("written", ["2026-06-01T12:30Z", "2026-06-01T12:30+02:00", "June", "2026-13-01"])
def test_a_capture_time_with_a_zone_or_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequestError, match="must be an ISO 8601 time without a zone, or a date"):
        fields.read_query(fields.SEARCH, {"takenTo": [written]})


def test_a_name_is_put_into_one_form_of_unicode_and_a_key_is_not() -> None:
    decomposed = "Cafe\u0301"

    query = fields.read_query(fields.SEARCH, {"label": [decomposed], "q": [decomposed], "prefix": [decomposed]})

    assert query == {"labels": ("Café",), "words": "Café", "prefix": decomposed}


def test_a_label_may_have_joiners() -> None:
    names = ["می‌خواهم", "👩‍🚒"]

    assert fields.read_members(fields.CORRECTIONS, {"Add": names})["add"] == tuple(names)
    with pytest.raises(InvalidRequestError, match="control characters"):
        fields.read_members(fields.CORRECTIONS, {"Add": ["a\u202eb"]})


def test_the_text_of_the_search_box_is_as_long_as_in_the_contract() -> None:
    parameters = CONTRACT["paths"]["/images"]["get"]["parameters"]
    (q,) = (each for each in parameters if each.get("name") == "q")
    assert fields.read_query(fields.SEARCH, {"q": ["a" * q["schema"]["maxLength"]]})
    with pytest.raises(InvalidRequestError, match="200 characters"):
        fields.read_query(fields.SEARCH, {"q": ["a" * (q["schema"]["maxLength"] + 1)]})
