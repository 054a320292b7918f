"""Parts of a cube, chosen by label.

select(ds, {"diversity": "0.2", "cap_observer": "0.5:2"}) -> Dataset
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from posse.kernels.errors import InputError, pick
from posse.sweeps import spec


def select(ds: xr.Dataset, wanted: Mapping[str, str]) -> xr.Dataset:
    """Choose labels by their text: a label, or LOW:HIGH for all labels from one to the other.

    A number need not be typed to the last digit: it stands for the one label that it is the rounding of.
    """
    for dim, text in wanted.items():
        labels = dimension(ds, dim).values
        ds = ds.isel({dim: _position(dim, text, labels)})
    return ds


def dimension(ds: xr.Dataset, name: str) -> xr.DataArray:
    """The labels of a dimension; where there is none of that name, an error that says what the name stands for."""
    if name not in ds.dims and name in ds.coords:
        if ds[name].ndim:
            raise InputError(f"{name}: is bound by the axis {ds[name].dims[0]}; choose a label of that")
        raise InputError(f"{name}: is held at {ds[name].item()} already")
    fixed = spec.parse(ds.attrs["spec"]).fixed if "spec" in ds.attrs else {}
    if name in fixed:
        raise InputError(f"{name}: is fixed at {fixed[name]:g} in this cube")
    return ds[pick("dimension", name, {str(d): str(d) for d in ds.dims})]


def _position(dim: str, text: str, labels: np.ndarray[Any, Any]) -> int | slice:
    if labels.dtype.kind not in "iuf":
        names = [str(label) for label in labels]
        return pick(f"label of {dim}", text, {name: k for k, name in enumerate(names)})
    low, colon, high = text.partition(":")
    if colon:
        inside = np.flatnonzero((labels >= _number(dim, low, -np.inf)) & (labels <= _number(dim, high, np.inf)))
        if low and high and _number(dim, low) > _number(dim, high):
            raise InputError(f"{dim}: {text} runs downwards; write {high}:{low}")
        if not len(inside):
            raise InputError(f"{dim}: no label lies in {text}; they go from {labels[0]:g} to {labels[-1]:g}")
        return slice(int(inside[0]), int(inside[-1]) + 1)
    value = _number(dim, text)
    nearest = int(np.abs(labels - value).argmin())
    if labels[nearest] == value:
        return nearest
    digits = max(4, len(text.partition("e")[0].replace(".", "").lstrip("-0")))
    around = slice(max(0, nearest - 1), nearest + 2)
    alike = [k for k in range(len(labels))[around] if _rounded(labels[k], digits) == value]
    if len(alike) != 1:
        near = ", ".join(f"{label:.10g}" for label in labels[around])
        raise InputError(f"{dim}: {text} is not {'one' if alike else 'a'} label; near it are {near}")
    return alike[0]


def _rounded(label: float, digits: int) -> float:
    return float(f"{label:.{digits}g}")


def _number(dim: str, text: str, empty: float | None = None) -> float:
    if empty is not None and not text:
        return empty
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{dim}: {text!r} is not a number") from None
