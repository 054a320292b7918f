"""The game of strategic restraint solved by brute force, in exact fractions: the oracle of the tests.

It walks the game tree from the ends: terminal payoffs, replies of the observer's types, a search over demands, the
partner's choice, the observer's alignment. No closed form of the equilibrium is used, so that it can check one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

Game = Mapping[str, Fraction]
Payoffs = tuple[Fraction, Fraction, Fraction, Fraction]

LEADER, PARTNER, OBSERVER, TARGET = range(4)
NEUTRAL, SUPPORT, OPPOSE = range(3)
REGIMES = {  # (alignment, the partner stays after neutrality, it stays after that alignment)
    (NEUTRAL, False, False): 0,
    (NEUTRAL, True, True): 1,
    (SUPPORT, False, False): 2,
    (SUPPORT, False, True): 3,
    (SUPPORT, True, False): 4,
    (SUPPORT, True, True): 5,
    (OPPOSE, False, False): 6,
    (OPPOSE, False, True): 7,
    (OPPOSE, True, False): 8,
    (OPPOSE, True, True): 9,
}
ZERO, ONE = Fraction(0), Fraction(1)
GRID = tuple(Fraction(k, 12) for k in range(13))  # demands that are tried everywhere


def contest(game: Game, ours: Fraction, theirs: Fraction) -> Fraction:
    """The probability that the side with capability `ours` wins; the decisiveness must be a whole number."""
    exponent = Fraction(game["decisiveness"])
    if exponent.denominator != 1:
        raise ValueError(f"decisiveness {exponent} is no whole number: the contest would not be rational")
    strength = ours**exponent.numerator
    return strength / (strength + theirs**exponent.numerator)


def expected(lottery: list[tuple[Fraction, Payoffs]]) -> Payoffs:
    """Expected payoffs of a chance move, given as (probability, payoffs) pairs."""
    leader, partner, observer, target = (sum((p * ends[k] for p, ends in lottery), ZERO) for k in range(4))
    return leader, partner, observer, target


def alignment_cost(game: Game, alignment: int) -> Fraction:
    """What the observer pays for its alignment."""
    return (ZERO, game["cost_support"], game["cost_oppose"])[alignment]


def defeat(game: Game, alignment: int) -> Payoffs:
    """Terminal payoffs where the coalition loses today's war."""
    return ZERO, ZERO, 1 - alignment_cost(game, alignment), game["prize"]


@dataclass(frozen=True)
class Crisis:
    """Tomorrow's crisis after a victory, an alignment and the partner's decision."""

    game: Game
    alignment: int
    stayed: bool

    def end(self, gain: Fraction, war: bool, cost: Fraction) -> Payoffs:
        """Terminal payoffs: the challenger holds `gain`; `cost` is what war costs the observer's type."""
        game = self.game
        leader = game["prize"] + gain - war * game["war_leader"]
        partner = game["prize"] + (1 - game["diversity"]) * gain
        partner -= self.stayed * (game["cost_stay"] + war * game["war_partner"])
        observer = (1 - gain) - war * cost - alignment_cost(game, self.alignment)
        return leader, partner, observer, ZERO

    @cached_property
    def types(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """The observer's types: probability and cost of war."""
        game = self.game
        return (game["resolve"], game["war_resolute"]), (1 - game["resolve"], game["war_irresolute"])

    @cached_property
    def chance(self) -> Fraction:
        """The probability that the challenger wins a war, with the capabilities that today's victory left."""
        game = self.game
        leader, partner, observer = game["cap_leader"], game["cap_partner"], game["cap_observer"]
        spoils = game["spoils"] * game["cap_target"]
        kept = spoils
        if self.alignment == SUPPORT:
            kept = (1 - game["share"]) * spoils
            observer += game["share"] * spoils
        if self.alignment == OPPOSE:
            observer -= game["attrition"] * observer
        leaders_part = leader / (leader + partner)
        challenger = leader + leaders_part * kept
        if self.stayed:
            challenger += partner + (1 - leaders_part) * kept
        return contest(game, challenger, observer)

    @cached_property
    def fights(self) -> tuple[Payoffs, ...]:
        """Expected payoffs of a war against each type."""
        p = self.chance
        return tuple(
            expected([(p, self.end(ONE, True, cost)), (1 - p, self.end(ZERO, True, cost))]) for _, cost in self.types
        )

    @cached_property
    def indifference(self) -> tuple[Fraction, ...]:
        """For each type, the demand (of any size) at which accepting is as good as fighting."""
        points = []
        for (_, cost), fight in zip(self.types, self.fights, strict=True):
            nothing, everything = (self.end(x, False, cost)[OBSERVER] for x in (ZERO, ONE))
            points.append((nothing - fight[OBSERVER]) / (nothing - everything))
        return tuple(points)

    def replies(self, demand: Fraction) -> list[tuple[Fraction, bool, Payoffs]]:
        """For each type: its probability, whether it fights, and what follows. It accepts when indifferent."""
        peace = self.end(demand, False, ZERO)
        return [
            (probability, True, fight) if fight[OBSERVER] > peace[OBSERVER] else (probability, False, peace)
            for (probability, _), fight in zip(self.types, self.fights, strict=True)
        ]

    def leader_value(self, demand: Fraction) -> Fraction:
        """The leader's expected payoff of a demand against the types' best replies."""
        return sum((probability * ends[LEADER] for probability, _, ends in self.replies(demand)), ZERO)

    @cached_property
    def demand(self) -> Fraction:
        """The best demand found by search, the smallest of equals."""
        points = sorted({*GRID, *(x for x in self.indifference if 0 <= x <= 1)})
        points += [(low + high) / 2 for low, high in pairwise(points)]
        return min(points, key=lambda x: (-self.leader_value(x), x))

    @cached_property
    def war(self) -> Fraction:
        """The probability that the demand ends in war."""
        return sum((probability for probability, fights, _ in self.replies(self.demand) if fights), ZERO)

    @cached_property
    def payoffs(self) -> Payoffs:
        """Expected payoffs at the leader's best demand."""
        return expected([(probability, ends) for probability, _, ends in self.replies(self.demand)])


@dataclass(frozen=True)
class Branch:
    """The game after one alignment."""

    game: Game
    alignment: int

    @cached_property
    def stay(self) -> Crisis:
        """The crisis if the coalition remains intact."""
        return Crisis(self.game, self.alignment, True)

    @cached_property
    def leave(self) -> Crisis:
        """The crisis if the coalition disbands."""
        return Crisis(self.game, self.alignment, False)

    @cached_property
    def partner_gain(self) -> Fraction:
        """What the partner gains by staying."""
        return self.stay.payoffs[PARTNER] - self.leave.payoffs[PARTNER]

    @property
    def durable(self) -> bool:
        """Whether the partner stays; it does when indifferent."""
        return self.partner_gain >= 0

    @property
    def crisis(self) -> Crisis:
        """The crisis that follows the partner's choice."""
        return self.stay if self.durable else self.leave

    @cached_property
    def victory(self) -> Fraction:
        """The probability that the coalition wins today's war."""
        game = self.game
        coalition, target, observer = game["cap_leader"] + game["cap_partner"], game["cap_target"], game["cap_observer"]
        if self.alignment == SUPPORT:
            coalition += observer
        if self.alignment == OPPOSE:
            target += observer
        return contest(game, coalition, target)

    def payoffs(self, crisis: Crisis) -> Payoffs:
        """Expected payoffs from the alignment stage on, where victory leads to this crisis."""
        return expected([(self.victory, crisis.payoffs), (1 - self.victory, defeat(self.game, self.alignment))])


@dataclass(frozen=True)
class Solution:
    """The equilibrium, and the branches and the observer's payoffs from which it was chosen."""

    regime: int
    payoff: Payoffs
    alignment: int
    committed_alignment: int
    durability: int
    victory: Fraction
    war: Fraction
    demand: Fraction
    margin: Fraction
    branches: tuple[Branch, ...]
    values: tuple[Fraction, ...]


def align(values: tuple[Fraction, ...]) -> int:
    """The observer's best alignment; neutral before support before oppose when tied."""
    return max((NEUTRAL, SUPPORT, OPPOSE), key=lambda alignment: (values[alignment], -alignment))


def solve(game: Game) -> Solution:
    """The equilibrium of the game at one point of its domain, all parameters given as fractions."""
    branches = tuple(Branch(game, alignment) for alignment in (NEUTRAL, SUPPORT, OPPOSE))
    values = tuple(branch.payoffs(branch.crisis)[OBSERVER] for branch in branches)
    committed_values = tuple(branch.payoffs(branch.leave)[OBSERVER] for branch in branches)
    alignment = align(values)
    path = branches[alignment]
    _, second, best = sorted(values)
    return Solution(
        regime=REGIMES[alignment, branches[NEUTRAL].durable, path.durable],
        payoff=path.payoffs(path.crisis),
        alignment=alignment,
        committed_alignment=align(committed_values),
        durability=sum(branch.durable << branch.alignment for branch in branches),
        victory=path.victory,
        war=path.victory * path.crisis.war,
        demand=path.crisis.demand,
        margin=best - second,
        branches=branches,
        values=values,
    )
