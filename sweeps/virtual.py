"""A virtual cube: the Dataset of a sweep, of any size, whose cells are solved when they are read.

virtual(sweep) -> Dataset, with the variables, labels, attributes and bits of the sweep's cube
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from posse.kernels.declaration import Output
from posse.sweeps import labels
from posse.sweeps.blocks import POINTS, chunk_shape
from posse.sweeps.memory import require_memory
from posse.sweeps.numbers import Array
from posse.sweeps.sweep import Sweep

FEW = 1 << 16  # points that are solved as a list, so that all small parts, whatever their shape, have one kernel


def virtual(sweep: Sweep | str | Path) -> xr.Dataset:
    """Open a sweep, or a sweep file, as a lazy Dataset; nothing is solved before it is read, nothing is kept.

    It has the variables, types, coordinates, attributes and numbers of the cube that the sweep would be on disk. A part
    that is read costs the solution of its cells, of the outputs that are read. `.chunk(...)` makes Dask arrays of it,
    solved chunk by chunk on all cores.

    Raises InputError where the sweep is wrong; reading raises TooLargeError where the part does not fit into memory.

    >>> import posse
    >>> axes = {name: {"linspace": [0, 0.9, 1000]} for name in ("diversity", "resolve", "attrition", "share")}
    >>> cube = posse.virtual(posse.Sweep("restraint", axes))
    >>> cube.regime.size
    1000000000000
    >>> cube.regime.isel(diversity=500, resolve=[0, -1], attrition=0, share=999).values
    array([6, 5], dtype=uint8)
    """
    sweep = sweep if isinstance(sweep, Sweep) else Sweep.from_toml(sweep)
    return virtual_outputs(sweep, sweep.outputs).assign_attrs(labels.provenance(sweep))


def virtual_outputs(sweep: Sweep, outputs: Sequence[Output]) -> xr.Dataset:
    """Outputs of the sweep's game over its grid, whether it lists them or not."""
    variables = {output.name: variable(Cells(sweep, output)) for output in outputs}
    return xr.Dataset(variables, labels.coordinates(sweep, tuple(outputs)))


def variable(cells: "Cells") -> xr.Variable:
    """An output over the grid; Dask's chunks, where it is asked for the preferred ones, are the blocks of a cube."""
    sweep, output = cells.sweep, cells.output
    dims = labels.dimensions(output, sweep.dims)
    own = (output.components,) if output.dimension else ()
    chunks = dict(zip(dims, own + chunk_shape(sweep.shape), strict=True))
    return xr.Variable(
        dims,
        indexing.LazilyIndexedArray(cells),
        labels.output_attributes(output),
        encoding={"preferred_chunks": chunks},
    )


@dataclass(frozen=True, eq=False)
class Cells(BackendArray):
    """The values of an output, solved when they are indexed. Threads may share it, and processes get it pickled."""

    sweep: Sweep
    output: Output

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.output.dtype(self.sweep.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        own = (self.output.components,) if self.output.dimension else ()
        return own + self.sweep.shape

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Array:
        own, window = (key.tuple[:1], key.tuple[1:]) if self.output.dimension else ((), key.tuple)
        if isinstance(key, indexing.VectorizedIndexer):
            solved = self._solve_each(window)
            places = np.indices(solved.shape[1:], sparse=True)
            return np.asarray(solved[(*own, *places)] if own else solved[0])
        lists = [_positions(part, n) for part, n in zip(window, self.sweep.shape, strict=True)]
        lengths = [len(one) for one, part in zip(lists, window, strict=True) if not isinstance(part, int | np.integer)]
        solved = self.solve(np.ix_(*lists)).reshape(self.output.components, *lengths)
        found = np.asarray(solved[own or 0])
        return found if found.size == solved.size else found.copy()  # the memory of the other components is free again

    def _solve_each(self, window: Sequence[Array]) -> Array:
        """All components at positions that broadcast; many are solved a block at a time, since all are listed."""
        shape = np.broadcast_shapes(*(part.shape for part in window))
        if prod(shape) <= POINTS:
            return self.solve(window)
        self.require_memory(prod(shape))
        found = np.empty((self.output.components, prod(shape)), self.dtype)
        for start in range(0, prod(shape), POINTS):
            here = np.unravel_index(np.arange(start, min(start + POINTS, prod(shape))), shape)
            listed = [np.broadcast_to(part, shape)[here] for part in window]
            found[:, start : start + POINTS] = self.solve(listed)
        return found.reshape(self.output.components, *shape)

    def require_memory(self, count: int) -> None:
        size = self.output.components * self.dtype.itemsize
        require_memory(count * size, f"reading {self.output.name}", "read a part of it, or use .chunk(...)")

    def solve(self, window: Sequence[Array]) -> Array:
        """All components, where the window fits into memory; see Sweep.solve."""
        lengths = zip(*(part.shape for part in window), strict=True)
        shape = [0 if 0 in along else max(along) for along in lengths]
        self.require_memory(prod(shape))
        if prod(shape) <= FEW:
            window = [part.reshape(-1) for part in np.broadcast_arrays(*window)]
        return self.sweep.solve(window, [self.output.name])[self.output.name].reshape(self.output.components, *shape)


def _positions(part: int | slice | Array, length: int) -> Array:
    return np.arange(*part.indices(length)) if isinstance(part, slice) else np.atleast_1d(part)
