"""How much of a cube each regime takes.

regime_variable(ds) -> name of the variable that maps the regimes
flags(variable) -> its codes: value, name, colour
shares(ds) -> share of the points by regime
"""

from colorsys import hsv_to_rgb
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from posse.kernels.errors import InputError

# Tol's muted scheme and its kin: for codes whose game names no colours of its own.
SPARE_COLOURS = (
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#dddddd",
    "#77aadd", "#99ddff", "#bbcc33", "#eedd88", "#ee8866", "#ffaabb",
)  # fmt: skip


@dataclass(frozen=True)
class Code:
    """One value of a variable of codes, as its attributes tell it."""

    value: int
    name: str
    colour: str


def regime_variable(ds: xr.Dataset) -> str:
    """The variable named "regime", or the first that holds codes."""
    found = [str(name) for name, v in ds.data_vars.items() if "flag_values" in v.attrs]
    if not found:
        raise InputError(f"no variable holds codes; there is {', '.join(map(str, ds.data_vars)) or 'none'}")
    return "regime" if "regime" in found else found[0]


def flags(variable: xr.DataArray) -> list[Code]:
    """The codes of a variable."""
    values = np.atleast_1d(variable.attrs["flag_values"]).tolist()
    names = variable.attrs["flag_meanings"].split()
    colours = variable.attrs.get("flag_colors", "").split()
    if len(colours) != len(values):
        colours = [_spare(k) for k in range(len(values))]
    return [Code(int(v), n, c) for v, n, c in zip(values, names, colours, strict=True)]


def _spare(k: int) -> str:
    """The k-th colour for codes that have none; beyond the scheme, hues far from each other."""
    if k < len(SPARE_COLOURS):
        return SPARE_COLOURS[k]
    return "#" + "".join(f"{round(255 * part):02x}" for part in hsv_to_rgb(0.618 * k % 1, 0.6, 0.8))


def shares(ds: xr.Dataset) -> xr.DataArray:
    """Share of all points that each regime holds, chunk by chunk; dimension "regime" with the names."""
    variable = ds[regime_variable(ds)]
    codes = flags(variable)
    counts = np.zeros(256, dtype=np.int64)
    for part in _parts(variable):
        counts += np.bincount(np.asarray(part).ravel(), minlength=256)
    share = counts[[c.value for c in codes]] / max(1, variable.size)
    return xr.DataArray(share, {"regime": [c.name for c in codes]}, ["regime"], "share", {"units": "1"})


def _parts(variable: xr.DataArray) -> Any:
    """A variable in pieces that fit into memory: its chunks, or itself."""
    if variable.chunks is None:
        return [variable.values]
    return (block.compute(scheduler="synchronous") for block in variable.data.blocks.ravel())
