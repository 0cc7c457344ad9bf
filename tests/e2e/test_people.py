"""People on a real stack: the engine's collection, the functions' roles, the API, and the operator's commands."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.waiting import wait_for
from viewfinder.domain.feature import Feature
from viewfinder.usecases.forget_person import forget_person
from viewfinder.usecases.group_people import group_people

SECONDS = 120
BRIGHTNESS = (1.0, 0.9, 1.1)


def astronaut(brightness: float) -> bytes:
    out = io.BytesIO()
    with Image.open(PROJECT / "samples" / "astronaut.jpg") as photo:
        ImageEnhance.Brightness(photo.convert("RGB")).enhance(brightness).save(out, "JPEG", quality=95)
    return out.getvalue()


def found(stack: RunningStack, person: str) -> list[str]:
    images = stack.call("GET", f"/images?person={person}").json()["Images"]
    return sorted(image["ImageId"] for image in images)


def _faces(stack: RunningStack, key: str) -> int:
    """Return the number of faces that are known of an image: those come with the second stage."""
    return len(stack.image(key).json().get("People", ()))


def _person(stack: RunningStack, key: str) -> str:
    return str(stack.image(key).json()["People"][0].get("PersonId", ""))


def people(stack: RunningStack) -> dict[str, dict[str, Any]]:
    return {person["PersonId"]: person for person in stack.call("GET", "/people").json()["People"]}


@pytest.mark.timeout(600)
def test_a_person_is_grouped_named_found_and_forgotten(people_stack: RunningStack) -> None:
    stack = people_stack
    s3, keys = stack.client("s3"), [f"people/{number}.jpg" for number in range(len(BRIGHTNESS))]
    for key, brightness in zip(keys, BRIGHTNESS, strict=True):
        s3.put_object(Bucket=stack.bucket, Key=key, Body=astronaut(brightness))
    for key in keys:
        wait_for(partial(_faces, stack, key), seconds=SECONDS, what=f"the face of {key}")
        assert _faces(stack, key) == 1
    application = stack.local.application()

    group_people(application.people_stores)  # others of this stack's tests may have people too
    wait_for(lambda: _person(stack, keys[0]) in people(stack), seconds=SECONDS, what="the person")
    person_id = _person(stack, keys[0])
    wait_for(lambda: people(stack)[person_id]["Count"] == 3, seconds=SECONDS, what="the group")
    person = people(stack)[person_id]
    body = json.dumps({"Name": "Eileen"})
    named = stack.call("PATCH", f"/people/{person['PersonId']}", content=body)
    assert (named.status_code, named.json()["Name"]) == (200, "Eileen")
    assert found(stack, "eileen") == keys

    s3.copy_object(Bucket=stack.bucket, Key="people/moved.jpg", CopySource={"Bucket": stack.bucket, "Key": keys[0]})
    s3.delete_object(Bucket=stack.bucket, Key=keys[0])
    moved = [*keys[1:], "people/moved.jpg"]
    wait_for(lambda: found(stack, "Eileen") == moved, seconds=SECONDS, what="the new key")

    face_ids = list(application.face_collection.face_ids())
    assert len(face_ids) == 3
    forget_person("Eileen", application.correcting_faces)
    assert (person["PersonId"] in people(stack), found(stack, "Eileen")) == (False, [])
    assert list(application.face_collection.face_ids()) == []
    kept = b"".join(_bytes(file) for file in (stack.local.data.path / "emulator" / "s3").rglob("*"))
    kept += b"".join(_bytes(file) for file in stack.local.data.path.glob("catalog.db*"))
    kept += b"".join(_bytes(file) for file in stack.local.data.faces.rglob("*"))
    assert [each for each in ("Eileen", person["PersonId"], *face_ids) if each.encode() in kept] == []
    assert application.records.find_many(moved)[moved[0]].findings.get(Feature.PEOPLE, ()) == ()


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
