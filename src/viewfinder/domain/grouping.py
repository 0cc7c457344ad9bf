"""Group faces into people, in the same way in whatever order they arrived.

Faces with enough pixels are clustered by average linkage: two clusters become one while the mean similarity of their
faces reaches MEMBER. So no chain of look-alikes joins strangers, as single matches would. A cluster of SMALLEST_CORE
faces is the core of a person. Every other face joins the person whose core it resembles by MEMBER in the mean, and is
suggested for it from SUGGESTED on. A person's word comes first: faces that are pinned to different people never share
a cluster, and clusters with faces pinned to one person are that person.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

MEMBER = 80.0
"""Mean similarity in percent to the faces of a core that makes a face a member: Rekognition's default threshold."""

SUGGESTED = 50.0
"""Mean similarity from which a face is shown to a person as a suggestion."""

SMALLEST_CORE = 3
"""Faces that make a new person."""

CORE_PIXELS = 40.0
"""Pixels between the eyes of a face that may be part of a core: below, strangers look alike."""


@dataclass(frozen=True, slots=True)
class GroupedFace:
    """A face to group. `key` identifies it by content and place, and orders equals.

    `pinned` is the person that somebody says it is, `apart` are people that it is not; `previous` is its person of the
    last pass.
    """

    key: str
    pixels: float
    pinned: str = ""
    apart: frozenset[str] = frozenset()
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A person's faces by their index: the core, and those that resemble it."""

    core: tuple[int, ...]
    others: tuple[int, ...] = ()

    @property
    def faces(self) -> tuple[int, ...]:
        """All members."""
        return self.core + self.others


@dataclass(frozen=True, slots=True)
class Grouping:
    """The people by their ids; `suggested` maps a face of nobody to a person that it may be."""

    people: Mapping[str, Group]
    suggested: Mapping[int, str]


Similarities = Iterable[tuple[int, int, float]]
"""Pairs of indices with their similarity in percent; a pair that is missing has none, one given twice counts once."""


def group_faces(faces: Sequence[GroupedFace], similarities: Similarities) -> Grouping:
    """Group the faces; a person keeps the id that most of its core had, and a new one is named after its first face."""
    order = sorted(range(len(faces)), key=lambda index: faces[index].key)
    place = {index: number for number, index in enumerate(order)}
    ordered = [faces[index] for index in order]
    near: list[dict[int, float]] = [{} for _ in ordered]
    for one, other, similarity in similarities:
        near[place[one]][place[other]] = near[place[other]][place[one]] = similarity
    people = dict(_named(_people(_Clusters(ordered, near).joined(), ordered), ordered))
    return _with_others(people, ordered, near, order)


@dataclass(slots=True)
class _Clusters:
    """Average linkage on sparse similarities: `links` has the sum of the similarities of two clusters' faces."""

    faces: Sequence[GroupedFace]
    near: Sequence[Mapping[int, float]]
    members: dict[int, list[int]] = field(default_factory=dict)
    links: dict[int, dict[int, float]] = field(default_factory=dict)

    def joined(self) -> list[list[int]]:
        """Join the two clusters of highest mean until none reaches MEMBER; of equal ones those of the first faces."""
        chosen = [index for index, face in enumerate(self.faces) if face.pixels >= CORE_PIXELS or face.pinned]
        self.members = {index: [index] for index in chosen}
        self.links = {
            index: {other: value for other, value in self.near[index].items() if other in self.members}
            for index in chosen
        }
        heap = [
            entry for one in chosen for other in self.links[one] if one < other for entry in self._entry(one, other)
        ]
        heapq.heapify(heap)
        while heap:
            _, one, other, sizes = heapq.heappop(heap)
            if self._sizes(one, other) == sizes and self._may_join(one, other):
                for entry in self._join(one, other):
                    heapq.heappush(heap, entry)
        return [sorted(members) for members in self.members.values()]

    def _entry(self, one: int, other: int) -> Iterator[tuple[float, int, int, tuple[int, int]]]:
        one, other = min(one, other), max(one, other)
        sizes = self._sizes(one, other)
        mean = self.links[one][other] / (sizes[0] * sizes[1])
        if mean >= MEMBER:
            yield -mean, one, other, sizes

    def _sizes(self, one: int, other: int) -> tuple[int, int]:
        return len(self.members.get(one, ())), len(self.members.get(other, ()))

    def _join(self, one: int, other: int) -> Iterator[tuple[float, int, int, tuple[int, int]]]:
        """Put the second cluster into the first, and yield what its means are now."""
        self.members[one] += self.members.pop(other)
        gone = self.links.pop(other)
        for third, value in gone.items():
            if third != one:
                self.links[one][third] = self.links[one].get(third, 0.0) + value
                self.links[third][one] = self.links[one][third]
            self.links[third].pop(other, None)
        for third in self.links[one]:
            yield from self._entry(one, third)

    def _may_join(self, one: int, other: int) -> bool:
        faces = [[self.faces[index] for index in self.members[cluster]] for cluster in (one, other)]
        pinned, apart = (
            [frozenset().union(*(_said(face) for face in side)) for side in faces],
            [frozenset().union(*(face.apart for face in side)) for side in faces],
        )
        return len(pinned[0] | pinned[1]) <= 1 and not (pinned[0] & apart[1] or pinned[1] & apart[0])


def _said(face: GroupedFace) -> frozenset[str]:
    return frozenset({face.pinned}) if face.pinned else frozenset()


def _people(clusters: Iterable[list[int]], faces: Sequence[GroupedFace]) -> list[tuple[str, list[list[int]]]]:
    """Return the clusters that are people with the person that somebody has pinned ("": nobody has)."""
    found: list[tuple[str, list[list[int]]]] = []
    pinned: dict[str, list[list[int]]] = {}
    for cluster in clusters:
        said = next((faces[index].pinned for index in cluster if faces[index].pinned), "")
        if said:
            pinned.setdefault(said, []).append(cluster)
        elif len(cluster) >= SMALLEST_CORE:
            found.append(("", [cluster]))
    return [*sorted(pinned.items()), *found]


def _named(
    cores: Iterable[tuple[str, list[list[int]]]], faces: Sequence[GroupedFace]
) -> Iterator[tuple[str, list[list[int]]]]:
    """Yield each person's id: what is pinned, else what most of its faces had; the largest group chooses first."""
    people = sorted(cores, key=lambda each: (not each[0], -sum(map(len, each[1])), each[1][0]))
    taken: set[str] = {person for person, _ in people}
    for pinned, clusters in people:
        had = Counter(faces[index].previous for cluster in clusters for index in cluster)
        votes = sorted((-count, former) for former, count in had.items() if former and former not in taken)
        new = (person_id(faces[index].key) for cluster in clusters for index in cluster)
        person = pinned or (votes[0][1] if votes else next(each for each in new if each not in taken))
        taken.add(person)
        yield person, clusters


def person_id(key: str) -> str:
    """Return the id of a new person whose first face this is: 16 hex digits."""
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


def _with_others(
    people: Mapping[str, list[list[int]]],
    faces: Sequence[GroupedFace],
    near: Sequence[Mapping[int, float]],
    order: Sequence[int],
) -> Grouping:
    """Add the faces that resemble a cluster of a person, and return everything by the callers' indices."""
    clusters = [(person, cluster) for person, several in people.items() for cluster in several]
    cluster_of = {index: number for number, (_, cluster) in enumerate(clusters) for index in cluster}
    others: dict[str, list[int]] = {person: [] for person in people}
    suggested: dict[int, str] = {}
    for index, face in enumerate(faces):
        if index in cluster_of:
            continue
        sums: dict[int, float] = {}
        for other, value in near[index].items():
            if (number := cluster_of.get(other, -1)) >= 0 and clusters[number][0] not in face.apart:
                sums[number] = sums.get(number, 0.0) + value
        mean, person = max(
            ((total / len(clusters[number][1]), clusters[number][0]) for number, total in sums.items()),
            default=(0.0, ""),
        )
        if mean >= MEMBER:
            others[person].append(order[index])
        elif mean >= SUGGESTED:
            suggested[order[index]] = person
    groups = {
        person: Group(tuple(sorted(order[index] for index in chain(*several))), tuple(sorted(others[person])))
        for person, several in people.items()
    }
    return Grouping(groups, suggested)
