"""Designs: stratified as their theory says, distributed as they are believed, extended without a change."""

from collections import namedtuple
from math import erf, log, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta

from posse import Domain, Game, Output, Parameter, Sweep
from posse.kernels.errors import InputError

BELIEFS = {
    "attrition": {"uniform": [0.2, 0.6]},
    "cost_oppose": {"log_uniform": [0.01, 1]},
    "war_irresolute": {"triangular": [0.2, 0.5, 1]},
    "decisiveness": {"normal": [0.5, 0.7]},
    "resolve": {"beta": [2, 5]},
}
# Distribution functions, by their formulas.
CUMULATIVE: dict[str, Any] = {
    "attrition": lambda x: (x - 0.2) / 0.4,
    "cost_oppose": lambda x: log(x / 0.01) / log(100),
    "war_irresolute": lambda x: (x - 0.2) ** 2 / (0.8 * 0.3) if x < 0.5 else 1 - (1 - x) ** 2 / (0.8 * 0.5),
    "decisiveness": lambda x: (_gauss((x - 0.5) / 0.7) - _gauss(-0.5 / 0.7)) / (1 - _gauss(-0.5 / 0.7)),
    "resolve": lambda x: beta.cdf(x, 2, 5),
}


def _gauss(z: float) -> float:
    return (1 + erf(z / sqrt(2))) / 2


def drawn(kind: str, count: int, **settings: Any) -> Any:
    """The axis of a design over BELIEFS."""
    (axis,) = Sweep("restraint", {"sample": {kind: count, **settings} | BELIEFS}).axes
    return axis


def in_probability(axis: Any, name: str) -> Any:
    return np.array([CUMULATIVE[name](x) for x in axis.values[name]])


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube"])
def test_each_replicate_has_one_point_in_each_stratum(kind: str) -> None:
    axis = drawn(kind, 1024, seed=3, replicates=4)
    for name in BELIEFS:
        for k in range(4):
            strata = np.floor(in_probability(axis, name)[k::4] * 256 + 1e-6)
            assert sorted(strata) == list(range(256)), (name, k)


@pytest.mark.parametrize("kind", ["uniform", "saltelli"])
def test_draws_have_the_distribution_that_is_believed(kind: str) -> None:
    """Kolmogorov's distance of n independent draws is above 2.2 / sqrt(n) once in 8,000 times."""
    axis = drawn(kind, 4096, seed=1)
    for name in BELIEFS:
        found = np.sort(in_probability(axis, name))
        distance = np.abs(found - (np.arange(len(found)) + 0.5) / len(found)).max()
        assert distance < 2.2 / sqrt(4096), name


def test_a_saltelli_design_exchanges_one_column_at_a_time() -> None:
    axis = drawn("saltelli", 64)
    assert axis.labels.tolist() == list(range(64 * 7))
    rows = np.stack([axis.values[name] for name in BELIEFS], axis=1).reshape(64, 7, 5)
    first, last = rows[:, 0], rows[:, -1]
    assert (first != last).all()
    for k in range(5):
        exchanged = rows[:, k + 1]
        np.testing.assert_array_equal(exchanged[:, k], last[:, k])
        np.testing.assert_array_equal(np.delete(exchanged, k, 1), np.delete(first, k, 1))


@pytest.mark.parametrize("kind", ["sobol", "uniform", "saltelli"])
def test_a_larger_design_begins_with_the_smaller_one(kind: str) -> None:
    small, large = drawn(kind, 64, seed=9, replicates=8), drawn(kind, 256, seed=9, replicates=8)
    rest = drawn(kind, 256, seed=9, replicates=8, first=64)
    assert [*small.labels, *rest.labels] == large.labels.tolist()
    for name in BELIEFS:
        together = np.concatenate([small.values[name], rest.values[name]])
        np.testing.assert_array_equal(together, large.values[name])


def test_other_seeds_draw_others() -> None:
    one, other = drawn("sobol", 64, seed=1), drawn("sobol", 64, seed=2)
    assert not np.isin(one.values["attrition"], other.values["attrition"]).any()


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube", "uniform"])
def test_replicates_tell_the_error_of_a_mean(kind: str) -> None:
    """The mean of `resolve` is 2/7; over many seeds, deviations are as large as the replicates say."""
    scores = []
    for seed in range(60):
        means = drawn(kind, 128, seed=seed).values["resolve"].reshape(-1, 16).mean(0)
        scores.append((means.mean() - 2 / 7) / (means.std(ddof=1) / 4))
    assert abs(np.mean(scores)) < 0.5
    assert 0.75 < np.std(scores) < 1.45


def test_a_cube_says_how_its_points_were_drawn() -> None:
    found = Sweep(
        "restraint", {"case": {"cap_leader": [1, 2], "notes": {"who": ["A", "B"]}}, "sample": {"sobol": 16} | BELIEFS}
    )
    ds = found.evaluate()
    about = {"role": "sample", "design": "sobol", "replicates": 16, "rows": 1, "parameters": " ".join(BELIEFS)}
    assert ds["sample"].attrs.items() >= about.items()
    assert ds["who"].dims == ("case",)
    assert ds["who"].values.tolist() == ["A", "B"]
    assert Sweep.from_spec(_parsed(found)).identity == found.identity


def _parsed(sweep: Sweep) -> Any:
    from posse.sweeps import spec

    return spec.parse(sweep.to_toml())


def test_a_parameter_may_be_called_like_a_setting_of_a_design() -> None:
    game = Game(
        name="settings",
        title="settings",
        version="1",
        parameters=tuple(Parameter(p, p, Domain(0, 1), 0.5, p) for p in ("seed", "first")),
        outputs=(Output("total", "real", "a number"),),
        solve=lambda seed, first: namedtuple("Total", "total")(seed + first),
    )
    sweep = Sweep(game, {"case": {"labels": ["A", "B"], "seed": [0.125, 0.25], "first": [0.5, 0.75]}})
    assert sweep.evaluate().total.values.tolist() == [0.625, 1.0]


WRONG = [
    ({"sobol": 10}, "axes.sample.sobol: 10 points cannot be dealt out to replicates = 16 alike; 16 can"),
    ({"sobol": 1.5}, "axes.sample.sobol: 1.5 is not a whole number"),
    ({"sobol": 16, "seed": -1}, "axes.sample.seed: -1 is not a whole number"),
    ({"sobol": 16, "first": 16}, "axes.sample.first: 16 is not below the number of points, 16"),
    ({"latin_hypercube": 32, "first": 16}, "axes.sample.first: a latin_hypercube has no first points; sobol, "),
    ({"sobol": 16, "uniform": 16}, "axes.sample: sobol draws its entries, but there is also uniform"),
    ({"sobol": 16, "labels": [1]}, "axes.sample: sobol draws its entries, but there is also labels"),
    ({"sobol": 16, "atrition": {"uniform": [0, 1]}}, "unknown parameter of restraint in axes.sample: 'atrition' (did "),
    ({"sobol": 16, "attrition": {"unifrom": [0, 1]}}, "unknown distribution in axes.sample.attrition: 'unifrom' (did "),
    ({"sobol": 16, "attrition": [0, 1]}, "axes.sample.attrition: [0, 1] is no distribution; write one as {uniform ="),
    ({"sobol": 16, "attrition": {"uniform": [0]}}, "axes.sample.attrition.uniform: [0] is not [low, high]"),
    (
        {"sobol": 16, "attrition": {"uniform": [0, 2]}},
        "axes.sample.attrition.uniform: 2 is not allowed; allowed is [0,",
    ),
    ({"sobol": 16, "attrition": {"uniform": [0.6, 0.2]}}, "axes.sample.attrition.uniform: 0.2 is not above 0.6"),
    (
        {"sobol": 16, "cost_oppose": {"log_uniform": [0, 1]}},
        "axes.sample.cost_oppose.log_uniform: 0 is not allowed; ra",
    ),
    ({"sobol": 16, "resolve": {"triangular": [0, 2, 1]}}, "axes.sample.resolve.triangular: mode 2 does not lie betw"),
    ({"sobol": 16, "resolve": {"normal": [0.5, 0]}}, "axes.sample.resolve.normal: standard deviation 0 is not above"),
    ({"sobol": 16, "resolve": {"normal": [1.5, 1]}}, "axes.sample.resolve.normal: mean: 1.5 is not allowed; allowed"),
    ({"sobol": 16, "resolve": {"beta": [0, 1]}}, "axes.sample.resolve.beta: 0 is not allowed; both shapes are above"),
    (
        {"sobol": 16, "prize": {"triangular": [0, 1, 1e160]}},
        "axes.sample.prize.triangular: 1e+160 is not allowed; allowed is at most 1e+30 in magnitude",
    ),
    (
        {"sobol": 16, "prize": {"normal": [1e300, 1e299]}},
        "axes.sample.prize.normal: mean: 1e+300 is not allowed; allowed is at most 1e+30 in magnitude",
    ),
    ({"seed": 3, "resolve": [0.1]}, "axes.sample.seed: is of a design, but its kind is missing; give one of sobol, la"),
    (
        {"resolve": {"uniform": [0, 1]}},
        "axes.sample.resolve: has a distribution, for which axes.sample needs ",
    ),
    ({"sobol": 16}, "axes.sample: draws no parameter; give one or more, as attrition = {uniform = [0.2, 0.6]}"),
    ({"sobol": 0, "resolve": {"beta": [1, 1]}}, "axes.sample: has 0 labels, but an axis has 1 to 100000000"),
    ({"sobol": 2**40, "resolve": {"beta": [1, 1]}}, "axes.sample: has 1099511627776 labels, but an axis has 1 to "),
    ({"cap_leader": [1], "notes": {"who": [1]}}, "axes.sample.notes.who: [1] is not a list of texts"),
    ({"cap_leader": [1], "notes": {"who": ["A", "B"]}}, "axes.sample.notes.who: has 2 entries, but cap_leader has 1"),
    (
        {"cap_leader": [1], "notes": {"who": np.array("A")}},
        "axes.sample.notes.who: array('A', dtype='<U1') is not a li",
    ),
    ({"cap_leader": [1], "notes": {"who": ["\udc80"]}}, "axes.sample.notes.who: '\\udc80' has letters that are none"),
    ({"cap_leader": [1], "labels": ["\udc80"]}, "axes.sample.labels: '\\udc80' has letters that are none, and cann"),
    ({"cap_leader": [1], "notes": {1: ["A"]}}, "axes.sample.notes.1: is no name of letters, digits, _ and -, a lett"),
    ({"cap_leader": [1], "notes": {"regime": ["A"]}}, "axes.sample.notes.regime: the name is in use; choose another"),
]


@pytest.mark.parametrize(("written", "said"), WRONG)
def test_a_design_that_cannot_be_drawn_is_told_in_a_line(written: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        Sweep("restraint", {"sample": written})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
