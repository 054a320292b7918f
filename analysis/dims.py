"""What the dimensions of a cube are: axes of its grid, and components of outputs, such as the players.

components(ds)         dimensions that outputs bring along
grid(ds)               all others: the axes, in their order
written(ds), held(ds)  the spec of the sweep; at which labels its axes are held
numbers(ds)            the variables that are no codes
defined(variable)      NaN where a count is none
require_room(variable, ["alignment"])   it has cells, and no dimension called as an answer calls something else
"""

from collections.abc import Collection, Hashable
from typing import Any

import numpy as np
import xarray as xr

from posse.kernels.errors import InputError
from posse.sweeps import spec
from posse.sweeps.labels import ROLE


def components(ds: xr.Dataset | xr.DataArray) -> list[str]:
    """The dimensions whose labels are components of outputs."""
    return [str(dim) for dim in ds.dims if dim in ds.coords and ds[dim].attrs.get("role") == ROLE]


def grid(ds: xr.Dataset) -> list[str]:
    """The dimensions of the points, in the order in which the variables have them."""
    own = components(ds)
    variables = sorted(ds.data_vars.values(), key=lambda v: -v.ndim)
    return list(dict.fromkeys(str(dim) for v in variables for dim in v.dims if dim not in own))


def written(ds: xr.Dataset) -> spec.Spec | None:
    """The spec of the sweep that a Dataset is a part of, if it says so."""
    return spec.parse(str(ds.attrs["spec"])) if "spec" in ds.attrs else None


def held(ds: xr.Dataset, shown: xr.DataArray) -> dict[str, Any]:
    """The labels at which axes of the sweep are held."""
    sweep = written(ds)
    names = sweep.axes if sweep else {}
    return {str(name): c.item() for name, c in shown.coords.items() if not c.ndim and name in names}


def defined(variable: xr.DataArray) -> xr.DataArray:
    """Numbers as floats, NaN where a count is not one: outside the domain, or not computed."""
    if "valid_max" not in variable.attrs:
        return variable
    return variable.astype(np.float64).where(variable <= variable.attrs["valid_max"])


def numbers(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """The variables that hold numbers, not codes."""
    return {str(name): v for name, v in ds.data_vars.items() if "flag_meanings" not in v.attrs}


def require_room(variable: xr.DataArray, names: Collection[Hashable]) -> None:
    """Raise InputError where a cube has no cells, or a dimension by a name that an answer uses otherwise."""
    for dim, length in variable.sizes.items():
        if not length:
            raise InputError(f"{dim}: has no labels in this part of the cube; choose one or more")
        if dim in names:
            raise InputError(f"{dim}: is a dimension of this cube, but the answer calls something else so; rename it")
