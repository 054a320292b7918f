"""Cells of a cube by what their labels are.

exactly(ds, {"resolve": 0.3}) -> the slice at these labels
cell(ds, {"diversity": 0.21}) -> the cell nearest to a point
parameters(cell) -> the game and all its parameters there
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from posse.analysis.selection import dimension
from posse.kernels.catalogue import game
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, pick
from posse.sweeps import spec


def exactly(ds: xr.Dataset, labels: Mapping[str, Any]) -> xr.Dataset:
    """The slice at these labels, each of which there has to be; numbers are not compared to the last digit."""
    return ds.isel({dim: _position(dimension(ds, dim), value, 1e-9) for dim, value in labels.items()})


def cell(ds: xr.Dataset, point: Mapping[str, Any]) -> xr.Dataset:
    """The cell whose labels are nearest to a point, which lies within their range."""
    chosen = {dim: _position(dimension(ds, dim), value) for dim, value in point.items()}
    grid = set.intersection(*(set(v.dims) for v in ds.data_vars.values())) & set(spec.parse(_spec(ds)).axes)
    free = [str(d) for d in ds.dims if d in grid and d not in chosen and ds.sizes[d] > 1]
    if free:
        raise InputError(f"point: give {', '.join(free)} as well; they go {'; '.join(_range(ds[d]) for d in free)}")
    return ds.isel({d: 0 for d in grid if d not in chosen} | chosen)


def _position(labels: xr.DataArray, value: Any, within: float = np.inf) -> int:
    """Which label is nearest to a value, no farther than `within` relative to it."""
    name = str(labels.name)
    if labels.dtype.kind not in "iuf":
        names = {str(label): k for k, label in enumerate(labels.values)}
        return pick(f"label of {name}", value, names)
    if isinstance(value, str) or not np.isscalar(value) or not np.isfinite(value):
        raise InputError(f"{name}: {value!r} is not a number")
    number = float(value)  # type: ignore[arg-type]
    low, high = sorted(labels.values[[0, -1]].tolist())
    slack = 1e-9 * max(abs(low), abs(high))
    if not low - slack <= number <= high + slack:
        raise InputError(f"{name}: {number:g} is outside of the cube; labels go {_range(labels)}")
    nearest = int(abs(labels.values - number).argmin())
    if abs(labels.values[nearest] - number) > within * max(abs(number), 1e-300):
        raise InputError(f"{name}: {number:g} is not a label; the nearest is {labels.values[nearest]:.10g}")
    return nearest


def _range(labels: xr.DataArray) -> str:
    if labels.dtype.kind in "iuf":
        return f"from {labels.values[0]:g} to {labels.values[-1]:g}"
    return f"over {', '.join(map(str, labels.values))}"


def _spec(ds: xr.Dataset) -> str:
    if "spec" not in ds.attrs:
        raise InputError("the Dataset does not say of what sweep it is a part; it has no attribute spec")
    return str(ds.attrs["spec"])


def parameters(cell: xr.Dataset) -> tuple[Game, dict[str, float]]:
    """The game of a cell, which has to be registered here, and all its parameters there."""
    written = spec.parse(_spec(cell))
    found = game(written.game)
    bound = {str(n): float(c) for n, c in cell.coords.items() if n in found.parameter_names}
    return found, found.defaults | written.fixed | bound


def story_at(ds: xr.Dataset, point: Mapping[str, Any]) -> Any:
    """The story of the cell nearest to a point. See Accessor.nearest."""
    from posse.analysis.story import story

    return story(*parameters(cell(ds, point)))
