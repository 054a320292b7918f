"""Opening what has been solved, or can be.

open_cube(store)    the cube in a store as a labelled Dataset, lazily, with all that it has grown by
open_any(where)     a store, or a sweep file as a virtual cube
"""

import warnings
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Literal

import xarray as xr

from posse.kernels.errors import IncompleteError, StoreError
from posse.sweeps import growth, records, spec
from posse.sweeps.cube import Cube, is_sealed, read_description
from posse.sweeps.guard import GuardedStore
from posse.sweeps.store import Store, open_store
from posse.sweeps.sweep import Sweep, read_outputs
from posse.sweeps.virtual import virtual as virtual_cube
from posse.sweeps.virtual import virtual_outputs


class IncompleteWarning(UserWarning):
    """The cube is not finished; reading a cell that has not been solved raises IncompleteError."""


def open_cube(where: str | Path | Store, virtual: bool | Sequence[str] = False, *, dask: bool = True) -> xr.Dataset:
    """Open a cube as a lazy Dataset.

    where: a folder, or s3://bucket/path.
    virtual: True adds all outputs of the game that the cube does not store, a list those that it names; they are solved
        when they are read, in the cube's type of real numbers.
    dask: whether variables are Dask arrays, of the cube's chunks.

    The numbers are those of `xarray.open_zarr(store)`, and of what the cube has grown by since. On top of it this
    checks that the store is a whole cube: of an unfinished one it warns (IncompleteWarning), and reading a cell that
    has not been solved, or whose chunk is missing or damaged, raises instead of giving a fill value. The game need not
    be installed, unless outputs are virtual; then GameChangedError is raised where it is not as it was when the cube
    was made.

    >>> import posse
    >>> sweep = posse.Sweep("restraint", {"cap_observer": [1, 2]}, {"diversity": 0.2}, outputs=["regime"])
    >>> list(sweep.run("regimes.zarr", progress=False))
    ['regime']
    >>> posse.open_cube("regimes.zarr", virtual=["payoff"]).payoff.sel(player="observer").values.round(3)
    array([0.541, 0.653], dtype=float32)
    """
    parts = growth.parts(open_store(where))
    if len(parts) > 1 and not is_sealed(parts[-1]):
        _warn(f"{parts[0]}: is growing, and is shown as it was before; posse resume {parts[0]} finishes it")
        parts.pop()
    stored = open_parts(parts, dask)
    if virtual:
        solved = _virtual(parts[0], stored, virtual)
        stored = stored.assign(_chunked(solved) if dask else solved)
    return stored


def open_parts(parts: Sequence[Store], dask: bool = True) -> xr.Dataset:
    """A cube of these parts as a lazy Dataset."""
    if len(parts) == 1:
        return _open(parts[0], dask)
    whole = reduce(growth.joined, (_open(part, False) for part in parts))
    return _chunked(whole) if dask else whole


def _chunked(ds: xr.Dataset) -> xr.Dataset:
    return ds.map(lambda variable: variable.chunk(variable.encoding["preferred_chunks"]), keep_attrs=True)


def _open(store: Store, dask: bool) -> xr.Dataset:
    """One part of a cube."""
    there, sealed = read_description(store), is_sealed(store)
    if sealed and store.get("zarr.json") is None:
        raise StoreError(
            f"{store}: zarr.json is missing although it was written; posse verify --repair writes it again"
        )
    if store.get("zarr.json") is None:
        raise IncompleteError(f"{store}: has only been begun; run the sweep again")
    if not sealed:
        missing = len(there.blocks) - len(records.recorded(store, len(there.blocks)))
        _warn(
            f"{store}: {missing} of {len(there.blocks)} blocks are not solved yet; reading them raises, "
            "running the sweep again finishes them"
        )
    opened: xr.Dataset = xr.open_zarr(
        GuardedStore(store, there, sealed), chunks={} if dask else None, consolidated=True
    )
    return opened


def _warn(text: str) -> None:
    warnings.warn(text, IncompleteWarning, stacklevel=4)


def open_any(where: str) -> xr.Dataset:
    """Open a store, or a sweep file, whose cells are solved when they are read."""
    return virtual_cube(where) if where.endswith(".toml") else open_cube(where)


def _virtual(store: Store, stored: xr.Dataset, outputs: Sequence[str] | Literal[True]) -> xr.Dataset:
    """Those of the outputs, all if True, that a cube does not store."""
    Cube.open(store)  # refuses another version of the game
    sweep = Sweep.from_spec(spec.parse(stored.attrs["spec"], str(store)))
    wanted = sweep.game.outputs if outputs is True else read_outputs(sweep.game, outputs)
    return virtual_outputs(sweep, [o for o in wanted if o not in sweep.outputs])
