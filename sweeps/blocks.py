"""How a grid is cut into blocks, the units of work: the same cell in every variable of a cube."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from posse.sweeps.numbers import Array

POINTS = 1 << 21  # at most, in a block: its chunks are 2 MiB of codes and 8 or 16 MiB of real numbers


def chunk_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A balanced cell of at most POINTS points, so that a slice along any two axes reads little."""
    parts = [1] * len(shape)
    cell = list(shape)
    while prod(cell) > POINTS:
        longest = max(range(len(shape)), key=lambda k: cell[k])
        parts[longest] += 1
        cell[longest] = -(-shape[longest] // parts[longest])
    return tuple(cell)


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
