"""The tree of the game of strategic restraint: nature draws the observer's type after today's war."""

from posse.kernels.coalition import ALIGNMENTS, Number
from posse.kernels.coalition_tree import TYPES, Point, Scene, point, scene
from posse.kernels.continuation import Play
from posse.kernels.restraint import crisis, solve
from posse.kernels.tree import NATURE, Branch, Node


def tree(**parameters: Number) -> Node:
    """The extensive form, and the equilibrium that is played in it."""
    at, solved = point(parameters), solve(**parameters)
    branches = []
    for a, alignment in enumerate(ALIGNMENTS):
        stays = 1 if solved.durability & (1 << a) else 0
        follows = scene(at, a, at.tomorrow.q, Play(stays, _risk(at, a, True), _risk(at, a, False)))
        branches.append(Branch(alignment.name, 1 if solved.alignment == a else 0, _after(follows)))
    return Node("observer", "alignment", tuple(branches))


def _risk(at: Point, alignment: int, stayed: bool) -> Number:
    """1 where the leader makes the risky demand, else 0."""
    (_, leader, partner, observer, _), t = at.campaigns[alignment], at.tomorrow
    M = leader + partner if stayed else leader
    likely = [crisis(M, observer, q, t.c_L, t.c_R, t.c_I, t.r).demand for q in (t.q, 1)]
    return 1 if likely[0] > likely[1] else 0  # against a resolute observer the demand is the safe one


def _after(follows: Scene) -> Node:
    """Today's war, the partner's choice, nature's draw, the crisis."""

    def resolve(stayed: bool) -> Node:
        branches = (Branch(kind, follows.believes(kind), follows.demand(stayed, kind)) for kind in TYPES)
        return Node(NATURE, "resolve", tuple(branches), follows.situation(stayed))

    return follows.today(follows.durability(resolve))
