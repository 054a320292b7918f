"""What `ds.posse` answers is what a loop over the cells finds; it reads nothing before it is asked, then little."""

import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

import posse
from posse.analysis.beliefs import weights
from posse.analysis.selection import exactly
from posse.kernels.errors import GameChangedError, InputError, TooLargeError

SPECS: dict[str, Any] = {
    "restraint": {
        "axes": {
            "diversity": {"linspace": [0, 1, 9]},
            "case": {"labels": ["weak", "equal", "strong"], "cap_observer": [0.2, 1.0, 3.0], "cap_leader": [2, 1, 1]},
            "resolve": [0.1, 0.35, 0.7, 1.0],
        },
        "fixed": {"share": 0.8},
    },
    "signalling": {
        "axes": {
            "diversity": {"linspace": [0, 1, 9]},
            "cap_observer": {"geomspace": [0.2, 5, 11]},
            "resolve": [0.2, 0.5, 0.8],
        },
        "fixed": {
            "cap_partner": 2, "cap_target": 2, "spoils": 0.5, "share": 0.5, "attrition": 0.2, "cost_support": 0.01,
            "cost_oppose": 0.1, "cost_stay": 0.05, "war_resolute": 0.05, "war_irresolute": 0.6,
        },
    },
    "restraint with holes": {  # points outside the domain, and what was not computed; an axis of an awkward name
        "axes": {
            "diversity": {"linspace": [0, 1, 9]},
            "share": {"linspace": [0, 1, 7]},
            "war_irresolute": [0.1, 0.4, 1.0],
            "resolve": [0.3, 0.7],
        },
        "fixed": {"war_resolute": 0.2},
        "outside_domain": "mark",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=SPECS)
def sweep(request: pytest.FixtureRequest) -> posse.Sweep:
    return posse.Sweep(request.param.split()[0], dtype="float64", **SPECS[request.param])


@pytest.fixture(scope="module")
def whole(sweep: posse.Sweep) -> xr.Dataset:
    """A cube in memory."""
    ds = sweep.evaluate()
    if "share" in ds.dims:
        ds.regime[{"diversity": slice(2, 5), "share": slice(1, 4)}] = 255
        ds.payoff[{"diversity": slice(2, 5), "share": slice(1, 4)}] = np.nan
    return ds


@pytest.fixture(params=["in memory", "in chunks", "read when asked"])
def cube(request: pytest.FixtureRequest, sweep: posse.Sweep, whole: xr.Dataset, tmp_path: Path) -> Iterator[xr.Dataset]:
    if request.param == "in memory":
        yield whole
    elif request.param == "in chunks":
        yield whole.chunk({dim: 5 - k for k, dim in enumerate(whole.regime.dims)})
    elif "share" not in whole.dims:
        yield posse.virtual(sweep)
    else:  # what is solved when it is read has no holes, but a file has
        whole.posse.write(tmp_path / "cube.nc")
        with xr.open_dataset(tmp_path / "cube.nc", engine="h5netcdf", chunks=None) as ds:
            yield ds


def names(whole: xr.Dataset) -> dict[int, str]:
    attributes = whole.regime.attrs
    return dict(zip(attributes["flag_values"].tolist(), attributes["flag_meanings"].split(), strict=True))


def cells(whole: xr.Dataset) -> dict[tuple[int, ...], str]:
    """The name of the regime in each cell that was computed, by position."""
    named = names(whole)
    return {k: named[c] for k in np.ndindex(whole.regime.shape) if (c := int(whole.regime.values[k])) != 255}


# Shares


@pytest.mark.parametrize("over", [[0, 1, 2], [0], [2, 1], []])
def test_shares_are_counts(cube: xr.Dataset, whole: xr.Dataset, over: list[int]) -> None:
    dims = [str(whole.regime.dims[k]) for k in over]
    found = cube.posse.share(over=dims).compute()
    there = cells(whole)
    size = np.prod([whole.regime.shape[k] for k in over])
    wanted: Counter[Any] = Counter()
    for place, name in there.items():
        wanted[(name, *(p for k, p in enumerate(place) if k not in over))] += 1
    assert found.sum().item() == pytest.approx(len(there) / size)
    for key, count in wanted.items():
        name, *place = key
        assert found.sel(regime=name).values[tuple(place)] == pytest.approx(count / size, abs=1e-15)


def test_shares_under_beliefs(cube: xr.Dataset, whole: xr.Dataset) -> None:
    last = str(whole.regime.dims[-1])
    belief = stats.beta(2, 5)
    found = cube.posse.share(weights={"diversity": belief, last: range(1, whole.sizes[last] + 1)}).compute()
    ends = [0, *(np.arange(8) + 0.5) / 8, 1]  # half-way between the labels 0, 1/8, ... 1
    mass = [belief.cdf(b) - belief.cdf(a) for a, b in itertools.pairwise(ends)]
    weight = {k: mass[k[0]] * (k[-1] + 1) for k in np.ndindex(whole.regime.shape)}
    for name in names(whole).values():
        wanted = sum(weight[k] for k, there in cells(whole).items() if there == name) / sum(weight.values())
        assert found.sel(regime=name).item() == pytest.approx(wanted, abs=1e-14)
    labels = whole[last].values
    by_order = cube.posse.share(weights={last: range(1, len(labels) + 1)}).compute()
    for by_label in (
        xr.DataArray(range(len(labels), 0, -1), {last: labels[::-1]}, [last]),
        pd.Series(range(len(labels), 0, -1), labels[::-1]),
        {label: k + 1 for k, label in enumerate(labels)},
    ):
        xr.testing.assert_equal(cube.posse.share(weights={last: by_label}).compute(), by_order)


@pytest.mark.parametrize("belief", [stats.uniform(0.2, 0.6), stats.beta(2, 5), stats.lognorm(1)])
@pytest.mark.parametrize("axis", [{"linspace": [0.05, 1, 2001]}, {"geomspace": [0.05, 1, 2001]}])
def test_beliefs_do_not_depend_on_how_the_axis_is_divided(axis: dict[str, Any], belief: Any) -> None:
    """On a fine axis: the probability of an interval, given the range; from the distribution and from its density."""
    ds = posse.Sweep("restraint", axes={"cap_observer": axis}).evaluate()
    below = ds.cap_observer.values < 0.3
    wanted = (belief.cdf(0.3) - belief.cdf(0.05)) / (belief.cdf(1) - belief.cdf(0.05))
    for form in (belief, belief.pdf):
        weight = weights(ds.cap_observer, form)
        assert weight[below].sum() / weight.sum() == pytest.approx(wanted, abs=2e-3)
        np.testing.assert_allclose(weights(ds.cap_observer[::-1], form), weight[::-1], rtol=1e-12)


@pytest.mark.parametrize("labels", [["b", "a"], ["a", "b"], [2.0, 1.0], [1.0, 2.0]])
def test_no_label_weighs_less_than_nothing(labels: list[Any]) -> None:
    """In whichever order the labels stand."""
    with pytest.raises(InputError, match="those of x must be numbers from 0 on"):
        weights(xr.DataArray(labels, dims="x", coords={"x": labels}, name="x"), [-1, 1])


def test_shares_of_groups_are_those_of_their_regimes(cube: xr.Dataset, whole: xr.Dataset) -> None:
    for group in cube.posse.groups:
        found = cube.posse.share(over="diversity", by=group).compute()
        words = whole.regime.attrs[f"flag_group_{group}"].split()
        single = cube.posse.share(over="diversity").compute()
        for word in set(words):
            members = [name for name, w in zip(names(whole).values(), words, strict=True) if w == word]
            xr.testing.assert_allclose(found.sel({group: word}, drop=True), single.sel(regime=members).sum("regime"))


# Masks


def test_masks_by_name(cube: xr.Dataset, whole: xr.Dataset) -> None:
    there = cells(whole)
    wanted = sorted(set(there.values()))[:2]
    found = cube.posse.is_in(*wanted)
    assert found.dtype == bool
    assert {k for k in there if found.values[k]} == {k for k, name in there.items() if name in wanted}
    kept = cube.posse.where(*wanted).compute()
    assert (kept.regime.values[~found.values] == 255).all()
    assert (kept.regime.values[found.values] == whole.regime.values[found.values]).all()
    assert kept.regime.dtype == np.uint8
    own = whole.assign(note=0, order=("diversity", np.arange(9))).posse.where(*wanted)
    assert own.order.dims[0] == "diversity"
    assert np.array_equal(np.isnan(own.order.values), ~np.moveaxis(found.values, 0, 0))
    assert {str(n): v.dims for n, v in kept.data_vars.items()} == {str(n): v.dims for n, v in whole.data_vars.items()}
    outside = np.broadcast_to(~found.values, kept.payoff.shape)
    assert np.isnan(kept.payoff.values[outside]).all()
    assert np.array_equal(kept.payoff.values[~outside], whole.payoff.values[~outside])


def test_groups_agree_with_the_outputs_that_say_the_same() -> None:
    sweep = posse.Sweep("restraint", outputs=["regime", "alignment", "durability"], **SPECS["restraint"])
    ds = sweep.evaluate()
    for k, word in enumerate(["neutral", "support", "oppose"]):
        by_variable = ds.posse.is_in(alignment=word)
        by_group = ds.drop_vars("alignment").posse.is_in(alignment=word)
        assert np.array_equal(by_variable.values, ds.alignment.values == k)
        assert np.array_equal(by_group.values, by_variable.values)
        stays = (ds.durability.values >> k & 1 == 1) & by_variable.values
        remains = ds.posse.is_in(alignment=word, coalition="remains")
        assert np.array_equal(remains.values, stays)


def test_sets_of_flags() -> None:
    sweep = posse.Sweep("signalling", outputs=["regime", "equilibria"], **SPECS["signalling"])
    ds = sweep.evaluate()
    found = ds.posse.is_in(equilibria="pooled_support")
    assert np.array_equal(found.values, ds.equilibria.values >> 1 & 1 == 1)
    ds.equilibria[0, 0, 0] = (1 << 16) - 1  # not computed: no flag is set
    ds.equilibria[0, 0, 1] = 1 << 15  # outside the domain
    assert (
        not ds.posse.is_in(equilibria=["pooled_support", "pooled_neutrality", "pooled_opposition"])
        .values[0, 0, :2]
        .any()
    )
    assert ds.posse.is_in(equilibria="outside_domain").values[0, 0].tolist() == [False, True, False]


def test_commitment_problem() -> None:
    sweep = posse.Sweep("restraint", outputs=["regime", "alignment", "committed_alignment"], **SPECS["restraint"])
    ds = sweep.evaluate()
    wanted = (ds.alignment.values == 2) & (ds.committed_alignment.values != 2)
    assert wanted.any()
    assert np.array_equal(ds.posse.commitment_problem().values, wanted)
    with pytest.raises(InputError, match=r"has no committed_alignment, an output of restraint; .* there is regime"):
        ds[["regime"]].posse.commitment_problem()


# From one regime to another


def test_boundaries_transitions(cube: xr.Dataset, whole: xr.Dataset) -> None:
    there = cells(whole)
    for axis, dim in enumerate(map(str, whole.regime.dims)):
        numeric = whole[dim].dtype.kind == "f"
        at: dict[tuple[str, str], list[float]] = {}
        edge = np.zeros(whole.regime.shape, bool)
        for place, name in there.items():
            after = tuple(p + (k == axis) for k, p in enumerate(place))
            if after in there and there[after] != name:
                edge[place] = True
                labels = whole[dim].values
                pair = [labels[place[axis]], labels[after[axis]]]
                ratios = dim == "cap_observer"  # in which that axis is spaced
                middle = (np.sqrt(np.prod(pair)) if ratios else np.mean(pair)) if numeric else place[axis] + 0.5
                at.setdefault((name, there[after]), []).append(middle)
        assert np.array_equal(cube.posse.boundaries(dim).values, edge)
        found = cube.posse.transitions(dim).compute()
        steps = whole.regime.size // whole.sizes[dim] * (whole.sizes[dim] - 1)
        assert found.steps.sum().item() == sum(map(len, at.values()))
        for (one, other), places in at.items():
            pair = found.sel(before=one, after=other)
            assert pair.steps.item() == len(places)
            assert pair.fraction.item() == pytest.approx(len(places) / steps)
            ends = [pair.lowest.item(), pair.average.item(), pair.highest.item()]
            assert ends == pytest.approx([min(places), np.mean(places), max(places)])
    every = [cube.posse.boundaries(str(dim)).values for dim in whole.regime.dims]
    assert np.array_equal(cube.posse.boundaries().values, np.any(every, axis=0))


def test_flips(cube: xr.Dataset, whole: xr.Dataset) -> None:
    one, other = whole.isel(resolve=0), whole.isel(resolve=-1)
    labels = [{"resolve": ds.resolve.item()} for ds in (one, other)]
    found = cube.posse.flips(*labels).compute()
    before, after = cells(one), cells(other)
    pairs = Counter((before[k], after[k]) for k in before.keys() & after.keys())
    assert found.cells.sum().item() == sum(n for (a, b), n in pairs.items() if a != b)
    for (a, b), count in pairs.items():
        assert found.cells.sel(before=a, after=b).item() == (count if a != b else 0)
    known = (one.regime.values != 255) & (other.regime.values != 255)
    assert np.array_equal(found.changed.values, (one.regime.values != other.regime.values) & known)
    assert found.fraction.sum().item() == pytest.approx(found.changed.values.mean())
    again = cube.isel(resolve=0).posse.flips(other.transpose(*reversed(list(other.dims)))).compute()
    assert np.array_equal(again.cells.values, found.cells.values)


# Statements


def test_comparative_statics(cube: xr.Dataset, whole: xr.Dataset) -> None:
    for player, dim in itertools.product(whole.player.values[[0, 2]].tolist(), map(str, whole.regime.dims)):
        found = cube.posse.monotone("payoff", player=player, along=dim)
        values = whole.payoff.sel(player=player).transpose(dim, ...).values.reshape(whole.sizes[dim], -1)
        change = np.diff(values, axis=0)
        change[abs(change) <= 1e-14] = 0
        change = change[~np.isnan(change)]
        assert found.steps == {"checked": change.size, "rises": (change > 0).sum(), "falls": (change < 0).sum()}
        assert bool(found) == bool((change >= 0).all() or (change <= 0).all())
        if found:
            assert found.counterexamples == ()
            continue
        up, down = found.counterexamples
        for step, extreme in ((up, change.max()), (down, change.min())):
            assert step.values[1] - step.values[0] == pytest.approx(extreme)
            for end, value in zip((step.start, step.end), step.values, strict=True):
                assert whole.payoff.sel(player=player).sel(end).item() == value
        assert bool(cube.posse.monotone("payoff", player=player, along=dim, direction="rises")) is False
        assert bool(cube.posse.monotone("payoff", player=player, along=dim, direction="falls")) is False


def test_a_theorem_of_the_model_holds_as_a_statement() -> None:
    """The observer's payoff is nonincreasing in what support and opposition cost it (statement 6)."""
    ds = posse.Sweep("restraint", axes={
        "cost_support": {"linspace": [0, 0.2, 15]}, "cost_oppose": {"linspace": [0, 0.2, 15]},
        "cap_observer": {"geomspace": [0.1, 5, 20]}, "diversity": {"linspace": [0, 1, 8]},
    }).evaluate()  # fmt: skip
    for cost in ("cost_support", "cost_oppose"):
        statement = ds.posse.monotone("payoff", player="observer", along=cost, direction="falls")
        assert statement, str(statement)
        assert "holds" in str(statement)
    assert not ds.posse.monotone("payoff", player="observer", along="cost_oppose", direction="rises")


# Tables, points


def test_table(cube: xr.Dataset, whole: xr.Dataset) -> None:
    frame = cube.posse.table("regime", "payoff")
    there = cells(whole)
    assert len(frame) == whole.regime.size
    assert len(cube.posse.table("payoff").columns) == len(frame.columns) - 1
    for place, row in zip(np.ndindex(whole.regime.shape), frame.to_dict("records"), strict=True):
        if place not in there:
            assert pd.isna(row["regime"])
            continue
        assert row["regime"] == there[place]
        for dim, k in zip(whole.regime.dims, place, strict=True):
            assert row[str(dim)] == whole[dim].values[k]
        for player in whole.player.values:
            wanted = whole.payoff.sel(player=player).values[place]
            assert row[f"payoff_{player}"] == wanted or np.isnan(wanted)


def test_the_nearest_story_is_of_the_regime_in_the_cube(sweep: posse.Sweep, whole: xr.Dataset) -> None:
    random = np.random.default_rng(6)
    there = cells(whole)
    for k in random.choice(len(there), 12, replace=False):
        place, name = list(there.items())[k]
        if name == "outside_domain":
            continue
        labels = {str(d): whole[d].values[p] for d, p in zip(whole.regime.dims, place, strict=True)}
        near = {d: v + 1e-4 * (0.5 - v) if isinstance(v, float) else str(v) for d, v in labels.items()}
        story = whole.posse.nearest(**near)
        assert story.regime is not None
        assert story.regime.name == name
        payoffs = dict(zip(whole.player.values.tolist(), whole.payoff.values[(slice(None), *place)], strict=True))
        for player in story.payoffs.keys() & payoffs.keys():  # the tree has one observer, of either type
            assert story.payoffs[player] == pytest.approx(payoffs[player], abs=1e-9)


def test_points_of_solve_have_their_stories() -> None:
    solved = posse.solve("restraint", cap_observer=[0.5, 2.0], diversity=0.2)
    for k, name in enumerate(["resigned_neutrality", "splitting_balancing"]):
        assert solved.isel(point=k).posse.nearest().regime.name in (name, "disingenuous_bandwagoning")


def test_a_label_that_was_dropped_is_not_made_up(whole: xr.Dataset) -> None:
    last = str(whole.regime.dims[-1])
    for lost in (whole.isel({last: 0}, drop=True), whole.mean(last, keep_attrs=True), whole.rename({last: "other"})):
        point = {str(d): lost[d].values[0] for d in lost.dims if d != "player"}
        with pytest.raises(InputError, match=f"{last}: the Dataset does not say any longer"):
            lost.posse.nearest(**point)


def test_the_story_of_another_game_is_not_told(whole: xr.Dataset) -> None:
    other = whole.isel(dict.fromkeys(whole.regime.dims, 0)).assign_attrs(game_source_hash="0" * 64)
    with pytest.raises(GameChangedError, match="has another source here"):
        other.posse.nearest()


def test_a_count_that_is_none_is_no_number() -> None:
    """Outside the domain a count is 254, which is not more than 2."""
    spec = SPECS["signalling"]
    axes = {"war_irresolute": {"linspace": [0, 1, 9]}, "resolve": [0.2, 0.5]}
    fixed = {k: v for k, v in spec["fixed"].items() if k not in axes} | {"war_resolute": 0.3}
    sweep = posse.Sweep("signalling", axes=axes, fixed=fixed, outputs=["regime", "count"], outside_domain="mark")
    ds = sweep.evaluate()
    assert (ds["count"] == 254).any()
    inside = ds["count"].where(ds["count"] < 254)
    steps = ds.posse.monotone("count", along="war_irresolute").steps
    assert steps["checked"] == int(inside.diff("war_irresolute").notnull().sum())
    assert ds.posse.table("count")["count"].isna().sum() == int(inside.isnull().sum())


# Laziness


def refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("something was computed")


@pytest.mark.parametrize("kind", ["in chunks", "virtual"])
def test_nothing_is_computed_before_it_is_asked_for(kind: str, sweep: posse.Sweep, whole: xr.Dataset) -> None:
    lazy = whole.chunk(dict.fromkeys(whole.regime.dims, 3)) if kind == "in chunks" else posse.virtual(sweep)
    other = lazy.isel(resolve=-1)
    with dask.config.set(scheduler=refuse):
        asked = [
            lazy.posse.share(), lazy.posse.share(over="resolve", weights={"resolve": np.ones(lazy.sizes["resolve"])}),
            lazy.posse.is_in(lazy.posse.regimes[0]), lazy.posse.where(lazy.posse.regimes[0]), lazy.posse.boundaries(),
            lazy.posse.transitions("diversity"), lazy.isel(resolve=0).posse.flips(other),
        ]  # fmt: skip
        lazy.posse.monotone("payoff", player="leader", along="diversity")
        for lazily in asked:
            with pytest.raises(AssertionError, match="something was computed"):
                lazily.compute()


def test_a_virtual_cube_that_is_too_large_to_go_through_is_refused() -> None:
    axes = {name: {"linspace": [0, 0.9, 10**4]} for name in ("diversity", "resolve", "attrition", "share")}
    with pytest.raises(TooLargeError, match="has 10,000,000,000,000,000 points, too many to go through"):
        posse.virtual(posse.Sweep("restraint", axes)).posse.share()


BOUNDED = """
import resource, sys
import posse
cube = posse.virtual(sys.argv[1])
cube.posse.share(by="alignment", weights={"resolve": lambda q: q}).compute()
cube.posse.transitions("diversity").compute()
cube.posse.boundaries().sum().compute()
assert not cube.posse.monotone("payoff", player="leader", along="diversity")
print(cube.nbytes / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_cube(tmp_path: Path) -> None:
    """Asked the same of a cube and of one of five times the size, a process needs the same memory."""
    used = []
    for number in (60, 300):
        spec = tmp_path / f"{number}.toml"
        axes = {"resolve": [0, 1, number], "diversity": [0, 1, 200], "cap_observer": [0.1, 5, 200]}
        lines = [f"{name} = {{ linspace = {ends} }}" for name, ends in axes.items()]
        spec.write_text("\n".join(['game = "restraint"', "[axes]", *lines]), encoding="utf-8")
        environment = os.environ | {"DASK_NUM_WORKERS": "2"}
        command = [sys.executable, "-c", BOUNDED, str(spec)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        used.append([float(number) for number in done.stdout.split()])
    (small, less), (large, more) = used
    assert large - small > 150
    assert more - less < 60


# What is not there


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda p: p.is_in("disingenuos_bandwagoning"), "did you mean 'disingenuous_bandwagoning'"),
        (lambda p: p.is_in(), "name at least one regime; there is reassured_neutrality"),
        (lambda p: p.is_in(alignment="opose"), "unknown alignment: 'opose' .*there is neutral, support, oppose"),
        (lambda p: p.is_in(aligned="oppose"), "unknown variable of codes, or group of regimes: 'aligned'"),
        (lambda p: p.share("divercity"), "did you mean 'diversity'"),
        (lambda p: p.share("share"), "share: is fixed at 0.8 in this cube"),
        (lambda p: p.share("player"), "over: regime has no dimension player"),
        (lambda p: p.share(by="alinment"), "did you mean 'alignment'"),
        (lambda p: p.share(over="resolve", weights={"diversity": [1] * 9}), "diversity is not averaged over"),
        (lambda p: p.share(weights={"diversity": [1, 2]}), r"have the shape \(2,\), but there are 9 labels"),
        (lambda p: p.share(weights={"resolve": [1, -1, 1, 1]}), "must be numbers from 0 on"),
        (lambda p: p.share(weights={"case": lambda c: c}), "case has names for labels; give a weight for"),
        (lambda p: p.transitions("cap_observer"), "is bound by the axis case"),
        (lambda p: p.flips({"resolve": 0.2}, {"resolve": 0.7}), "0.2 is not a label; the nearest is 0.1"),
        (lambda p: p.flips({"resolve": 2}, {"resolve": 0.7}), "2 is outside of the cube; labels go from 0.1 to 1"),
        (lambda p: p.flips({"resolve": 0.1}, {"case": "weak"}), "the same dimensions twice"),
        (lambda p: p.flips(p._ds.isel(resolve=0)), "flips: one has the dimensions diversity, case, resolve, the other"),
        (lambda p: p.monotone("regime", along="diversity"), "unknown output of numbers: 'regime'"),
        (lambda p: p.monotone("payoff", along="diversity", player="observr"), "did you mean 'observer'"),
        (lambda p: p.monotone("payoff", along="diversity", direction="up"), "unknown direction: 'up'; there is rises"),
        (lambda p: p.table("payof"), "did you mean 'payoff'"),
        (lambda p: p.nearest(diversity=0.1, case="weak"), "give resolve as well; they go from 0.1 to 1"),
        (lambda p: p.nearest(diversity=1.1, case="weak", resolve=0.1), "1.1 is outside of the cube"),
        (lambda p: p.nearest(diversity=0.1, case="weka", resolve=0.1), "did you mean 'weak'"),
        (lambda p: p.nearest(diversity="x", case="weak", resolve=0.1), "'x' is not a number"),
    ],
)  # fmt: skip
def test_names_that_are_not_there(ask: Any, message: str) -> None:
    ds = posse.Sweep("restraint", **SPECS["restraint"]).evaluate()
    with pytest.raises(InputError, match=message) as raised:
        ask(ds.posse)
    assert "\n" not in str(raised.value)


def test_a_table_larger_than_memory_is_refused() -> None:
    ds = posse.Sweep("restraint", **SPECS["restraint"]).evaluate().chunk()
    huge = ds.isel(resolve=[0]).squeeze("resolve", drop=True).expand_dims(resolve=np.linspace(0, 1, 10**6))
    huge = huge.expand_dims(spoils=np.linspace(0, 1, 10**6))
    with pytest.raises(TooLargeError, match="the table needs"):
        huge.posse.table()


def test_what_is_no_cube_says_so() -> None:
    with pytest.raises(InputError, match="no variable holds codes; there is wind"):
        xr.Dataset({"wind": ("x", [1.0])}).posse.share()


# Where it is there


@pytest.mark.parametrize(
    "imports", ["import posse, xarray", "import xarray, posse", "import posse; from xarray import *"]
)
def test_whoever_imports_posse_has_the_accessor(imports: str, tmp_path: Path) -> None:
    posse.Sweep("restraint", axes={"diversity": [0.2, 0.8]}).run(tmp_path / "cube", progress=False)
    code = f"{imports}\nimport sys, xarray\nprint(xarray.open_zarr(sys.argv[1]).posse.share().sum().compute().item())"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "cube")], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1.0\n", "")


def test_importing_posse_does_not_import_xarray() -> None:
    code = "import posse, sys; print('xarray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n"


# What readers do to cubes


def test_labels_in_another_order_give_the_same(whole: xr.Dataset) -> None:
    last = str(whole.regime.dims[-1])
    other = whole.isel({last: slice(None, None, -1)})
    xr.testing.assert_allclose(other.posse.share(), whole.posse.share())
    statement, turned = (ds.posse.monotone("payoff", player="leader", along=last) for ds in (whole, other))
    assert statement.steps == turned.steps
    value = float(whole[last][1])
    assert other.sel({last: value}).equals(exactly(other, {last: value}))


def test_what_the_reader_adds_stays_in_the_table(whole: xr.Dataset) -> None:
    name = whole.posse.regimes[0]
    added = whole[["regime"]].assign(note=5, mask=whole.posse.is_in(name))
    frame = added.posse.table()
    assert len(frame) == whole.regime.size
    assert (frame.note == 5).all()
    assert frame["mask"].tolist() == (whole.regime.values.ravel() == 0).tolist()
    with pytest.raises(InputError, match="two columns would be called payoff_leader"):
        whole.assign(payoff_leader=whole.regime * 0.5).posse.table()


def test_codes_that_are_none_any_more_say_how_to_keep_them(whole: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"holds float32, no codes any more; ds\.posse\.where keeps them"):
        whole.where(whole.diversity > 0.5, drop=False).posse.share()


def test_cubes_of_two_worlds_side_by_side() -> None:
    axes = {"diversity": {"linspace": [0, 1, 9]}, "cap_observer": [0.5, 1.0, 2.0]}
    parts = [posse.Sweep("restraint", axes=axes, fixed={"attrition": a}).evaluate() for a in (0.1, 0.8)]
    both = xr.concat(parts, pd.Index([0.1, 0.8], name="attrition"), combine_attrs="override")
    assert both.posse.share("attrition").dims == ("regime", "diversity", "cap_observer")
    for k, attrition in enumerate((0.1, 0.8)):
        story = both.posse.nearest(attrition=attrition, diversity=0.2, cap_observer=2.0)
        one = parts[k].posse.nearest(diversity=0.2, cap_observer=2.0)
        assert story.regime == one.regime
        assert story.payoffs == one.payoffs


def test_another_variable_of_codes_sorts_too() -> None:
    sweep = posse.Sweep("signalling", outputs=["regime", "disingenuous"], **SPECS["signalling"])
    ds = sweep.evaluate()
    found = ds.posse.share(by="disingenuous")
    assert found.sel(disingenuous="yes").item() == pytest.approx((ds.disingenuous.values == 1).mean())
