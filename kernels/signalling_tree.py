"""The tree of the game with a signal: nature draws the observer's type first, and only the observer learns it.

    tree(**parameters)          the extensive form, and the equilibrium that is selected
    deterring(curve, ...)       the belief and the play that keep both types from an alignment that nobody sends

A type that cannot occur (at a prior of 0 or 1) is not in the tree.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from posse.kernels.coalition import Number, Tomorrow
from posse.kernels.coalition_tree import TYPES, Scene, point, scene
from posse.kernels.continuation import UPRIGHT, Curve, Play, Settled, curve, gains, play_at, settled, thresholds
from posse.kernels.signalling import UNMASKED, UNRESOLVED, candidates, on_path, outcome, select
from posse.kernels.tree import NATURE, Branch, Node

Reply = tuple[Number, Play]  # a belief, and what is played at it


def tree(**parameters: Number) -> Node | None:
    """The extensive form, and the equilibrium that is selected; None on a knife edge, where none is known."""
    at = point(parameters)
    q = at.tomorrow.q
    curves = [curve(campaign, at.tomorrow) for campaign in at.campaigns]
    _, selected = select(candidates(curves, q), q)
    if selected.kind == UNRESOLVED:
        return None
    sent = on_path(selected, curves, q)[: 1 if selected.kind < UNMASKED else 2]
    u, w = (getattr(outcome(sent[0], at.tomorrow), worth) for worth in "uw")
    replies: list[Reply] = [deterring(c, at.tomorrow, u, w) for c in curves]
    strategies = {kind: [0, 0, 0] for kind in TYPES}
    for s in sent:
        replies[s.alignment] = s.belief, s.play
        for kind in TYPES:
            strategies[kind][s.alignment] = getattr(s, kind)
    scenes = [scene(at, a, *reply) for a, reply in enumerate(replies)]
    draw = [(kind, chance) for kind, chance in zip(TYPES, (q, 1 - q), strict=True) if chance > 0]
    return Node(NATURE, "resolve", tuple(Branch(k, chance, _observer(k, strategies[k], scenes)) for k, chance in draw))


def _observer(kind: str, strategy: list[Number], scenes: list[Scene]) -> Node:
    """A type's choice of an alignment, and all that follows."""
    branches = []
    for chance, follows in zip(strategy, scenes, strict=True):
        crisis = follows.durability(partial(follows.demand, kind=kind), follows.believes(kind))
        branches.append(Branch(follows.alignment, chance, follows.today(crisis)))
    return Node("observer", "alignment", tuple(branches), type=kind)


def deterring(unsent: Curve, tomorrow: Tomorrow, u: Number, w: Number) -> Reply:
    """A belief, the prior where that will do, and a play that is best at it and gives types no more than u and w."""
    if tomorrow.q in (0, 1):
        return tomorrow.q, unsent.pooled.play
    tried = [(max(there.u - u, there.w - w, 0), (belief, there.play)) for belief, there in points(unsent, tomorrow, u)]
    return min(tried, key=lambda one: one[0])[1]


def points(unsent: Curve, tomorrow: Tomorrow, u: Number) -> Iterator[tuple[Number, Settled]]:
    """Points of a curve, each with its belief: all where nobody mixes; of the rest the ends, and what is worth u."""
    together, alone, worth = unsent.together, unsent.alone, unsent.worth
    t = thresholds(together, alone, tomorrow.c_L)
    beliefs = (unsent.turns.below, t.t_1, t.t_1, unsent.turns.above, t.t_0)  # of the pieces A, T, V, H, Z
    marks = sorted({0, 1, *(mu for mu, there in zip(beliefs, unsent.present, strict=True) if there), t.t_1, t.t_0})
    for mu in (tomorrow.q, *marks, *((low + high) / 2 for low, high in pairwise(marks))):
        yield mu, settled(mu, worth, t, unsent.stays, gains(mu, together, alone, tomorrow))
    for k, (mu, there, part) in enumerate(zip(beliefs, unsent.present, unsent.pieces, strict=True)):
        if not there:
            continue
        along = {0, 1} if k in UPRIGHT or not part.du else {0, 1, min(max((u - part.u) / part.du, 0), 1)}
        for at in sorted(along):
            here, e = part.u + at * part.du, part.e + at * part.de
            yield mu, Settled(play_at(part, at), here, here - e)
