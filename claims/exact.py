"""A claim at single points: whether it fails there, for certain.

fails(claim, box, point) -> bool            point: a Fraction for each parameter, and for what the claim adds
simplest(claim, box, point) -> point        another one where it fails, of defaults and short decimals if it can be
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from posse.claims.boxes import Box
from posse.claims.language import Claim
from posse.claims.world import FACTOR, OTHER, STEP, Arithmetic, Values, World
from posse.kernels.algebra import Formula, Table, TooHard
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.intervals import Interval, Truth, enclose
from posse.kernels.solution import call, numbers

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
        found = claim.holds(World(claim.game, claim.outputs, exactly, symbols(table, may_be_undefined=True), box))
        if not isinstance(found, Formula):  # in which an irrational power is left
            return not found
    around = {name: near(value) for name, value in point.items()}
    found = claim.holds(World(claim.game, claim.outputs, around, INTERVALS, box))
    return not (found.maybe if isinstance(found, Truth) else found)


def _seems_to_fail(claim: Claim, box: Box, point: Point) -> bool:
    """The same, sooner, but rounded where there are powers or the definition has decimals."""
    if max(point.values()) > LARGE:
        return fails(claim, box, point)
    if not _is_meant(claim, box, point):
        return False
    with suppress(ArithmeticError, RecursionError, InputError):
        return not claim.holds(World(claim.game, claim.outputs, point, PLAIN, box))
    return fails(claim, box, point)


def _is_meant(claim: Claim, box: Box, point: Point) -> bool:
    inside = not any(box[name].exclude(value) for name, value in point.items())
    return inside and all(point[low] <= point[high] for low, high in claim.game.order)


def _solve(game: Game, values: Values, outputs: tuple[str, ...]) -> Mapping[str, tuple[Any, ...]]:
    solution = call(game, values)
    return {name: numbers(game, solution, game.output(name)) for name in outputs}


def symbols(table: Table, may_be_undefined: bool = False) -> Arithmetic:
    """The arithmetic of forms; where all parameters are constants, so are they, but for powers."""

    def solve(game: Game, values: Values, outputs: tuple[str, ...]) -> Mapping[str, tuple[Any, ...]]:
        held = _solve(game, values, outputs)
        return {name: tuple(n if _is_nan(n) else table.number(n) for n in found) for name, found in held.items()}

    return Arithmetic(table.number, solve, may_be_undefined)


def _is_nan(number: Any) -> bool:
    return isinstance(number, float) and number != number


def near(value: Fraction) -> Interval:
    """A narrow interval that certainly holds a number."""
    nearest = float(value)
    if Fraction(nearest) == value:
        return Interval(nearest, nearest)
    return Interval(np.nextafter(nearest, -np.inf), np.nextafter(nearest, np.inf))


INTERVALS = Arithmetic(near, enclose)
PLAIN = Arithmetic(lambda number: number, _solve, may_be_undefined=True)


def simplest(claim: Claim, box: Box, point: Point) -> Point:
    """One parameter after another moved to its default, else to as few digits as the claim still fails with."""
    found = dict(point)
    for name in found:
        for value in _simpler(claim.game, name, found[name]):
            if value == found[name] or _seems_to_fail(claim, box, {**found, name: value}):
                found[name] = value
                break
    return found if fails(claim, box, found) else point


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
    return Fraction(repr(float(game.parameter(name).default)))
