"""The search for a point at which a claim fails.

    counterexample(claim, box, rounds, until) -> point, or None where none was found

Points are drawn at random, the same ones for the same seed, ends and defaults of parameters among them, and solved by
the compiled game; one where the claim seems to fail counts only if it fails exactly (posse.claims.exact).
"""

from collections.abc import Mapping
from fractions import Fraction
from time import monotonic

import numpy as np
import numpy.typing as npt

from posse.claims.arithmetics import ARRAYS, written
from posse.claims.exact import Point, fails, simplest, usual
from posse.claims.language import Claim
from posse.claims.scope import Box
from posse.claims.world import FACTOR, OTHER, STEP
from posse.kernels.declaration import Game
from posse.kernels.forms import Bounds
from posse.kernels.witnesses import within

Floats = npt.NDArray[np.float64]

FIRST, MOST = 1 << 10, 1 << 16  # points at a time
TRIED = 8  # of those where it seems to fail, at a time
CHANGED = 0.15  # of the parameters of a point that is varied
USUAL, END = 0.25, 0.1  # how often a default is drawn, and each of the ends
SIZES = -2.0, 1.5  # powers of ten: how large numbers without an end are
STEPS = -4.0, 1.0  # likewise a step, or as a share of the longest that there is
FACTORS = -4.0, 4.0  # powers of two
FRESH = 0.5  # of the points that do not come from others


def counterexample(
    claim: Claim, box: Box, rounds: float, until: float, seed: int = 0, is_usual: bool = False
) -> Point | None:
    """A point of a box at which a claim fails, in short numbers.

    rounds: of points, each twice as many as the last up to MOST; a point looked at exactly in vain costs as much.
    until: by monotonic(), when no other round begins.
    is_usual: where parameters have the value that they mostly have in practice, if there is one.
    """
    count, dice = FIRST, np.random.default_rng(seed)
    part, near = _usual(claim.game, box) if is_usual else box, dict[str, Floats]()
    while rounds > 0:
        points = draw(claim.game, part, count, dice)
        if near:
            points = _varied(points, near, dice)
        found = [_point(box, points, int(k)) for k in np.flatnonzero(~holds(claim, box, points))]
        found = sorted(found, key=lambda point: _plainness(claim.game, point))[:TRIED]
        if failing := [simplest(claim, box, point) for point in found if fails(claim, box, point)]:
            return min(failing, key=lambda point: _plainness(claim.game, point))
        if monotonic() > until:
            break
        near = _premised(claim, box, points) or near
        count, rounds = min(2 * count, MOST), rounds - 1 - len(found)
    return None


def compile_game(claim: Claim, box: Box) -> None:
    """Have a game compiled, unless it is."""
    holds(claim, box, draw(claim.game, box, 1, np.random.default_rng()))


def is_met(claim: Claim, box: Box, seed: int = 0) -> bool:
    """Whether the premise of a claim holds at some point of a box, as far as a search tells."""
    points = draw(claim.game, box, MOST, np.random.default_rng(seed))
    return not claim.premise or bool(_holds_premise(claim, box, points).any())


def _holds_premise(claim: Claim, box: Box, points: Mapping[str, Floats]) -> npt.NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        there = np.asarray(claim.premise.run(claim.world(points, ARRAYS, box))) if claim.premise else np.True_
    return np.broadcast_to(there, len(next(iter(points.values()))))


def _premised(claim: Claim, box: Box, points: Mapping[str, Floats]) -> dict[str, Floats]:
    """Those points at which the premise of a claim holds: there it can fail. None where it mostly holds."""
    if not claim.premise:
        return {}
    there = _holds_premise(claim, box, points)
    return {name: values[there] for name, values in points.items()} if 0 < there.sum() < len(there) / 4 else {}


def _varied(points: dict[str, Floats], near: Mapping[str, Floats], dice: np.random.Generator) -> dict[str, Floats]:
    """Half of the points replaced by some that were near, with a few of their parameters changed."""
    count = len(next(iter(points.values())))
    parents = dice.integers(len(next(iter(near.values()))), size=count)
    fresh = dice.random(count) < FRESH
    return {
        name: np.where(fresh | (dice.random(count) < CHANGED), values, near[name][parents])
        for name, values in points.items()
    }


def _usual(game: Game, box: Box) -> Box:
    usual = {p.name: written(p.common) for p in game.parameters if p.common is not None}
    return {
        name: Bounds(usual[name], usual[name]) if name in usual and not bounds.exclude(usual[name]) else bounds
        for name, bounds in box.items()
    }


def _point(box: Box, points: Mapping[str, Floats], k: int) -> Point:
    """The k-th point, with what does not vary exactly as it was given."""
    point = {name: Fraction(float(values[k])) for name, values in points.items()}
    return point | {
        name: bounds.low for name, bounds in box.items() if bounds.low == bounds.high and bounds.low is not None
    }


def _plainness(game: Game, point: Point) -> tuple[int, int]:
    """How many parameters are not at their default, and how many digits the others have: the fewer, the plainer."""
    others = [value for name, value in point.items() if name in game.defaults and value != usual(game, name)]
    return len(others), sum(len(repr(float(value))) for value in others)


def holds(claim: Claim, box: Box, points: Mapping[str, Floats]) -> npt.NDArray[np.bool_]:
    """Whether a claim holds at each of many points, in float64; it does where there is no point of the game."""
    with np.errstate(all="ignore"):
        found = claim.holds(claim.world(points, ARRAYS, box).in_order())
    return np.broadcast_to(np.asarray(found), next(iter(points.values())).shape)


def draw(game: Game, box: Box, count: int, dice: np.random.Generator) -> dict[str, Floats]:
    """Points of a box, with what the claim adds to the parameters."""
    found: dict[str, Floats] = {}
    for name, bounds in box.items():
        if name in (STEP, FACTOR):
            continue
        found[name] = _draw(bounds, usual(game, name.removeprefix(OTHER)), count, dice)
    for low, high in game.order:
        largest = np.inf if box[high].high is None else float(box[high].high or 0)
        found[high] = np.minimum(np.maximum(found[high], found[low]), largest)
    if STEP in box:
        size = 10 ** dice.uniform(*STEPS, count)
        found[STEP] = size if box[STEP].high is None else np.minimum(size, 1) * float(box[STEP].high or 0)
    if FACTOR in box:
        found[FACTOR] = np.exp2(dice.uniform(*FACTORS, count))
    return found


def _draw(bounds: Bounds, default: Fraction, count: int, dice: np.random.Generator) -> Floats:
    if bounds.low is not None and bounds.low == bounds.high:
        return np.full(count, float(bounds.low))
    size = 10 ** dice.uniform(*SIZES, count)
    return within(bounds, size, dice, [(bounds.low, END), (bounds.high, END), (default, USUAL)])
