"""Parts of a cube, chosen by label.

position(labels, 0.21)                                        which label is meant
select(ds, {"diversity": "0.2", "cap_observer": "0.5:2"})     the part that a command line names
exactly(ds, {"resolve": 0.3})                                 the slice at these labels
nearest(ds, {"diversity": 0.21, ...})                         the point nearest to another
component(variable, "observer")                               one component of an output
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from posse.analysis.dims import components, grid, written
from posse.kernels.errors import InputError, pick

ALIKE = 1e-6  # numbers this near to each other, relatively, are one label, as the same number in float32 is


def dimension(ds: xr.Dataset, name: str) -> xr.DataArray:
    """The labels of a dimension; where there is none of that name, an error that says what the name stands for."""
    if not isinstance(name, str):
        raise InputError(f"dimension: {name!r} is not a name; there is {', '.join(map(str, ds.dims))}")
    if name in ds.dims:
        return ds[name]
    if name in ds.coords:
        if ds[name].ndim:
            raise InputError(f"{name}: is bound by the axis {ds[name].dims[0]}; choose a label of that")
        raise InputError(f"{name}: is held at {ds[name].item()} already")
    sweep = written(ds)
    if sweep and name in sweep.fixed:
        raise InputError(f"{name}: is fixed at {sweep.fixed[name]:g} in this cube")
    return pick("dimension", name, {str(d): ds[d] for d in ds.dims})


def position(labels: xr.DataArray, value: Any, within: float = np.inf) -> int:
    """Which label is nearest to a value, no farther than `within` relative to it."""
    name = str(labels.name)
    if labels.dtype.kind not in "iuf":
        return pick(f"label of {name}", str(value), {str(label): k for k, label in enumerate(labels.values)})
    try:
        number = float(getattr(value, "item", lambda: value)())
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number) or isinstance(value, str):
        raise InputError(f"{name}: {str(value)!r} is not a number")
    low, high = labels.values.min(), labels.values.max()
    slack = ALIKE * max(abs(low), abs(high))
    if not low - slack <= number <= high + slack:
        raise InputError(f"{name}: {number:g} is outside of the cube; labels go {span(labels)}")
    found = int(abs(labels.values - number).argmin())
    if abs(labels.values[found] - number) > within * abs(number):
        raise InputError(f"{name}: {number:.10g} is not a label; the nearest is {labels.values[found]:.10g}")
    return found


def span(labels: xr.DataArray) -> str:
    """From where to where labels go, in words."""
    if labels.dtype.kind in "iuf":
        return f"from {labels.values.min():g} to {labels.values.max():g}"
    return f"over {', '.join(map(str, labels.values))}"


def exactly(ds: xr.Dataset, labels: Mapping[str, Any]) -> xr.Dataset:
    """The slice at these labels, each of which there has to be; numbers are not compared to the last digit."""
    return ds.isel({dim: position(dimension(ds, dim), value, ALIKE) for dim, value in labels.items()})


def nearest(ds: xr.Dataset, point: Mapping[str, Any]) -> xr.Dataset:
    """The point of the grid that is nearest to another, which lies within the range of the labels."""
    chosen = {dim: position(dimension(ds, dim), value) for dim, value in point.items()}
    free = [d for d in grid(ds) if d not in chosen and ds.sizes[d] > 1]
    if free:
        raise InputError(f"point: give {', '.join(free)} as well; they go {'; '.join(span(ds[d]) for d in free)}")
    return ds.isel(dict.fromkeys(grid(ds), 0) | chosen)


def component(variable: xr.DataArray, label: Any = None) -> xr.DataArray:
    """One component of an output of several; without a label, an output that is a single number."""
    own = components(variable)
    if not own and label is not None:
        raise InputError(f"{variable.name}: is a single number; there is no {label!r} of it")
    for dim in own:
        names = {str(name): k for k, name in enumerate(variable[dim].values)}
        if label is None:
            raise InputError(f"{dim}: choose one of {', '.join(names)}")
        variable = variable.isel({dim: pick(dim, str(label), names)}, drop=True)
    return variable


def select(ds: xr.Dataset, wanted: Mapping[str, str]) -> xr.Dataset:
    """Choose labels by their text: a label, or LOW:HIGH for all labels from one to the other.

    A number need not be typed to the last digit: it stands for the one label that it is the rounding of.
    """
    for dim, text in wanted.items():
        ds = ds.isel({dim: _meant(dimension(ds, dim), text)})
    return ds


def _meant(labels: xr.DataArray, text: str) -> int | slice:
    dim, values = str(labels.name), labels.values
    if values.dtype.kind not in "iuf":
        return position(labels, text)
    low, colon, high = text.partition(":")
    if colon:
        inside = np.flatnonzero((values >= _number(dim, low, -np.inf)) & (values <= _number(dim, high, np.inf)))
        if low and high and _number(dim, low) > _number(dim, high):
            raise InputError(f"{dim}: {text} runs downwards; write {high}:{low}")
        if not len(inside):
            raise InputError(f"{dim}: no label lies in {text}; they go {span(labels)}")
        return slice(int(inside[0]), int(inside[-1]) + 1)
    value = _number(dim, text)
    nearest = int(np.abs(values - value).argmin())
    if values[nearest] == value:
        return nearest
    digits = max(4, len(text.partition("e")[0].replace(".", "").lstrip("-0")))
    around = slice(max(0, nearest - 1), nearest + 2)
    alike = [k for k in range(len(values))[around] if float(f"{values[k]:.{digits}g}") == value]
    if len(alike) != 1:
        near = ", ".join(f"{label:.10g}" for label in values[around])
        raise InputError(f"{dim}: {text} is not {'one' if alike else 'a'} label; near it are {near}")
    return alike[0]


def _number(dim: str, text: str, empty: float | None = None) -> float:
    if empty is not None and not text:
        return empty
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{dim}: {text!r} is not a number") from None
