"""The game and its parameters at one point of a cube."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from posse.analysis.dims import written
from posse.analysis.selection import nearest
from posse.kernels.catalogue import game
from posse.kernels.declaration import Game
from posse.kernels.errors import GameChangedError, InputError
from posse.sweeps.axes import bound_by


def at(ds: xr.Dataset, point: Mapping[str, Any]) -> tuple[Game, dict[str, float]]:
    """The game and all its parameters at the point of a cube that is nearest to another.

    Raises GameChangedError where the game here is not the one that the cube was made by, InputError where the Dataset
    does not say any longer at which label of an axis it is.
    """
    one = nearest(ds, point)
    if "game" not in ds.attrs:
        raise InputError("the Dataset does not say of what game it is; it has no attribute game")
    found = game(str(ds.attrs["game"]))
    if ds.attrs.get("game_source_hash", found.source_hash) != found.source_hash:
        raise GameChangedError(f"{found.name}: has another source here than when the cube was made")
    bound = {str(n): float(c) for n, c in one.coords.items() if n in found.parameter_names}
    sweep = written(ds)
    for axis, labels in sweep.axes.items() if sweep else ():
        for name in bound_by(axis, labels):
            if name not in bound:
                raise InputError(f"{name}: the Dataset does not say any longer at which label of {axis} it is")
    return found, found.defaults | (sweep.fixed if sweep else {}) | bound
