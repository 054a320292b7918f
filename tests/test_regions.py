"""Certain regions: bounds that hold the area of shapes whose area is known, and radii in which nothing changes."""

from math import pi
from typing import Any

import numpy as np
import pytest

import posse
from posse.benchmarks.shapes import disc, shape, sliver, wedge
from posse.kernels.errors import InputError

ATLAS = {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}}


AREAS = [(disc, pi * 0.0025), (wedge, 0.125), (sliver, 0.001 - 0.001**2 / 2)]


@pytest.mark.parametrize(("solve", "area"), AREAS)
def test_bounds_hold_the_area_and_shrink(solve: Any, area: float) -> None:
    found = posse.regions(shape(solve), {"x": (0, 1), "y": (0, 1)}, tolerance=1 / 16)
    undecided = []
    for tolerance in (1 / 64, 1 / 256, 1 / 1024):
        found = found.refine(tolerance)
        inside = found.volumes().sel(regime="in")
        assert inside.lower <= area <= inside.upper
        assert inside.upper - inside.lower == pytest.approx(found.undecided)
        undecided.append(found.undecided)
    assert undecided[0] > 2 * undecided[1] > 4 * undecided[2]


def test_it_is_certain_of_what_a_grid_finds() -> None:
    """Wherever a piece is certain, every point of a grid in it has that regime."""
    found, n = posse.regions("restraint", ATLAS, tolerance=1 / 128), 301
    grid = {"diversity": {"linspace": [0, 1, n]}, "cap_observer": {"geomspace": [0.1, 5, n]}}
    solved = posse.Sweep("restraint", grid, outputs=["regime"]).evaluate().regime.values.ravel()
    along = np.linspace(0, 1, n)
    places = np.stack(np.meshgrid(along, along, indexing="ij"), -1).reshape(-1, 2)
    leaves = found.leaves
    seen = 0
    for k in np.flatnonzero(leaves.is_certain)[::7]:
        own = ((places > leaves.low[k]) & (places < leaves.high[k])).all(1)
        assert (solved[own] == int(leaves.codes[k]).bit_length() - 1).all()
        seen += own.sum()
    assert seen > 1000


def test_pieces_fill_the_box() -> None:
    leaves = posse.regions("restraint", ATLAS, tolerance=1 / 32).leaves
    np.testing.assert_array_equal((leaves.high - leaves.low).prod(1), 0.5**leaves.halvings)
    assert (0.5**leaves.halvings).sum() == 1


def test_it_stops_and_goes_on() -> None:
    short = posse.regions("restraint", ATLAS, tolerance=1 / 64, most=100)
    assert len(short.leaves) >= 100
    whole, rest = posse.regions("restraint", ATLAS, tolerance=1 / 64), short.refine()
    assert len(rest.leaves) == len(whole.leaves)
    assert rest.undecided == whole.undecided < short.undecided
    assert posse.regions("restraint", ATLAS, seconds=0).undecided == 1


@pytest.mark.parametrize("point", [{"x": 0.5, "y": 0.5}, {"x": 0.31, "y": 0.61}, {"x": 0.8, "y": 0.3}])
def test_no_point_within_the_radius_has_another_regime(point: dict[str, float]) -> None:
    game = shape(disc)
    near = posse.regions(game, {"x": (0, 1), "y": (0, 1)}, tolerance=1 / 512).boundary_distance(**point)
    own, radius = near.regime.item(), near.radius.item()
    dice = np.random.default_rng(0)
    around = {name: np.clip(value + radius * dice.uniform(-1, 1, 10_000), 0, 1) for name, value in point.items()}
    assert (posse.solve(game, **around).regime == ("out", "in").index(own)).all()
    turn = np.linspace(0, 2 * pi, 10_000)
    apart = np.maximum(abs(0.3 + 0.05 * np.cos(turn) - point["x"]), abs(0.6 + 0.05 * np.sin(turn) - point["y"])).min()
    assert apart - 0.01 < radius <= apart + 1e-6
    assert near.low.sel(parameter="x") == pytest.approx(max(0, point["x"] - radius))


def test_the_end_of_the_domain_is_no_boundary() -> None:
    """From the middle of an edge of the square, the disc is nearest; a box within the square ends before that."""
    point = {"x": 0.0, "y": 0.6}
    whole = posse.regions(shape(disc), {"x": (0, 1), "y": (0, 1)}, tolerance=1 / 512).boundary_distance(**point)
    assert 0.24 < whole.radius <= 0.25
    assert whole.low.sel(parameter="x") == 0
    part = posse.regions(shape(disc), {"x": (0, 1), "y": (0.5, 1)}, tolerance=1 / 512).boundary_distance(**point)
    assert part.radius == pytest.approx(0.2)


def test_on_a_boundary_nothing_is_certain() -> None:
    near = posse.regions(shape(wedge), {"x": (0, 1), "y": (0, 1)}).boundary_distance(x=0.4, y=0.1)
    assert (near.regime.item(), near.radius.item()) == ("", 0)


def test_answers_say_what_they_are_about() -> None:
    found = posse.regions(
        "restraint", {"cap_observer": {"log_uniform": [0.1, 5]}}, {"diversity": 0.25}, tolerance=1 / 8
    )
    for answer in (found.volumes(), found.boundary_distance(cap_observer=1)):
        assert answer.attrs["box"] == "cap_observer 0.1 to 5 (in ratios)"
        assert "diversity = 0.25" in answer.attrs["fixed"]
        assert answer.attrs["game"] == "restraint"
    two: Any = [1, 2]
    with pytest.raises(InputError, match=r"cap_observer: \[1, 2\] is not a number; ask for one point at a time"):
        found.boundary_distance(cap_observer=two)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"box": {}}, "box: there is no parameter, but a box has one or more"),
    (
        {"box": {"diversty": (0, 1)}},
        "unknown parameter of restraint: 'diversty' (did you mean 'diversity'?); ",
    ),
    ({"box": {"diversity": (0, 2)}}, "box.diversity: 2 is not allowed; allowed is [0, 1]"),
    ({"box": {"diversity": (1, 0)}}, "box.diversity: (1, 0) is not (low, high), the lower end first"),
    ({"box": {"diversity": 0.5}}, "box.diversity: 0.5 is one value, for which there is fixed; a side is (low, high)"),
    (
        {"box": {"diversity": {"linspace": [0, 1, 5]}}},
        "box.diversity: {'linspace': [0, 1, 5]} is not (low, high), nor {'l",
    ),
    ({"box": {"diversity": "wide"}}, "box.diversity: 'wide' is not a list of numbers"),
    ({"box": {"resolve": {"log_uniform": [0, 1]}}}, "box.resolve: 0 is not allowed; ratios need ends above 0"),
    ({"box": {"resolve": (0, 1)}, "fixed": {"resolve": 1}}, "fixed.resolve: is a side of the box too; give it once"),
    ({"box": {"resolve": (0, 1)}, "tolerance": 0}, "tolerance: 0 is not allowed; it is a share of a side, above 0"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_is_wrong_is_told_in_a_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        posse.regions("restraint", **given)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
