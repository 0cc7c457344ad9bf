"""A name in a zip can be unpacked on every system, and is each image's own."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.gallery.member_names import MAX_BYTES, MemberNames, legal

NAMES = {
    "/etc/passwd": "etc/passwd",
    "a//b.jpg": "a/b.jpg",
    "../../up.jpg": "__/__/up.jpg",
    "./here.jpg": "_/here.jpg",
    "C:\\windows\\x.jpg": "C__windows_x.jpg",
    "line\nbreak.jpg": "line_break.jpg",
    'what?<is>"this"|*.jpg': "what__is__this___.jpg",
    "escape\x1b[2J.jpg": "escape_[2J.jpg",
    "c1\x85.jpg": "c1_.jpg",
    "photo\u202egpj.exe": "photo_gpj.exe",
    "half\ud83d.jpg": "half_.jpg",
    "CON": "_CON",
    "trip/nul.jpg": "trip/_nul.jpg",
    "com1.tar.gz": "_com1.tar.gz",
    "COM¹.txt": "_COM¹.txt",
    "Conrad.jpg": "Conrad.jpg",
    "trip. /a.jpg. ": "trip__/a.jpg__",
    "///": "_",
    "👨‍👩‍👧 é.jpg": "👨‍👩‍👧 é.jpg",
    "NOT INCLUDED.txt": "NOT INCLUDED (2).txt",
}


@pytest.mark.parametrize(("image_id", "name"), NAMES.items())
def test_a_name_is_relative_and_legal_on_every_system(image_id: str, name: str) -> None:
    assert MemberNames("NOT INCLUDED.txt").add(image_id) == name


CLASHES = {
    "the same": (["a.jpg", "/a.jpg"], ["a.jpg", "a (2).jpg"]),
    "case": (["trip/a.jpg", "TRIP/A.JPG"], ["trip/a.jpg", "TRIP/A (2).JPG"]),
    "letters composed and not": (["é.jpg", "e\u0301.jpg"], ["é.jpg", "e\u0301 (2).jpg"]),
    "a number that is taken": (["a.jpg", "a (2).jpg", "/a.jpg"], ["a.jpg", "a (2).jpg", "a (3).jpg"]),
    "replaced characters": (["a?.jpg", "a*.jpg"], ["a_.jpg", "a_ (2).jpg"]),
    "a file, then a folder": (["a", "a/b.jpg", "A/c.jpg"], ["a", "a (2)/b.jpg", "A (2)/c.jpg"]),
    "a folder, then a file": (["a/b.jpg", "A"], ["a/b.jpg", "A (2)"]),
    "no suffix": ([".jpg", "/.jpg"], [".jpg", ".jpg (2)"]),
}


@pytest.mark.parametrize(("image_ids", "expected"), CLASHES.values(), ids=CLASHES)
def test_a_name_that_is_taken_gets_a_number(image_ids: list[str], expected: list[str]) -> None:
    names = MemberNames()

    assert [names.add(image_id) for image_id in image_ids] == expected


def test_a_long_name_keeps_its_suffix() -> None:
    name = legal("é" * 500 + ".jpeg")

    assert name.endswith("é.jpeg")
    assert 240 <= len(name.encode()) <= MAX_BYTES - len(" (1000)")


@given(st.lists(st.text(st.sampled_from("aA/.\\: é\u0301\n\x80(2)"), min_size=1, max_size=8), max_size=12))
def test_no_two_members_meet_on_any_file_system(image_ids: list[str]) -> None:
    names = MemberNames()
    members = [names.add(image_id) for image_id in image_ids]

    files = [same(member) for member in members]
    folders = {"/".join(file.split("/")[:depth]) for file in files for depth in range(1, len(file.split("/")))}
    assert len(set(files)) == len(files)
    assert set(files) & folders == set()


@given(st.text(min_size=1, max_size=600))
def test_any_key_has_a_legal_name(image_id: str) -> None:
    for part in MemberNames().add(image_id).split("/"):
        assert re.search(r'[\x00-\x1f<>:"/\\|?*]|[. ]$', part) is None
        assert 0 < len(part.encode()) <= MAX_BYTES


def same(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
