"""How many evaluations it takes to know where regimes end to 1/N of a box, by the number of its dimensions.

tables(quick) -> certain regions, next to packages that refine meshes and to the grid; and what a mesh can miss
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from time import perf_counter
from typing import Any

import numpy as np

from posse.analysis.estimates import estimate
from posse.benchmarks.peers import meshes, scalar
from posse.benchmarks.shapes import Shape, ball_2, ball_3, ball_4, disc, shape
from posse.benchmarks.timing import Table
from posse.benchmarks.tools import installed
from posse.kernels.declaration import Game
from posse.kernels.restraint import RESTRAINT
from posse.runnable import regions
from posse.sweeps.box import read_box

SECONDS = 6  # for a package on a problem
FITTED = 3  # finest resolutions that a slope is fitted to


@dataclass(frozen=True)
class Problem:
    """A box of a game. regime: the same at a point of the unit box, by a fast function of numbers.

    halvings: of a side, at the finest: in full, and quick (where there is no problem of four dimensions).
    """

    title: str
    game: Game
    box: Mapping[str, Any]
    regime: meshes.Regime
    halvings: tuple[int, int]

    @property
    def dimensions(self) -> int:
        return len(self.box)


ATLAS = {
    "diversity": (0, 1),
    "cap_observer": {"log_uniform": [0.1, 5]},
    "resolve": (0, 1),
    "attrition": (0, 0.9),
}
PART = {
    "diversity": (0.7, 0.8),
    "cap_observer": {"log_uniform": [1, 1.4]},
    "resolve": (0.7, 0.8),
    "attrition": (0.35, 0.45),
}


def _of_shape(title: str, solve: Callable[..., Shape], *halvings: int) -> Problem:
    game = shape(solve)
    box = dict.fromkeys(game.parameter_names, (0, 1))
    return Problem(title, game, box, lambda *at: float(solve(*at).regime), (halvings[0], halvings[1]))


def _of_restraint(title: str, whole: Mapping[str, Any], dimensions: int, *halvings: int) -> Problem:
    box = dict(list(whole.items())[:dimensions])
    sides, _ = read_box(RESTRAINT, box, None)

    def regime(*shares: float) -> float:
        values = {name: float(side.at(share)) for (name, side), share in zip(sides.items(), shares, strict=True)}
        return float(scalar.point(*{**RESTRAINT.defaults, **values}.values())[0])

    return Problem(title, RESTRAINT, box, regime, (halvings[0], halvings[1]))


PROBLEMS = [
    _of_shape("a ball of radius 0.4", ball_2, 12, 6),
    _of_shape("a ball of radius 0.4", ball_3, 8, 4),
    _of_shape("a ball of radius 0.4", ball_4, 6, 4),
    _of_restraint("a part of the atlas", PART, 2, 12, 6),
    _of_restraint("a part of the atlas", PART, 3, 8, 5),
    _of_restraint("a part of the atlas", PART, 4, 5, 4),
    _of_restraint("the atlas", ATLAS, 2, 12, 7),
    _of_restraint("the atlas", ATLAS, 3, 7, 5),
    _of_restraint("the atlas", ATLAS, 4, 5, 3),
]


def by_posse(problem: Problem, quick: bool) -> meshes.Steps:
    """Boxes looked at until no undecided one is wider than 1/N."""
    started, found = perf_counter(), regions(problem.game, problem.box, tolerance=1)
    for k in range(2, problem.halvings[quick] + 1):
        found = found.refine(0.5**k)
        yield 2**k, found.leaves.asked, perf_counter() - started


PACKAGES = {"adaptive": meshes.by_adaptive, "phasemap": meshes.by_phasemap}


def slope(steps: Sequence[tuple[int, int, float]]) -> float:
    """Of the logarithm of evaluations in that of the resolution, over the finest ones."""
    n, count, _ = np.array(steps[-FITTED:]).T
    return float(np.polyfit(np.log(n), np.log(count), 1)[0])


def measure(problem: Problem, quick: bool, table: Table) -> None:
    """A row for posse, one for each package, and one for the grid."""
    resolutions = [2**k for k in range(2, problem.halvings[quick] + 1)]
    row = problem.title, problem.dimensions
    _add(table, *row, "posse.regions", list(by_posse(problem, quick)))
    for name, steps in PACKAGES.items():
        if version := installed(name):
            seconds = SECONDS / 20 if quick else SECONDS
            _add(
                table, *row, f"{name} {version}", list(steps(problem.regime, problem.dimensions, resolutions, seconds))
            )
        else:
            table.add(*row, name, "not installed", "–", "–", "–", "–")


def _add(table: Table, title: str, dimensions: int, name: str, steps: Sequence[tuple[int, int, float]]) -> None:
    if not steps:
        table.add(title, dimensions, name, "not reached", "–", "–", "–", "–")
        return
    n, count, seconds = steps[-1]
    fitted = f"{slope(steps):.2f}" if len(steps) >= FITTED else "–"
    table.add(title, dimensions, name, n, f"{count:,}", f"{n**dimensions:,}", fitted, seconds)


def missed() -> Table:
    """What is said of a disc that is smaller than the first mesh."""
    table = Table(
        "missed",
        f"A disc of radius 0.05 in the unit square: its share is {pi * 0.05**2:.5f}",
        ["by", "evaluations", "what it says of the share"],
    )
    game, box = shape(disc), {"x": (0, 1), "y": (0, 1)}
    for k in (5, 7, 9):
        found = regions(game, box, tolerance=0.5**k)
        inside = found.volumes().sel(regime="in")
        said = f"{inside.lower.item():.5f} to {inside.upper.item():.5f}, certainly"
        table.add(f"posse.regions, to 1/{2**k}", f"{found.leaves.asked:,}", said)
    for k in (10, 14):
        likely = estimate(game, box, points=2**k).sel(regime="in")
        said = f"{likely.lower.item():.5f} to {likely.upper.item():.5f}, at 95 % confidence"
        table.add("posse.estimate", f"{2**k:,}", said)
    for name, said_by in {"adaptive": _adaptive_on_disc, "phasemap": _phasemap_on_disc}.items():
        if installed(name):
            for label, count, share in said_by():
                table.add(label, f"{count:,}", f"{share:.5f}")
        else:
            table.add(name, "not installed", "–")
    return table


def _regime(*at: float) -> float:
    return float(disc(*at).regime)


def _adaptive_on_disc() -> Iterator[tuple[str, int, float]]:
    for points in (50, 100, 400):
        yield "adaptive, LearnerND", points, meshes.share(meshes.learner_of(_regime, 2, points))


def _phasemap_on_disc() -> Iterator[tuple[str, int, float]]:
    for resolution in (8, 512):
        found = meshes.phases(_regime, 2, resolution)
        inside = sum(float(np.prod(box.size)) for box in found.boxes if box.phase == 1)
        yield f"phasemap, mesh {meshes.MESH}, to 1/{resolution}", len(found.points), inside


def tables(quick: bool) -> list[Table]:
    """How evaluations grow; and what a mesh can miss."""
    table = Table(
        "boundaries",
        "Evaluations until boundaries are known to 1/N of a side",
        ["regimes", "dimensions", "by", "finest N", "evaluations", "of a grid", "slope", "seconds"],
    )
    for problem in PROBLEMS:
        if problem.dimensions < 4 or not quick:
            measure(problem, quick, table)
    table.notes = NOTES
    return [table, missed()]


NOTES = [
    f"The slope is of log evaluations in log N over the {FITTED} finest N = 2^k; a grid of N^d points has the slope d, "
    "what follows boundaries d − 1. For posse an evaluation is a box whose regimes are enclosed, and N is reached "
    "where no undecided box is wider than 1/N: all others are certain. For the packages it is a point, and N is "
    "reached where no cell of the mesh that is wider than 1/N has corners of two regimes: what lies between corners "
    f"of one is not known. Each has {SECONDS} seconds for a problem, and the finest N is what it reached in them, or "
    "with its first mesh, however long that took.",
    "The atlas is diversity × log cap_observer × resolve × attrition, the first two, three or all; the part of it has "
    "sides of a tenth. Where most of a box is still undecided, boxes grow like a grid's points.",
    "adaptive's LearnerND has its default loss, phasemap its default mesh of 5 points a side to begin with.",
]
