"""Whether something is a perfect Bayesian equilibrium of the game with a signal, in exact fractions.

    Tree(game).faults(assessment) -> what is wrong with it, in words; nothing where it is an equilibrium
    Tree(game).deterring(a, u, w) -> a reply that keeps both types, who get so much, from an alignment

It walks the tree of tests/exact.py: one-shot deviations of both types, of the partner, of the leader over a grid of
demands; Bayes' rule. It knows nothing of curves, pieces and kinds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, product

from exact import GRID, LEADER, OBSERVER, ONE, PARTNER, ZERO, Branch, Crisis, Game, Payoffs, alignment_cost

RESOLUTE, IRRESOLUTE = range(2)
ALIGNMENTS = range(3)
Three = tuple[Fraction, Fraction, Fraction]


@dataclass(frozen=True)
class Reply:
    """What partner and leader do after an alignment, and the belief on which they do it."""

    belief: Fraction
    stay: Fraction
    risk: tuple[Fraction, Fraction]  # probability of the risky demand after the partner left, and after it stayed


@dataclass(frozen=True)
class Assessment:
    """Strategies of the observer's two types, and the replies, by alignment."""

    types: tuple[Three, Three]
    replies: tuple[Reply, Reply, Reply]


@dataclass(frozen=True)
class Node:
    """The leader's move after an alignment and the partner's decision."""

    crisis: Crisis

    @cached_property
    def demands(self) -> tuple[Fraction, Fraction]:
        """The safe and the risky one."""
        resolute, irresolute = (min(ONE, x) for x in self.crisis.indifference)
        return resolute, irresolute

    def ends(self, demand: Fraction) -> tuple[Payoffs, Payoffs]:
        """Payoffs against each type."""
        resolute, irresolute = (ends for _, _, ends in self.crisis.replies(demand))
        return resolute, irresolute

    @cached_property
    def outcomes(self) -> tuple[tuple[Payoffs, Payoffs], tuple[Payoffs, Payoffs]]:
        """Of the safe and of the risky demand."""
        safe, risky = map(self.ends, self.demands)
        return safe, risky

    def against(self, kind: int, risk: Fraction, player: int) -> Fraction:
        """What a player expects where the observer is of this type."""
        safe, risky = (ends[kind][player] for ends in self.outcomes)
        return safe + risk * (risky - safe)

    def expects(self, belief: Fraction, risk: Fraction, player: int) -> Fraction:
        return belief * self.against(RESOLUTE, risk, player) + (1 - belief) * self.against(IRRESOLUTE, risk, player)

    def prefers_risk(self, belief: Fraction) -> Fraction:
        """What the leader gains by the risky demand."""
        return self.expects(belief, ONE, LEADER) - self.expects(belief, ZERO, LEADER)

    def best_demand(self, belief: Fraction) -> Fraction:
        """What the best of many demands is worth to the leader."""
        tried = sorted({*GRID, *self.demands, *(x for x in self.crisis.indifference if 0 <= x <= 1)})
        tried += [(low + high) / 2 for low, high in pairwise(tried)]
        ends = (self.ends(x) for x in tried)
        return max(belief * one[LEADER] + (1 - belief) * two[LEADER] for one, two in ends)


class Tree:
    """The game; nodes by alignment and whether the partner stayed.

    slack: what a deviation may gain, and Bayes' rule be off, where numbers come from a numerical solver.
    """

    def __init__(self, game: Game, slack: Fraction = ZERO) -> None:
        self.game, self.slack = game, slack
        self.branches = [Branch(game, a) for a in ALIGNMENTS]
        self.nodes = [[Node(Crisis(game, a, stayed)) for stayed in (False, True)] for a in ALIGNMENTS]

    def gain(self, a: int, belief: Fraction, risk: tuple[Fraction, Fraction]) -> Fraction:
        """What the partner gains by staying."""
        left, stayed = (self.nodes[a][k].expects(belief, risk[k], PARTNER) for k in (False, True))
        return stayed - left

    def worth(self, a: int, kind: int, reply: Reply) -> Fraction:
        """What an alignment is worth to a type of the observer, from there on."""
        left, stayed = (self.nodes[a][k].against(kind, reply.risk[k], OBSERVER) for k in (False, True))
        tomorrow = left + reply.stay * (stayed - left)
        victory = self.branches[a].victory
        return victory * tomorrow + (1 - victory) * (1 - alignment_cost(self.game, a))

    def faults(self, assessment: Assessment) -> Iterator[str]:
        """Everything that speaks against an equilibrium."""
        for a, reply in enumerate(assessment.replies):
            yield from self.bad_reply(a, reply)
            yield from self.bad_belief(a, assessment)
        for kind, strategy in enumerate(assessment.types):
            if abs(sum(strategy) - 1) > self.slack or min(strategy) < 0:
                yield f"type {kind} does not choose: {strategy}"
            worth = [self.worth(a, kind, reply) for a, reply in enumerate(assessment.replies)]
            yield from (
                f"type {kind} sends {a} and gains by {best}"
                for a, best in product(ALIGNMENTS, ALIGNMENTS)
                if strategy[a] > self.slack and worth[best] > worth[a] + self.slack
            )

    def bad_reply(self, a: int, reply: Reply) -> Iterator[str]:
        """Deviations of partner and leader after an alignment."""
        gain = self.gain(a, reply.belief, reply.risk)
        wrong = reply.stay if gain < -self.slack else 1 - reply.stay if gain > self.slack else 0
        if wrong > self.slack or not 0 <= reply.stay <= 1:
            yield f"after {a} the partner stays with probability {reply.stay} and gains {gain} by it"
        for stayed in (False, True):
            node, risk = self.nodes[a][stayed], reply.risk[stayed]
            weights = (ZERO, 1 - risk), (ONE, risk)
            played = [node.expects(reply.belief, r, LEADER) for r, weight in weights if weight > self.slack]
            if min(played) < node.best_demand(reply.belief) - self.slack or not 0 <= risk <= 1:
                yield f"after {a} and {stayed=} the leader has a better demand than that of risk {risk}"
        if self.same_problem(a) and abs(reply.risk[0] - reply.risk[1]) > self.slack:
            yield f"after {a} the leader mixes otherwise where its problem is the same"

    def same_problem(self, a: int) -> bool:
        """Whether the leader is indifferent at one belief after both of the partner's decisions."""
        return self.turn(a, False) == self.turn(a, True)

    def turn(self, a: int, stayed: bool) -> Fraction:
        """The belief at which the leader is indifferent, 0 where that is everywhere."""
        node = self.nodes[a][stayed]
        return root(node.prefers_risk(ZERO), node.prefers_risk(ONE)) or ZERO

    def bad_belief(self, a: int, assessment: Assessment) -> Iterator[str]:
        """Bayes' rule."""
        q = self.game["resolve"]
        resolute, irresolute = (strategy[a] for strategy in assessment.types)
        sent = q * resolute + (1 - q) * irresolute
        if sent > self.slack and abs(assessment.replies[a].belief * sent - q * resolute) > self.slack:
            yield f"the belief after {a} is {assessment.replies[a].belief}, by Bayes {q * resolute / sent}"
        if not 0 <= assessment.replies[a].belief <= 1:
            yield f"the belief after {a} is {assessment.replies[a].belief}"

    def deterring(self, a: int, resolute: Fraction, irresolute: Fraction) -> Reply | None:
        """A reply that makes an alignment worth no more than this to each type, None if there is none."""
        return next(
            (
                reply
                for belief in self.beliefs(a)
                for reply in self.replies(a, belief, resolute)
                if self.worth(a, RESOLUTE, reply) <= resolute and self.worth(a, IRRESOLUTE, reply) <= irresolute
            ),
            None,
        )

    def beliefs(self, a: int) -> list[Fraction]:
        """Those at which somebody is indifferent, and some between them."""
        marks = sorted({ZERO, ONE, self.turn(a, False), self.turn(a, True), *self.partner_turns(a)})
        return marks + [(low + high) / 2 for low, high in pairwise(marks)]

    def worths(self, a: int, fine: int) -> set[tuple[Fraction, Fraction]]:
        """What an alignment may be worth to the two types, at beliefs of all sorts and at replies that may be best.

        Whoever is indifferent mixes in so many steps.
        """
        steps = [Fraction(k, fine) for k in range(fine + 1)]
        found = set()
        for belief in self.beliefs(a):
            choices = []
            for stayed in (False, True):
                gain = self.nodes[a][stayed].prefers_risk(belief)
                choices.append([ONE] if gain > 0 else [ZERO] if gain < 0 else steps)
            mixes = {risk for risk in product(*choices) if risk[0] == risk[1] or not self.same_problem(a)}
            mixes |= {reply.risk for reply in self.replies(a, belief, ZERO)}
            for risk in mixes:
                gain = self.gain(a, belief, risk)
                for stay in [ONE] if gain > 0 else [ZERO] if gain < 0 else steps:
                    reply = Reply(belief, stay, risk)
                    found.add((self.worth(a, RESOLUTE, reply), self.worth(a, IRRESOLUTE, reply)))
        return found

    def survives_d1(self, a: int, resolute: Fraction, irresolute: Fraction, fine: int) -> bool:
        """Whether types that get so much keep from an alignment, as at some belief they do, if D1 says who sends it."""
        worths = self.worths(a, fine)
        only_resolute = not any(u <= resolute and w >= irresolute for u, w in worths)
        only_irresolute = not any(u >= resolute and w <= irresolute for u, w in worths)
        if only_resolute and any(u > resolute and w < irresolute for u, w in worths):
            return self.known(a, ONE)[RESOLUTE] <= resolute
        if only_irresolute and any(u < resolute and w > irresolute for u, w in worths):
            return self.known(a, ZERO)[IRRESOLUTE] <= irresolute
        return True

    def known(self, a: int, belief: Fraction) -> tuple[Fraction, Fraction]:
        """What an alignment is worth to the types if nobody mixes: the indifferent stay, or make the safe demand."""
        left, stayed = (Fraction(self.nodes[a][k].prefers_risk(belief) > 0) for k in (False, True))
        reply = Reply(belief, Fraction(self.gain(a, belief, (left, stayed)) >= 0), (left, stayed))
        return self.worth(a, RESOLUTE, reply), self.worth(a, IRRESOLUTE, reply)

    def partner_turns(self, a: int) -> Iterator[Fraction]:
        """Beliefs at which the partner is indifferent, the leader's demands being what they are there."""
        for risk in product((ZERO, ONE), repeat=2):
            turn = root(self.gain(a, ZERO, risk), self.gain(a, ONE, risk))
            if turn is not None:
                yield turn

    def replies(self, a: int, belief: Fraction, resolute: Fraction) -> Iterator[Reply]:
        """Replies that may be best at a belief, among them that which gives so much to the resolute type."""
        choices = []
        for stayed in (False, True):
            gain = self.nodes[a][stayed].prefers_risk(belief)
            choices.append([ONE] if gain > 0 else [ZERO] if gain < 0 else [ZERO, ONE])
        mixes = set(product(*choices))
        if [ZERO, ONE] in choices:  # those at which the partner is indifferent: its gain is linear in each risk
            for start, end in product(mixes, repeat=2):
                at = root(self.gain(a, belief, start), self.gain(a, belief, end))
                if at is not None:
                    mixes = mixes | {(start[0] + at * (end[0] - start[0]), start[1] + at * (end[1] - start[1]))}
        for risk in mixes:
            if self.same_problem(a) and risk[0] != risk[1]:
                continue
            gain = self.gain(a, belief, risk)
            if gain:
                yield Reply(belief, ONE if gain > 0 else ZERO, risk)
                continue
            left, stayed_ = (self.worth(a, RESOLUTE, Reply(belief, s, risk)) for s in (ZERO, ONE))
            between = root(left - resolute, stayed_ - resolute)
            yield from (Reply(belief, s, risk) for s in {ZERO, ONE, ZERO if between is None else between})


def root(start: Fraction, end: Fraction) -> Fraction | None:
    """Where between 0 and 1 a linear function is zero, None where it is not or everywhere."""
    if start == end or min(start, end) > 0 or max(start, end) < 0:
        return None
    return start / (start - end)
