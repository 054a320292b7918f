"""Reading parts of a stored cube against solving them when they are read: where storing pays.

    tables(quick) -> each part of three cubes, of regimes and of one player's payoff

Stored parts are read with nothing of the files in memory, and again with all of them there.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from posse.benchmarks import cubes
from posse.benchmarks.slicing import forget
from posse.benchmarks.timing import Spread, Table, ratio
from posse.cluster.run import finish
from posse.sweeps.cube import Cube
from posse.sweeps.opening import open_cube
from posse.sweeps.sweep import Sweep
from posse.sweeps.virtual import virtual

ROUNDS = 5
CELLS = 1000
CASES = {
    "restraint, decisiveness 1": ("restraint", 1.0),
    "restraint, decisiveness 1.5": ("restraint", 1.5),
    "signalling, decisiveness 1": ("signalling", 1.0),
}
VARIABLES: dict[str, dict[str, int]] = {"regime": {}, "payoff": {"player": 2}}


def grid(case: str, points: int) -> Sweep:
    """The axes of the other benchmarks' cubes, over a game."""
    game, decisiveness = CASES[case]
    axes = {axis.name: axis.written for axis in cubes.grid(points).axes}
    return Sweep(game, axes, {"decisiveness": decisiveness}, cubes.OUTPUTS)


def parts(sizes: Mapping[str, int], turn: int) -> dict[str, dict[str, Any]]:
    """A cell, cells at random, a line, planes and a slab of a grid, each turn elsewhere; and all of it."""
    random = np.random.default_rng(turn)
    at = {dim: int(random.integers(n)) for dim, n in sizes.items()}
    first, second, *_, last = sizes
    free = {"a cell": (), "a line": (last,), "a plane, first × second axis": (first, second),
            "a plane, first × last axis": (first, last), "a slab of three axes": (first, second, last)}  # fmt: skip
    chosen: dict[str, dict[str, Any]] = {name: {d: k for d, k in at.items() if d not in f} for name, f in free.items()}
    cells = {dim: xr.DataArray(random.integers(n, size=CELLS), dims="cell") for dim, n in sizes.items()}
    return chosen | {f"{CELLS:,} cells at random": cells, "all of it": {}}


def read(variable: xr.DataArray, part: Mapping[str, Any]) -> tuple[float, Any]:
    """Seconds, and the numbers."""
    started = perf_counter()
    values = variable.isel(part).values
    return perf_counter() - started, values


def compare(case: str, points: int, rounds: int, table: Table) -> None:
    """Read and solve each part in turn, and add a row for each."""
    sweep, store = grid(case, points), cubes.fresh("virtual.zarr")
    finish(Cube.create(sweep, store))
    sizes = dict(zip(sweep.dims, sweep.shape, strict=True))
    for name, component in VARIABLES.items():
        stored, solved = (ds[name].isel(component) for ds in (open_cube(store, dask=False), virtual(sweep)))
        for what in parts(sizes, 0):
            taken: dict[str, list[float]] = {"disk": [], "memory": [], "solved": []}
            read(solved, parts(sizes, rounds)[what])  # compiles
            for turn in range(rounds):
                part = parts(sizes, turn)[what]
                forget(store)
                found = {way: read(stored if way != "solved" else solved, part) for way in taken}
                for way, (seconds, values) in found.items():
                    taken[way].append(seconds)
                    if values.tobytes() != found["solved"][1].tobytes():
                        raise SystemExit(f"virtual: {case}, {name}, {what}: the cube and the solution differ")
            against = [ratio(taken[way], taken["solved"]) for way in ("disk", "memory")]
            times = [Spread.of([s * 1e3 for s in seconds]) for seconds in taken.values()]
            table.add(case, name, what, f"{solved.isel(parts(sizes, 0)[what]).size:,}", *times, *against)
    cubes.discard(store)


def tables(quick: bool) -> list[Table]:
    """Reading against solving."""
    points, rounds = (10**7, 3) if quick else (10**8, ROUNDS)
    table = Table(
        "virtual",
        f"Reading a stored cube of {points:,} points, or solving the same cells",
        ["cube", "variable", "part", "cells", "read from disk, ms", "read from memory, ms", "solved, ms",
         "disk / solved", "memory / solved"],
    )  # fmt: skip
    for case in CASES:
        compare(case, points, rounds, table)
    table.notes.append(
        "float32 payoff of one player; both are xarray's, without Dask. From memory: the files lie in the page cache. "
        "Stored cells are unpacked by all cores, others solved in one thread, by a kernel compiled before, and the "
        f"payoffs of all players with those of one. Above 1 solving is faster. {rounds} rounds in turn, each at other "
        "cells; all gave the same bits."
    )
    return [table]
