"""A claim at single points: whether it fails there, for certain.

fails(claim, box, point) -> bool            point: a Fraction for each parameter, and for what the claim adds
is_told(value)                              whether a float64 tells a number in full
simplest(claim, box, point) -> point        another one where it fails, of defaults and short decimals if it can be
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction

from posse.claims.arithmetics import INTERVALS, PLAIN, near, symbols, written
from posse.claims.language import Claim
from posse.claims.scope import Box
from posse.claims.world import FACTOR, OTHER, STEP
from posse.kernels.algebra import Table
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.forms import Formula, TooHard
from posse.kernels.intervals import truth

Point = dict[str, Fraction]

DIGITS = 6
LARGE = 100  # a power by a larger number may take for ever


def fails(claim: Claim, box: Box, point: Point) -> bool:
    """Whether a claim fails at a point, in exact numbers or, where there are powers, in intervals around it."""
    if not _is_meant(claim, box, point):
        return False
    table = Table()
    exactly = {name: table.number(value) for name, value in point.items()}
    with suppress(TooHard, RecursionError, InputError):
        found = claim.holds(claim.world(exactly, symbols(table, may_be_undefined=True), box))
        rooted = all(base.constant is not None and base.constant > 0 for base, _ in table.powers)
        if rooted and not isinstance(found, Formula):  # in which an irrational power is left
            return not found
    around = {name: near(value) for name, value in point.items()}
    return not bool(truth(claim.holds(claim.world(around, INTERVALS, box))).maybe)


def _seems_to_fail(claim: Claim, box: Box, point: Point) -> bool:
    """The same, sooner, but rounded where there are powers or the definition has decimals."""
    if max(point.values()) > LARGE:
        return fails(claim, box, point)
    if not _is_meant(claim, box, point):
        return False
    with suppress(ArithmeticError, TypeError, RecursionError, InputError):  # a root of a negative number is complex
        return not claim.holds(claim.world(point, PLAIN, box))
    return fails(claim, box, point)


def _is_meant(claim: Claim, box: Box, point: Point) -> bool:
    inside = not any(box[name].exclude(value) for name, value in point.items())
    return inside and all(point[low] <= point[high] for low, high in claim.game.order)


def simplest(claim: Claim, box: Box, point: Point) -> Point:
    """One parameter after another moved to its default, else to as few digits as the claim still fails with."""
    quick = _moved(claim, box, point, _seems_to_fail)
    found = quick if fails(claim, box, quick) else _moved(claim, box, point, fails)
    floats = {name: value if is_told(value) else Fraction(float(value)) for name, value in found.items()}
    return floats if fails(claim, box, floats) else found


def is_told(value: Fraction) -> bool:
    """Whether a float64 tells a number in full, as the decimal that it is written as or as what it is."""
    return value in (written(float(value)), Fraction(float(value)))


def _moved(claim: Claim, box: Box, point: Point, still_fails: Callable[[Claim, Box, Point], bool]) -> Point:
    found = dict(point)
    for name in found:
        for value in _simpler(claim.game, name, found[name]):
            if value == found[name] or still_fails(claim, box, {**found, name: value}):
                found[name] = value
                break
    return found


def _simpler(game: Game, name: str, value: Fraction) -> Iterator[Fraction]:
    """Numbers near a value that say no more than they must."""
    plain = {STEP: [], FACTOR: [Fraction(2), Fraction(1, 2)]}.get(name)
    if plain is None:
        plain = [usual(game, name.removeprefix(OTHER))]
    yield from plain
    for digits in range(1, DIGITS + 1):
        yield Fraction(f"{float(value):.{digits - 1}e}")
    yield value


def usual(game: Game, name: str) -> Fraction:
    """A parameter's default, as it is written."""
    return written(game.parameter(name).default)
