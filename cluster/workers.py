"""The Dask engine: the workers of a Dask cluster.

    Workers(client)   its engine

A task (posse.cluster.task) is a handful of blocks, worth some seconds of work; a window of tasks is under way,
whatever the size of the cube.

A worker that dies takes the blocks in its work along; Dask gives its tasks to others. Where tasks kill worker after
worker, the window halves them until the block to blame stands alone.
"""

import logging
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic, sleep
from typing import Any

from dask.typing import Key
from distributed import Client, Future, KilledWorker

from posse.cluster.engine import Outcome, Waiting
from posse.cluster.runs import Order
from posse.cluster.task import TASK, TaskError
from posse.kernels.catalogue import require_registered
from posse.kernels.errors import ClusterError, Interrupted, PosseError, ServiceError, in_words
from posse.sweeps.cube import Cube
from posse.sweeps.sweep import Sweep

TARGET = 10.0  # seconds of work in a task
QUEUED = 16  # tasks for each thread of the workers that are in its work or wait for it
REFILL = 0.25  # of these, at least, are given out at once
AT_ONCE = 200  # tasks, at most, lest the scheduler do nothing else meanwhile
SHORT, LONG = 0.005, 0.2  # seconds between looks for tasks that have ended
LOOKING = 0.1  # of the time, at most
LATE = 4  # tasks of each thread, of which the pace is the mean
TRIES = 4  # of a task that the store refuses
PAUSE = 5.0  # seconds before the second try, twice as many before each one after it
LOST = 60.0  # seconds without a scheduler after which a run gives up
ANSWER = 5.0  # seconds for the scheduler to say which workers it has
IDLE = 15.0  # seconds without a worker after which a run says so

log = logging.getLogger("posse")


@dataclass(frozen=True)
class Task:
    """Blocks that are given to a worker together; tried so often before, not to be tried again before some moment.

    suspect: they may be what kills workers. One such task is under way at a time, and one of a single block by itself,
    for a worker that dies takes along what waits in its queue, and that would be blamed too.
    """

    numbers: list[int]
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


class Pace:
    """How long a thread takes for a block, of late."""

    def __init__(self) -> None:
        self._spent, self._done = 0.0, 0.0
        self._last: float | None = None

    @property
    def seconds(self) -> float | None:
        """None where it is not known yet."""
        return self._spent / self._done if self._done else None

    def note(self, tasks: Sequence[Task], threads: int) -> None:
        """These were done since the last look; what was done before the last few of each thread hardly counts."""
        now, kept = monotonic(), (1 - 1 / (LATE * threads)) ** len(tasks)
        if self._last is not None:  # until the first are done, workers have also compiled
            self._spent = kept * self._spent + threads * (now - self._last)
            self._done = kept * self._done + sum(len(task.numbers) for task in tasks)
        self._last = now

    def rest(self) -> None:
        """Nothing is being done: time until the next ones does not count."""
        self._last = None


class _Window:
    """The tasks under way, and what is left to be given out."""

    def __init__(self, client: Client, cube: Cube, numbers: Sequence[int], order: Order) -> None:
        self.client, self.cube, self.order = client, cube, order
        self.waiting = deque(numbers)
        self.again: deque[Task] = deque()
        self.under_way: dict[Key, Task] = {}
        self.futures: dict[Key, Future[None]] = {}
        self.name, self.given = f"posse-{order.run}", 0  # to the scheduler all tasks of one name are one group
        self.pace = Pace()
        self._slots, self._counted = 1, float("-inf")
        self._seen = self._manned = monotonic()
        self._idle = False

    def outcomes(self) -> Generator[Outcome | Waiting, None, None]:
        pause = SHORT
        while (self.waiting or self.again or self.under_way) and not self.order.is_given():
            if self._has_scheduler():
                self._fill()
            yield from self._note_idle()
            began = monotonic()
            ended = self._ended()
            spent = monotonic() - began
            if done := [self.under_way[future.key] for future in ended if future.status == "finished"]:
                self.pace.note(done, self._slots)
            for future in ended:
                yield from self._settle(future, self.under_way.pop(future.key))
                future.release()
            pause = SHORT if ended else min(2 * pause, LONG)
            sleep(max(pause, spent / LOOKING))

    def _ended(self) -> list["Future[None]"]:
        """Looked for, as Dask's calling back would cost as much as sending."""
        known = self.client.futures  # of which a client that lost its scheduler in a bad moment forgets some
        ended = [future for key, future in self.futures.items() if future.done() or key not in known]
        for future in ended:
            del self.futures[future.key]
        return ended

    def close(self) -> None:
        """Take back what is not done; a task in work ends by itself."""
        if self.futures and self.client.status == "running":
            self.client.cancel(list(self.futures.values()), force=True)

    def _fill(self) -> None:
        """Give out tasks where a good part of the window is free: many at once cost the scheduler less."""
        most = QUEUED * self._count_slots()
        if len(self.under_way) > (1 - REFILL) * most:
            return
        added: dict[Key, list[int]] = {}
        while len(self.under_way) < most and len(added) < AT_ONCE and (task := self._next()):
            self.given += 1
            key = self.name, self.given
            self.under_way[key] = task
            added[key] = task.numbers
        if added:
            self._give(added)

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
        others = [other for other in self.under_way.values() if other.suspect]
        return not (task.suspect and others) and not any(len(other.numbers) == 1 for other in others)

    def _size(self) -> int:
        """Blocks worth TARGET seconds; fewer towards the end, so that the workers end together."""
        if not self.pace.seconds:
            return 1
        share = len(self.waiting) / (2 * self._count_slots())
        return max(1, int(min(TARGET / self.pace.seconds, share)))

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
            self.pace.rest()
            yield Waiting("waits for workers, there are none" if idle else "")

    def _give(self, tasks: dict[Key, list[int]]) -> None:
        what = str(self.cube.store), self.cube.description.identity
        futures = self.client.map(partial(TASK, *what), tasks.values(), run=self.order.run, key=[*tasks], pure=False)
        for future in futures:
            self.futures[future.key] = future

    def _has_scheduler(self) -> bool:
        """Whether there is one now; it may come back, or answer again, for a while."""
        if self.client.status in ("closed", "closing") or monotonic() > self._seen + LOST:
            raise ClusterError("the scheduler is gone, or silent; start one, then run the same command to go on")
        return bool(self.client.status == "running")

    def _settle(self, future: "Future[None]", task: Task) -> Generator[Outcome, None, None]:
        """What became of a task."""
        if future.status == "finished":
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
