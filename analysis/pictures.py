"""Pictures of a cube, as `ds.posse.plot` gives them: matplotlib figures, one colour for each regime everywhere."""

from dataclasses import replace
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from posse.analysis import maps, style
from posse.analysis.codes import codes, grouped, regime_variable, sorted_by
from posse.analysis.point import at
from posse.analysis.selection import dimension
from posse.analysis.shares import Beliefs, share
from posse.analysis.tree_plot import draw_tree
from posse.kernels.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Pictures:
    """Each method gives a matplotlib Figure; `figure.savefig("map.pdf")` writes it.

    The examples use this small cube:

    >>> cube = posse.Sweep("restraint", axes={
    ...     "diversity": {"linspace": [0, 1, 21]}, "cap_observer": {"geomspace": [0.1, 5, 30]}, "resolve": [0.3, 0.7],
    ... }).evaluate()
    """

    def __init__(self, ds: xr.Dataset) -> None:
        self._ds = ds

    @property
    def mapped(self) -> str:
        """What a map shows: the regimes, or the variable of codes that there is instead."""
        name = regime_variable(self._ds)
        return "regimes" if name == "regime" else name

    def map(
        self,
        x: str,
        y: str,
        *,
        col: str | None = None,
        row: str | None = None,
        contours: str | None = None,
        boundaries: bool = True,
    ) -> "Figure":
        """The map of regimes over two dimensions; every dimension that it does not show has one label.

        col, row: dimensions of which each label gets a panel.
        contours: a player, whose payoffs are drawn as lines.
        boundaries: whether lines separate the regimes.

        >>> cube.isel(resolve=0).posse.plot.map("diversity", "cap_observer").get_axes()[0].get_xlabel()
        "diversity  $d$: distance between leader's\\nand partner's preferences"
        """
        return maps.regime_map(self._ds, maps.Layout(x, y, col, row), contours, boundaries)

    def payoff(
        self,
        x: str,
        y: str,
        player: str | None = None,
        *,
        col: str | None = None,
        row: str | None = None,
        output: str = "payoff",
        boundaries: bool = True,
    ) -> "Figure":
        """The payoff of a player, or another output of numbers, in shades; lines separate the regimes.

        >>> figure = cube.isel(resolve=0).posse.plot.payoff("diversity", "cap_observer", "observer")
        """
        return maps.payoff_map(self._ds, maps.Layout(x, y, col, row), player, output, boundaries)

    def share(self, along: str, *, weights: Beliefs | None = None, by: str | None = None) -> "Figure":
        """Shares of the regimes, stacked, along one axis; averaged over all other dimensions.

        weights, by: as in `share`.

        >>> figure = cube.posse.plot.share("cap_observer")
        """
        return _share(self._ds, along, weights, by)

    def tree(self, **point: Any) -> "Figure":
        """The game tree at the cell nearest to a point, the path of the equilibrium drawn bold.

        >>> figure = cube.posse.plot.tree(diversity=0.2, cap_observer=2, resolve=0.7)
        """
        return draw_tree(*at(self._ds, point))


def _share(ds: xr.Dataset, along: str, weights: Beliefs | None, by: str | None) -> "Figure":
    variable, group = sorted_by(ds, by)
    if along not in variable.dims:
        dimension(ds, along)
        raise InputError(
            f"along: {variable.name} has no dimension {along}; it has {', '.join(map(str, variable.dims))}"
        )
    others = [str(d) for d in variable.dims if d != along]
    table = share(ds, others, weights, by).compute()
    table = table.sortby(along) if table[along].dtype.kind in "iuf" else table
    words = grouped(variable, group)
    first = dict(reversed(list(zip(words, codes(variable), strict=True))))  # a group has the colour of its first regime
    shown = [replace(code, name=word) for word, code in first.items() if (table.sel({table.dims[0]: word}) > 0).any()]
    shown.sort(key=lambda code: words.index(code.name))
    if not shown:
        raise InputError(f"{variable.name}: there is nothing to draw; no cell is computed")
    bands = np.cumsum(
        [np.zeros(table.sizes[along]), *(table.sel({table.dims[0]: c.name}).values for c in shown)], axis=0
    )
    figure = style.new_figure(8.2, 4.8)
    axes = figure.add_subplot()
    style.set_axis(axes, table[along].values, "x")
    edges = style.borders_of(table[along])
    for code, low, high in zip(shown, bands[:-1], bands[1:], strict=True):
        axes.stairs(high, edges, baseline=low, fill=True, color=code.colour, linewidth=0)
        axes.stairs(high, edges, baseline=None, color="0.15", linewidth=0.5)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel(style.axis_title(ds, along))
    axes.set_ylabel(fill(f"{table.attrs['long_name']}{' over ' * bool(others)}{', '.join(others)}", 44))
    style.say_codes(figure, shown[::-1], None, by or "regime")
    style.say_held(figure, ds, variable.squeeze())
    return figure
