"""Solving in memory: single points, lists of points, small sweeps.

solve(game, **parameters) -> Dataset
evaluate(sweep) -> Dataset
"""

from collections.abc import Hashable, Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
import psutil
import xarray as xr

from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, TooLargeError, pick
from posse.kernels.grid import solve_arrays
from posse.kernels.point import require_inside
from posse.sweeps import labels
from posse.sweeps.numbers import number, numbers
from posse.sweeps.sweep import OUTSIDE, REALS, Sweep, read_outputs


def evaluate(sweep: Sweep) -> xr.Dataset:
    """The whole result of a sweep in memory, with the variables, labels and attributes of its cube.

    Raises TooLargeError where it would not fit.
    """
    require_memory(sweep.nbytes, "the sweep", "posse.virtual(sweep) solves what is read of it")
    result = sweep.solve([slice(None)] * len(sweep.axes))
    variables = labels.variables(sweep.outputs, sweep.dims, result)
    return xr.Dataset(variables, labels.coordinates(sweep, sweep.outputs), labels.provenance(sweep))


def require_memory(needed: int, what: str, instead: str = "take a part of it") -> None:
    """Refuse what would not fit into the memory that is free, and say what to do instead."""
    free = psutil.virtual_memory().available
    if needed > 0.8 * free:
        raise TooLargeError(f"{what} needs {gigabytes(needed)} of memory, but {gigabytes(free)} are free; {instead}")


def gigabytes(count: float) -> str:
    """A number of bytes in words."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1000
    raise AssertionError


def solve(
    game: str | Game,
    /,
    *,
    outputs: Sequence[str] | None = None,
    dtype: str = "float64",
    outside_domain: str = "refuse",
    **parameters: Any,
) -> xr.Dataset:
    """Solve a game at one point, or at many.

    Parameters
    ----------
    game: a registered game's name, or a Game.
    parameters: numbers; one-dimensional arrays of one length, whose dimension becomes "point"; or
        DataArrays, which broadcast by the names of their dimensions. Defaults stand for the rest.
    outputs: names of outputs; all of them if left out.
    dtype: type of real outputs, "float64" or "float32".
    outside_domain: "refuse" points outside the game's domain, or "mark" them (code 254 and NaN).

    Returns a Dataset with a variable for each output and a coordinate for each parameter that was given.

    >>> import posse
    >>> posse.solve("restraint", diversity=0.2, cap_observer=[0.5, 1, 2]).regime.values
    array([4, 1, 8], dtype=uint8)
    """
    game = game if isinstance(game, Game) else find_game(game)
    pick("dtype", dtype, {r: r for r in REALS})
    pick("outside_domain", outside_domain, {o: o for o in OUTSIDE})
    chosen = game.outputs if outputs is None else read_outputs(game, outputs)
    given = {name: _array(game, name, value) for name, value in parameters.items()}
    _require_lengths(given)
    try:
        arrays = dict(zip(given, xr.align(*given.values(), join="exact", copy=False), strict=True))
    except ValueError as error:
        raise InputError(f"parameters: arrays do not fit together: {str(error).splitlines()[0]}") from error
    if outside_domain == "refuse":
        require_inside(game, arrays)
    sizes = {str(dim): n for array in arrays.values() for dim, n in array.sizes.items()}
    _refuse_taken(game, arrays)
    shape = tuple(sizes.values())
    require_memory(prod(shape) * sum(o.components * o.dtype(dtype).itemsize for o in chosen), "the result")
    values = {name: _spread(array, sizes) for name, array in arrays.items()}
    result = solve_arrays(game, values, [o.name for o in chosen], dtype)
    coordinates = {k: v for o in chosen for k, v in labels.own_coordinate(o).items()}
    for name, array in arrays.items():
        coordinates |= {str(k): v for k, v in array.coords.items() if k not in game.parameter_names}
        coordinates[name] = array.drop_vars(list(array.coords)).assign_attrs(
            labels.parameter_attributes(game.parameter(name))
        )
    variables = labels.variables(chosen, tuple(sizes), result)
    return xr.Dataset(variables, coordinates, labels.game_attributes(game))


def _refuse_taken(game: Game, arrays: dict[str, xr.DataArray]) -> None:
    """Dimensions and coordinates of the arrays may not be called what the result calls something else."""
    taken = {*game.dimensions, *(o.name for o in game.outputs)}
    for name, array in arrays.items():
        others = taken | (set(game.parameter_names) - {name})
        for used in map(str, [*array.dims, *array.coords]):
            if used in others:
                raise InputError(f"{name}: has a dimension or coordinate {used!r}, a name that {game.name} uses")


def _array(game: Game, name: str, value: Any) -> xr.DataArray:
    """A parameter as a DataArray of float64, checked to be finite numbers."""
    game.parameter(name)
    if isinstance(value, xr.DataArray):
        numbers(name, value.values.ravel())
        return value.astype(np.float64)
    if not isinstance(value, list | tuple) and np.ndim(value) == 0:
        return xr.DataArray(number(name, value))
    if isinstance(value, np.ndarray) and value.ndim > 1:
        raise InputError(
            f"{name}: is an array of {value.ndim} dimensions without names; give a list of numbers, or a DataArray"
        )
    return xr.DataArray(numbers(name, value), dims="point")


def _require_lengths(arrays: dict[str, xr.DataArray]) -> None:
    """Refuse arrays that have different lengths along one dimension."""
    first: dict[Hashable, str] = {}
    for name, array in arrays.items():
        for dim, length in array.sizes.items():
            other = first.setdefault(dim, name)
            if length != (other_length := arrays[other].sizes[dim]):
                raise InputError(
                    f"parameters: arrays do not fit together: along {dim}, {other} has {other_length} values and "
                    f"{name} {length}"
                )


def _spread(array: xr.DataArray, dims: Iterable[str]) -> Any:
    """Values with all these dimensions, of length 1 where the array has none."""
    bare = array.drop_vars(list(array.coords))
    return bare.expand_dims([d for d in dims if d not in array.dims]).transpose(*dims).values
