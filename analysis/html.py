"""A cube as HTML, for notebooks."""

from typing import Any

import xarray as xr

from posse.analysis.codes import codes, regime_variable
from posse.analysis.dims import written
from posse.analysis.pieces import in_memory
from posse.analysis.shares import share
from posse.kernels.html import Html, folded, page, swatch, table, tag
from posse.sweeps.html import held, span

MOST_COUNTED = 10_000_000  # cells, in what is shown without being asked for


def cube_html(ds: xr.Dataset) -> str:
    """A cube: its game, axes and regimes, and the spec that it can be made from.

    Reads no results: the share of each regime is there where the regimes are in memory.

    >>> import posse
    >>> from posse.analysis.html import cube_html
    >>> "cap_observer" in cube_html(posse.solve("restraint", cap_observer=[0.5, 1, 2]))
    True
    """
    game, version = ds.attrs.get("game", "unknown"), ds.attrs.get("game_version", "unknown")
    title = f"Cube: {ds.attrs.get('title', 'a game')} ({game}, version {version})"
    sizes = " × ".join(f"{dim} {length:,}" for dim, length in ds.sizes.items()) or "one point"
    return page(title, tag("p", sizes), _axes(ds), _held(ds), *_legend(ds), *_spec(ds))


def _axes(ds: xr.Dataset) -> Html:
    rows: list[tuple[Any, ...]] = []
    for dim in ds.dims:
        rows.append((dim, ds.sizes[dim], "", *_about(ds[dim])))
        bound = [name for name, c in ds.coords.items() if c.dims == (dim,) and name != dim]
        rows += [("", "", name, *_about(ds[name])) for name in bound]
    return table(("axis", "labels", "binds", "symbol", "range", "meaning"), rows)


def _about(labels: xr.DataArray) -> tuple[str, str, str]:
    return labels.attrs.get("symbol", ""), span(labels.values), labels.attrs.get("long_name", "")


def _held(ds: xr.Dataset) -> Html:
    """What has one value: chosen labels, and parameters that the sweep holds fixed."""
    sweep = written(ds)
    fixed = sweep.fixed if sweep else {}
    chosen = {str(name): c.item() for name, c in ds.coords.items() if not c.ndim}
    return held(chosen | fixed)


def _legend(ds: xr.Dataset) -> list[Html]:
    """The regimes by colour, with their shares where that takes no reading."""
    if not any("flag_values" in v.attrs for v in ds.data_vars.values()):
        return []
    variable = ds[regime_variable(ds)]
    if not in_memory(variable) or variable.size > MOST_COUNTED:
        rows = [(swatch(c.colour), c.value, c.name) for c in codes(variable)]
        return [table(("", "code", variable.name), rows)]
    found = share(ds).to_series()
    present = [(swatch(c.colour), c.value, c.name, f"{found[c.name]:.2%}") for c in codes(variable) if found[c.name]]
    return [table(("", "code", variable.name, "share of the points"), present)]


def _spec(ds: xr.Dataset) -> list[Html]:
    return [folded("spec", tag("pre", ds.attrs["spec"]))] if "spec" in ds.attrs else []
