"""How much of a cube each regime takes, and which gives way to which.

share(ds)                      share of parameter space by regime
boundaries(ds)                 where the regime is another one at the next label
transitions(ds, "diversity")   steps along an axis from one regime to another
flips(one, other)              cells of one cube or slice that another has in another regime

A cell that was not computed is in no regime: it is counted nowhere, and nothing changes from or to it.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.beliefs import weights as weights_of
from posse.analysis.borders import borders
from posse.analysis.codes import codes, grouped, regime_variable, sorted_by
from posse.analysis.pieces import counts, in_pieces, settled, steps, tables
from posse.analysis.selection import dimension
from posse.kernels.errors import InputError, short

Array = npt.NDArray[Any]
Beliefs = Mapping[str, Any]
Names = str | Iterable[str]


def share(
    ds: xr.Dataset, over: Names | None = None, weights: Beliefs | None = None, by: str | None = None
) -> xr.DataArray:
    """Share of parameter space by regime: over all dimensions, or over some. See Accessor.share."""
    variable, by = sorted_by(ds, by)
    dims = chosen(ds, variable, "over", over)
    mass = believed(ds, dims, weights)
    names, classes = classes_of(variable, by)
    rest = prod(variable.sizes[dim] for dim in dims if dim not in mass)
    table = counts(classes, len(names), dims, mass) / max(1, rest)
    name = by or str(variable.name)
    of_what = f"share, weighted by beliefs over {_listed(mass)}" if mass else "share of the points"
    found = table.rename({"class": name}).assign_coords({name: names}).rename("share")
    return settled(found.assign_attrs(units="1", long_name=of_what), variable)


def believed(ds: xr.Dataset, dims: list[str], weights: Beliefs | None) -> dict[str, Array]:
    """What each label weighs along the dimensions over which there are beliefs, to the sum of 1."""
    mass = {}
    if not isinstance(weights, Mapping | None):
        raise InputError(f"weights: {short(weights)} is no mapping from dimensions to what their labels weigh")
    for dim, belief in (weights or {}).items():
        labels = dimension(ds, dim)
        if dim not in dims:
            raise InputError(f"weights: {dim} is not averaged over; the share is over {_listed(dims)}")
        mass[dim] = weights_of(labels, belief)
        mass[dim] = mass[dim] / mass[dim].sum()
    return mass


def chosen(ds: xr.Dataset, variable: xr.DataArray, argument: str, wanted: Names | None) -> list[str]:
    """The dimensions that an argument names, checked; all if it names none."""
    if wanted is None:
        return [str(dim) for dim in variable.dims]
    if not isinstance(wanted, Iterable):
        raise InputError(f"{argument}: {short(wanted)} is no name of a dimension, and no list of such")
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    for dim in names:
        dimension(ds, dim)
        if dim not in variable.dims:
            raise InputError(f"{argument}: {variable.name} has no dimension {dim}; it has {_listed(variable.dims)}")
        if names.count(dim) > 1:
            raise InputError(f"{argument}: {dim} stands twice")
    return names


def _listed(dims: Iterable[Any]) -> str:
    return ", ".join(map(str, dims)) or "none"


def classes_of(variable: xr.DataArray, by: str | None = None) -> tuple[list[str], xr.DataArray]:
    """The names of the codes, or of their groups, and in pieces the position of each cell's own; 255 if it has none."""
    if variable.dtype.kind != "u":
        raise InputError(f"{variable.name}: holds {variable.dtype}, no codes any more; ds.posse.where keeps them codes")
    words = grouped(variable, by)
    names = list(dict.fromkeys(words))
    position = np.full(256, 255, dtype=np.uint8)
    position[[code.value for code in codes(variable)]] = [names.index(word) for word in words]
    pieces = in_pieces(variable).data.map_blocks(position.__getitem__, dtype=np.uint8)
    return names, variable.copy(data=pieces).drop_attrs(deep=False)


def boundaries(ds: xr.Dataset, along: Names | None = None) -> xr.DataArray:
    """Where the regime is another one at the next label. See Accessor.boundaries."""
    variable = ds[regime_variable(ds)]
    dims = chosen(ds, variable, "along", along)
    names, classes = classes_of(variable)
    edges = partial(_edges, axes=[variable.get_axis_num(dim) for dim in dims], number=len(names))
    return settled(steps(classes, dims, edges, bool).rename("boundary"), variable)


def _edges(piece: Array, axes: list[int], number: int) -> Array:
    found = np.zeros(piece.shape, bool)
    for axis in axes:
        here, following = np.moveaxis(piece, axis, 0)[:-1], np.moveaxis(piece, axis, 0)[1:]
        np.moveaxis(found, axis, 0)[:-1] |= (here != following) & (here < number) & (following < number)
    return found


def transitions(ds: xr.Dataset, along: str) -> xr.Dataset:
    """Steps along an axis from one regime to another. See Accessor.transitions."""
    variable = ds[regime_variable(ds)]
    if not isinstance(along, str):
        raise InputError(f"along: {along!r} is not the name of one dimension")
    chosen(ds, variable, "along", along)
    length = variable.sizes[along]
    if length < 2:
        raise InputError(f"along: {along} has one label, but a transition needs two")
    names, classes = classes_of(variable)
    n, axis = len(names), variable.get_axis_num(along)
    pairs = steps(classes, [along], partial(_followed, axis=axis, number=n), np.uint16)
    labels = ds[along].values
    numeric = labels.dtype.kind in "iuf"
    place = np.append(borders(labels)[1:-1], np.nan) if numeric else np.arange(length) + 0.5
    by_axis = [place if k == axis else None for k in range(pairs.ndim)]
    table = tables(partial(_where_pairs, axis=axis, number=n * n), pairs.data, by_axis, (4, n * n), np.float64)
    pieces = tuple(range(1, pairs.ndim + 1))
    count, total, lowest, highest = (
        _square(part, names)
        for part in (table[0].sum(pieces), table[1].sum(pieces), table[2].min(pieces), table[3].max(pieces))
    )
    places = {"lowest": lowest, "average": total / np.maximum(count, 1), "highest": highest}
    about = ds[along].attrs if numeric else {"long_name": f"position between labels of {along}, from 0"}
    found = xr.Dataset(
        {"steps": count.astype(np.int64), "fraction": count / (variable.size // length * (length - 1))}
        | {name: there.where(count > 0).assign_attrs(about) for name, there in places.items()}
    )
    return settled(found, variable)


def _followed(piece: Array, axis: int, number: int) -> Array:
    """For each cell the pair of its class and the next one along an axis, where they differ; else no pair."""
    here, following = np.moveaxis(piece, axis, 0)[:-1], np.moveaxis(piece, axis, 0)[1:]
    found = np.full(piece.shape, number * number, np.uint16)
    np.moveaxis(found, axis, 0)[:-1] = _pair(here, following, number)
    return found


def _pair(one: Array, other: Array, number: int) -> Array:
    differs = (one != other) & (one < number) & (other < number)
    return np.where(differs, one.astype(np.uint16) * np.uint16(number) + other, number * number).astype(np.uint16)


def _where_pairs(piece: Array, *places: Array | None, axis: int, number: int) -> Array:
    """Of each pair: how many, the sum of their places, the lowest and the highest; shape (4, number, 1, ...)."""
    at = np.nonzero(piece < number)
    pair, place = piece[at], np.asarray(places[axis])[at[axis]]
    table = np.stack([np.zeros(number), np.zeros(number), np.full(number, np.inf), np.full(number, -np.inf)])
    table[0] = np.bincount(pair, minlength=number)
    table[1] = np.bincount(pair, place, minlength=number)
    np.minimum.at(table[2], pair, place)
    np.maximum.at(table[3], pair, place)
    return table.reshape(4, number, *(1,) * piece.ndim)


def _square(table: Any, names: list[str]) -> xr.DataArray:
    """A table of pairs with the names of both."""
    n = len(names)
    return xr.DataArray(table.reshape(n, n), {"before": names, "after": names}, ["before", "after"])


def flips(one: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """What changes from one cube or slice to another. See Accessor.flips."""
    first, second = (ds[regime_variable(ds)] for ds in (one, other))
    if first.attrs["flag_meanings"] != second.attrs["flag_meanings"]:
        raise InputError("flips: the two do not have the same regimes")
    if set(first.dims) != set(second.dims):
        raise InputError(f"flips: one has the dimensions {_listed(first.dims)}, the other {_listed(second.dims)}")
    for dim in first.dims:
        if not np.array_equal(first[dim].values, second[dim].values):
            raise InputError(f"flips: the labels of {dim} differ between the two")
    names, before = classes_of(first)
    after = classes_of(second.transpose(*first.dims))[1].chunk(before.variable.chunksizes)
    n = len(names)
    pairs = xr.DataArray(
        before.data.map_blocks(_pair, after.data, number=n, dtype=np.uint16),
        {name: c for name, c in before.coords.items() if c.ndim},
        before.dims,
    )
    cells = _square(counts(pairs, n * n, [str(dim) for dim in pairs.dims]).data, names)
    found = xr.Dataset({"cells": cells, "fraction": cells / max(1, first.size), "changed": pairs < n * n})
    return settled(found, first, second)
