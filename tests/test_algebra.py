"""Symbols: a definition run on polynomials is, at any point, what it is on exact fractions."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import posse
from posse.benchmarks.shapes import Shape, shape
from posse.kernels.algebra import Table
from posse.kernels.errors import InputError
from posse.kernels.forms import Bounds, Form, Formula, Symbol
from posse.kernels.solution import call, numbers
from posse.kernels.vocabulary import has_flag, maximum, minimum, opposite, portion, quotient, where

POINTS = 40


class At:
    """Values of symbols, forms and conditions at a point, worked out from what they are made of."""

    def __init__(self, point: dict[str, Fraction]) -> None:
        self.point = point
        self.seen: dict[Symbol, Fraction] = {}

    def form(self, form: Any) -> Fraction:
        if not isinstance(form, Form):
            return Fraction(form)
        total = Fraction(0)
        for monomial, coefficient in form.terms.items():
            for symbol in monomial:
                coefficient = coefficient * self.symbol(symbol)
            total += coefficient
        return total

    def symbol(self, symbol: Symbol) -> Fraction:
        if symbol not in self.seen:
            kind, parts = symbol.kind, symbol.parts
            if kind == "parameter":
                value = self.point[parts[0]]
            elif kind == "choice":
                value = self.form(parts[1] if self.holds(parts[0]) else parts[2])
            elif kind == "ratio":
                value = self.form(parts[0]) / self.form(parts[1])
            else:
                exponent = self.form(parts[1])
                assert exponent.denominator == 1
                value = self.form(parts[0]) ** int(exponent)
            self.seen[symbol] = value
        return self.seen[symbol]

    def holds(self, condition: Any) -> bool:
        if not isinstance(condition, Formula):
            return bool(condition)
        if condition.op == "positive":
            value = self.form(condition.parts[0])
            return value > 0 if condition.parts[1] else value >= 0
        one, other = map(self.holds, condition.parts)
        return one and other if condition.op == "and" else one or other


def in_symbols(game: Any, fixed: dict[str, int]) -> Any:
    table = Table()
    values = {
        p.name: table.number(fixed[p.name]) if p.name in fixed else table.parameter(p.name, Bounds())
        for p in game.parameters
    }
    return call(game, values)


def points(game: Any, fixed: dict[str, int], count: int) -> list[dict[str, Fraction]]:
    """Short fractions, many of them at the end of a share."""
    dice, found = np.random.default_rng(3), []
    for _ in range(count):
        point = {p.name: Fraction(int(dice.integers(1, 40)), int(dice.choice([10, 40]))) for p in game.parameters}
        for p in game.parameters:
            if p.domain.high == 1:
                point[p.name] = min(point[p.name], Fraction(9, 10) if p.domain.high_open else Fraction(1))
        point |= {name: Fraction(value) for name, value in fixed.items()}
        point["war_irresolute"] = max(point["war_irresolute"], point["war_resolute"])
        found.append(point)
    return found


@pytest.mark.parametrize("decisiveness", [1, 2])
def test_the_game_in_symbols_is_the_game(decisiveness: int) -> None:
    """At random points all outputs agree with exact fractions, codes as well as numbers."""
    game, fixed = posse.game("restraint"), {"decisiveness": decisiveness}
    solution = in_symbols(game, fixed)
    for point in points(game, fixed, POINTS):
        exact = call(game, {n: int(v) if n == "decisiveness" else v for n, v in point.items()})
        at = At(point)
        for output in game.outputs:
            for found, true in zip(numbers(game, solution, output), numbers(game, exact, output), strict=True):
                assert at.form(found) == true, output.name


def xyz() -> tuple[Table, Any, Any, Any]:
    table = Table()
    return table, *(table.parameter(name, Bounds(Fraction(0), None, low_open=True)) for name in "xyz")


def test_what_is_the_same_polynomial_is_the_same_form() -> None:
    _, x, y, z = xyz()
    assert (x + y) * (x - y) is x * x - y * y
    assert (x + y) ** 2 is x * x + 2 * x * y + y * y
    assert portion(x, y) is x / (y + x)
    assert portion(x * z, y * z) is portion(x, y)
    assert (2 * x + 2 * y) / (x + y) is 2 + 0 * x
    assert (x < y) is (3 * y - 3 * x > 0)
    assert opposite(x < y) is (y <= x)


def test_a_flag_of_many_is_the_condition_that_put_it_there() -> None:
    """Of a sum of fifteen, without the 2^15 sums."""
    _, x, _, _ = xyz()
    flags = sum(where(x < k + 1, 1 << k, 0) for k in range(15))
    for k in (0, 7, 14):
        assert has_flag(flags, 1 << k) is (x < k + 1)


def test_choices_of_codes_are_the_conditions_on_which_they_turn() -> None:
    _, x, y, _ = xyz()
    code = where(x < y, 0, where(x > 2 * y, 1, 2))
    assert (code == 0) is (x < y)
    at = At({"x": Fraction(3), "y": Fraction(1)})
    assert [at.holds(code == k) for k in range(3)] == [False, True, False]


@pytest.mark.parametrize(("x", "y"), [(1, 2), (3, 2), (2, 2)])
def test_words_mean_what_they_mean_on_numbers(x: int, y: int) -> None:
    _, a, b, _ = xyz()
    at = At({"x": Fraction(x), "y": Fraction(y)})
    assert at.form(minimum(a, b)) == min(x, y)
    assert at.form(maximum(a, b)) == max(x, y)
    assert at.form(abs(a - b)) == abs(x - y)
    assert at.form(quotient(a, b)) == Fraction(x, y)
    assert at.holds(a != b) is (x != y)


def test_nothing_branches_on_symbols() -> None:
    _, x, y, _ = xyz()
    for wrong in (lambda: bool(x), lambda: bool(x < y)):
        with pytest.raises(TypeError, match="branches"):
            wrong()
    with pytest.raises(InputError, match="branches on a condition that varies"):
        call(shape(branching), {"x": x, "y": y})


def branching(x: Any, y: Any) -> Shape:
    return Shape(1 if x < y else 0)
