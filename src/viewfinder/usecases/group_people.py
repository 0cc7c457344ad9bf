"""Group all faces into people: from what is stored by content, without a call of the detector or a search.

A pass reads every analysis of the feature with the matches that were found when its faces were indexed. Where a face
gets another person, its analysis is written again, and the images with its content are processed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import groupby

from viewfinder.domain.analysis import Analysis, analysis_key
from viewfinder.domain.content_corrections import ContentCorrections, corrections_key
from viewfinder.domain.face_words import FaceWord, word_on
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.grouping import GroupedFace, Grouping, group_faces
from viewfinder.domain.indexed_face import IndexedFace, is_same_place
from viewfinder.domain.person import PEOPLE_PREFIX, FacePlace, Person
from viewfinder.ports import Copies, DerivedStore, People, Requests
from viewfinder.usecases.index_people import matches_key

_TOLD_AFTER = 100
_MOST_COPIES = 1000


@dataclass(frozen=True, slots=True)
class PeopleStores:
    """What people are kept in; `parameters` are those of the analyses."""

    derived: DerivedStore
    people: People
    copies: Copies
    requests: Requests
    parameters: Parameters

    @property
    def asked(self) -> Parameters:
        """What is asked for the feature PEOPLE."""
        return replace(self.parameters, feature=Feature.PEOPLE)


@dataclass(slots=True)
class Pass:
    """The numbers of a pass: contents and faces that were read, people, faces that wait, images to process again."""

    contents: int = 0
    faces: int = 0
    people: int = 0
    grouped: int = 0
    suggested: int = 0
    images: int = 0
    strays: int = 0
    """Matches with faces that were not read: they are gone, or are being indexed."""


@dataclass(slots=True)
class _Faces:
    """All faces, each with its content and its place among those of its analysis."""

    analyses: dict[str, Analysis] = field(default_factory=dict)
    keys: list[tuple[str, int]] = field(default_factory=list)
    grouped: list[GroupedFace] = field(default_factory=list)
    places: list[FacePlace] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    """FaceId -> number of the face."""


def group_people(stores: PeopleStores, on_progress: Callable[[Pass], None] = lambda _: None) -> Pass:
    """Run a pass. It may be interrupted and run again; what is said meanwhile counts in the next one."""
    done = Pass()
    people = restore_people(stores)
    faces = _read(stores, people, done, on_progress)
    grouping = group_faces(faces.grouped, _similarities(stores, faces, done))
    done.people, done.suggested = len(grouping.people), len(grouping.suggested)
    done.grouped = sum(len(group.faces) for group in grouping.people.values())
    for sha256, analysis in _changed(faces, grouping):
        stores.derived.save_analysis(stores.asked, analysis)
        images = stores.copies.images(sha256, _MOST_COPIES)
        stores.requests.send(images)
        done.images += len(images)
    _keep_covers(stores, faces, grouping, people)
    return done


def restore_people(stores: PeopleStores) -> dict[str, Person]:
    """Give the catalog what has been said of people, and return it by PersonId."""
    people = {}
    for key in stores.derived.list_documents(PEOPLE_PREFIX):
        if stored := stores.derived.find_document(key):
            person = Person.from_document(stored.content)
            people[person.person_id] = person
            known = stores.people.find(person.person_id)
            if known is None or known.person != person:
                stores.people.save(person)
    return people


def root_of(person_id: str, people: Mapping[str, Person]) -> str:
    """Return the person that this one was merged into, and so on; a circle ends where it began."""
    seen = {person_id}
    while (person := people.get(person_id)) and person.merged_into and person.merged_into not in seen:
        seen.add(person_id := person.merged_into)
    return person_id


def _read(
    stores: PeopleStores, people: Mapping[str, Person], done: Pass, on_progress: Callable[[Pass], None]
) -> _Faces:
    faces = _Faces()
    corrected = set(stores.derived.list_documents(corrections_key("").removesuffix(".json")))
    anchors = _anchors(people)
    for sha256 in contents_of(stores):
        analysis = stores.derived.find_analysis(stores.asked, sha256)
        if analysis is None:
            continue
        words = _words(stores, sha256) if corrections_key(sha256) in corrected else ()
        _add(faces, analysis, words, anchors.get(sha256, ()), people)
        done.contents += 1
        done.faces = len(faces.keys)
        if done.contents % _TOLD_AFTER == 0:
            on_progress(done)
    return faces


def contents_of(stores: PeopleStores, after: str = "") -> Iterator[str]:
    """Yield the SHA-256 of every content whose faces are kept, in order, those after a content."""
    listings = [_contents_with(parameters, stores, after) for parameters in stores.asked.with_versions()]
    yield from (sha256 for sha256, _ in groupby(merge(*listings)))


def _contents_with(parameters: Parameters, stores: PeopleStores, after: str) -> Iterator[str]:
    folder = analysis_key(parameters, "").removesuffix(".json")
    keys = stores.derived.list_documents(folder, analysis_key(parameters, after) if after else "")
    yield from (key.removeprefix(folder).removesuffix(".json") for key in keys)


def _words(stores: PeopleStores, sha256: str) -> tuple[FaceWord, ...]:
    stored = stores.derived.find_document(corrections_key(sha256))
    return ContentCorrections.from_document(stored.content).faces if stored else ()


def _anchors(people: Mapping[str, Person]) -> dict[str, list[tuple[FacePlace, str]]]:
    anchors: dict[str, list[tuple[FacePlace, str]]] = {}
    for person in people.values():
        for anchor in person.anchors:
            anchors.setdefault(anchor.sha256, []).append((anchor, root_of(person.person_id, people)))
    return anchors


def _add(
    faces: _Faces,
    analysis: Analysis,
    words: tuple[FaceWord, ...],
    anchors: list[tuple[FacePlace, str]] | tuple[()],
    people: Mapping[str, Person],
) -> None:
    faces.analyses[analysis.sha256] = analysis
    found: tuple[IndexedFace, ...] = analysis.findings
    for number, face in enumerate(found):
        word = word_on(face, words)
        if word.forgotten:
            continue
        anchored = next((person for place, person in anchors if is_same_place(place.box, face.box)), "")
        said = root_of(word.person, people) if word.person else anchored
        apart = frozenset(root_of(each, people) for each in word.apart)
        faces.numbers[face.face_id] = len(faces.keys)
        faces.keys.append((analysis.sha256, number))
        faces.places.append(FacePlace(analysis.sha256, face.box))
        faces.grouped.append(
            GroupedFace(
                key=f"{analysis.sha256}/{face.box.left:.4f},{face.box.top:.4f}",
                pixels=face.pixels(analysis.width, analysis.height),
                pinned="" if said in apart else said,
                apart=apart,
                previous=root_of(face.person, people) if face.person else "",
            )
        )


def _similarities(stores: PeopleStores, faces: _Faces, done: Pass) -> Iterator[tuple[int, int, float]]:
    """Yield the matches of both directions: of two faces only the later one may have found the other."""
    for sha256 in faces.analyses:
        stored = stores.derived.find_document(matches_key(sha256))
        for face_id, matches in (stored.content["Matches"] if stored else {}).items():
            one = faces.numbers.get(face_id)
            for other_id, similarity in matches if one is not None else ():
                other = faces.numbers.get(other_id)
                if other is None:
                    done.strays += 1
                elif one is not None and other != one:
                    yield one, other, float(similarity)


def _changed(faces: _Faces, grouping: Grouping) -> Iterator[tuple[str, Analysis]]:
    """Yield the analyses whose faces have another person, or are suggested for another one."""
    person_of = {index: person for person, group in grouping.people.items() for index in group.faces}
    by_content: dict[str, dict[int, tuple[str, str]]] = {}
    for index, (sha256, number) in enumerate(faces.keys):
        by_content.setdefault(sha256, {})[number] = person_of.get(index, ""), grouping.suggested.get(index, "")
    for sha256, people in by_content.items():
        analysis = faces.analyses[sha256]
        found = tuple(
            replace(face, person=people[number][0], suggested=people[number][1]) if number in people else face
            for number, face in enumerate(analysis.findings)
        )
        if found != analysis.findings:
            yield sha256, replace(analysis, findings=found)


def _keep_covers(stores: PeopleStores, faces: _Faces, grouping: Grouping, people: Mapping[str, Person]) -> None:
    """Choose a cover for each person that has none by a person's word: the core's face of most pixels."""
    for person_id, group in grouping.people.items():
        person = people.get(person_id, Person(person_id))
        if person.cover is None:
            best = max(group.core, key=lambda index: (faces.grouped[index].pixels, faces.grouped[index].key))
            person = replace(person, cover=faces.places[best])
        known = stores.people.find(person_id)
        if known is None or known.person != person:
            stores.people.save(person)
