"""Packages that refine a mesh where a function at its points differs, on the unit box.

by_adaptive(regime, dimensions, resolutions, seconds) -> Steps, and so by_phasemap
share(learner) -> what its mesh says of the share of regime 1

A step: at resolution N, no cell of the mesh that is wider than 1/N has corners of two regimes; how often the function
was called until then, and after how many seconds. Steps end where the next may take more seconds than there are.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

Regime = Callable[..., float]
"""The regime at a point of the unit box, given as a number for each dimension."""
Steps = Iterator[tuple[int, int, float]]
Floats = npt.NDArray[np.float64]

LEAST = 100  # points before the first look: a mesh of a few may have missed all but one regime
BETWEEN = 25  # points from one look to the next
MESH = 5  # points along a side to begin with, phasemap's default


def learner_of(regime: Regime, dimensions: int, points: int = 0) -> Any:
    """adaptive's learner of functions of several variables, with the loss that it has by default."""
    from adaptive import LearnerND

    learner = LearnerND(lambda x: float(regime(*x)), [(0, 1)] * dimensions)
    learn(learner, points)
    return learner


def learn(learner: Any, points: int) -> None:
    """Give it so many points more."""
    for _ in range(points):
        (point,), _ = learner.ask(1)
        learner.tell(point, learner.function(point))


def by_adaptive(regime: Regime, dimensions: int, resolutions: Sequence[int], seconds: float) -> Steps:
    started = perf_counter()
    learner = learner_of(regime, dimensions, LEAST)
    for n in resolutions:
        while (widest := _widest(learner)) > 1 / n and perf_counter() - started < seconds:
            learn(learner, BETWEEN)
        if widest > 1 / n:
            return
        yield n, learner.npoints, perf_counter() - started


def _simplices(learner: Any) -> tuple[Floats, Floats]:
    """Of each, its corners, shape (n, dimensions + 1, dimensions), and what was found there."""
    simplices = np.array(list(learner.tri.simplices))
    corners = np.array(learner.tri.vertices)
    found = np.array([learner.data[tuple(corner)] for corner in learner.tri.vertices])
    return corners[simplices], found[simplices]


def _widest(learner: Any) -> float:
    """The longest extent along a side of a simplex that has two regimes."""
    corners, found = _simplices(learner)
    extent = np.ptp(corners, axis=1).max(1)
    return float(extent[np.ptp(found, axis=1) > 0].max(initial=0))


def share(learner: Any) -> float:
    """The volume of its simplices, each as far as its corners are of regime 1."""
    corners, found = _simplices(learner)
    volumes = abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
    return float((volumes * (found == 1).mean(1)).sum() / volumes.sum())


def by_phasemap(regime: Regime, dimensions: int, resolutions: Sequence[int], seconds: float) -> Steps:
    started = perf_counter()
    for n in (n for n in resolutions if n > MESH - 1):
        begun = perf_counter()
        found = phases(regime, dimensions, n)
        yield n, len(found.points), perf_counter() - begun
        if 2**dimensions * (perf_counter() - begun) > seconds - (perf_counter() - started):
            return


def phases(regime: Regime, dimensions: int, resolution: int) -> Any:
    """phasemap's result with boxes of two regimes halved until they are as narrow as that, from its default mesh."""
    import phasemap

    halvings = int(np.log2(resolution / (MESH - 1)))
    limits = [(0, 1)] * dimensions
    asyncio.set_event_loop(loop := asyncio.new_event_loop())  # phasemap takes for granted that there is one
    try:
        return phasemap.run(lambda x: float(regime(*map(float, x))), limits=limits, mesh=MESH, num_steps=halvings)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
