"""What may follow one alignment of an observer that knows its resolve: docs/signalling.md defines it.

    curve(campaign, tomorrow) -> Curve    all that partner and leader may do, over all beliefs about the observer
    deters(unsent, u, w)                  whether some belief keeps types that get u and w from this alignment
    play_at(piece, at) -> Play            what is played so far along a piece

A continuation is worth u to a resolute observer and w = u − e to an irresolute one; e is its exposure to a risky
demand. As the belief that the observer is resolute goes from 0 to 1, (u, e) runs through a connected polygon. It is
made of the points at which nobody mixes, and of up to five pieces, each at one belief:

    A   the partner mixes while the leader is risky
    T   partner and leader mix
    V   the leader mixes after the partner stayed       (upright: u does not change)
    H   the partner mixes while the leader is safe after it stayed
    Z   the leader mixes after the partner left         (upright)
"""

from math import inf
from typing import NamedTuple

from posse.kernels.coalition import Campaign, Number, Stakes, Tomorrow, stakes
from posse.kernels.vocabulary import minimum, quotient, where

A, T, V, H, Z = range(5)
FLAT = (A, T, H)
UPRIGHT = (V, Z)


class Play(NamedTuple):
    """What partner and leader do after an alignment and a victory."""

    stay: Number  # s: probability that the partner stays
    risky: Number  # r_1: probability of the risky demand if it stayed
    risky_alone: Number  # r_0: if it left


class Settled(NamedTuple):
    """What follows where nobody mixes."""

    play: Play
    u: Number
    w: Number


class Piece(NamedTuple):
    """A part of the curve on which somebody mixes, linear from its first to its second end."""

    belief: Number  # the prior where the piece is absent: then no strict comparison with it holds
    u: Number  # at the first end
    e: Number
    du: Number  # from there to the second end; 0 where the piece is upright
    de: Number
    first: Play
    second: Play


class Curve(NamedTuple):
    """What may follow one alignment."""

    victory: Number  # π
    together: Stakes
    alone: Stakes
    worth: "Worth"
    pooled: Settled  # at the prior
    proven: Settled  # where the observer is known to be irresolute
    pieces: tuple[Piece, ...]  # A, T, V, H, Z
    deterrent: "Deterrent"
    stays: "Stays"
    turns: "Turns"
    present: tuple[Number, ...]  # whether the curve has each of the pieces


class Worth(NamedTuple):
    """What a continuation is worth to the observer."""

    u_1: Number  # to a resolute one, if the partner stays
    u_0: Number  # if it leaves; no less
    E_1: Number  # exposure of an irresolute one to a risky demand, if the partner stays
    E_0: Number


class Deterrent(NamedTuple):
    """The least w on the curve, by u."""

    m_1: Number  # where the partner stays; +∞ if it never does
    m_0: Number  # of all
    kappa: Number  # exposure along the first of the flat pieces, which is the largest: at u_0,
    slope: Number  # and how it changes as u falls: it never grows


class Thresholds(NamedTuple):
    """Beliefs below which the leader is risky."""

    t_1: Number  # after the partner stayed
    t_0: Number  # after it left; no lower
    joint: Number  # whether they are the same


class Gains(NamedTuple):
    """What the partner gains by staying, at one belief."""

    risky: Number  # while the leader is risky
    risky_alone: Number  # while it is risky only if the partner leaves
    safe: Number  # while it is safe


class Stays(NamedTuple):
    """Whether the partner stays, as the belief goes up; there is no word for "not", so that each has its contrary."""

    s_0: Number  # at 0
    s_A: Number  # at t_1, before the leader turns
    s_B: Number  # at t_1, after that
    s_C: Number  # from t_0 on
    no_0: Number
    no_A: Number
    no_B: Number
    no_b: Number  # just below t_0
    no_C: Number


class Turns(NamedTuple):
    """What makes the partner indifferent."""

    rho_1: Number  # the risk after staying, at t_1
    rho_0: Number  # the risk after leaving, at t_0
    below: Number  # the belief between 0 and t_1
    above: Number  # the belief from t_1 to t_0


def curve(campaign: Campaign, tomorrow: Tomorrow) -> Curve:
    """What may follow this alignment."""
    pi, m_L, m_P, m_O, cost = campaign
    r, c_R, c_I, q = tomorrow.r, tomorrow.c_R, tomorrow.c_I, tomorrow.q
    together, alone = stakes(m_L + m_P, m_O, c_R, c_I, r), stakes(m_L, m_O, c_R, c_I, r)
    t = thresholds(together, alone, tomorrow.c_L)
    stays, turns = partner(together, alone, t, tomorrow)
    worth = Worth(
        u_1=1 - pi * (together.p + together.resolute) - cost,
        u_0=1 - pi * (alone.p + alone.resolute) - cost,
        E_1=pi * (together.irresolute - together.resolute),
        E_0=pi * (alone.irresolute - alone.resolute),
    )
    present, parts = pieces(worth, t, stays, turns, q)
    return Curve(
        victory=pi,
        together=together,
        alone=alone,
        worth=worth,
        pooled=settled(q, worth, t, stays, gains(q, together, alone, tomorrow)),
        proven=settled(0, worth, t, stays, gains(0, together, alone, tomorrow)),
        pieces=parts,
        deterrent=deterrent(worth, stays, turns, present, parts),
        stays=stays,
        turns=turns,
        present=present,
    )


def thresholds(together: Stakes, alone: Stakes, c_L: Number) -> Thresholds:
    """The beliefs at which the leader is indifferent between its demands."""
    t_1 = quotient(together.irresolute - together.resolute, together.irresolute + c_L)
    t_0 = quotient(alone.irresolute - alone.resolute, alone.irresolute + c_L)
    return Thresholds(t_1, t_0, t_1 == t_0)


def gains(mu: Number, together: Stakes, alone: Stakes, tomorrow: Tomorrow) -> Gains:
    """What the partner gains by staying, at this belief."""
    near, far = 1 - tomorrow.d, 1 - mu
    risky_1, safe_1 = together.p + far * together.irresolute, together.p + together.resolute
    risky_0, safe_0 = alone.p + far * alone.irresolute, alone.p + alone.resolute
    return Gains(
        risky=near * (risky_1 - risky_0) - tomorrow.b - tomorrow.c_P * mu,
        risky_alone=near * (safe_1 - risky_0) - tomorrow.b,
        safe=near * (safe_1 - safe_0) - tomorrow.b,
    )


def partner(together: Stakes, alone: Stakes, t: Thresholds, tomorrow: Tomorrow) -> tuple[Stays, Turns]:
    """Whether the partner stays, at all beliefs."""
    at_zero, at_t_1, at_t_0 = (gains(mu, together, alone, tomorrow) for mu in (0, t.t_1, t.t_0))
    f_A0, f_A1, f_C = at_zero.risky, at_t_1.risky, at_zero.safe
    f_B0, f_B1 = where(t.joint, f_C, at_t_1.risky_alone), where(t.joint, f_C, at_t_0.risky_alone)
    s_B, no_B = f_B0 >= 0, f_B0 < 0
    s_b, no_b = s_B | (f_B1 >= 0), no_B & (f_B1 < 0)  # from t_1 on, what it gains never falls
    stays = Stays(
        s_0=f_A0 >= 0,
        s_A=f_A1 >= 0,
        s_B=s_B,
        s_C=s_b | (f_C >= 0),
        no_0=f_A0 < 0,
        no_A=f_A1 < 0,
        no_B=no_B,
        no_b=no_b,
        no_C=no_b & (f_C < 0),
    )
    return stays, Turns(
        rho_1=quotient(f_B0, f_B0 - f_A1),
        rho_0=where(s_b, 1, quotient(f_C, f_C - f_B1)),
        below=t.t_1 * quotient(f_A0, f_A0 - f_A1),
        above=where(s_b, t.t_1 + (t.t_0 - t.t_1) * quotient(f_B0, f_B0 - f_B1), t.t_0),
    )


def settled(mu: Number, worth: Worth, t: Thresholds, stays: Stays, gain: Gains) -> Settled:
    """What follows at a belief at which nobody mixes."""
    risky, risky_alone = mu < t.t_1, mu < t.t_0
    stay = where(risky, gain.risky >= 0, where(risky_alone, gain.risky_alone >= 0, stays.s_C))
    u = where(stay, worth.u_1, worth.u_0)
    e = where(stay, where(risky, worth.E_1, 0), where(risky_alone, worth.E_0, 0))
    return Settled(Play(where(stay, 1, 0), where(risky, 1, 0), where(risky_alone, 1, 0)), u, u - e)


def pieces(
    worth: Worth, t: Thresholds, stays: Stays, turns: Turns, q: Number
) -> tuple[tuple[Number, ...], tuple[Piece, ...]]:
    """Which of the five pieces there are, and the pieces; docs/signalling.md has them in a table."""
    s, (rho_1, rho_0, below, above) = stays, turns
    present = (
        (s.s_0 & s.no_A) | (s.no_0 & s.s_A),
        (s.s_A & s.no_B) | (s.no_A & s.s_B),
        s.s_A | s.s_B,
        s.s_C & s.no_B,
        where(t.joint, s.no_A, s.no_b),
    )
    beliefs = (below, t.t_1, t.t_1, above, t.t_0)
    from_V, to_V = where(s.s_A, 1, rho_1), where(s.s_B, 0, rho_1)
    to_Z = where(s.no_C, 0, where(t.joint, rho_1, rho_0))

    def alike(risky: Number, otherwise: Number) -> Number:
        """At a joint threshold the leader faces the same problem twice, and mixes alike."""
        return where(t.joint, risky, otherwise)

    ends = (
        (Play(0, 1, 1), Play(1, 1, 1)),
        (Play(0, rho_1, alike(rho_1, 1)), Play(1, rho_1, alike(rho_1, 1))),
        (Play(1, from_V, alike(from_V, 1)), Play(1, to_V, alike(to_V, 1))),
        (Play(0, 0, rho_0), Play(1, 0, rho_0)),
        (Play(0, alike(1, 0), 1), Play(0, alike(to_Z, 0), to_Z)),
    )
    usable = [where(there & (mu > 0) & (q > 0), mu, q) for there, mu in zip(present, beliefs, strict=True)]
    return present, tuple(piece(mu, worth, *end) for mu, end in zip(usable, ends, strict=True))


def piece(belief: Number, worth: Worth, first: Play, second: Play) -> Piece:
    """The piece between two plays, in which the partner does not mix: there `stay` is the number 0 or 1."""
    (u, e), (v, f) = (
        (worth.u_1, play.risky * worth.E_1) if play.stay else (worth.u_0, play.risky_alone * worth.E_0)
        for play in (first, second)
    )
    return Piece(belief, u, e, 0 if first.stay == second.stay else v - u, f - e, first, second)


def deterrent(
    worth: Worth, stays: Stays, turns: Turns, present: tuple[Number, ...], parts: tuple[Piece, ...]
) -> Deterrent:
    """The least w on the curve, by u."""
    u_1, u_0, E_1, E_0 = worth
    s = stays
    m_1 = u_1 - where(s.s_0 | s.s_A, E_1, where(s.s_B, turns.rho_1 * E_1, where(s.s_C, 0, -inf)))
    kappa, growth = -inf, 0
    for k in reversed(FLAT):
        kappa, growth = where(present[k], parts[k].e, kappa), where(present[k], parts[k].de, growth)
    return Deterrent(
        m_1=m_1,
        m_0=where(s.s_0 & s.s_A & s.s_B, m_1, minimum(m_1, u_0 - E_0)),
        kappa=kappa,
        slope=growth * quotient(1, u_0 - u_1),
    )


def deters(unsent: Curve, u: Number, w: Number) -> Number:
    """Whether the curve has a point that is worth no more than u and w to the two types."""
    m_1, m_0, kappa, slope = unsent.deterrent
    u_1, u_0, *_ = unsent.worth
    between = minimum(m_1, u - kappa - slope * (u_0 - u))
    return (u >= u_1) & (where(u >= u_0, m_0, between) <= w)


def play_at(part: Piece, at: Number) -> Play:
    """What is played so far along a piece, from 0 to 1."""
    return Play(*(a + at * (b - a) for a, b in zip(part.first, part.second, strict=True)))
