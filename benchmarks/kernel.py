"""Points a second on one thread: posse's kernel against other ways to solve the same game at the same points.

    tables(quick) -> the peers on random points and on a grid; the width of vectors

Peers get every parameter as a full array, made before the clock runs; posse gets a grid as its axes. The clock is
the process's time on the processor, so that other work on the machine does not count. Every answer is compared with
posse's before anything is timed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import product
from math import prod
from statistics import median
from time import process_time
from typing import Any

import llvmlite.binding
import numpy as np
import numpy.typing as npt

from posse.benchmarks.peers import c, gambit, jax_peer, scalar
from posse.benchmarks.timing import Spread, Table, interleave, ratio
from posse.kernels.grid import Column, fixed, solve_grid
from posse.kernels.point import solve_plain
from posse.kernels.restraint import RESTRAINT

Floats = npt.NDArray[np.float64]
Answer = tuple[npt.NDArray[np.uint8], Any]  # regime, and a sequence of four payoffs
Task = Callable[[], Answer]

OUTPUTS = ["regime", "payoff"]
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
        """Points spread evenly over the case, at most so many."""
        return [values[:: -(-len(values) // count)] for values in self.points]

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
    """A product of four axes."""
    axes = {
        "cap_observer": np.geomspace(0.2, 5, 10),
        "resolve": np.linspace(0.013, 0.987, 20),
        "spoils": np.linspace(0.011, 2.9, max(1, count // 20_000)),
        "diversity": np.linspace(0.003, 0.997, 100),
    }
    columns = {name: Column(values, axis) for axis, (name, values) in enumerate(axes.items())}
    if general:
        columns["decisiveness"] = fixed(1.5)
    return Case("grid", columns, tuple(len(values) for values in axes.values()), real, general)


# Peers


@dataclass(frozen=True)
class Peer:
    """Another way to solve points; `missing` says why it cannot take part here."""

    name: str
    prepare: Callable[[list[Floats], str, bool], Task]
    most: int = sys.maxsize  # points that it is given
    missing: str | None = None


def _numpy(points: list[Floats], real: str, general: bool) -> Task:
    """The one definition on NumPy arrays."""
    named: dict[str, Any] = dict(zip(RESTRAINT.parameter_names, points, strict=True))
    if not general:
        named["decisiveness"] = 1.0

    def task() -> Answer:
        solved = solve_plain(RESTRAINT, named, OUTPUTS)
        return solved["regime"].astype(np.uint8), np.array(solved["payoff"], dtype=real)

    return task


def _c(width: int) -> Peer:
    def prepare(points: list[Floats], real: str, general: bool) -> Task:
        return lambda: c.solve(points, real, general, width)

    return Peer(f"C, {width}-bit", prepare, missing=c.unavailable())


def peers(games: int = 10) -> list[Peer]:
    """All peers; `games` is how many points go to the one that takes milliseconds for each."""
    return [
        *(_c(width) for width in c.WIDTHS),
        Peer("scalar @njit loop", lambda points, real, general: lambda: scalar.solve(points, real)),
        Peer("NumPy", _numpy, most=100_000),
        Peer("JAX", jax_peer.prepare, missing=jax_peer.unavailable()),
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


def compare(case: Case, rounds: int, games: int, table: Table) -> None:
    """Time posse and its peers in turn, and add a row for each."""
    tasks: dict[str, Task] = {"posse": case.solve}
    counts = {"posse": prod(case.shape)}
    for peer in (everyone := peers(games)):
        if not peer.missing:
            tasks[peer.name], counts[peer.name] = prepared(case, peer)
    seconds = interleave(tasks, rounds, clock=process_time)
    each = {name: [s / counts[name] * 1e9 for s in taken] for name, taken in seconds.items()}
    in_c = sorted((name for name in each if name.startswith("C, ")), key=lambda name: median(each[name]))
    what = f"{case.name}, {'general exponents' if case.general else 'decisiveness 1'}, {case.real}"
    table.add(what, "posse", Spread.of(each["posse"]), "1")
    for peer in everyone:
        if peer.missing:
            table.add(what, peer.name, peer.missing, "")
        elif peer.name not in in_c[1:]:
            table.add(what, peer.name, Spread.of(each[peer.name]), ratio(each[peer.name], each["posse"]))


def tables(quick: bool) -> list[Table]:
    """Points a second on one thread, and what the width of vectors has to do with it."""
    count, rounds, games = (100_000, 3, 2) if quick else (2_000_000, 7, 10)
    table = Table("kernel", "Kernel, one thread", ["points", "solved by", "ns a point", "times posse's"])
    for make, general, real in product((flat, grid), (False, True), ("float32", "float64")):
        compare(make(count, real, general), rounds, games, table)
    table.notes = [
        "C: gcc -O3 -march=native -ffast-math, the faster of 256- and 512-bit vectors; powers by the C library's "
        "vector pow. JAX: jit, float64, one thread. All but posse get the points of a grid as full arrays, made "
        f"beforehand. NumPy solves {100_000:,} points at a time, pygambit {games}.",
        "Median, least and largest of rounds in turn; processor time. All gave posse's answers in this run.",
    ]
    return [table, widths(count, rounds)]


# The width of vectors, which is fixed when a process starts to compile: one process for each.

WIDTHS = {"512-bit": "-prefer-256-bit", "256-bit": "+prefer-256-bit"}


def _wait_and_solve(count: int) -> None:
    """Solve when told to by a line, and answer in JSON: the answers' hash, then seconds."""
    cases = [make(count, "float32", general) for make, general in product((flat, grid), (False, True))]
    hashes = [sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in case.solve())) for case in cases]
    print(json.dumps([h.hexdigest() for h in hashes]), flush=True)
    for _ in sys.stdin:
        print(json.dumps([interleave({"": case.solve}, 1, False, process_time)[""][0] for case in cases]), flush=True)


def _child(feature: str, count: int) -> subprocess.Popen[str]:
    features = [f for f in llvmlite.binding.get_host_cpu_features().flatten().split(",") if f[1:] != "prefer-256-bit"]
    environment = os.environ | {"NUMBA_CPU_FEATURES": ",".join([*features, feature])}
    command = [sys.executable, "-c", f"from posse.benchmarks import kernel; kernel._wait_and_solve({count})"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)


def _line(child: subprocess.Popen[str]) -> Any:
    assert child.stdout
    return json.loads(child.stdout.readline())


def _ask(child: subprocess.Popen[str]) -> Sequence[float]:
    assert child.stdin
    print(file=child.stdin, flush=True)
    seconds: Sequence[float] = _line(child)
    return seconds


def widths(count: int, rounds: int) -> Table:
    """posse's kernel, compiled for 512- and for 256-bit vectors."""
    table = Table("width", "posse's kernel by the width of its vectors", ["points", "512-bit", "256-bit", "ratio"])
    if not llvmlite.binding.get_host_cpu_features().get("avx512f"):
        table.notes = ["This processor has no 512-bit vectors."]
        return table
    children = {name: _child(feature, count) for name, feature in WIDTHS.items()}
    try:
        if len({str(_line(child)) for child in children.values()}) != 1:
            raise SystemExit("the width of vectors changes the answers")
        taken: dict[str, list[Sequence[float]]] = {name: [] for name in children}
        for _ in range(rounds):
            for name, child in children.items():
                taken[name].append(_ask(child))
    finally:
        for child in children.values():
            child.communicate()
    for k, (place, general) in enumerate(product(("random points", "grid"), (False, True))):
        wide, narrow = ([round_[k] / count * 1e9 for round_ in taken[name]] for name in WIDTHS)
        what = f"{place}, {'general exponents' if general else 'decisiveness 1'}, float32"
        table.add(what, Spread.of(wide), Spread.of(narrow), ratio(narrow, wide))
    table.notes = ["Nanoseconds a point; the same bits by both. Ratio: how many times longer 256-bit vectors take."]
    return table
