"""Regions on a grid: cells in certain pieces are known, only the rest is solved.

dense(found, shape) -> Dataset
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from posse.kernels.errors import InputError, pick
from posse.kernels.painting import Ints, paint
from posse.sweeps import labels
from posse.sweeps.blocks import POINTS
from posse.sweeps.numbers import Array
from posse.sweeps.sweep import Sweep
from posse.sweeps.virtual import FEW, Cells, variable

MOST_LEFT = 1 / 4  # of a window: to solve more than that one by one takes longer than to solve it all as a grid

if TYPE_CHECKING:
    from posse.sweeps.regions import Regions


@dataclass(frozen=True, eq=False)
class Painted(Cells):
    """Cells of boxes, from first up to but without last along each axis, have these codes; others are solved."""

    first: Ints
    last: Ints
    codes: Array

    def solve(self, window: Sequence[Array]) -> Array:
        shape = tuple(part.size for part in window)
        if not _is_mesh(window) or prod(shape) <= FEW:
            return super().solve(window)
        along = [part.reshape(-1) for part in window]
        self.require_memory(prod(shape))
        grid = np.full(shape, self.output.not_computed, self.dtype)
        ranks = [np.searchsorted(part, np.arange(n + 1)) for part, n in zip(along, self.sweep.shape, strict=True)]
        paint(grid, self.first, self.last, self.codes, ranks)
        cells = grid.reshape(-1)
        left = np.flatnonzero(cells == self.output.not_computed)
        if len(left) > MOST_LEFT * len(cells):
            return super().solve(window)
        for start in range(0, len(left), POINTS):
            these = left[start : start + POINTS]
            here = np.unravel_index(these, shape)
            cells[these] = super().solve([part[k] for part, k in zip(along, here, strict=True)])[0]
        return grid[None]


def _is_mesh(window: Sequence[Array]) -> bool:
    """Whether they are the positions of a grid, increasing along each axis."""
    return all(
        part.ndim == len(window) and part.size == part.shape[k] and (np.diff(part.reshape(-1)) > 0).all()
        for k, part in enumerate(window)
    )


def dense(found: "Regions", shape: int | Mapping[str, int]) -> xr.Dataset:
    """A lazy cube of the regimes on a grid; see `Regions.dense`."""
    sweep = _sweep(found, shape)
    (output,) = sweep.outputs
    certain = found.leaves[found.leaves.is_certain]
    first, last = (np.empty(certain.low.shape, np.int64) for _ in range(2))
    for k, (axis, side) in enumerate(zip(sweep.axes, found.sides.values(), strict=True)):
        # Plain numbers, which the intervals hold that were looked at, whatever the machine that computed these.
        first[:, k] = np.searchsorted(axis.labels, side.at(certain.low[:, k]), "left")
        last[:, k] = np.searchsorted(axis.labels, side.at(certain.high[:, k]), "right")
    some = (first < last).all(1)
    codes = np.array(found.values, output.dtype(sweep.dtype))[np.log2(certain.codes[some]).astype(int)]
    painted = Painted(sweep, output, first[some], last[some], codes)
    return xr.Dataset({output.name: variable(painted)}, labels.coordinates(sweep, (output,)), labels.provenance(sweep))


def _sweep(found: "Regions", shape: int | Mapping[str, int]) -> Sweep:
    """The sweep whose cube it is."""
    counts = shape if isinstance(shape, Mapping) else dict.fromkeys(found.sides, shape)
    for name in counts:
        pick("parameter of the box", name, found.sides)
    missing = [name for name in found.sides if name not in counts]
    if missing:
        raise InputError(f"shape.{missing[0]}: is missing; there is a number for each of {', '.join(found.sides)}")
    axes = {name: side.axis(counts[name]) for name, side in found.sides.items()}
    return Sweep(found.game, axes, found.fixed, [found.output.name], outside_domain="mark")
