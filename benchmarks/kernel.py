"""Points a second on one thread: posse's kernel against other ways to solve the same game at the same points.

    tables(quick) -> the peers on random points and on a grid; the width of vectors

Peers get every parameter as a full array, made before the clock runs; posse gets a grid as its axes. The clock is
the thread's time on the processor, so that other work on the machine does not count; of all threads for JAX, which
computes in some of its own. Every answer is compared with posse's before anything is timed.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from math import inf, prod
from statistics import median
from time import process_time, thread_time
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.benchmarks.peers import c, gambit, jax_peer, scalar
from posse.benchmarks.timing import Spread, Table, interleave, ratio
from posse.kernels.compiler import Kernel, widths
from posse.kernels.grid import Column, fixed, kernel_for, solve_grid
from posse.kernels.point import solve_plain
from posse.kernels.restraint import RESTRAINT

Floats = npt.NDArray[np.float64]
Answer = tuple[npt.NDArray[np.uint8], Any]  # regime, and a sequence of four payoffs
Task = Callable[[], Answer]

OUTPUTS = ["regime", "payoff"]
PART = 10_000  # points
ROUNDING = 1e-12  # of the margin: where it is smaller, another order of operations may find another regime
BOX = {
    "cap_leader": (0.1, 2), "cap_partner": (0.1, 2), "cap_target": (0.1, 2), "cap_observer": (0.1, 3),
    "diversity": (0, 1), "spoils": (0, 3), "share": (0, 1), "attrition": (0, 0.99), "cost_support": (0, 0.2),
    "cost_oppose": (0, 0.2), "cost_stay": (0, 0.1), "war_leader": (0, 0.3), "war_partner": (0, 0.2),
    "war_resolute": (0, 0.3), "resolve": (0, 1), "prize": (0, 2),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Points to solve: a product of axes, all payoffs in one type."""

    name: str
    columns: Mapping[str, Column]
    shape: tuple[int, ...]
    real: str
    general: bool  # whether the decisiveness is another number than 1

    @cached_property
    def points(self) -> list[Floats]:
        """A full array for each parameter, in the order of the declaration."""
        columns = [self.columns.get(p.name) or fixed(p.default) for p in RESTRAINT.parameters]
        return [np.ascontiguousarray(np.broadcast_to(_along(c, len(self.shape)), self.shape)).ravel() for c in columns]

    def some(self, count: int) -> list[Floats]:
        """Points spread evenly over the case, at most so many, without gaps in memory."""
        return [np.ascontiguousarray(values[:: -(-len(values) // count)]) for values in self.points]

    def solve(self) -> Answer:
        solved = solve_grid(RESTRAINT, self.columns, self.shape, OUTPUTS, self.real)
        return solved["regime"].ravel(), solved["payoff"].reshape(4, -1)


def _along(column: Column, dimensions: int) -> Floats:
    """The values of a column, shaped so that they broadcast along its axis."""
    return column.values.reshape([-1 if k == column.axis else 1 for k in range(dimensions)])


def flat(count: int, real: str, general: bool) -> Case:
    """Random points of a broad box, in which all ten regimes occur."""
    generator = np.random.default_rng(1)
    points = {name: generator.uniform(low, high, count) for name, (low, high) in BOX.items()}
    points["war_irresolute"] = points["war_resolute"] + generator.uniform(0, 0.6, count)
    if general:
        points["decisiveness"] = generator.uniform(0.3, 3, count)
    return Case("random points", {name: Column(values, 0) for name, values in points.items()}, (count,), real, general)


def grid(count: int, real: str, general: bool) -> Case:
    """A product of four axes, the innermost of which enters few steps of the solution."""
    return _product("cap_observer", "diversity", count, real, general)


def contested_grid(count: int, real: str, general: bool) -> Case:
    """A product of the same four axes, the innermost of which enters every contest."""
    return _product("diversity", "cap_observer", count, real, general)


CASES = (flat, grid, contested_grid)


def _product(outermost: str, innermost: str, count: int, real: str, general: bool) -> Case:
    ends = {"cap_observer": lambda n: np.geomspace(0.2, 5, n), "diversity": lambda n: np.linspace(0.003, 0.997, n)}
    axes = {
        outermost: ends[outermost](10),
        "resolve": np.linspace(0.013, 0.987, 20),
        "spoils": np.linspace(0.011, 2.9, max(1, count // 20_000)),
        innermost: ends[innermost](100),
    }
    columns = {name: Column(values, axis) for axis, (name, values) in enumerate(axes.items())}
    if general:
        columns["decisiveness"] = fixed(1.5)
    shape = tuple(len(values) for values in axes.values())
    return Case(f"grid, {innermost} innermost", columns, shape, real, general)


# Peers


@dataclass(frozen=True)
class Peer:
    """Another way to solve points; `missing` says why it cannot take part here."""

    name: str
    prepare: Callable[[list[Floats], str, bool], Task]
    most: int = sys.maxsize  # points that it is given
    missing: str | None = None
    clock: Callable[[], float] = thread_time


def _numpy(points: list[Floats], real: str, general: bool) -> Task:
    """The one definition on NumPy arrays."""
    named: dict[str, Any] = dict(zip(RESTRAINT.parameter_names, points, strict=True))
    if not general:
        named["decisiveness"] = 1.0

    def task() -> Answer:
        solved = solve_plain(RESTRAINT, named, OUTPUTS)
        return solved["regime"].astype(np.uint8), np.array(solved["payoff"], dtype=real)

    return task


def _numpy_in_parts(points: list[Floats], real: str, general: bool) -> Task:
    """The same PART points at a time, of which all that is computed stays in the caches."""
    tasks = [
        _numpy([values[start : start + PART] for values in points], real, general)
        for start in range(0, len(points[0]), PART)
    ]

    def task() -> Answer:
        regimes, payoffs = zip(*(part() for part in tasks), strict=True)
        return np.concatenate(regimes), np.concatenate(payoffs, axis=1)

    return task


def _c(flags: str, width: int) -> Peer:
    def prepare(points: list[Floats], real: str, general: bool) -> Task:
        return lambda: c.solve(points, real, general, flags, width)

    return Peer(f"C {flags}, {width}-bit".replace(" ,", ","), prepare, missing=c.unavailable())


def peers(games: int = 10) -> list[Peer]:
    """All peers; `games` is how many points go to the one that takes milliseconds for each."""
    return [
        *(_c(flags, width) for flags, width in product(c.FLAGS, c.WIDTHS)),
        Peer("scalar @njit loop", lambda points, real, general: lambda: scalar.solve(points, real)),
        Peer("NumPy", _numpy),
        Peer(f"NumPy, {PART:,} at a time", _numpy_in_parts),
        Peer("JAX", jax_peer.prepare, missing=jax_peer.unavailable(), clock=process_time),
        Peer("pygambit", lambda points, real, general: lambda: gambit.solve(points, real), games, gambit.unavailable()),
    ]


def disagreement(points: list[Floats], real: str, answer: Answer, ours: Answer) -> str | None:
    """How an answer differs from posse's by more than rounding; None if it does not."""
    (regime, payoff), (our_regime, our_payoff) = answer, ours
    differ = np.flatnonzero(regime != our_regime)
    if differ.size:
        named = {name: values[differ] for name, values in zip(RESTRAINT.parameter_names, points, strict=True)}
        if (solve_plain(RESTRAINT, named, ["margin"])["margin"] > ROUNDING).any():
            return f"{differ.size} other regimes"
    tolerance = 1e-6 if real == "float32" else 1e-12
    close = np.isclose(np.asarray(payoff), np.asarray(our_payoff), rtol=tolerance, atol=tolerance)
    close[:, differ] = True
    return None if close.all() else f"{(~close).any(axis=0).sum()} other payoffs"


def prepared(case: Case, peer: Peer) -> tuple[Task, int]:
    """The peer's task, once it gave posse's answers, and its number of points."""
    points = case.some(peer.most)
    task = peer.prepare(points, case.real, case.general)
    ours = case.solve() if len(points[0]) == prod(case.shape) else _listed(case, points).solve()
    if problem := disagreement(points, case.real, task(), ours):
        raise SystemExit(f"{case.name}, {case.real}: {peer.name} gives {problem} than posse")
    return task, len(points[0])


def _listed(case: Case, points: list[Floats]) -> Case:
    """Some points of a case, one by one."""
    columns = {name: Column(values, 0) for name, values in zip(RESTRAINT.parameter_names, points, strict=True)}
    if not case.general:
        del columns["decisiveness"]
    return Case(case.name, columns, (len(points[0]),), case.real, case.general)


# Tables


def compare(case: Case, rounds: int, games: int, table: Table, short: Table) -> None:
    """Time posse and its peers in turn: a row for each, one of C for each set of flags; in short, one row for all."""
    everyone = peers(games)
    tasks: dict[str, Task] = {"posse": case.solve}
    counts, clocks = {"posse": prod(case.shape)}, {peer.name: peer.clock for peer in everyone}
    for peer in everyone:
        if not peer.missing:
            tasks[peer.name], counts[peer.name] = prepared(case, peer)
    seconds = interleave(tasks, rounds, settle=True, clock=lambda name: clocks.get(name, thread_time)())
    each = {name: [s / counts[name] * 1e9 for s in taken] for name, taken in seconds.items()}
    slower = {name for flags in c.FLAGS for name in _slower([_c(flags, width).name for width in c.WIDTHS], each)}
    named = f"{case.name}, {'general exponents' if case.general else 'decisiveness 1'}, {case.real}"
    table.add(named, "posse", Spread.of(each["posse"]), "1")
    ratios: list[float | str] = []
    for peer in everyone:
        if peer.missing and peer.name not in slower:
            table.add(named, peer.name, peer.missing, "")
            ratios.append("")
        elif peer.name not in slower:
            against = ratio(each[peer.name], each["posse"])
            table.add(named, peer.name, Spread.of(each[peer.name]), against)
            ratios.append(against.middle)
    short.add(named, Spread.of(each["posse"]).middle, *ratios)


def _slower(names: list[str], each: Mapping[str, list[float]]) -> list[str]:
    """All but the fastest of those that were timed."""
    return sorted(names, key=lambda name: median(each.get(name, [inf])))[1:]


def tables(quick: bool) -> list[Table]:
    """Points a second on one thread, and what the width of vectors has to do with it."""
    count, rounds, games = (100_000, 3, 2) if quick else (2_000_000, 5, 10)
    table = Table("kernel", "Kernel, one thread", ["points", "solved by", "ns a point", "times posse's"])
    others = [peer.name for peer in peers() if not peer.name.startswith("C")]
    headings = ["points", "posse, ns a point", *(f"C {flags}".rstrip() for flags in c.FLAGS), *others]
    short = Table("kernel in short", "Kernel, one thread, in short", headings)
    for make, general, real in product(CASES, (False, True), ("float32", "float64")):
        compare(make(count, real, general), rounds, games, table, short)
    short.notes = [
        "How many times as long as posse others take for a point: medians of the next table, which has all that was "
        "measured. General exponents: the decisiveness is another number than 1, so that every contest takes a power."
    ]
    table.notes = [
        f"C: gcc {' '.join(c.COMMON)}, with and without -ffast-math, each the faster of 256- and 512-bit vectors; with "
        "it powers by the C library's vector pow. Scalar @njit loop: the game written by hand for Numba, with "
        "branches, a point at a time. JAX: jit, float64, processor time of all its threads. All but posse "
        "get the points of a grid as full arrays, made beforehand. Of the grids, the first ends in diversity, which "
        "enters few steps, the second in cap_observer, which enters nearly all. "
        f"All solve {count:,} points, pygambit {games} of them.",
        "Median, least and largest of rounds in turn, in each of which everyone solves twice and is timed the second "
        "time; processor time. All gave posse's answers in this run.",
    ]
    return [short, table, widths_table(count, rounds)]


def widths_table(count: int, rounds: int) -> Table:
    """posse's kernel for each width of vectors that this processor has."""
    names = [f"{64 * width}-bit" for width in widths()]
    table = Table("width", "posse's kernel by the width of its vectors", ["points", *names, "chosen"])
    for make, general in product(CASES, (False, True)):
        case = make(count, "float32", general)
        case.solve()
        kernel = kernel_for(RESTRAINT, case.columns, case.shape, OUTPUTS, case.real)
        chosen = "too few points to tell" if kernel.width is None else f"{64 * kernel.width}-bit"
        tasks = {name: partial(_solve_by, kernel, width, case) for name, width in zip(names, widths(), strict=True)}
        if len({_bits(task()) for task in tasks.values()}) != 1:
            raise SystemExit("the width of vectors changes the answers")
        seconds = interleave(tasks, rounds, settle=True, clock=lambda _: thread_time())
        what = f"{case.name}, {'general exponents' if general else 'decisiveness 1'}, float32"
        table.add(what, *(Spread.of([s / count * 1e9 for s in seconds[name]]) for name in names), chosen)
    table.notes = ["Nanoseconds a point; the same bits by all. Chosen: by a race in the first large call here."]
    return table


def _solve_by(kernel: Kernel, width: int, case: Case) -> Answer:
    chosen, kernel.width = kernel.width, width
    try:
        return case.solve()
    finally:
        kernel.width = chosen


def _bits(answer: Answer) -> tuple[bytes, ...]:
    return tuple(np.ascontiguousarray(part).tobytes() for part in answer)
