"""Criterion D1 (Cho and Kreps 1987) for the game with a signal: docs/signalling.md defines it.

    survives_d1(curve, u, w)   whether an alignment that nobody sends stays unsent, where D1 says what it makes believe

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


def extremes(curve: Curve) -> Extremes:
    s, (u_1, u_0, E_1, E_0) = curve.stays, curve.worth
    never_leaves = s.s_0 & s.s_A & s.s_B
    most_1 = u_1 - where(s.s_C, 0, where(s.s_A, s.rho_1 * E_1, where(s.s_0, E_1, inf)))
    Z_ends = curve.pieces[Z].e + curve.pieces[Z].de
    most_0 = u_0 - where(s.no_C, 0, where(curve.present[Z], Z_ends, where(never_leaves, inf, E_0)))
    return Extremes(most_1, maximum(most_1, most_0), where(never_leaves, inf, u_0 - E_0), curve.deterrent.m_0)


def survives_d1(curve: Curve, u: Number, w: Number) -> Number:
    """Whether both types, who get u and w, keep from this alignment at the beliefs that D1 leaves."""
    u_1, u_0, *_ = curve.worth
    most_1, most, least_0, least = extremes(curve)
    share = (u_0 - u) * quotient(1, u_0 - u_1)  # of the way along the flat pieces
    top, bottom = most_1, least_0
    for k in FLAT:
        at = u - curve.pieces[k].e - share * curve.pieces[k].de
        top = maximum(top, where(curve.present[k], at, -inf))
        bottom = minimum(bottom, where(curve.present[k], at, inf))

    # Some point gives the irresolute type no less and the resolute one no more (weak), or more and less (only).
    no_weak_w = (u < u_1) | (where(u >= u_0, most, top) < w)
    only_w = (u > u_1) & (where(u > u_0, most, top) > w)
    # The other way round.
    no_weak_u = (u > u_0) | (where(u <= u_1, least, bottom) > w)
    only_u = (u < u_0) & (where(u < u_1, least, bottom) < w)

    resolute = where(curve.stays.s_C, u_1, u_0) <= u  # it would not gain, were it believed to be what it is
    irresolute = curve.proven.w <= w
    return where(no_weak_w & only_u, resolute, where(no_weak_u & only_w, irresolute, deters(curve, u, w)))
