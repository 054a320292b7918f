"""The game of strategic restraint with a signal: the observer knows its resolve; docs/signalling.md defines it.

    candidates(curves, q)     all that may be a perfect Bayesian equilibrium, in order, and whether each is
    select(candidates, q)     how many are, and the one of the highest worth before the type is known
    flags(candidates, holds)  the kinds of those that are; of those that survive D1
    on_path(selected, ...)    the two alignments that are sent there, how often, and what is played after them
    solve(...)                all outputs

The set is not refined. Ties: a type accepts when indifferent; of equilibria worth the same the first in order is
selected.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import combinations, permutations, product
from math import inf, nan
from operator import and_, or_
from typing import TYPE_CHECKING, Any, NamedTuple

from posse.kernels.coalition import ALIGNMENTS, PARAMETERS, Number, Tomorrow, campaigns
from posse.kernels.continuation import UPRIGHT, Curve, Piece, Play, curve, deters, play_at
from posse.kernels.declaration import Flag, Game, Output
from posse.kernels.refinement import survives_d1
from posse.kernels.vocabulary import minimum, quotient, where

if TYPE_CHECKING:
    from posse.kernels.tree import Tree

NEUTRAL, SUPPORT, OPPOSE = range(3)
PAIRS = tuple(permutations(range(3), 2))  # of kinds 3 to 8 and, again, of kinds 9 to 14
UNMASKED, BELOW = 3, 9  # the first kind of each
UNRESOLVED = 253


class Candidate(NamedTuple):
    """What may be an equilibrium: at a point of a piece of the curve of each alignment that is mixed."""

    kind: Number
    kinds: tuple[int, ...]  # those that `kind` may be
    holds: Number
    u: Number  # worth to the resolute observer
    w: Number  # to the irresolute one
    unsent: tuple[Curve, ...]  # what would follow the alignments that nobody sends
    pieces: tuple[int, int] = (0, 0)  # of the two alignments that are mixed
    at: tuple[Number, Number] = (0, 0)  # how far along them


class Selected(NamedTuple):
    """The equilibrium that is selected."""

    value: Number
    kind: Number
    pieces: tuple[Number, Number]
    at: tuple[Number, Number]


class Sent(NamedTuple):
    """An alignment on the path."""

    alignment: Number
    curve: Curve
    belief: Number
    resolute: Number  # probability that this type sends it
    irresolute: Number
    play: Play


def candidates(curves: Sequence[Curve], q: Number) -> Iterator[Candidate]:
    """All candidates, in the order of enumeration."""
    yield from pooling(curves, q)
    for k, (a, b) in enumerate(PAIRS):
        yield from unmasked(UNMASKED + k, curves[a], curves[b], curves[3 - a - b], q)
    for a, b in combinations(range(3), 2):
        kinds = BELOW + PAIRS.index((a, b)), BELOW + PAIRS.index((b, a))
        yield from both_mixed(kinds, curves[a], curves[b], curves[3 - a - b], q)


def pooling(curves: Sequence[Curve], q: Number) -> Iterator[Candidate]:
    """Both types send the same. Where there is nothing to learn it is the best one, the first when indifferent."""
    certain = (q == 0) | (q == 1)
    values = [prior_worth(c.pooled.u, c.pooled.w, q) for c in curves]
    for a, (u, w) in enumerate((c.pooled.u, c.pooled.w) for c in curves):
        others = [k for k in range(3) if k != a]
        deterred = reduce(and_, (deters(curves[k], u, w) for k in others))
        best = reduce(and_, (values[a] > values[k] if k < a else values[a] >= values[k] for k in others))
        yield Candidate(a, (a,), where(certain, best, deterred), u, w, tuple(curves[k] for k in others))


def unmasked(kind: int, a: Curve, b: Curve, other: Curve, q: Number) -> Iterator[Candidate]:
    """The resolute type sends a, the irresolute a and b, where it is known for what it is."""
    w = b.proven.w
    for k, piece in enumerate(a.pieces):
        if k in UPRIGHT:
            u = piece.u
            at = (u - w - piece.e) * quotient(1, piece.de)
        else:
            at = (w - piece.u + piece.e) * quotient(1, piece.du - piece.de)
            u = piece.u + at * piece.du
        holds = inside(at) & (piece.belief > q) & (u >= b.proven.u) & deters(other, u, w)
        yield Candidate(kind, (kind,), holds, u, w, (other,), (k, 0), (at, 0))


def both_mixed(kinds: tuple[int, int], a: Curve, b: Curve, other: Curve, q: Number) -> Iterator[Candidate]:
    """Both types send a and b; the first of two kinds where a is the one that speaks less for resolve."""
    for (i, first), (j, second) in product(enumerate(a.pieces), enumerate(b.pieces)):
        if i in UPRIGHT and j in UPRIGHT:
            continue  # two upright pieces never meet
        at = crossing(i, first, j, second)
        u = first.u + at[0] * first.du if j not in UPRIGHT else second.u
        w = u - (first.e + at[0] * first.de if i not in UPRIGHT else second.e + at[1] * second.de)
        below, above = (first.belief < q) & (q < second.belief), (second.belief < q) & (q < first.belief)
        holds = inside(at[0]) & inside(at[1]) & (below | above) & deters(other, u, w)
        yield Candidate(where(below, *kinds), kinds, holds, u, w, (other,), (i, j), at)


def crossing(i: int, a: Piece, j: int, b: Piece) -> tuple[Number, Number]:
    """How far along piece a, the i-th of its curve, and piece b they meet; 0 where they are parallel."""
    if i in UPRIGHT:
        at_b, at_a = crossing(j, b, i, a)
        return at_a, at_b
    if j in UPRIGHT:
        at_a = (b.u - a.u) * quotient(1, a.du)
        return at_a, (a.e + at_a * a.de - b.e) * quotient(1, b.de)
    u, e = a.u - b.u, a.e - b.e
    inverse = quotient(1, a.du * b.de - b.du * a.de)
    return (b.du * e - b.de * u) * inverse, (a.du * e - a.de * u) * inverse


def inside(at: Number) -> Number:
    return (at > 0) & (at < 1)


def prior_worth(u: Number, w: Number, q: Number) -> Number:
    """To the observer before it learns its type."""
    return q * u + (1 - q) * w


def select(found: Iterable[Candidate], q: Number) -> tuple[Number, Selected]:
    """How many candidates hold, and the best of them."""
    count: Number = 0
    best = Selected(-inf, UNRESOLVED, (0, 0), (0, 0))
    for c in found:
        count = count + where(c.holds, 1, 0)
        value = prior_worth(c.u, c.w, q)
        better = c.holds & (value > best.value)
        best = either(better, Selected(value, c.kind, c.pieces, c.at), best)
    return count, best


def flags(found: Iterable[Candidate], holds: Callable[[Candidate], Number]) -> Number:
    """A bit for each kind of which there is a candidate that holds."""
    kinds: list[Number] = [False] * len(REGIMES)
    for c in found:
        there = holds(c)
        for kind in c.kinds:
            kinds[kind] = kinds[kind] | (there if len(c.kinds) == 1 else there & (c.kind == kind))
    return sum(where(there, 1 << k, 0) for k, there in enumerate(kinds))


def survives(candidate: Candidate, q: Number) -> Number:
    """Whether an equilibrium survives D1; where there is nothing to learn there is nothing to refine."""
    refined = reduce(and_, (survives_d1(c, candidate.u, candidate.w) for c in candidate.unsent))
    return candidate.holds & (refined | (q == 0) | (q == 1))


def either(condition: Number, yes: Any, no: Any) -> Any:
    """`where` for numbers in tuples."""
    if not isinstance(yes, tuple):
        return yes if yes is no else where(condition, yes, no)
    parts = [either(condition, a, b) for a, b in zip(yes, no, strict=True)]
    return type(yes)(*parts) if hasattr(yes, "_fields") else tuple(parts)


def look_up(index: Number, table: Sequence[Any]) -> Any:
    """The entry of a table; the last one for all that is beyond."""
    found = table[-1]
    for k in reversed(range(len(table) - 1)):
        found = either(index == k, table[k], found)
    return found


def on_path(selected: Selected, curves: Sequence[Curve], q: Number) -> tuple[Sent, Sent]:
    """The two alignments that are sent; the second is the first again, and never sent, where both types pool."""
    kind, pools, mixes = selected.kind, selected.kind < UNMASKED, selected.kind >= BELOW
    sent = [(a, a) for a in range(3)] + list(PAIRS) + [(min(pair), max(pair)) for pair in PAIRS]
    x, y = (look_up(kind, [pair[k] for pair in sent]) for k in range(2))
    first, second = look_up(x, curves), look_up(y, curves)
    one, two = (look_up(k, c.pieces) for k, c in zip(selected.pieces, (first, second), strict=True))
    mu = where(pools, q, one.belief)
    nu = where(mixes, two.belief, where(pools, q, 0))
    weight = quotient(nu - q, nu - mu)
    # Probabilities, which rounding may bring above 1.
    resolute = where(mixes, minimum(1, weight * quotient(mu, q)), 1)
    alone = where(pools, 1, minimum(1, quotient(q * (1 - mu), (1 - q) * mu)))
    irresolute = where(mixes, minimum(1, weight * quotient(1 - mu, 1 - q)), alone)
    return (
        Sent(x, first, mu, resolute, irresolute, either(pools, first.pooled.play, play_at(one, selected.at[0]))),
        Sent(
            y,
            second,
            nu,
            1 - resolute,
            1 - irresolute,
            either(mixes, play_at(two, selected.at[1]), either(pools, first.pooled.play, second.proven.play)),
        ),
    )


class Outcome(NamedTuple):
    """What follows an alignment on the path, before the war of today."""

    often: Number  # probability of the alignment
    victory: Number
    risk: Number  # of a risky demand, after a victory
    leader: Number  # payoffs after a victory, without the prize
    partner: Number
    u: Number  # to the resolute observer
    w: Number


def outcome(sent: Sent, tomorrow: Tomorrow) -> Outcome:
    """What follows this alignment."""
    s, r_1, r_0 = sent.play
    mu, (u_1, u_0, E_1, E_0) = sent.belief, sent.curve.worth
    risky, risky_alone = s * r_1, (1 - s) * r_0
    together, alone = sent.curve.together, sent.curve.alone
    G_1, G_0 = (
        crisis.p + r * (1 - mu) * crisis.irresolute + (1 - r) * crisis.resolute
        for crisis, r in ((together, r_1), (alone, r_0))
    )
    gain, risk = s * G_1 + (1 - s) * G_0, risky + risky_alone
    u = s * u_1 + (1 - s) * u_0
    return Outcome(
        often=tomorrow.q * sent.resolute + (1 - tomorrow.q) * sent.irresolute,
        victory=sent.curve.victory,
        risk=risk,
        leader=gain - tomorrow.c_L * mu * risk,
        partner=(1 - tomorrow.d) * gain - s * tomorrow.b - tomorrow.c_P * mu * risky,
        u=u,
        w=u - risky * E_1 - risky_alone * E_0,
    )


class Equilibria(NamedTuple):
    """The solution; fields are the game's outputs."""

    regime: Number
    equilibria: Number
    count: Number
    payoff: tuple[Number, ...]  # leader, partner, resolute observer, irresolute observer, target
    alignment_resolute: tuple[Number, ...]
    alignment_irresolute: tuple[Number, ...]
    belief: tuple[Number, ...]
    stay: tuple[Number, ...]
    risk: tuple[Number, ...]
    unmasked: Number
    victory: Number
    war: Number
    disingenuous: Number
    set_d1: Callable[[], Number]  # dearer than all the rest, and seldom asked for


def solve(
    cap_leader: Number,
    cap_partner: Number,
    cap_target: Number,
    cap_observer: Number,
    decisiveness: Number,
    diversity: Number,
    spoils: Number,
    share: Number,
    attrition: Number,
    cost_support: Number,
    cost_oppose: Number,
    cost_stay: Number,
    war_leader: Number,
    war_partner: Number,
    war_resolute: Number,
    war_irresolute: Number,
    resolve: Number,
    prize: Number,
) -> Equilibria:
    """All perfect Bayesian equilibria, and what happens in the selected one."""
    q, r = resolve, decisiveness
    tomorrow = Tomorrow(r, diversity, cost_stay, war_leader, war_partner, war_resolute, war_irresolute, q)
    campaign = campaigns(
        cap_leader, cap_partner, cap_target, cap_observer, r, spoils, share, attrition, cost_support, cost_oppose
    )
    curves = [curve(c, tomorrow) for c in campaign]
    return outputs(list(candidates(curves, q)), curves, tomorrow, prize)


def outputs(every: Sequence[Candidate], curves: Sequence[Curve], tomorrow: Tomorrow, prize: Number) -> Equilibria:
    """What all candidates and the selected one amount to."""
    q = tomorrow.q
    count, selected = select(every, q)
    sent = first, second = on_path(selected, curves, q)
    after = outcome(first, tomorrow), outcome(second, tomorrow)

    def known(number: Number) -> Number:
        return where(count > 0, number, nan)

    def by_message(one: Number, two: Number, otherwise: Number) -> tuple[Number, ...]:
        """That of the first alignment that is sent, that of the second, and what all others have."""
        return tuple(
            known(where(first.alignment == a, one, where(second.alignment == a, two, otherwise))) for a in range(3)
        )

    splits = reduce(or_, ((s.alignment == SUPPORT) & (s.play.stay < 1) for s in sent))
    reveals = (selected.kind >= UNMASKED) & (selected.kind < BELOW)
    return Equilibria(
        regime=selected.kind,
        equilibria=flags(every, lambda c: c.holds),
        count=count,
        payoff=tuple(known(number) for number in payoffs(sent, after, prize)),
        alignment_resolute=by_message(first.resolute, second.resolute, 0),
        alignment_irresolute=by_message(first.irresolute, second.irresolute, 0),
        belief=by_message(first.belief, second.belief, nan),
        stay=by_message(first.play.stay, second.play.stay, nan),
        risk=by_message(after[0].risk, after[1].risk, nan),
        unmasked=known(where(reveals, (1 - q) * second.irresolute, 0)),
        victory=known(sum(a.often * a.victory for a in after)),
        war=known(q * sum(a.victory * a.risk * s.resolute for s, a in zip(sent, after, strict=True))),
        disingenuous=where((count > 0) & (curves[NEUTRAL].pooled.play.stay == 1) & splits, 1, 0),
        set_d1=lambda: flags(every, lambda c: survives(c, q)),
    )


def payoffs(sent: Sequence[Sent], after: Sequence[Outcome], prize: Number) -> tuple[Number, ...]:
    """Of leader, partner, resolute observer, irresolute observer and target, as often as alignments are sent."""
    return (
        sum(a.often * a.victory * (prize + a.leader) for a in after),
        sum(a.often * a.victory * (prize + a.partner) for a in after),
        sum(s.resolute * a.u for s, a in zip(sent, after, strict=True)),
        sum(s.irresolute * a.w for s, a in zip(sent, after, strict=True)),
        prize * (1 - sum(a.often * a.victory for a in after)),
    )


def tree(**parameters: Number) -> "Tree | None":
    """The extensive form at one point, with the equilibrium."""
    from posse.kernels import signalling_tree  # which is made of the functions above

    return signalling_tree.tree(**parameters)


NAMES = tuple(flag.name for flag in ALIGNMENTS)
POOLED = ("pooled_neutrality", "pooled_support", "pooled_opposition")
KINDS = (
    *((name, f"both types: {NAMES[k]}") for k, name in enumerate(POOLED)),
    *(
        (f"{NAMES[a]}_unmasked_by_{NAMES[b]}", f"resolute: {NAMES[a]}; irresolute: {NAMES[a]}, or {NAMES[b]} and known")
        for a, b in PAIRS
    ),
    *(
        (f"{NAMES[a]}_below_{NAMES[b]}", f"both types mix {NAMES[a]} and {NAMES[b]}, which speaks more for resolve")
        for a, b in PAIRS
    ),
)
# Greys, blues and reds, by the alignment of a resolute observer.
COLOURS = (
    "#ecd6c6", "#53ace4", "#ffbe18",
    "#8ba9b8", "#96907e", "#b2eaff", "#002959", "#d37400", "#991fa1",
    "#5a6277", "#4b3734", "#4dff81", "#0060ff", "#d8373a", "#7f0000",
)  # fmt: skip
REGIMES = tuple(Flag(k, *kind, colour) for k, (kind, colour) in enumerate(zip(KINDS, COLOURS, strict=True)))
GROUPS = (
    ("pattern", ("pooling",) * 3 + ("unmasking",) * 6 + ("mixing",) * 6 + ("unresolved",)),
    ("resolute", (*NAMES, *(NAMES[a] for a, _ in PAIRS), *("mixes",) * 6, "unresolved")),
)
KIND_FLAGS = tuple(Flag(1 << flag.value, flag.name, flag.meaning) for flag in REGIMES)
BY_ALIGNMENT = ("alignment", NAMES)

SIGNALLING = Game(
    name="signalling",
    title="The game of strategic restraint with a signal",
    version="1",
    parameters=PARAMETERS,
    outputs=(
        Output(
            "regime",
            "codes",
            "kind of the selected equilibrium",
            (*REGIMES, Flag(UNRESOLVED, "unresolved", "a knife edge: no equilibrium is enumerated", "#000000")),
            groups=GROUPS,
        ),
        Output("equilibria", "flags", "kinds of all equilibria", KIND_FLAGS, bits=16),
        Output("count", "count", "number of equilibria"),
        Output(
            "payoff",
            "real",
            "expected payoff in the selected equilibrium, from the alignment stage on",
            dimension=("player", ("leader", "partner", "resolute_observer", "irresolute_observer", "target")),
        ),
        Output("alignment_resolute", "real", "probability that a resolute observer sends it", dimension=BY_ALIGNMENT),
        Output(
            "alignment_irresolute", "real", "probability that an irresolute observer sends it", dimension=BY_ALIGNMENT
        ),
        Output("belief", "real", "probability that the observer is resolute, once it is sent", dimension=BY_ALIGNMENT),
        Output("stay", "real", "probability that the partner stays after it and a victory", dimension=BY_ALIGNMENT),
        Output("risk", "real", "probability of the risky demand after it and a victory", dimension=BY_ALIGNMENT),
        Output("unmasked", "real", "probability that the alignment proves irresolution"),
        Output("victory", "real", "probability that the coalition wins today"),
        Output("war", "real", "unconditional probability of war tomorrow"),
        Output(
            "disingenuous",
            "codes",
            "support splits a coalition that would have remained after neutrality",
            (Flag(0, "no", "it does not"), Flag(1, "yes", "it does, at least sometimes")),
        ),
        Output("set_d1", "flags", "kinds of the equilibria that survive criterion D1", KIND_FLAGS, bits=16),
    ),
    default_outputs=("regime", "payoff"),
    solve=solve,
    tree=tree,
    reference=(
        "In the spirit of S. Wolford, Interstate Coalitions and Strategic Restraint (2010), but the observer knows its "
        "resolve; every functional form is posse's own, see docs/signalling.md"
    ),
)
