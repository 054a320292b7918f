"""Parts of a cube: chosen by label, written to files that other programs read.

select(ds, {"diversity": "0.2", "cap_observer": "0.5:2"}) -> Dataset
write(ds, "part.nc" or "part.csv")
"""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from posse.kernels.errors import InputError, pick
from posse.sweeps import spec
from posse.sweeps.memory import require_memory
from posse.sweeps.shares import flags


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


def write(ds: xr.Dataset, path: Path) -> None:
    """Write a Dataset as NetCDF (.nc) or as a table, a row for each point (.csv); whole or not at all."""
    writer = pick("file type", path.suffix, {".nc": _write_netcdf, ".csv": _write_csv})
    try:
        with NamedTemporaryFile(dir=path.parent, suffix=path.suffix, delete=False) as file:
            partial = Path(file.name)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        writer(ds, partial)
        _publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _publish(partial: Path, path: Path) -> None:
    """Give a temporary file its name, and the permissions of a new file."""
    mask = os.umask(0)
    os.umask(mask)
    try:
        partial.chmod(0o666 & ~mask)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def _write_netcdf(ds: xr.Dataset, path: Path) -> None:
    strings = {name: v.astype(object) for name, v in ds.variables.items() if v.dtype.kind == "T"}
    ds.assign(strings).to_netcdf(path, engine="h5netcdf")


def _write_csv(ds: xr.Dataset, path: Path) -> None:
    require_memory(ds.nbytes * 8, "the table")
    table(ds).to_csv(path, index=False)


def table(ds: xr.Dataset) -> pd.DataFrame:
    """A tidy table: a row for each point, a column for each label, result and component; names for codes."""
    grid = set.intersection(*(set(v.dims) for v in ds.data_vars.values())) if ds.data_vars else set()
    columns: dict[str, xr.DataArray] = {}
    for name, variable in ds.data_vars.items():
        named = _named(variable)
        own = [dim for dim in variable.dims if dim not in grid]
        if own:
            columns |= {f"{name}_{label}": named.sel({own[0]: label}, drop=True) for label in ds[own[0]].values}
        else:
            columns[str(name)] = named
    flat = xr.Dataset(columns)
    if not flat.dims:
        return flat.expand_dims("point").to_dataframe().reset_index(drop=True)
    order = next(v.dims for v in flat.data_vars.values())
    return flat.to_dataframe(dim_order=list(order)).reset_index()


def _named(variable: xr.DataArray) -> xr.DataArray:
    if "flag_values" not in variable.attrs:
        return variable
    names = np.full(256, "", dtype=object)
    for code in flags(variable):
        names[code.value] = code.name
    return variable.copy(data=names[variable.values])
