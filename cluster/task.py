"""The task that a worker of a Dask cluster is given: solve blocks of a cube and record them.

It carries the address of the store and numbers of blocks, nothing else: a worker reads from the store what is to be
solved, and refuses where its posse would solve another game.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from socket import gethostname
from threading import Semaphore

from distributed import Status, Worker, get_worker, secede

from posse.cluster.local import Threads
from posse.cluster.runs import Order
from posse.kernels.errors import Interrupted, PosseError, StoreError, in_words
from posse.sweeps.cube import Cube
from posse.sweeps.description import Description
from posse.sweeps.store import Store, open_store

ENDING = Status.closing_gracefully, Status.closing, Status.closed, Status.failed  # of a worker

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
            done = sum(1 for _ in Threads(1, solved, spare=0).work(cube, numbers, _Order(cube.store, run, worker)))
        if done < len(numbers):
            raise Interrupted(f"{store}: the run, or its worker, was asked to stop")
    except PosseError:
        raise
    except Exception as error:
        raise TaskError(in_words(error)) from None


def _portable() -> Callable[..., None]:
    """The task as a function that travels as code: one that is sent by name kills workers that have no posse."""

    def task(store: str, identity: str, numbers: list[int], run: str) -> None:
        from posse.cluster.task import solve_blocks

        solve_blocks(store, identity, numbers, run)

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
