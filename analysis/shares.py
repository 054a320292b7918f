"""How much of a cube each regime takes, and which gives way to which.

share(ds) -> share of parameter space by regime
transitions(ds, "diversity") -> steps along an axis from one regime to another
flips(one, other) -> cells of one cube or slice that another has in another regime
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.borders import borders
from posse.analysis.codes import codes, grouped, regime_variable
from posse.analysis.counts import counts, in_pieces
from posse.analysis.selection import dimension
from posse.kernels.errors import InputError

Beliefs = Mapping[str, Any]


def share(
    ds: xr.Dataset, over: str | Iterable[str] | None = None, weights: Beliefs | None = None, by: str | None = None
) -> xr.DataArray:
    """Share of the points by regime: over all dimensions, or over some. See Accessor.share."""
    variable = in_pieces(ds[regime_variable(ds)])
    dims = _over(ds, variable, over)
    mass = {dim: _mass(ds[dim], belief) for dim, belief in _known(ds, dims, weights or {}).items()}
    names, classes = _classes(variable, by)
    weight = {dim: m / m.sum() for dim, m in mass.items()}
    rest = int(np.prod([variable.sizes[dim] for dim in dims if dim not in weight]))
    table = counts(classes, len(names), dims, weight) / max(1, rest)
    labelled = table.rename({"class": by or "regime"}).assign_coords({by or "regime": names})
    return labelled.rename("share").assign_attrs(units="1", long_name="share of the points")


def _over(ds: xr.Dataset, variable: xr.DataArray, over: str | Iterable[str] | None) -> list[str]:
    """The dimensions to go over, checked."""
    if over is None:
        return [str(dim) for dim in variable.dims]
    wanted = [over] if isinstance(over, str) else list(over)
    for dim in wanted:
        dimension(ds, dim)
        if dim not in variable.dims:
            raise InputError(
                f"over: {variable.name} has no dimension {dim}; it has {', '.join(map(str, variable.dims))}"
            )
    return list(wanted)


def _known(ds: xr.Dataset, dims: Sequence[str], weights: Beliefs) -> dict[str, Any]:
    for dim in weights:
        dimension(ds, dim)
        if dim not in dims:
            raise InputError(f"weights: {dim} is not summed over; the share is over {_listed(dims)}")
    return dict(weights)


def _mass(labels: xr.DataArray, belief: Any) -> npt.NDArray[np.float64]:
    """What each label of an axis weighs.

    belief: numbers; a distribution, whose `cdf` gives the cells between the labels what it holds there; or a
        density, a function of the labels.
    """
    if labels.size == 1:
        return np.ones(1)
    if hasattr(belief, "cdf"):
        weight = np.diff(belief.cdf(borders(_numeric(labels))))
    elif callable(belief):
        weight = belief(_numeric(labels)) * np.diff(borders(_numeric(labels)))
    else:
        weight = np.asarray(belief, dtype=np.float64)
    where = f"weights: those of {labels.name}"
    if weight.shape != labels.shape:
        raise InputError(f"{where} have the shape {weight.shape}, but there are {labels.size} labels")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise InputError(f"{where} must be numbers from 0 on, of which one is larger; they begin with {weight[:4]}")
    return np.asarray(weight, dtype=np.float64)


def _numeric(labels: xr.DataArray) -> npt.NDArray[np.float64]:
    if labels.dtype.kind not in "iuf":
        raise InputError(f"weights: {labels.name} has names for labels; give a weight for each of the {labels.size}")
    return labels.values.astype(np.float64)


def _classes(variable: xr.DataArray, by: str | None = None) -> tuple[list[str], xr.DataArray]:
    """The names of the codes, or of their groups, and for each cell the position of its own; beyond them, of none."""
    words = grouped(variable, by)
    names = list(dict.fromkeys(words))
    position = np.full(256, 255, dtype=np.uint8)
    position[[code.value for code in codes(variable)]] = [names.index(word) for word in words]
    looked_up: xr.DataArray = xr.apply_ufunc(position.__getitem__, variable, dask="parallelized", output_dtypes=["u1"])
    return names, looked_up


def boundaries(ds: xr.Dataset, along: str | Iterable[str] | None = None) -> xr.DataArray:
    """Where the regime is another one at the next label. See Accessor.boundaries."""
    variable = in_pieces(ds[regime_variable(ds)])
    found = xr.zeros_like(variable, dtype=bool)
    for dim in _over(ds, variable, along):
        following = variable.shift({dim: -1}, fill_value=0)
        last = xr.DataArray(np.arange(variable.sizes[dim]) == variable.sizes[dim] - 1, dims=dim)
        found = found | ((following != variable) & ~last)
    return found.drop_attrs().rename("boundary")


def transitions(ds: xr.Dataset, along: str) -> xr.Dataset:
    """Steps along an axis from one regime to another. See Accessor.transitions."""
    variable = in_pieces(ds[regime_variable(ds)])
    (dim,) = _over(ds, variable, along)
    names, classes = _classes(variable)
    size = classes.sizes[dim] - 1
    if size < 1:
        raise InputError(f"{along}: has one label, but a transition needs two")
    labels = ds[dim].values
    numeric = labels.dtype.kind in "iuf"
    middle = (labels[:-1] + labels[1:]) / 2 if numeric else np.arange(size) + 0.5
    before, after = (
        classes.isel({dim: part}).drop_vars(dim, errors="ignore") for part in (slice(size), slice(1, None))
    )
    over = [str(d) for d in classes.dims if d != dim]
    table = _pairs(before, after, names, over).assign_coords({dim: middle})
    steps = table.sum(dim)
    there = table > 0
    place = table[dim].broadcast_like(table)
    attributes = ds[dim].attrs if numeric else {"long_name": f"position between labels of {along}, from 0"}
    where = {
        "lowest": place.where(there).min(dim),
        "mean": (table * place).sum(dim) / steps.where(steps > 0),
        "highest": place.where(there).max(dim),
    }
    found = {"steps": steps, "share": steps / (variable.size // variable.sizes[dim] * size)}
    return xr.Dataset(found | {name: v.assign_attrs(attributes) for name, v in where.items()})


def flips(one: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """What changes from one cube or slice to another. See Accessor.flips."""
    first, second = (in_pieces(ds[regime_variable(ds)]) for ds in (one, other))
    if first.attrs["flag_meanings"] != second.attrs["flag_meanings"]:
        raise InputError("flips: the two do not have the same regimes")
    if set(first.dims) != set(second.dims):
        raise InputError(f"flips: one has the dimensions {_listed(first.dims)}, the other {_listed(second.dims)}")
    for dim in first.dims:
        if not np.array_equal(first[dim].values, second[dim].values):
            raise InputError(f"flips: the labels of {dim} differ between the two")
    second = second.transpose(*first.dims)
    names, before = _classes(first)
    _, after = _classes(second)
    table = _pairs(before, after, names, [str(d) for d in before.dims])
    changed = (before.variable != after.variable).to_base_variable()
    shared = {name: c for name, c in first.coords.items() if name in second.coords and c.equals(second.coords[name])}
    return xr.Dataset(
        {"cells": table, "share": table / max(1, first.size), "changed": (first.dims, changed.data)},
        {name: c for name, c in shared.items() if set(c.dims) <= set(first.dims)},
    )


def _listed(dims: Iterable[Hashable]) -> str:
    return ", ".join(map(str, dims)) or "none"


def _pairs(before: xr.DataArray, after: xr.DataArray, names: list[str], over: list[str]) -> xr.DataArray:
    """How often each class is followed by each other one: dimensions "from", "to" and those that are not gone over."""
    n = len(names)
    plain = [v.drop_vars(list(v.coords)) for v in (before, after)]
    if plain[0].chunks is not None or plain[1].chunks is not None:
        plain = list(xr.unify_chunks(*plain))  # type: ignore[arg-type]
    one, two = (v.astype(np.uint16) for v in plain)
    table = counts((one * n + two).where((one < n) & (two < n) & (one != two), n * n).astype(np.uint16), n * n, over)
    split = table.data.reshape(n, n, *table.shape[1:])
    return xr.DataArray(split, {"from": names, "to": names}, ["from", "to", *table.dims[1:]])
