"""What the codes of a cube mean, as its attributes tell.

codes(variable) -> value, name and colour of each
regime_variable(ds) -> name of the variable that maps the regimes
grouped(variable, "alignment") -> a coarser word for each code
outcomes(variable, "alignment") -> the words for what may happen
main_group(ds) -> the group that questions are about which name none
sorted_by(ds, "alignment") -> the variable, and the group of its codes, that a name stands for
mask(ds, names, criteria) -> where the cube is in one of them
"""

import re
from collections.abc import Iterable, Mapping
from colorsys import hsv_to_rgb
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import numpy as np
import xarray as xr

from posse.analysis.pieces import in_pieces, settled
from posse.kernels.declaration import OUTSIDE_DOMAIN
from posse.kernels.errors import InputError, pick
from posse.kernels.wellformed import COLOUR

# Tol's muted scheme and its kin: for codes whose game names no colours of its own.
SPARE_COLOURS = (
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#dddddd",
    "#77aadd", "#99ddff", "#bbcc33", "#eedd88", "#ee8866", "#ffaabb",
)  # fmt: skip
GROUP = "flag_group_"


@dataclass(frozen=True)
class Code:
    """One value of a variable of codes, or one bit of a set of flags, as its attributes tell it."""

    value: int
    name: str
    colour: str


def regime_variable(ds: xr.Dataset) -> str:
    """The variable named "regime", or the first that holds codes."""
    found = [str(name) for name, v in ds.data_vars.items() if "flag_values" in v.attrs]
    if not found:
        there = ", ".join(map(str, ds.data_vars)) or "none"
        raise InputError(f"no variable holds codes; there is {there}; add regime, or another of codes, to the outputs")
    return "regime" if "regime" in found else found[0]


def codes(variable: xr.DataArray) -> list[Code]:
    """The codes of a variable, or the bits of its flags."""
    values = np.atleast_1d(variable.attrs["flag_masks" if "flag_masks" in variable.attrs else "flag_values"]).tolist()
    names = variable.attrs["flag_meanings"].split()
    colours = variable.attrs.get("flag_colors", "").split()
    if len(colours) != len(values) or not all(re.fullmatch(COLOUR, colour) for colour in colours):
        colours = [spare_colour(k) for k in range(len(values))]
    return [Code(int(v), n, c) for v, n, c in zip(values, names, colours, strict=True)]


def spare_colour(k: int) -> str:
    """The k-th colour for codes that have none; beyond the scheme, hues far from each other."""
    if k < len(SPARE_COLOURS):
        return SPARE_COLOURS[k]
    return "#" + "".join(f"{round(255 * part):02x}" for part in hsv_to_rgb(0.618 * k % 1, 0.6, 0.8))


def groups(variable: xr.DataArray) -> dict[str, list[str]]:
    """What sorts the codes of a variable more coarsely: a word for each code, by the name of the group."""
    return {key.removeprefix(GROUP): words.split() for key, words in variable.attrs.items() if key.startswith(GROUP)}


def grouped(variable: xr.DataArray, by: str | None) -> list[str]:
    """A word for each code of a variable: its name, or what a group calls it."""
    names = [code.name for code in codes(variable)]
    return (
        names if by is None else pick(f"group of {variable.name}", by, {str(variable.name): names} | groups(variable))
    )


def outcomes(variable: xr.DataArray, by: str | None) -> list[str]:
    """The words for what may happen, without that for points outside the domain."""
    words = zip(codes(variable), grouped(variable, by), strict=True)
    return list(dict.fromkeys(word for code, word in words if code.value != OUTSIDE_DOMAIN))


def main_group(ds: xr.Dataset) -> str | None:
    """The first group of the regimes; none where a game has no groups, and the regimes speak for themselves."""
    return next(iter(groups(ds[regime_variable(ds)])), None)


def sorted_by(ds: xr.Dataset, by: str | None) -> tuple[xr.DataArray, str | None]:
    """The regimes and a group of them, or another variable of codes and none."""
    regime = ds[regime_variable(ds)]
    others = {str(n): v for n, v in ds.data_vars.items() if "flag_values" in v.attrs and n not in groups(regime)}
    return (others[by], None) if by in others else (regime, by)


def mask(ds: xr.Dataset, names: Iterable[str], criteria: Mapping[str, str | Iterable[str]]) -> xr.DataArray:
    """True where the regime is one of `names`, and where each criterion holds.

    A criterion names a variable of codes or flags, or a group of the regimes, and what it is one of.
    """
    names = [name for given in names for name in _listed(given)]
    found = [_is_one_of(ds[regime_variable(ds)], None, names)] if names else []
    for key, wanted in criteria.items():
        variable, by = _meant(ds, key)
        found.append(_is_one_of(variable, by, _listed(wanted)))
    if not found:
        raise InputError(f"name at least one regime; there is {', '.join(_names(ds[regime_variable(ds)]))}")
    return reduce(and_, found)


def _listed(names: str | Iterable[str]) -> list[str]:
    """One name, or several."""
    if not isinstance(names, str | Iterable):
        raise InputError(f"{names!r} is not a name")
    return [names] if isinstance(names, str) else list(names)


def _meant(ds: xr.Dataset, key: str) -> tuple[xr.DataArray, str | None]:
    """The variable that a criterion is about, and the group of its codes, if it is one."""
    known: dict[str, tuple[xr.DataArray, str | None]] = {
        str(name): (v, None) for name, v in ds.data_vars.items() if "flag_meanings" in v.attrs
    }
    if any("flag_values" in v.attrs for v in ds.data_vars.values()):
        regime = ds[regime_variable(ds)]
        known = {group: (regime, group) for group in groups(regime)} | known
    return pick("variable of codes, or group of regimes", key, known)


def _is_one_of(variable: xr.DataArray, by: str | None, wanted: list[str]) -> xr.DataArray:
    words = grouped(variable, by)
    for word in wanted:
        pick(by or str(variable.name), word, dict.fromkeys(words))
    values = [code.value for code, word in zip(codes(variable), words, strict=True) if word in wanted]
    if "flag_masks" not in variable.attrs:
        return settled(in_pieces(variable).isin(values).drop_attrs(deep=False).rename(None), variable)
    # The highest bit marks points outside the domain, and alone what it is; all bits what was not computed.
    outside = 1 << (8 * variable.dtype.itemsize - 1)
    pieces = in_pieces(variable)
    found = (pieces <= outside) & ((pieces & reduce(or_, values, 0)) != 0)
    return settled(found.drop_attrs(deep=False).rename(None), variable)


def _names(variable: xr.DataArray) -> list[str]:
    return [code.name for code in codes(variable)]
