"""What the trees of the games of a coalition and an observer have in common: today's war and tomorrow's crisis.

    Scene         what follows one alignment, and what partner and leader do there
    scenes(...)   after each alignment

posse.kernels.restraint_tree and signalling_tree put the rest of their game's tree around it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from posse.kernels.coalition import ALIGNMENTS, Campaign, Number, Stakes, Tomorrow, campaigns, stakes
from posse.kernels.continuation import Play
from posse.kernels.tree import NATURE, Branch, Leaf, Node, Tree

RESOLUTE, IRRESOLUTE = TYPES = ("resolute", "irresolute")


class Point(NamedTuple):
    """A point of either game, before the observer's alignment."""

    campaigns: tuple[Campaign, Campaign, Campaign]
    tomorrow: Tomorrow
    prize: Number


def point(v: Mapping[str, Number]) -> Point:
    """What the parameters come to."""
    r = v["decisiveness"]
    after_each = campaigns(
        m_L=v["cap_leader"],
        m_P=v["cap_partner"],
        m_T=v["cap_target"],
        m_O=v["cap_observer"],
        r=r,
        spoils=v["spoils"],
        share=v["share"],
        attrition=v["attrition"],
        k_S=v["cost_support"],
        k_B=v["cost_oppose"],
    )
    tomorrow = Tomorrow(
        r=r,
        d=v["diversity"],
        b=v["cost_stay"],
        c_L=v["war_leader"],
        c_P=v["war_partner"],
        c_R=v["war_resolute"],
        c_I=v["war_irresolute"],
        q=v["resolve"],
    )
    return Point(after_each, tomorrow, v["prize"])


class Scene(NamedTuple):
    """What follows one alignment: one chapter of the tree."""

    alignment: str
    campaign: Campaign
    tomorrow: Tomorrow
    prize: Number
    belief: Number  # that the observer is resolute
    play: Play

    def believes(self, kind: str) -> Number:
        return self.belief if kind == RESOLUTE else 1 - self.belief

    def today(self, victory: Tree) -> Node:
        """Today's war; the tree that follows a victory."""
        pi, cost = self.campaign.victory, self.campaign.cost
        defeat = Leaf({"leader": 0, "partner": 0, "observer": 1 - cost, "target": self.prize})
        branches = Branch("victory", pi, victory), Branch("defeat", 1 - pi, defeat)
        return Node(NATURE, "today's war", branches, f"after {self.alignment}")

    def durability(self, crisis: Callable[[bool], Tree], belief: Number = 1) -> Node:
        """The partner's decision to stay or to leave; the tree that follows either."""
        stay = self.play.stay
        branches = Branch("stay", stay, crisis(True)), Branch("leave", 1 - stay, crisis(False))
        return Node("partner", "durability", branches, f"after {self.alignment}", belief=belief)

    def stakes(self, stayed: bool) -> Stakes:
        _, leader, partner, observer, _ = self.campaign
        t = self.tomorrow
        return stakes(leader + partner if stayed else leader, observer, t.c_R, t.c_I, t.r)

    def demand(self, stayed: bool, kind: str) -> Node:
        """The leader's demand on this type of the observer: the two that may be best, or the only one."""
        at = self.stakes(stayed)
        risk = self.play.risky if stayed else self.play.risky_alone
        options = [("safe demand", at.resolute, 1 - risk), ("risky demand", at.irresolute, risk)]
        if at.resolute == at.irresolute:
            options = [("demand", at.resolute, 1)]
        branches = (
            Branch(name, chance, self._reply(stayed, kind, name, at.p, beyond), at.p + beyond)
            for name, beyond, chance in options
        )
        return Node("leader", "demand", tuple(branches), self.situation(stayed), belief=self.believes(kind))

    def _reply(self, stayed: bool, kind: str, demand: str, p: Number, beyond: Number) -> Node:
        """The observer accepts what leaves it no worse than a war; demanded is p and so much beyond."""
        cost = self.tomorrow.c_R if kind == RESOLUTE else self.tomorrow.c_I
        accepts = 1 if beyond <= cost else 0
        situation = f"{self.situation(stayed)}, {demand}"
        ends = (
            Branch(name, chance, self._end(stayed, g, cost)) for name, chance, g in (("win", p, 1), ("lose", 1 - p, 0))
        )
        war = Node(NATURE, "tomorrow's war", tuple(ends), situation, kind)
        branches = Branch("accept", accepts, self._end(stayed, p + beyond)), Branch("fight", 1 - accepts, war)
        return Node("observer", "reply", branches, situation, kind)

    def _end(self, stayed: bool, gain: Number, cost: Number = None) -> Leaf:
        """The challenger holds `gain` in the end; the observer has paid for a war, unless there was none."""
        t, war = self.tomorrow, cost is not None
        return Leaf(
            {
                "leader": self.prize + gain - (t.c_L if war else 0),
                "partner": self.prize + (1 - t.d) * gain - (t.b + (t.c_P if war else 0) if stayed else 0),
                "observer": 1 - gain - (cost if war else 0) - self.campaign.cost,
                "target": 0,
            }
        )

    def situation(self, stayed: bool) -> str:
        return f"after {self.alignment}, {'in coalition' if stayed else 'alone'}"


def scene(at: Point, alignment: int, belief: Number, play: Play) -> Scene:
    """What follows an alignment, where this is believed and played."""
    return Scene(ALIGNMENTS[alignment].name, at.campaigns[alignment], at.tomorrow, at.prize, belief, play)
