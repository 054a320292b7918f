"""From numbers to labelled data: what a result's dimensions, coordinates and variables are called.

In memory and on disk a result has the same shape: each output is a variable over its own dimension, if
it has one, and the axes of the sweep. Codes carry the CF attributes flag_values and flag_meanings (sets of
flags: flag_masks), flag_colors for pictures, and flag_group_NAME, a word for each code that sorts them more coarsely.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np
import xarray as xr

from posse.kernels.declaration import OUTSIDE_DOMAIN, Game, Output, Parameter
from posse.sweeps.axes import Axis
from posse.sweeps.numbers import Array
from posse.sweeps.sweep import Sweep

version = cache(metadata.version)  # reads files
ROLE = "component"  # what the labels of an output's own dimension are
PACKAGES = ("numba", "numpy", "scipy", "xarray", "zarr", "numcodecs")


def parameter_attributes(parameter: Parameter) -> dict[str, Any]:
    return {"long_name": parameter.long_name, "units": parameter.units, "symbol": parameter.symbol}


def output_attributes(output: Output) -> dict[str, Any]:
    """CF attributes of a variable."""
    attributes: dict[str, Any] = {"long_name": output.long_name}
    if output.kind == "count":
        attributes["valid_max"] = OUTSIDE_DOMAIN - 1
    if output.kind in ("real", "count"):
        return attributes | {"units": output.units}
    flags = output.all_flags
    values = "flag_masks" if output.kind == "flags" else "flag_values"
    attributes[values] = np.array([f.value for f in flags], dtype=output.dtype("float64"))
    attributes["flag_meanings"] = " ".join(f.name for f in flags)
    if all(f.colour for f in flags):
        attributes["flag_colors"] = " ".join(str(f.colour) for f in flags)
    for group, words in output.groups:
        attributes[f"flag_group_{group}"] = " ".join([*words, "outside_domain"])
    return attributes


def game_attributes(game: Game) -> dict[str, str]:
    """What any result of a game says of itself."""
    return {
        "Conventions": "CF-1.11",
        "title": game.title,
        "references": game.reference,
        "source": f"posse {version('posse')}",
        "game": game.name,
        "game_version": game.version,
        "game_source_hash": game.source_hash,
    }


def provenance(sweep: Sweep) -> dict[str, str]:
    """The attributes of a cube: enough to make it again."""
    made = datetime.now(UTC).isoformat(timespec="seconds")
    versions = " ".join(f"{name}={version(name)}" for name in PACKAGES)
    return game_attributes(sweep.game) | {
        "history": f"{made} created by posse {version('posse')}",
        "packages": versions,
        "spec": sweep.to_toml(),
    }


def coordinates(sweep: Sweep, outputs: tuple[Output, ...], along: str | None = None) -> dict[str, xr.DataArray]:
    """Labels of every axis, the parameters that they bind, and the outputs' own dimensions.

    along: the one axis that is told in full; of others, which are told elsewhere, only the labels.
    """
    found: dict[str, xr.DataArray] = {}
    for output in outputs:
        if output.dimension:
            found |= own_coordinate(output)
    for axis in sweep.axes:
        told = _axis_coordinates(axis, sweep.game)
        found |= told if along in (None, axis.name) else {axis.name: told[axis.name]}
    return found


def own_coordinate(output: Output) -> dict[str, xr.DataArray]:
    """The labels of an output's own dimension, if it has one."""
    if output.dimension is None:
        return {}
    name, labels = output.dimension
    return {name: xr.DataArray(np.array(labels, dtype=np.dtypes.StringDType()), dims=name, attrs={"role": ROLE})}


def _axis_coordinates(axis: Axis, game: Game) -> dict[str, xr.DataArray]:
    labels = axis.labels.astype(np.dtypes.StringDType()) if axis.labels.dtype.kind == "U" else axis.labels
    found = {axis.name: xr.DataArray(labels, dims=axis.name, attrs=dict(axis.attributes))}
    for name, values in axis.values.items():
        found[name] = xr.DataArray(values, dims=axis.name, attrs=parameter_attributes(game.parameter(name)))
    for name, texts in axis.notes.items():
        found[name] = xr.DataArray(texts.astype(np.dtypes.StringDType()), dims=axis.name)
    return found


def dimensions(output: Output, dims: tuple[str, ...]) -> tuple[str, ...]:
    """The dimensions of a variable over a grid with dimensions `dims`."""
    return ((output.dimension[0],) if output.dimension else ()) + dims


def variables(
    outputs: tuple[Output, ...], dims: tuple[str, ...], numbers: Mapping[str, Array]
) -> dict[str, xr.DataArray]:
    """Labelled variables of arrays of shape (components, *grid)."""
    return {
        o.name: xr.DataArray(
            numbers[o.name] if o.dimension else numbers[o.name][0],
            dims=dimensions(o, dims),
            attrs=output_attributes(o),
        )
        for o in outputs
    }
