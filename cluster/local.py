"""The local engine: threads of this process.

Some solve and pack, as many as there are cores, for neither holds the interpreter's lock; others, half as many again,
write, read back and record, and wait for the disk most of the time. A few blocks are under way at once, whatever the
size of the cube, which bounds memory.
"""

import logging
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from math import ceil, prod
from queue import LifoQueue, SimpleQueue
from socket import gethostname
from threading import Event

import psutil

from posse.cluster.engine import Outcome
from posse.cluster.runs import Order
from posse.kernels.errors import InputError
from posse.kernels.workspace import Workspace
from posse.sweeps.cube import Cube, Solved
from posse.sweeps.sweep import Sweep

WRITERS = 1.5  # threads that write, for each that solves: one for one, a disk that is slow for a moment holds all up
ROOMS = 2  # blocks, for each thread that solves, that may be packed and not yet written
SPARE = 8  # further ones, where memory holds them, for disks that are slow for a moment

MOST = 10_000  # threads

log = logging.getLogger("posse")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def affordable(cube: Cube) -> int:
    """Blocks that half of the free memory holds, not packed."""
    block = prod(cube.blocks.chunk) * cube.sweep.bytes_per_point
    return int(psutil.virtual_memory().available) // (2 * block)


class Threads:
    """workers: threads that solve; as many as there are cores if left out.

    solved: called when nothing is left to be solved, but only to be written.
    spare: how many blocks more than ROOMS for each worker may be packed and not yet written; none where others, of whom
        this process does not know, have the same memory in view.
    """

    def __init__(
        self, workers: int | None = None, solved: Callable[[], None] | None = None, spare: int = SPARE
    ) -> None:
        if workers is not None and not 1 <= workers <= MOST:
            raise InputError(f"workers: {workers} is not allowed; it is a whole number from 1 to {MOST}")
        self.workers, self.solved, self.spare = workers, solved or (lambda: None), spare

    def __str__(self) -> str:
        return f"threads of process {os.getpid()} on {gethostname()}"

    def require(self, sweep: Sweep) -> None:
        """Any sweep will do."""

    def prepare(self, cube: Cube) -> None:
        cube.warm_up()

    def work(self, cube: Cube, numbers: Sequence[int], order: Order) -> Generator[Outcome, None, None]:
        """Those under way are finished whatever happens."""
        stopped, blocks = Event(), affordable(cube)
        workers = self.workers or max(1, min(cores(), blocks // (1 + ROOMS)))
        workers = min(workers, max(1, len(numbers)))
        rooms = ROOMS * workers + max(0, min(self.spare, blocks - (1 + ROOMS) * workers))
        line = _Line(cube, numbers, lambda: stopped.is_set() or order.is_given(), rooms)
        solving, writing = workers, ceil(WRITERS * workers)
        solvers, writers = ThreadPoolExecutor(solving, "posse-solver"), ThreadPoolExecutor(writing, "posse-writer")
        try:
            for task, pool, threads in ((line.write, writers, writing), (line.solve, solvers, solving)):
                for _ in range(threads):  # those who write first: no block without one
                    pool.submit(task)
            while writing:
                match line.told.get():
                    case Outcome() as outcome:
                        yield outcome
                    case Ended.SOLVING:
                        solving -= 1
                        if not solving:
                            line.end(writing)
                            self.solved()
                    case Ended.WRITING:
                        writing -= 1
                    case BaseException() as error:
                        raise error
        finally:
            stopped.set()
            solvers.shutdown()
            line.end(writing)
            writers.shutdown()


class Ended(Enum):
    """What a thread says last."""

    SOLVING = auto()
    WRITING = auto()


class _Line:
    """Blocks on their way: those that wait to be solved, those that are packed, and what is told of them.

    rooms: how many may be packed and not yet written.
    """

    def __init__(self, cube: Cube, numbers: Sequence[int], stops: Callable[[], bool], rooms: int) -> None:
        self.cube, self.stops, self.waiting = cube, stops, iter(numbers)
        self.rooms: LifoQueue[Workspace] = LifoQueue()  # the last one is in the processor's caches still
        self.packed: SimpleQueue[tuple[Solved, Workspace] | None] = SimpleQueue()
        self.told: SimpleQueue[Outcome | Ended | BaseException] = SimpleQueue()
        for _ in range(rooms):
            self.rooms.put(Workspace())

    def solve(self) -> None:
        """Solve and pack blocks until none waits."""
        try:
            while not self.stops() and (number := next(self.waiting, None)) is not None:
                if self.cube.is_recorded(number):  # by another run, meanwhile
                    self.told.put(Outcome(number))
                    continue
                room = self.rooms.get()  # waits where the disk does not keep up
                log.debug("%s: block %d is being solved", self.cube.store, number)
                self.packed.put((self.cube.solve_block(number, room), room))
        except BaseException as error:
            self.told.put(error)
        self.told.put(Ended.SOLVING)

    def end(self, writers: int) -> None:
        """Let so many writers end, when all that is packed by now is written."""
        for _ in range(writers):
            self.packed.put(None)

    def write(self) -> None:
        """Write, read back and record blocks until told to end."""
        while (packed := self.packed.get()) is not None:
            solved, room = packed
            try:
                self.cube.keep(solved)
                log.info("%s: block %d is recorded", self.cube.store, solved.record.block)
                self.told.put(Outcome(solved.record.block))
            except BaseException as error:
                self.told.put(error)
            self.rooms.put(room)
        self.told.put(Ended.WRITING)
