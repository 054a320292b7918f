"""What the games of a coalition and an observer have in common: docs/model.md defines it.

    contest(x, y, r)   probability that x wins a war against y
    campaigns(...)     today's war after each alignment of the observer: chances, and capabilities after a victory
    stakes(...)        tomorrow's crisis before the demand: who would win a war, and what each type would concede
    by_alignment(...)  the value that belongs to an alignment
    PARAMETERS, ALIGNMENTS

Words of the family, written as the games are: see posse.kernels.vocabulary.
"""

from typing import Any, NamedTuple

from posse.kernels.declaration import NONNEGATIVE, POSITIVE, UNIT_INTERVAL, Domain, Flag, Parameter
from posse.kernels.vocabulary import minimum, portion, ratio_power, where

Number = Any


class Campaign(NamedTuple):
    """Today's war after one alignment of the observer."""

    victory: Number  # π: probability that the coalition wins
    leader: Number  # capabilities after its victory: m_L'
    partner: Number  # m_P'
    observer: Number  # m_O'
    cost: Number  # k: what the alignment costs the observer


class Tomorrow(NamedTuple):
    """Parameters of tomorrow's crisis."""

    r: Number
    d: Number
    b: Number
    c_L: Number
    c_P: Number
    c_R: Number
    c_I: Number
    q: Number


class Stakes(NamedTuple):
    """Tomorrow's crisis before the leader's demand; each type of the observer concedes up to p + h."""

    p: Number  # probability that the challenger wins a war
    resolute: Number  # h_R: what a resolute observer concedes at most beyond p
    irresolute: Number  # h_I


def contest(x: Number, y: Number, r: Number) -> Number:
    """Contest success function of the ratio form (Tullock 1980): x^r / (x^r + y^r)."""
    # Two ways to write one thing, x / (x + y) and 1 / (1 + (y/x)^r): the first needs no power, the second but one.
    return portion(where(r == 1, x, 1), where(r == 1, y, ratio_power(y, x, r)))


def campaigns(
    m_L: Number,
    m_P: Number,
    m_T: Number,
    m_O: Number,
    r: Number,
    spoils: Number,
    share: Number,
    attrition: Number,
    k_S: Number,
    k_B: Number,
) -> tuple[Campaign, Campaign, Campaign]:
    """After neutrality, support and opposition."""
    coalition = m_L + m_P
    f = m_L / coalition
    all_spoils = spoils * m_T
    rest = (1 - share) * all_spoils
    L, P = m_L + f * all_spoils, m_P + (1 - f) * all_spoils
    return (
        Campaign(contest(coalition, m_T, r), L, P, m_O, 0),
        Campaign(contest(coalition + m_O, m_T, r), m_L + f * rest, m_P + (1 - f) * rest, m_O + share * all_spoils, k_S),
        Campaign(contest(coalition, m_T + m_O, r), L, P, (1 - attrition) * m_O, k_B),
    )


def stakes(M: Number, m_O: Number, c_R: Number, c_I: Number, r: Number) -> Stakes:
    """The crisis between a challenger of capability M and the observer."""
    p = contest(M, m_O, r)
    return Stakes(p, minimum(1 - p, c_R), minimum(1 - p, c_I))


def by_alignment(alignment: Number, neutral: Number, support: Number, oppose: Number) -> Number:
    """The value that belongs to an alignment."""
    return where(alignment == 0, neutral, where(alignment == 1, support, oppose))


PARAMETERS = (
    Parameter("cap_leader", "m_L", POSITIVE, 1.0, "leader's capability"),
    Parameter("cap_partner", "m_P", POSITIVE, 0.5, "partner's capability"),
    Parameter("cap_target", "m_T", POSITIVE, 1.0, "target's capability"),
    Parameter("cap_observer", "m_O", POSITIVE, 1.0, "observer's capability"),
    Parameter("decisiveness", "r", POSITIVE, 1.0, "exponent of the contest success function", common=1.0),
    Parameter("diversity", "d", UNIT_INTERVAL, 0.3, "distance between leader's and partner's preferences"),
    Parameter("spoils", "γ", NONNEGATIVE, 1.0, "capability gained by the victors per unit of the target's capability"),
    Parameter("share", "σ", UNIT_INTERVAL, 0.5, "observer's share of the spoils if it supported"),
    Parameter(
        "attrition",
        "ω",
        Domain(0.0, 1.0, high_open=True),
        0.4,
        "fraction of its capability that the observer loses when its opposition fails",
    ),
    Parameter("cost_support", "k_S", NONNEGATIVE, 0.02, "observer's cost of supporting the coalition"),
    Parameter("cost_oppose", "k_B", NONNEGATIVE, 0.1, "observer's cost of opposing the coalition"),
    Parameter("cost_stay", "b", NONNEGATIVE, 0.02, "partner's cost of remaining in the coalition tomorrow"),
    Parameter("war_leader", "c_L", NONNEGATIVE, 0.1, "leader's cost of war tomorrow"),
    Parameter("war_partner", "c_P", NONNEGATIVE, 0.05, "partner's cost of war tomorrow, if it stayed"),
    Parameter("war_resolute", "c_R", NONNEGATIVE, 0.05, "a resolute observer's cost of war tomorrow"),
    Parameter(
        "war_irresolute",
        "c_I",
        Domain(low=0.0, at_least="war_resolute"),
        0.5,
        "an irresolute observer's cost of war tomorrow",
    ),
    Parameter("resolve", "q", UNIT_INTERVAL, 0.7, "prior probability that the observer is resolute"),
    Parameter("prize", "v", NONNEGATIVE, 1.0, "value of today's war to its winner, in tomorrow's stakes"),
)

ALIGNMENTS = (
    Flag(0, "neutral", "the observer stays out"),
    Flag(1, "support", "the observer joins the coalition"),
    Flag(2, "oppose", "the observer joins the target"),
)
