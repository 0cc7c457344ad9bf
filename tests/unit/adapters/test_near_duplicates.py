"""Packed hashes find what a comparison of every pair finds, and learn only what is new."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations, count

from viewfinder.adapters.near_duplicates import PackedNearDuplicates
from viewfinder.domain.likeness import NEAR, PerceptualHash
from viewfinder.domain.near_duplicates import MAX_CONTENTS
from viewfinder.ports import KnownHash

CHANCE = random.Random(31)


class Hashes:
    """Implements `ports.Hashes` over a list; `read` says how many were given."""

    def __init__(self, *known: PerceptualHash) -> None:
        self.known = [KnownHash(place, content_of(place), each) for place, each in enumerate(known, 1)]
        self.read = 0

    def changed(self, after: int) -> Iterator[KnownHash]:
        for known in self.known:
            if known.place > after:
                self.read += 1
                yield known

    def add(self, content: str, known: PerceptualHash) -> None:
        self.known.append(KnownHash(len(self.known) + 1, content, known))


def content_of(number: int) -> str:
    return f"{number:064x}"


def a_hash() -> PerceptualHash:
    return PerceptualHash(CHANCE.getrandbits(64), CHANCE.getrandbits(64))


def changed(known: PerceptualHash, bits: int) -> PerceptualHash:
    """Turn the picture, and change so many bits."""
    turned = CHANCE.choice(known.orientations())
    mask = sum(1 << place for place in CHANCE.sample(range(128), bits))
    return PerceptualHash(turned.upright ^ mask >> 64, turned.transposed ^ mask & (1 << 64) - 1)


def test_groups_have_the_pairs_that_are_near_and_no_others() -> None:
    originals = [a_hash() for _ in range(300)]
    edited = [changed(each, bits) for each, bits in zip(originals, range(40), strict=False)]
    hashes = Hashes(*originals, *edited)
    pairs = {
        tuple(sorted((one.content, other.content)))
        for one, other in combinations(hashes.known, 2)
        if one.hash.distance(other.hash) <= NEAR
    }
    found = PackedNearDuplicates(hashes).groups()
    assert {*found.groups} == {tuple(pair) for pair in pairs}
    assert len(found.groups) == NEAR + 1
    assert found.pending == 0


def test_a_second_request_reads_and_compares_what_is_new() -> None:
    first = a_hash()
    hashes = Hashes(first, a_hash())
    near = PackedNearDuplicates(hashes)
    assert near.groups().groups == []
    hashes.add(content_of(9), changed(first, 3))
    assert near.groups().groups == [(content_of(1), content_of(9))]
    assert hashes.read == 3


def test_a_content_with_another_hash_leaves_its_group() -> None:
    first = a_hash()
    hashes = Hashes(first, changed(first, 1))
    near = PackedNearDuplicates(hashes)
    assert len(near.groups().groups) == 1
    hashes.add(content_of(2), a_hash())
    assert near.groups().groups == []
    hashes.add(content_of(2), changed(first, 2))
    assert len(near.groups().groups) == 1


def test_a_copy_of_a_known_content_changes_nothing() -> None:
    first = a_hash()
    hashes = Hashes(first)
    near = PackedNearDuplicates(hashes)
    near.groups()
    hashes.add(content_of(1), first)
    assert near.groups().groups == []


def test_what_time_is_left_for_is_compared_and_the_rest_is_told() -> None:
    first = a_hash()
    hashes = Hashes(*(changed(first, 1) for _ in range(6)))
    ticks = count()
    near = PackedNearDuplicates(hashes, seconds=4, clock=lambda: next(ticks))
    found = near.groups()
    assert (found.pending, sum(map(len, found.groups))) == (3, 3)
    found = near.groups()
    assert (found.pending, sum(map(len, found.groups))) == (0, 6)


def test_a_group_has_a_bounded_number_of_contents() -> None:
    first = a_hash()
    found = PackedNearDuplicates(Hashes(*(changed(first, 1) for _ in range(2 * MAX_CONTENTS)))).groups()
    assert [len(group) for group in found.groups] == [MAX_CONTENTS, MAX_CONTENTS]
