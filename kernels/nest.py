"""How a grid is walked: three nested loops, and in which of them each number of a graph is computed.

    outer    all axes that the other two leave, merged
    middle   one axis, or none
    inner    the last axes, merged to rows long enough for vectors

    levels(graph, places)              in which loops each number changes: 0, MIDDLE, INNER or both
    choose(numbers, results, axes, shape) -> Nest    the way that leaves the least to compute

What changes in no loop but the outer one is computed once for each of its steps; what changes along a row but not
along the middle axis is computed once for all rows that lie along that. A parameter changes in one loop at most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from posse.kernels.graph import Graph, Number

OUTER, MIDDLE, INNER = 0, 1, 2
VECTOR = 8  # points that are computed at once, for the choice of a nest
SHORT, LONG = 16, 64  # points in a row: the least that kernels take, and from where on longer ones gain nothing
COST = {"divide": 16, "constant": 0}  # cycles of an operation on a vector, others half a one
FAR = 80  # cycles that a vector costs more where results go to more places at once than the processor's caches foresee
NEAR = 10  # steps of a middle loop that they do foresee


def levels(graph: Graph, places: Sequence[int]) -> list[int]:
    """For each number of the graph the loops in which it changes; places: the loop of each parameter."""
    found: list[int] = []
    for number in graph.numbers:
        if number.op == "parameter":
            found.append(places[number.value])
        else:
            level = 0
            for argument in number.arguments:
                level |= found[argument.index]
            found.append(level)
    return found


@dataclass(frozen=True)
class Nest:
    """shape of the grid; rows: how many of its last axes are merged to rows; middle: an axis before these, or None."""

    shape: tuple[int, ...]
    rows: int
    middle: int | None

    @property
    def row_shape(self) -> tuple[int, ...]:
        return self.shape[len(self.shape) - self.rows :]

    @property
    def row(self) -> int:
        """Points in a row."""
        return prod(self.row_shape)

    @property
    def steps(self) -> int:
        """Steps of the middle loop."""
        return 1 if self.middle is None else self.shape[self.middle]

    @property
    def stride(self) -> int:
        """Points from one of these to the next."""
        return self.row if self.middle is None else prod(self.shape[self.middle + 1 :])

    @cached_property
    def outer(self) -> tuple[int, ...]:
        """The axes of the outer loop."""
        return tuple(k for k in range(len(self.shape) - self.rows) if k != self.middle)

    def place(self, axis: int | None) -> int:
        """The loop in which a parameter bound to an axis changes."""
        if axis is None or axis in self.outer:
            return OUTER
        return MIDDLE if axis == self.middle else INNER

    def starts(self) -> npt.NDArray[np.int64]:
        """Position of the first point of each step of the outer loop."""
        lengths = [self.shape[k] for k in self.outer]
        strides = [prod(self.shape[k + 1 :]) for k in self.outer]
        indices = np.indices(lengths, dtype=np.int64, sparse=True)
        return np.asarray(sum((i * s for i, s in zip(indices, strides, strict=True)), np.int64(0))).reshape(-1)

    def along_outer(self, values: npt.NDArray[np.float64], axis: int | None) -> npt.NDArray[np.float64]:
        """A parameter's value at each step of the outer loop, or one that stands for all."""
        return values if axis is None else _spread(values, self.outer.index(axis), [self.shape[k] for k in self.outer])

    def along_row(self, values: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
        """A parameter's value at each point of a row."""
        return _spread(values, axis - len(self.shape) + self.rows, self.row_shape)


def _spread(values: npt.NDArray[np.float64], axis: int, shape: Sequence[int]) -> npt.NDArray[np.float64]:
    """Values along one axis at every point of a grid, flat."""
    along = values.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return np.ascontiguousarray(np.broadcast_to(along, shape), dtype=np.float64).reshape(-1)


def choose(graph: Graph, results: Sequence[Number], axes: Sequence[int | None], shape: tuple[int, ...]) -> Nest:
    """The nest in which the results cost least to compute; axes: the one that each parameter is bound to."""
    needed = graph.needed(results)

    def cost(nest: Nest) -> float:
        """Cycles a point, nearly."""
        found = levels(graph, [nest.place(axis) for axis in axes])
        vectors = -(-nest.row // VECTOR)
        times = {OUTER: 1 / nest.steps, MIDDLE: 1, INNER: vectors / nest.steps, MIDDLE | INNER: vectors}  # for a row
        if nest.middle is None:
            times[INNER] = vectors
        far = FAR * vectors if nest.stride > nest.row and nest.steps > NEAR else 0
        return (far + sum(COST.get(n.op, 0.5) * times[found[n.index]] for n in needed)) / nest.row

    return min(_nests(shape), key=cost)


def _nests(shape: tuple[int, ...]) -> Iterator[Nest]:
    for rows in range(1, len(shape) + 1):
        row = prod(shape[len(shape) - rows :])
        if row >= SHORT or rows == len(shape):
            yield from (Nest(shape, rows, k) for k in reversed(range(len(shape) - rows)) if shape[k] > 1)
            yield Nest(shape, rows, None)
        if row >= LONG:
            return
