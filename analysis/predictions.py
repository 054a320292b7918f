"""What a cube predicts: the share of the unknowns under which something holds, with Monte Carlo errors.

predict(ds)                              the answer of ds.posse.predict
tally(ds, over, weights, by) -> Tally    what it and scores are computed from: shares of all, and of each replicate
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import add
from typing import Any

import numpy as np
import xarray as xr

from posse.analysis.codes import main_group, outcomes, sorted_by
from posse.analysis.designs import REPLICATE, Design, designs, standard_error
from posse.analysis.dims import require_room
from posse.analysis.pieces import counts, settled, together
from posse.analysis.shares import Beliefs, Names, believed, chosen, classes_of
from posse.kernels.errors import InputError

ANSWERS = ("share", "error", "computed")


@dataclass(frozen=True, eq=False)
class Tally:
    """Shares of the unknowns, lazy where the cube is.

    variable: of codes, which was counted; word: the dimension of what they are called; inside: which of its labels are
        outcomes, not that a point is outside the domain.
    shares: of all points, dims (word, ...); they sum to 1, less what was not computed.
    replicates: the same by design and, along REPLICATE, in each replicate of it.
    """

    variable: xr.DataArray
    word: str
    inside: xr.DataArray
    shares: xr.DataArray
    replicates: list[tuple[Design, xr.DataArray]]

    def error(self, slopes: xr.DataArray | float = 1.0, over: Sequence[str] = ()) -> xr.DataArray:
        """The standard error of what has these slopes in the shares, summed over some dimensions; NaN if not known."""

        def summed(shares: xr.DataArray) -> xr.DataArray:
            return (shares * slopes).sum(over, skipna=False)

        own = [standard_error(summed(each), design.sizes) ** 2 for design, each in self.replicates]
        return xr.DataArray(np.sqrt(reduce(add, own))) if own else summed(self.shares) * np.nan

    def part(self, where: Mapping[Any, Any]) -> "Tally":
        """Those at some positions, read at once."""
        shares, *each = together(self.shares.isel(where), *(each.isel(where) for _, each in self.replicates))
        replicates = [(design, part) for (design, _), part in zip(self.replicates, each, strict=True)]
        return Tally(self.variable, self.word, self.inside, shares, replicates)


def predict(
    ds: xr.Dataset, over: Names | None = None, weights: Beliefs | None = None, by: str | None = None
) -> xr.Dataset:
    """The share of the unknowns under which each word holds, and its error. See Accessor.predict."""
    found = tally(ds, over, weights, by)
    require_room(found.shares, ANSWERS)
    word = found.word
    share = found.shares.assign_attrs(units="1", long_name="share of the unknowns")
    error = found.error().assign_attrs(units="1", long_name="Monte Carlo standard error of the share")
    computed = found.shares.sum(word).assign_attrs(units="1", long_name="share of the unknowns that was computed")
    answer = xr.Dataset({"share": share, "error": error, "computed": computed})
    return settled(answer.transpose(..., word), found.variable)


def tally(ds: xr.Dataset, over: Names | None = None, weights: Beliefs | None = None, by: str | None = None) -> Tally:
    """Count what holds under which share of the unknowns, replicate by replicate.

    over: dimensions of unknowns; all design axes if left out. by: as in Accessor.predict.
    """
    variable, group = sorted_by(ds, by or main_group(ds))
    word, possible = group or str(variable.name), outcomes(variable, group)
    require_room(variable, [word, "class", REPLICATE])
    there = designs(variable)
    if over is None and not there:
        raise InputError(
            "over: the cube has no design axis; name the dimensions of what is unknown; "
            f"it has {', '.join(map(str, variable.dims))}"
        )
    dims = chosen(ds, variable, "over", list(there) if over is None else over)
    drawn = [there[dim] for dim in dims if dim in there]
    mass = believed(ds, dims, weights)
    for design in drawn:
        if design.dim in mass:
            raise InputError(f"weights: {design.dim} is a design, whose points weigh the same; draw others instead")
    names, classes = classes_of(variable, group)
    pairs, number = _by_replicate(classes, len(names), drawn)
    table = counts(pairs, number, dims, mass).reset_coords(drop=True)
    axes = [f"{REPLICATE}{k}" for k in range(len(drawn))]
    data = table.data.reshape(*(len(d.sizes) for d in drawn), len(names), *table.shape[1:])
    parts = xr.DataArray(data, {**table.coords, word: names}, [*axes, word, *table.dims[1:]])
    points = prod(variable.sizes[dim] for dim in dims if dim not in mass)
    replicates = []
    for axis, design in zip(axes, drawn, strict=True):
        size = xr.DataArray(design.sizes * (points / variable.sizes[design.dim]), dims=axis)
        each = parts.sum([a for a in axes if a != axis]) / size
        replicates.append((design, each.rename({axis: REPLICATE})))
    inside = xr.DataArray([name in possible for name in names], {word: names}, [word])
    return Tally(variable, word, inside, parts.sum(axes) / max(1, points), replicates)


def _by_replicate(classes: xr.DataArray, number: int, drawn: list[Design]) -> tuple[xr.DataArray, int]:
    """Classes told apart by the replicates that their points belong to, the first design's first; and how many."""
    total = number * prod(len(design.sizes) for design in drawn)
    pairs, step = classes.astype(np.uint32), total
    for design in drawn:
        step //= len(design.sizes)
        start = xr.DataArray((design.replicate * step).astype(np.uint32), dims=design.dim)
        pairs = pairs + start.chunk({design.dim: classes.variable.chunksizes[design.dim]})
    return pairs.where(classes < number, total), total
