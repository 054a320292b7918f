"""Proofs by boxes: a claim looked at in ever smaller boxes, by intervals (posse.kernels.subdivision).

can_be_cut(claim, box) -> bool
by_boxes(claim, box, seconds) -> Looked
"""

from fractions import Fraction
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from posse.claims.arithmetics import INTERVALS, near
from posse.claims.exact import Point, fails, simplest
from posse.claims.language import Claim
from posse.claims.scope import Box
from posse.kernels.intervals import Interval, truth
from posse.kernels.subdivision import Bits, Floats, subdivide, whole

FALSE, TRUE = np.uint64(1), np.uint64(2)  # bits of what a claim may be in a box
FIRST = 1024  # boxes of the first round; each other round doubles them
MIDDLES = 64  # of undecided boxes of a round, where a point is tried
SMALLEST = 2.0**-40  # a share of sides: in smaller boxes intervals are little but rounding


class Looked(NamedTuple):
    """boxes: how many were looked at. undecided: the share that they leave. point: where the claim fails."""

    boxes: int
    undecided: float
    point: Point | None = None


def can_be_cut(claim: Claim, box: Box) -> bool:
    """Whether boxes tell of a claim: one of single points, in a box with ends."""
    return claim.how == "always" and all(None not in (box[name].low, box[name].high) for name in _free(box))


def by_boxes(claim: Claim, box: Box, seconds: float) -> Looked:
    """What is found out until all is decided, a point is met at which the claim fails, or the time is over."""
    until, enclose = monotonic() + seconds, partial(_may_be, claim, box)
    leaves = whole(enclose, len(_free(box)))
    while True:
        leaves = subdivide(enclose, SMALLEST, leaves, 2 * len(leaves) + FIRST, until - monotonic())
        suspects = np.flatnonzero(leaves.codes == FALSE)[:1]
        for k in suspects if len(suspects) else np.flatnonzero(~leaves.is_certain)[:MIDDLES]:
            point = _middle(box, leaves.low[k], leaves.high[k])
            if fails(claim, box, point):
                return Looked(leaves.asked, 1.0, simplest(claim, box, point))
        if leaves.is_certain.all() or not _free(box) or monotonic() >= until:
            return Looked(leaves.asked, float((0.5 ** leaves.halvings[leaves.codes != TRUE]).sum()))


def _free(box: Box) -> list[str]:
    """The parameters that vary, in the order of the corners of boxes."""
    return [name for name, bounds in box.items() if bounds.low is None or bounds.low != bounds.high]


def _middle(box: Box, low: Floats, high: Floats) -> Point:
    point = {name: bounds.low for name, bounds in box.items() if bounds.low is not None}
    for name, a, b in zip(_free(box), low, high, strict=True):
        start, end = box[name].low or Fraction(0), box[name].high or Fraction(0)
        point[name] = start + (end - start) * (Fraction(a) + Fraction(b)) / 2
    return point


def _may_be(claim: Claim, box: Box, low: Floats, high: Floats) -> Bits:
    """What a claim may be in boxes: false, true, or either, as bits."""
    values: dict[str, Any] = {name: near(bounds.low) for name, bounds in box.items() if bounds.low is not None}
    for k, name in enumerate(_free(box)):
        start, end = values[name], near(box[name].high or Fraction(0))
        side = start + (end - start) * Interval(low[:, k], high[:, k])
        values[name] = Interval(np.maximum(side.low, start.low), np.minimum(side.high, end.high))
    found = truth(claim.holds(claim.world(values, INTERVALS, box).in_order()))
    may_fail, may_hold = (np.broadcast_to(bits, low.shape[:1]) for bits in (~found.sure, found.maybe))
    return np.asarray(np.where(may_fail, FALSE, 0) | np.where(may_hold, TRUE, 0), np.uint64)
