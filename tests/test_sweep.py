"""Sweeps: what axes mean, the spec as a file, the identity, and solving in memory."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import posse
from posse import Sweep
from posse.sweeps import spec

CASE = {"labels": ["Kosovo 1999", "Iraq 2003"], "cap_leader": [0.1425, 0.1518], "cap_target": [0.00204, 0.00664]}


def axis(name: str, written: Any, **more: Any) -> Any:
    """The one axis of a sweep."""
    (found,) = Sweep("restraint", {name: written}, **more).axes
    return found


# Axes


def test_linspace_is_evenly_spaced_with_both_ends() -> None:
    found = axis("diversity", {"linspace": [0, 1, 5]})
    assert found.labels.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert list(found.values) == ["diversity"]
    np.testing.assert_array_equal(found.values["diversity"], found.labels)


def test_geomspace_is_evenly_spaced_in_ratios() -> None:
    found = axis("cap_observer", {"geomspace": [0.125, 8, 7]})
    np.testing.assert_allclose(found.labels, [0.125, 0.25, 0.5, 1, 2, 4, 8], rtol=1e-15)
    assert found.labels[[0, -1]].tolist() == [0.125, 8]


@pytest.mark.parametrize(
    "written", [[0.3, 0.7, 1], (0.3, 0.7, 1.0), np.array([0.3, 0.7, 1.0]), {"values": [0.3, 0.7, 1]}]
)
def test_values_are_taken_as_they_are(written: Any) -> None:
    assert axis("resolve", written).labels.tolist() == [0.3, 0.7, 1.0]


def test_column_of_a_file_next_to_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "costs.csv").write_text("state,k\nFrance,0.125\nItaly,0.5\n", encoding="utf-8")
    (tmp_path / "specs" / "one.csv").write_text("k\n1\n2\n", encoding="utf-8")
    (tmp_path / "specs" / "s.toml").write_text(
        'game = "restraint"\n[axes]\ncost_support = { file = "costs.csv", column = "k" }\nprize = { file = "one.csv" }',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    sweep = Sweep.from_toml("specs/s.toml")
    assert [a.labels.tolist() for a in sweep.axes] == [[0.125, 0.5], [1, 2]]
    # The text is complete: it can be read where there is no such file.
    (tmp_path / "alone.toml").write_text(sweep.to_toml(), encoding="utf-8")
    assert Sweep.from_toml(tmp_path / "alone.toml").identity == sweep.identity


def test_case_binds_several_parameters_under_its_labels() -> None:
    ds = Sweep("restraint", {"case": CASE}).evaluate()
    assert dict(ds.regime.sizes) == {"case": 2}
    assert ds.case.values.tolist() == ["Kosovo 1999", "Iraq 2003"]
    assert ds.cap_leader.dims == ds.cap_target.dims == ("case",)
    assert ds.sel(case="Iraq 2003").cap_target.item() == 0.00664


def test_sample_binds_many_parameters_and_counts_its_entries() -> None:
    rng = np.random.default_rng(3)
    names = [n for n in posse.game("restraint").parameter_names if n not in ("decisiveness", "war_irresolute")]
    drawn = {name: rng.uniform(0.25, 0.5, 40) for name in names}
    sweep = Sweep("restraint", {"sample": drawn}, dtype="float64")
    ds = sweep.evaluate()
    assert ds.sample.values.tolist() == list(range(40))
    for k in range(40):
        alone = posse.solve("restraint", **{name: values[k] for name, values in drawn.items()})
        assert ds.regime[k].item() == alone.regime.item()
        np.testing.assert_array_equal(ds.payoff.isel(sample=k), alone.payoff)


def test_numbers_may_be_labels() -> None:
    ds = Sweep("restraint", {"year": {"labels": [1991, 1999], "diversity": [0.5, 0.25]}}).evaluate()
    assert ds.sel(year=1999).diversity.item() == 0.25


# Size


def test_shape_size_and_bytes() -> None:
    axes = {"diversity": {"linspace": [0, 1, 5]}, "cap_observer": [1, 2, 3], "case": CASE}
    sweep = Sweep("restraint", axes)
    assert (sweep.dims, sweep.shape, sweep.size) == (("diversity", "cap_observer", "case"), (5, 3, 2), 30)
    assert sweep.nbytes == 30 * (1 + 4 * 4)  # a code and four payoffs of four bytes
    assert Sweep("restraint", axes, dtype="float64").nbytes == 30 * (1 + 4 * 8)
    assert Sweep("restraint", axes, outputs=["regime", "victory"]).nbytes == 30 * (1 + 4)
    assert "30 points" in repr(sweep)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bytes_are_those_of_the_arrays(dtype: str) -> None:
    sweep = Sweep("restraint", {"diversity": {"linspace": [0, 1, 7]}}, dtype=dtype)
    assert sweep.nbytes == sum(v.nbytes for v in sweep.evaluate().data_vars.values())


# The spec as text

UNIT = ["diversity", "share", "resolve"]
PLAIN = ["cap_leader", "cap_partner", "cap_target", "cap_observer", "spoils", "prize", "war_leader"]
reals = st.floats(0.0, 1.0, allow_subnormal=False)
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
positive = st.floats(1e-6, 1e6)


def increasing(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[float]]:
    return st.lists(numbers, min_size=1, max_size=5, unique=True).map(sorted)


def spaced(form: str, low: float, high: float) -> st.SearchStrategy[dict[str, Any]]:
    ends = st.tuples(st.floats(low, high / 4), st.floats(high / 2, high))
    return st.builds(lambda e, n: {form: [*e, n]}, ends, st.integers(2, 9))


@st.composite
def sweeps(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of a sweep."""
    free = draw(st.permutations(UNIT + PLAIN))
    axes: dict[str, Any] = {}
    for name in free[: draw(st.integers(0, 3))]:
        numbers = reals if name in UNIT else positive
        high = 1.0 if name in UNIT else 50.0
        forms = [increasing(numbers).map(lambda v: {"values": v}), increasing(numbers), spaced("linspace", 0.01, high)]
        axes[name] = draw(st.one_of(*forms, spaced("geomspace", 0.01, high)))
    bound = free[3 : 3 + draw(st.integers(0 if axes else 1, 2))]
    if bound:
        length = draw(st.integers(1, 4))
        table = {p: draw(st.lists(reals if p in UNIT else positive, min_size=length, max_size=length)) for p in bound}
        labels = draw(st.none() | st.lists(names, min_size=length, max_size=length, unique=True))
        axes["case"] = table if labels is None else {"labels": labels, **table}
    return {
        "axes": axes,
        "fixed": {name: draw(reals if name in UNIT else positive) for name in free[5 : draw(st.integers(5, 8))]},
        "outputs": draw(st.none() | st.lists(st.sampled_from(OUTPUTS), min_size=1, unique=True)),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "outside_domain": draw(st.sampled_from(["refuse", "mark"])),
    }


OUTPUTS = [output.name for output in posse.game("restraint").outputs]


@settings(deadline=None, max_examples=60)
@given(sweeps())
def test_a_sweep_comes_back_from_its_text(arguments: dict[str, Any]) -> None:
    sweep = Sweep("restraint", **arguments)
    text = sweep.to_toml()
    again = Sweep.from_spec(spec.parse(text))
    assert again.identity == sweep.identity
    assert again.to_toml() == text
    assert (again.dims, again.shape, again.fixed) == (sweep.dims, sweep.shape, sweep.fixed)
    for one, other in zip(sweep.axes, again.axes, strict=True):
        assert one.labels.tolist() == other.labels.tolist()
        for name, values in one.values.items():
            np.testing.assert_array_equal(values, other.values[name])


def test_the_text_says_every_parameter() -> None:
    sweep = Sweep("restraint", {"case": CASE, "diversity": [0.1]})
    parsed = spec.parse(sweep.to_toml())
    named = {*parsed.fixed, *parsed.axes, *parsed.axes["case"]} - {"case", "labels"}
    assert named == set(posse.game("restraint").parameter_names)


# Identity

BASE: dict[str, Any] = {
    "axes": {"diversity": {"linspace": [0, 1, 5]}, "case": CASE},
    "fixed": {"share": 0.25},
    "outputs": ["regime", "payoff"],
    "dtype": "float32",
    "outside_domain": "refuse",
}


def changed(**changes: Any) -> str:
    return Sweep("restraint", **{**BASE, **changes}).identity


CHANGES: dict[str, Callable[[], str]] = {
    "nothing": changed,
    "a label": lambda: changed(axes={"diversity": {"linspace": [0, 1, 6]}, "case": CASE}),
    "the last bit": lambda: changed(axes={"diversity": [0, 0.25, np.nextafter(0.5, 1), 0.75, 1], "case": CASE}),
    "a name": lambda: changed(axes={**BASE["axes"], "case": {**CASE, "labels": ["Kosovo 1999", "Iraq 1991"]}}),
    "a value": lambda: changed(axes={**BASE["axes"], "case": {**CASE, "cap_leader": [0.1425, 0.1519]}}),
    "the name of an axis": lambda: changed(axes={"diversity": BASE["axes"]["diversity"], "crisis": CASE}),
    "the order of the axes": lambda: changed(axes={"case": CASE, "diversity": BASE["axes"]["diversity"]}),
    "another axis": lambda: changed(axes={**BASE["axes"], "prize": [1.0]}),
    "a fixed value": lambda: changed(fixed={"share": np.nextafter(0.25, 1)}),
    "a value that was a default": lambda: changed(fixed={"share": 0.25, "spoils": 2.0}),
    "the outputs": lambda: changed(outputs=["regime"]),
    "the type": lambda: changed(dtype="float64"),
    "the treatment of other points": lambda: changed(outside_domain="mark"),
}


def test_whatever_changes_a_value_changes_the_identity() -> None:
    found: dict[str, str] = {}
    for what, identity in CHANGES.items():
        assert found.setdefault(identity(), what) == what


SAME: dict[str, dict[str, Any]] = {
    "values for linspace": {"axes": {"diversity": [0, 0.25, 0.5, 0.75, 1], "case": CASE}},
    "a default said aloud": {"fixed": {"share": 0.25, "spoils": 1.0}},
    "a whole number": {"fixed": {"spoils": 1, "share": 0.25}},
    "outputs in another order": {"outputs": ["payoff", "regime"]},
    "outputs left out": {"outputs": None},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME)
def test_what_changes_no_value_leaves_the_identity(changes: dict[str, Any]) -> None:
    assert changed(**changes) == changed()


# In memory


def test_evaluate_is_solve_at_each_point() -> None:
    axes = {"diversity": {"linspace": [0, 1, 4]}, "case": CASE, "cap_observer": {"geomspace": [0.0625, 4, 3]}}
    ds = Sweep("restraint", axes, {"share": 0.25}, outputs=OUTPUTS, dtype="float64").evaluate()
    assert dict(ds.sizes) == {"player": 4, "diversity": 4, "case": 2, "cap_observer": 3}
    assert ds.payoff.dims == ("player", "diversity", "case", "cap_observer")
    for d, c, o in np.ndindex(4, 2, 3):
        point = ds.isel(diversity=d, case=c, cap_observer=o)
        given = {n: point[n].item() for n in ("diversity", "cap_leader", "cap_target", "cap_observer")}
        alone = posse.solve("restraint", **given, share=0.25)
        for name in OUTPUTS:
            np.testing.assert_array_equal(point[name], alone[name], err_msg=name)


def test_float32_is_float64_rounded() -> None:
    axes = {"diversity": {"linspace": [0, 1, 50]}}
    single, double = (Sweep("restraint", axes, dtype=dtype).evaluate() for dtype in ("float32", "float64"))
    assert (single.payoff.dtype, double.payoff.dtype, single.regime.dtype) == ("float32", "float64", "uint8")
    np.testing.assert_array_equal(single.payoff, double.payoff.astype("float32"))
    np.testing.assert_array_equal(single.regime, double.regime)


def test_results_say_what_they_are() -> None:
    ds = Sweep("restraint", {"diversity": [0.1, 0.2]}).evaluate()
    assert ds.regime.attrs["flag_meanings"].split()[:2] == ["reassured_neutrality", "resigned_neutrality"]
    assert ds.regime.attrs["flag_values"].tolist() == [*range(10), 254]
    assert ds.diversity.attrs["symbol"] == "d"
    assert ds.diversity.attrs["units"] == "1"
    assert ds.player.values.tolist() == ["leader", "partner", "observer", "target"]


def test_evaluate_refuses_what_would_not_fit() -> None:
    axes = {name: {"linspace": [0.25, 1, 100_000]} for name in ("cap_leader", "cap_target", "spoils")}
    with pytest.raises(posse.PosseError, match=r"17,000\.0 TB of memory"):
        Sweep("restraint", axes).evaluate()


def test_evaluate_goes_by_the_memory_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = Sweep("restraint", {"diversity": {"linspace": [0, 1, 1000]}})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=20_000))
    with pytest.raises(posse.PosseError, match=r"17\.0 kB of memory, but 20\.0 kB"):
        sweep.evaluate()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10**9))
    assert sweep.evaluate().sizes["diversity"] == 1000
