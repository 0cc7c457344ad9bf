"""HEIC and AVIF: read the cost of decoding and the colours from their boxes, independently of the header.

Boxes: ISO/IEC 14496-12 and 23008-12. The size of a frame comes from the coded data itself, since `ispe` may claim any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from viewfinder.adapters.pictures.structure import hevc_frame, largest_frame

_CONTAINERS = {b"meta": 4, b"iinf": -1, b"iprp": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0}
"""Boxes of boxes, with the bytes before the first of them (iinf: by its version)."""

_DERIVED = (b"grid", b"iovl", b"iden")
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Coded:
    """The cost of decoding: pixels held at once, pixels decoded in all; primaries and transfer by CICP (2: unknown)."""

    at_once: int
    in_all: int
    primaries: int = 2
    transfer: int = 2


@dataclass
class _Items:
    """The items of a file: types, places in the file, properties, and what each is derived from."""

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, list[tuple[bool, int, int]]] = field(default_factory=dict)  # in idat, offset, length
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    auxiliary: list[tuple[int, int]] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    inline: int = 0


def parse(content: bytes) -> Coded:
    """Return the cost of decoding the primary picture; raise ValueError or IndexError for invalid boxes."""
    items = _Items()
    for name, start, end in _boxes(content, 0, len(content)):
        if read := _READERS.get(name):
            read(items, content, start, end)
    at_once, in_all = _cost(items, content, items.primary, 0)
    for item, target in items.auxiliary:  # an alpha plane is decoded beside its picture
        if target == items.primary:
            more, all_more = _cost(items, content, item, 0)
            at_once, in_all = at_once + more, in_all + all_more
    for offset in items.samples:  # a sequence's frames
        at_once = max(at_once, largest_frame(content[offset : offset + 65_536], b"av01"))
    return Coded(at_once, max(in_all, at_once), *_colours(items))


def _boxes(content: bytes, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk over type, start and end of each box's content, containers included."""
    while position + 8 <= end:
        size, name = int.from_bytes(content[position : position + 4], "big"), content[position + 4 : position + 8]
        start = position + 8
        if size == 1:
            size, start = int.from_bytes(content[start : start + 8], "big"), start + 8
        stop = min(end, position + size) if size else end
        if stop < start:
            raise ValueError("a box is shorter than its header")
        yield name, start, stop
        if (skipped := _CONTAINERS.get(name)) is not None:
            skipped = (6 if content[start] == 0 else 8) if skipped < 0 else skipped
            yield from _boxes(content, start + skipped, stop)
        position = stop


class _Reader:
    """Reads big-endian numbers one after the other."""

    def __init__(self, content: bytes, position: int, end: int) -> None:
        self._content, self.position, self._end = content, position, end

    def number(self, width: int) -> int:
        self.position += width
        if self.position > self._end:
            raise ValueError("a box ends before its fields do")
        return int.from_bytes(self._content[self.position - width : self.position], "big")


def _read_primary(items: _Items, content: bytes, start: int, end: int) -> None:
    reader = _Reader(content, start, end)
    version = reader.number(4) >> 24
    items.primary = reader.number(4 if version else 2)


def _read_type(items: _Items, content: bytes, start: int, end: int) -> None:
    reader = _Reader(content, start, end)
    version = reader.number(4) >> 24
    item = reader.number(4 if version == 3 else 2)
    items.types[item] = reader.number(6).to_bytes(6, "big")[2:]


def _read_references(items: _Items, content: bytes, start: int, end: int) -> None:
    width = 4 if content[start] else 2
    for name, begin, stop in _boxes(content, start + 4, end):
        reader = _Reader(content, begin, stop)
        item, count = reader.number(width), reader.number(2)
        targets = [reader.number(width) for _ in range(count)]
        if name == b"dimg":
            items.parts[item] = targets
        elif name == b"auxl":
            items.auxiliary += [(item, target) for target in targets]


def _read_places(items: _Items, content: bytes, start: int, end: int) -> None:
    reader = _Reader(content, start, end)
    version, sizes = reader.number(4) >> 24, reader.number(2)
    for _ in range(reader.number(4 if version == 2 else 2)):
        item = reader.number(4 if version == 2 else 2)
        is_inline = bool(version) and reader.number(2) & 15 == 1
        reader.number(2)
        base = reader.number(sizes >> 4 & 15)
        for _ in range(reader.number(2)):
            reader.number(sizes & 15 if version else 0)
            offset, length = base + reader.number(sizes >> 12), reader.number(sizes >> 8 & 15)
            items.places.setdefault(item, []).append((is_inline, offset, length))


def _read_owned(items: _Items, content: bytes, start: int, end: int) -> None:
    reader = _Reader(content, start, end)
    header = reader.number(4)
    width = 2 if header & 1 else 1
    for _ in range(reader.number(4)):
        item = reader.number(4 if header >> 24 else 2)
        indices = [reader.number(width) & (0x7FFF if width == 2 else 0x7F) for _ in range(reader.number(1))]
        items.owned.setdefault(item, []).extend(indices)


def _read_properties(items: _Items, content: bytes, start: int, end: int) -> None:
    """Keep every property, in order: an association names it by its number."""
    items.properties = [(name, content[begin:stop]) for name, begin, stop in _boxes(content, start, end)]


def _read_samples(items: _Items, content: bytes, start: int, end: int) -> None:
    reader = _Reader(content, start, end)
    if reader.number(8) & 0xFFFFFFFF:
        items.samples.append(reader.number(4))


def _read_inline(items: _Items, _: bytes, start: int, __: int) -> None:
    items.inline = start


_READERS = {
    b"pitm": _read_primary,
    b"infe": _read_type,
    b"iref": _read_references,
    b"iloc": _read_places,
    b"ipco": _read_properties,
    b"ipma": _read_owned,
    b"idat": _read_inline,
    b"stco": _read_samples,
}


def _cost(items: _Items, content: bytes, item: int, depth: int) -> tuple[int, int]:
    """Return the pixels held at once and decoded in all for an item and what it is derived from."""
    if depth > _MAX_DEPTH:
        raise ValueError("a picture is derived from pictures without end")
    own = max(_claimed(items, item), _coded(items, content, item))
    parts = items.parts.get(item, []) if items.types.get(item) in _DERIVED else []
    costs = {part: _cost(items, content, part, depth + 1) for part in set(parts)}
    at_once = own + max((cost[0] for cost in costs.values()), default=0)
    return at_once, own + sum(costs[part][1] for part in parts)


def _owned(items: _Items, item: int) -> list[tuple[bytes, bytes]]:
    return [items.properties[index - 1] for index in items.owned.get(item, []) if 0 < index <= len(items.properties)]


def _claimed(items: _Items, item: int) -> int:
    sizes = [data for name, data in _owned(items, item) if name == b"ispe"]
    return max((int.from_bytes(data[4:8], "big") * int.from_bytes(data[8:12], "big") for data in sizes), default=0)


def _coded(items: _Items, content: bytes, item: int) -> int:
    """Return the pixels of the largest frame in an item's configuration and data, or of a derived one's canvas."""
    kind, data = items.types.get(item, b""), _data(items, content, item)
    if kind in _DERIVED:
        return _canvas(kind, data)
    configurations = [_configured(name, value) for name, value in _owned(items, item)]
    return max([largest_frame(data, kind), *configurations])


def _data(items: _Items, content: bytes, item: int) -> bytes:
    places = ((offset + items.inline * is_inline, length) for is_inline, offset, length in items.places.get(item, []))
    return b"".join(content[start : start + length if length else None] for start, length in places)


def _canvas(kind: bytes, data: bytes) -> int:
    start = {b"grid": 4, b"iovl": 10}.get(kind, len(data))
    width = 4 if data[1:2] and data[1] & 1 else 2
    return int.from_bytes(data[start : start + width], "big") * int.from_bytes(
        data[start + width : start + 2 * width], "big"
    )


def _configured(name: bytes, value: bytes) -> int:
    if name == b"av1C":
        return largest_frame(value[4:], b"av01")
    if name != b"hvcC":
        return 0
    largest, reader = 0, _Reader(value, 22, len(value))
    for _ in range(reader.number(1)):
        reader.number(1)
        for _ in range(reader.number(2)):
            size = reader.number(2)
            largest = max(largest, hevc_frame(value[reader.position : reader.position + size]))
            reader.position += size
    return largest


def _colours(items: _Items) -> tuple[int, int]:
    """Return primaries and transfer of the primary picture: its own, or those of a part of its grid."""
    for item in [items.primary, *items.parts.get(items.primary, [])[:1]]:
        for name, data in _owned(items, item):
            if name == b"colr" and data[:4] == b"nclx":
                return int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big")
    return 2, 2
