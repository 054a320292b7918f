"""Maps of a cube over two dimensions, one panel for each label of up to two more.

regime_map(ds, Layout(x, y, col="resolve")) -> Figure
payoff_map(ds, Layout(x, y), "observer") -> Figure
"""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis import style
from posse.analysis.codes import Code, codes, regime_variable
from posse.analysis.designs import designs
from posse.analysis.dims import defined, numbers
from posse.analysis.selection import component, dimension
from posse.analysis.style import borders_of
from posse.kernels.errors import InputError, pick
from posse.sweeps.memory import require_memory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 36


class Layout(NamedTuple):
    """Which dimensions a map shows: across, upwards, and along its columns and rows of panels."""

    x: str
    y: str
    col: str | None = None
    row: str | None = None

    @property
    def shown(self) -> list[str]:
        """All of them, in the order row, col, y, x."""
        return [dim for dim in (self.row, self.col, self.y, self.x) if dim is not None]


def regime_map(ds: xr.Dataset, layout: Layout, contours: str | None = None, boundaries: bool = True) -> "Figure":
    """The map of regimes, one fixed colour for each; every dimension that it does not show has one label."""
    regime = _laid_out(ds, ds[regime_variable(ds)], layout)
    payoff = None if contours is None else _laid_out(ds, _number(ds, "payoff", contours), layout)
    figure, panels = _panels(ds, regime, layout)
    levels = None if payoff is None else _levels(payoff)
    there = regime.values
    present = [code for code in codes(regime) if (there == code.value).any()]
    if not present:
        raise InputError(f"{regime.name}: there is nothing to draw; no cell of this part is computed")
    for axes, place in panels:
        part = regime.isel(place)
        _paint_codes(axes, part, present)
        if boundaries:
            _draw_boundaries(axes, part)
        if payoff is not None:
            _draw_contours(axes, payoff.isel(place), levels)
    shares = {code: float((there == code.value).mean()) for code in present}
    style.say_codes(figure, present, shares, "share of the points")
    style.say_held(figure, ds, regime)
    return figure


def payoff_map(
    ds: xr.Dataset, layout: Layout, player: str | None = None, output: str = "payoff", boundaries: bool = True
) -> "Figure":
    """A number of each point in shades, with the boundaries of the regimes where the cube has them."""
    payoff = _laid_out(ds, defined(_number(ds, output, player)), layout)
    codes_there = any("flag_values" in v.attrs for v in ds.data_vars.values())
    regime = _laid_out(ds, ds[regime_variable(ds)], layout) if boundaries and codes_there else None
    figure, panels = _panels(ds, payoff, layout)
    finite = payoff.values[np.isfinite(payoff.values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
    drawn: Any = None
    shown = []
    for axes, place in panels:
        part = payoff.isel(place)
        drawn = axes.pcolormesh(*_borders(part), part.values, cmap="cividis", vmin=low, vmax=high, rasterized=True)
        shown.append(axes)
        if regime is not None:
            _draw_boundaries(axes, regime.isel(place), halo=True)
    title = output if player is None else f"{output} of {player.replace('_', ' ')}"
    figure.colorbar(drawn, ax=shown, label=title)
    style.say_held(figure, ds, payoff)
    return figure


def _number(ds: xr.Dataset, output: str, label: str | None) -> xr.DataArray:
    """An output of numbers, and of those that it has for each point the one that is asked for."""
    return component(pick("output of numbers", output, numbers(ds)), label)


def _laid_out(ds: xr.Dataset, variable: xr.DataArray, layout: Layout) -> xr.DataArray:
    """The part of a variable that a map shows, in the order row, col, y, x."""
    shown = layout.shown
    for dim in shown:
        if dim not in variable.dims:
            dimension(ds, dim)
            raise InputError(f"{variable.name}: has no dimension {dim}; it has {', '.join(map(str, variable.dims))}")
    for dim in (layout.x, layout.y):
        if dim in designs(variable):
            raise InputError(
                f"{dim}: is a design, whose points lie in no order that a map could show; x and y are other axes. "
                "posse plot --kind share, posse report and posse explore show what was drawn"
            )
    if len(set(shown)) < len(shown):
        twice = next(d for d in shown if shown.count(d) > 1)
        raise InputError(f"x, y, col and row: {twice} stands twice; choose different dimensions")
    free = [str(d) for d in variable.dims if d not in shown and variable.sizes[d] > 1]
    if free:
        spans = [f"{d} ({' to '.join(map(style.short, variable[d].values[[0, -1]]))})" for d in free]
        raise InputError(f"a map has two dimensions; choose one label of {', '.join(spans)}: --sel {free[0]}=…")
    panels = prod(variable.sizes[d] for d in (layout.row, layout.col) if d is not None)
    if panels > MOST_PANELS:
        raise InputError(f"col and row: {panels} panels, but at most {MOST_PANELS} can be read; choose fewer labels")
    part = variable.squeeze([d for d in variable.dims if d not in shown]).transpose(*shown)
    require_memory(part.nbytes * 8, "the picture")
    return part.sortby([d for d in (layout.y, layout.x) if part[d].dtype.kind in "iuf"]).compute()


def _panels(
    ds: xr.Dataset, shown: xr.DataArray, layout: Layout
) -> tuple["Figure", Iterator[tuple["Axes", dict[str, int]]]]:
    """A figure of empty panels, and for each its place along row and col."""
    x, y, col, row = layout
    columns = 1 if col is None else shown.sizes[col]
    rows = 1 if row is None else shown.sizes[row]
    one = columns == rows == 1
    figure = style.new_figure(8.2 if one else 2.6 + 2.5 * columns, 4.8 if one else 0.8 + 2.2 * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    if one:
        grid[0, 0].set_xlabel(style.axis_title(ds, x))
        grid[0, 0].set_ylabel(style.axis_title(ds, y))
    else:
        figure.supxlabel(style.axis_title(ds, x), fontsize=10)
        figure.supylabel(style.axis_title(ds, y), fontsize=10)

    def places() -> Iterator[tuple["Axes", dict[str, int]]]:
        for i, line in enumerate(grid):
            for j, axes in enumerate(line):
                place = {d: k for d, k in ((row, i), (col, j)) if d is not None}
                named = [f"{d} = {style.short(shown[d].values[k])}" for d, k in place.items()]
                if named:
                    axes.set_title("\n".join(named), fontsize=9)
                style.set_axis(axes, shown[x].values, "x")
                style.set_axis(axes, shown[y].values, "y")
                yield axes, place

    return figure, places()


def _borders(part: xr.DataArray) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The borders of the cells of a panel, across and upwards."""
    y, x = part.dims
    return borders_of(part[x]), borders_of(part[y])


def _paint_codes(axes: "Axes", part: xr.DataArray, present: list[Code]) -> None:
    from matplotlib.colors import ListedColormap

    index = np.full(256, -1)  # what is not computed stays blank
    index[[code.value for code in present]] = range(len(present))
    axes.pcolormesh(
        *_borders(part),
        np.ma.masked_less(index[part.values], 0),
        cmap=ListedColormap([code.colour for code in present]),
        vmin=-0.5,
        vmax=len(present) - 0.5,
        rasterized=True,
    )


def _draw_boundaries(axes: "Axes", part: xr.DataArray, halo: bool = False) -> None:
    """Lines between cells of different regimes; with a halo they can be seen on dark shades too."""
    from matplotlib.collections import LineCollection
    from matplotlib.patheffects import withStroke

    classes = np.where(np.isin(part.values, [code.value for code in codes(part)]), part.values.astype(int), -1)
    across, up = _borders(part)
    upright = [[(across[j + 1], up[i]), (across[j + 1], up[k])] for j, i, k in _runs(_differ(classes.T))]
    level = [[(across[j], up[i + 1]), (across[k], up[i + 1])] for i, j, k in _runs(_differ(classes))]
    lines = upright + level
    drawn = LineCollection(lines, colors="0.15", linewidths=0.5, capstyle="round")
    if halo:
        drawn.set_path_effects([withStroke(linewidth=1.4, foreground="1.0", alpha=0.6)])
    axes.add_collection(drawn)


def _differ(classes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Where a row has another regime than the next one."""
    return np.asarray((classes[1:] != classes[:-1]) & (classes[1:] >= 0) & (classes[:-1] >= 0))


def _runs(border: npt.NDArray[Any]) -> list[tuple[int, int, int]]:
    """The straight pieces of a border, which runs along rows: row, start and end."""
    ends = np.diff(border.astype(np.int8), axis=1, prepend=0, append=0)
    row, start = np.nonzero(ends > 0)
    _, end = np.nonzero(ends < 0)
    return list(zip(row.tolist(), start.tolist(), end.tolist(), strict=True))


def _levels(payoff: xr.DataArray) -> Any:
    """Round numbers between the smallest and the largest payoff, the same in all panels."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(8).tick_values(float(payoff.min()), float(payoff.max()))[1:-1]


def _draw_contours(axes: "Axes", part: xr.DataArray, levels: Any) -> None:
    """Lines of equal payoff, with their numbers; light around, to be seen on any colour."""
    if min(part.shape) < 2 or any(part[d].dtype.kind not in "iuf" for d in part.dims):
        raise InputError("contours: both axes need at least two labels that are numbers")
    from matplotlib.patheffects import withStroke

    lines = axes.contour(
        *(part[d].values for d in part.dims[::-1]), part.values, levels=levels, colors="0.1", linewidths=0.7
    )
    lines.set_path_effects([withStroke(linewidth=1.8, foreground="white", alpha=0.6)])
    for text in axes.clabel(lines, fontsize=7, fmt="%.3g"):
        text.set_path_effects([withStroke(linewidth=2, foreground="white", alpha=0.9)])
        text.set_clip_on(True)
        text.set_rotation(0)
