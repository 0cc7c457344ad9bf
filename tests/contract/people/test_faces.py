"""Single faces, on both catalogs: who they are, who they are not, new people, no faces, covers, suggestions."""

from __future__ import annotations

import pytest

from tests.support.people_world import World, named
from viewfinder.domain.errors import FaceNotFoundError, InvalidRequestError, PersonNotFoundError
from viewfinder.domain.face_words import FaceAction, FaceKey
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import ImageEvent
from viewfinder.usecases.correct_faces import correct_faces
from viewfinder.usecases.list_faces import list_faces
from viewfinder.usecases.people import change_person, cover_images, get_person, merge_people


def key(world: World, image: str, place: int = 0) -> FaceKey:
    return FaceKey(image, world.image(image).findings[Feature.PEOPLE][place].face_id)


def say(world: World, action: FaceAction, *images: str, person: str = "", name: str = "") -> str:
    keys = [key(world, image) for image in images]
    said, _ = correct_faces(keys, action, world.application.correcting_faces, person_id=person, name=name)
    world.settle()
    return said


def suggested(world: World) -> dict[str, str]:
    faces, _ = list_faces(world.application.album)
    return {each.image.image_id: each.face.suggested for each in faces}


def with_suggestions(world: World) -> tuple[str, str]:
    """Put two faces that may be Ann."""
    world.collection.alike = {frozenset({"ann", "eve"}): 60.0}
    world.put(("eve0.jpg", "Eve photo 0"), ("eve1.jpg", "Eve photo 1"))
    people = named(world)
    world.group()
    return people


def test_suggestions_are_accepted_and_refused_many_at_once(world: World) -> None:
    ann, _ = with_suggestions(world)
    assert suggested(world) == {"eve0.jpg": ann, "eve1.jpg": ann}
    say(world, FaceAction.EXCLUDE, "eve0.jpg", "eve1.jpg")
    assert (suggested(world), len(world.find("Annabel"))) == ({}, 4)
    world.group()
    assert suggested(world) == {}, "refused for ever"
    say(world, FaceAction.RESET, "eve0.jpg", "eve1.jpg")
    world.group()
    assert suggested(world) == {"eve0.jpg": ann, "eve1.jpg": ann}
    say(world, FaceAction.ASSIGN, "eve0.jpg", "eve1.jpg")
    assert (suggested(world), len(world.find("Annabel")), world.counts()["Annabel"]) == ({}, 6, 6)
    world.group()
    assert len(world.find("Annabel")) == 6


def test_pages_of_faces_hold_each_once(world: World) -> None:
    ann, _ = with_suggestions(world)
    for query, expected in (({}, ["eve0.jpg", "eve1.jpg"]), ({"person": "annabel"}, world.find(ann))):
        found, token = [], ""
        while True:
            page, token = list_faces(world.application.album, limit=1, token=token, **query)
            found += [each.image.image_id for each in page]
            if not token:
                break
        assert sorted(found) == expected


def test_a_face_that_is_not_the_person_leaves_it_and_stays_away(world: World) -> None:
    _, bob = named(world)
    say(world, FaceAction.EXCLUDE, "ann0.jpg")
    assert world.find("Annabel") == ["ann1.jpg", "ann2.jpg", "both.jpg"]
    world.group()
    world.application.index_image.run(ImageEvent("ann0.jpg", analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.group()
    assert (world.find("Annabel"), world.counts()) == (["ann1.jpg", "ann2.jpg", "both.jpg"], {"Annabel": 3, bob: 4})


def test_a_split_makes_a_new_person_of_which_the_old_one_knows_nothing(world: World) -> None:
    ann, bob = named(world)
    anna = say(world, FaceAction.SPLIT, "ann0.jpg", "ann1.jpg", name="Anna")
    assert world.find("Anna") == ["ann0.jpg", "ann1.jpg"]
    assert world.find("Annabel") == ["ann2.jpg", "both.jpg"]
    world.group()
    assert world.counts() == {"Anna": 2, "Annabel": 2, bob: 4}
    merge_people(ann, world.application.album, others=[anna])
    world.group()
    assert world.counts() == {"Annabel": 4, bob: 4}


def test_a_split_is_taken_back(world: World) -> None:
    _, bob = named(world)
    anna = say(world, FaceAction.SPLIT, "ann0.jpg", "ann1.jpg")
    change_person(anna, world.application.album, name="Anna")
    say(world, FaceAction.RESET, "ann0.jpg", "ann1.jpg")
    assert world.counts() == {"Annabel": 4, bob: 4}
    world.group()
    assert world.counts() == {"Annabel": 4, bob: 4}


def test_a_face_of_nobody_gets_a_name_and_so_a_person(world: World) -> None:
    named(world)
    zoe = say(world, FaceAction.ASSIGN, "zoe.jpg", name="Zoe")
    assert world.find("zoe") == world.find(zoe) == ["zoe.jpg"]
    world.group()
    assert world.find("zoe") == ["zoe.jpg"]
    assert say(world, FaceAction.ASSIGN, "ann0.jpg", name="ZOE") == zoe, "the person that has the name"
    assert world.find("Zoe") == ["ann0.jpg", "zoe.jpg"]


def test_what_is_no_face_is_in_no_store_and_stays_away(world: World) -> None:
    ann, _ = named(world)
    gone = key(world, "ann0.jpg")
    say(world, FaceAction.FORGET, "ann0.jpg")
    assert (gone.face_id in world.collection.faces, len(world.find(ann))) == (False, 3)
    world.application.index_image.run(ImageEvent("ann0.jpg", analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.settle()
    assert (world.image("ann0.jpg").findings.get(Feature.PEOPLE, ()), len(world.collection.faces)) == ((), 8)


def test_what_is_said_survives_an_analysis_another_key_and_a_lost_catalog(world: World) -> None:
    named(world)
    say(world, FaceAction.EXCLUDE, "ann0.jpg")
    zoe = say(world, FaceAction.ASSIGN, "zoe.jpg", name="Zoe")
    world.bucket.delete("zoe.jpg")
    world.application.index_image.run(ImageEvent("zoe.jpg", sequencer="1"))
    world.put(("moved.jpg", "Zoe photo"))
    world.empty_catalog()
    for image in list(world.bucket.contents):
        world.application.index_image.run(ImageEvent(image, analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.group()
    assert (world.find("Zoe"), world.find(zoe)) == (["moved.jpg"], ["moved.jpg"])
    assert world.find("Annabel") == ["ann1.jpg", "ann2.jpg", "both.jpg"]


def test_copies_follow(world: World) -> None:
    named(world)
    world.put(("copy.jpg", "Ann photo 0"))
    assert "copy.jpg" in world.find("Annabel")
    say(world, FaceAction.EXCLUDE, "ann0.jpg")
    assert {"copy.jpg", "ann0.jpg"}.isdisjoint(world.find("Annabel"))


def test_a_cover_is_chosen_and_stays(world: World) -> None:
    ann, bob = named(world)
    album = world.application.album
    change_person(ann, album, cover=key(world, "ann2.jpg"))
    world.group()
    entry = get_person(ann, album.people)
    assert entry.person.cover
    assert entry.person.cover.sha256 == world.image("ann2.jpg").sha256
    assert cover_images([entry, get_person(bob, album.people)], album)[0] == "ann2.jpg"
    with pytest.raises(FaceNotFoundError):
        change_person(bob, album, cover=key(world, "ann2.jpg"))


def test_what_makes_no_sense_is_refused(world: World) -> None:
    ann, _ = named(world)
    with pytest.raises(InvalidRequestError, match="suggested for nobody"):
        say(world, FaceAction.ASSIGN, "ann0.jpg")
    with pytest.raises(InvalidRequestError, match="PersonId and Name"):
        say(world, FaceAction.ASSIGN, "ann0.jpg", person=ann, name="Zoe")
    with pytest.raises(InvalidRequestError, match="for ASSIGN and SPLIT"):
        say(world, FaceAction.EXCLUDE, "ann0.jpg", name="Zoe")
    with pytest.raises(InvalidRequestError, match="new person"):
        say(world, FaceAction.SPLIT, "ann0.jpg", person=ann)
    with pytest.raises(PersonNotFoundError):
        say(world, FaceAction.ASSIGN, "ann0.jpg", person="nobody")
    with pytest.raises(FaceNotFoundError):
        correct_faces([FaceKey("ann0.jpg", "none")], FaceAction.SPLIT, world.application.correcting_faces)
    with pytest.raises(InvalidRequestError, match="1 to 100"):
        correct_faces([key(world, "ann0.jpg")] * 2, FaceAction.SPLIT, world.application.correcting_faces)
    assert len(world.find(ann)) == 4
