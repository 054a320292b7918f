"""From parameter to disk: each stage alone, the whole on all cores, and the same from 10⁶ to 10¹⁰ points.

tables(quick) -> the stages of a run; its rate, memory and size by points
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from pathlib import Path
from statistics import fmean
from time import perf_counter, process_time, thread_time
from typing import Any

import google_crc32c
import numpy as np

from posse.benchmarks import cubes
from posse.benchmarks.timing import Spread, Table
from posse.cluster.local import cores
from posse.cluster.run import finish
from posse.kernels.workspace import Workspace
from posse.sweeps import codec, direct
from posse.sweeps.blocks import Blocks, chunk_shape
from posse.sweeps.cube import Cube
from posse.sweeps.folder import Folder

SAMPLE = 96  # blocks of which the stages are timed
ROUNDS = 3  # in which each cube of one table is made
WRITERS = 4  # that keep the disk busy when it is timed alone


@dataclass
class Round:
    """CPU seconds a point of each stage alone, and seconds a point of the disk and of the whole."""

    cpu: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)

    @property
    def work(self) -> float:
        """What must be computed."""
        return sum(self.cpu[stage] for stage in ("solve", "encode", "checksum"))

    @property
    def ideal(self) -> float:
        """The work spread over the cores; or the disk's own time where that is longer."""
        return max(self.work / cores(), self.wall["disk"])


class Stopwatch:
    """CPU time of this thread, summed by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, task: Callable[..., Any], *arguments: Any) -> Any:
        started = thread_time()
        result = task(*arguments)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + thread_time() - started
        return result


def sampled(cube: Cube) -> list[int]:
    """Numbers of blocks, drawn at random: evenly spaced ones would be the same in all but the first axes."""
    count = len(cube.blocks)
    return sorted(np.random.default_rng(1).choice(count, min(count, SAMPLE), replace=False).tolist())


def sampled_share(points: int) -> float:
    """Of the blocks of a cube; a round writes them four times."""
    shape = cubes.grid(points).shape
    return min(1.0, SAMPLE / len(Blocks(shape, chunk_shape(shape))))


def kept(chunk: memoryview) -> memoryview:
    """A copy in memory of its own, which begins on a page as what a run writes does."""
    copy = Workspace().array("chunk", (len(chunk),), np.uint8)
    copy[:] = chunk
    return copy.data


def make_chunks(cube: Cube, numbers: list[int]) -> tuple[dict[str, memoryview], Stopwatch]:
    """The chunks of some blocks, made stage by stage in this thread."""
    clock, workspace = Stopwatch(), Workspace()
    cube.sweep.solve(cube.blocks.whole_cell(numbers[0]), workspace=workspace)  # memory that was used before
    chunks: dict[str, memoryview] = {}
    for number in numbers:
        solved = clock("solve", cube.sweep.solve, cube.blocks.whole_cell(number), None, workspace)
        for output in cube.sweep.outputs:
            for k, part in enumerate(solved[output.name]):
                room = workspace.array("chunk", (codec.most(part.nbytes),), np.uint8)
                chunk = clock("encode and CRC", codec.encode, part, room)
                clock("CRC-32C", google_crc32c.value, np.frombuffer(chunk[:-4], np.uint8))
                clock("SHA-256", lambda data: sha256(data).hexdigest(), chunk)
                chunks[cube.chunk_key(output, k, number)] = kept(chunk)
    return chunks, clock


def pass_stages(cube: Cube, numbers: list[int]) -> tuple[dict[str, memoryview], dict[str, float]]:
    """The chunks of some blocks, made and written stage by stage, and the CPU seconds of each stage.

    They are made on all cores at once, for a core alone may be clocked higher, and has the memory for itself.
    """
    shares = [share for k in range(cores()) if (share := numbers[k :: cores()])]
    with ThreadPoolExecutor(len(shares)) as pool:
        made = list(pool.map(make_chunks, [cube] * len(shares), shares))
    seconds = {stage: sum(clock.seconds[stage] for _, clock in made) for stage in made[0][1].seconds}
    chunks = {key: chunk for share, _ in made for key, chunk in share.items()}
    clock = Stopwatch()
    clock("put", cube.store.put, chunks)
    for key, data in chunks.items():
        clock("read back", direct.keeps, Path(str(cube.store)) / key, data)
    return chunks, {
        "solve": seconds["solve"],
        "encode": seconds["encode and CRC"] - seconds["CRC-32C"],
        "checksum": seconds["CRC-32C"] + seconds["SHA-256"],
        "write and sync": clock.seconds["put"] - clock.seconds["read back"],
        "read back": clock.seconds["read back"],
    }


def alone(points: int) -> Round:
    """The stages on a sample of blocks, and the disk with their chunks."""
    cube = Cube.create(cubes.grid(points), cubes.fresh("stages.zarr"))
    cube.warm_up()
    numbers = sampled(cube)
    chunks, seconds = pass_stages(cube, numbers)
    disk = Folder(cubes.fresh("disk.zarr"))  # one of its own: ext4 is slow where files were just replaced
    started = perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(disk.put, ({key: data} for key, data in chunks.items())))
    solved = sum(cube.blocks.points(number) for number in numbers)
    return Round(
        {stage: taken / solved for stage, taken in seconds.items()}, {"disk": (perf_counter() - started) / solved}
    )


def measure(points: int) -> Round:
    """One round: a whole cube, and before it and after it the stages alone, for a machine changes its speed."""
    before = alone(points)
    whole = Cube.create(cubes.grid(points), cubes.fresh("whole.zarr"))
    whole.warm_up()
    started, started_cpu = perf_counter(), process_time()
    finish(whole)
    wall, cpu = perf_counter() - started, process_time() - started_cpu
    after = alone(points)
    return Round(
        {stage: fmean([before.cpu[stage], after.cpu[stage]]) for stage in before.cpu} | {"whole": cpu / points},
        {"whole": wall / points, "disk": fmean([before.wall["disk"], after.wall["disk"]])},
    )


def nanoseconds(values: list[float]) -> Spread:
    return Spread.of([value * 1e9 for value in values])


def stages(points: int, rounds: int) -> Table:
    """What each stage of a run takes, and what the whole takes against them."""
    table = Table(
        "stages", f"From parameter to disk, {points:,} points", ["stage", "CPU ns a point", "wall ns a point"]
    )
    if not cubes.has_room(points, cubes=ceil(rounds * (1 + 4 * sampled_share(points)))):
        table.notes.append(f"Left out, the disk has no room for {rounds} cubes.")
        return table
    measured = [measure(points) for _ in range(rounds)]
    for stage in measured[0].cpu:
        wall = nanoseconds([r.wall[stage] for r in measured]) if stage in measured[0].wall else ""
        table.add(stage, nanoseconds([r.cpu[stage] for r in measured]), wall)
    table.add(f"disk alone, {WRITERS} writers", "", nanoseconds([r.wall["disk"] for r in measured]))
    against_ideal = Spread.of([r.wall["whole"] / r.ideal for r in measured])
    against_work = Spread.of([r.cpu["whole"] / r.work for r in measured])
    table.notes += [
        "Regime and four float32 payoffs. Encode: bit-shuffled LZ4; checksum: CRC-32C and SHA-256. "
        f"These and solving are timed alone on all {cores()} cores at once, writing and reading back in one thread "
        f"(the latter with a second sync), on some blocks, before a whole cube is made and after it; {rounds} rounds.",
        f"The whole takes {against_ideal} times the longer of (solve + encode + checksum) / cores and the disk alone; "
        f"its CPU time is {against_work} times theirs.",
    ]
    return table


def scaling(wanted: list[tuple[int, tuple[str, ...]]]) -> Table:
    """Rate, memory and size by draws, each of a grid of GRID points."""
    headings = ["outputs", "points", "seconds", "M points a second", "peak memory, MB", "size, MB", "bytes a point"]
    table = Table("scaling", "Bounded memory, linear time", headings)
    possible, taken = [], 0.0
    for number, outputs in wanted:
        points = number * cubes.GRID
        if cubes.has_room(points, outputs, ROUNDS, taken):
            possible.append((points, outputs))
            taken += ROUNDS * cubes.bound(points, outputs)
        else:
            table.notes.append(f"{points:,} points of {' and '.join(outputs)}: left out, the disk has no room for it.")
    # In turn, for a machine changes its speed; discarded at the end, for disks are slow where much was just deleted.
    rounds = [[cubes.make(cubes.draws(*of)) for of in possible] for _ in range(ROUNDS)]
    for (points, outputs), made in zip(possible, zip(*rounds, strict=True), strict=True):
        seconds = Spread.of([cube.seconds for cube in made])
        rate = Spread.of([points / cube.seconds / 1e6 for cube in made])
        peak, size = max(cube.peak for cube in made), made[0].size
        row = [" and ".join(outputs), f"{points:,}", seconds, rate]
        table.add(*row, round(peak / 1e6), round(size / 1e6), size / points)
        for cube in made:
            cubes.discard(cube.path)
    table.notes.append(
        f"`posse run` in a process of its own, {cores()} cores, cubes on disk; compiling left out; {ROUNDS} rounds in "
        f"turn. Draws of one parameter with a grid of {cubes.GRID:,} points of four others: in a larger cube a "
        "point packs about as well. "
        "Short runs show the time until the first block is packed and the last one is read back."
    )
    return table


def tables(quick: bool) -> list[Table]:
    """The tables of this module; quick: up to 10⁷ points."""
    numbers = (1, 8) if quick else (1, 8, 16, 64, 512)
    wanted: list[tuple[int, tuple[str, ...]]] = [(number, cubes.OUTPUTS) for number in numbers]
    if not quick:
        wanted.append((8192, ("regime",)))
    staged = [(10**7, 3)] if quick else [(10**8, 5), (10**9, 5)]
    return [*(stages(*of) for of in staged), scaling(wanted)]
