"""People on a real stack: the engine's collection, the functions' roles, the API, and the operator's commands."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from tests.e2e.conftest import PROJECT, TEMPLATE, RunningStack
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.domain.feature import Feature
from viewfinder.local.state import Options
from viewfinder.usecases.forget_person import forget_person
from viewfinder.usecases.group_people import group_people

SECONDS = 120
BRIGHTNESS = (1.0, 0.9, 1.1)
OTHERS = (0.95, 1.05, 0.85, 1.15)


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


@pytest.mark.timeout(900)
def test_a_name_and_a_correction_survive_all_that_happens_to_images_and_catalog(people_stack: RunningStack) -> None:
    stack, local = people_stack, people_stack.local
    s3, keys = stack.client("s3"), [f"kept/{number}.jpg" for number in range(len(OTHERS))]
    bodies = dict(zip(keys, map(astronaut, OTHERS), strict=True))
    for key, body in bodies.items():
        s3.put_object(Bucket=stack.bucket, Key=key, Body=body)
    for key in keys:
        wait_for(lambda: _faces(stack, key) == 1, seconds=SECONDS, what=f"the face of {key}")  # noqa: B023
    group_people(local.application().people_stores)
    wait_for(lambda: _person(stack, keys[0]) in people(stack), seconds=SECONDS, what="the person")
    person_id = _person(stack, keys[0])
    assert stack.call("PATCH", f"/people/{person_id}", content=json.dumps({"Name": "Ilse"})).status_code == 200
    excluded = {"Faces": [_key(stack, keys[3])], "Action": "EXCLUDE", "PersonId": person_id}
    assert stack.call("PATCH", "/faces", content=json.dumps(excluded)).status_code == 200

    def is_kept(*hers: str) -> bool:
        """Return whether the person has its name and these images only, and the other image its face."""
        named = stack.call("GET", f"/people/{person_id}").json().get("Name") == "Ilse"
        return named and found(stack, "Ilse") == sorted(hers) and _faces(stack, keys[3]) == 1

    wait_for(lambda: is_kept(*keys[:3]), seconds=SECONDS, what="the name and the correction")

    before = {key: stack.image(key).json()["AnalyzedAt"] for key in (keys[0], keys[3])}
    for key in before:
        assert stack.call("POST", "/analyses", content=json.dumps({"ImageId": key})).status_code == 202
    for key, analyzed_at in before.items():
        wait_for(
            lambda: stack.image(key).json()["AnalyzedAt"] > analyzed_at and _faces(stack, key),  # noqa: B023
            seconds=SECONDS,
            what=f"another analysis of {key}",
        )
    wait_for(lambda: is_kept(*keys[:3]), seconds=SECONDS, what="the same after another analysis")

    s3.copy_object(Bucket=stack.bucket, Key="kept/moved.jpg", CopySource={"Bucket": stack.bucket, "Key": keys[1]})
    s3.delete_object(Bucket=stack.bucket, Key=keys[1])
    hers = (keys[0], keys[2], "kept/moved.jpg")
    wait_for(lambda: is_kept(*hers), seconds=SECONDS, what="the same after a rename")

    known = local.application().records.find_many([keys[2]])[keys[2]].sequencer
    s3.put_object(Bucket=stack.bucket, Key=keys[2], Body=bodies[keys[2]])
    wait_for(
        lambda: local.application().records.find_many([keys[2]])[keys[2]].sequencer > known,
        seconds=SECONDS,
        what="the same bytes once more",
    )
    wait_for(lambda: is_kept(*hers), seconds=SECONDS, what="the same after an overwrite")

    local.down()
    local.up(TEMPLATE, Options(), silent)
    wait_for(lambda: is_kept(*hers), seconds=SECONDS, what="the same after down and up")

    local.up(TEMPLATE, Options(rebuild=True), silent)
    wait_for(lambda: local.recovery is None, seconds=SECONDS, what="the end of the rebuild")
    wait_for(lambda: is_kept(*hers), seconds=SECONDS, what="the same in a catalog that was rebuilt")
    group_people(local.application().people_stores)
    wait_for(lambda: people(stack)[person_id]["Count"] == 3, seconds=SECONDS, what="the count")
    assert is_kept(*hers)
    forget_person("Ilse", local.application().correcting_faces)  # the stack is shared
    last = {"Faces": [_key(stack, keys[3])], "Action": "FORGET"}
    assert stack.call("PATCH", "/faces", content=json.dumps(last)).status_code == 200


def _key(stack: RunningStack, key: str) -> dict[str, str]:
    return {"ImageId": key, "FaceId": stack.image(key).json()["People"][0]["FaceId"]}


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
