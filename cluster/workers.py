"""The Dask engine: the workers of a Dask cluster.

    Workers(client)   its engine

A task is a handful of blocks, worth some seconds of work; a window of tasks is under way, whatever the size of the
cube. A task carries the address of the store and numbers of blocks, nothing else: a worker reads from the store what
is to be solved, and refuses where its posse would solve another game.

A worker that dies takes the blocks in its work along; Dask gives its tasks to others. Where tasks kill worker after
worker, the window halves them until the block to blame stands alone.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from queue import Empty, SimpleQueue
from socket import gethostname
from threading import Semaphore
from time import monotonic
from typing import Any

from distributed import Client, Future, KilledWorker, Status, Worker, get_worker, secede

from posse.cluster.engine import Outcome, Waiting
from posse.cluster.local import Threads
from posse.cluster.runs import Order
from posse.kernels.catalogue import require_registered
from posse.kernels.errors import ClusterError, Interrupted, PosseError, ServiceError, StoreError, in_words
from posse.sweeps.cube import Cube
from posse.sweeps.description import Description
from posse.sweeps.store import Store, open_store
from posse.sweeps.sweep import Sweep

TARGET = 10.0  # seconds of work in a task
QUEUED = 8  # tasks for each thread of the workers that are in its work or wait for it
TRIES = 4  # of a task that the store refuses
PAUSE = 5.0  # seconds before the second try, twice as many before each one after it
LOST = 60.0  # seconds without a scheduler after which a run gives up
ANSWER = 5.0  # seconds for the scheduler to say which workers it has
IDLE = 15.0  # seconds without a worker after which a run says so
ENDING = Status.closing_gracefully, Status.closing, Status.closed, Status.failed  # of a worker

Key = tuple[str, int]

log = logging.getLogger("posse")


_LAST = Semaphore()


class TaskError(Exception):
    """What went wrong in a task, in words; the exception itself may be one that cannot travel."""


class _Order(Order):
    """The order to a task: the run's, or that its worker is about to end."""

    def __init__(self, store: Store, run: str, worker: Worker) -> None:
        super().__init__(store, run)
        self.worker = worker

    def is_given(self) -> bool:
        return self.worker.status in ENDING or super().is_given()


def solve_blocks(store: str, identity: str, numbers: list[int], run: str) -> None:
    """The task: solve blocks of a cube and record them. Raises PosseError or TaskError where it does not do all.

    It returns nothing: that it is done is all there is to know, and a result would have to be fetched, one by one.
    """
    worker, last = get_worker(), ExitStack()

    def solved() -> None:
        """Let the worker begin its next task, while this one writes its last block; one task at a time does so."""
        last.enter_context(_LAST)
        if worker.status not in ENDING:  # one that ends waits for this thread, and this thread would for it
            secede()

    try:
        cube = _opened(store, identity)
        with last:
            done = sum(1 for _ in Threads(1, solved).work(cube, numbers, _Order(cube.store, run, worker)))
        if done < len(numbers):
            raise Interrupted(f"{store}: the run, or its worker, was asked to stop")
    except PosseError:
        raise
    except Exception as error:
        raise TaskError(in_words(error)) from None


def _portable() -> Callable[..., None]:
    """The task as a function that travels as code: one that is sent by name kills workers that have no posse."""

    def task(*arguments: Any) -> None:
        from posse.cluster.workers import solve_blocks

        solve_blocks(*arguments)

    return task


TASK = _portable()


@lru_cache(4)
def _opened(store: str, identity: str) -> Cube:
    """The cube, its kernel compiled; kept, for the next task will ask for it again."""
    if Description.read(open_store(store)) is None:
        raise StoreError(f"{store}: is not there on worker {gethostname()}; workers need a store that all share")
    cube = Cube.open(store)
    if cube.description.identity != identity:
        raise StoreError(f"{store}: is another cube on worker {gethostname()}; workers need a store that all share")
    cube.warm_up()
    return cube


@dataclass(frozen=True)
class Task:
    """Blocks that are given to a worker together, at a moment; tried so often before, not to be tried again before one.

    suspect: they may be what kills workers. One such task is under way at a time, and one of a single block by itself,
    for a worker that dies takes along what waits in its queue, and that would be blamed too.
    """

    numbers: list[int]
    given: float = 0.0
    tried: int = 0
    after: float = 0.0
    suspect: bool = False


class Workers:
    """The workers that a client's scheduler has, now and later."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __str__(self) -> str:
        return f"Dask at {self.client.scheduler.address if self.client.scheduler else 'no address'}"

    def require(self, sweep: Sweep) -> None:
        require_registered(sweep.game)

    def prepare(self, cube: Cube) -> None:
        """Nothing: workers compile for themselves."""

    def work(self, cube: Cube, numbers: Sequence[int], order: Order) -> Generator[Outcome | Waiting, None, None]:
        window = _Window(self.client, cube, numbers, order)
        try:
            yield from window.outcomes()
        finally:
            window.close()


class _Window:
    """The tasks under way, and what is left to be given out."""

    def __init__(self, client: Client, cube: Cube, numbers: Sequence[int], order: Order) -> None:
        self.client, self.cube, self.order = client, cube, order
        self.waiting = deque(numbers)
        self.again: deque[Task] = deque()
        self.under_way: dict[Key, tuple[Future[None], Task]] = {}
        self.ended: SimpleQueue[Key] = SimpleQueue()
        self.given = 0
        self.pace: float | None = None  # seconds a block
        self._slots, self._counted = 1, float("-inf")
        self._seen = self._manned = monotonic()
        self._idle = False

    def outcomes(self) -> Generator[Outcome | Waiting, None, None]:
        while (self.waiting or self.again or self.under_way) and not self.order.is_given():
            if self._has_scheduler():
                self._fill()
            yield from self._note_idle()
            try:
                key = self.ended.get(timeout=0.2)
            except Empty:
                continue
            future, task = self.under_way.pop(key)
            yield from self._settle(future, task)
            future.release()

    def close(self) -> None:
        """Take back what is not done; a task in work ends by itself."""
        futures = [future for future, _ in self.under_way.values()]
        if futures and self.client.status == "running":
            self.client.cancel(futures, force=True)

    def _fill(self) -> None:
        while len(self.under_way) < QUEUED * self._count_slots() and (task := self._next()):
            self._give(task)

    def _next(self) -> Task | None:
        """The next task to give out, None if there is none now."""
        for _ in range(len(self.again)):
            task = self.again.popleft()
            if task.after <= monotonic() and self._may_go(task):
                return task
            self.again.append(task)
        numbers = [self.waiting.pop() for _ in range(min(self._size(), len(self.waiting)))]
        return Task(numbers) if numbers else None

    def _may_go(self, task: Task) -> bool:
        if task.suspect and len(task.numbers) == 1:
            return not (self.waiting or self.under_way)
        others = [other for _, other in self.under_way.values() if other.suspect]
        return not (task.suspect and others) and not any(len(other.numbers) == 1 for other in others)

    def _size(self) -> int:
        """Blocks worth TARGET seconds; fewer towards the end, so that the workers end together."""
        if not self.pace:
            return 1
        share = len(self.waiting) / (2 * self._count_slots())
        return max(1, int(min(TARGET / self.pace, share)))

    def _count_slots(self) -> int:
        """Threads of the workers, at least one: the first worker may be still to come."""
        if monotonic() > self._counted + 1:
            self._counted = monotonic()
            scheduler: Any = self.client.scheduler
            with suppress(OSError):  # it has just gone, or is silent
                threads = sum(self.client.sync(scheduler.ncores, callback_timeout=ANSWER).values())
                self._seen = monotonic()
                self._manned = self._seen if threads else self._manned
                self._slots = max(1, threads)
        return self._slots

    def _note_idle(self) -> Generator[Waiting, None, None]:
        """Say that there are no workers, and that there are again."""
        idle = monotonic() > self._manned + IDLE
        if idle != self._idle:
            self._idle = idle
            yield Waiting("waits for workers, there are none" if idle else "")

    def _give(self, task: Task) -> None:
        self.given += 1
        key = (f"posse-{self.order.run}", self.given)  # a name of its own would be a group of its own to the scheduler
        store, identity = str(self.cube.store), self.cube.description.identity
        future = self.client.submit(TASK, store, identity, task.numbers, self.order.run, key=key, pure=False)
        self.under_way[key] = future, replace(task, given=monotonic())
        future.add_done_callback(lambda ended: self.ended.put(ended.key))

    def _has_scheduler(self) -> bool:
        """Whether there is one now; it may come back, or answer again, for a while."""
        if self.client.status in ("closed", "closing") or monotonic() > self._seen + LOST:
            raise ClusterError("the scheduler is gone, or silent; start one, then run the same command to go on")
        return bool(self.client.status == "running")

    def _settle(self, future: "Future[None]", task: Task) -> Generator[Outcome, None, None]:
        """What became of a task."""
        if future.status == "finished":
            pace = (monotonic() - task.given) / QUEUED / len(task.numbers)  # it waited behind those given before
            self.pace = pace if self.pace is None else (self.pace + pace) / 2
            yield from map(Outcome, task.numbers)
        elif future.status == "error":
            yield from self._settle_error(future.exception(), task)
        else:  # the scheduler went away
            self.again.append(task)

    def _settle_error(self, error: BaseException, task: Task) -> Generator[Outcome, None, None]:
        match error:
            case KilledWorker():
                yield from self._split(task, f"the process that solves it dies ({error.allowed_failures + 1} times)")
            case TaskError():
                yield from self._split(task, str(error))
            case ServiceError() if task.tried + 1 < TRIES:
                log.warning("%s; trying again", error)
                self.again.append(replace(task, tried=task.tried + 1, after=monotonic() + PAUSE * 2**task.tried))
            case Interrupted():
                self.again.append(task)  # its worker ends, or has seen the order to stop before this run has
            case PosseError():
                raise error
            case _:
                raise ClusterError(f"{in_words(error)}; scheduler and workers need this version of posse") from error

    def _split(self, task: Task, reason: str) -> Generator[Outcome, None, None]:
        """A task failed: what it left undone is tried in halves, until a block that is tried alone is to blame."""
        left = [number for number in task.numbers if not self.cube.is_recorded(number)]
        yield from (Outcome(number) for number in task.numbers if number not in left)
        if task.suspect and task.numbers == left and len(left) == 1:
            yield Outcome(left[0], reason)
            return
        half = (len(left) + 1) // 2
        self.again.extend(Task(part, suspect=True) for part in (left[:half], left[half:]) if part)
