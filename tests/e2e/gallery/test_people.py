"""People in the gallery before the real stack: named in a row, merged, suggested, found and renamed.

The faces are planted as analyses, so that no photos of people are needed: everything else is the stack's own.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import PROJECT, RunningStack
from tests.e2e.gallery.conftest import PHONE, PHONE_PROFILE, OpenPage, ServeFake
from tests.e2e.gallery.test_gallery import keep
from tests.e2e.gallery.test_views import violations
from tests.support.fake_api import FakeApi
from tests.support.waiting import wait_for
from viewfinder.domain.analysis import Analysis
from viewfinder.domain.feature import Feature
from viewfinder.domain.indexed_face import IndexedFace
from viewfinder.domain.label import BoundingBox

SECONDS = 120
BOXES = [BoundingBox(0.34, 0.08, 0.22, 0.3), BoundingBox(0.05, 0.3, 0.2, 0.3), BoundingBox(0.7, 0.35, 0.2, 0.3)]
PLANTED = [(0, 1), (0, 1), (0, 2), (0, 3), (0, 3, 4), (1, 2, 4), (5,)]
"""The people of each picture; of the last one somebody who may be the first person."""


def plant(stack: RunningStack, name: str, sample: str) -> list[str]:
    """Put pictures with planted faces; return the ids of five people, those on the most images first."""
    application, s3 = stack.local.application(), stack.client("s3")
    people = [hashlib.blake2b(f"{name} {number}".encode(), digest_size=8).hexdigest() for number in range(5)]
    picture = (PROJECT / "samples" / sample).read_bytes()
    with Image.open(io.BytesIO(picture)) as opened:
        width, height = opened.size
    for number, those in enumerate(PLANTED):
        content = picture + f" {name} {number}".encode()
        sha256 = hashlib.sha256(content).hexdigest()
        faces = [
            _face(str(uuid5(NAMESPACE_URL, f"{sha256} {place}")), BOXES[place], person, people)
            for place, person in enumerate(those)
        ]
        analysis = Analysis(
            sha256,
            format="JPEG",
            width=width,
            height=height,
            model_version="1",
            thumbnail="",
            analyzed_at="2026-11-29T00:00:00.000000Z",
            feature=Feature.PEOPLE,
            findings=tuple(faces),
        )
        application.derived.save_analysis(application.people_stores.asked, analysis)
        s3.put_object(Bucket=stack.bucket, Key=f"{name}/{number}.jpg", Body=content)
    for number, those in enumerate(PLANTED):
        has_faces = partial(_has_faces, stack, f"{name}/{number}.jpg", len(those))
        wait_for(has_faces, seconds=SECONDS, what=f"the faces of {name}/{number}.jpg")
    return people


def _face(face_id: str, box: BoundingBox, person: int, people: list[str]) -> IndexedFace:
    if person == 5:
        return IndexedFace(face_id, box, 99.0, suggested=people[0])
    return IndexedFace(face_id, box, 99.0, person=people[person])


def _has_faces(stack: RunningStack, key: str, number: int) -> bool:
    return len(stack.image(key).json().get("People", ())) == number


def card(page: Page, person: str) -> Locator:
    return page.locator(f'.person[data-person="{person}"]')


def person_of(stack: RunningStack, person: str) -> dict[str, Any]:
    return dict(stack.call("GET", f"/people/{person}").json())


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "sample", "options"), [("desktop", "cat.jpg", {}), ("phone", "coffee.jpg", PHONE_PROFILE)]
)
def test_people_are_named_merged_suggested_and_found(
    *,
    people_stack: RunningStack,
    open_page: OpenPage,
    axe: str,
    screenshots: Path,
    name: str,
    sample: str,
    options: dict[str, Any],
) -> None:
    stack = people_stack
    people = plant(stack, name, sample)
    assert [person_of(stack, person)["Count"] for person in people] == [5, 3, 2, 2, 2]
    page = open_page(f"{stack.gallery_url}/?view=people", bypass_csp=True, reduced_motion="reduce", **options)
    expect(card(page, people[0])).to_be_visible()
    expect(page.locator("#to-people")).to_be_visible()
    keep(page, screenshots / f"people-{name}-unnamed.png")
    assert violations(page, axe) == []

    names = [f"{first} {name}" for first in ("Anna", "Ben", "Cleo", "Dan", "Eve")]
    order = page.locator(".person").evaluate_all("cards => cards.map(card => card.dataset.person)")
    assert [person for person in order if person in people][:2] == people[:2], "the largest groups first"
    card(page, people[0]).locator("input").focus()
    for person in (person for person in order if person in people):
        expect(card(page, person).locator("input")).to_be_focused()
        page.keyboard.type(names[people.index(person)])
        page.keyboard.press("Enter")
    for person, written in zip(people, names, strict=True):
        expect(page.get_by_label(f"Name of {written}")).to_have_value(written)
        wait_for(partial(_is_named, stack, person, written), seconds=SECONDS, what=written)
    keep(page, screenshots / f"people-{name}.png")
    assert violations(page, axe) == []

    for person in people[3:]:
        card(page, person).locator(".tick").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(card(page, people[4])).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").last.click()
    expect(card(page, people[4])).to_be_visible()
    assert "MergedInto" not in person_of(stack, people[4])
    for person in people[3:]:
        card(page, person).locator(".tick").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(card(page, people[4])).to_have_count(0)

    no = page.get_by_role("button", name=f"No, 1 face: not {names[0]}")
    no.click()
    expect(no).to_have_count(0)
    assert found(stack, person=people[0]) == [f"{name}/{number}.jpg" for number in range(5)]
    assert stack.image(f"{name}/6.jpg").json()["People"][0].get("SuggestedPersonId") is None

    label = stack.image(f"{name}/0.jpg").json()["Labels"][0]["Name"]
    both = urlencode([("person", names[3]), ("label", label), ("prefix", f"{name}/")])
    page.goto(f"{stack.gallery_url}/?{both}")
    expect(page.locator("#grid .tile")).to_have_count(3)
    page.get_by_label("Search by label").fill(f"Dan {name}")
    page.locator('#completions [data-kind="person"]').first.click()
    assert f"person=Dan+{name}" in page.url

    page.goto(f"{stack.gallery_url}/?image={name}%2F5.jpg")
    field = page.get_by_label(f"Name of {names[1]}")
    field.fill(f"Bea {name}")
    field.press("Enter")
    page.get_by_role("button", name=f"Rename {names[1]}").click()
    expect(page.locator(".box.somebody .tag").filter(has_text=f"Bea {name}")).to_be_visible()
    page.screenshot(path=screenshots / f"people-{name}-viewer.png")
    assert violations(page, axe) == []
    if options:
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_of_people_without_a_cover_only_those_in_view_are_asked_for_a_face(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    asked: list[str] = []
    url = serve_fake(FakeApi())
    page = open_page(url)
    people = [
        {"PersonId": f"{number:016x}", "Count": 200 - number, "Hidden": False, "Name": f"Person {number}"}
        for number in range(100)
    ]

    def answer_faces(route: Route) -> None:
        asked.extend(parse_qs(urlsplit(route.request.url).query).get("person", ()))
        route.fulfill(json={"Faces": []})

    page.route(re.compile(r"/people\?"), lambda route: route.fulfill(json={"People": people}))
    page.route(re.compile(r"/faces\?"), answer_faces)
    with page.expect_request(lambda request: f"person={0:016x}" in request.url):
        page.goto(f"{url}/?view=people")
    expect(page.locator(".person")).to_have_count(100)
    at_first = len(asked)
    with page.expect_request(lambda request: f"person={99:016x}" in request.url):
        page.locator(".person").last.scroll_into_view_if_needed()
    assert 1 <= at_first < 80
    assert len(asked) == len(set(asked))


def _is_named(stack: RunningStack, person: str, name: str) -> bool:
    return person_of(stack, person).get("Name") == name


def found(stack: RunningStack, **query: str) -> list[str]:
    images = stack.call("GET", f"/images?{urlencode(query)}").json()["Images"]
    return sorted(image["ImageId"] for image in images)
