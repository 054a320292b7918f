"""The unit box cut into boxes, each certain of what it holds or small: what is where, without gaps between points.

    whole(enclose, dimensions) -> Leaves               the box in one piece
    subdivide(enclose, tolerance, leaves) -> Leaves    in smaller ones
    subdivide_apart(hand_out, ...)                     the same by many hands

enclose(low, high) tells of boxes, float64 of shape (n, dimensions), which codes may occur in each: bits, uint64 (n,).
The largest undecided boxes are halved first, along their longest side. Corners are multiples of powers of two: exact.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from time import monotonic, time
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint64]
Enclose = Callable[[Floats, Floats], Bits]

AT_ONCE = 1 << 14  # boxes: their intervals stay in the cache
PARTS = 64  # to be handed out, so that hands of unlike speed end together
SMALLEST_PART, LARGEST_PART = 512, 1 << 16  # boxes: a call of `enclose` costs as much as hundreds, and they travel
FIRST = 5.0  # seconds, at most, until there are parts to be handed out


@dataclass(frozen=True, eq=False)
class Leaves:
    """low, high: corners, shape (n, dimensions); codes: what may occur in each, as bits.

    halvings: how often each was cut out of the whole, so that its volume is 2 to the minus that.
    asked: of how many boxes it was found out what they hold.
    """

    low: Floats
    high: Floats
    codes: Bits
    halvings: npt.NDArray[np.int64]
    asked: int

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def is_certain(self) -> npt.NDArray[np.bool_]:
        """Which boxes hold one code."""
        return np.asarray((self.codes & (self.codes - np.uint64(1))) == 0)

    def is_open(self, tolerance: float) -> npt.NDArray[np.bool_]:
        """Which boxes may hold several codes and have a side that is longer than the tolerance."""
        return np.asarray(~self.is_certain & ((self.high - self.low).max(1, initial=0) > tolerance))

    def __getitem__(self, which: Any) -> "Leaves":
        return Leaves(self.low[which], self.high[which], self.codes[which], self.halvings[which], self.asked)


def whole(enclose: Enclose, dimensions: int) -> Leaves:
    """The box in one piece."""
    low, high = np.zeros((1, dimensions)), np.ones((1, dimensions))
    return Leaves(low, high, enclose(low, high), np.zeros(1, np.int64), 1)


def subdivide(
    enclose: Enclose,
    tolerance: float,
    leaves: Leaves,
    most: int = 1 << 24,
    seconds: float = np.inf,
) -> Leaves:
    """Cut until each box is certain or no side is longer than the tolerance.

    leaves: what is cut. most: boxes, which are never more if they were not, and seconds: after which it stops with what
    there is.
    """
    end = monotonic() + seconds
    open_ = leaves.is_open(tolerance)
    kept = [leaves[~open_]]
    waiting = {int(h): leaves[open_ & (leaves.halvings == h)] for h in set(leaves.halvings[open_])}
    count, asked = len(leaves), leaves.asked
    while waiting and count < most and monotonic() < end:
        largest = min(waiting)
        now = min(AT_ONCE, most - count)
        todo, rest = waiting[largest][:now], waiting[largest][now:]
        waiting[largest] = rest
        if not len(rest):
            del waiting[largest]
        halves = _halves(todo, enclose)
        count, asked = count + len(todo), asked + len(halves)
        again = halves.is_open(tolerance)
        kept.append(halves[~again])
        if again.any():
            more = halves[again]
            waiting[largest + 1] = joined([waiting[largest + 1], more], 0) if largest + 1 in waiting else more
    return joined([*kept, *waiting.values()], asked)


@dataclass(frozen=True)
class Cut:
    """What is done to a part of the boxes, by whoever it is handed out to; arguments as of `subdivide`.

    more: boxes that it may become more by. until: the time by the clock, in seconds since 1970, after which nothing is
    cut, nor for more than so many seconds where the clocks of two machines differ.
    """

    enclose: Enclose
    tolerance: float
    more: int
    seconds: float
    until: float

    def __call__(self, part: Leaves) -> Leaves:
        seconds = min(self.seconds, self.until - time())
        return subdivide(self.enclose, self.tolerance, part, len(part) + self.more, seconds)


HandOut = Callable[[Callable[[Leaves], Leaves], Sequence[Leaves]], Iterable[Leaves]]


def subdivide_apart(
    hand_out: HandOut,
    enclose: Enclose,
    tolerance: float,
    leaves: Leaves,
    most: int = 1 << 24,
    seconds: float = np.inf,
) -> Leaves:
    """The same boxes as of `subdivide`, in another order, by whom they are handed out to.

    hand_out(cut, parts): what `cut` makes of each part, in any order; Python's own `map` would do.
    """
    until = time() + seconds
    few = min(most, len(leaves) + 2 * PARTS * SMALLEST_PART)
    begun = subdivide(enclose, tolerance, leaves, few, min(seconds, FIRST))
    open_ = begun.is_open(tolerance)
    todo, left = begun[open_], until - time()
    if not len(todo) or len(begun) >= most or left <= 0:
        return begun
    todo = replace(todo[np.argsort(todo.halvings, kind="stable")], asked=0)  # each part has some of each size
    number = min(-(-len(todo) // SMALLEST_PART), most - len(begun), max(PARTS, len(todo) // LARGEST_PART))
    cut = Cut(enclose, tolerance, (most - len(begun)) // number, left, until)
    done = list(hand_out(cut, [todo[k::number] for k in range(number)]))
    return joined([begun[~open_], *done], begun.asked + sum(part.asked for part in done))


def joined(parts: Sequence[Leaves], asked: int) -> Leaves:
    """Leaves of several lists in one."""
    low, high, codes, halvings = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "high", "codes", "halvings")
    )
    return Leaves(low, high, codes, halvings, asked)


def _halves(boxes: Leaves, enclose: Enclose) -> Leaves:
    """Both halves of each box."""
    rows = np.arange(len(boxes))
    side = (boxes.high - boxes.low).argmax(1)
    middle = (boxes.low[rows, side] + boxes.high[rows, side]) / 2
    low, high = boxes.low.copy(), boxes.high.copy()
    high[rows, side] = low[rows, side] = middle
    low, high = np.concatenate([boxes.low, low]), np.concatenate([high, boxes.high])
    return Leaves(low, high, enclose(low, high), np.tile(boxes.halvings + 1, 2), 0)
