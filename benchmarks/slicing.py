"""Reading parts of a big cube, against the same parts of one contiguous NumPy file; and the choice of chunks.

    tables(quick) -> opening and slicing; chunk shapes

Each part is read from the disk: before it, the pages of its files are dropped from the page cache.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
import xarray as xr
import zarr

from posse.benchmarks import cubes
from posse.benchmarks.timing import Spread, Table
from posse.cluster.run import finish
from posse.sweeps import blocks, codec
from posse.sweeps.blocks import Blocks
from posse.sweeps.cube import Cube
from posse.sweeps.guard import GuardedStore
from posse.sweeps.numbers import Array
from posse.sweeps.opening import open_cube
from posse.sweeps.sweep import Sweep

ROUNDS = 3
PLAYER = "observer"
Where = Mapping[str, int]  # a position on each axis that is held fixed


@dataclass
class Reading:
    """Seconds and bytes of each reading of one part."""

    seconds: list[float] = field(default_factory=list)
    bytes: int = 0

    @property
    def milliseconds(self) -> Spread:
        return Spread.of([s * 1e3 for s in self.seconds])


@contextmanager
def counted() -> Iterator[list[int]]:
    """Lengths of all that is read of a cube meanwhile."""
    lengths: list[int] = []
    get = GuardedStore.get

    async def counting(self: GuardedStore, *arguments: Any, **named: Any) -> Any:
        found = await get(self, *arguments, **named)
        lengths.append(0 if found is None else len(found))
        return found

    with patch.object(GuardedStore, "get", counting):
        yield lengths


def forget(path: Path) -> None:
    """Drop a file, or all files of a folder, from the page cache, where the system lets one."""
    if not hasattr(os, "posix_fadvise"):
        return
    for file in [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]:
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def parts(sweep: Sweep, turn: int = 0) -> dict[str, Where]:
    """Planes along each pair of axes, a line along the first and the last axis, a point; each turn elsewhere."""
    middle = {axis.name: (len(axis) // 2 + 7 * turn) % len(axis) for axis in sweep.axes}
    chosen: dict[str, tuple[str, ...]] = {f"plane {a} × {b}": (a, b) for a, b in combinations(sweep.dims, 2)}
    chosen |= {f"line {a}": (a,) for a in (sweep.dims[0], sweep.dims[-1])} | {"point": ()}
    return {name: {dim: k for dim, k in middle.items() if dim not in free} for name, free in chosen.items()}


def write_flat(sweep: Sweep, path: Path) -> Array:
    """One contiguous file of a player's payoff; its memory map."""
    player = sweep.game.output("payoff").labels.index(PLAYER)
    flat: np.memmap[Any, Any] = np.lib.format.open_memmap(path, mode="w+", dtype=sweep.dtype, shape=sweep.shape)
    slabs = Blocks(sweep.shape, (1, 1, *sweep.shape[2:]))
    for number in range(len(slabs)):
        window = slabs.window(number)
        flat[window] = sweep.solve(window)["payoff"][player]
    flat.flush()
    return flat


def read_flat(path: Path, sweep: Sweep, where: Where) -> Array:
    """A part of the contiguous file."""
    index = tuple(where.get(dim, slice(None)) for dim in sweep.dims)
    return np.array(np.load(path, mmap_mode="r")[index])


def timed(task: Callable[..., Any], path: Path, reading: Reading, *arguments: Any) -> Any:
    """Do it with nothing of the files in memory."""
    forget(path)
    with counted() as lengths:
        started = perf_counter()
        result = task(*arguments)
        reading.seconds.append(perf_counter() - started)
    reading.bytes = max(reading.bytes, sum(lengths))
    return result


def slicing(points: int) -> Table:
    """Opening a cube and reading parts of it, payoff of one player and regime, against one contiguous file."""
    cube, sweep = cubes.made(points).path, cubes.grid(points)
    headings = ["what", "cube, ms", "MB read", "one NumPy file, ms", "cube / NumPy file"]
    table = Table("slicing", f"Slicing a cube of {points:,} points", headings)
    flat = cubes.fresh("flat.npy")
    write_flat(sweep, flat)

    opening = Reading()
    for _ in range(ROUNDS):
        ds = timed(lambda: open_cube(cube), cube, opening)
    table.add("open", opening.milliseconds, opening.bytes / 1e6, "", "")
    payoff = ds.payoff.sel(player=PLAYER)
    for name in parts(sweep):
        there, here = Reading(), Reading()
        for turn in range(ROUNDS):
            where = parts(sweep, turn)[name]
            ours = timed(lambda at: payoff.isel(at).values, cube / "payoff", there, where)
            theirs = timed(lambda at: read_flat(flat, sweep, at), flat, here, where)
            if not np.array_equal(ours, theirs, equal_nan=True):
                raise RuntimeError(f"{name}: the cube and the file differ")
        against = Spread.of([a / b for a, b in zip(there.seconds, here.seconds, strict=True)])
        table.add(name, there.milliseconds, there.bytes / 1e6, here.milliseconds, against)
    add_mask(table, ds, cube)
    flat.unlink()
    table.notes.append(
        f"One player's payoff, float32. The NumPy file holds {points * 4 / 1e9:.3g} GB, the cube of regime and all "
        f"four players' payoffs {cubes.made(points).size / 1e9:.3g} GB. {ROUNDS} rounds, files not in memory."
    )
    return table


def add_mask(table: Table, ds: xr.Dataset, cube: Path) -> None:
    """Where on a plane one regime is the outcome."""
    sizes = dict(ds.regime.sizes)
    first, *_, last = sizes
    where = {dim: n // 2 for dim, n in sizes.items() if dim not in (first, last)}
    reading = Reading()
    for _ in range(ROUNDS):
        timed(lambda: (ds.regime.isel(where) == 0).values, cube / "regime", reading)
    table.add(f"mask of a regime, {first} × {last}", reading.milliseconds, reading.bytes / 1e6, "", "")


# The choice of chunks


def chunk_shapes(points: int) -> Table:
    """What cells of several sizes, one player or all in a chunk, make of writing and reading."""
    headings = [
        "points in a cell, at most", "players in a chunk", "cell", "chunks", "bytes a point",
        "run, ns a point", "a plane of one player, ms", "of all, ms", "line, ms", "point, ms",
    ]  # fmt: skip
    table = Table("chunks", f"Chunk shapes, a cube of {points:,} points", headings)
    for most in (1 << 18, 1 << 20, blocks.POINTS, 1 << 21, 1 << 22):
        with patch.object(blocks, "POINTS", most):
            sweep = cubes.grid(points)
            cube = Cube.create(sweep, cubes.fresh("chunks.zarr"))
            taken = finish(cube).seconds / points * 1e9
            path = Path(str(cube.store)) / "payoff"
            row = [f"{most / 2**20:g} Mi", "one", " × ".join(map(str, cube.blocks.chunk))]
            table.add(*row, *_payoff_row(path, sweep, taken))
            together = write_together(sweep, cube.blocks, cubes.fresh("together.zarr"))
            row[1] = "all four"
            table.add(*row, *_payoff_row(together, sweep, "–"))
    table.notes.append(
        "Payoffs only, read through plain zarr. A plane: the median over all pairs of axes. "
        f"{ROUNDS} rounds, files not in memory."
    )
    return table


def write_together(sweep: Sweep, cells: Blocks, path: Path) -> Path:
    """The payoffs of a cube with all players in each chunk."""
    array = zarr.create_array(
        path, shape=(4, *cells.shape), chunks=(4, *cells.chunk), dtype=sweep.dtype, compressors=codec.METADATA
    )
    for number in range(len(cells)):
        window = cells.window(number)
        array[(slice(None), *window)] = sweep.solve(window)["payoff"]
    return path


def _payoff_row(path: Path, sweep: Sweep, taken: float | str) -> list[Any]:
    """Number of chunks, bytes a point, time of a run, and times of reading."""
    files = [f for f in path.rglob("*") if f.is_file() and f.name != "zarr.json"]
    array = zarr.open_array(path, mode="r")
    readings = {what: Reading() for what in ("plane", "planes", "line", "point")}
    for turn in range(ROUNDS):
        for name, where in parts(sweep, turn).items():
            index = tuple(where.get(dim, slice(None)) for dim in sweep.dims)
            kind = name.split()[0]
            timed(array.__getitem__, path, readings[kind], (2, *index))
            if kind == "plane":
                timed(array.__getitem__, path, readings["planes"], (slice(None), *index))
    size = sum(f.stat().st_size for f in files) / sweep.size
    return [len(files), size, taken, *(reading.milliseconds for reading in readings.values())]


def tables(quick: bool) -> list[Table]:
    """The tables of this module; quick: smaller cubes."""
    wanted = 10**7 if quick or not cubes.has_room(10**9) else 10**9
    return [slicing(wanted), chunk_shapes(10**7 if quick else 10**8)]
