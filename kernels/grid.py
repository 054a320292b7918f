"""Solve a game over a product of axes of numbers: the compiled counterpart of solve_plain.

    solve_grid(game, columns, shape) -> {output: array of shape (components, *shape)}

Each parameter is bound to one axis of the grid, or to none and held fixed. A flat list of points is a
grid of one axis that binds every parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.kernels.declaration import Game
from posse.kernels.point import components


@dataclass(frozen=True)
class Column:
    """Values of one parameter, float64 of shape (length of its axis,), and which axis that is."""

    values: npt.NDArray[np.float64]
    axis: int | None = None

    def __getitem__(self, window: slice) -> "Column":
        return Column(self.values[window], self.axis)


def fixed(value: float) -> Column:
    """A parameter that does not vary."""
    return Column(np.array([value], dtype=np.float64))


def solve_grid(
    game: Game,
    columns: Mapping[str, Column],
    shape: Sequence[int],
    outputs: Sequence[str],
    real: str = "float64",
) -> dict[str, npt.NDArray[Any]]:
    """Solve every point of a grid in this thread, without holding the interpreter's lock.

    columns: one for each parameter; defaults stand in for those left out.
    shape: length of each axis, the last varying fastest.
    outputs: names; real: type of the real ones, "float32" or "float64".
    Returns an array of shape (components, *shape) for each output. Points outside the game's domain get
    code 254 and NaN.
    """
    from posse.kernels.compiler import compile_kernel  # slow to import

    count = prod(shape)
    ordered = [columns.get(p.name) or fixed(p.default) for p in game.parameters]
    kernel = compile_kernel(game, tuple(outputs), real, _constants(game, ordered))
    declared = [game.output(name) for name in outputs]
    results = [np.empty((o.components, count), o.dtype(real)) for o in declared]
    if count:
        values = [np.ascontiguousarray(c.values, dtype=np.float64) for c in ordered]
        strides = [1 if c.axis is None else prod(shape[c.axis + 1 :]) for c in ordered]
        table = [(v.ctypes.data, len(v), stride) for v, stride in zip(values, strides, strict=True)]
        kernel(np.array(table, dtype=np.int64), *_fences(game, tuple(outputs)), count, *results)
    return {o.name: r.reshape(o.components, *shape) for o, r in zip(declared, results, strict=True)}


@cache
def _fences(game: Game, outputs: tuple[str, ...]) -> tuple[npt.NDArray[Any], ...]:
    """The domain in numbers: bounds of each parameter, pairs in order, and what each component is outside."""
    position = {p.name: k for k, p in enumerate(game.parameters)}
    bounds = np.array([p.domain.bounds for p in game.parameters], dtype=np.float64)
    order = np.array([(position[low], position[high]) for low, high in game.order], dtype=np.int64).reshape(-1, 2)
    outside = [o.outside for o, _ in components([game.output(name) for name in outputs])]
    return bounds, order, np.array(outside, dtype=np.float64)


def _constants(game: Game, columns: Sequence[Column]) -> tuple[tuple[str, float], ...]:
    """Parameters that hold their common value everywhere, for which the kernel is compiled anew."""
    return tuple(
        (p.name, p.common)
        for p, c in zip(game.parameters, columns, strict=True)
        if p.common is not None and len(c.values) == 1 and c.values[0] == p.common
    )
