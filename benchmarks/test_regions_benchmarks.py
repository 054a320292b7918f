"""The benchmarks of certain regions, once and coarse: pieces halve what is undecided, and follow boundaries."""

from math import pi

import numpy as np
import pytest

import posse
from posse.benchmarks import boundaries, regions
from posse.benchmarks.peers import meshes
from posse.benchmarks.timing import Table
from posse.sweeps.box import read_box


def test_bounds_narrow() -> None:
    table = Table("regions", "", list("abcdefg"))
    regions.measure("restraint", range(4, 9, 2), table)
    undecided = [float(row[4]) for row in table.rows]
    assert undecided[0] > undecided[1] > undecided[2]


def test_grids_are_equal() -> None:
    table = Table("regions", "", list("abcdefghij"))
    regions.measure_grid("restraint", regions.ATLAS, 300, 1 / 64, table, rounds=1)  # which compares them
    assert len(table.rows) == 1


@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_boxes_grow_with_the_boundary_of_a_ball_not_with_the_whole(dimensions: int) -> None:
    (problem,) = (p for p in boundaries.PROBLEMS[:3] if p.dimensions == dimensions)
    steps = [step for step in boundaries.by_posse(problem, quick=False) if step[0] <= 2 ** (14 // dimensions)]
    assert boundaries.slope(steps) == pytest.approx(dimensions - 1, abs=0.35)


def test_a_slope_is_an_exponent() -> None:
    assert boundaries.slope([(n, 7 * n**3, 0.0) for n in (4, 8, 16, 32)]) == pytest.approx(3)


@pytest.mark.parametrize("problem", boundaries.PROBLEMS, ids=lambda p: f"{p.title}, {p.dimensions}")
def test_packages_are_given_the_same_regimes(problem: boundaries.Problem) -> None:
    shares = np.random.default_rng(0).random((200, problem.dimensions))
    sides, _ = read_box(problem.game, problem.box, None)
    points = {name: side.at(shares[:, k]) for k, (name, side) in enumerate(sides.items())}
    solved = posse.solve(problem.game, outputs=["regime"], **points).regime.values
    assert [problem.regime(*at) for at in shares] == solved.tolist()
    assert len(np.unique(solved)) > 1


@pytest.mark.parametrize("package", boundaries.PACKAGES)
def test_a_package_knows_the_ball_to_its_resolution(package: str) -> None:
    pytest.importorskip(package)
    steps = list(boundaries.PACKAGES[package](boundaries.PROBLEMS[0].regime, 2, [8, 16], 20))
    assert [n for n, _, _ in steps] == [8, 16]
    assert 16 < steps[0][1] < steps[1][1] < 1000


def test_a_mesh_has_the_share_of_what_it_has_found() -> None:
    pytest.importorskip("adaptive")
    learner = meshes.learner_of(boundaries.PROBLEMS[0].regime, 2, 500)
    assert meshes.share(learner) == pytest.approx(pi * 0.16, rel=0.02)


def test_the_table_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundaries, "installed", lambda package: None)
    table = Table("boundaries", "", list("abcdefgh"))
    boundaries.measure(boundaries.PROBLEMS[0], True, table)
    assert [row[2:4] for row in table.rows] == [
        ["posse.regions", 64],
        ["adaptive", "not installed"],
        ["phasemap", "not installed"],
    ]
    assert ["phasemap", "not installed", "–"] in boundaries.missed().rows
