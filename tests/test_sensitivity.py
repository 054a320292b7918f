"""Sobol indices: the published ones of Ishigami's function, and SALib's."""

import math
import sys

import numpy as np
import pytest
import xarray as xr
from SALib.analyze import sobol

import posse
from drawn import CASES, DRAWN, ISHIGAMI, UNIFORM, restraint
from posse.kernels.errors import InputError

ANGLES = {key: {"uniform": [-math.pi, math.pi]} for key in "xyz"}


def saltelli(number: int) -> xr.Dataset:
    axes = {"sample": {"saltelli": number, **ANGLES, "seed": 4}}
    return posse.Sweep(ISHIGAMI, axes, dtype="float64").evaluate()


def test_the_indices_of_ishigami_are_the_published_ones() -> None:
    found = saltelli(1 << 13).posse.sensitivity("height")
    assert found.unknown.values.tolist() == ["x", "y", "z"]
    for index, published in [("first_order", [0.3139, 0.4424, 0]), ("total", [0.5576, 0.4424, 0.2437])]:
        error = found[f"{index}_error"]
        assert (abs(found[index] - published) < 3 * error + 5e-5).all()
        assert (error < 0.02).all()
        assert (error > 1e-5).all()


def test_the_indices_are_those_of_salib() -> None:
    ds = saltelli(512)
    problem = {"num_vars": 3, "names": list("xyz"), "bounds": [[-math.pi, math.pi]] * 3}
    y = ds.height.values
    assert np.allclose(y, np.sin(ds.x) + 7 * np.sin(ds.y) ** 2 + 0.1 * ds.z**4 * np.sin(ds.x), rtol=0, atol=1e-12)
    for lazy in (ds, ds.chunk(sample=100)):
        for values, found in [
            (y, lazy.posse.sensitivity("height")),
            ((y > 5).astype(float), lazy.posse.sensitivity().sel(side="in")),
        ]:
            wanted = sobol.analyze(problem, values, calc_second_order=False, seed=1)
            np.testing.assert_array_equal(found.first_order, wanted["S1"])
            np.testing.assert_array_equal(found.total, wanted["ST"])


def test_errors_of_indices_are_those_of_other_seeds() -> None:
    """How much the index differs between designs is what a design says of its error."""
    found = []
    for seed in range(24):
        axes = {"sample": {"saltelli": 512, **ANGLES, "seed": seed}}
        found.append(posse.Sweep(ISHIGAMI, axes, dtype="float64").evaluate().posse.sensitivity("height"))
    every = xr.concat(found, "seed")
    for index in ("first_order", "total"):
        said = np.sqrt((every[f"{index}_error"] ** 2).mean("seed"))
        np.testing.assert_allclose(said, every[index].std("seed", ddof=1), rtol=0.5)


def test_where_nothing_varies_there_is_no_index() -> None:
    ds = restraint(saltelli=64, seed=1).evaluate()
    found = ds.posse.sensitivity(of="payoff", player="observer", case="Suez 1956")
    assert found.total.dims == ("resolve", "unknown")
    assert found.total.isnull().all()  # payoffs are not defined outside the domain
    sample = {"saltelli": 256, "cost_oppose": DRAWN["cost_oppose"], "prize": UNIFORM}
    ds = posse.Sweep("restraint", {"case": CASES, "sample": sample}).evaluate()
    words = ds.posse.sensitivity()
    always = ds.posse.predict().share.isin([0, 1])
    assert (words.total.isnull() == always).all()
    assert always.any()
    assert not always.all()
    assert (words.total.sel(unknown="prize").fillna(0) == 0).all()  # a theorem: it moves payoffs only
    assert words.total.sel(unknown="cost_oppose").sel(case="Suez 1956", alignment="oppose") == pytest.approx(1, abs=0.1)
    payoff = ds.posse.sensitivity("payoff", player="target").total
    assert payoff.sel(unknown="prize").min() > 0.5


def test_a_design_without_all_its_rows_has_no_indices(monkeypatch: pytest.MonkeyPatch) -> None:
    ds = saltelli(64)
    assert ds.isel(sample=slice(5, 105)).posse.sensitivity("height").total.notnull().all()
    mixed = [0, 6, 2, 3, 4, 5, 1, 7, 8, 9]  # a row of one base point and one of another have changed places
    for rows in (slice(1, 101), slice(0, 99), slice(None, None, -1), mixed):
        part = ds.isel(sample=rows)
        with pytest.raises(
            InputError, match=r"some of the 5 rows of a base point are missing or out of order along sample"
        ):
            part.posse.sensitivity("height")
    with pytest.raises(InputError, match=r"unknown group of regimes, or output: 'heigt' \(did you mean 'height'\?\)"):
        ds.posse.sensitivity("heigt")
    with pytest.raises(InputError, match="sensitivity: player cannot be chosen; height has none"):
        ds.posse.sensitivity("height", player="observer")
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    with pytest.raises(InputError, match=r"sensitivity needs SALib: pip install 'posse\[sensitivity\]'"):
        ds.posse.sensitivity("height")
