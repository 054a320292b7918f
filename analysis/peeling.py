"""Patient rule induction (Friedman and Fisher 1999): a box in which something holds nearly always.

find_boxes(points, holds, levels) -> intervals by unknown, of one box after another
inside(points, box, number)      -> which of a number of points lie in it

A box restricts some unknowns to intervals. It is found by peeling: again and again the thin slice at one end of one
unknown is cut off whose loss makes what holds most frequent; then the ends are moved out again as far as they may. It
is tried with each unknown alone, then with pairs, and only then with all, of which those that are not needed are
dropped, one after another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Interval = tuple[float, float]
Box = dict[int, tuple[int, int]]  # first and last bin, by unknown

PATIENCE = 0.08  # of the points inside are cut off at a time
FEWEST = 50  # points inside
LEAST = 0.1  # of what holds: boxes that have less say too little to do without another unknown
BINS = 500  # of each unknown, alike full: a slice ends where a bin does
ALL = (0, BINS - 1)


def find_boxes(points: Floats, holds: Mask, levels: Iterable[float]) -> Iterator[dict[int, Interval]]:
    """The intervals of the unknowns that have to be restricted, by their positions: boxes that restrict few come first.

    points: shape (n, unknowns); holds: at which of them; levels: in which share of those inside, from low to high. The
    last box is the densest there is. An end that is not restricted is infinite.
    """
    edges = np.quantile(points, np.arange(1, BINS) / BINS, axis=0)
    bins = np.stack([np.searchsorted(e, x, side="right") for e, x in zip(edges.T, points.T, strict=True)])
    ends = np.pad(edges, ((1, 1), (0, 0)), constant_values=((-np.inf, np.inf), (0, 0)))
    for box in _Peeling(bins, holds).boxes(list(levels)):
        yield {k: (float(ends[low, k]), float(ends[high + 1, k])) for k, (low, high) in sorted(box.items())}


def inside(points: Mapping[int, Floats], box: Mapping[int, Interval], number: int) -> Mask:
    """Which of a number of points, given by unknown, lie in a box."""
    found = np.ones(number, bool)
    for k, (low, high) in box.items():
        found &= (points[k] >= low) & (points[k] < high)
    return found


class _Step(NamedTuple):
    """A box on the way of peeling, how dense it is, and how much of what holds it has."""

    density: float
    covered: int
    box: Box


class _Peeling:
    """bins: of each point in each unknown, shape (unknowns, n). A box is first and last bin by unknown."""

    def __init__(self, bins: Whole, holds: Mask) -> None:
        self.bins, self.holds = bins, holds
        self.paths: dict[tuple[int, ...], list[_Step]] = {}

    def boxes(self, levels: Sequence[float]) -> Iterator[Box]:
        """Boxes of one unknown, of two, then those left of all as others are dropped, all; last the densest."""
        unknowns = tuple(range(len(self.bins)))
        for size in (1, 2):
            for level in levels:
                if found := self.best(combinations(unknowns, size), level):
                    yield self.expanded(found.box, level)
        left = [(len(box), level, box) for level in levels for box in self.dropping(unknowns, level)]
        for _, level, box in sorted(left, key=lambda one: one[:2]):
            yield self.expanded(box, level)
        yield max(self.path(unknowns), key=lambda step: step.density).box

    def dropping(self, unknowns: tuple[int, ...], level: float) -> Iterator[Box]:
        """The first box of all that is dense enough, then with fewer and fewer of them as long as it is."""
        found = next((step for step in self.path(unknowns) if step.density >= level), None)
        while found:
            yield found.box
            fewer = len(found.box) - 1
            found = self.best(combinations(found.box, fewer), level) if fewer > 2 else None

    def best(self, choices: Iterable[tuple[int, ...]], level: float) -> _Step | None:
        """Of boxes that restrict no other unknowns than these, the one with most of what holds; None if none does."""
        enough = LEAST * np.count_nonzero(self.holds)
        firsts = (next((s for s in self.path(c) if s.density >= level), None) for c in choices)
        return max((s for s in firsts if s and s.covered >= enough), key=lambda s: s.covered, default=None)

    def path(self, unknowns: tuple[int, ...]) -> list[_Step]:
        """The boxes on the way to the smallest."""
        if unknowns not in self.paths:
            self.paths[unknowns] = list(self._peeled(unknowns))
        return self.paths[unknowns]

    def _peeled(self, unknowns: tuple[int, ...]) -> Iterator[_Step]:
        box = np.tile(ALL, (len(unknowns), 1))
        bins = self.bins[list(unknowns)] + BINS * np.arange(len(unknowns))[:, None]
        holds = self.holds
        while True:
            restricted = {k: (int(b[0]), int(b[1])) for k, b in zip(unknowns, box, strict=True) if tuple(b) != ALL}
            yield _Step(float(holds.mean()), int(np.count_nonzero(holds)), restricted)
            if not (cut := _slice(bins, holds)):
                return
            k, side, end = cut
            box[k, side] = end
            local = bins[k] - BINS * k
            stays = local >= end if side == 0 else local <= end
            bins, holds = bins[:, stays], holds[stays]

    def within(self, box: Box) -> Mask:
        found = np.ones(len(self.holds), bool)
        for k, (low, high) in box.items():
            found &= (self.bins[k] >= low) & (self.bins[k] <= high)
        return found

    def expanded(self, box: Box, level: float) -> Box:
        """The box with its ends moved out, a slice at a time, as long as it stays dense enough."""
        box = dict(box)
        while moved := [wider for k in box for side in (0, 1) if (wider := self._wider(box, k, side))]:
            density, k, interval = max(moved)
            if density < level:
                break
            box[k] = interval
        return {k: interval for k, interval in box.items() if interval != ALL}

    def _wider(self, box: Box, k: int, side: int) -> tuple[float, int, tuple[int, int]] | None:
        """How dense the box is with one end a slice farther out, and where it ends then; None where it cannot be."""
        low, high = box[k]
        if (low, high)[side] == ALL[side]:
            return None
        there = self.within({j: ends for j, ends in box.items() if j != k})
        full = np.bincount(self.bins[k][there], minlength=BINS)
        outwards = full[:low][::-1] if side == 0 else full[high + 1 :]
        slice_ = PATIENCE * full[low : high + 1].sum()
        more = min(int(np.searchsorted(outwards.cumsum(), slice_)) + 1, len(outwards))
        ends = (low - more, high) if side == 0 else (low, high + more)
        return float(self.holds[self.within(box | {k: ends})].mean()), k, ends


def _slice(bins: Whole, holds: Mask) -> tuple[int, int, int] | None:
    """The slice to cut off: of which unknown, at which side, and the bin that is the outermost then; None if too few.

    bins: those of the k-th unknown begin at k * BINS.
    """
    unknowns, number = bins.shape
    full = np.bincount(bins.ravel(), minlength=unknowns * BINS).reshape(unknowns, BINS)
    good = np.bincount(bins[:, holds].ravel(), minlength=unknowns * BINS).reshape(unknowns, BINS)
    cut, lost = (np.concatenate([count, count[:, ::-1]]).cumsum(1) for count in (full, good))  # from either side
    rows = np.arange(2 * unknowns)
    last = (cut >= PATIENCE * number).argmax(1)
    left = number - cut[rows, last]
    density = (np.count_nonzero(holds) - lost[rows, last]) / np.maximum(left, 1)
    density[left < FEWEST] = -1
    best = int((density + left / (2 * number * number)).argmax())  # of slices alike, the thinnest
    side, k = divmod(best, unknowns)
    kept = int(last[best]) + 1
    return (k, side, (kept, BINS - 1 - kept)[side]) if density[best] >= 0 else None
