"""The arithmetics in which a claim is evaluated.

ARRAYS           float64, many points at once, by the compiled game: quick, and rounded
PLAIN            fractions, one point: exact, but for powers and for decimals in a game's definition
INTERVALS        float64 rounded outward, many boxes at once: certain
symbols(table)   forms, all points at once: exact (posse.kernels.algebra)

near(value) -> Interval       of a Fraction
written(value) -> Fraction    what a float64 is written as: 0.1 is one tenth
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from posse.kernels.algebra import Table
from posse.kernels.declaration import Game
from posse.kernels.grid import solve_arrays
from posse.kernels.intervals import Interval, enclose
from posse.kernels.solution import call, numbers

Values = Mapping[str, Any]
Held = Mapping[str, tuple[Any, ...]]  # the numbers of each output


class Arithmetic(NamedTuple):
    """number: a number of the text. solve: outputs at values of a game's parameters.

    may_be_undefined: numbers can be NaN, which is not the claim's concern.
    """

    number: Callable[[Fraction], Any]
    solve: Callable[[Game, Values, tuple[str, ...]], Held]
    may_be_undefined: bool = False


def symbols(table: Table, may_be_undefined: bool = False) -> Arithmetic:
    """The arithmetic of forms; where all parameters are constants, so are they, but for powers."""

    def solve(game: Game, values: Values, outputs: tuple[str, ...]) -> Held:
        held = _solve(game, values, outputs)
        return {name: tuple(n if _is_nan(n) else table.number(n) for n in found) for name, found in held.items()}

    return Arithmetic(table.number, solve, may_be_undefined)


def near(value: Fraction) -> Interval:
    """A narrow interval that certainly holds a number."""
    nearest = float(value)
    if Fraction(nearest) == value:
        return Interval(nearest, nearest)
    return Interval(np.nextafter(nearest, -np.inf), np.nextafter(nearest, np.inf))


def written(value: float) -> Fraction:
    """The decimal that a float64 is written as."""
    return Fraction(repr(float(value)))


def _solve(game: Game, values: Values, outputs: tuple[str, ...]) -> Held:
    solution = call(game, values)
    return {name: numbers(game, solution, game.output(name)) for name in outputs}


def _solve_compiled(game: Game, values: Values, outputs: tuple[str, ...]) -> Held:
    arrays = {name: np.atleast_1d(np.asarray(value, np.float64)) for name, value in values.items()}
    solved = solve_arrays(game, arrays, outputs) if outputs else {}
    whole = {name: game.output(name).kind != "real" for name in outputs}
    return {name: tuple(held.astype(np.int64) if whole[name] else held) for name, held in solved.items()}


def _is_nan(number: Any) -> bool:
    return isinstance(number, float) and number != number


ARRAYS = Arithmetic(np.float64, _solve_compiled, may_be_undefined=True)
PLAIN = Arithmetic(lambda number: number, _solve, may_be_undefined=True)
INTERVALS = Arithmetic(near, enclose)
