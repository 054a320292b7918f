"""Estimates of boxes: confidence intervals that hold known areas as often as they say, indices as SALib has them."""

import sys
from math import pi
from typing import Any

import numpy as np
import pytest
from SALib.analyze import sobol
from scipy.stats import beta, binom

import posse
from posse.benchmarks.shapes import Shape, disc, shape, sliver, wedge
from posse.kernels.errors import InputError
from posse.kernels.vocabulary import where

SEEDS = 40
ATLAS = {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}}
SQUARE = {"x": (0, 1), "y": (0, 1)}


def ball(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Shape:
    """Of five dimensions, as wide as the box of six."""
    return Shape(where(sum((x - 0.5) * (x - 0.5) for x in (a, b, c, d, e)) <= 0.25, 1, 0))


def slab(x: Any, y: Any) -> Shape:
    """A third of a point more than 30 points of 256: replicates nearly agree, but not on the share."""
    return Shape(where(x <= 30.35 / 256, 1, 0))


def tiny(x: Any, y: Any) -> Shape:
    return Shape(where((x - 0.3) * (x - 0.3) + (y - 0.6) * (y - 0.6) <= 1e-6, 1, 0))


def corner(x: Any, y: Any, z: Any) -> Shape:
    """z decides nothing."""
    return Shape(where((x > 0.3) & (y < 0.6), 1, 0))


COVERED = [
    (disc, pi * 0.0025, 1 << 16),
    (wedge, 0.125, 1 << 12),
    (sliver, 0.001 - 0.001**2 / 2, 1 << 14),
    (ball, 8 * pi**2 / 15 / 2**5, 1 << 13),
    (slab, 30.35 / 256, 1 << 12),
    (tiny, pi * 1e-6, 1 << 10),
]


@pytest.mark.parametrize(("solve", "area", "points"), COVERED)
def test_intervals_hold_the_area_as_often_as_they_say(solve: Any, area: float, points: int) -> None:
    game = shape(solve)
    box = {p.name: (0, 1) for p in game.parameters}
    each = [posse.estimate(game, box, points=points, seed=seed).sel(regime="in") for seed in range(SEEDS)]
    share, error, lower, upper = np.array([found[name] for found in each for name in found]).reshape(SEEDS, 4).T
    held = np.count_nonzero((lower <= area) & (area <= upper))
    assert held >= binom.ppf(1e-4, SEEDS, 0.95)
    if area * points / 16 > 30:  # points of a replicate: the error is what the share is off by, and no wider
        off = np.sqrt(((share - area) ** 2).mean())
        assert 0.7 * off < np.sqrt((error**2).mean()) < 1.5 * off
        assert (upper - lower).mean() < 6 * off + 1 / points * 16
    else:
        assert ((lower == 0) | (lower < share)).all()


def test_what_is_never_seen_may_still_have_a_few_points_worth() -> None:
    found = posse.estimate(shape(tiny), SQUARE, points=1 << 10)
    seen = found.share.sel(regime="in") * (1 << 10)
    assert seen == 0
    assert found.lower.sel(regime="in") == 0
    assert found.upper.sel(regime="in") == pytest.approx(1 - 0.025 ** (1 / (1 << 10)))
    assert found.lower.sel(regime="out") == pytest.approx(0.025 ** (1 / (1 << 10)))
    assert found.upper.sel(regime="out") == 1
    some = posse.estimate(shape(disc), SQUARE, points=1 << 10, seed=1).sel(regime="in")
    hits = round(some.share.item() * (1 << 10))
    low, high = beta.ppf(0.025, hits, (1 << 10) - hits + 1), beta.ppf(0.975, hits + 1, (1 << 10) - hits)
    assert some.lower <= low
    assert high <= some.upper


def test_estimates_lie_between_the_bounds() -> None:
    """Of the atlas, all shares; with the log side taken evenly instead, they do not."""
    bounds = posse.regions("restraint", ATLAS, tolerance=1 / 512).volumes()
    found = posse.estimate("restraint", ATLAS, points=1 << 14)
    assert found.regime.values.tolist() == bounds.regime.values.tolist()
    assert ((found.share >= bounds.lower) & (found.share <= bounds.upper)).all()
    assert ((found.upper >= bounds.lower) & (found.lower <= bounds.upper)).all()
    assert found.share.sum() == pytest.approx(1)
    other = posse.estimate("restraint", {"diversity": (0, 1), "cap_observer": (0.1, 5)}, points=1 << 14)
    assert not ((other.share >= bounds.lower) & (other.share <= bounds.upper)).all()


def test_points_outside_the_domain_are_counted_as_such() -> None:
    """war_irresolute is at most war_resolute, which half of the square is not."""
    box = {"war_irresolute": (0.2, 0.8), "war_resolute": (0.2, 0.8)}
    found = posse.estimate("restraint", box, points=1 << 12).sel(regime="outside_domain")
    assert found.lower <= 0.5 <= found.upper
    assert found.upper - found.lower < 0.02


def test_it_is_an_estimate_that_says_so_and_can_be_made_again() -> None:
    one, same, other = (posse.estimate(shape(disc), SQUARE, points=256, seed=seed) for seed in (3, 3, 4))
    assert "estimate" in one.comment
    assert "no bound" in one.comment
    assert one.drop_attrs().identical(same.drop_attrs())
    assert not one.drop_attrs().equals(other.drop_attrs())


def test_indices_are_those_of_salib_on_the_same_points() -> None:
    box = {"diversity": (0, 1), "resolve": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}}
    found = posse.sensitivity("restraint", box, {"attrition": 0.3}, points=1 << 10, seed=5)
    drawn = {"diversity": {"uniform": [0, 1]}, "resolve": {"uniform": [0, 1]}, "cap_observer": box["cap_observer"]}
    axis = {"point": {"saltelli": 1 << 10, "seed": 5, **drawn}}
    regime = posse.Sweep("restraint", axis, {"attrition": 0.3}, ["regime"]).evaluate().regime
    problem = {"num_vars": 3, "names": list(box), "bounds": [[0, 1]] * 3}
    assert found.total.dims == ("regime", "parameter")
    assert found.parameter.values.tolist() == list(box)
    compared = 0
    for code, name in enumerate(posse.game("restraint").output("regime").flags):
        hit = (regime.values == code).astype(float)
        own = found.sel(regime=name.name)
        if hit.any():
            true = sobol.analyze(problem, hit, calc_second_order=False)
            np.testing.assert_allclose(own.first_order, true["S1"], atol=1e-12)
            np.testing.assert_allclose(own.total, true["ST"], atol=1e-12)
            compared += 1
        else:
            assert own.total.isnull().all()
    assert compared > 5
    assert "estimate" in found.comment


def test_indices_are_near_the_true_ones() -> None:
    """Of x > 0.3 and y < 0.6, which are independent: by hand."""
    found = posse.sensitivity(shape(corner), {"x": (0, 1), "y": (0, 1), "z": (0, 1)}, points=1 << 13).sel(regime="in")
    p, q = 0.7, 0.6
    total = p * q * (1 - p * q)
    first = np.array([q * q * p * (1 - p), p * p * q * (1 - q), 0]) / total
    left = np.array([q * p * (1 - p), p * q * (1 - q), 0]) / total
    assert (abs(found.first_order - first) <= 4 * found.first_order_error + 1e-12).all()
    assert (abs(found.total - left) <= 4 * found.total_error + 1e-12).all()
    assert (found.total_error < 0.03).all()


def test_without_salib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    with pytest.raises(InputError, match=r"needs SALib: pip install 'posse\[sensitivity\]'"):
        posse.sensitivity(shape(disc), SQUARE, points=16)
    assert posse.estimate(shape(disc), SQUARE, points=16).sizes == {"regime": 3}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"box": {}}, "box: there is no parameter, but a box has one or more"),
    ({"box": {"diversity": (0, 2)}}, "box.diversity: 2 is not allowed; allowed is [0, 1]"),
    ({"box": {"resolve": (0, 1)}, "fixed": {"resolve": 1}}, "fixed.resolve: is a side of the box too; give it once"),
    ({"box": {"resolve": (0, 1)}, "fixed": {"diversity": 2}}, "fixed.diversity: 2 is not allowed; allowed is [0, 1]"),
    ({"box": {"resolve": (0, 1)}, "points": 100}, "points: 100 is not allowed; it is a multiple of 16, best a power"),
    ({"box": {"resolve": (0, 1)}, "points": 0}, "points: 0 is not allowed; it is a multiple of 16"),
    ({"box": {"resolve": (0, 1)}, "points": 2.0**10}, "points: 1024.0 is not allowed; it is a multiple of 16"),
    ({"box": {"resolve": (0, 1)}, "points": 1 << 50}, "points: 1,125,899,906,842,624 needs "),
    ({"box": {"resolve": (0, 1)}, "seed": -1}, "seed: -1 is not a whole number from 0 on"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
@pytest.mark.parametrize("ask", ["estimate", "sensitivity"])
def test_what_is_wrong_is_told_in_a_line(ask: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(posse.PosseError) as caught:
        getattr(posse, ask)("restraint", **given)
    text = str(caught.value)
    assert text.startswith(said)
    assert "\n" not in text
