"""Points of the games of a coalition and an observer: random ones of a broad box, some of them at its faces.

lattice(...), broad(...)    arrays, exact in floats, or real
any_point()                 for hypothesis, in fractions
at(points, index)           one of many, exactly
"""

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Points = dict[str, npt.NDArray[Any]]

UPPER = {  # a broad box, in which every regime of restraint occurs; its lower corner is zero
    "cap_leader": 3.0,
    "cap_partner": 3.0,
    "cap_target": 3.0,
    "cap_observer": 3.0,
    "decisiveness": 3.0,
    "diversity": 1.0,
    "spoils": 3.0,
    "share": 1.0,
    "attrition": 1.0,
    "cost_support": 0.05,
    "cost_oppose": 0.15,
    "cost_stay": 0.1,
    "war_leader": 0.5,
    "war_partner": 0.2,
    "war_resolute": 0.3,
    "war_irresolute": 1.0,
    "resolve": 1.0,
    "prize": 3.0,
}


def at(points: Points, index: int) -> dict[str, Fraction]:
    """One of the points, exactly."""
    return {name: Fraction(float(values[index])) for name, values in points.items()}


def lattice(count: int, seed: int, step: int, corner: float) -> Points:
    """Random multiples of 1/step in the box, some of them at its faces; floats hold them exactly."""
    random = np.random.default_rng(seed)
    points = {}
    for name, upper in UPPER.items():
        top = int(upper * step) or 1
        k = random.integers(0, top, count, endpoint=True)
        k = np.where(random.random(count) < corner, random.choice([0, top], count), k)
        if name.startswith("cap"):
            k = np.maximum(k, 1)
        if name == "attrition":
            k = np.minimum(k, step - 1)
        points[name] = k / step
    points["decisiveness"] = random.integers(1, 3, count, endpoint=True).astype(float)
    points["war_irresolute"] += points["war_resolute"]
    return points


def generic(count: int, seed: int, step: int, corner: float = 0.0) -> Points:
    """A lattice at decisiveness 1 where the observer has something to hide: 0 < q < 1 and c_R < c_I."""
    points = lattice(count, seed, step, corner)
    points["resolve"] = np.clip(points["resolve"], 1 / step, 1 - 1 / step)
    points["war_irresolute"] += 1 / step
    points["decisiveness"][:] = 1
    return points


def broad(count: int, seed: int, **given: float) -> Points:
    """Random real points of the box."""
    random = np.random.default_rng(seed)
    points = {name: random.uniform(0, upper, count) for name, upper in UPPER.items()}
    for name in ("cap_leader", "cap_partner", "cap_target", "cap_observer"):
        points[name] = np.exp(random.uniform(-1.5, 1.5, count))
    points |= {name: np.full(count, value) for name, value in given.items()}
    points["war_irresolute"] += points["war_resolute"]
    return points


def multiples(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Multiples of 1/64."""
    return st.integers(low, high).map(lambda k: Fraction(k, 64))


@st.composite
def any_point(draw: st.DrawFn) -> dict[str, Fraction]:
    """Any point of the domain (in multiples of 1/64) with a whole decisiveness."""
    point = {}
    for name, upper in UPPER.items():
        point[name] = draw(
            multiples(1 if name.startswith("cap") else 0, 63 if name == "attrition" else int(128 * upper))
        )
    for name in ("diversity", "share", "resolve"):
        point[name] = draw(multiples(0, 64))
    point["decisiveness"] = Fraction(draw(st.integers(1, 3)))
    point["war_irresolute"] += point["war_resolute"]
    return point
