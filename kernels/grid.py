"""Solve a game over a product of axes of numbers: the compiled counterpart of solve_plain.

    solve_grid(game, columns, shape) -> {output: array of shape (components, *shape)}
    solve_arrays(game, arrays)       -> the same, at arrays that broadcast

Each parameter is bound to one axis of the grid, or to none and held fixed. A flat list of points is a
grid of one axis that binds every parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from posse.kernels.declaration import Game, Output
from posse.kernels.errors import ArithmeticModeError
from posse.kernels.nest import INNER, MIDDLE, OUTER, SHORT, Nest, choose
from posse.kernels.program import Constants, is_certain, trace
from posse.kernels.solution import call, numbers, undeclared, written
from posse.kernels.workspace import Workspace, lasting

if TYPE_CHECKING:
    from posse.kernels.compiler import Kernel

Floats = npt.NDArray[np.float64]

_SUBNORMAL, _ONE = 5e-324, 1.0  # apart, so that their product is not made when this is compiled


@dataclass(frozen=True)
class Column:
    """Values of one parameter, float64 of shape (length of its axis,), and which axis that is."""

    values: Floats
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
    workspace: Workspace | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Solve every point of a grid in this thread, without holding the interpreter's lock.

    columns: one for each parameter; defaults stand in for those left out.
    shape: length of each axis, the last varying fastest.
    outputs: names; real: type of the real ones, "float32" or "float64".
    workspace: keeps the memory of the results for the next grid, which overwrites them; else they have their own.
    Returns an array of shape (components, *shape) for each output. Points outside the game's domain get
    code 254 and NaN. Raises ArithmeticModeError where this process rounds the smallest numbers to zero, InputError
    where the game cannot be compiled, or has a code, flags or a count that it did not declare.
    """
    require_ieee()
    ordered = _in_order(game, columns)
    declared = [game.output(name) for name in outputs]
    count = prod(shape)
    grid = tuple(shape)
    if 0 < count < SHORT:
        ordered, grid = _repeated(ordered, grid), (SHORT,)
    wanted = [(o.name, (o.components, prod(grid)), o.dtype(real)) for o in declared]
    results = [workspace.array(*w) if workspace else lasting(*w[1:]) for w in wanted]
    if count:
        constants, nest = _planned(game, ordered, grid, tuple(outputs))
        solve_nest(game, tuple(outputs), real, constants, nest, ordered, results)
        for output, result in zip(declared, results, strict=True):
            if not is_certain(game, output.name, constants):
                _require_declared(game, output, result, ordered, grid)
    return {o.name: r[:, :count].reshape(o.components, *shape) for o, r in zip(declared, results, strict=True)}


def _require_declared(
    game: Game, output: Output, result: npt.NDArray[Any], columns: Sequence[Column], shape: Sequence[int]
) -> None:
    """Refuse a game whose kernel has marked a number as none of the output's, at a point that is named."""
    marked = result == output.not_computed
    if not marked.any():
        return
    component, point = np.unravel_index(marked.argmax(), marked.shape)
    place = np.unravel_index(point, shape)
    values = {
        p.name: float(c.values[0 if c.axis is None or len(c.values) == 1 else place[c.axis]])
        for p, c in zip(game.parameters, columns, strict=True)
    }
    found = numbers(game, call(game, {n: np.float64(v) for n, v in values.items()}), output)[component]
    varying = [p.name for p, c in zip(game.parameters, columns, strict=True) if c.axis is not None]
    at = ", ".join(f"{name} = {written(values[name])}" for name in varying or values)
    raise undeclared(game, output, found, f" where {at}")


def solve_arrays(
    game: Game,
    arrays: Mapping[str, Floats],
    outputs: Sequence[str],
    real: str = "float64",
    workspace: Workspace | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Solve a game where its parameters have these values; see solve_grid.

    arrays: by parameter, float64, all with as many dimensions, along each of which they have one length or 1. Those
        that vary along one dimension are bound to it; if one varies along several, all points are listed.
    """
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    along = {name: [k for k, n in enumerate(array.shape) if n != 1] for name, array in arrays.items()}
    if all(len(axes) <= 1 for axes in along.values()):
        columns = {name: Column(a.reshape(-1), *along[name]) for name, a in arrays.items()}
        return solve_grid(game, columns, shape, outputs, real, workspace)
    listed = {
        name: Column(np.broadcast_to(a, shape).reshape(-1), 0) if along[name] else Column(a.reshape(-1))
        for name, a in arrays.items()
    }
    solved = solve_grid(game, listed, (prod(shape),), outputs, real, workspace)
    return {name: numbers.reshape(len(numbers), *shape) for name, numbers in solved.items()}


def require_ieee() -> None:
    """Raise unless the processor keeps subnormal numbers, which a library linked with -ffast-math stops it to do."""
    if _SUBNORMAL * _ONE == 0:
        raise ArithmeticModeError(
            "another library has set the processor to take the smallest numbers for zero, so results would differ from "
            "those elsewhere; run posse in a process that does not load it (it was linked with gcc -ffast-math)"
        )


def kernel_for(
    game: Game, columns: Mapping[str, Column], shape: Sequence[int], outputs: Sequence[str], real: str = "float64"
) -> "Kernel":
    """The kernel that solves such a grid; see solve_grid."""
    from posse.kernels.compiler import compile_kernel  # slow to import

    ordered = _in_order(game, columns)
    constants, nest = _planned(game, ordered, tuple(shape), tuple(outputs))
    return compile_kernel(game, tuple(outputs), real, tuple(nest.place(c.axis) for c in ordered), constants)


def _in_order(game: Game, columns: Mapping[str, Column]) -> list[Column]:
    """A column for each parameter, the default where none is given."""
    return [columns.get(p.name) or fixed(p.default) for p in game.parameters]


def _planned(
    game: Game, columns: Sequence[Column], shape: tuple[int, ...], outputs: tuple[str, ...]
) -> tuple[Constants, Nest]:
    """What is built into the kernel of a grid, and the loops around it."""
    constants = _constants(game, columns)
    return constants, _nest(game, outputs, constants, tuple(c.axis for c in columns), shape)


def _repeated(columns: Sequence[Column], shape: Sequence[int]) -> list[Column]:
    """A grid of few points as a list of SHORT points, some of them several times."""

    def values(column: Column) -> Floats:
        along = column.values.reshape([-1 if k == column.axis else 1 for k in range(len(shape))])
        return np.resize(np.broadcast_to(along, shape), SHORT)

    return [c if c.axis is None else Column(values(c), 0) for c in columns]


def solve_nest(
    game: Game,
    outputs: tuple[str, ...],
    real: str,
    constants: Constants,
    nest: Nest,
    columns: Sequence[Column],
    results: Sequence[npt.NDArray[Any]],
) -> None:
    """Solve a grid in this nest, each parameter's values laid out for its loop.

    results: an array of shape (components, points) for each output, which is filled.
    """
    from posse.kernels.compiler import compile_kernel  # slow to import

    places = tuple(nest.place(c.axis) for c in columns)
    held, middle, inner = (
        [c for c, p in zip(columns, places, strict=True) if p == at] for at in (OUTER, MIDDLE, INNER)
    )
    starts = nest.starts()
    held_values = np.empty((len(starts), len(held)))
    for k, column in enumerate(held):
        held_values[:, k] = nest.along_outer(column.values, column.axis)
    middle_values = np.array([c.values for c in middle], dtype=np.float64).reshape(len(middle), nest.steps)
    rows = [nest.along_row(c.values, c.axis) for c in inner if c.axis is not None]
    kernel = compile_kernel(game, outputs, real, places, constants)
    out = [part for result in results for part in result]
    kernel(held_values, starts, middle_values, nest.stride, _addresses(rows), nest.row, _addresses(out))


def _addresses(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    return np.array([array.ctypes.data for array in arrays], dtype=np.int64)


@lru_cache(maxsize=256)
def _nest(
    game: Game,
    outputs: tuple[str, ...],
    constants: Constants,
    axes: tuple[int | None, ...],
    shape: tuple[int, ...],
) -> Nest:
    program = trace(game, outputs, "float64", [OUTER] * len(axes), constants)
    return choose(program.graph, program.results, axes, shape)


def _constants(game: Game, columns: Sequence[Column]) -> Constants:
    """Parameters that hold their common value everywhere, for which the kernel is compiled anew."""
    return tuple(
        (p.name, p.common)
        for p, c in zip(game.parameters, columns, strict=True)
        if p.common is not None and len(c.values) == 1 and c.values[0].hex() == float(p.common).hex()  # 0.0 is not -0.0
    )
