"""Going through a cube piece by piece, in memory that does not grow with it.

in_pieces(variable)                 in Dask's chunks, whatever it was
whole(variable, "sample")           the same, in chunks that have all labels of a dimension
together(*answers)                  computed, all at once
settled(answer, *sources)           computed where the sources were in memory, lazy where they were not
steps(variable, ["diversity"], f)   f of each cell and the next one along these dimensions
tables(f, variable, ...)            f of each piece: small tables, to be added up
counts(classes, number, over)       how many cells of each class
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from math import prod
from typing import Any, TypeVar

import dask.array as da
import dask.base
import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.dims import components
from posse.kernels.errors import TooLargeError
from posse.sweeps.blocks import POINTS, chunk_shape

Array = npt.NDArray[Any]
Labelled = TypeVar("Labelled", xr.DataArray, xr.Dataset)

MOST_PIECES = 100_000  # a graph of so many takes seconds to build


def in_memory(variable: xr.DataArray) -> bool:
    """Whether a variable's numbers are there already."""
    return bool(variable.variable._in_memory)  # xarray has no public word for it


def in_pieces(variable: xr.DataArray) -> xr.DataArray:
    """A variable in Dask's chunks: those that it has, or prefers, or blocks like those of a cube."""
    if variable.chunks is not None:
        return variable
    dims = [str(d) for d in variable.dims if d not in components(variable)]
    blocks = dict(zip(dims, chunk_shape([variable.sizes[d] for d in dims]), strict=True))
    preferred = variable.encoding.get("preferred_chunks", {})
    chunks = {d: min(preferred.get(d, blocks.get(str(d), n)), n) for d, n in variable.sizes.items()}
    if prod(-(-n // max(1, chunks[d])) for d, n in variable.sizes.items()) > MOST_PIECES:
        raise TooLargeError(f"{variable.name}: has {variable.size:,} points, too many to go through; choose a part")
    return variable.copy(data=variable.variable.chunk(chunks).data)  # its coordinates stay as they are


def whole(variable: xr.DataArray, dim: str) -> xr.DataArray:
    """A variable in Dask's chunks that have all labels of one dimension, and as many of others as make a block."""
    room = max(1, POINTS // max(1, variable.sizes[dim]))
    chunks = {dim: variable.sizes[dim]}
    for other in reversed([str(d) for d in variable.dims if d != dim]):
        chunks[other] = min(room, variable.sizes[other])
        room = max(1, room // max(1, chunks[other]))
    return variable.copy(data=variable.variable.chunk(chunks).data)


def settled(answer: Labelled, *sources: xr.DataArray) -> Labelled:
    """An answer, which is lazy only if what it was asked of is."""
    return answer.compute() if all(map(in_memory, sources)) else answer


def together(*answers: xr.DataArray) -> list[xr.DataArray]:
    """Answers of one cube, for which it is gone through once."""
    return list(dask.base.compute(*answers))


def steps(
    variable: xr.DataArray, along: Sequence[str], function: Callable[[Array], Array], dtype: npt.DTypeLike
) -> xr.DataArray:
    """What `function` makes of pieces that reach one label further along some dimensions, cut back to their size.

    function: gives an array of the shape of what it gets; what it gives for the last label along a dimension counts
        only where there is no further one.
    """
    depth = {axis: (0, int(dim in along)) for axis, dim in enumerate(variable.dims)}
    data = da.map_overlap(
        function, variable.data, depth=depth, boundary="none", dtype=dtype, meta=np.empty((0,) * variable.ndim, dtype)
    )
    return xr.DataArray(data, variable.coords, variable.dims)


def tables(
    function: Callable[..., Array],
    data: Any,
    by_axis: Sequence[Array | None],
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
    kept: Sequence[int] = (),
) -> Any:
    """A Dask array of the table that `function(piece, *parts of by_axis)` makes of each piece.

    by_axis: numbers for the labels of each axis, or None; a piece gets those of its own labels.
    shape: of a table, whose dimensions come first. Then follow the axes, with one label for each piece; those that
        are `kept` have all their labels.
    """
    index = tuple(range(data.ndim))
    new = {data.ndim + k: n for k, n in enumerate(shape)}
    arguments: list[Any] = [data, index]
    for axis, numbers in enumerate(by_axis):
        chunked = None if numbers is None else da.from_array(numbers, chunks=(data.chunks[axis],))
        arguments += [chunked, None if numbers is None else (axis,)]
    return da.blockwise(
        function,
        (*new, *index),
        *arguments,
        new_axes=new,
        adjust_chunks={axis: 1 for axis in index if axis not in kept},
        dtype=dtype,
        meta=np.empty((0,) * (data.ndim + len(shape)), dtype),
    )


def counts(
    classes: xr.DataArray, number: int, over: Sequence[str], weights: Mapping[str, Array] | None = None
) -> xr.DataArray:
    """How many cells of each class there are over some dimensions; or, with weights, how much they weigh.

    classes: in pieces; whole numbers below `number`; larger ones are in no class.
    weights: of the labels of some of these dimensions; a cell weighs their product.
    Gives a new first dimension "class" before those that are left.
    """
    weights = weights or {}
    axes = [classes.get_axis_num(dim) for dim in over]
    kept = [axis for axis in range(classes.ndim) if axis not in axes]
    by_axis = [np.asarray(weights[str(dim)]) if dim in weights else None for dim in classes.dims]
    count = partial(_count, number=number, axes=tuple(axes))
    table = tables(count, classes.data, by_axis, (number,), np.float64 if weights else np.int64, kept)
    left = [classes.dims[axis] for axis in kept]
    coordinates = {name: c for name, c in classes.coords.items() if set(c.dims) <= set(left)}
    return xr.DataArray(table.sum(tuple(a + 1 for a in axes)), coordinates, ["class", *left])


def _count(piece: Array, *weights: Array | None, number: int, axes: tuple[int, ...]) -> Array:
    """The table of one piece: (number, *shape), where the axes counted over have the length 1."""
    kept = [k for k in range(piece.ndim) if k not in axes]
    lines = [piece.shape[k] for k in kept]
    place = np.where(piece < number, piece, number).astype(np.intp)
    place = place.transpose(*kept, *axes).reshape(prod(lines), -1)
    place += np.arange(len(place))[:, None] * (number + 1)
    weight = None
    if any(w is not None for w in weights):
        each = [np.ones(piece.shape[k]) if (w := weights[k]) is None else w for k in axes]
        product = reduce(np.multiply.outer, each, np.ones(()))
        weight = np.broadcast_to(product.ravel(), place.shape).ravel()
    table = np.bincount(place.ravel(), weight, minlength=len(place) * (number + 1)).reshape(-1, number + 1)[:, :number]
    shape = [1 if k in axes else n for k, n in enumerate(piece.shape)]
    return np.moveaxis(table.reshape(*shape, number), -1, 0)
