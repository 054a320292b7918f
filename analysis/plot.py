"""Pictures of a cube.

regime_map(ds, x, y) -> Figure
save_map(ds, x, y, path)
"""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from posse.analysis.codes import Code, flags, regime_variable
from posse.analysis.selection import dimension
from posse.kernels.errors import InputError, pick
from posse.sweeps.memory import require_memory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TYPES = (".png", ".pdf", ".svg")
LONGEST_LABEL = 24
LEGEND: Any = {"frameon": False, "fontsize": 9, "title_fontsize": 9, "alignment": "left"}
MOST_TICKS = 8  # up to so many labels, each has its tick


def save_map(ds: xr.Dataset, x: str, y: str, path: Path) -> None:
    """Draw a regime map into a file."""
    pick("file type", path.suffix, {t: t for t in TYPES})
    figure = regime_map(ds, x, y)
    try:
        figure.savefig(path, dpi=200)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def regime_map(ds: xr.Dataset, x: str, y: str) -> "Figure":
    """The map of regimes over two dimensions, one fixed colour for each; every other dimension has one label."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("pictures need matplotlib: pip install 'posse[plot]'") from error
    variable = ds[regime_variable(ds)]
    dims = {str(d): d for d in variable.dims}
    dimension(ds, x), dimension(ds, y)
    if x == y:
        raise InputError(f"x and y are both {x}; choose two dimensions")
    free = [d for d in dims if d not in (x, y) and variable.sizes[d] > 1]
    if free:
        spans = [f"{d} ({' to '.join(map(_label, variable[d].values[[0, -1]]))})" for d in free]
        raise InputError(f"a map has two dimensions; choose one label of {', '.join(spans)}: --sel {free[0]}=…")
    variable = variable.squeeze([d for d in dims if d not in (x, y)]).transpose(y, x)
    require_memory(variable.nbytes * 8, "the picture")
    figure = Figure(figsize=(8.2, 4.8), layout="constrained")
    axes = figure.add_subplot()
    present = _draw(axes, variable, x, y)
    axes.set_xlabel(_axis_title(ds, x))
    axes.set_ylabel(_axis_title(ds, y))
    _legend(figure, present, variable)
    _held(figure, ds, variable)
    return figure


def _draw(axes: "Axes", variable: xr.DataArray, x: str, y: str) -> list[Code]:
    """Paint the cells; gives the codes that occur."""
    from matplotlib.colors import ListedColormap

    codes = flags(variable)
    numbers = variable.values
    present = [code for code in codes if (numbers == code.value).any()]
    index = np.full(256, 0)
    index[[code.value for code in present]] = range(len(present))
    axes.pcolormesh(
        _edges(axes, variable[x].values, "x"),
        _edges(axes, variable[y].values, "y"),
        index[numbers],
        cmap=ListedColormap([code.colour for code in present]),
        vmin=-0.5,
        vmax=len(present) - 0.5,
        rasterized=True,
    )
    return present


def _edges(axes: "Axes", labels: np.ndarray[Any, Any], direction: str) -> np.ndarray[Any, Any]:
    """Borders of the cells around the labels; the scale of the axis follows their spacing."""
    if labels.dtype.kind not in "iuf":
        names = [_label(label) for label in labels]
        if direction == "x":
            axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        else:
            axes.set_yticks(range(len(names)), names)
        return np.arange(len(names) + 1) - 0.5
    values = labels.astype(float)
    logarithmic = len(values) > 2 and values[0] > 0 and values[-1] / values[0] > 4 and _is_geometric(values)
    if logarithmic:
        _set_log(axes, direction)
    if len(values) <= MOST_TICKS:
        getattr(axes, f"set_{direction}ticks")(values, [_label(value) for value in values])
        getattr(axes, f"{direction}axis").minorticks_off()
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    return np.asarray(np.exp(_halfway(np.log(values)))) if logarithmic else _halfway(values)


def _set_log(axes: "Axes", direction: str) -> None:
    """A logarithmic axis that is labelled 0.1, 0.2, 0.5, 1 rather than with powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    getattr(axes, f"set_{direction}scale")("log")
    axis = getattr(axes, f"{direction}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _is_geometric(values: np.ndarray[Any, Any]) -> bool:
    ratios = values[1:] / values[:-1]
    return bool(np.ptp(ratios) < 1e-6 * ratios.mean())


def _halfway(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Borders half-way between the values; the outermost cells are as wide as those beside them."""
    steps = np.diff(values)
    return np.concatenate([[values[0] - steps[0] / 2], values[:-1] + steps / 2, [values[-1] + steps[-1] / 2]])


def _axis_title(ds: xr.Dataset, dim: str) -> str:
    attributes = ds[dim].attrs
    if "symbol" not in attributes:
        return dim
    units = "" if attributes.get("units", "1") == "1" else f" [{attributes['units']}]"
    return fill(f"{dim}  ${attributes['symbol']}$: {attributes['long_name']}{units}", 44)


def _held(figure: "Figure", ds: xr.Dataset, variable: xr.DataArray) -> None:
    """Say at which labels the other dimensions are held."""
    from matplotlib.patches import Patch

    spec = ds.attrs.get("spec", "")
    held = [str(name) for name in variable.coords if not variable[name].ndim and f"[axes.{name}]" in spec]
    lines = [Patch(visible=False, label=f"{name} = {_label(variable[name].item())}") for name in held]
    if lines:
        figure.legend(
            handles=lines,
            loc="outside right lower",
            title="held at",
            **LEGEND,
            handlelength=0,
            handletextpad=0,
        )


def _label(value: Any) -> str:
    """A label in a few letters."""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip() + "…"


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _legend(figure: "Figure", present: list[Code], variable: xr.DataArray) -> None:
    from matplotlib.patches import Patch

    numbers = variable.values
    shares = {c: float((numbers == c.value).mean()) for c in present}
    names = {c: f"{c.name.replace('_', ' ')}  {_percent(share)}" for c, share in shares.items()}
    handles = [Patch(facecolor=c.colour, edgecolor="0.4", linewidth=0.5, label=name) for c, name in names.items()]
    figure.legend(
        handles=handles,
        loc="outside right upper",
        title="share of the points",
        **LEGEND,
    )
