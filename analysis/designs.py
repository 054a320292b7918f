"""The design axes of a cube: unknowns that were drawn together, and what their replicates say of errors.

designs(ds)                      each design axis, by its name
only(ds, "conditions")           the one that there is
standard_error(means, sizes)     of a mean, from the means of replicates

A design consists of replicates, independent randomisations of the same kind: how much they differ is the error of
whatever is computed from all of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.kernels.errors import InputError
from posse.sweeps.designs import ROLE

Array = npt.NDArray[Any]

REPLICATE = "_replicate"  # a dimension of what is computed for each of them


@dataclass(frozen=True, eq=False)
class Design:
    """One design axis: its dimension, its kind, how many rows belong to one base point, and what it draws.

    replicate: of each point, counted from 0; sizes: how many points of the cube each replicate has.
    """

    dim: str
    kind: str
    rows: int
    parameters: tuple[str, ...]
    replicate: Array
    sizes: Array


def designs(ds: xr.Dataset | xr.DataArray) -> dict[str, Design]:
    """The design axes of a cube, in the order of its dimensions."""
    return {str(dim): _read(ds[dim]) for dim in ds.dims if dim in ds.coords and ds[dim].attrs.get("role") == ROLE}


def _read(labels: xr.DataArray) -> Design:
    about = labels.attrs
    try:
        rows, replicates = int(about["rows"]), int(about["replicates"])
    except (KeyError, TypeError, ValueError):
        rows, replicates = 0, 0
    if min(rows, replicates) < 1 or labels.dtype.kind not in "iuf":
        raise InputError(
            f"{labels.name}: is no design any more, whose labels are numbers and whose attributes rows and replicates "
            f"are 1 or more; it has labels of {labels.dtype}, {about.get('rows')} and {about.get('replicates')}"
        )
    of_all = labels.values // rows % replicates
    _, replicate, sizes = np.unique(of_all, return_inverse=True, return_counts=True)
    parameters = tuple(str(about.get("parameters", "")).split())
    return Design(str(labels.name), str(about.get("design", "")), rows, parameters, replicate, sizes)


def only(ds: xr.Dataset | xr.DataArray, purpose: str, kind: str | None = None) -> Design:
    """The design axis of a cube, of a certain kind if one is named; else an error that says what `purpose` needs."""
    there = designs(ds)
    found = [design for design in there.values() if kind in (None, design.kind)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"{purpose}: the cube has the designs {', '.join(d.dim for d in found)}; keep a point of others"
        )
    has = "; ".join(f"{d.dim} is {d.kind}" for d in there.values()) or "the cube has none"
    few = f"{kind} = 1024" if kind else "sobol = 65536"
    raise InputError(f"{purpose}: needs a design axis, such as axes.sample with {few}; {has}")


def standard_error(means: xr.DataArray, sizes: Array) -> xr.DataArray:
    """The standard error of the mean of all points, from the means of replicates of these sizes; NaN for only one."""
    count = len(sizes)
    if count < 2:
        return means.isel({REPLICATE: 0}, drop=True) * np.nan
    weight = xr.DataArray(sizes / sizes.sum(), dims=REPLICATE)
    spread = means - (means * weight).sum(REPLICATE, skipna=False)
    squares = (spread**2 * weight**2).sum(REPLICATE, skipna=False)
    return xr.DataArray(np.sqrt(squares * (count / (count - 1))))
