"""Shares and their errors: those of a loop over the cells, and known sizes."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
import xarray as xr

import posse
from drawn import CASES, TRIANGLE, UNIFORM, by_replicate, restraint, words_of
from posse.kernels.errors import InputError


def test_shares_and_errors_are_those_of_a_loop(drawn_cube: xr.Dataset, drawn: xr.Dataset) -> None:
    found = drawn_cube.posse.predict().compute()
    words = words_of(drawn)
    assert found.alignment.values.tolist() == ["neutral", "support", "oppose", "outside_domain"]
    for case, resolve in itertools.product(range(3), range(3)):
        line = drawn.regime.values[case, resolve]
        at = found.isel(case=case, resolve=resolve)
        assert at.computed.item() == pytest.approx((line != 255).mean())
        for word in found.alignment.values:
            hit = np.array([words.get(int(code)) == word for code in line])
            means = by_replicate(drawn, hit)
            assert at.share.sel(alignment=word).item() == pytest.approx(hit.mean())
            assert at.error.sel(alignment=word).item() == pytest.approx(np.std(means, ddof=1) / math.sqrt(8))
    assert found.share.sel(alignment="outside_domain").min() > 0.05
    assert found.computed.min() < 1


def test_other_unknowns_are_averaged_by_belief(drawn_cube: xr.Dataset, drawn: xr.Dataset) -> None:
    belief = np.array([0.5, 0.3, 0.2])
    found = drawn_cube.posse.predict(
        over=["sample", "resolve"], weights={"resolve": 10 * belief}, by="regime"
    ).compute()
    names = drawn.posse.regimes
    for case, code in itertools.product(range(3), range(10)):
        hit = belief @ (drawn.regime.values[case] == code)
        at = found.isel(case=case).sel(regime=names[code])
        assert at.share.item() == pytest.approx(hit.mean())
        assert at.error.item() == pytest.approx(np.std(by_replicate(drawn, hit), ddof=1) / math.sqrt(8))


def test_memory_does_not_grow_with_the_cube() -> None:
    ds = posse.virtual(restraint(sobol=1 << 20, seed=1))
    lazy = ds.posse.predict()
    assert lazy.share.chunks
    tracemalloc.start()
    try:
        found = lazy.compute(scheduler="synchronous")
        assert tracemalloc.get_traced_memory()[1] < 60e6  # its codes as positions would be 75 MB
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(found.share.sum("alignment"), 1)


def test_half_a_square_is_half_of_it_within_the_error() -> None:
    for kind, most in (("sobol", 0.002), ("latin_hypercube", 0.01), ("uniform", 0.02)):
        axes = {"sample": {kind: 4096, "x": UNIFORM, "y": UNIFORM, "seed": 5}}
        found = posse.Sweep(TRIANGLE, axes).evaluate().posse.predict().sel(side="in")
        assert abs(found.share - 0.5) < 4 * found.error < 4 * most, kind


def test_errors_of_independent_points_are_binomial() -> None:
    axes = {"sample": {"uniform": 1 << 15, "replicates": 512, "x": UNIFORM, "y": UNIFORM}}
    error = posse.Sweep(TRIANGLE, axes).evaluate().posse.predict().error.sel(side="in").item()
    assert error == pytest.approx(0.5 / math.sqrt(1 << 15), rel=0.15)  # the error of an error: 1 in sqrt(2 · 512)


def test_errors_of_two_designs_add_up() -> None:
    """x + y < 1 has the probability 1 - x at given x, whose variance is 1/12; so for y."""
    axes = {
        "one": {"uniform": 1024, "replicates": 256, "x": UNIFORM, "seed": 1},
        "other": {"uniform": 512, "replicates": 256, "y": UNIFORM, "seed": 2},
    }
    ds = posse.Sweep(TRIANGLE, axes).evaluate()
    assert ds.posse.predict().error.sel(side="in").item() == pytest.approx(
        math.sqrt(1 / 12 / 1024 + 1 / 12 / 512), rel=0.2
    )
    assert ds.posse.predict(over="one").share.dims == ("other", "side")


def test_without_replicates_there_is_no_error() -> None:
    one = restraint(sobol=64, replicates=1).evaluate().posse
    assert one.predict().error.isnull().all()
    assert one.score().mean_brier_error.sel(forecast="model").isnull().all()
    grid = posse.Sweep("restraint", axes={"case": CASES, "resolve": [0.3, 0.7]}).evaluate().posse
    assert grid.predict(over="resolve").error.isnull().all()
    for ask, said in [
        (
            grid.predict,
            "over: the cube has no design axis; name the dimensions of what is unknown; it has case, resolve",
        ),
        (
            one.sensitivity,
            "sensitivity: needs a design axis, such as axes.sample with saltelli = 1024; sample is sobol",
        ),
        (one.conditions, "conditions: sample has one replicate; what is found in some is measured in others"),
        (grid.conditions, "conditions: needs a design axis, such as axes.sample with sobol = 65536; the cube has none"),
        (
            lambda: one.predict(weights={"sample": [1] * 64}),
            "weights: sample is a design, whose points weigh the same; ",
        ),
        (lambda: one.predict(weights=[1]), "weights: [1] is no mapping from dimensions to what their labels weigh"),
        (lambda: one.predict(over=3), "over: 3 is no name of a dimension, and no list of such"),
        (lambda: one.predict(by="alignmnt"), "unknown group of regime: 'alignmnt' (did you mean 'alignment'?)"),
    ]:
        with pytest.raises(InputError) as error:
            ask()
        assert str(error.value).startswith(said)
