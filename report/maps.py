"""For each case the map of regimes over the two unknowns that decide most, all others at their medians.

chosen(asked, answers, 0) -> which two
solved(asked, ("spoils", "resolve"), 0) -> Map
picture(map) -> Figure
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from posse.analysis.codes import codes
from posse.analysis.maps import Layout, regime_map
from posse.analysis.point import at
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.report.answers import Answers
from posse.report.question import Question
from posse.sweeps.sweep import Sweep
from posse.sweeps.virtual import virtual

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELLS = 200  # along each axis
SIZE = (4.8, 3.6)  # inches, to be read on a phone


@dataclass(frozen=True, eq=False)
class Map:
    """ds: the regimes over two unknowns; held: all other parameters; centre: the medians of the two."""

    ds: xr.Dataset
    regime: str
    held: dict[str, float]
    centre: dict[str, float]

    @property
    def axes(self) -> tuple[str, str]:
        """Across and upwards."""
        x, y = self.centre
        return x, y

    @property
    def shares(self) -> dict[str, float]:
        """How much of the map each regime has that is there."""
        there = self.ds[self.regime]
        found = {code.name: float((there == code.value).mean()) for code in codes(there)}
        return {name: share for name, share in found.items() if share > 0}


def chosen(asked: Question, answers: Answers, case: int) -> tuple[str, str]:
    """The unknowns with the largest total indices; where there are none the first, and grid axes after them."""
    names = list(asked.parameters)
    if isinstance(answers.indices, xr.Dataset):
        word = answers.doubtful(asked, case)
        total = answers.indices.total.isel({asked.case: case}).sel({asked.word: word}).fillna(-np.inf)
        names = [str(total.unknown.values[k]) for k in np.argsort(-total.values, kind="stable")]
    names += asked.swept
    if len(names) < 2:
        raise InputError("a map needs two unknowns, or axes of parameters")
    return names[0], names[1]


def place(asked: Question, names: tuple[str, str], case: int) -> tuple[Game, dict[str, Any], dict[str, float]]:
    """The game, the axes of a map, upwards and across, and all parameters at the medians of what is unknown.

    Raises InputError, or GameChangedError, where the game is not here, or is another one.
    """
    medians = {name: float(asked.ds[name].median()) for name in asked.parameters}
    one = asked.held.isel(dict.fromkeys(asked.designs, 0) | {asked.case: case})
    game, parameters = at(one, {})
    parameters |= medians
    axes = {name: _axis(asked, name) for name in reversed(names)}
    return game, axes, {name: float(value) for name, value in parameters.items()}


def solved(asked: Question, names: tuple[str, str], case: int) -> Map:
    """Solve the cells of a map. Raises as `place` does."""
    game, axes, parameters = place(asked, names, case)
    held = {name: value for name, value in parameters.items() if name not in axes}
    sweep = Sweep(game, axes, held, [asked.regime], outside_domain="mark")
    return Map(virtual(sweep).load(), asked.regime, held, {name: parameters[name] for name in names})


def _axis(asked: Question, name: str) -> dict[str, Any]:
    """From the lowest value in the cube to the highest, in ratios if it is drawn, or spaced, so."""
    values = asked.ds[name].values
    form = "geomspace" if in_ratios(asked, name) else "linspace"
    return {form: [float(values.min()), float(values.max()), CELLS]}


def in_ratios(asked: Question, name: str) -> bool:
    """Whether an unknown is drawn, or an axis spaced, evenly in ratios."""
    axes = asked.written.axes if asked.written else {}
    return "geomspace" in axes.get(name, {}) or any(
        "log_uniform" in belief(axes.get(d, {}), name) for d in asked.designs
    )


def belief(axis: Any, name: str) -> dict[str, Any]:
    """What is believed of a parameter, as it stands in a design."""
    found = axis.get(name, {})
    return dict(found) if isinstance(found, dict) else {}


def picture(shown: Map) -> "Figure":
    """The map without its legend, which is a table beside it; a cross marks the medians."""
    x, y = shown.axes
    figure = regime_map(shown.ds, Layout(x, y))
    figure.legends.clear()
    figure.set_size_inches(*SIZE)
    axes = figure.axes[0]
    limits = axes.get_xlim(), axes.get_ylim()
    for size, width, colour in ((11, 4, "white"), (10, 1.8, "black")):
        axes.plot(shown.centre[x], shown.centre[y], "+", markersize=size, markeredgewidth=width, color=colour)
    axes.set(xlim=limits[0], ylim=limits[1])
    return figure
