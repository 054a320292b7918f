"""For each case the map of regimes over the two unknowns that decide most, all others at their medians.

chosen(asked, answers, 0) -> which two
why(asked, answers, 0) -> why these
solved(asked, ("spoils", "resolve"), 0) -> Map
picture(map) -> Figure
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import xarray as xr

from posse.analysis.codes import codes
from posse.analysis.maps import Layout, regime_map
from posse.analysis.point import at
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.report.answers import Answers
from posse.report.question import Question
from posse.report.words import plain
from posse.sweeps.sweep import Sweep
from posse.sweeps.virtual import virtual

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELLS = 200  # along each axis
SIZE = (4.8, 3.6)  # inches, to be read on a phone
BOUNDED = ("uniform", "log_uniform", "triangular")  # beliefs that begin and end with their bounds


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
    """The unknowns that decide most; where none is known to the first, and grid axes after them."""
    names = list(dict.fromkeys([*answers.deciding(asked, case), *asked.parameters, *asked.swept]))
    if len(names) < 2:
        raise InputError("a map needs two unknowns, or axes of parameters")
    return names[0], names[1]


def why(asked: Question, answers: Answers, case: int) -> str:
    """What the two have to do with what the model says, as far as the draws tell."""
    about = f"whether the model says {plain(answers.doubtful(asked, case))}"
    if isinstance(answers.indices, str):
        return "two of the unknowns"
    deciding = answers.deciding(asked, case)
    if len(deciding) > 1:
        return f"which decide most {about}"
    if deciding:
        return f"of which {deciding[0]} decides most {about}; the draws tell of no other"
    varies = bool((answers.held.at(**{asked.case: case}).share % 1 > 0).any())
    reason = "too few draws tell what decides" if varies else "nothing here decides"
    return f"the first two unknowns; {reason} {about}"


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
    """Between the bounds of what is believed, else of what is in the cube; in ratios if it is drawn, or spaced, so."""
    values = asked.ds[name].values
    low, high = _bounds(asked, name) or (float(values.min()), float(values.max()))
    form = "geomspace" if in_ratios(asked, name) else "linspace"
    return {form: [low, high, CELLS]}


def _bounds(asked: Question, name: str) -> tuple[float, float] | None:
    """The bounds of what is believed of an unknown, where it has some."""
    axes = asked.written.axes if asked.written else {}
    for kind, numbers in (pair for d in asked.designs for pair in belief(axes.get(d, {}), name).items()):
        if kind in BOUNDED:
            return float(numbers[0]), float(numbers[-1])
    return None


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
