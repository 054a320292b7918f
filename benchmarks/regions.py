"""Certain regions: what it takes to bound the shares of a box, by how small its pieces may become.

tables(quick) -> the two-dimensional atlas of each game; grids of it and of a three-dimensional one; then
posse.benchmarks.boundaries
"""

from time import perf_counter
from typing import Any

import numpy as np

from posse.benchmarks import boundaries
from posse.benchmarks.timing import Table
from posse.runnable import Sweep, regions

ATLAS = {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}}
ATLAS_3D = ATLAS | {"resolve": (0, 1)}
DECIDED = {"diversity": (0.5, 1), "cap_observer": {"log_uniform": [0.1, 0.5]}}  # where the second game mostly is
FINEST = {"restraint": (14, 10), "signalling": (8, 6)}  # halvings of each side: in full, and quick


def measure(game: str, halvings: range, table: Table) -> None:
    """Refine step by step, and add a row for each."""
    started = perf_counter()
    found = regions(game, ATLAS, tolerance=0.5**halvings.start)
    for k in halvings:
        found = found.refine(0.5**k)
        bounds = found.volumes()
        widest = 100 * float((bounds.upper - bounds.lower).max())
        table.add(
            game, f"1/{2**k}", f"{len(found.leaves):,}", f"{found.leaves.asked:,}", f"{100 * found.undecided:.2f}",
            f"{widest:.2f}", perf_counter() - started,
        )  # fmt: skip


def measure_grid(game: str, box: dict[str, Any], count: int, tolerance: float, table: Table, rounds: int = 3) -> None:
    """A row for a grid that is read from certain regions, next to the same grid with every cell solved."""
    started = perf_counter()
    found = regions(game, box, tolerance=tolerance)
    made = perf_counter() - started
    axes = {name: side.axis(count) for name, side in found.sides.items()}
    sweep = Sweep(game, axes, outputs=["regime"], outside_domain="mark")
    dense, solved = [], []
    for _ in range(rounds + 1):
        started = perf_counter()
        got = found.dense(count).regime.load()
        dense.append(perf_counter() - started)
        started = perf_counter()
        wanted = sweep.evaluate().regime
        solved.append(perf_counter() - started)
        assert got.identical(wanted), f"{game}: the grid of regions differs"
    read, whole = (float(np.median(times[1:])) for times in (dense, solved))  # kernels were compiled in the first one
    where = " × ".join(f"{name} {side.low:g} to {side.high:g}" for name, side in found.sides.items())
    table.add(
        game, where, f"{count}^{len(box)}", f"1/{round(1 / tolerance)}", f"{100 * found.undecided:.1f}", made, read,
        whole, f"{whole / read:.2f}", f"{whole / (made + read):.3f}",
    )  # fmt: skip


def grids(quick: bool) -> Table:
    """What a grid costs with and without certain regions."""
    table = Table(
        "regions",
        "Grids of certain regions",
        [
            "game", "box", "cells", "smallest side", "undecided, %", "regions, s", "their grid, s",
            "every cell solved, s", "times faster", "with the regions to be found",
        ],
    )  # fmt: skip
    if quick:
        measure_grid("restraint", ATLAS, 512, 1 / 128, table)
    else:
        for game, flat, deep in (("restraint", (256, 1024, 4096), 64), ("signalling", (64,), 16)):
            for side in flat:
                measure_grid(game, ATLAS, 4096, 1 / side, table)
            measure_grid(game, ATLAS_3D, 256, 1 / deep, table)
        measure_grid("signalling", DECIDED, 4096, 1 / 128, table)
    table.notes.append(
        "Regimes, cap_observer evenly in ratios; in one thread, median of 3 rounds after one that "
        "compiles. In this run all grids were equal bit for bit."
    )
    return table


def tables(quick: bool) -> list[Table]:
    """How bounds narrow, and what grids cost."""
    table = Table(
        "regions",
        "Certain shares of the regimes over diversity × log cap_observer",
        [
            "game",
            "smallest side",
            "pieces",
            "boxes looked at",
            "undecided, %",
            "widest bounds of a share, %",
            "seconds",
        ],
    )
    for game, finest in FINEST.items():
        measure(game, range(4, finest[quick] + 1, 2), table)
    table.notes.append("Seconds from the beginning, in one thread; each row goes on from the one above.")
    return [table, grids(quick), *boundaries.tables(quick)]
