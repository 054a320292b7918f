"""The game with a signal on one thread: the kernel against one number at a time, and against NumPy.

    tables(quick) -> ns a point, for the set of equilibria alone and with what happens in the selected one

The scalar loop is of the very instructions of the kernel, with vectors of one number. Answers are compared first.
"""

from collections.abc import Callable, Mapping
from functools import partial
from time import thread_time
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.benchmarks.kernel import flat
from posse.benchmarks.timing import Spread, Table, interleave, ratio
from posse.kernels.compiler import widths
from posse.kernels.grid import Column, kernel_for, solve_grid
from posse.kernels.point import solve_plain
from posse.kernels.signalling import SIGNALLING

SET = ("regime", "equilibria", "count")
EVERYTHING = tuple(output.name for output in SIGNALLING.outputs if output.name != "set_d1")
OUTPUTS = {"the set": SET, "all outputs": EVERYTHING, "all outputs and D1": (*EVERYTHING, "set_d1")}
FEW = 20_000  # points that NumPy is given

Solved = Mapping[str, npt.NDArray[Any]]


def columns(count: int, general: bool) -> dict[str, Column]:
    """Random points of the box in which kernels are compared."""
    return dict(flat(count, "float32", general).columns)


def by_width(given: Mapping[str, Column], count: int, outputs: tuple[str, ...], width: int) -> Solved:
    """The kernel's results, with vectors of this width."""
    kernel = kernel_for(SIGNALLING, given, (count,), outputs, "float32")
    chosen, kernel.width = kernel.width, width
    try:
        return solve_grid(SIGNALLING, given, (count,), outputs, "float32")
    finally:
        kernel.width = chosen


def by_numpy(given: Mapping[str, Column], outputs: tuple[str, ...]) -> Solved:
    """The one definition on NumPy arrays."""
    values: dict[str, Any] = {name: column.values for name, column in given.items()}
    return {name: np.asarray(value) for name, value in solve_plain(SIGNALLING, values, outputs).items()}


def compare(outputs: str, general: bool, count: int, rounds: int, table: Table) -> None:
    """Time the ways in turn, and add a row for each."""
    names, given, few = OUTPUTS[outputs], columns(count, general), columns(min(count, FEW), general)
    ways: dict[str, Callable[[], Solved]] = {
        f"{64 * width}-bit vectors": partial(by_width, given, count, names, width) for width in widths()
    }
    ways["one number at a time"] = partial(by_width, given, count, names, 1)
    fastest, *others = ways
    truth = {name: values.copy() for name, values in ways[fastest]().items()}
    for way in others:
        require_same(truth, ways[way](), names, way)
    size = len(few["resolve"].values)
    require_same(by_width(few, size, names, widths()[0]), by_numpy(few, names), names, "NumPy")
    ways["NumPy"] = partial(by_numpy, few, names)
    seconds = interleave(ways, rounds, settle=True, clock=lambda _: thread_time())
    each = {way: [s / (size if way == "NumPy" else count) * 1e9 for s in taken] for way, taken in seconds.items()}
    for way, taken in each.items():
        what = f"{outputs}, {'general exponents' if general else 'decisiveness 1'}"
        table.add(what, way, Spread.of(taken), ratio(taken, each[fastest]))


def require_same(ours: Solved, theirs: Solved, names: tuple[str, ...], way: str) -> None:
    """Refuse to time what gives another set of equilibria."""
    for name in set(names) & set(SET):
        differ = int((ours[name].ravel() != theirs[name].ravel().astype(ours[name].dtype)).sum())
        if differ > 1e-4 * ours[name].size:  # by rounding, where two equilibria are worth the same
            raise SystemExit(f"signalling: {way} gives another {name} at {differ} points")


def tables(quick: bool) -> list[Table]:
    """The game with a signal on one thread."""
    count, rounds = (50_000, 3) if quick else (500_000, 7)
    table = Table(
        "signalling",
        "The game with a signal, random points, one thread",
        ["outputs", "solved by", "ns a point", "times the first"],
    )
    for outputs in OUTPUTS:
        for general in (False, True):
            compare(outputs, general, count, rounds, table)
    table.notes = [
        "float32 outputs. One number at a time: the kernel's instructions with vectors of one number. "
        f"NumPy solves {FEW:,} points at a time, and works out all outputs but D1 whatever is asked for. Median, least "
        "and largest of rounds in turn, in each of which everyone solves twice and is timed the second time; processor "
        "time. In this run all found the same equilibria, but for at most one point in 10,000, where rounding decides."
    ]
    return [table]
