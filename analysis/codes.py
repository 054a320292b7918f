"""What the codes of a cube mean, as its attributes tell.

regime_variable(ds) -> name of the variable that maps the regimes
flags(variable) -> its codes: value, name, colour
"""

from colorsys import hsv_to_rgb
from dataclasses import dataclass

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
        colours = [spare_colour(k) for k in range(len(values))]
    return [Code(int(v), n, c) for v, n, c in zip(values, names, colours, strict=True)]


def spare_colour(k: int) -> str:
    """The k-th colour for codes that have none; beyond the scheme, hues far from each other."""
    if k < len(SPARE_COLOURS):
        return SPARE_COLOURS[k]
    return "#" + "".join(f"{round(255 * part):02x}" for part in hsv_to_rgb(0.618 * k % 1, 0.6, 0.8))
