"""A cube as a tidy table: a row for each point, a column for each label, result and component.

table(ds)    all of it, as a pandas frame
pieces(ds)   the same rows in the same order, in frames that fit into memory
columns(ds)  its columns: their names, and what each is about
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import psutil
import xarray as xr

from posse.analysis.codes import codes
from posse.analysis.dims import defined, grid
from posse.kernels.errors import InputError
from posse.sweeps.memory import require_memory

Array = npt.NDArray[Any]

MOST_ROWS = 1 << 20  # of a piece
NONE_SET = "none"
MEMORY = 8  # a part of it that a slab may take


@dataclass(frozen=True)
class Column:
    """A variable of a Dataset, or one component of it; `component` are its labels along dimensions of its own."""

    name: str
    variable: xr.DataArray
    component: tuple[Any, ...] = ()

    @property
    def long_name(self) -> str:
        """Of whom, and what it is; empty where that is not known."""
        return ": ".join(map(str, filter(None, (*self.component, self.variable.attrs.get("long_name", "")))))


def table(ds: xr.Dataset) -> pd.DataFrame:
    """A tidy table: a row for each point, a column for each label, result and component.

    Codes, flags and names are categories: codes by name, flags by the names of those that are set, or "none". What has
    not been computed is missing.

    Raises InputError where there are no points, TooLargeError where the table would not fit into memory.

    >>> import posse
    >>> from posse.analysis.table import table
    >>> table(posse.solve("restraint", diversity=[0.2, 0.8], outputs=["regime", "victory"]))
       point  diversity                regime  victory
    0      0        0.2   resigned_neutrality      0.6
    1      1        0.8  reassured_neutrality      0.6
    """
    require_memory(rows(ds) * 16 * len(columns(ds)), "the table")
    return _frame(ds.compute())


def pieces(ds: xr.Dataset) -> Iterator[pd.DataFrame]:
    """The rows of the table in pieces of at most MOST_ROWS, read some labels of the first dimension at a time."""
    dims = points(ds)
    for slab in _slabs(ds, dims):
        for window in _windows([slab.sizes[dim] for dim in dims], MOST_ROWS):
            yield _frame(slab.isel(dict(zip(dims, window, strict=True))).compute())


def _slabs(ds: xr.Dataset, dims: Sequence[str]) -> Iterator[xr.Dataset]:
    """A Dataset in slabs as thick as its chunks, in memory, so that each chunk is read once; as it is if none fits."""
    size = ds.sizes[dims[0]] if dims else 1
    lengths = [v.variable.chunksizes.get(dims[0], (size,)) if dims else (1,) for v in ds.data_vars.values()]
    thick = max([1, *map(max, lengths)])
    if thick >= size or ds.nbytes / size * thick > psutil.virtual_memory().available / MEMORY:
        yield ds
        return
    for start in range(0, size, thick):
        yield ds.isel({dims[0]: slice(start, start + thick)}).compute()


def rows(ds: xr.Dataset) -> int:
    """How many rows the table has: the points of the grid."""
    return prod(ds.sizes[dim] for dim in points(ds))


def points(ds: xr.Dataset) -> list[str]:
    """The dimensions of the points, of which each has a row. InputError where there is none."""
    if not ds.data_vars:
        raise InputError("there is nothing to write: no variable is left")
    empty = [str(dim) for dim, length in ds.sizes.items() if length == 0]
    if empty:
        raise InputError(f"there is nothing to write: no label of {', '.join(empty)} is left")
    return grid(ds)


def columns(ds: xr.Dataset) -> list[Column]:
    """The columns in order: labels first, then results."""
    dims = points(ds)
    others = [str(name) for name in ds.coords if name not in dims and set(ds[name].dims) <= set(dims)]
    found = [Column(name, ds[name].reset_coords(drop=True)) for name in (*dims, *others)]
    for name, variable in ds.data_vars.items():
        own = [dim for dim in variable.dims if dim not in dims]
        for place in product(*(range(variable.sizes[dim]) for dim in own)):
            part = variable.isel(dict(zip(own, place, strict=True))).reset_coords(drop=True)
            labels = tuple(variable[dim].values.tolist()[k] for dim, k in zip(own, place, strict=True))
            found.append(Column("_".join(map(str, (name, *labels))), part, labels))
    names = [column.name for column in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two columns would be called {name}; rename one of the variables")
    return found


def _frame(ds: xr.Dataset) -> pd.DataFrame:
    dims = points(ds)
    shape = [ds.sizes[dim] for dim in dims]
    return pd.DataFrame({c.name: _values(c.variable, dims, shape) for c in columns(ds)})


def _values(variable: xr.DataArray, dims: Sequence[str], shape: Sequence[int]) -> Any:
    """A column: names in place of codes, strings as categories, other numbers as they are."""
    if "flag_meanings" in variable.attrs:
        numbers = spread(variable, dims, shape)
        names = code_names(variable, numbers)
        last = max(names, default=0) + 1
        position = np.full(last + 1, -1)
        position[list(names)] = range(len(names))
        known = np.where((numbers >= 0) & (numbers < last), numbers, last).astype(np.int64)
        return pd.Categorical.from_codes(position[known], pd.Index(list(names.values()), dtype=object))
    if variable.dtype.kind in "TUO":
        position, words = pd.factorize(variable.values.astype(object).ravel())
        positions = variable.copy(data=position.reshape(variable.shape))
        return pd.Categorical.from_codes(spread(positions, dims, shape), pd.Index(words, dtype=object))
    return spread(defined(variable), dims, shape)


def spread(variable: xr.DataArray, dims: Sequence[str], shape: Sequence[int]) -> Array:
    """The values of a variable at every point of a grid, flat."""
    own = [length if dim in variable.dims else 1 for dim, length in zip(dims, shape, strict=True)]
    values = variable.transpose(*(dim for dim in dims if dim in variable.dims)).values
    return np.broadcast_to(values.reshape(own), tuple(shape)).ravel()


def code_names(variable: xr.DataArray, numbers: Array) -> dict[int, str]:
    """What codes mean, by number; of sets of flags, those that occur among `numbers`. Not computed means nothing."""
    known = codes(variable)
    if "flag_masks" not in variable.attrs:
        return {code.value: code.name for code in known}
    most = max(code.value for code in known)  # alone: outside the domain; with other bits: not computed
    sets = [int(value) for value in np.unique(numbers) if 0 <= value <= most]
    return {value: " ".join(c.name for c in known if value & c.value) or NONE_SET for value in sets}


def _windows(shape: Sequence[int], most: int) -> Iterator[tuple[slice, ...]]:
    """A grid in parts of at most `most` points, which follow each other as its points do."""
    inner = next((k for k in range(len(shape)) if prod(shape[k + 1 :]) <= most), 0)
    step = max(1, most // prod(shape[inner + 1 :]))
    for place in product(*map(range, shape[:inner])):
        for start in range(0, shape[inner] if shape else 0, step):
            first = (*(slice(k, k + 1) for k in place), slice(start, min(start + step, shape[inner])))
            yield (*first, *map(slice, shape[inner + 1 :]))
    if not shape:
        yield ()
