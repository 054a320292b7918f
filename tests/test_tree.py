"""Game trees: the equilibria in them are equilibria, and their stories and pictures say so."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

import exact
import posse
from perfect import Assessment, Reply
from perfect import Tree as Judge
from points import Points, at, broad, generic, lattice
from posse.analysis.story import story
from posse.analysis.tree_plot import draw_tree
from posse.kernels.errors import InputError
from posse.kernels.point import solve_plain
from posse.kernels.tree import (
    NATURE,
    Branch,
    InformationSet,
    Leaf,
    Node,
    Tree,
    expected,
    has_moves,
    information_sets,
    tree_at,
)

GAMES = {name: posse.game(name) for name in ("restraint", "signalling")}
ALIGNMENTS = ("neutral", "support", "oppose")
Point = dict[str, Any]


def exact_points(name: str) -> list[Point]:
    """Points in fractions, some at the faces of the box."""
    points = lattice(16, 31, 8, 0.3)
    return [at(points, k) for k in range(16)] + [p for k, p in of_each_regime(name).items() if k % 4 == 1]


def real_points() -> list[Point]:
    points = broad(30, 32)
    return [{name: float(values[k]) for name, values in points.items()} for k in range(30)]


@cache
def of_each_regime(name: str) -> dict[int, Point]:
    """A point of each regime that is found."""
    points: Points = lattice(5000, 33, 64, 0.0) if name == "restraint" else generic(60_000, 5, 64)
    points["decisiveness"][:] = 1
    codes = solve_plain(GAMES[name], points, ["regime"])["regime"]
    return {int(code): at(points, int(np.argmax(codes == code))) for code in np.unique(codes)}


def tree_of(name: str, point: Point) -> Node:
    tree = tree_at(GAMES[name], point)
    assert isinstance(tree, Node)
    return tree


def deciders(tree: Tree) -> list[InformationSet]:
    return [found for found in information_sets(tree) if found.node.player != NATURE]


def reported(name: str, point: Point) -> dict[str, Any]:
    """The kernel's payoffs, by player of the tree."""
    payoff = solve_plain(GAMES[name], point, ["payoff"])["payoff"]
    if name == "restraint":
        return dict(zip(("leader", "partner", "observer", "target"), payoff, strict=True))
    leader, partner, resolute, irresolute, target = payoff
    observer = point["resolve"] * resolute + (1 - point["resolve"]) * irresolute
    return {"leader": leader, "partner": partner, "observer": observer, "target": target}


@pytest.mark.parametrize("name", GAMES)
def test_the_tree_is_worth_what_the_kernel_says(name: str) -> None:
    for point in exact_points(name):
        assert expected(tree_of(name, point)) == reported(name, point)
    for point in real_points():
        assert expected(tree_of(name, point)) == pytest.approx(reported(name, point), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", GAMES)
def test_nobody_gains_by_deviating_once_on_the_path_or_off_it(name: str) -> None:
    for point in exact_points(name):
        assert [found.node for found in deciders(tree_of(name, point)) if found.regret] == []
    for point in real_points():
        assert max(found.regret for found in deciders(tree_of(name, point))) < 1e-12


@pytest.mark.parametrize("name", GAMES)
def test_beliefs_follow_bayes_and_probabilities_add_up(name: str) -> None:
    for point in exact_points(name):
        for found in information_sets(tree_of(name, point)):
            assert sum(branch.probability for branch in found.node.branches) == 1
            assert min(branch.probability for branch in found.node.branches) >= 0
            if found.node.player != NATURE:
                beliefs = [place.node.belief for place in found.places]
                assert sum(beliefs) == 1
                assert not found.reach or beliefs == [place.reach / found.reach for place in found.places]


def test_alignments_are_worth_what_a_search_over_the_game_finds() -> None:
    for point in exact_points("restraint"):
        oracle = exact.solve(point)
        first = information_sets(tree_of("restraint", point))[0]
        assert tuple(action.worth for action in first.actions) == oracle.values
        assert expected(tree_of("restraint", point)) == dict(
            zip(("leader", "partner", "observer", "target"), oracle.payoff, strict=True)
        )


def test_signals_are_an_equilibrium_to_a_judge_who_knows_other_demands_too() -> None:
    """Off the path too: the replies that deter are best at their beliefs."""
    for point in [*of_each_regime("signalling").values(), *exact_points("signalling")]:
        if 0 < point["resolve"] < 1:
            assert list(Judge(point).faults(assessment(tree_of("signalling", point)))) == []


def assessment(tree: Node) -> Assessment:
    """Strategies and beliefs, read off the tree."""
    taken = {
        (found.node.mover, found.node.decision, found.node.situation): (
            {action.label.split(" of ")[0]: Fraction(action.probability) for action in found.actions},
            Fraction(found.node.belief),
        )
        for found in deciders(tree)
    }
    replies = []
    for alignment in ALIGNMENTS:
        stay, belief = taken["partner", "durability", f"after {alignment}"]
        crises = (taken["leader", "demand", f"after {alignment}, {where}"][0] for where in ("alone", "in coalition"))
        alone, together = (crisis.get("risky demand") for crisis in crises)
        # Where there is but one demand it is as risky as the other, should the two problems be one.
        risks = [together if alone is None else alone, alone if together is None else together]
        replies.append(Reply(belief, stay["stay"], (risks[0] or Fraction(0), risks[1] or Fraction(0))))
    types = [taken[f"{kind} observer", "alignment", ""][0] for kind in ("resolute", "irresolute")]
    resolute, irresolute = ((t["neutral"], t["support"], t["oppose"]) for t in types)
    return Assessment((resolute, irresolute), (replies[0], replies[1], replies[2]))


@pytest.mark.parametrize("name", GAMES)
def test_another_action_where_only_one_is_best_is_found_out(name: str) -> None:
    tried = 0
    for point in of_each_regime(name).values():
        tree = tree_of(name, point)
        for found in deciders(tree):
            worst = min(range(len(found.actions)), key=lambda k: found.actions[k].worth)
            loss = found.worth - found.actions[worst].worth
            if loss:
                wrong = corrupted(tree, found, worst)
                same = [f for f in deciders(wrong) if f.node.mover == found.node.mover]
                assert loss in [f.regret for f in same if f.node.situation == found.node.situation]
                tried += 1
    assert tried > 100


def corrupted(tree: Tree, found: InformationSet, action: int) -> Tree:
    """The tree with this action played at an information set."""
    if not isinstance(tree, Node):
        return tree
    nodes = [id(place.node) for place in found.places]
    chances = [b.probability for b in tree.branches]
    if id(tree) in nodes:
        chances = [int(k == action) for k in range(len(chances))]
    pairs = zip(tree.branches, chances, strict=True)
    return replace(
        tree, branches=tuple(replace(b, probability=p, child=corrupted(b.child, found, action)) for b, p in pairs)
    )


def test_a_wrong_belief_is_found_out() -> None:
    """The leader who holds a resolute observer to be irresolute makes the other demand."""
    point = {name: Fraction(str(value)) for name, value in GAMES["restraint"].defaults.items()}
    tree = tree_of("restraint", point)

    def fooled(tree: Tree) -> Tree:
        if not isinstance(tree, Node):
            return tree
        branches = tuple(replace(branch, child=fooled(branch.child)) for branch in tree.branches)
        belief = 1 - tree.belief if tree.player == "leader" else tree.belief
        return replace(tree, branches=branches, belief=belief)

    assert max(found.regret for found in deciders(tree)) == 0
    assert max(found.regret for found in deciders(fooled(tree))) > 0


def test_a_type_that_cannot_be_is_not_in_the_tree() -> None:
    for resolve, kind in ((0, "irresolute"), (1, "resolute")):
        tree = tree_of("signalling", {"resolve": Fraction(resolve)})
        assert [branch.action for branch in tree.branches] == [kind]
        assert max(found.regret for found in deciders(tree)) < 1e-12


def toss(chances: tuple[float, float] = (0.5, 0.5), beliefs: tuple[float, float] = (0.5, 0.5)) -> Node:
    """Ann guesses how a coin has fallen."""

    def guess(side: int) -> Node:
        ends = (Branch(name, 0.5, Leaf({"ann": int(k == side)})) for k, name in enumerate(("heads", "tails")))
        return Node("ann", "guess", tuple(ends), belief=beliefs[side])

    sides = zip(("heads", "tails"), chances, (0, 1), strict=True)
    return Node(NATURE, "toss", tuple(Branch(name, p, guess(k)) for name, p, k in sides))


def loaded() -> Node:
    """Ann may say something else where the coin has fallen otherwise, though she does not see it."""
    heads, tails = toss().branches
    silent = Node("ann", "guess", (Branch("heads", 1, Leaf({"ann": 0})),), belief=0.5)
    return Node(NATURE, "toss", (heads, replace(tails, child=silent)))


def declared(tree: Callable[..., Any]) -> posse.Game:
    return replace(GAMES["restraint"], name="toss", tree=tree)


def test_a_guess_is_worth_a_half() -> None:
    (_, guess) = information_sets(tree_at(declared(lambda **_: toss()), {}) or Leaf({}))
    assert [(action.label, action.worth) for action in guess.actions] == [("heads", 0.5), ("tails", 0.5)]
    assert guess.beliefs == {"heads": 0.5, "tails": 0.5}
    assert (guess.reach, guess.worth, guess.regret, guess.is_last) == (1, 0.5, 0, True)
    assert has_moves(toss())
    assert not has_moves(Node(NATURE, "toss", (Branch("heads", 1, Leaf({"ann": 1})),)))


@pytest.mark.parametrize(
    ("tree", "complaint"),
    [
        (toss(chances=(0.5, 0.6)), "tree of toss: nature, toss: probabilities add up to 1.1, not to 1"),
        (toss(beliefs=(0.5, 0.2)), "tree of toss: ann, guess: beliefs add up to 0.7, not to 1"),
        (
            loaded(),
            "tree of toss: ann, guess: actions or probabilities differ within the information set",
        ),
    ],
)  # fmt: skip
def test_a_tree_that_contradicts_itself_is_refused(tree: Node, complaint: str) -> None:
    with pytest.raises(InputError) as refusal:
        tree_at(declared(lambda **_: tree), {})
    assert str(refusal.value) == complaint


def test_a_tree_of_other_parameters_is_refused() -> None:
    with pytest.raises(InputError, match="game toss: tree does not take the parameters"):
        declared(lambda luck: luck)


# One point by hand: complete information, no spoils, a partner that never stays. π is 1/2 after neutrality, 3/5 after
# support, 2/5 after opposition; the leader alone is a match for the observer, and demands 1/2 in any case. So the
# observer gets 1/2 + 1/4, 2/5 + 3/10 − 0.02 and 3/5 + 1/5 − 0.1, the leader 1/2 (1 + 1/2), partner and target 1/2.
BY_HAND = {
    "cap_leader": 1, "cap_partner": 1, "cap_target": 2, "cap_observer": 1, "diversity": 1, "spoils": 0, "attrition": 0,
    "cost_support": 0.02, "cost_oppose": 0.1, "war_resolute": 0, "resolve": 1,
}  # fmt: skip


def test_the_story_of_a_point_solved_by_hand() -> None:
    told = story(GAMES["restraint"], BY_HAND)
    assert told.regime is not None
    assert told.regime.name == "reassured_neutrality"
    assert told.payoffs == pytest.approx({"leader": 0.75, "partner": 0.5, "observer": 0.75, "target": 0.5})
    lines = [line.strip() for line in str(told).splitlines()]
    assert lines[0].startswith("reassured_neutrality: neutral;")
    assert "observer: neutral gives 0.750; support would give 0.680, oppose 0.700" in lines
    assert "today's war, after neutral: victory 0.5, defeat 0.5" in lines
    assert "partner, after neutral: leave gives 1.000; stay would give 0.980" in lines
    assert any(
        line.startswith("leader, after neutral, alone (believes resolute 1): safe demand of 0.5") for line in lines
    )
    assert "What each expects: leader 0.75, partner 0.5, observer 0.75, target 0.5" in lines
    assert "observer: support | observer: oppose → partner: leave; leader (believes resolute 1): safe" in str(told)


def test_payoffs_that_differ_by_little_are_told_apart() -> None:
    told = story(GAMES["restraint"], BY_HAND | {"cost_stay": 1e-5})
    assert "leave gives 1.00000; stay would give 0.99999" in str(told)


@pytest.mark.parametrize("name", GAMES)
def test_every_regime_has_a_story_and_a_picture(name: str) -> None:
    found = of_each_regime(name)
    assert len(found) >= 10
    for code, point in found.items():
        told = story(GAMES[name], point)
        assert told.regime is not None
        assert told.regime.value == code
        assert told.regime.meaning in str(told)
        assert 10 < len(str(told).splitlines()) <= 26
        assert told._repr_html_().count("<li>") >= 10
        texts_fit(GAMES[name], {key: float(value) for key, value in point.items()})


def texts_fit(game: posse.Game, point: Point) -> None:
    """No text of the picture is cut, or lies on another."""
    figure = draw_tree(game, point)
    figure.set_dpi(200)
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    boxes = np.array([text.get_window_extent().extents for text in texts])
    assert len(boxes) > 10
    low, high = boxes[:, :2], boxes[:, 2:]
    assert (low >= 0).all()
    assert (high <= figure.bbox.max).all()
    apart = (low[:, None] >= high[None]).any(axis=2)
    touching = [(texts[i].get_text(), texts[j].get_text()) for i, j in np.argwhere(~(apart | apart.T)) if i < j]
    assert touching == []


def test_the_picture_of_a_small_tree_fits_too() -> None:
    texts_fit(declared(lambda **_: toss()), {})
    texts_fit(declared(lambda **_: toss()), {p.name: p.default / 3 for p in GAMES["restraint"].parameters})


def test_a_game_without_a_tree_has_a_short_story_and_no_picture() -> None:
    bare = replace(GAMES["restraint"], name="bare", tree=None)
    told = story(bare, {"diversity": 0.2, "cap_observer": 2})
    assert (told.decisions, told.payoffs) == ((), {})
    assert "splitting_balancing" in str(told)
    assert "margin: 0.0870078" in str(told)
    with pytest.raises(InputError, match=r"^bare has no tree$"):
        draw_tree(bare, {})
    knife = declared(lambda **_: None)
    assert "margin" in str(story(knife, {}))
    with pytest.raises(InputError, match=r"^toss has no tree here: no equilibrium is known$"):
        draw_tree(knife, {})


@pytest.mark.parametrize(
    ("point", "complaint"),
    [
        ({"diversity": 2.0}, "diversity: 2 is not allowed; allowed is [0, 1]"),
        ({"diversity": [0.1, 0.2]}, "diversity: [0.1, 0.2] is not allowed; allowed is one number"),
        ({"diversity": "much"}, "diversity: 'much' is not allowed; allowed is one number"),
        ({"war_irresolute": 0.0}, "war_irresolute: 0 is combined with war_resolute = 0.05 (the default)"),
    ],
)
def test_what_is_no_point_is_refused_in_one_line(point: Mapping[str, Any], complaint: str) -> None:
    for tell in (story, draw_tree):
        with pytest.raises(InputError) as refusal:
            tell(GAMES["restraint"], point)
        assert str(refusal.value).startswith(complaint)


def test_the_command_line_tells_the_story(cli: Callable[..., tuple[int, str, str]]) -> None:
    status, said, _ = cli("solve", "restraint", "--set", "diversity=0.2", "--story")
    assert (status, said) == (0, f"{story(GAMES['restraint'], {'diversity': 0.2})}\n")
    status, _, complaint = cli("solve", "restraint", "--story", "--json")
    assert (status, complaint) == (2, "posse: --story and --json: choose one\n")


def test_beliefs_in_nodes_of_one_first_action_add_up() -> None:
    """Three nodes that cannot be told apart, after x and u, x and d, and y alone."""
    half, pass_by = Fraction(1, 2), (Branch("pass", 1, Leaf({"receiver": 0})),)
    after_u, after_d, after_y = (Node("receiver", "reply", pass_by, belief=b) for b in (half / 2, half / 2, half))
    second = Node(NATURE, "second", (Branch("u", half, after_u), Branch("d", half, after_d)))
    root = Node(NATURE, "first", (Branch("x", half, second), Branch("y", half, after_y)))
    (found,) = [each for each in information_sets(root) if each.node.player == "receiver"]
    assert found.beliefs == {"x": half, "y": half}
