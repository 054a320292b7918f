"""The local engine: threads of this process.

Some solve and pack, as many as there are cores, for neither holds the interpreter's lock; others write, read back and
record, and wait for the disk most of the time. A few blocks are under way at once, whatever the size of the cube,
which bounds memory.
"""

import logging
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from math import prod
from queue import Queue
from socket import gethostname
from typing import Any

import psutil

from posse.cluster.engine import Outcome
from posse.cluster.runs import Order
from posse.kernels.errors import InputError
from posse.kernels.workspace import Workspace
from posse.sweeps.cube import Cube, Solved
from posse.sweeps.sweep import Sweep

ROOMS = 2  # blocks, for each thread that solves, that may be packed and not yet written

MOST = 10_000  # threads

log = logging.getLogger("posse")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def affordable(cube: Cube) -> int:
    """A thread for each core, as far as memory goes."""
    block = prod(cube.blocks.chunk) * cube.sweep.bytes_per_point
    return max(1, min(cores(), int(psutil.virtual_memory().available) // (2 * (1 + ROOMS) * block)))


class Threads:
    """workers: threads that solve; as many as there are cores if left out.

    solved: called when nothing is left to be solved, but only to be written.
    """

    def __init__(self, workers: int | None = None, solved: Callable[[], None] | None = None) -> None:
        if workers is not None and not 1 <= workers <= MOST:
            raise InputError(f"workers: {workers} is not allowed; it is a whole number from 1 to {MOST}")
        self.workers, self.solved = workers, solved or (lambda: None)

    def __str__(self) -> str:
        return f"threads of process {os.getpid()} on {gethostname()}"

    def require(self, sweep: Sweep) -> None:
        """Any sweep will do."""

    def prepare(self, cube: Cube) -> None:
        cube.warm_up()

    def work(self, cube: Cube, numbers: Sequence[int], order: Order) -> Generator[Outcome, None, None]:
        """Those under way are finished whatever happens."""
        workers = min(self.workers or affordable(cube), max(1, len(numbers)))
        rooms: Queue[Workspace] = Queue()
        for _ in range(ROOMS * workers):
            rooms.put(Workspace())
        solvers, writers = ThreadPoolExecutor(workers, "posse-solver"), ThreadPoolExecutor(workers, "posse-writer")

        def keep(solved: Solved, room: Workspace) -> None:
            try:
                cube.keep(solved)
                log.info("%s: block %d is recorded", cube.store, solved.record.block)
            finally:
                rooms.put(room)

        def solve(number: int) -> Future[None] | None:
            if cube.is_recorded(number):  # by another run, meanwhile
                return None
            room = rooms.get()  # waits where the disk does not keep up
            try:
                log.debug("%s: block %d is being solved", cube.store, number)
                return writers.submit(keep, cube.solve_block(number, room), room)
            except BaseException:
                rooms.put(room)
                raise

        solving: dict[Future[Future[None] | None], int] = {}
        writing: dict[Future[None], int] = {}
        waiting, all_solved = iter(numbers), False
        try:
            while True:
                for number in islice(waiting, 0 if order.is_given() else 2 * workers - len(solving)):
                    solving[solvers.submit(solve, number)] = number
                if not solving and not all_solved:
                    all_solved = True
                    self.solved()
                if not solving and not writing:
                    return
                under_way: list[Future[Any]] = [*solving, *writing]
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    if future in solving:
                        number = solving.pop(future)
                        kept = future.result()
                        if kept is None:
                            yield Outcome(number)
                        else:
                            writing[kept] = number
                    else:
                        number = writing.pop(future)
                        future.result()
                        yield Outcome(number)
        finally:
            solvers.shutdown(wait=True, cancel_futures=True)
            writers.shutdown(wait=True)
