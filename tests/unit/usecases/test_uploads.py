"""Which keys an upload may ask for."""

from __future__ import annotations

from typing import Any

import pytest

from viewfinder.adapters.http.fields import image_id
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import UploadForm
from viewfinder.usecases.uploads import create_upload


class Links:
    """Signs a form for any key."""

    def upload_form(self, image_id: str, content_type: str, max_bytes: int) -> UploadForm:
        return UploadForm("https://bucket.test/", {"key": image_id}, "2026-01-31T12:15:00Z")


LINKS: Any = Links()
"""Of the port only what an upload needs."""


@pytest.mark.parametrize("key", ["a\rb.png", "a\nb.png", "a\tb.png", "\x00.png", "\x7f.png", "a/", "${filename}"])
def test_a_key_that_a_form_or_a_listing_cannot_carry_is_refused(key: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        create_upload(LINKS, content_type="image/png", image_id=key)
    assert refusal.value.parameter == "ImageId"


def test_a_prefix_is_checked_as_a_key_is() -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        create_upload(LINKS, content_type="image/png", prefix="a\r\n")
    assert refusal.value.parameter == "Prefix"


def test_a_key_and_a_prefix_are_one_too_many_also_where_the_prefix_is_empty() -> None:
    with pytest.raises(InvalidRequestError, match="that the server chooses"):
        create_upload(LINKS, content_type="image/png", image_id="a.png", prefix="")


@pytest.mark.parametrize("key", ["a b.png", "é\u00a0🐕.png", "\u2028.png"])
def test_other_keys_are_taken_as_they_are(key: str) -> None:
    assert create_upload(LINKS, content_type="image/png", image_id=key).image_id == key


@pytest.mark.parametrize("key", ["../a.png", "a/../b.png", "a/./b.png", "a/.."])
def test_a_key_that_no_path_can_name_is_refused_at_upload_and_everywhere(key: str) -> None:
    with pytest.raises(InvalidRequestError, match="segment"):
        create_upload(LINKS, content_type="image/png", image_id=key)
    with pytest.raises(ValueError, match="segment"):
        image_id(key)
    assert image_id("a/..b/.c/d...") == "a/..b/.c/d..."
