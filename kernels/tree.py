"""The extensive form of a game at one point, and the equilibrium that is played in it.

    Node, Branch, Leaf            the tree; nature is a player like others
    tree_at(game, values)         that of a game, checked; None where it declares none or knows no equilibrium
    expected(tree)                what each player gets on average
    information_sets(tree)        who decides where, with what beliefs, and what each action would be worth there

An action's worth is that of deviating to it there and nowhere else. An equilibrium is a tree in which no action is
worth more than what is played, on the path or off it (one-shot deviation principle).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.point import require_inside

Number = Any
NATURE = "nature"
ROUNDING = 1e-9  # what probabilities may fall short of 1 by


@dataclass(frozen=True)
class Leaf:
    """An end of the game."""

    payoffs: Mapping[str, Number]  # by player


@dataclass(frozen=True)
class Branch:
    """One action."""

    action: str
    probability: Number  # with which the equilibrium, or nature, takes it
    child: "Tree"
    size: Number = None  # of actions that are numbers, such as demands

    @property
    def label(self) -> str:
        return self.action if self.size is None else f"{self.action} of {float(self.size):.3g}"


@dataclass(frozen=True)
class Node:
    """A move. Its player tells it from all others but those of the same player, type, decision and situation."""

    player: str
    decision: str  # what is decided
    branches: tuple[Branch, ...]
    situation: str = ""  # what the player knows to have happened
    type: str = ""  # the player's private type
    belief: Number = 1  # probability, to the player, that it is here and not elsewhere in its information set

    @property
    def mover(self) -> str:
        return f"{self.type} {self.player}".strip()


Tree = Node | Leaf


@dataclass(frozen=True)
class Place:
    """A node in its tree."""

    node: Node
    reach: Number  # probability that play comes here
    history: tuple[str, ...]  # the actions that lead here

    def after(self, branch: Branch) -> "Place | None":
        """The node that follows, None at an end."""
        if isinstance(branch.child, Leaf):
            return None
        return Place(branch.child, self.reach * branch.probability, (*self.history, branch.label))


@dataclass(frozen=True)
class Action:
    """One that is open at an information set."""

    label: str
    probability: Number
    worth: Number  # to the player, if it takes it here and all else stays as it is; 0 for nature


@dataclass(frozen=True)
class InformationSet:
    """Nodes that their player cannot tell from each other."""

    places: tuple[Place, ...]

    @property
    def node(self) -> Node:
        """One of its nodes: player, decision, situation, type and actions are those of all."""
        return self.places[0].node

    @property
    def is_last(self) -> bool:
        """Whether no player moves after it."""
        return not any(has_moves(branch.child) for branch in self.node.branches)

    @property
    def reach(self) -> Number:
        """Probability that play comes here; 0 off the path."""
        return sum(place.reach for place in self.places)

    @cached_property
    def beliefs(self) -> dict[str, Number]:
        """What the player believes, by the first action in which the histories differ; empty where it knows."""
        if len(self.places) == 1 or self.node.player == NATURE:
            return {}
        steps = zip_longest(*(place.history for place in self.places), fillvalue="nothing more")
        names = next(actions for actions in steps if len(set(actions)) > 1)
        found: dict[str, Number] = {}
        for name, place in zip(names, self.places, strict=True):
            found[name] = found.get(name, 0) + place.node.belief
        return found

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """What is open to the player, and what each action is worth at its beliefs."""
        nodes = [place.node for place in self.places]
        return tuple(
            Action(branch.label, branch.probability, sum(n.belief * self._worth(n.branches[k]) for n in nodes))
            for k, branch in enumerate(self.node.branches)
        )

    def _worth(self, branch: Branch) -> Number:
        player = self.node.player
        return 0 if player == NATURE else expected(branch.child)[player]

    @property
    def worth(self) -> Number:
        """What the player expects here."""
        return sum(action.probability * action.worth for action in self.actions)

    @property
    def regret(self) -> Number:
        """What the best deviation would gain; 0 in an equilibrium."""
        return max(action.worth for action in self.actions) - self.worth


def expected(tree: Tree) -> dict[str, Number]:
    """Payoffs by player, by backward induction.

    >>> toss = Node("nature", "toss", (Branch("heads", 0.5, Leaf({"ann": 1})), Branch("tails", 0.5, Leaf({"ann": 0}))))
    >>> expected(toss)
    {'ann': 0.5}
    """
    if isinstance(tree, Leaf):
        return dict(tree.payoffs)
    ends = [(branch.probability, expected(branch.child)) for branch in tree.branches]
    return {player: sum(probability * end[player] for probability, end in ends) for player in ends[0][1]}


def has_moves(tree: Tree) -> bool:
    """Whether a player other than nature moves in it."""
    return isinstance(tree, Node) and (tree.player != NATURE or any(has_moves(b.child) for b in tree.branches))


def places(tree: Tree) -> Iterator[Place]:
    """All nodes, in order of play."""
    level = [Place(tree, 1, ())] if isinstance(tree, Node) else []
    while level:
        yield from level
        level = [next_ for p in level for branch in p.node.branches if (next_ := p.after(branch))]


def information_sets(tree: Tree) -> tuple[InformationSet, ...]:
    """All of them, nature's lotteries too, in order of play."""
    found: dict[tuple[str, ...], list[Place]] = {}
    for place in places(tree):
        node = place.node
        found.setdefault((node.player, node.type, node.decision, node.situation), []).append(place)
    return tuple(InformationSet(tuple(same)) for same in found.values())


def tree_at(game: Game, values: Mapping[str, Number]) -> Tree | None:
    """The tree at a point of the game's domain; defaults stand for parameters that `values` does not name.

    InputError where the point is not one of the domain, or where the tree contradicts itself.

    >>> from posse.kernels.catalogue import game
    >>> expected(tree_at(game("restraint"), {"diversity": 0.2}))["observer"]
    0.5407...
    """
    require_inside(game, values)
    tree = game.tree(**{**game.defaults, **values}) if game.tree else None
    for found in information_sets(tree) if tree else ():
        _check(f"tree of {game.name}: {found.node.mover}, {found.node.decision} {found.node.situation}".strip(), found)
    return tree


def _check(where: str, found: InformationSet) -> None:
    """Refuse an information set that is none."""
    nodes = [place.node for place in found.places]
    chosen = {tuple((branch.action, branch.size, branch.probability) for branch in node.branches) for node in nodes}
    if len(chosen) > 1 and found.node.player != NATURE:
        raise InputError(f"{where}: actions or probabilities differ within the information set")
    sums = {"probabilities": sum(branch.probability for branch in found.node.branches)}
    if found.node.player != NATURE:
        sums["beliefs"] = sum(node.belief for node in nodes)
    for name, total in sums.items():
        if not abs(total - 1) <= ROUNDING:
            raise InputError(f"{where}: {name} add up to {float(total):g}, not to 1")
