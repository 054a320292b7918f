"""The game with a signal: every equilibrium against the tree, every arithmetic against the others, its theorems."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

import exact
import posse
from exact import NEUTRAL, OPPOSE, SUPPORT
from perfect import Assessment, Reply, Tree
from points import Points, any_point, at, broad, generic, lattice
from posse.kernels.coalition import Tomorrow, campaigns
from posse.kernels.continuation import Curve, curve
from posse.kernels.grid import Column, fixed, solve_grid
from posse.kernels.point import solve_plain
from posse.kernels.signalling import BELOW, PAIRS, UNMASKED, Candidate, Selected, candidates, on_path, survives

Array = npt.NDArray[Any]

GAME = posse.game("signalling")
OUTPUTS = tuple(output.name for output in GAME.outputs)
CODES = ("regime", "equilibria", "count", "disingenuous", "set_d1")
REALS = tuple(name for name in OUTPUTS if name not in CODES)
KINDS = range(15)


def compiled(points: Mapping[str, Any]) -> dict[str, Array]:
    """The compiled kernel's results, dimensions of their own first."""
    solution = posse.solve("signalling", dtype="float64", outputs=list(OUTPUTS), **points)
    return {name: solution[name].values for name in OUTPUTS}


def reference(points: Mapping[str, Any]) -> dict[str, Array]:
    """The NumPy reference's results, shaped as the compiled kernel's."""
    solution = solve_plain(GAME, points)
    return {name: np.array(solution[name]) for name in OUTPUTS}


def curves(game: exact.Game) -> list[Curve]:
    """The three curves of a game."""
    tomorrow = Tomorrow(
        game["decisiveness"], game["diversity"], game["cost_stay"], game["war_leader"], game["war_partner"],
        game["war_resolute"], game["war_irresolute"], game["resolve"],
    )  # fmt: skip
    campaign = campaigns(
        game["cap_leader"], game["cap_partner"], game["cap_target"], game["cap_observer"], game["decisiveness"],
        game["spoils"], game["share"], game["attrition"], game["cost_support"], game["cost_oppose"],
    )  # fmt: skip
    return [curve(c, tomorrow) for c in campaign]


def reported(game: exact.Game) -> list[tuple[int, Assessment]]:
    """Every equilibrium that is enumerated, its kind and its assessment; what is off the path is found in the tree."""
    found, tree = curves(game), Tree(game)
    holding = [c for c in candidates(found, game["resolve"]) if c.holds]
    return [(c.kind, assessment(tree, c, found)) for c in holding]


def assessment(tree: Tree, candidate: Candidate, found: Sequence[Curve]) -> Assessment:
    """The candidate's strategies and beliefs."""
    selected = Selected(0, candidate.kind, candidate.pieces, candidate.at)
    first, second = on_path(selected, found, tree.game["resolve"])
    sent = [first] if first.alignment == second.alignment else [first, second]
    replies = {
        s.alignment: Reply(
            Fraction(s.belief), Fraction(s.play.stay), (Fraction(s.play.risky_alone), Fraction(s.play.risky))
        )
        for s in sent
    }
    worth = [tree.worth(first.alignment, kind, replies[first.alignment]) for kind in range(2)]
    for a in {NEUTRAL, SUPPORT, OPPOSE} - replies.keys():
        reply = tree.deterring(a, *worth)
        assert reply, f"nothing keeps the observer from {a}"
        replies[a] = reply
    strategies = ({s.alignment: s.resolute for s in sent}, {s.alignment: s.irresolute for s in sent})
    resolute, irresolute = (tuple(Fraction(s.get(a, 0)) for a in range(3)) for s in strategies)
    return Assessment((resolute, irresolute), (replies[0], replies[1], replies[2]))


@cache
def sample() -> Points:
    """Points at which all is compared with the tree, the special ones left out."""
    points = generic(1000, seed=1914, step=256)
    points["decisiveness"] = lattice(1000, seed=1914, step=256, corner=0.0)["decisiveness"]
    return points


@cache
def everything() -> list[tuple[dict[str, Fraction], list[tuple[int, Assessment]]]]:
    """All equilibria of the sample."""
    games = [at(sample(), index) for index in range(1000)]
    return [(game, reported(game)) for game in games]


@cache
def solved() -> tuple[Points, dict[str, Array]]:
    """Many points of the box, and what the compiled kernel gives there."""
    points = broad(200_000, seed=1914)
    return points, compiled(points)


# Against the tree


@pytest.mark.slow
def test_every_equilibrium_stands_up_in_the_tree() -> None:
    kinds = Counter[int]()
    for game, equilibria in everything():
        for kind, found in equilibria:
            assert list(Tree(game).faults(found)) == [], (kind, game)
            kinds[kind] += 1
    assert set(kinds) >= {0, 1, 2, 4, 5, 6}


@pytest.mark.slow
def test_every_kind_that_occurs_stands_up_in_the_tree() -> None:
    points = generic(500_000, seed=0, step=256)
    there = compiled(points)["equilibria"]
    seen = {}
    for kind in KINDS:
        indices = np.flatnonzero(there >> kind & 1)[:5]
        for index in indices:
            game = at(points, index)
            found = reported(game)
            assert kind in dict(found)
            assert [list(Tree(game).faults(one)) for _, one in found] == [[]] * len(found), (index, kind)
        seen[kind] = len(indices)
    assert [kind for kind, count in seen.items() if not count] == [3, 8]  # which no point of any box was seen to have


@pytest.mark.slow
def test_equilibria_at_the_faces_of_the_box_stand_up_in_the_tree() -> None:
    """Costs of nothing, partners that are alike or indifferent, shares of nothing: there ties abound."""
    points, seen = generic(300, seed=1648, step=64, corner=0.3), 0
    for index in range(300):
        game = at(points, index)
        for kind, found in reported(game):
            assert list(Tree(game).faults(found)) == [], (index, kind)
            seen += 1
    assert seen >= 250


def test_the_tree_refuses_what_is_no_equilibrium() -> None:
    """Equilibria in which somebody mixes, each shaken a little in one of its numbers."""
    shaken = 0
    for game, equilibria in everything()[:300]:
        for kind, found in equilibria:
            if kind < UNMASKED:
                continue
            tree, (resolute, irresolute) = Tree(game), found.types
            a = next(a for a in range(3) if 0 < found.replies[a].belief < 1 and resolute[a])
            reply, others = found.replies[a], [k for k in range(3) if k != a]
            more, less = irresolute[a] + Fraction(1, 10**6), irresolute[others[0]] - Fraction(1, 10**6)
            weights = {a: more, others[0]: less, others[1]: irresolute[others[1]]}
            wrong = [
                Assessment(found.types, replaced(found.replies, a, belief=reply.belief * Fraction(99, 100))),
                Assessment((resolute, (weights[0], weights[1], weights[2])), found.replies),
                Assessment((resolute[1:] + resolute[:1], irresolute), found.replies),
            ]
            if 0 < reply.stay < 1:
                wrong.append(Assessment(found.types, replaced(found.replies, a, stay=reply.stay * Fraction(99, 100))))
            assert all(list(tree.faults(one)) for one in wrong), kind
            shaken += 1
    assert shaken > 20


def replaced(replies: Sequence[Reply], a: int, **changes: Fraction) -> tuple[Reply, Reply, Reply]:
    first, second, third = (replace(reply, **changes) if k == a else reply for k, reply in enumerate(replies))
    return first, second, third


# Arithmetics against each other


def test_compiled_and_numpy_agree_to_the_bit_at_decisiveness_one() -> None:
    points = broad(20_000, seed=5, decisiveness=1.0)
    for name, values in compiled(points).items():
        assert np.array_equal(values, reference(points)[name], equal_nan=name in REALS), name


def test_compiled_and_numpy_agree_within_rounding_at_any_decisiveness() -> None:
    points = broad(20_000, seed=6)
    ours, theirs = compiled(points), reference(points)
    same = np.all([ours[name] == theirs[name] for name in CODES], axis=0)
    assert same.mean() > 0.9999
    for name in REALS:
        np.testing.assert_allclose(ours[name][..., same], theirs[name][..., same], rtol=1e-9, atol=1e-9)


def test_floats_equal_the_fractions() -> None:
    points = sample()
    ours = compiled(points)
    for index in range(300):
        exactly = solve_plain(GAME, at(points, index))
        assert [exactly[name] for name in CODES] == [ours[name][index] for name in CODES], index
        for name in REALS:
            numbers = np.array(exactly[name], dtype=float)
            np.testing.assert_allclose(ours[name][..., index], numbers, rtol=1e-9, atol=1e-12, err_msg=name)


# What must hold: docs/signalling.md


def test_2_there_is_always_an_equilibrium() -> None:
    _, found = solved()
    assert found["count"].min() >= 1
    assert found["equilibria"].min() >= 1
    assert not (found["regime"] == 253).any()


def test_3_the_resolute_type_hides_nowhere_alone() -> None:
    points, found = solved()
    resolute, irresolute, belief = (found[n] for n in ("alignment_resolute", "alignment_irresolute", "belief"))
    assert not ((resolute > 0) & (irresolute == 0)).any()
    assert np.nanmax(belief) < 1
    assert (found["payoff"][3] <= found["payoff"][2] + 1e-12).all()
    sent = points["resolve"] * resolute + (1 - points["resolve"]) * irresolute
    np.testing.assert_allclose(sent.sum(axis=0), 1, rtol=1e-12)
    bayes = points["resolve"] * resolute / np.where(sent > 0, sent, np.nan)
    np.testing.assert_allclose(bayes, belief, rtol=1e-6, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(any_point())
def test_4_where_nothing_can_be_learnt_it_is_the_game_without_a_signal(game: dict[str, Fraction]) -> None:
    certain = [game | {"resolve": Fraction(k)} for k in (0, 1)]
    for one in [*certain, game | {"war_irresolute": game["war_resolute"]}]:
        ours, theirs = solve_plain(GAME, one), exact.solve(one)
        payoff, q = ours["payoff"], one["resolve"]
        if ours["count"] == 1:
            assert ours["regime"] == theirs.alignment
            assert ours["equilibria"] == 1 << theirs.alignment
        else:  # a tie between alignments, which the game without a signal breaks
            assert len(set(theirs.values)) < 3
        assert (payoff[0], payoff[1], q * payoff[2] + (1 - q) * payoff[3], payoff[4]) == theirs.payoff
        assert (ours["victory"], ours["war"]) == (theirs.victory, theirs.war)


def test_4_where_nothing_can_be_learnt_the_compiled_kernels_agree() -> None:
    points = broad(30_000, seed=4)
    points["resolve"][::3], points["resolve"][1::3] = 0, 1
    points["war_irresolute"][2::3] = points["war_resolute"][2::3]
    ours, theirs = (
        compiled(points),
        posse.solve("restraint", outputs=["alignment", "payoff"], dtype="float64", **points),
    )
    assert (ours["count"] == 1).all()
    assert np.array_equal(ours["regime"], theirs.alignment.values)
    leader, partner, resolute, irresolute, target = ours["payoff"]
    observer = points["resolve"] * resolute + (1 - points["resolve"]) * irresolute
    np.testing.assert_allclose([leader, partner, observer, target], theirs.payoff.values, rtol=1e-12, atol=1e-12)


def test_5_who_unmasks_itself_buys_a_smaller_exposure() -> None:
    seen = 0
    for game, equilibria in everything():
        for kind, found in equilibria:
            if UNMASKED <= kind < BELOW:
                a, b = PAIRS[kind - UNMASKED]
                tree = Tree(game)
                (u_a, w_a), (u_b, w_b) = ([tree.worth(k, t, found.replies[k]) for t in range(2)] for k in (a, b))
                assert w_a == w_b
                assert u_b <= u_a
                assert u_b - w_b <= u_a - w_a
                seen += 1
    assert seen > 50


@pytest.mark.slow
def test_6_what_everybody_gets_and_what_war_destroys_is_what_there_was() -> None:
    points = sample()
    for index in range(200):
        game = at(points, index)
        s, q = solve_plain(GAME, game), game["resolve"]
        leader, _, resolute, irresolute, _ = s["payoff"]
        costs = (0, game["cost_support"], game["cost_oppose"])
        sent = zip(s["alignment_resolute"], s["alignment_irresolute"], costs, strict=True)
        paid = sum(k * (q * r + (1 - q) * i) for r, i, k in sent)
        burnt = (game["war_leader"] + game["war_resolute"]) * s["war"]
        assert leader + q * resolute + (1 - q) * irresolute + burnt + paid == 1 + game["prize"] * s["victory"]


def test_7_only_ratios_of_capabilities_matter() -> None:
    points, found = solved()
    scaled = points | {name: 8 * points[name] for name in points if name.startswith("cap_")}
    again = compiled(scaled)
    assert all(np.array_equal(again[name], found[name], equal_nan=name in REALS) for name in OUTPUTS)


def test_7_the_prize_changes_no_regime() -> None:
    points, found = solved()
    again = compiled(points | {"prize": points["prize"] + 1})
    for name in set(OUTPUTS) - {"payoff"}:
        assert np.array_equal(again[name], found[name], equal_nan=name in REALS), name


@pytest.mark.parametrize(
    ("name", "bits"),
    [("cost_support", (1, 3, 5, 6, 8, 9, 11, 12, 14)), ("cost_oppose", (2, 4, 6, 7, 8, 10, 12, 13, 14))],
)
def test_7_a_cost_above_one_excludes_its_alignment(name: str, bits: tuple[int, ...]) -> None:
    points, found = solved()
    mask = sum(1 << bit for bit in bits)
    assert (found["equilibria"] & mask).any()
    assert not (compiled(points | {name: points[name] + 1.001})["equilibria"] & mask).any()


# Selection and outputs


def test_the_selected_equilibrium_is_the_best_for_an_observer_that_does_not_know_its_type_yet() -> None:
    several = 0
    for game, equilibria in everything():
        tree, q = Tree(game), game["resolve"]
        worth = []
        for kind, found in equilibria:
            by_type = [max(tree.worth(a, t, found.replies[a]) for a in range(3) if found.types[t][a]) for t in range(2)]
            worth.append((q * by_type[0] + (1 - q) * by_type[1], kind))
        if len(worth) > 1:
            several += 1
            solution = solve_plain(GAME, game)
            assert solution["count"] == len(worth)
            assert solution["regime"] == max(worth, key=lambda one: one[0])[1]
            assert solution["equilibria"] == sum(1 << kind for kind in {kind for _, kind in worth})
    assert several > 10


def test_the_outputs_tell_of_each_other() -> None:
    points, found = solved()
    resolute, irresolute = found["alignment_resolute"], found["alignment_irresolute"]
    belief, stay, risk = found["belief"], found["stay"], found["risk"]
    on = resolute + irresolute > 0
    for values in (belief, stay, risk):
        assert np.array_equal(np.isnan(values), ~on)
    proven = np.where(on & (belief == 0), (1 - points["resolve"]) * irresolute, 0).sum(axis=0)
    np.testing.assert_allclose(found["unmasked"], proven, rtol=1e-12, atol=1e-15)
    assert ((found["unmasked"] > 0) == ((found["regime"] >= 3) & (found["regime"] < 9))).all()
    splits = on[SUPPORT] & (np.nan_to_num(stay[SUPPORT], nan=1.0) < 1)
    assert (splits | (found["disingenuous"] == 0)).all()
    assert found["disingenuous"].any()


def test_d1_leaves_an_equilibrium_and_adds_none() -> None:
    _, found = solved()
    assert found["set_d1"].all()
    assert not (found["set_d1"] & ~found["equilibria"]).any()
    assert (found["set_d1"] != found["equilibria"]).any()


@pytest.mark.slow
def test_d1_removes_what_it_removes_in_the_tree() -> None:
    """The curves of the tree are sampled in steps, fine enough at these points."""
    points = generic(100_000, seed=3, step=64)
    found = compiled(points)
    removed = np.flatnonzero(found["set_d1"] != found["equilibria"])[:8]
    seen = Counter[bool]()
    for index in [*removed, *range(8)]:
        game = at(points, index)
        tree, q = Tree(game), game["resolve"]
        for c in candidates(curves(game), q):
            if c.holds:
                messages = {c.kind} if c.kind < UNMASKED else set(PAIRS[(c.kind - UNMASKED) % 6])
                others = {NEUTRAL, SUPPORT, OPPOSE} - messages
                survived = all(tree.survives_d1(a, c.u, c.w, fine=40) for a in others)
                assert bool(survives(c, q)) == survived, (index, c.kind)
                seen[survived] += 1
    assert len(removed) == 8
    assert seen[True] >= 8
    assert seen[False] >= 8


KNIFE_EDGES = [
    [3, 3, 0.5, 3, 1, 0, 0, 0, 0, 0, 1 / 4, 1 / 8, 0, 0, 1 / 64, 49 / 64, 3 / 4, 3],
    [3 / 2, 0.5, 0.5, 3, 3, 0, 0, 1, 1 / 2, 0, 0, 1 / 8, 1 / 2, 0, 0, 2, 1 / 2, 1],
]


@pytest.mark.parametrize("edge", KNIFE_EDGES)
def test_a_knife_edge_is_unresolved_and_nothing_beside_it(edge: list[float]) -> None:
    """Both lie where opposition by both types gives way to opposition below neutrality, exactly."""
    points = {
        name: np.full(3, float(value))
        for name, value in zip(posse.game("signalling").parameter_names, edge, strict=True)
    }
    points["cap_observer"] += [-(2.0**-12), 0, 2.0**-12]
    found = compiled(points)
    assert sorted(found["regime"].tolist()) == [2, 13, 253]
    assert found["regime"][1] == 253
    exactly = solve_plain(GAME, at(points, 1))
    assert [exactly[name] for name in ("regime", "equilibria", "set_d1", "count", "disingenuous")] == [253, 0, 0, 0, 0]
    assert all(np.isnan(np.array(exactly[name], dtype=float)).all() for name in REALS)


@pytest.mark.slow
def test_where_war_costs_neither_side_anything_types_may_separate() -> None:
    """At c_L = c_R = 0 the leader risks a war at any belief short of certainty: the exception to statement 3."""
    points = broad(3000, seed=8, decisiveness=1.0, war_leader=0.0, war_resolute=0.0)
    found = compiled(points)
    assert (found["count"] > 0).all()
    assert np.nanmax(found["belief"]) == 1
    points = generic(200, seed=9, step=64)
    points["war_leader"][:] = points["war_resolute"][:] = 0
    separated = 0
    for index in range(200):
        game = at(points, index)
        for kind, one in reported(game):
            assert list(Tree(game).faults(one)) == [], (index, kind)
            separated += any(one.types[0][a] and not one.types[1][a] for a in range(3))
    assert separated > 10


def test_probabilities_are_none_below_0_or_above_1() -> None:
    """Also by rounding, where war costs the leader and a resolute observer nothing and chances cancel."""
    dice, many = np.random.default_rng(5), 100_000
    drawn = {name: dice.uniform(0.2, 5, many) for name in GAME.parameter_names if name.startswith("cap_")}
    drawn |= {name: dice.uniform(0, 1, many) for name in ("diversity", "share", "attrition", "resolve", "spoils")}
    drawn |= {name: dice.uniform(0, 0.2, many) for name in ("cost_support", "cost_oppose", "cost_stay", "war_partner")}
    drawn |= {"war_leader": np.zeros(many), "war_resolute": np.zeros(many), "war_irresolute": dice.uniform(0, 1, many)}
    outputs = ["alignment_resolute", "alignment_irresolute", "belief", "stay", "risk", "unmasked", "victory", "war"]
    found = posse.solve("signalling", dtype="float64", outputs=outputs, **drawn)
    for name in outputs:
        assert found[name].min() >= 0, name
        assert found[name].max() <= 1, name


def test_outside_the_domain() -> None:
    columns = {"war_irresolute": Column(np.array([0.04, 0.05]), 0), "war_resolute": fixed(0.05)}
    found = solve_grid(GAME, columns, [2], OUTPUTS)
    assert [found[name][0, 0] for name in CODES] == [254, 1 << 15, 254, 254, 1 << 15]
    assert all(np.isnan(found[name][:, 0]).all() for name in REALS)
    assert found["regime"][0, 1] == 0
