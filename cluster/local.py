"""The local engine: threads of this process work through the missing blocks of a cube.

Kernels do not hold the interpreter's lock, so threads use all cores. A few blocks are under way at a time,
whatever the size of the cube, which bounds memory.
"""

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from math import prod
from time import perf_counter

import psutil

from posse.kernels.errors import InputError, Interrupted
from posse.sweeps.cube import Cube


@dataclass(frozen=True)
class Report:
    """What a run did: blocks and points solved, in how many seconds (compiling left out)."""

    blocks: int
    points: int
    seconds: float

    @property
    def rate(self) -> float:
        """Points a second."""
        return self.points / self.seconds if self.seconds else 0.0


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_workers(workers: int | None) -> None:
    """Refuse fewer threads than one."""
    if workers is not None and workers < 1:
        raise InputError(f"workers: {workers} is not allowed; it is a whole number from 1")


def affordable(cube: Cube) -> int:
    """A thread for each core and one more, for one is mostly waiting for the disk; as far as memory goes."""
    block = prod(cube.blocks.chunk) * cube.sweep.bytes_per_point
    return max(1, min(cores() + 1, int(psutil.virtual_memory().available) // (6 * block)))


def finish(cube: Cube, workers: int | None = None, advance: Callable[[int], None] = lambda points: None) -> Report:
    """Solve what is missing of a cube and seal it.

    workers: threads; as many as keep the cores busy if left out. advance: told the points of each finished block.
    Raises Interrupted after Ctrl-C, once the blocks under way are recorded.
    """
    check_workers(workers)
    workers = workers or affordable(cube)
    missing = cube.missing()
    if missing:
        cube.warm_up()
    started = perf_counter()
    done = points = 0
    waiting = iter(missing)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="posse")
    under_way: dict[Future[None], int] = {}
    try:
        while True:
            for number in islice(waiting, workers + 1 - len(under_way)):
                under_way[pool.submit(cube.finish_block, number)] = number
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                number = under_way.pop(future)
                future.result()
                done, points = done + 1, points + cube.blocks.points(number)
                advance(cube.blocks.points(number))
    except KeyboardInterrupt:
        pool.shutdown(wait=True, cancel_futures=True)  # blocks under way are finished
        finished = len(cube.blocks) - len(cube.missing())
        raise Interrupted(
            f"stopped; {finished} of {len(cube.blocks)} blocks are done; run the same command to go on"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    seconds = perf_counter() - started
    cube.seal()
    return Report(done, points, seconds)
