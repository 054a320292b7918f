"""Games whose regimes are shapes of known size in a unit square or cube: in, and out.

shape(disc) -> Game
"""

from collections.abc import Callable
from inspect import signature
from typing import Any, NamedTuple

from posse.kernels.declaration import Domain, Flag, Game, Output, Parameter
from posse.kernels.vocabulary import where


class Shape(NamedTuple):
    regime: Any


def disc(x: Any, y: Any) -> Shape:
    """Of radius 0.05, which a coarse mesh misses."""
    return _near(0.05, x - 0.3, y - 0.6)


def ball_2(x: Any, y: Any) -> Shape:
    return _near(0.4, x - 0.5, y - 0.5)


def ball_3(x: Any, y: Any, z: Any) -> Shape:
    return _near(0.4, x - 0.5, y - 0.5, z - 0.5)


def ball_4(x: Any, y: Any, z: Any, w: Any) -> Shape:
    return _near(0.4, x - 0.5, y - 0.5, z - 0.5, w - 0.5)


def _near(radius: float, *apart: Any) -> Shape:
    return Shape(where(sum(x * x for x in apart) <= radius * radius, 1, 0))


def wedge(x: Any, y: Any) -> Shape:
    return Shape(where(y <= 0.25 * x, 1, 0))


def sliver(x: Any, y: Any) -> Shape:
    """A thousandth wide, along a diagonal."""
    return Shape(where((y >= x) & (y <= x + 0.001), 1, 0))


UNIT = Domain(0, 1)


def shape(solve: Callable[..., Shape], domain: Domain = UNIT) -> Game:
    """In, where a point is in the shape, or out."""
    return Game(
        name=solve.__name__,
        title=solve.__name__,
        version="1",
        parameters=tuple(Parameter(name, name, domain, 0.5, name) for name in signature(solve).parameters),
        outputs=(Output("regime", "codes", "where it is", (Flag(0, "out", "outside"), Flag(1, "in", "inside"))),),
        solve=solve,
    )
