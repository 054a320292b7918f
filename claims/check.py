"""Whether a claim about a game holds everywhere.

    check(game, claim, box) -> Verdict

A counterexample (posse.claims.search) and a proof in exact arithmetic (posse.claims.by_cases) are looked for in turn,
for longer each time; then, in a box with ends, a proof by intervals (posse.claims.by_boxes).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf
from numbers import Real
from time import monotonic
from typing import Any, Literal

from posse.claims.arithmetics import PLAIN
from posse.claims.by_boxes import by_boxes, can_be_cut
from posse.claims.by_cases import by_cases
from posse.claims.exact import Point, is_told
from posse.claims.language import Claim, read
from posse.claims.scope import Box, parts, scope
from posse.claims.search import compile_game, counterexample, is_met
from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, short

SECONDS = 20.0
LITTLE = 1e-4  # a share, below which it would be shown as none
LONGEST = 0.2  # share of the time that a search may take; if it never does, the same points are met on every machine
TURNS = (16, 0.02), (100, 0.15), (64, 0.1)  # rounds of points, then a share of the time for a proof by cases

Answer = Literal["proved", "refuted", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """What is known of a claim.

    cases, boxes: of a proof, how many it took; 0 where there was none of the kind.
    counterexample: values of the parameters at which the claim fails; where it compares two points, those that change
        are lists of two. where: those that are not at their defaults.
    is_met: whether a point was found at which the premise holds, if there is one.
    undecided: share of the box, as far as the premise leaves it, in which the claim may still fail; None where the box
        has no end, or the claim compares points.
    """

    claim: str
    answer: Answer
    cases: int = 0
    boxes: int = 0
    counterexample: Mapping[str, Any] | None = None
    where: Mapping[str, Any] | None = None
    undecided: float | None = None
    is_met: bool = True
    seconds: float = 0.0

    @property
    def how(self) -> str:
        """How the answer was found, in a few words; of a counterexample, where."""
        if self.where is not None:
            parts = [f"{name} = {' and '.join(map(_shown, _listed(value)))}" for name, value in self.where.items()]
            return f"fails where {', '.join(parts)}; others at their defaults" if parts else "fails at the defaults"
        if self.answer == "undecided":
            if self.undecided is None:
                return "no proof, no counterexample"
            left = f"{self.undecided:.2%}" if self.undecided >= LITTLE else f"no more than {LITTLE:.2%}"
            return f"{left} of the box is left"
        if not self.is_met:
            return "no point was found at which its premise holds"
        counted = ((self.cases, "case", "cases"), (self.boxes, "box", "boxes"))
        return " and ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in counted if n)

    def __str__(self) -> str:
        return f"{self.answer} ({self.how})" if self.how else self.answer


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
    bounds = scope(chosen, box, fixed)
    if still := [name for name in said.moved if said.how != "scales" and bounds[name].low == bounds[name].high]:
        raise InputError(f"claim: {short(said.text)}: {still[0]} does not vary; give it a side of the box")
    found = _answer(said, parts(said, bounds), seconds, seed)
    met = found.answer != "proved" or any(is_met(said, part, seed) for part in parts(said, bounds))
    return replace(found, seconds=monotonic() - started, is_met=met)


def _answer(claim: Claim, boxes: list[Box], seconds: float, seed: int) -> Verdict:
    """boxes: parts of what the claim is about; where there is none, there is nothing to fail."""
    if boxes:
        compile_game(claim, boxes[0])  # before time counts
    until, cases, left = monotonic() + seconds, 0, boxes
    hopeless: list[Box] = []
    for k, (rounds, share) in enumerate(TURNS):
        is_usual = k < len(TURNS) - 1
        for part in left:
            longest = monotonic() + LONGEST * seconds / len(left)
            if point := counterexample(claim, part, rounds, longest, seed + k, is_usual):
                return _refuted(claim, part, point)
        hopeful = [part for part in left if part not in hopeless]
        for part in hopeful:
            found = by_cases(claim, part, monotonic() + share * seconds / len(hopeful))
            if found is None:
                hopeless.append(part)
            elif found:
                cases += found
                left = [other for other in left if other is not part]
    return _by_boxes(claim, left, cases, until, seed + len(TURNS))


def _by_boxes(claim: Claim, boxes: list[Box], cases: int, until: float, seed: int) -> Verdict:
    """What is left of a claim proved or refuted in ever smaller boxes, as far as time allows."""
    count, undecided = 0, 0.0
    for k, part in enumerate(boxes):
        seconds = max(0.0, until - monotonic()) / (len(boxes) - k)
        if not can_be_cut(claim, part):
            point = counterexample(claim, part, inf, monotonic() + seconds, seed)
            return _refuted(claim, part, point) if point else Verdict(claim.text, "undecided")
        found = by_boxes(claim, part, seconds)
        if found.point:
            return _refuted(claim, part, found.point)
        count += found.boxes
        undecided = max(undecided, found.undecided)
    if undecided:
        return Verdict(claim.text, "undecided", boxes=count, undecided=undecided)
    return Verdict(claim.text, "proved", cases, count)


def _refuted(claim: Claim, box: Box, point: Point) -> Verdict:
    world = claim.world(point, PLAIN, box)
    second = world if claim.how == "always" else world.moved(claim.how, claim.moved)
    told = {p.name: [_told(w.values[p.name]) for w in (world, second)] for p in claim.game.parameters}
    found = {name: pair if name in claim.moved else pair[0] for name, pair in told.items()}
    unusual = {name: value for name, value in found.items() if value != claim.game.defaults[name]}
    return Verdict(claim.text, "refuted", counterexample=found, where=unusual)


def _told(value: Fraction) -> float | Fraction:
    return float(value) if is_told(value) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shown(value: float | Fraction) -> str:
    return str(value).removesuffix(".0")
