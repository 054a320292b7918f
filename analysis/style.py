"""How pictures look: sizes, legends, the titles and labels of axes."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from posse.analysis.borders import borders, in_ratios
from posse.analysis.codes import Code
from posse.analysis.dims import held
from posse.kernels.errors import InputError, pick
from posse.kernels.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TYPES = (".png", ".pdf", ".svg")
LONGEST_LABEL = 24
LEGEND: Any = {"frameon": False, "fontsize": 9, "title_fontsize": 9, "alignment": "left"}
MOST_TICKS = 8  # up to so many labels, each has its tick


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure, sizes in inches."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("pictures need matplotlib: pip install 'posse[plot]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def require_type(path: Path) -> None:
    """Refuse a file whose type is not that of a picture."""
    pick("file type", path.suffix, {t: t for t in TYPES})


def save(figure: "Figure", path: Path) -> None:
    """Write a picture to a file."""
    require_type(path)
    try:
        figure.savefig(path, dpi=200)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def borders_of(labels: xr.DataArray) -> np.ndarray[Any, Any]:
    """The borders of the cells around labels; of names, half-way between their positions."""
    numeric = labels.dtype.kind in "iuf"
    return borders(labels.values) if numeric else np.arange(labels.size + 1) - 0.5


def set_axis(axes: "Axes", labels: np.ndarray[Any, Any], direction: str) -> None:
    """Scale and ticks that follow the labels: their names, ratios, or one for each of a few."""
    if labels.dtype.kind not in "iuf":
        names = [short(label) for label in labels]
        if direction == "x":
            axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        else:
            axes.set_yticks(range(len(names)), names)
        return
    if in_ratios(labels.astype(float)):
        _set_log(axes, direction)
    if len(labels) <= MOST_TICKS:
        getattr(axes, f"set_{direction}ticks")(labels, [short(value) for value in labels])
        getattr(axes, f"{direction}axis").minorticks_off()


def _set_log(axes: "Axes", direction: str) -> None:
    """A logarithmic axis that is labelled 0.1, 0.2, 0.5, 1 rather than with powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    getattr(axes, f"set_{direction}scale")("log")
    axis = getattr(axes, f"{direction}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def axis_title(ds: xr.Dataset, dim: str) -> str:
    """The name of a dimension, and what it stands for."""
    attributes = ds[dim].attrs
    if "symbol" not in attributes:
        return dim
    units = "" if attributes.get("units", "1") == "1" else f" [{attributes['units']}]"
    meaning = _plain(f"{attributes['long_name']}{units}")
    return fill(f"{dim}  {_formula(attributes['symbol'])}: {meaning}", 44)


def _formula(symbol: str) -> str:
    """A symbol as mathematics; as plain text where Matplotlib cannot read it so."""
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(f"${symbol}$")
    except ValueError:
        return _plain(symbol)
    return f"${symbol}$"


def _plain(text: str) -> str:
    """Text in which Matplotlib finds no formula."""
    return text.replace("$", r"\$")


def say_held(figure: "Figure", ds: xr.Dataset, shown: xr.DataArray) -> None:
    """Say at which labels the dimensions are held that a picture does not show."""
    from matplotlib.patches import Patch

    lines = [Patch(visible=False, label=f"{name} = {short(label)}") for name, label in held(ds, shown).items()]
    if lines:
        figure.legend(
            handles=lines, loc="outside right lower", title="held at", **LEGEND, handlelength=0, handletextpad=0
        )


def say_codes(figure: "Figure", present: list[Code], shares: dict[Code, float] | None, title: str) -> None:
    """The legend of codes, with the share of each where there are shares."""
    from matplotlib.patches import Patch

    handles = [
        Patch(
            facecolor=code.colour,
            edgecolor="0.4",
            linewidth=0.5,
            label=code.name.replace("_", " ") + (f"  {_percent(shares[code])}" if shares else ""),
        )
        for code in present
    ]
    figure.legend(handles=handles, loc="outside right upper", title=title, **LEGEND)


def short(value: Any) -> str:
    """A label in a few letters."""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return shortened(str(value), LONGEST_LABEL)


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
