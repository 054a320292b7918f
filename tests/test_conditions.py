"""Conditions under which a regime is predicted: corners that are known, and what chance alone makes."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import xarray as xr

import posse
from drawn import UNIFORM, corners
from posse.kernels.errors import InputError


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
