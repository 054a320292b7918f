"""Intervals: whatever a game gives at a point of a box lies in what it gives of the box."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import posse
from posse.kernels.grid import solve_arrays
from posse.kernels.intervals import Choice, Interval, Truth, enclose
from posse.kernels.point import solve_plain
from posse.kernels.vocabulary import maximum, minimum, portion, quotient, ratio_power, where

ROUND = 10_000  # boxes at once
MANY = [("restraint", 50, 400), ("signalling", 2, 20)]  # rounds, and exact points of each
ends = st.floats(-1e3, 1e3) | st.sampled_from([0.0, 1.0, -1.0, 1e-300, -1e-300])


@st.composite
def boxes(draw: Any, low: float = -1e3) -> tuple[Interval, float]:
    """An interval, and a number in it."""
    a, b = sorted([max(low, draw(ends)) + 0.0, max(low, draw(ends)) + 0.0])  # there is nothing from 0.0 to -0.0
    return Interval(a, b), draw(st.floats(a, b))


def holds(found: Any, value: Fraction | float) -> bool:
    """Whether a number lies in what was found, exactly."""
    if isinstance(found, Choice):
        return bool(found.may.get(float(value), False))
    low, high = float(found.low), float(found.high)
    return (low == -np.inf or Fraction(low) <= value) and (high == np.inf or value <= Fraction(high))


@given(boxes(), boxes())
def test_sums_differences_products_quotients_hold_the_exact_ones(one: Any, other: Any) -> None:
    (x, p), (y, q) = one, other
    a, b = Fraction(p), Fraction(q)
    assert holds(x + y, a + b)
    assert holds(x - y, a - b)
    assert holds(x * y, a * b)
    assert holds(-x, -a)
    assert holds(abs(x), abs(a))
    assert holds(minimum(x, y), min(a, b))
    assert holds(maximum(x, y), max(a, b))
    assert holds(quotient(x, y), a / b if b else 0)
    if b:
        assert holds(x / y, a / b)
    if a >= 0 and b >= 0 and a + b:
        assert holds(portion(x, y), a / (a + b))


@given(boxes(low=0.0), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
def test_powers_hold_the_true_ones(one: Any, r: float) -> None:
    x, a = one
    found = x**r
    assert float(found.low) <= a**r <= float(found.high)
    if r == 2:
        assert holds(found, Fraction(a) ** 2)


@given(boxes(), boxes())
def test_a_comparison_that_is_certain_holds_at_every_point(one: Any, other: Any) -> None:
    (x, a), (y, b) = one, other
    for found, true in ((x < y, a < b), (x <= y, a <= b), (x == y, a == b), (x != y, a != b), (x >= y, a >= b)):
        assert not found.sure or true
        assert found.maybe or not true


def test_minimum_is_as_narrow_as_the_numbers_allow() -> None:
    found = minimum(Interval(0, 3), Interval(1, 2))
    assert (float(found.low), float(found.high)) == (0, 2)
    found = maximum(Interval(0, 3), Interval(1, 2))
    assert (float(found.low), float(found.high)) == (1, 3)


def test_codes_keep_to_their_values_where_a_condition_is_undecided() -> None:
    undecided = Interval(0, 1) < 0.5
    found = where(undecided, 1, 0) + where(undecided, 4, 0)
    assert set(found.may) == {0, 1, 4, 5}
    assert isinstance(where(undecided, undecided, False), Truth)
    with pytest.raises(TypeError, match="branches"):
        bool(undecided)


def random_boxes(game: Any, dice: Any, decisive: bool, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Corners of boxes in the domain: points, slivers and wide ones, many of them at its ends."""
    low, high = {}, {}
    for p in game.parameters:
        a, b = p.domain.bounds
        a, b = max(a, 0.01 if p.domain.low_open else 0.0), min(b, 3.0)
        if p.name == "decisiveness":
            a, b = (0.5, 3.0) if decisive else (1.0, 1.0)
        first = dice.uniform(a, b, count) if dice.random() < 0.7 else dice.choice([a, b], count)
        second = np.clip(first + dice.choice([0, 0, 1e-12, 1e-3, 0.1, 3], count) * dice.choice([-1, 1], count), a, b)
        low[p.name], high[p.name] = np.minimum(first, second), np.maximum(first, second)
    for one, other in game.order:
        low[other] = np.maximum(low[other], high[one])
        high[other] = np.maximum(high[other], low[other])
    return low, high


def require_containment(name: str, decisive: bool, boxes: int, exactly: int, seed: int) -> None:
    """Random boxes of a game, with their corners and a point of each: in NumPy, compiled, and some exactly."""
    game, dice = posse.game(name), np.random.default_rng(seed)
    low, high = random_boxes(game, dice, decisive, boxes)
    wide = enclose(game, {p: Interval(low[p], high[p]) for p in low})
    point: dict[str, Any] = {}
    for share in (0.0, 1.0, None):
        shares = {p: dice.random(boxes) if share is None else share for p in low}
        point = {p: np.clip(low[p] + shares[p] * (high[p] - low[p]), low[p], high[p]) for p in low}
        compiled = solve_arrays(game, point, [output.name for output in game.outputs], "float64")
        solved = solve_plain(game, point)
        for output in game.outputs:
            plain = solved[output.name] if output.dimension else (solved[output.name],)
            for found, *values in zip(wide[output.name], plain, compiled[output.name], strict=True):
                for value in values:
                    require_inside(found, np.broadcast_to(value, boxes))
    for k in dice.choice(boxes, exactly, replace=False):
        exact = solve_plain(game, {p: Fraction(float(point[p][k])) for p in point})
        for output in game.outputs:
            values = exact[output.name] if output.dimension else (exact[output.name],)
            for found, value in zip(wide[output.name], values, strict=True):
                assert holds(one_of(found, k, boxes), value), (output.name, k)


@pytest.mark.parametrize("name", ["restraint", "signalling"])
@pytest.mark.parametrize("decisive", [True, False])
def test_a_box_holds_what_its_points_hold(name: str, decisive: bool) -> None:
    """In float64, and exactly where no power is irrational."""
    require_containment(name, decisive, boxes=2000, exactly=0 if decisive else 20, seed=7)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rounds", "exactly"), MANY)
@pytest.mark.parametrize("decisive", [True, False])
def test_many_boxes_hold_what_their_points_hold(name: str, rounds: int, exactly: int, decisive: bool) -> None:
    """Of restraint a million, in both together."""
    for seed in range(rounds):
        require_containment(name, decisive, ROUND, 0 if decisive else exactly, seed)


def require_inside(found: Any, value: Any) -> None:
    """Of each box."""
    if isinstance(found, Choice):
        for v in np.unique(value):
            assert np.broadcast_to(found.may.get(float(v), False), value.shape)[value == v].all(), v
    else:
        anything = (found.low == -np.inf) & (found.high == np.inf)  # also no number
        assert (anything | ((found.low <= value) & (value <= found.high))).all()


def one_of(found: Any, k: int, boxes: int) -> Any:
    """What was found of one box."""
    if isinstance(found, Choice):
        return Choice({v: np.broadcast_to(may, boxes)[k] for v, may in found.may.items()})
    return Interval(np.broadcast_to(found.low, boxes)[k], np.broadcast_to(found.high, boxes)[k])


def test_a_box_that_leaves_the_domain_says_so() -> None:
    (found,) = enclose(posse.game("restraint"), {"war_irresolute": Interval(0.0, 1.0)}, ["regime"])["regime"]
    assert found.may[254.0]
    (found,) = enclose(posse.game("restraint"), {"war_irresolute": Interval(0.5, 1.0)}, ["regime"])["regime"]
    assert not found.may.get(254.0, False)


def test_a_ratio_to_the_power_one_is_the_ratio() -> None:
    found = ratio_power(Interval(1, 2), 4.0, 1.0)
    np.testing.assert_allclose([found.low, found.high], [0.25, 0.5], rtol=1e-15)
