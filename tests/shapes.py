"""Games whose regimes are shapes of known size in a unit square or cube: in, and out."""

from inspect import signature
from typing import Any, NamedTuple

from posse import Domain, Flag, Game, Output, Parameter
from posse.kernels.vocabulary import where


class Shape(NamedTuple):
    regime: Any


def disc(x: Any, y: Any) -> Shape:
    """Of radius 0.05, which a coarse mesh misses."""
    return Shape(where((x - 0.3) * (x - 0.3) + (y - 0.6) * (y - 0.6) <= 0.0025, 1, 0))


def wedge(x: Any, y: Any) -> Shape:
    return Shape(where(y <= 0.25 * x, 1, 0))


def sliver(x: Any, y: Any) -> Shape:
    """A thousandth wide, along a diagonal."""
    return Shape(where((y >= x) & (y <= x + 0.001), 1, 0))


UNIT = Domain(0, 1)


def shape(solve: Any, domain: Domain = UNIT) -> Game:
    return Game(
        name=solve.__name__,
        title=solve.__name__,
        version="1",
        parameters=tuple(Parameter(name, name, domain, 0.5, name) for name in signature(solve).parameters),
        outputs=(Output("regime", "codes", "where it is", (Flag(0, "out", "outside"), Flag(1, "in", "inside"))),),
        solve=solve,
    )
