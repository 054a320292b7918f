"""Cubes, or parts of them, in files that other programs read.

write(ds, "part.nc" or "part.csv")
table(ds) -> a tidy pandas frame
"""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import pandas as pd
import xarray as xr

from posse.analysis.codes import codes
from posse.kernels.errors import InputError, pick
from posse.sweeps.memory import require_memory


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
    for code in codes(variable):
        names[code.value] = code.name
    return variable.copy(data=names[variable.values])
