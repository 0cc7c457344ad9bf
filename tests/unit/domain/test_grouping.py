"""Faces become people: the measured faces come out right, in any order, and a person's word comes first."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from viewfinder.domain.grouping import CORE_PIXELS, GroupedFace, Grouping, group_faces, person_id

RECORDED = json.loads(Path(__file__).with_name("face_similarities.json").read_text())
"""What the engine found: 46 faces of 10 people, and 178 of strangers (tools/record_face_similarities.py)."""

WHO = [who for who, _ in RECORDED["Faces"]]
FACES = [GroupedFace(f"face-{number:03}", pixels) for number, (_, pixels) in enumerate(RECORDED["Faces"])]
KNOWN = 46
CLEAR = 100.0


def partition(grouping: Grouping, faces: Sequence[GroupedFace]) -> set[frozenset[str]]:
    return {frozenset(faces[index].key for index in group.faces) for group in grouping.people.values()}


def bcubed(grouping: Grouping) -> float:
    """Return BCubed F of the known people's faces among all faces; a face of nobody is a group of its own."""
    person_of = {index: person for person, group in grouping.people.items() for index in group.faces}
    precision = recall = 0.0
    for face in range(KNOWN):
        mates = {other for other in person_of if person_of[other] == person_of.get(face)} | {face}
        same = {other for other, who in enumerate(WHO) if who == WHO[face]}
        precision += len(mates & same) / len(mates) / KNOWN
        recall += len(mates & same) / len(same) / KNOWN
    return 2 * precision * recall / (precision + recall)


def test_known_people_are_found_among_strangers_and_no_group_is_of_two_people() -> None:
    grouping = group_faces(FACES, RECORDED["Similarities"])
    assert all(len({WHO[index] for index in group.faces}) == 1 for group in grouping.people.values())
    assert len(grouping.people) == 9
    assert bcubed(grouping) == pytest.approx(0.982, abs=0.001)


def test_small_faces_would_make_a_group_of_strangers_so_they_are_no_core() -> None:
    small = [replace(face, pixels=CORE_PIXELS) if face.pixels > 30 else face for face in FACES]
    mixed = [
        group
        for group in group_faces(small, RECORDED["Similarities"]).people.values()
        if len({WHO[index] for index in group.faces}) > 1
    ]
    assert len(mixed) == 1
    assert min(FACES[index].pixels for index in mixed[0].core) < CORE_PIXELS


def test_a_hundred_orders_of_arrival_give_the_same_people_with_the_same_ids() -> None:
    first = group_faces(FACES, RECORDED["Similarities"])
    names = {person: {FACES[index].key for index in group.faces} for person, group in first.people.items()}
    for seed in range(100):
        order = random.Random(seed).sample(range(len(FACES)), len(FACES))
        place = {index: number for number, index in enumerate(order)}
        faces = [FACES[index] for index in order]
        pairs = [(place[other], place[one], value) for one, other, value in RECORDED["Similarities"]]
        random.Random(seed).shuffle(pairs)
        found = group_faces(faces, pairs)
        assert {person: {faces[index].key for index in group.faces} for person, group in found.people.items()} == names


def clear(names: Iterable[str], pixels: float = CLEAR) -> list[GroupedFace]:
    return [GroupedFace(name, pixels) for name in names]


def alike(*faces: int, similarity: float = 99.0) -> list[tuple[int, int, float]]:
    return [(one, other, similarity) for one in faces for other in faces if one < other]


def test_two_faces_wait_and_three_are_a_person() -> None:
    assert not group_faces(clear("ab"), alike(0, 1)).people
    grouping = group_faces(clear("abc"), alike(0, 1, 2))
    assert {person: group.core for person, group in grouping.people.items()} == {person_id("a"): (0, 1, 2)}


def test_a_chain_of_look_alikes_joins_nobody() -> None:
    faces = clear("abcdefghij")
    chain = [(number, number + 1, 99.0) for number in range(9)]
    assert not group_faces(faces, chain).people


def test_a_face_joins_by_its_mean_similarity_to_the_core_and_is_suggested_below() -> None:
    faces = [*clear("abc"), *clear("xyz", pixels=15)]
    nearness = [(3, 0, 99.0), (3, 1, 99.0), (3, 2, 50.0), (4, 0, 99.0), (4, 1, 60.0), (5, 0, 99.0)]
    grouping = group_faces(faces, [*alike(0, 1, 2), *nearness])
    assert grouping.people[person_id("a")].others == (3,)
    assert grouping.suggested == {4: person_id("a")}


def test_a_person_keeps_the_id_that_most_of_its_faces_had() -> None:
    faces = [
        replace(face, previous=previous) for face, previous in zip(clear("0abcd"), ["", "p", "p", "q", ""], strict=True)
    ]
    assert group_faces(faces, alike(0, 1, 2, 3, 4)).people.keys() == {"p"}


def test_of_two_people_who_had_one_id_the_larger_keeps_it() -> None:
    faces = [replace(face, previous="p") for face in clear("abcdefg")]
    people = group_faces(faces, [*alike(0, 1, 2), *alike(3, 4, 5, 6)]).people
    assert {person: group.core for person, group in people.items()} == {"p": (3, 4, 5, 6), person_id("a"): (0, 1, 2)}


def test_faces_that_a_person_pins_to_two_people_never_share_a_group() -> None:
    faces = clear("abcdef")
    faces[0], faces[5] = replace(faces[0], pinned="ann"), replace(faces[5], pinned="zoë")
    people = group_faces(faces, [*alike(0, 1, 2, 3, 4, 5, similarity=90.0), (0, 1, 95.0), (4, 5, 96.0)]).people
    assert people.keys() == {"ann", "zoë"}
    assert 0 in people["ann"].core
    assert 5 in people["zoë"].core


def test_what_is_pinned_to_one_person_is_one_however_different_it_looks() -> None:
    faces = clear("abcdefg")
    faces[0], faces[3] = replace(faces[0], pinned="ann"), replace(faces[3], pinned="ann")
    people = group_faces(faces, [*alike(0, 1, 2), *alike(3, 4, 5)]).people
    assert {person: group.core for person, group in people.items()} == {"ann": (0, 1, 2, 3, 4, 5)}
    faces[6] = replace(faces[6], pixels=15)
    assert group_faces(faces, [*alike(0, 1, 2), *alike(3, 4, 5, 6)]).people["ann"].others == (6,)


def test_a_face_that_is_not_this_person_never_joins_it() -> None:
    faces = [replace(face, pinned="ann") for face in clear("abc")]
    faces += [GroupedFace("d", CLEAR, apart=frozenset({"ann"})), GroupedFace("e", 15, apart=frozenset({"ann"}))]
    grouping = group_faces(faces, alike(0, 1, 2, 3, 4))
    assert grouping.people["ann"].faces == (0, 1, 2)
    assert not grouping.suggested
