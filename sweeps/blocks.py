"""How a grid is cut into blocks, the units of work: the same cell in every variable of a cube."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import gcd, log2, prod

import numpy as np

from posse.sweeps.numbers import Array

POINTS = 3 << 19  # at most, in a block: its chunks are 1.5 MiB of codes and 6 or 12 MiB of real numbers
OVERHEAD = 0.03  # of the time of a block of POINTS, what any block takes beside its points
ASKEW = 0.03  # what a side costs more that is twice or half as long as in a balanced cell; by the square of octaves
UNEVEN = 0.05  # what the last side costs more for each factor of 2 that it lacks of EIGHT
EIGHT = 8  # numbers whose bits fill bytes: where rows are as long, what repeats itself from row to row packs well
APART = 4  # times, at most, that a side may be longer or shorter than in a balanced cell
CHOICES = 16  # of sides along an axis, or one more, that are compared
ALIKE = 16  # sizes of cells in an octave that are told apart

Cell = tuple[int, ...]  # its sides


def chunk_shape(shape: Sequence[int]) -> Cell:
    """A cell of at most POINTS points, nearly balanced, so that a slice along most axes reads little.

    All blocks are whole cells, so that those at the far end hold points that nobody wants: of seven labels in cells of
    four one in eight, along each axis. So a cheaper cell near the balanced one is taken.
    """
    return _cheapest(tuple(map(int, shape)), POINTS)


@lru_cache(maxsize=256)
def _cheapest(shape: Cell, points: int) -> Cell:
    """The cell that costs least: labels of whole cells for each there is, what is askew, uneven rows, and small blocks.

    Cells are made one side after the other; of those that have about one size so far, only the cheapest is followed.
    """
    if prod(shape) <= points:
        return shape
    balanced = _balanced(shape, points)
    begun: dict[tuple[int, int], tuple[float, int, Cell]] = {(0, 0): (1.0, 1, ())}  # cost, points, sides
    for axis, (labels, even) in enumerate(zip(shape, balanced, strict=True)):
        before, begun = begun, {}
        for (cost, size, sides), side in product(before.values(), _sides(labels, even)):
            longer = cost * _cost(labels, side, even), size * side, (*sides, side)
            alike = round(ALIKE * log2(longer[1])), gcd(side, EIGHT) if axis == len(shape) - 1 else 0
            if longer[1] <= points and (alike not in begun or longer < begun[alike]):
                begun[alike] = longer
    placed = ((cost * (1 + OVERHEAD * points / size), _ascending(shape, sides)) for cost, size, sides in begun.values())
    whole = ((cost * (1 + UNEVEN * log2(EIGHT / gcd(cell[-1], EIGHT))), cell) for cost, cell in placed)
    return min(whole, default=(0, balanced))[1]


def _ascending(shape: Cell, cell: Cell) -> Cell:
    """Among axes of one length, sides of eight and more last, of these the most divisible by two, and then the longer.

    Memory runs along the last ones.
    """
    left: dict[int, list[int]] = {labels: [] for labels in shape}
    by_end = sorted(zip(cell, shape, strict=True), key=lambda axis: (axis[0] >= EIGHT, gcd(axis[0], EIGHT), axis[0]))
    for side, labels in by_end:
        left[labels].append(side)
    return tuple(left[labels].pop(0) for labels in shape)


def _balanced(shape: Cell, points: int) -> Cell:
    """The longest sides cut until no more than so many points are left."""
    parts = [1] * len(shape)
    cell = list(shape)
    while prod(cell) > points:
        longest = max(range(len(shape)), key=lambda k: cell[k])
        parts[longest] += 1
        cell[longest] = -(-shape[longest] // parts[longest])
    return tuple(cell)


def _sides(labels: int, even: int) -> set[int]:
    """Some that cut an axis into equal parts, from the balanced one to APART times as long or short."""
    if even == labels:
        return {even}
    least, most = -(-even // APART), APART * even
    first, last = max(1, labels // most), -(-labels // least)
    parts = range(first, last + 1, max(1, (last - first) // 1000))
    sides = sorted({side for p in parts if least <= (side := -(-labels // p)) <= most})
    return {even, *sides[:: -(-len(sides) // CHOICES)]}


def _cost(labels: int, side: int, even: int) -> float:
    """Labels of whole cells for each there is, and a little for what is askew."""
    return -(-labels // side) * side / labels * (1 + ASKEW * log2(side / even) ** 2)


@dataclass(frozen=True)
class Blocks:
    """A grid of `shape` in cells of shape `chunk`, numbered in C order."""

    shape: tuple[int, ...]
    chunk: tuple[int, ...]

    @cached_property
    def cells(self) -> tuple[int, ...]:
        """How many blocks there are along each axis."""
        return tuple(-(-n // c) for n, c in zip(self.shape, self.chunk, strict=True))

    def __len__(self) -> int:
        return prod(self.cells)

    def cell(self, number: int) -> tuple[int, ...]:
        """Position of a block along each axis."""
        if not 0 <= number < len(self):
            raise IndexError(f"block {number} of {len(self)}")
        place = []
        for count in reversed(self.cells):
            number, along = divmod(number, count)
            place.append(along)
        return tuple(reversed(place))

    def window(self, number: int) -> tuple[slice, ...]:
        """The part of the grid that a block covers; blocks at the far end may be smaller than a cell."""
        starts = [k * c for k, c in zip(self.cell(number), self.chunk, strict=True)]
        return tuple(
            slice(start, min(start + c, n)) for start, c, n in zip(starts, self.chunk, self.shape, strict=True)
        )

    def whole_cell(self, number: int) -> tuple[Array, ...]:
        """Positions along each axis, as numpy.ix_ makes them, so that all blocks have one shape, and one kernel.

        A block that is smaller than a cell is filled up by its last positions, again and again.
        """
        parts = zip(self.cell(number), self.chunk, self.shape, strict=True)
        return np.ix_(*(np.minimum(np.arange(k * c, (k + 1) * c), n - 1) for k, c, n in parts))

    def points(self, number: int) -> int:
        """How many points a block holds."""
        return prod(part.stop - part.start for part in self.window(number))
