"""Which of a few images belong together, and which of them to keep."""

from __future__ import annotations

from typing import Any

import pytest

from viewfinder.domain.image import Facts, Image, Status
from viewfinder.domain.likeness import NEAR, Likeness, PerceptualHash
from viewfinder.domain.near_duplicates import Keep, KeepReason, keep, short, split

FAR = (1 << NEAR + 1) - 1
A, B, C = (letter * 64 for letter in "abc")


def an_image(name: str, content: str = A, bits: int = 0, sharpness: float = 100.0, **members: Any) -> Image:
    size = {"width": 640, "height": 480, **members}
    likeness = Likeness(PerceptualHash(bits, 0x0F0F0F0F0F0F0F0F), sharpness)
    return Image(name, Status.ANALYZED, "", "2026-01-01T00:00:00Z", sha256=content, likeness=likeness, **size)


def taken(time: str) -> Facts:
    return Facts(taken_at=time)


@pytest.mark.parametrize(
    ("images", "kept"),
    [
        ([an_image("a"), an_image("b", width=641)], Keep("b", KeepReason.PIXELS)),
        ([an_image("a", sharpness=90), an_image("b")], Keep("b", KeepReason.SHARPNESS)),
        ([an_image("a", sharpness=900, width=100), an_image("b")], Keep("b", KeepReason.PIXELS)),
        (
            [an_image("a", facts=taken("2026-02")), an_image("b", facts=taken("2026-01"))],
            Keep("b", KeepReason.TAKEN_AT),
        ),
        ([an_image("a"), an_image("b", facts=taken("2026-01"))], Keep("b", KeepReason.TAKEN_AT)),
        ([an_image("b"), an_image("a", sharpness=99)], Keep("a", KeepReason.NAME)),
        ([an_image("b")], Keep("b", KeepReason.NAME)),
    ],
)
def test_the_image_to_keep(images: list[Image], kept: Keep) -> None:
    assert keep(images) == kept
    assert keep(images[::-1]) == kept


def names(groups: Any) -> list[str]:
    return ["".join(image.image_id for image in group) for group in groups]


def test_images_are_together_that_are_near_the_first() -> None:
    near, far = an_image("n", B, FAR >> 1), an_image("f", C, FAR)
    assert names(split([an_image("a"), near, far], ())) == ["an"]
    assert names(split([near, an_image("a"), far], ())) == ["naf"]


def test_copies_of_one_content_alone_are_no_group() -> None:
    assert names(split([an_image("a"), an_image("b")], ())) == []
    assert names(split([an_image("a"), an_image("b"), an_image("c", B)], ())) == ["abc"]


def test_what_people_have_told_apart_is_apart() -> None:
    images = [an_image("a"), an_image("b", B), an_image("c", C)]
    assert names(split(images, [frozenset({short(A), short(B)})])) == ["ac"]
    assert names(split(images, [frozenset(map(short, (A, B, C)))])) == []
    others = [*images, an_image("d", "d" * 64)]
    assert names(split(others, [frozenset({short(A), short(B)}), frozenset({short(A), short(C)})])) == ["ad", "bc"]


def test_a_picture_without_detail_is_in_no_group() -> None:
    flat = Image("f", Status.ANALYZED, "", "2026-01-01T00:00:00Z", sha256=B, likeness=Likeness(None, 3.0))
    assert names(split([flat, an_image("a")], ())) == []
