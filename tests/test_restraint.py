"""The game of strategic restraint: every arithmetic against the brute-force solution, its ties and its theorems."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import inf, nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exact
import posse
from exact import NEUTRAL, OBSERVER, OPPOSE, PARTNER, SUPPORT, Branch, Solution
from points import UPPER, Points, any_point, at, broad, lattice, multiples
from posse.kernels.grid import Column, fixed, solve_grid
from posse.kernels.point import solve_plain

Array = npt.NDArray[Any]


GAME = posse.game("restraint")
CODES = ("regime", "alignment", "committed_alignment", "durability")
REALS = ("payoff", "victory", "war", "demand", "margin")
OUTPUTS = tuple(output.name for output in GAME.outputs)  # in an order for which there is a kernel already
RISK = ("war_leader", "war_partner", "war_resolute", "war_irresolute")
SMALL = Fraction(1, 1024)
# Ways to solve


def compiled(points: Mapping[str, Any]) -> dict[str, Array]:
    """The compiled kernel's results, payoffs with the players first."""
    solution = posse.solve("restraint", dtype="float64", **points)
    return {name: solution[name].values for name in CODES + REALS}


def reference(points: Mapping[str, Any]) -> dict[str, Array]:
    """The NumPy reference's results, shaped as the compiled kernel's."""
    solution = solve_plain(GAME, points)
    return {name: np.array(solution[name]) for name in CODES + REALS}


def rational(solution: Mapping[str, Any]) -> dict[str, Any]:
    """A solution's numbers, of which none may have become a float on the way."""
    numbers = [*solution["payoff"], *(solution[name] for name in (*CODES, *REALS) if name != "payoff")]
    assert not any(isinstance(number, float) for number in numbers)
    return dict(solution)


def fields(solution: Solution) -> dict[str, Any]:
    """The oracle's answer by output."""
    return {name: getattr(solution, name) for name in CODES + REALS}


# Points


@cache
def sample() -> Points:
    """The points at which every arithmetic is compared with the oracle."""
    return lattice(1000, seed=2010, step=1024, corner=0.1)


@cache
def truth() -> list[dict[str, Any]]:
    """The oracle's answers at the sample."""
    return [fields(exact.solve(at(sample(), k))) for k in range(1000)]


@cache
def exactly() -> list[dict[str, Any]]:
    """The one definition's answers at the sample, in fractions."""
    return [rational(solve_plain(GAME, at(sample(), k))) for k in range(1000)]


# The solution


@pytest.mark.parametrize("solve", [compiled, reference])
def test_floats_equal_the_brute_force_solution(solve: Any) -> None:
    found = solve(sample())
    for name in CODES:
        np.testing.assert_array_equal(found[name], [answer[name] for answer in truth()], name)
    for name in REALS:
        expected = np.array([answer[name] for answer in truth()], dtype=float).T
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-12, err_msg=name)


def test_the_kernel_of_constant_decisiveness_equals_the_brute_force_solution() -> None:
    plain = sample()["decisiveness"] == 1
    assert plain.sum() > 200
    points = {name: values[plain] for name, values in sample().items() if name != "decisiveness"}
    found, answers = compiled(points), [answer for answer, one in zip(truth(), plain, strict=True) if one]
    for name in CODES:
        np.testing.assert_array_equal(found[name], [answer[name] for answer in answers], name)
    for name in REALS:
        expected = np.array([answer[name] for answer in answers], dtype=float).T
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-12, err_msg=name)


def test_fractions_equal_the_brute_force_solution_exactly() -> None:
    assert exactly() == truth()


def test_fractions_equal_the_brute_force_solution_where_ties_abound() -> None:
    points = lattice(300, seed=7, step=4, corner=0.3)
    ties = 0
    for k in range(300):
        answer = exact.solve(at(points, k))
        assert rational(solve_plain(GAME, at(points, k))) == fields(answer), at(points, k)
        ties += answer.margin == 0 or any(branch.partner_gain == 0 for branch in answer.branches)
    assert ties > 30


def test_every_regime_occurs_in_the_sample() -> None:
    assert {answer["regime"] for answer in truth()} == set(range(10))


@pytest.mark.parametrize("constant", [True, False])
def test_compiled_and_numpy_agree_to_the_bit_at_decisiveness_one(constant: bool) -> None:
    points = broad(200_000, seed=1, decisiveness=1.0)
    if constant:  # solved by a kernel of its own
        del points["decisiveness"]
    found, expected = compiled(points), reference(points)
    for name in CODES + REALS:
        np.testing.assert_array_equal(found[name], expected[name], name)


def test_compiled_and_numpy_agree_within_rounding_at_any_decisiveness() -> None:
    points = broad(200_000, seed=2)
    found, expected = compiled(points), reference(points)
    steady = np.ones(200_000, dtype=bool)  # where rounding cannot change a choice
    for factor in (1 - 1e-12, 1 + 1e-12):
        moved = reference(points | {"decisiveness": factor * points["decisiveness"]})
        for name in (*CODES, "war", "demand"):
            steady &= np.abs(moved[name] - expected[name]) < 1e-6
    assert steady.mean() > 0.9999
    for name in CODES:
        np.testing.assert_array_equal(found[name][steady], expected[name][steady], name)
    for name in REALS:
        np.testing.assert_allclose(
            found[name][..., steady], expected[name][..., steady], rtol=1e-12, atol=1e-12, err_msg=name
        )


# Ties. All numbers that enter a tie are dyadic, so that floats hold it exactly.


def agreed(point: Mapping[str, Fraction | int]) -> Solution:
    """The oracle's solution, on which all arithmetics agree."""
    game = {name: Fraction(value) for name, value in point.items()}
    answer = exact.solve(game)
    assert rational(solve_plain(GAME, game)) == fields(answer)
    floats = {name: float(value) for name, value in game.items()}
    for found in (compiled(floats), reference({name: np.array([value]) for name, value in floats.items()})):
        for name in CODES:
            assert found[name].item() == getattr(answer, name), name
        for name in REALS:
            expected = np.array(getattr(answer, name), dtype=float)
            np.testing.assert_allclose(found[name].reshape(expected.shape), expected, rtol=0, atol=1e-15, err_msg=name)
    return answer


# The observer's payoff is 1/2 if neutral. Support wins 3/4 of wars and is worth 37/64 before its cost; opposition loses
# 3/4 of them, and all of tomorrow's good after the others, so it is worth 3/4. The partner always leaves.
BALANCED = {
    "cap_leader": Fraction(1),
    "cap_partner": Fraction(1),
    "cap_target": Fraction(2),
    "cap_observer": Fraction(4),
    "decisiveness": Fraction(1),
    "diversity": Fraction(1),
    "spoils": Fraction(11, 2),
    "share": Fraction(1),
    "attrition": Fraction(0),
    "cost_support": Fraction(5, 64),
    "cost_oppose": Fraction(1, 4),
    "cost_stay": Fraction(1, 4),
    "war_leader": Fraction(1, 4),
    "war_partner": Fraction(0),
    "war_resolute": Fraction(1, 2),
    "war_irresolute": Fraction(1, 2),
    "resolve": Fraction(1, 2),
    "prize": Fraction(1),
}
# Tomorrow only: no spoils and a neutral observer. The challenger wins a war against it with probability 1/2 if the
# leader is alone, and with probability 3/4 if the partner stays.
TOMORROW = BALANCED | {
    "cap_partner": Fraction(2),
    "cap_observer": Fraction(1),
    "spoils": Fraction(0),
    "cost_support": Fraction(2),
    "cost_oppose": Fraction(2),
}


def test_observer_indifferent_between_neutrality_and_support_is_neutral() -> None:
    point = BALANCED | {"cost_oppose": Fraction(1)}
    tie = agreed(point)
    assert (tie.margin, tie.values[NEUTRAL] - tie.values[SUPPORT], tie.alignment) == (0, 0, NEUTRAL)
    assert agreed(point | {"cost_support": point["cost_support"] - SMALL}).alignment == SUPPORT
    assert agreed(point | {"cost_support": point["cost_support"] + SMALL}).alignment == NEUTRAL


def test_observer_indifferent_between_neutrality_and_opposition_is_neutral() -> None:
    point = BALANCED | {"cost_support": Fraction(1)}
    tie = agreed(point)
    assert (tie.margin, tie.values[NEUTRAL] - tie.values[OPPOSE], tie.alignment) == (0, 0, NEUTRAL)
    assert agreed(point | {"cost_oppose": point["cost_oppose"] - SMALL}).alignment == OPPOSE
    assert agreed(point | {"cost_oppose": point["cost_oppose"] + SMALL}).alignment == NEUTRAL


def test_observer_indifferent_between_support_and_opposition_supports() -> None:
    cheaper = Fraction(1, 64)
    point = BALANCED | {name: BALANCED[name] - cheaper for name in ("cost_support", "cost_oppose")}
    tie = agreed(point)
    assert tie.values[SUPPORT] == tie.values[OPPOSE] > tie.values[NEUTRAL]
    assert (tie.margin, tie.alignment, tie.committed_alignment) == (0, SUPPORT, SUPPORT)
    assert agreed(point | {"cost_oppose": point["cost_oppose"] - SMALL}).alignment == OPPOSE
    assert agreed(point | {"cost_oppose": point["cost_oppose"] + SMALL}).alignment == SUPPORT


def test_observer_indifferent_between_all_is_neutral() -> None:
    tie = agreed(BALANCED)
    assert set(tie.values) == {Fraction(1, 2)}
    assert (tie.margin, tie.alignment, tie.committed_alignment) == (0, NEUTRAL, NEUTRAL)


def test_leader_indifferent_between_safe_and_risky_demands_is_safe() -> None:
    point = TOMORROW | {"war_resolute": Fraction(1, 8), "war_irresolute": Fraction(3, 4)}
    tie = agreed(point)
    crisis = tie.branches[NEUTRAL].crisis
    assert crisis.leader_value(Fraction(5, 8)) == crisis.leader_value(Fraction(1))
    assert (tie.demand, tie.war) == (Fraction(5, 8), 0)
    risky = agreed(point | {"war_leader": point["war_leader"] - SMALL})
    assert (risky.demand, risky.war) == (1, risky.victory / 2)
    assert agreed(point | {"war_leader": point["war_leader"] + SMALL}).demand == Fraction(5, 8)


def test_type_indifferent_between_accepting_and_fighting_accepts() -> None:
    for answer in (
        agreed(TOMORROW | {"war_resolute": Fraction(1, 8), "war_irresolute": Fraction(1, 4)}),
        agreed(TOMORROW | {"war_resolute": Fraction(1, 8), "war_irresolute": Fraction(1, 4), "resolve": Fraction(0)}),
    ):
        crisis = answer.branches[NEUTRAL].crisis
        assert answer.demand in crisis.indifference
        assert answer.demand < 1
        assert answer.war == 0
        fights = [fight for _, fight, _ in crisis.replies(answer.demand + SMALL)]
        assert fights[crisis.indifference.index(answer.demand)]


def test_partner_indifferent_between_staying_and_leaving_stays() -> None:
    point = TOMORROW | {
        "diversity": Fraction(1, 2),
        "cost_stay": Fraction(1, 8),
        "war_resolute": Fraction(0),
        "war_irresolute": Fraction(0),
    }
    tie = agreed(point)
    assert tie.branches[NEUTRAL].partner_gain == 0
    assert (tie.durability & 1, tie.regime, tie.demand) == (1, 1, Fraction(3, 4))
    dearer = agreed(point | {"cost_stay": point["cost_stay"] + SMALL})
    assert (dearer.durability & 1, dearer.regime, dearer.demand) == (0, 0, Fraction(1, 2))
    assert agreed(point | {"cost_stay": point["cost_stay"] - SMALL}).durability & 1 == 1


def test_partner_indifferent_between_leaving_and_staying_for_a_war_stays() -> None:
    point = TOMORROW | {
        "diversity": Fraction(1, 2),
        "cost_stay": Fraction(1, 16),
        "war_leader": Fraction(0),
        "war_partner": Fraction(1, 4),
        "war_resolute": Fraction(0),
        "war_irresolute": Fraction(1, 4),
        "resolve": Fraction(1, 4),
    }
    tie = agreed(point)
    assert tie.branches[NEUTRAL].partner_gain == 0
    assert (tie.durability & 1, tie.war) == (1, tie.victory / 4)
    assert agreed(point | {"war_partner": point["war_partner"] + SMALL}).durability & 1 == 0
    assert agreed(point | {"war_partner": point["war_partner"] - SMALL}).durability & 1 == 1


def test_partner_that_cares_for_nothing_and_pays_nothing_stays() -> None:
    peaceful = TOMORROW | {"cost_stay": Fraction(0), "war_partner": Fraction(1, 8)}
    tie = agreed(peaceful)
    assert [branch.partner_gain for branch in tie.branches] == [0, 0, 0]
    assert (tie.durability, tie.regime) == (0b111, 1)
    assert agreed(peaceful | {"cost_stay": SMALL}).durability == 0

    warlike = peaceful | {"war_leader": Fraction(0), "war_resolute": Fraction(0), "war_irresolute": Fraction(1)}
    warlike |= {"resolve": Fraction(1, 8)}
    assert agreed(warlike).durability == 0
    free = agreed(warlike | {"war_partner": Fraction(0)})
    assert free.branches[NEUTRAL].partner_gain == 0
    assert free.durability == 0b111
    assert free.war > 0


def test_leader_that_can_have_everything_safely_is_safe() -> None:
    point = TOMORROW | {"war_leader": Fraction(0), "war_irresolute": Fraction(1), "resolve": SMALL}
    edge = agreed(point)  # p + c_R is 1 to the point
    crisis = edge.branches[NEUTRAL].crisis
    assert crisis.indifference[0] == 1
    assert (edge.demand, edge.war) == (1, 0)
    assert agreed(point | {"war_resolute": point["war_resolute"] + SMALL}).war == 0
    risky = agreed(point | {"war_resolute": point["war_resolute"] - SMALL})
    assert (risky.demand, risky.war) == (1, risky.victory * SMALL)


def test_leader_that_knows_the_observer_to_be_resolute_is_safe() -> None:
    point = TOMORROW | {"resolve": Fraction(1), "war_leader": Fraction(0), "war_resolute": Fraction(0)}
    tie = agreed(point)  # a war is worth as much as the safe demand
    crisis = tie.branches[NEUTRAL].crisis
    assert crisis.leader_value(crisis.demand) == crisis.leader_value(Fraction(1))
    assert (tie.demand, tie.war) == (Fraction(1, 2), 0)
    safe = agreed(point | {"war_resolute": Fraction(1, 8)})
    assert (safe.demand, safe.war) == (Fraction(5, 8), 0)


def test_leader_that_knows_the_observer_to_be_irresolute_demands_more_without_war() -> None:
    point = TOMORROW | {"war_resolute": Fraction(1, 8), "war_irresolute": Fraction(3, 8), "resolve": Fraction(0)}
    bold = agreed(point)
    assert (bold.demand, bold.war, bold.payoff[exact.LEADER]) == (Fraction(7, 8), 0, bold.victory * Fraction(15, 8))
    doubtful = agreed(point | {"resolve": SMALL})
    assert (doubtful.demand, doubtful.war) == (Fraction(7, 8), doubtful.victory * SMALL)


def test_types_that_do_not_differ_make_resolve_and_the_leaders_cost_of_war_idle() -> None:
    point = TOMORROW | {"war_resolute": Fraction(1, 8), "war_irresolute": Fraction(1, 8)}
    answers = [
        fields(agreed(point | {"resolve": Fraction(q), "war_leader": Fraction(c)})) for q in (0, 0.5, 1) for c in (0, 1)
    ]
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0]["demand"], answers[0]["war"]) == (Fraction(5, 8), 0)
    differing = point | {"war_irresolute": Fraction(1), "war_leader": Fraction(0), "resolve": Fraction(1, 4)}
    assert agreed(differing).war > 0


@pytest.mark.parametrize("idle", ["spoils", "share"])
def test_support_that_costs_nothing_and_gains_nothing_is_not_given(idle: str) -> None:
    point = BALANCED | {"cost_support": Fraction(0), "cost_oppose": Fraction(2)}
    assert agreed(point).alignment == SUPPORT
    assert agreed(point | {idle: Fraction(0)}).alignment == NEUTRAL


# What must hold: universal


@settings(deadline=None, max_examples=150)
@given(any_point(), multiples(1, 640))
def test_1_only_ratios_of_capabilities_matter(point: dict[str, Fraction], factor: Fraction) -> None:
    scaled = {name: value * factor if name.startswith("cap") else value for name, value in point.items()}
    assert solve_plain(GAME, scaled) == solve_plain(GAME, point)


@pytest.mark.parametrize("factor", [2.0**-20, 8.0])
def test_1_only_ratios_of_capabilities_matter_to_the_compiled_kernel(factor: float) -> None:
    points = broad(50_000, seed=3)
    scaled = {name: values * factor if name.startswith("cap") else values for name, values in points.items()}
    found, expected = compiled(scaled), compiled(points)
    for name in CODES + REALS:  # powers of two leave no rounding
        np.testing.assert_array_equal(found[name], expected[name], name)


@settings(deadline=None, max_examples=150)
@given(any_point(), multiples(0, 640))
def test_2_the_prize_moves_payoffs_only(point: dict[str, Fraction], more: Fraction) -> None:
    before, after = solve_plain(GAME, point), solve_plain(GAME, point | {"prize": point["prize"] + more})
    victory = before["victory"]
    moves = tuple(new - old for new, old in zip(after.pop("payoff"), before.pop("payoff"), strict=True))
    assert moves == (victory * more, victory * more, 0, (1 - victory) * more)
    assert after == before


def test_2_the_prize_moves_nothing_else_in_the_compiled_kernel() -> None:
    points = broad(50_000, seed=4)
    before, after = compiled(points), compiled(points | {"prize": np.full(50_000, 1e6)})
    for name in (*CODES, "victory", "war", "demand", "margin"):
        np.testing.assert_array_equal(after[name], before[name], name)
    np.testing.assert_array_equal(after["payoff"][OBSERVER], before["payoff"][OBSERVER])
    assert (after["payoff"][[0, 1, 3]] > before["payoff"][[0, 1, 3]]).all()


@settings(deadline=None, max_examples=150)
@given(any_point(), st.sampled_from(["spoils", "share"]))
def test_3_without_spoils_to_share_the_observer_never_supports(point: dict[str, Fraction], name: str) -> None:
    solution = solve_plain(GAME, point | {name: Fraction(0), "cost_support": Fraction(0)})
    assert solution["alignment"] != SUPPORT
    assert solution["committed_alignment"] != SUPPORT


@pytest.mark.parametrize("name", ["spoils", "share"])
def test_3_without_spoils_to_share_the_compiled_observer_never_supports(name: str) -> None:
    points = broad(200_000, seed=5, cost_support=0.0)
    assert (compiled(points)["alignment"] == SUPPORT).any()
    without = compiled(points | {name: np.zeros(200_000)})
    assert not (without["alignment"] == SUPPORT).any()
    assert not (without["committed_alignment"] == SUPPORT).any()


@settings(deadline=None, max_examples=150)
@given(any_point(), multiples(1, 640))
def test_4_an_indifferent_partner_leaves_and_so_shows_commitment(point: dict[str, Fraction], cost: Fraction) -> None:
    split = solve_plain(GAME, point | {"diversity": Fraction(1), "cost_stay": cost})
    assert split["durability"] == 0
    assert split["regime"] in {0, 2, 6}
    assert solve_plain(GAME, point)["committed_alignment"] == split["alignment"] == split["committed_alignment"]


def test_4_an_indifferent_partner_leaves_and_so_shows_commitment_in_the_compiled_kernel() -> None:
    points = broad(200_000, seed=6)
    mixed, split = compiled(points), compiled(points | {"diversity": np.ones(200_000)})
    assert set(np.unique(mixed["durability"])) == set(range(8))
    assert set(np.unique(split["durability"])) == {0}
    assert set(np.unique(split["regime"])) == {0, 2, 6}
    np.testing.assert_array_equal(mixed["committed_alignment"], split["alignment"])
    np.testing.assert_array_equal(split["committed_alignment"], split["alignment"])


@pytest.mark.parametrize(("name", "alignment"), [("cost_support", SUPPORT), ("cost_oppose", OPPOSE)])
def test_5_a_cost_above_one_excludes_its_alignment(name: str, alignment: int) -> None:
    points = broad(200_000, seed=7)
    assert (compiled(points)["alignment"] == alignment).any()
    dear = compiled(points | {name: np.full(200_000, 1 + 2.0**-40)})
    assert not (dear["alignment"] == alignment).any()
    assert not (dear["committed_alignment"] == alignment).any()


@settings(deadline=None, max_examples=150)
@given(any_point(), multiples(1, 64), st.sampled_from([("cost_support", SUPPORT), ("cost_oppose", OPPOSE)]))
def test_5_a_cost_above_one_excludes_its_alignment_exactly(
    point: dict[str, Fraction], more: Fraction, cost: tuple[str, int]
) -> None:
    solution = solve_plain(GAME, point | {cost[0]: 1 + more})
    assert cost[1] not in {solution["alignment"], solution["committed_alignment"]}


@settings(deadline=None, max_examples=150)
@given(any_point(), multiples(0, 64), st.sampled_from(["cost_support", "cost_oppose"]))
def test_6_dearer_alignments_never_please_the_observer(point: dict[str, Fraction], more: Fraction, name: str) -> None:
    before, after = solve_plain(GAME, point), solve_plain(GAME, point | {name: point[name] + more})
    assert before["payoff"][OBSERVER] - more <= after["payoff"][OBSERVER] <= before["payoff"][OBSERVER]


@pytest.mark.parametrize("name", ["cost_support", "cost_oppose"])
def test_6_dearer_alignments_never_please_the_compiled_observer(name: str) -> None:
    points = broad(50_000, seed=8)
    payoffs = [compiled(points | {name: points[name] * k})["payoff"][OBSERVER] for k in (0, 0.5, 1, 2, 20)]
    assert (np.diff(payoffs, axis=0) <= 0).all()
    assert (np.diff(payoffs, axis=0) < 0).any()


def test_7_the_observer_keeps_a_share_and_risk_needs_room_for_a_larger_demand() -> None:
    risky = 0
    for k, solution in enumerate(exactly()):
        point = at(sample(), k)
        alignment, victory = solution["alignment"], solution["victory"]
        cost = (0, point["cost_support"], point["cost_oppose"])[alignment]
        kept = (solution["payoff"][OBSERVER] + cost - (1 - victory)) / victory
        assert 0 <= kept <= 1
        if solution["war"] > 0:
            risky += 1
            branch = Branch(point, alignment)
            crisis = branch.stay if solution["durability"] >> alignment & 1 else branch.leave
            assert crisis.chance + point["war_resolute"] < 1
    assert risky > 100


def test_7_the_compiled_observer_keeps_a_share() -> None:
    points = broad(200_000, seed=9)
    found = compiled(points)
    costs = np.stack([np.zeros(200_000), points["cost_support"], points["cost_oppose"]])
    before_cost = found["payoff"][OBSERVER] + costs[found["alignment"], np.arange(200_000)]
    assert (before_cost >= 1 - found["victory"] - 1e-15).all()
    assert (before_cost <= 1 + 1e-15).all()


# What must hold: tendencies, as shares of a broad box


def by_diversity(count: int = 100_000, **given: float) -> list[dict[str, Array]]:
    """The same points solved at five values of diversity, from 0 to 1."""
    points = broad(count, seed=10, **given)
    return [compiled(points | {"diversity": np.full(count, d)}) for d in (0, 0.25, 0.5, 0.75, 1)]


def commitment_problem(solution: dict[str, Array]) -> Array:
    """Where the coalition draws an opponent only because it cannot promise to disband."""
    return (solution["alignment"] == OPPOSE) & (solution["committed_alignment"] != OPPOSE)


def test_8_opposition_and_the_commitment_problem_become_rarer_as_diversity_grows() -> None:
    solutions = by_diversity()
    opposition = [(solution["alignment"] == OPPOSE).mean() for solution in solutions]
    problem = [commitment_problem(solution).mean() for solution in solutions]
    assert (np.diff(opposition) < 0).all()
    assert (np.diff(problem) < 0).all()
    assert opposition[0] - opposition[-1] > 0.05
    assert problem[0] > 0.05
    assert problem[-1] == 0


def test_8_disingenuous_bandwagoning_comes_with_risky_opposition_and_resolve() -> None:
    points = broad(1_000_000, seed=12)
    disingenuous = compiled(points)["regime"] == 4
    assert disingenuous.sum() > 1000
    for name, sign in (("attrition", 1), ("cost_oppose", 1), ("resolve", 1), ("war_resolute", -1)):
        there, elsewhere = points[name][disingenuous], points[name][~disingenuous]
        error = there.std() / np.sqrt(len(there))
        assert sign * (there.mean() - elsewhere.mean()) > 4 * error, name


def test_9_diversity_mostly_removes_opposition_to_a_coalition_that_would_survive() -> None:
    united, *_, split = by_diversity()
    group = united["durability"] & 1 == 1
    before, after = (s["alignment"][group] == OPPOSE for s in (united, split))
    assert (before & ~after).sum() > 10 * (~before & after).sum()
    assert before.mean() - after.mean() > 0.05


def test_9_diversity_mostly_adds_opposition_to_a_coalition_that_would_not_survive() -> None:
    united, *_, split = by_diversity(300_000)
    group = united["durability"] & 3 == 0
    before, after = (s["alignment"] == OPPOSE for s in (united, split))
    added, removed = (group & ~before & after).sum(), (group & before & ~after).sum()
    assert added > 100
    assert added > 10 * removed
    # Only opposition can have become better or worse: the coalition disbands after the others, however diverse.
    assert (united["durability"][group & (before != after)] == 1 << OPPOSE).all()


# After opposition, the coalition is strong enough (p = 1/2) to be content with the safe demand of 3/4: the observer
# keeps 1/4. The leader alone is weaker (p = 6/13) and gambles for everything: the irresolute observer keeps nothing,
# the resolute one pays for a war, which leaves 15/104 on average. A weaker challenger is worse for the observer where
# it is the more reckless, and so diversity, which splits the coalition, takes the reason for opposition away. A partner
# that stays does so because the challenger gains by it, and what the challenger gains the observer loses, save the
# cost of the resolute type's war: without that cost, and with any of staying, the statement would be a theorem.
RECKLESS = {
    "cap_leader": Fraction(3, 2),
    "cap_partner": Fraction(1, 4),
    "cap_target": Fraction(1, 4),
    "cap_observer": Fraction(2),
    "decisiveness": Fraction(1),
    "diversity": Fraction(0),
    "spoils": Fraction(0),
    "share": Fraction(1, 2),
    "attrition": Fraction(1, 8),
    "cost_support": Fraction(1, 8),
    "cost_oppose": Fraction(3, 8),
    "cost_stay": Fraction(1, 64),
    "war_leader": Fraction(1, 64),
    "war_partner": Fraction(1, 2),
    "war_resolute": Fraction(1, 4),
    "war_irresolute": Fraction(1),
    "resolve": Fraction(1, 2),
    "prize": Fraction(1),
}


def test_9_is_no_theorem_because_a_leader_alone_may_be_the_more_reckless() -> None:
    united, split = agreed(RECKLESS), agreed(RECKLESS | {"diversity": Fraction(1)})
    assert united.durability == 1 << OPPOSE
    assert (united.alignment, split.alignment) == (OPPOSE, NEUTRAL)
    together, alone = united.branches[OPPOSE].stay, united.branches[OPPOSE].leave
    assert together.chance > alone.chance
    assert (together.war, alone.war) == (0, Fraction(1, 2))
    kept = [crisis.payoffs[OBSERVER] + RECKLESS["cost_oppose"] for crisis in (together, alone)]
    assert kept == [Fraction(1, 4), Fraction(15, 104)]
    assert together.payoffs[PARTNER] > alone.payoffs[PARTNER]


def test_9_is_a_theorem_where_war_costs_a_resolute_observer_nothing() -> None:
    reckless = {"cost_stay": 2.0**-10, "war_leader": 0.0, "war_partner": 1.0, "cost_support": 2.0, "decisiveness": 1.0}
    removed = []
    for cost in (0.0, 0.25):
        united, *_, split = by_diversity(300_000, war_resolute=cost, **reckless)
        opposed, opposes = (s["alignment"] == OPPOSE for s in (united, split))
        removed.append(((united["durability"] & 3 == 0) & opposed & ~opposes).sum())
    assert removed[0] == 0
    assert removed[1] > 0


# Outside the domain

LEGAL = 300  # points, of more than two tiles and with a rest
POSITIVE = ("cap_leader", "cap_partner", "cap_target", "cap_observer", "decisiveness")
ILLEGAL = [
    *((name, value) for name in UPPER for value in (nan, inf, -inf, -0.25)),
    *((name, 0.0) for name in POSITIVE),
    *((name, 1.5) for name in ("diversity", "share", "resolve", "attrition")),
    ("attrition", 1.0),
    ("war_irresolute", 0.03125),  # below war_resolute
    ("war_resolute", 4.0),  # above war_irresolute
]


def legal() -> Points:
    """Points of the domain, at some of which diversity and the rest lie on its border."""
    points = broad(LEGAL, seed=11)
    for name in ("diversity", "share", "resolve"):
        points[name][:2] = 0, 1
    for name in ("spoils", "attrition", "cost_support", "cost_oppose", "cost_stay", "prize", *RISK):
        points[name][2] = 0
    points["war_resolute"] += 0.125
    points["war_irresolute"] += 0.125
    points["war_irresolute"][3] = points["war_resolute"][3]
    return points


def on_one_axis(points: Points) -> dict[str, Array]:
    """The compiled kernel at a list of points, whatever they are."""
    columns = {name: Column(values, 0) for name, values in points.items()}
    return solve_grid(GAME, columns, (LEGAL,), OUTPUTS)


@pytest.mark.parametrize(("name", "value"), ILLEGAL)
def test_a_point_outside_the_domain_is_marked_and_its_neighbours_are_not(name: str, value: float) -> None:
    places = [0, 5, 127, 128, 299]
    inside = on_one_axis(legal())
    points = legal()
    points[name][places] = value
    found = on_one_axis(points)
    for output in CODES[:3]:
        assert (found[output][:, places] == 254).all()
    for output in REALS:
        assert np.isnan(found[output][:, places]).all()
    assert (found["durability"][:, places] > 7).all()
    elsewhere = np.setdiff1d(np.arange(LEGAL), places)
    for output in CODES + REALS:
        np.testing.assert_array_equal(found[output][:, elsewhere], inside[output][:, elsewhere], output)
    assert (inside["regime"] < 10).all()
    assert np.isfinite(inside["payoff"]).all()
    plain = reference(points)
    np.testing.assert_array_equal(plain["regime"], found["regime"][0])
    np.testing.assert_array_equal(np.isnan(plain["payoff"]), np.isnan(found["payoff"]))


def test_rows_of_a_grid_outside_the_domain_are_marked_and_the_others_are_not() -> None:
    diversity, resolve = np.array([0.5, 1.5, 0.75, nan, 0.25]), np.linspace(0, 1, 333)
    found = solve_grid(GAME, {"diversity": Column(diversity, 0), "resolve": Column(resolve, 1)}, (5, 333), OUTPUTS)
    bad = [1, 3]
    assert (found["regime"][0, bad] == 254).all()
    assert np.isnan(found["payoff"][:, bad]).all()
    for row in (0, 2, 4):
        expected = reference({"diversity": np.full(333, diversity[row]), "resolve": resolve})
        np.testing.assert_array_equal(found["regime"][0, row], expected["regime"])
        np.testing.assert_array_equal(found["payoff"][:, row], expected["payoff"])


@pytest.mark.parametrize(("name", "value"), ILLEGAL)
def test_a_grid_with_a_fixed_value_outside_the_domain_is_marked_everywhere(name: str, value: float) -> None:
    free = "resolve" if name != "resolve" else "diversity"
    found = solve_grid(GAME, {name: fixed(value), free: Column(np.linspace(0, 1, LEGAL), 0)}, (LEGAL,), OUTPUTS)
    assert (found["regime"] == 254).all()
    assert np.isnan(found["payoff"]).all()


def test_solve_marks_an_irresolute_type_with_the_lower_cost_of_war() -> None:
    found = posse.solve(
        "restraint", war_resolute=[0.25, 0.25, 0.25], war_irresolute=[0.5, 0.2, 0.25], outside_domain="mark"
    )
    assert (found["regime"].values == 254).tolist() == [False, True, False]
    assert np.isnan(found["payoff"].values).all(axis=0).tolist() == [False, True, False]
