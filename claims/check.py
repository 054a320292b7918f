"""Whether a claim about a game holds everywhere.

    check(game, claim, box) -> Verdict

First a counterexample is looked for; then a proof in exact arithmetic, by cases (posse.kernels.proof); then, in a box
with ends, a proof by intervals, in ever smaller boxes (posse.kernels.subdivision).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf
from numbers import Real
from time import monotonic
from typing import Any

import numpy as np

from posse.claims.boxes import Box, meant, parts
from posse.claims.exact import INTERVALS, Point, fails, near, simplest, symbols
from posse.claims.language import Claim, read
from posse.claims.search import counterexample
from posse.claims.world import World
from posse.kernels.algebra import Bounds, Fork, Table, TooHard
from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.intervals import Interval, Truth
from posse.kernels.proof import Prover
from posse.kernels.subdivision import Bits, Floats, Leaves, subdivide

SECONDS = 20.0
ROUNDS = 0.02, 0.06, 0.15  # shares of the time for a counterexample and then for a proof by cases, in turn
FALSE, TRUE = np.uint64(1), np.uint64(2)  # bits of what a claim may be in a box
FORKS = 6  # values on which a definition turns, one after another


@dataclass(frozen=True)
class Verdict:
    """What is known of a claim.

    answer: "proved", "refuted" or "undecided".
    cases, boxes: of a proof, how many it took; 0 where there was none of the kind.
    counterexample: values of the parameters at which the claim fails; where it compares two points, those that change
        are lists of two.
    undecided: share of the box in which the claim may still fail, None where the box has no end, or it compares points.
    """

    claim: str
    answer: str
    cases: int = 0
    boxes: int = 0
    counterexample: Mapping[str, Any] | None = None
    undecided: float | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        """The answer, and in a few words how it was found."""
        counted = ((self.cases, "case", "cases"), (self.boxes, "box", "boxes"))
        how = " and ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in counted if n)
        if self.answer == "proved" and not how:
            how = "no point meets its premise"
        if self.answer == "undecided":
            left = "no more than 0.01%" if (self.undecided or 0) < 1e-4 else f"{self.undecided:.2%}"
            how = "no proof, no counterexample" if self.undecided is None else f"{left} of the box is left"
        return f"{self.answer} ({how})" if how else self.answer


def check(
    game: str | Game,
    claim: str,
    box: Mapping[str, Any] | None = None,
    fixed: Mapping[str, float] | None = None,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Verdict:
    """Prove a claim about a game, or refute it by a counterexample, or say that neither was possible.

    claim: see docs/claims.md, as in "share == 0 implies alignment != support".
    box: (low, high) for each parameter that varies, others have their defaults; if left out, the claim is about all
        points of the game.
    fixed: values of parameters that do not vary. seconds: about how long it may take. seed: of the search.

    Raises InputError, which names what is wrong and what there is.

    >>> print(posse.check("restraint", "spoils * share == 0 implies alignment != support"))
    proved (8 cases)
    >>> found = posse.check("restraint", "alignment != oppose", box={"diversity": (0, 1)})
    >>> found.answer, found.counterexample["diversity"]
    ('refuted', ...)
    """
    started = monotonic()
    chosen = game if isinstance(game, Game) else find_game(game)
    said = read(chosen, claim)
    if not isinstance(seconds, Real) or not seconds > 0:
        raise InputError(f"seconds: {seconds!r} is not allowed; it is a number above 0")
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: {seed!r} is not allowed; it is a whole number from 0")
    found = _answer(said, parts(said, meant(chosen, box, fixed)), seconds, seed)
    return replace(found, seconds=monotonic() - started)


def _answer(claim: Claim, boxes: list[Box], seconds: float, seed: int) -> Verdict:
    """boxes: parts of what the claim is about; where there is none, there is nothing to fail."""
    until, cases, left = monotonic() + seconds, 0, boxes
    hopeless: list[Box] = []
    for k, share in enumerate(ROUNDS):
        for part in [*left, *hopeless]:
            each = share * seconds / (len(left) + len(hopeless))
            if point := counterexample(claim, part, each, seed + k, is_usual=k < len(ROUNDS) - 1):
                return _refuted(claim, point)
        found = [by_cases(claim, part, monotonic() + share * seconds / len(left)) for part in left]
        cases += sum(n or 0 for n in found)
        hopeless += [part for part, n in zip(left, found, strict=True) if n is None]
        left = [part for part, n in zip(left, found, strict=True) if n == 0]
    return _by_boxes(claim, [*left, *hopeless], cases, until, seed + len(ROUNDS))


def _refuted(claim: Claim, point: Point) -> Verdict:
    world = World(claim.game, claim.outputs, point, INTERVALS, {name: Bounds() for name in point})
    second = world if claim.how == "always" else world.moved(claim.how, claim.moved)
    names = [p.name for p in claim.game.parameters]
    told = {name: [_told(w.values[name]) for w in (world, second)] for name in names}
    return Verdict(
        claim.text,
        "refuted",
        counterexample={n: pair if n in claim.moved else pair[0] for n, pair in told.items()},
    )


def _told(value: Fraction) -> float | Fraction:
    """A decimal where it is one."""
    return float(value) if Fraction(repr(float(value))) == value else value


def by_cases(claim: Claim, box: Box, until: float = inf) -> int | None:
    """In how many cases a claim is proved in exact arithmetic; 0 where no proof was found, None where none will be."""
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
        return sum(n or 0 for n in cases) if all(cases) else None if None in cases else 0


def _prove(claim: Claim, whole: Box, box: Box, until: float) -> int:
    table = Table(until)
    values = {
        name: table.number(bounds.low) if bounds.low == bounds.high is not None else table.parameter(name, bounds)
        for name, bounds in box.items()
    }
    prover = Prover(table, [values[low] <= values[high] for low, high in claim.game.order])
    said = claim.holds(World(claim.game, claim.outputs, values, symbols(table), whole))
    if not all(prover.prove((divisor > 0) | (divisor < 0)) for divisor in table.divisors):
        raise TooHard("a division by what may be 0")
    if not all(prover.prove((base > 0) | ((base >= 0) & (power >= 0))) for base, power in table.powers):
        raise TooHard("a power of what may be negative, or of 0")
    return prover.prove(said)


def _by_boxes(claim: Claim, boxes: list[Box], cases: int, until: float, seed: int) -> Verdict:
    """What is left of a claim proved or refuted in ever smaller boxes, as far as time allows."""
    count, undecided = 0, 0.0
    for k, part in enumerate(boxes):
        free = [name for name, bounds in part.items() if bounds.low != bounds.high]
        ends = any(part[name].low is None or part[name].high is None for name in free)
        seconds = max(0.0, until - monotonic()) / (len(boxes) - k)
        if claim.how != "always" or ends:
            if point := counterexample(claim, part, seconds, seed):
                return _refuted(claim, point)
            return Verdict(claim.text, "undecided")
        found, point = _subdivided(claim, part, free, seconds)
        if point:
            return _refuted(claim, point)
        count += found.asked
        undecided = max(undecided, float((0.5 ** found.halvings[found.codes != TRUE]).sum()))
    if undecided:
        return Verdict(claim.text, "undecided", boxes=count, undecided=undecided)
    return Verdict(claim.text, "proved", cases, count)


def _subdivided(claim: Claim, box: Box, free: list[str], seconds: float) -> tuple[Leaves, Point | None]:
    """Boxes in which a claim holds, or may; and a point at which it fails, if one was met."""
    until, leaves, tried = monotonic() + seconds, None, 0

    def enclose(low: Floats, high: Floats) -> Bits:
        return _truth(claim, box, free, low, high)

    while True:
        most = 2 * len(leaves) + 1024 if leaves else 1024
        leaves = subdivide(enclose, len(free), 2.0**-40, leaves, most, until - monotonic())
        suspects = np.flatnonzero(leaves.codes == FALSE)
        for k in suspects[:1] if len(suspects) else np.flatnonzero(~leaves.is_certain)[tried : tried + 64]:
            point = _middle(box, free, leaves.low[k], leaves.high[k])
            if fails(claim, box, point):
                return leaves, simplest(claim, box, point)
            tried += 1
        if leaves.is_certain.all() or not free or monotonic() >= until:
            return leaves, None


def _middle(box: Box, free: list[str], low: Floats, high: Floats) -> Point:
    point = {name: bounds.low for name, bounds in box.items() if bounds.low is not None}
    for name, a, b in zip(free, low, high, strict=True):
        start, end = box[name].low or Fraction(0), box[name].high or Fraction(0)
        point[name] = start + (end - start) * (Fraction(a) + Fraction(b)) / 2
    return point


def _truth(claim: Claim, box: Box, free: list[str], low: Floats, high: Floats) -> Bits:
    """What a claim may be in boxes: false, true, or either, as bits."""
    values: dict[str, Any] = {}
    for name, bounds in box.items():
        start, end = (near(edge or Fraction(0)) for edge in bounds[:2])
        values[name] = start
        if name in free:
            share = Interval(low[:, free.index(name)], high[:, free.index(name)])
            side = start + (end - start) * share
            values[name] = Interval(np.maximum(side.low, start.low), np.minimum(side.high, end.high))
    world = World(claim.game, claim.outputs, values, INTERVALS, box)
    world.limits.extend(values[a] <= values[b] for a, b in claim.game.order)
    found = claim.holds(world)
    found = found if isinstance(found, Truth) else Truth(found, found)
    may_fail, may_hold = (np.broadcast_to(t, low.shape[:1]) for t in (~found.sure, found.maybe))
    return np.asarray(np.where(may_fail, FALSE, 0) | np.where(may_hold, TRUE, 0), np.uint64)
