"""Scores of what was observed: their formulae, base rates, and errors by leaving out replicates."""

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import posse
from drawn import CORNER, UNIFORM, corners
from posse.kernels.errors import InputError


def test_scores_are_their_formulae(drawn_cube: xr.Dataset, drawn: xr.Dataset) -> None:
    found = drawn_cube.posse.score()
    assert (found.attrs["cases"], found.attrs["left_out"]) == (2, 1)
    assert found.case.values.tolist() == ["Suez 1956", "Iraq 2003"]
    shares = drawn.posse.predict().share
    for case, happened in zip(found.case.values, ["oppose", "neutral"], strict=True):
        for resolve in drawn.resolve.values:
            there = shares.sel(case=case, resolve=resolve)
            inside = sum(there.sel(alignment=w).item() for w in ("neutral", "support", "oppose"))
            p = {w: there.sel(alignment=w).item() / inside for w in ("neutral", "support", "oppose")}
            at = found.sel(case=case, resolve=resolve, forecast="model")
            assert at.inside.item() == pytest.approx(inside)
            assert at.brier.item() == pytest.approx(sum((p[w] - (w == happened)) ** 2 for w in p))
            assert at.log.item() == pytest.approx(-math.log(p[happened]))
    np.testing.assert_allclose(found.mean_log, found.log.mean("case"))
    assert found.observed.values.tolist() == ["oppose", "neutral"]


def test_base_rates() -> None:
    """In sample, frequencies f have the mean Brier score 1 - Σ f² and as their log score the entropy."""
    labels = [f"case {k}" for k in range(7)]
    happened = ["out", "in", "in", "in", "out", "in", "in"]
    case = {"labels": labels, "low": [0.5] * 7, "notes": {"observed": happened}}
    axes = {"case": case, "sample": {"sobol": 16, "x": UNIFORM}}
    found = posse.Sweep(CORNER, axes).evaluate().posse.score()
    f = np.array([2, 5]) / 7
    assert found.mean_brier.sel(forecast="uniform").item() == pytest.approx(0.5)
    assert found.mean_log.sel(forecast="uniform").item() == pytest.approx(math.log(2))
    assert found.mean_brier.sel(forecast="frequencies").item() == pytest.approx(1 - (f**2).sum())
    assert found.mean_log.sel(forecast="frequencies").item() == pytest.approx(-(f * np.log(f)).sum())
    for k in range(7):
        others = happened[:k] + happened[k + 1 :]
        p = others.count(happened[k]) / 6
        at = found.isel(case=k).sel(forecast="leave_one_out")
        assert at.brier.item() == pytest.approx(2 * (1 - p) ** 2)
        assert at.log.item() == pytest.approx(-math.log(p))
    assert (found.brier_error.sel(forecast=["uniform", "frequencies", "leave_one_out"]) == 0).all()


def test_a_perfect_forecast_and_one_that_excluded_what_happened() -> None:
    ds = corners(low=[0, 1, 0], high=[1, 1, 1])  # in nearly always, never, always
    perfect = ds.posse.score({"case 0": "in", "case 1": "out", "case 2": "in"}).sel(forecast="model")
    assert not np.signbit(perfect.log).any()  # 0.00 is not printed as -0.00
    assert perfect.mean_brier == perfect.mean_log == perfect.mean_brier_error == perfect.mean_log_error == 0
    wrong = ds.posse.score(pd.Series({"case 0": "in", "case 1": "in", "case 2": None}))
    model = wrong.sel(forecast="model")
    assert model.brier.values.tolist() == [0, 2]
    assert model.log.values.tolist() == [0, math.inf]
    assert model.mean_log == math.inf
    assert np.isnan(model.mean_log_error)
    assert wrong.log.attrs["comment"] == "infinite for the model where it never gave what happened: case 1"


def test_errors_of_scores_are_those_of_leaving_out_replicates(drawn: xr.Dataset) -> None:
    """The jackknife, which knows nothing of slopes."""
    found = drawn.posse.score().sel(forecast="model")
    own = drawn.sample.values % 8
    left = [drawn.isel(sample=own != r).posse.score().sel(forecast="model") for r in range(8)]
    for name in ("brier", "log", "probability", "mean_brier", "mean_log"):
        each = xr.concat([part[name] for part in left], "left")
        jackknife = np.sqrt(((each - each.mean("left")) ** 2).sum("left") * 7 / 8)
        np.testing.assert_allclose(found[f"{name}_error"], jackknife, rtol=0.2, atol=1e-12)
        assert (jackknife > 0).any()


def test_what_cannot_have_been_observed_is_refused(drawn: xr.Dataset) -> None:
    ask = drawn.posse.score
    for observed, said in [
        (
            {"Suez 1956": "opose"},
            "unknown alignment observed in Suez 1956: 'opose' (did you mean 'oppose'?); there is neutral, support, ",
        ),
        (
            {"Suez": "oppose"},
            "unknown label of case in observed: 'Suez' (did you mean 'Suez 1956'?); there is Suez 1956, ",
        ),
        (
            "obsrved",
            "unknown coordinate of what was observed: 'obsrved' (did you mean 'observed'?); there is observed, ",
        ),
        ("source", "unknown alignment observed in Suez 1956: 'a'; there is neutral, support, oppose"),
        (pd.Series(["oppose"] * 2, ["Suez 1956"] * 2), "observed: Suez 1956 stands twice, but one thing happened"),
        ({}, "observed: of no label of case it is known what happened"),
        (3, "observed: 3 is neither the name of a coordinate nor words by label"),
        (
            {"Suez 1956": "outside_domain"},
            "unknown alignment observed in Suez 1956: 'outside_domain'; there is neutral, ",
        ),
    ]:
        for method in (ask, drawn.posse.conditions):
            with pytest.raises(InputError) as error:
                method(observed)
            assert str(error.value).startswith(said)


def test_cases_that_are_counted_have_scores() -> None:
    """Their labels are numbers; the one that was never said is named all the same."""
    case = {"low": [0.0, 1.0], "high": [1.0, 1.0], "notes": {"observed": ["in", "in"]}}
    found = posse.Sweep(CORNER, {"case": case, "sample": {"sobol": 64, "x": UNIFORM}}).evaluate().posse.score()
    assert found.log.sel(forecast="model").values.tolist() == [0, math.inf]
    assert found.log.attrs["comment"].endswith("never gave what happened: 1")


def test_years_as_labels_are_found_by_whole_numbers() -> None:
    case = {"labels": [1950, 1956], "low": [0.0, 1.0], "high": [1.0, 1.0]}
    cube = posse.Sweep(CORNER, {"case": case, "sample": {"sobol": 64, "x": UNIFORM}}).evaluate().posse
    for observed in ({1956: "out"}, pd.Series({1950.0: None, 1956.0: "out"})):
        assert cube.score(observed).case.values.tolist() == [1956]
