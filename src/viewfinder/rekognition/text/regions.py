"""Connected regions of a probability map, and the smallest rectangle around each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A turned rectangle in pixels; `angle` in radians is the direction of its width, clockwise on the screen."""

    centre: tuple[float, float]
    width: float
    height: float
    angle: float

    @property
    def axes(self) -> Points:
        """(2, 2): the unit vectors along the width and along the height, as x and y."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cosine, sine], [-sine, cosine]])

    @property
    def corners(self) -> Points:
        """(4, 2): x and y, clockwise from the top left of what is written along the width."""
        return self.part(0.0, 1.0)

    def part(self, begin: float, end: float) -> Points:
        """Return the corners of the part between two shares of the width."""
        across = np.array([begin, end, end, begin])[:, None] - 0.5
        down = np.array([-0.5, -0.5, 0.5, 0.5])[:, None]
        along, below = self.axes
        return np.asarray(self.centre + across * self.width * along + down * self.height * below)

    def grown(self, margin: float) -> Rectangle:
        """Return the rectangle with a margin on each side."""
        return replace(self, width=self.width + 2 * margin, height=self.height + 2 * margin)

    def scaled(self, across: float, down: float) -> Rectangle:
        """Return the rectangle on a picture of another size; the two factors are nearly equal."""
        along, below = self.axes * (across, down)
        return Rectangle(
            centre=(self.centre[0] * across, self.centre[1] * down),
            width=self.width * float(np.hypot(*along)),
            height=self.height * float(np.hypot(*below)),
            angle=float(np.arctan2(along[1], along[0])),
        )

    def turned(self, quarters: int) -> Rectangle:
        """Return the same area with its width along another side, a number of quarter turns further."""
        sides = (self.width, self.height) if quarters % 2 == 0 else (self.height, self.width)
        return replace(self, width=sides[0], height=sides[1], angle=self.angle + quarters * np.pi / 2)


def connected_regions(mask: Mask) -> list[Points]:
    """Return for each 8-connected region the (n, 2) ends, as x and y, of its horizontal runs of pixels."""
    rows, starts, stops = _runs(mask)
    if not len(rows):
        return []
    regions = _join(len(rows), *_touching(rows, starts, stops, mask.shape[1]))
    order = np.argsort(regions, kind="stable")
    ends = np.stack([starts, rows, stops, rows], axis=1)[order].astype(np.float64)
    bounds = np.flatnonzero(np.diff(regions[order])) + 1
    return [part.reshape(-1, 2) for part in np.split(ends, bounds)]


def _runs(mask: Mask) -> tuple[Integers, Integers, Integers]:
    """Return row, first and last column of every horizontal run, in reading order."""
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1] - 1
    return rows, starts, stops


def _touching(rows: Integers, starts: Integers, stops: Integers, width: int) -> tuple[Integers, Integers]:
    """Return the pairs of runs that touch, corners included: a run, and one in the row below it."""
    row_length = width + 2  # so that neighbours in reading order stay apart where a row ends
    below = (rows + 1) * row_length
    first = np.searchsorted(rows * row_length + stops, below + starts - 1, side="left")
    behind = np.searchsorted(rows * row_length + starts, below + stops + 1, side="right")
    counts = np.maximum(behind - first, 0)
    upper = np.repeat(np.arange(len(rows)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, first[upper] + offsets


def _join(count: int, ones: Integers, others: Integers) -> Integers:
    """Return for each of `count` members the lowest member that a chain of pairs connects it with."""
    lowest = np.arange(count)
    while True:
        before = lowest.copy()
        least = np.minimum(lowest[ones], lowest[others])
        for members in (lowest[ones], lowest[others]):
            np.minimum.at(lowest, members, least)
        lowest = lowest[lowest]
        if np.array_equal(lowest, before):
            return lowest


def smallest_rectangle(points: Points) -> Rectangle:
    """Return the rectangle of minimum area around (n, 2) points; one side lies on their convex hull."""
    hull = _convex_hull(points)
    edges = np.roll(hull, -1, axis=0) - hull
    angles = np.unique(np.arctan2(edges[:, 1], edges[:, 0]) % (np.pi / 2))
    along = hull @ np.stack([np.cos(angles), np.sin(angles)])
    below = hull @ np.stack([-np.sin(angles), np.cos(angles)])
    widths, heights = np.ptp(along, axis=0), np.ptp(below, axis=0)
    best = int(np.argmin(widths * heights))
    middle = np.array([along[:, best].max() + along[:, best].min(), below[:, best].max() + below[:, best].min()]) / 2
    angle = float(angles[best])
    cosine, sine = np.cos(angle), np.sin(angle)
    centre = (float(middle[0] * cosine - middle[1] * sine), float(middle[0] * sine + middle[1] * cosine))
    return Rectangle(centre, float(widths[best]), float(heights[best]), angle)


def _convex_hull(points: Points) -> Points:
    """Return the corners of the convex hull (Andrew's monotone chain)."""
    ordered = np.unique(points, axis=0).tolist()
    if len(ordered) < 3:
        return np.array(ordered)
    return np.array(_chain(ordered) + _chain(ordered[::-1]))


def _chain(ordered: list[list[float]]) -> list[list[float]]:
    """Return one side of the hull, without its last corner."""
    chain: list[list[float]] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain[:-1]


def _turn(one: list[float], two: list[float], three: list[float]) -> float:
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])
