"""Criterion D1 (Cho and Kreps 1987) for the game with a signal: docs/signalling.md defines it.

    survives_d1(unsent, u, w)   whether an alignment stays unsent, where D1 says what it makes believe

A deviation is ascribed to the type that would gain by it at more of the replies that may be best. These are the points
of the alignment's curve: worth u to the resolute type, and w to the irresolute one.
"""

from math import inf
from typing import NamedTuple

from posse.kernels.coalition import Number
from posse.kernels.continuation import FLAT, Curve, Z, deters
from posse.kernels.vocabulary import maximum, minimum, quotient, where


class Extremes(NamedTuple):
    """Of w on a curve."""

    most_1: Number  # where the partner stays, −∞ if it never does
    most: Number
    least_0: Number  # where it leaves, +∞ if it never does
    least: Number


def extremes(unsent: Curve) -> Extremes:
    """The points at the two ends, u_1 and u_0, of all values of u at which the exposure is least and greatest."""
    s, (u_1, u_0, E_1, E_0) = unsent.stays, unsent.worth
    never_leaves = s.s_0 & s.s_A & s.s_B
    # Where the partner stays to the end, the leader is safe there; else it stayed up to t_1, or only at 0.
    exposed_1 = where(s.s_C, 0, where(s.s_A, unsent.turns.rho_1 * E_1, where(s.s_0, E_1, inf)))
    # Where it leaves in the end, likewise; else the leader came down to the end of Z, or is risky while it leaves.
    end_of_Z = unsent.pieces[Z].e + unsent.pieces[Z].de
    exposed_0 = where(s.no_C, 0, where(unsent.present[Z], end_of_Z, where(never_leaves, inf, E_0)))
    return Extremes(
        most_1=u_1 - exposed_1,
        most=maximum(u_1 - exposed_1, u_0 - exposed_0),
        least_0=where(never_leaves, inf, u_0 - E_0),
        least=unsent.deterrent.m_0,
    )


def survives_d1(unsent: Curve, u: Number, w: Number) -> Number:
    """Whether both types, who get u and w, keep from this alignment at the beliefs that D1 leaves."""
    u_1, u_0, *_ = unsent.worth
    most_1, most, least_0, least = extremes(unsent)
    share = (u_0 - u) * quotient(1, u_0 - u_1)  # of the way along the flat pieces
    top, bottom = most_1, least_0
    for k in FLAT:
        at = u - unsent.pieces[k].e - share * unsent.pieces[k].de
        top = maximum(top, where(unsent.present[k], at, -inf))
        bottom = minimum(bottom, where(unsent.present[k], at, inf))

    # Some point gives the irresolute type no less and the resolute one no more (weak), or more and less (only).
    no_weak_w = (u < u_1) | (where(u >= u_0, most, top) < w)
    only_w = (u > u_1) & (where(u > u_0, most, top) > w)
    # The other way round.
    no_weak_u = (u > u_0) | (where(u <= u_1, least, bottom) > w)
    only_u = (u < u_0) & (where(u < u_1, least, bottom) < w)

    resolute = where(unsent.stays.s_C, u_1, u_0) <= u  # it would not gain, were it believed to be what it is
    irresolute = unsent.proven.w <= w
    return where(no_weak_w & only_u, resolute, where(no_weak_u & only_w, irresolute, deters(unsent, u, w)))
