"""People, on both catalogs: faces are grouped, named, found, merged and forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from tests.support.people_world import PHOTOS, World, named
from tests.support.tables import TABLE
from viewfinder.domain.errors import InvalidRequestError, PersonNotFoundError
from viewfinder.domain.face_words import FaceAction, FaceKey
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import ImageEvent
from viewfinder.domain.query import Match
from viewfinder.usecases.correct_faces import correct_faces
from viewfinder.usecases.forget_people import forget_all_people
from viewfinder.usecases.forget_person import forget_part, forget_person
from viewfinder.usecases.forget_unused import forget_unused
from viewfinder.usecases.group_people import contents_of, restore_people
from viewfinder.usecases.keep_people import keep_people
from viewfinder.usecases.people import change_person, get_person, list_people, merge_people


def test_faces_are_grouped_counted_and_found_by_name_and_id(world: World) -> None:
    world.put(*PHOTOS)
    assert world.counts() == {}
    done = world.group()
    assert (done.people, done.faces, done.grouped, done.contents) == (2, 9, 8, 8)
    ann, bob = world.person_of("ann0.jpg"), world.person_of("bob0.jpg")
    assert world.counts() == {ann: 4, bob: 4}
    change_person(ann, world.application.album, name="Änne")
    assert world.counts() == {"Änne": 4, bob: 4}
    assert world.find("änne") == world.find(ann) == ["ann0.jpg", "ann1.jpg", "ann2.jpg", "both.jpg"]
    assert world.find("Änne", bob) == ["both.jpg"]
    assert len(world.find("Änne", bob, match=Match.ANY)) == 7
    assert world.find("Änne", labels=("Dogs",)) == ["both.jpg"]
    assert world.find("Änne", exclude_people=(bob,)) == ["ann0.jpg", "ann1.jpg", "ann2.jpg"]
    assert world.find(exclude_people=("Änne", bob)) == ["zoe.jpg"]
    assert world.find("nobody") == []
    change_person(bob, world.application.album, name="山田\u3000太郎")
    assert world.find("山田\u3000太郎", "Änne") == world.find(words="山田 太郎 änne") == ["both.jpg"]


def test_the_search_box_knows_people_by_their_names(world: World) -> None:
    ann, _ = named(world)
    change_person(ann, world.application.album, name="Annabel Lee")
    hers = ["ann0.jpg", "ann1.jpg", "ann2.jpg", "both.jpg"]
    assert world.find(words="annabel lee") == world.find(words='person:"Annabel Lee"') == hers
    assert world.find(words="Annabel Lee dogs") == ["both.jpg"]
    others = world.find(words='-person:"annabel lee"')
    assert sorted([*hers, *others]) == sorted(world.find())
    merge_people(ann, world.application.album, others=[world.person_of("bob0.jpg")])
    assert len(world.find(words="annabel lee")) == 7


def test_a_new_face_joins_a_person_at_once_by_one_call_and_one_search(world: World) -> None:
    ann, _ = named(world)
    searches = world.collection.searches
    world.put(("new.jpg", "Ann newer"))
    assert (world.person_of("new.jpg"), world.collection.searches) == (ann, searches + 1)
    assert world.counts()["Annabel"] == 5


def test_a_pass_changes_nothing_where_nothing_has_changed(world: World) -> None:
    named(world)
    before = world.image("both.jpg")
    assert world.group().images == 0
    assert world.image("both.jpg") == before


def test_a_name_survives_another_analysis_a_new_key_and_a_lost_catalog(world: World) -> None:
    named(world)
    world.application.index_image.run(ImageEvent("ann0.jpg", analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.bucket.delete("ann1.jpg")
    world.application.index_image.run(ImageEvent("ann1.jpg", sequencer="1"))
    world.put(("moved.jpg", "Ann photo 1"))
    world.group()
    assert world.find("Annabel") == ["ann0.jpg", "ann2.jpg", "both.jpg", "moved.jpg"]
    world.empty_catalog()
    for key in list(world.bucket.contents):
        world.application.index_image.run(ImageEvent(key))
    restore_people(world.application.people_stores)
    world.settle()
    assert world.find("Annabel") == ["ann0.jpg", "ann2.jpg", "both.jpg", "moved.jpg"]
    assert world.counts()["Annabel"] == 4


def test_a_name_survives_the_loss_of_every_analysis(world: World) -> None:
    named(world)
    for key in list(world.application.derived.list_documents("analyses/people")):
        world.application.derived.delete_document(key)
    for key in list(world.bucket.contents):
        world.application.index_image.run(ImageEvent(key, analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.group()
    assert world.find("Annabel") == ["ann0.jpg", "ann1.jpg", "ann2.jpg", "both.jpg"]


def test_merged_people_are_found_at_once_and_become_one(world: World) -> None:
    ann, bob = named(world)
    merge_people(bob, world.application.album, others=[ann])
    assert len(world.find("Annabel")) == len(world.find(bob)) == 7
    world.group()
    assert world.counts() == {"Annabel": 7}
    assert {world.person_of(key) for key, _ in PHOTOS[:7]} == {bob}
    world.group()
    assert world.counts() == {"Annabel": 7}
    with pytest.raises(InvalidRequestError):
        merge_people(bob, world.application.album, others=[bob])
    with pytest.raises(PersonNotFoundError):
        merge_people(bob, world.application.album, others=["nobody"])


def test_pages_of_people_hold_everybody_once_the_most_images_first(world: World) -> None:
    _, bob = named(world)
    world.put(("bob3.jpg", "Bob photo 3"))
    found: list[str] = []
    token = ""
    while True:
        page, token = list_people(world.application.people, limit=1, token=token)
        found += [entry.person.name or entry.person.person_id for entry in page]
        if not token:
            break
    assert found == [bob, "Annabel"]


def everything_stored(world: World, tmp_path: Path) -> bytes:
    """Return all bytes of bucket and catalog."""
    derived, client = world.application.derived, world.application.s3_client
    stored = b"".join(
        key.encode() + client.get_object(Bucket="derived", Key=key)["Body"].read() for key in derived.list_documents("")
    )
    if world.is_table:
        return stored + repr(world.application.dynamodb_client.scan(TableName=TABLE)["Items"]).encode()
    return stored + b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_forgotten_person_is_in_no_store_and_no_file(world: World, tmp_path: Path) -> None:
    ann, bob = named(world)
    faces = [face_id for face_id, (name, _) in world.collection.faces.items() if name == "ann"]
    assert all(text.encode() in everything_stored(world, tmp_path) for text in ("Annabel", ann, *faces))
    done = forget_person("Annabel", world.application.correcting_faces)
    world.settle()
    world.application.people.purge()  # on AWS the stream counts after the command
    assert done.faces == 4
    assert {name for name, _ in world.collection.faces.values()} == {"bob", "zoe"}
    assert world.counts() == {bob: 4}
    stored = everything_stored(world, tmp_path)
    assert [text for text in ("Annabel", ann, *faces) if text.encode() in stored] == []
    with pytest.raises(PersonNotFoundError):
        forget_person("Annabel", world.application.correcting_faces)
    world.application.index_image.run(ImageEvent("ann0.jpg", analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.settle()
    assert {name for name, _ in world.collection.faces.values()} == {"bob", "zoe"}
    assert world.group().people == 1


def test_contents_are_listed_from_a_place_on(world: World) -> None:
    named(world)
    found = list(contents_of(world.application.people_stores))
    assert len(set(found)) == len(found) > 2
    assert found == sorted(found)
    assert list(contents_of(world.application.people_stores, found[1])) == found[2:]


def test_a_person_is_forgotten_in_parts_with_what_no_image_shows_any_more(world: World, tmp_path: Path) -> None:
    world.collection.alike[frozenset({"ann", "zoe"})] = 60.0
    ann, bob = named(world)
    faces = [face_id for face_id, (name, _) in world.collection.faces.items() if name == "ann"]
    world.bucket.put("ann0.jpg", b"Dogs overwritten")
    world.application.index_image.run(ImageEvent("ann0.jpg"))
    world.settle()
    assert world.find("Annabel") == ["ann1.jpg", "ann2.jpg", "both.jpg"]
    parts, token, forgotten = 0, "", []
    while not parts or token:
        done, token = forget_part(ann, world.application.correcting_faces, token, seconds=0)
        forgotten.append((done.faces, done.images))
        parts += 1
        assert world.find("Annabel") == []
    assert forgotten[0] == (3, 3), "the images come first"
    assert (sum(count for count, _ in forgotten), parts) == (4, 4), "images, no more images and contents, names"
    assert keep_people(replace(world.application.unused, days=30)).strays > 0
    assert keep_people(replace(world.application.unused, days=30)).strays == 0
    world.settle()
    world.application.people.purge()  # on AWS the stream counts after the command
    stored = everything_stored(world, tmp_path)
    assert [text for text in ("Annabel", ann, *faces) if text.encode() in stored] == []
    assert (world.counts(), {name for name, _ in world.collection.faces.values()}) == ({bob: 4}, {"bob", "zoe"})


def test_a_forgotten_person_is_not_suggested_and_not_named_by_a_correction(world: World, tmp_path: Path) -> None:
    ann, bob = named(world)
    world.collection.alike[frozenset({"ann", "eve"})] = 60.0
    world.put(("eve.jpg", "Eve photo"), ("eva.jpg", "Eve photo as well"))
    world.group()
    eve, eva = (world.image(key).findings[Feature.PEOPLE][0] for key in ("eve.jpg", "eva.jpg"))
    assert eve.suggested == eva.suggested == ann
    correct_faces([FaceKey("eva.jpg", eva.face_id)], FaceAction.EXCLUDE, world.application.correcting_faces)
    forget_person(ann, world.application.correcting_faces)
    world.settle()
    world.application.people.purge()  # on AWS the stream counts after the command
    assert [face.suggested for face in world.image("eve.jpg").findings[Feature.PEOPLE]] == [""]
    assert ann.encode() not in everything_stored(world, tmp_path)
    assert (world.group().people, world.counts()) == (1, {bob: 4})


def test_all_people_are_in_no_store_and_no_file(world: World, tmp_path: Path) -> None:
    ann, bob = named(world)
    faces = list(world.collection.faces)
    forget_all_people(world.application.forgetting)
    world.settle()
    world.application.people.purge()  # on AWS the stream counts after the command
    assert (world.counts(), world.collection.faces) == ({}, {})
    stored = everything_stored(world, tmp_path)
    assert [text for text in ("Annabel", ann, bob, *faces) if text.encode() in stored] == []
    assert world.find(labels=("Dogs",)) == ["both.jpg"]


def test_contents_in_use_are_looked_up_many_at_a_time(world: World) -> None:
    named(world)
    contents = {world.image(key).sha256 for key, _ in PHOTOS}
    asked: list[tuple[str, int]] = []
    application = world.application
    client = application.dynamodb_client if world.is_table else None
    if client:
        client.meta.events.register(
            "provide-client-params.dynamodb",
            lambda model, params, **_: asked.append(
                (model.name, len(params.get("RequestItems", {}).get(TABLE, {}).get("Keys", ())))
            ),
        )
    assert forget_unused(replace(application.unused, days=30)).faces == 0
    assert set(application.copies.present([*contents, "0" * 64])) == contents
    expected = [("BatchGetItem", len(PHOTOS)), ("BatchGetItem", len(PHOTOS) + 1)] if client else []
    assert asked == expected, "no Query for each content"


class NextMonth(FakeClock):
    def now(self) -> str:
        return "2026-02-15T00:00:00.000000Z"


def test_an_image_that_the_trash_deletes_takes_its_faces_along(world: World, tmp_path: Path) -> None:
    named(world)
    sha256 = world.image("ann0.jpg").sha256
    face = world.image("ann0.jpg").findings[Feature.PEOPLE][0].face_id
    world.bucket.delete("ann0.jpg")
    world.application.index_image.run(ImageEvent("ann0.jpg", sequencer="1"))
    world.bucket.put("ann1.jpg", b"Dogs overwritten")
    world.application.index_image.run(ImageEvent("ann1.jpg"))
    world.settle()
    unused = replace(world.application.unused, days=30)
    assert (forget_unused(unused).faces, face in world.collection.faces) == (0, True), "both can be restored"
    later = replace(unused, search=replace(unused.search, clock=NextMonth()))
    assert forget_unused(later).faces == 2
    world.settle()
    stored = everything_stored(world, tmp_path)
    assert (face in world.collection.faces, face.encode() in stored, f"people/matches/{sha256}".encode() in stored) == (
        False,
        False,
        False,
    )
    assert world.find("Annabel") == ["ann2.jpg", "both.jpg"]
    person = get_person(world.person_of("ann2.jpg"), world.application.people).person
    assert {anchor.sha256 for anchor in person.anchors} == {world.image(key).sha256 for key in ("ann2.jpg", "both.jpg")}
    assert forget_unused(later).faces == 0
