"""Counting cells by class, chunk by chunk, in memory that does not grow with the cube.

counts(classes, number, over) -> how many cells of each class
Lazy where the classes are: nothing is read before the result is asked for.
"""

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from math import prod
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.kernels.errors import TooLargeError
from posse.sweeps.blocks import chunk_shape

MOST_CHUNKS = 1_000_000  # of a cube that is counted: their list alone takes a gigabyte

Array = npt.NDArray[Any]


def in_pieces(variable: xr.DataArray) -> xr.DataArray:
    """A variable that is neither in memory nor in chunks, in chunks."""
    if variable.chunks is not None or variable.variable._in_memory:
        return variable
    shape = dict(zip(variable.dims, chunk_shape(variable.shape), strict=True))
    if prod(-(-n // shape[dim]) for dim, n in variable.sizes.items()) > MOST_CHUNKS:
        raise TooLargeError(f"{variable.name}: has {variable.size:,} points, too many to go through; choose a part")
    return variable.chunk(shape)


def counts(
    classes: xr.DataArray, number: int, over: Sequence[str], weights: Mapping[str, Array] | None = None
) -> xr.DataArray:
    """How many cells of each class there are over some dimensions; or, with weights, how much they weigh.

    classes: whole numbers below `number`; larger ones are in no class.
    weights: of the labels of some of these dimensions; a cell weighs their product.
    Gives a new first dimension "class" before those that are left.
    """
    weights = weights or {}
    axes = [classes.get_axis_num(dim) for dim in over]
    by_axis = [np.asarray(weights[str(dim)]) if dim in weights else None for dim in classes.dims]
    count = partial(_count, number=number, axes=tuple(axes))
    if classes.chunks is None:
        table = count(classes.values, *by_axis).sum(tuple(a + 1 for a in axes))
    else:
        table = _count_chunks(count, classes.data, by_axis, number, axes)
    kept = [dim for dim in classes.dims if dim not in over]
    coordinates = {name: c for name, c in classes.coords.items() if set(c.dims) <= set(kept)}
    return xr.DataArray(table, coordinates, ["class", *kept])


def _count_chunks(count: Any, data: Any, weights: list[Array | None], number: int, axes: list[int]) -> Any:
    """One table for each chunk, then their sum."""
    index = tuple(range(data.ndim))
    arguments: list[Any] = [data, index]
    for axis, weight in enumerate(weights):
        chunked = None if weight is None else da.from_array(weight, chunks=(data.chunks[axis],))
        arguments += [chunked, None if weight is None else (axis,)]
    whole = all(weight is None for weight in weights)
    tables = da.blockwise(
        count,
        (data.ndim, *index),
        *arguments,
        new_axes={data.ndim: number},
        adjust_chunks=dict.fromkeys(axes, 1),
        dtype=np.int64 if whole else np.float64,
        meta=np.empty((0,) * (data.ndim + 1), np.int64 if whole else np.float64),
    )
    return tables.sum(tuple(a + 1 for a in axes))


def _count(block: Array, *weights: Array | None, number: int, axes: tuple[int, ...]) -> Array:
    """The table of one chunk: (number, *shape), where the axes counted over have the length 1."""
    kept = [k for k in range(block.ndim) if k not in axes]
    lines = [block.shape[k] for k in kept]
    place = np.where(block < number, block, number).astype(np.intp)
    place = place.transpose(*kept, *axes).reshape(prod(lines), -1)
    place += np.arange(len(place))[:, None] * (number + 1)
    weight = None
    if any(w is not None for w in weights):
        each = [np.ones(block.shape[k]) if weights[k] is None else weights[k] for k in axes]
        product = reduce(np.multiply.outer, each, np.ones(()))  # type: ignore[arg-type]
        weight = np.broadcast_to(product.ravel(), place.shape).ravel()
    table = np.bincount(place.ravel(), weight, minlength=len(place) * (number + 1)).reshape(-1, number + 1)[:, :number]
    shape = [1 if k in axes else n for k, n in enumerate(block.shape)]
    return np.moveaxis(table.reshape(*shape, number), -1, 0)
