"""Proofs by cases: a claim proved at all of its points at once, in exact arithmetic (posse.kernels.proof).

by_cases(claim, box, until) -> number of cases
"""

from math import inf
from time import monotonic

from posse.claims.arithmetics import symbols
from posse.claims.language import Claim
from posse.claims.scope import Box
from posse.kernels.algebra import Table
from posse.kernels.forms import Bounds, Fork, TooHard
from posse.kernels.proof import Prover

FORKS = 6  # values on which a definition turns, one after another


def by_cases(claim: Claim, box: Box, until: float = inf) -> int | None:
    """In how many cases a claim is proved; 0 where no proof was found, None where none will be, in any time.

    until: by monotonic(), when it gives up.
    """
    return _by_forks(claim, box, box, until, FORKS)


def _by_forks(claim: Claim, whole: Box, box: Box, until: float, forks: int) -> int | None:
    """box: the part of the whole that the first point of the claim is in; a second one may be anywhere."""
    try:
        return _prove(claim, whole, box, until)
    except (TooHard, RecursionError):
        return None if monotonic() < until else 0
    except Fork as fork:
        if not forks:
            return 0
        bounds = box[fork.name]
        there = Bounds(fork.value, fork.value)
        elsewhere = bounds._replace(apart=(*bounds.apart, fork.value))
        cases = [_by_forks(claim, whole, {**box, fork.name: b}, until, forks - 1) for b in (there, elsewhere)]
        if None in cases:
            return None
        return sum(n or 0 for n in cases) if all(cases) else 0


def _prove(claim: Claim, whole: Box, box: Box, until: float) -> int:
    table = Table(until)
    values = {
        name: table.number(bounds.low) if bounds.low == bounds.high is not None else table.parameter(name, bounds)
        for name, bounds in box.items()
    }
    prover = Prover(table, [values[low] <= values[high] for low, high in claim.game.order])
    said = claim.holds(claim.world(values, symbols(table), whole))
    if not all(prover.prove((divisor > 0) | (divisor < 0)) for divisor in table.divisors):
        raise TooHard("a division by what may be 0")
    if not all(prover.prove((base > 0) | ((base >= 0) & (power >= 0))) for base, power in table.powers):
        raise TooHard("a power of what may be negative, or of 0")
    return prover.prove(said)
