"""What a cube predicts, how well, by which unknowns and under which: brute force, formulae, published values."""

import itertools
import math
import sys
import tracemalloc
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from SALib.analyze import sobol

import posse
from posse import Domain, Flag, Game, Output, Parameter
from posse.kernels.errors import InputError
from posse.kernels.vocabulary import where
from posse.sweeps import blocks


class Outcome(NamedTuple):
    regime: Any
    height: Any


def game(name: str, solve: Any, parameters: dict[str, Domain], words: tuple[str, ...] = ()) -> Game:
    """A small game: regimes 0, 1, ..., sorted by a group "side", and a number."""
    flags = tuple(Flag(k, word, word) for k, word in enumerate(words or ("out", "in")))
    return Game(
        name=name,
        title=name,
        version="1",
        parameters=tuple(Parameter(p, p, domain, 0.5, p) for p, domain in parameters.items()),
        outputs=(
            Output("regime", "codes", "where it is", flags, groups=(("side", tuple(f.name for f in flags)),)),
            Output("height", "real", "a number"),
        ),
        solve=solve,
    )


UNIT = Domain(0, 1)
UNIFORM = {"uniform": [0, 1]}


def triangle(x: Any, y: Any) -> Outcome:
    """In where x + y < 1: half of the square."""
    return Outcome(where(x + y < 1, 1, 0), x)


def corner(x: Any, y: Any, z: Any, low: Any, high: Any) -> Outcome:
    """In where x > low and y < high; z decides nothing."""
    return Outcome(where((x > low) & (y < high), 1, 0), z)


def sine(x: Any) -> Any:
    """sin x for |x| ≤ π, by its series, to the last digits."""
    return sum((-1) ** k * x ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(14))


def ishigami(x: Any, y: Any, z: Any) -> Outcome:
    """Ishigami and Homma (1990), a = 7, b = 0.1."""
    height = sine(x) + 7 * sine(y) ** 2 + 0.1 * z**4 * sine(x)
    return Outcome(where(height > 5, 1, 0), height)


TRIANGLE = game("triangle", triangle, {"x": UNIT, "y": UNIT})
CORNER = game("corner", corner, dict.fromkeys(["x", "y", "z", "low", "high"], UNIT))
ANGLE = Domain(-math.pi, math.pi)
ISHIGAMI = game("ishigami", ishigami, dict.fromkeys("xyz", ANGLE))

CASES = {
    "labels": ["Suez 1956", "Kosovo 1999", "Iraq 2003"],
    "cap_leader": [0.2, 1.0, 2.0],
    "cap_observer": [3.0, 1.0, 0.3],
    "notes": {"observed": ["oppose", "", "neutral"], "source": ["a", "b", "c"]},
}
DRAWN = {
    "cost_oppose": {"log_uniform": [0.01, 1]},
    "war_irresolute": {"uniform": [0.1, 1]},
    "share": {"uniform": [0, 1]},
}


def restraint(**design: Any) -> posse.Sweep:
    """Cases, resolve, and a design; some points lie outside the domain: war_irresolute < war_resolute."""
    return posse.Sweep(
        "restraint",
        axes={"case": CASES, "resolve": [0.3, 0.7, 1.0], "sample": {**design, **DRAWN}},
        fixed={"war_resolute": 0.2},
        outside_domain="mark",
    )


@pytest.fixture(scope="module")
def drawn() -> xr.Dataset:
    """A cube with points outside the domain, and others that were not computed."""
    ds = restraint(sobol=256, replicates=8, seed=3).evaluate()
    ds.regime[0, 1, 10:30] = 255
    return ds


@pytest.fixture(params=["in memory", "in chunks", "points first"])
def cube(request: pytest.FixtureRequest, drawn: xr.Dataset) -> xr.Dataset:
    if request.param == "in chunks":
        return drawn.chunk(case=2, sample=100)
    return drawn if request.param == "in memory" else drawn.transpose("player", "sample", "case", "resolve")


def words_of(ds: xr.Dataset, group: str = "alignment") -> dict[int, str]:
    attributes = ds.regime.attrs
    return dict(zip(attributes["flag_values"].tolist(), attributes[f"flag_group_{group}"].split(), strict=True))


def by_replicate(ds: xr.Dataset, hit: Any) -> list[float]:
    """The mean of what `hit` says, in each replicate on its own; hit is of the shape (sample,)."""
    own = ds.sample.values % ds.sample.attrs["replicates"]
    return [float(hit[own == r].mean()) for r in range(ds.sample.attrs["replicates"])]


# Predictions


def test_shares_and_errors_are_those_of_a_loop(cube: xr.Dataset, drawn: xr.Dataset) -> None:
    found = cube.posse.predict().compute()
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


def test_other_unknowns_are_averaged_by_belief(cube: xr.Dataset, drawn: xr.Dataset) -> None:
    belief = np.array([0.5, 0.3, 0.2])
    found = cube.posse.predict(over=["sample", "resolve"], weights={"resolve": 10 * belief}, by="regime").compute()
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


# Scores


def test_scores_are_their_formulae(cube: xr.Dataset, drawn: xr.Dataset) -> None:
    found = cube.posse.score()
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


def corners(**columns: list[float]) -> xr.Dataset:
    """Cases that differ in where the corner is."""
    n = len(next(iter(columns.values())))
    case = {"labels": [f"case {k}" for k in range(n)], **columns}
    sample = {"sobol": 1 << 12, **dict.fromkeys("xyz", UNIFORM), "seed": 2}
    return posse.Sweep(CORNER, {"case": case, "sample": sample}).evaluate()


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


# What a Dataset has become since it was a cube


def refused(ds: xr.Dataset, said: str, *names: str) -> None:
    for name in names:
        with pytest.raises(InputError) as error:
            getattr(ds.posse, name)()
        assert str(error.value).startswith(said)
        assert "\n" not in str(error.value)


ASKED = ("predict", "score", "sensitivity", "conditions")


@pytest.fixture(scope="module")
def bases() -> xr.Dataset:
    return restraint(saltelli=32).evaluate()


@pytest.mark.parametrize("dim", ["case", "sample"])
def test_a_part_without_labels_has_no_answers(bases: xr.Dataset, dim: str) -> None:
    refused(bases.isel({dim: []}), f"{dim}: has no labels in this part of the cube; choose one or more", *ASKED)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("alignment", ("predict", "score", "sensitivity")),
        ("class", ("predict", "score")),
        ("computed", ("predict",)),
        ("forecast", ("score",)),
        ("brier", ("score",)),
        ("unknown", ("sensitivity",)),
    ],
)
def test_a_dimension_that_takes_a_name_of_an_answer_is_told(
    bases: xr.Dataset, name: str, asked: tuple[str, ...]
) -> None:
    said = f"{name}: is a dimension of this cube, but the answer calls something else so; rename it"
    refused(bases.rename(case=name), said, *asked)


def test_one_case_is_scored_as_a_list_of_one(bases: xr.Dataset) -> None:
    one = bases.isel(case=0)
    refused(one, "observed: observed is that of one case here; choose cases as a list, as case=", "score", "conditions")
    listed, all_of_them = bases.isel(case=[0]).posse.score(), bases.posse.score()
    assert listed.brier.isel(case=0).sel(forecast="model").equals(all_of_them.brier.isel(case=0).sel(forecast="model"))


def test_a_design_that_lost_what_it_says_of_itself_is_told(bases: xr.Dataset) -> None:
    labels = bases["sample"]
    refused(bases.drop_vars("cost_oppose"), "unknown coordinate of what sample draws: 'cost_oppose'", "conditions")
    for about in ({"rows": 0}, {"replicates": 0}, {"rows": "many"}, {"replicates": None}):
        changed = bases.assign_coords(sample=labels.assign_attrs(about))
        refused(changed, "sample: is no design any more, whose labels are numbers and whose attributes", *ASKED)
    names = xr.DataArray([str(k) for k in labels.values], dims="sample", attrs=labels.attrs)
    refused(bases.assign_coords(sample=names), "sample: is no design any more, whose labels are numbers", *ASKED)


# Sensitivity

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


# Conditions


def test_a_corner_is_found_by_its_two_sides() -> None:
    low, high = [0.3, 0.0, 0.6, 1.0, 0.0], [0.4, 0.7, 1.0, 1.0, 1.0]
    ds = corners(low=low, high=high)
    table = ds.posse.conditions({f"case {k}": "in" for k in range(5)})
    rows = {(row.case, row.unknown): row for row in table.itertuples()}
    wanted = [("case 0", "x"), ("case 0", "y"), ("case 1", "y"), ("case 2", "x"), ("case 3", ""), ("case 4", "")]
    assert sorted(rows) == wanted
    assert rows["case 0", "x"].low == pytest.approx(0.3, abs=0.03)
    assert rows["case 0", "y"].high == pytest.approx(0.4, abs=0.03)
    assert rows["case 1", "y"].high == pytest.approx(0.7, abs=0.05)
    assert rows["case 2", "x"].low == pytest.approx(0.6, abs=0.05)
    assert rows["case 1", "y"].low == rows["case 2", "x"].low - math.inf == -math.inf
    verdicts = {row.case: row.verdict for row in table.itertuples()}
    assert list(verdicts.values()) == ["restricted", "restricted", "restricted", "never", "unrestricted"]
    assert (table[table.verdict == "restricted"].coverage > 0.9).all()
    assert table.set_index("case").loc["case 4", ["share", "density", "coverage", "mass"]].tolist() == [1, 1, 1, 1]
    assert table.set_index("case").loc["case 3", "share"] == 0


def test_boxes_are_measured_where_they_were_not_found() -> None:
    ds = corners(low=[0.3], high=[0.4])
    other = ds.isel(sample=ds.sample.values % 16 % 2 == 1)
    table = ds.posse.conditions({"case 0": "in"}, at_least=0.8)
    inside = np.ones(other.sizes["sample"], bool)
    for row in table.itertuples():
        inside &= (other[row.unknown].values >= row.low) & (other[row.unknown].values < row.high)
    holds = other.regime.values[0] == 1
    for row in table.itertuples():
        assert row.mass == pytest.approx(inside.mean())
        assert row.density == pytest.approx(holds[inside].mean())
        assert row.coverage == pytest.approx(holds[inside].sum() / holds.sum())
        assert 0.77 < row.density < 0.9
        assert 0 < row.density_error < 0.02


def test_what_depends_on_chance_alone_has_no_conditions() -> None:
    """Noise: whatever box is found in one half, the other half does not confirm it."""
    ds = corners(low=[0.5], high=[1])
    noise = np.random.default_rng(0).random(ds.regime.shape) < 0.3
    ds = ds.assign(regime=ds.regime.copy(data=noise.astype(np.uint8)))
    table = ds.posse.conditions({"case 0": "in"})
    assert (abs(table.density - 0.3) < 4 * table.density_error + 0.1).all()
    assert set(table.verdict) == {"not reached"}


def test_what_half_of_the_replicates_says_the_other_half_confirms() -> None:
    """Halves that differ as no chance would make them."""
    ds = corners(low=[0.5], high=[1])
    found_in = ds.sample.values % 16 % 2 == 0
    wanted = {(1, 1): "unrestricted", (1, 0): "not confirmed", (0, 1): "too few draws", (0, 0): "never"}
    for (even, odd), verdict in wanted.items():
        part = ds.assign(regime=ds.regime.copy(data=np.where(found_in, even, odd)[None].astype(np.uint8)))
        assert part.posse.conditions({"case 0": "in"}).verdict.tolist() == [verdict]
    part = ds.assign(regime=ds.regime.copy(data=np.where(found_in, 254, 1)[None].astype(np.uint8)))
    assert part.posse.conditions({"case 0": "in"}).verdict.tolist() == ["too few draws"]


@pytest.fixture(scope="module")
def kosovo() -> xr.Dataset:
    """Support is rare: in one draw of twenty; and draws are few."""
    case = {"labels": ["Kosovo 1999"], "cap_leader": [0.1425], "cap_partner": [0.0906], "cap_target": [0.002]}
    case |= {"cap_observer": [0.0515], "notes": {"observed": ["support"]}}
    costs = {"log_uniform": [0.005, 0.5]}
    unknown = {"cost_support": costs, "cost_oppose": costs, "resolve": UNIFORM, "spoils": {"log_uniform": [1, 20]}}
    return posse.Sweep("restraint", {"case": case, "sample": {"uniform": 1 << 15, "seed": 2} | unknown}).evaluate()


@pytest.mark.parametrize("points", [1 << 8, 1 << 10, 1 << 12, 1 << 14])
def test_who_asks_for_less_gets_no_worse_verdict(kosovo: xr.Dataset, points: int) -> None:
    """And what is restricted is as dense as was asked for, told by enough draws."""
    ds = kosovo.isel(sample=slice(points))
    order = ["never", "not reached", "not confirmed", "too few draws", "restricted", "unrestricted"]
    ranks = []
    for at_least in (1, 0.95, 0.93, 0.9, 0.8, 0.5, 0.3, 0.05, 0.02):
        row = ds.posse.conditions(at_least=at_least).iloc[0]
        ranks.append(order.index(row.verdict))
        if row.verdict in ("restricted", "unrestricted"):
            assert row.density >= at_least
            assert row.density_error <= 0.05
            assert row.density * row.mass * points / 2 > 29.9  # that agree, in the half where they are measured
    assert ranks == sorted(ranks)
    assert len({*ranks}) > 1 or points < 1 << 9


def test_with_few_draws_nothing_is_said(kosovo: xr.Dataset) -> None:
    few = kosovo.isel(sample=slice(256)).posse.conditions(at_least=0.5)
    assert few.verdict.tolist() == ["too few draws"]
    assert few.unknown.tolist() == [""]
    assert {*kosovo.posse.conditions(at_least=0.9).verdict} == {"restricted"}


def test_conditions_for_each_of_other_labels(drawn: xr.Dataset) -> None:
    table = drawn.posse.conditions()
    assert {*zip(table.case, table.resolve, strict=True)} == {
        *itertools.product(["Suez 1956", "Iraq 2003"], [0.3, 0.7, 1.0])
    }
    text: Any = "0.9"
    with pytest.raises(InputError, match=r"at_least: '0\.9' is not allowed; allowed is above 0, up to 1"):
        drawn.posse.conditions(at_least=text)
    with pytest.raises(InputError, match="at_least: 95 is not allowed; allowed is above 0, up to 1"):
        drawn.posse.conditions(at_least=95)


def test_a_cube_of_several_chunks_answers_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On disk, where what was drawn is a coordinate with chunks of its own, and once more after it has grown."""
    monkeypatch.setattr(blocks, "POINTS", 100)
    cases = {"labels": ["A", "B"], "cap_leader": [1.0, 3.0], "notes": {"observed": ["oppose", "neutral"]}}
    drawn = {"attrition": {"uniform": [0, 0.9]}, "cost_oppose": {"log_uniform": [0.01, 1]}}
    small, large = (posse.Sweep("restraint", {"case": cases, "sample": {"sobol": n} | drawn}) for n in (256, 1024))
    store = tmp_path / "cube"
    for sweep, found in ((small, small.run(store, progress=False)), (large, large.grow(store, progress=False))):
        assert len(found.regime.chunks[1]) > 2
        wanted = sweep.evaluate().posse
        xr.testing.assert_allclose(found.posse.predict(), wanted.predict(), rtol=1e-12)
        xr.testing.assert_allclose(found.posse.score(), wanted.score(), rtol=1e-12)
        assert found.posse.conditions().equals(wanted.conditions())
        assert found.posse.flips(found).cells.sum() == 0
        assert len(found.isel(case=0).posse.table("regime")) == found.sizes["sample"]
    assert xr.open_zarr(store).posse.predict().computed.min() == 1
