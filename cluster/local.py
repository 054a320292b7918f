"""The local engine: threads of this process work through the missing blocks of a cube.

Some solve and pack, as many as there are cores, for neither holds the interpreter's lock; others write, read back and
record, and wait for the disk most of the time. A few blocks are under way at once, whatever the size of the cube,
which bounds memory.
"""

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from math import prod
from queue import Queue
from time import perf_counter
from typing import Any

import psutil

from posse.kernels.errors import InputError, Interrupted
from posse.kernels.workspace import Workspace
from posse.sweeps.cube import Cube, Solved

ROOMS = 2  # blocks, for each thread that solves, that may be packed and not yet written


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
    """A thread for each core, as far as memory goes."""
    block = prod(cube.blocks.chunk) * cube.sweep.bytes_per_point
    return max(1, min(cores(), int(psutil.virtual_memory().available) // (2 * (1 + ROOMS) * block)))


def finish(cube: Cube, workers: int | None = None, advance: Callable[[int], None] = lambda points: None) -> Report:
    """Solve what is missing of a cube and seal it.

    workers: threads that solve; as many as there are cores if left out.
    advance: told the points of each finished block.
    Raises Interrupted after Ctrl-C, once the blocks under way are recorded.
    """
    check_workers(workers)
    missing = cube.missing()
    if missing:
        cube.warm_up()
    started = perf_counter()
    points = 0
    try:
        with closing(_finished(cube, missing, workers or affordable(cube))) as finished:
            for number in finished:
                points += cube.blocks.points(number)
                advance(cube.blocks.points(number))
    except KeyboardInterrupt:
        done = len(cube.blocks) - len(cube.missing())
        raise Interrupted(
            f"stopped; {done} of {len(cube.blocks)} blocks are done; run the same command to go on"
        ) from None
    seconds = perf_counter() - started
    cube.seal()
    return Report(len(missing), points, seconds)


def _finished(cube: Cube, numbers: Iterable[int], workers: int) -> Generator[int, None, None]:
    """Finish blocks, and tell the number of each as it is recorded; those under way are finished whatever happens."""
    rooms: Queue[Workspace] = Queue()
    for _ in range(ROOMS * workers):
        rooms.put(Workspace())
    solvers, writers = ThreadPoolExecutor(workers, "posse-solver"), ThreadPoolExecutor(workers, "posse-writer")

    def keep(solved: Solved, room: Workspace) -> None:
        try:
            cube.keep(solved)
        finally:
            rooms.put(room)

    def solve(number: int) -> Future[None]:
        room = rooms.get()  # waits where the disk does not keep up
        try:
            return writers.submit(keep, cube.solve_block(number, room), room)
        except BaseException:
            rooms.put(room)
            raise

    solving: dict[Future[Future[None]], int] = {}
    writing: dict[Future[None], int] = {}
    waiting = iter(numbers)
    try:
        while True:
            for number in islice(waiting, 2 * workers - len(solving)):
                solving[solvers.submit(solve, number)] = number
            if not solving and not writing:
                return
            under_way: list[Future[Any]] = [*solving, *writing]
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                if future in solving:
                    number = solving.pop(future)
                    writing[future.result()] = number
                else:
                    number = writing.pop(future)
                    future.result()
                    yield number
    finally:
        solvers.shutdown(wait=True, cancel_futures=True)
        writers.shutdown(wait=True)
