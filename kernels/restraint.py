"""The game of strategic restraint, in the spirit of Wolford's sketch of 2010; docs/model.md defines it.

    crisis(...)    -> what tomorrow's demand brings: gain, risk of war, demand, value to the observer
    aftermath(...) -> whether the partner stays after a victory today, and the crisis that follows
    solve(...)     -> the equilibrium: regime, payoffs and the rest

One definition for every arithmetic: see posse.kernels.vocabulary. Ties: a type accepts when indifferent,
the leader takes the smaller demand, the partner stays, the observer prefers neutral to support to oppose.
"""

from typing import TYPE_CHECKING, NamedTuple

from posse.kernels.coalition import (
    ALIGNMENTS,
    PARAMETERS,
    Campaign,
    Number,
    Tomorrow,
    by_alignment,
    campaigns,
    stakes,
)
from posse.kernels.declaration import Flag, Game, Output
from posse.kernels.vocabulary import maximum, minimum, where

if TYPE_CHECKING:
    from posse.kernels.tree import Tree


class Crisis(NamedTuple):
    """Tomorrow's crisis between the challenger and the observer, before the observer's type is known."""

    gain: Number  # E[g]: what the challenger holds at the end
    war: Number  # probability of war
    demand: Number  # x, the leader's demand
    value: Number  # what the observer keeps, net of its cost of war


class Aftermath(NamedTuple):
    """What follows a coalition victory today."""

    stays: Number  # whether the partner stays
    crisis: Crisis  # the crisis on the path
    alone: Crisis  # the crisis had the partner left


class Equilibrium(NamedTuple):
    """The solution; fields are the game's outputs."""

    regime: Number
    payoff: tuple[Number, Number, Number, Number]
    alignment: Number
    committed_alignment: Number
    durability: Number
    victory: Number
    war: Number
    demand: Number
    margin: Number


def crisis(M: Number, m_O: Number, q: Number, c_L: Number, c_R: Number, c_I: Number, r: Number) -> Crisis:
    """The leader's best demand against an observer that is resolute with probability q."""
    p, h_R, h_I = stakes(M, m_O, c_R, c_I, r)
    risky = q * (h_I + c_L) < h_I - h_R
    return Crisis(
        gain=p + where(risky, (1 - q) * h_I, h_R),
        war=where(risky, q, 0),
        demand=p + where(risky, h_I, h_R),
        value=(1 - p) - where(risky, (1 - q) * h_I + q * h_R, h_R),
    )


def aftermath(campaign: Campaign, tomorrow: Tomorrow) -> Aftermath:
    """The partner's choice to stay or leave, given capabilities after today's victory."""
    r, d, b, c_L, c_P, c_R, c_I, q = tomorrow
    together = crisis(campaign.leader + campaign.partner, campaign.observer, q, c_L, c_R, c_I, r)
    alone = crisis(campaign.leader, campaign.observer, q, c_L, c_R, c_I, r)
    stays = (1 - d) * (together.gain - alone.gain) >= b + c_P * together.war
    return Aftermath(
        stays=stays,
        crisis=Crisis(
            gain=where(stays, together.gain, alone.gain),
            war=where(stays, together.war, alone.war),
            demand=where(stays, together.demand, alone.demand),
            value=where(stays, together.value, alone.value),
        ),
        alone=alone,
    )


def choose(u_N: Number, u_S: Number, u_B: Number) -> Number:
    """The observer's best alignment: 0 neutral, 1 support, 2 oppose; the first when indifferent."""
    return where((u_N >= u_S) & (u_N >= u_B), 0, where(u_S >= u_B, 1, 2))


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
) -> Equilibrium:
    """The perfect Bayesian equilibrium, by backward induction."""
    r = decisiveness
    campaign = campaigns(
        cap_leader, cap_partner, cap_target, cap_observer, r, spoils, share, attrition, cost_support, cost_oppose
    )
    (pi_N, *_), (pi_S, *_, k_S), (pi_B, *_, k_B) = campaign
    tomorrow = Tomorrow(r, diversity, cost_stay, war_leader, war_partner, war_resolute, war_irresolute, resolve)
    N, S, B = (aftermath(c, tomorrow) for c in campaign)

    # Alignment: as things are, and as they would be if the coalition could promise to disband.
    u_N = (1 - pi_N) + pi_N * N.crisis.value
    u_S = (1 - pi_S) + pi_S * S.crisis.value - k_S
    u_B = (1 - pi_B) + pi_B * B.crisis.value - k_B
    alignment = choose(u_N, u_S, u_B)
    committed = choose(
        (1 - pi_N) + pi_N * N.alone.value,
        (1 - pi_S) + pi_S * S.alone.value - k_S,
        (1 - pi_B) + pi_B * B.alone.value - k_B,
    )
    best = maximum(u_N, maximum(u_S, u_B))
    second = maximum(minimum(u_N, u_S), minimum(maximum(u_N, u_S), u_B))

    # On the path.
    pi = by_alignment(alignment, pi_N, pi_S, pi_B)
    gain = by_alignment(alignment, N.crisis.gain, S.crisis.gain, B.crisis.gain)
    war = by_alignment(alignment, N.crisis.war, S.crisis.war, B.crisis.war)
    stays = by_alignment(alignment, N.stays, S.stays, B.stays)
    burden = where(stays, cost_stay + war_partner * war, 0)
    return Equilibrium(
        regime=by_alignment(
            alignment,
            where(N.stays, 1, 0),
            where(N.stays, where(S.stays, 5, 4), where(S.stays, 3, 2)),
            where(N.stays, where(B.stays, 9, 8), where(B.stays, 7, 6)),
        ),
        payoff=(
            pi * (prize + gain - war * war_leader),
            pi * (prize + (1 - diversity) * gain - burden),
            best,
            (1 - pi) * prize,
        ),
        alignment=alignment,
        committed_alignment=committed,
        durability=where(N.stays, 1, 0) + where(S.stays, 2, 0) + where(B.stays, 4, 0),
        victory=pi,
        war=pi * war,
        demand=by_alignment(alignment, N.crisis.demand, S.crisis.demand, B.crisis.demand),
        margin=best - second,
    )


def tree(**parameters: Number) -> "Tree":
    """The extensive form at one point, with the equilibrium."""
    from posse.kernels import restraint_tree  # which is made of the functions above

    return restraint_tree.tree(**parameters)


# Greys for neutrality, blues and green for support, warm colours for opposition; told apart by colour-blind readers.
REGIMES = (
    Flag(0, "reassured_neutrality", "neutral; the coalition disbands, as it would have anyway", "#e6e6e6"),
    Flag(1, "resigned_neutrality", "neutral, although the coalition will remain", "#8c8c8c"),
    Flag(2, "opportunistic_bandwagoning", "support; the coalition disbands, as after neutrality", "#a6dcf7"),
    Flag(3, "binding_bandwagoning", "support makes a coalition remain that would have disbanded", "#3f8fd0"),
    Flag(4, "disingenuous_bandwagoning", "support splits a coalition that would have remained", "#17206e"),
    Flag(5, "accommodating_bandwagoning", "support; the coalition remains, as after neutrality", "#0f6b3f"),
    Flag(6, "leader_balancing", "opposition; the coalition disbands, as after neutrality", "#ffd54d"),
    Flag(7, "binding_balancing", "opposition makes a coalition remain that would have disbanded", "#ee8122"),
    Flag(8, "splitting_balancing", "opposition splits a coalition that would have remained", "#a8277a"),
    Flag(9, "coalition_balancing", "opposition; the coalition remains, as after neutrality", "#6b0a14"),
)

GROUPS = (
    ("alignment", ("neutral",) * 2 + ("support",) * 4 + ("oppose",) * 4),
    ("coalition", ("disbands", "remains") * 5),
)

DURABILITY = (
    Flag(1, "stays_after_neutrality", "the partner stays after neutrality"),
    Flag(2, "stays_after_support", "the partner stays after support"),
    Flag(4, "stays_after_opposition", "the partner stays after opposition"),
)

RESTRAINT = Game(
    name="restraint",
    title="The game of strategic restraint",
    version="1",
    parameters=PARAMETERS,
    outputs=(
        Output("regime", "codes", "equilibrium regime", REGIMES, groups=GROUPS),
        Output(
            "payoff",
            "real",
            "expected equilibrium payoff, from the alignment stage on",
            dimension=("player", ("leader", "partner", "observer", "target")),
        ),
        Output("alignment", "codes", "observer's alignment", ALIGNMENTS),
        Output("committed_alignment", "codes", "observer's alignment if the coalition had to disband", ALIGNMENTS),
        Output("durability", "flags", "after which alignments the partner would stay", DURABILITY),
        Output("victory", "real", "probability that the coalition wins today"),
        Output("war", "real", "unconditional probability of war tomorrow"),
        Output("demand", "real", "leader's demand, if the coalition wins"),
        Output("margin", "real", "observer's best payoff less its second best over alignments"),
    ),
    default_outputs=("regime", "payoff"),
    solve=solve,
    tree=tree,
    reference=(
        "In the spirit of S. Wolford, Interstate Coalitions and Strategic Restraint (2010); "
        "every functional form is posse's own, see docs/model.md"
    ),
)
