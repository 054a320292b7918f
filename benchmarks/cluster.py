"""What Dask adds: the same sweep on one process and on two, and the cost of a task that does nothing.

tables(quick) -> throughput by processes; time and memory of many tasks
"""

import os
from collections.abc import Callable, Sequence
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psutil

from posse.benchmarks import cubes
from posse.benchmarks.timing import Spread, Table, ratio
from posse.cluster import workers
from posse.cluster.clusters import LOOPBACK, connected
from posse.cluster.engine import Engine
from posse.cluster.local import Threads, cores
from posse.cluster.run import finish
from posse.cluster.workers import Workers
from posse.sweeps.cube import Cube
from posse.sweeps.sweep import Sweep

BATCH = 10_000  # tasks between two looks at the memory


def solve_nothing(store: str, identity: str, numbers: list[int], run: str) -> None:
    """A task with an empty kernel."""


class NoOrder:
    """Nobody asks to stop."""

    run = "bench"

    def is_given(self) -> bool:
        return False


def signal(points: int) -> Sweep:
    """A sweep of the game with a signal, whose blocks take ten times as long to solve as to write."""
    n = round(points ** (1 / 3))
    ends = {"diversity": (0, 1), "cap_observer": (0.1, 5), "resolve": (0.01, 0.99)}
    return Sweep("signalling", {name: {"linspace": [low, high, n]} for name, (low, high) in ends.items()})


def throughput(make: Callable[[int], Sweep], points: int, rounds: int) -> Table:
    """Points a second by local processes, free to use all cores, and with a core for each."""
    game = make(10**6).game.name
    headings = ["sweep", "solved by", "cores", "M points a second", "times one process"]
    table = Table(f"processes-{game}", f"A sweep of {points:,} points of {game} on Dask", headings)
    ways = [(0, False), (1, False), (2, False), (1, True), (2, True)]
    if not cubes.has_room(points, cubes=2):
        table.notes.append("Left out, the disk has no room for the cubes.")
        return table
    taken: dict[tuple[int, bool], list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, seconds in taken.items():
            seconds.append(seconds_on(*way, make, points))
    for (processes, pinned), seconds in taken.items():
        rate = Spread.of([points / s / 1e6 for s in seconds])
        where = "one for each process" if pinned else f"any of {cores()}"
        what = f"{processes} process{'es' if processes > 1 else ''}" if processes else "1 thread, without Dask"
        table.add(game, what, where, rate, ratio(taken[1, pinned], seconds))
    table.notes.append(
        f"`posse run --local N`, started and compiled before the clock runs; {rounds} rounds. A process solves in one "
        "thread and writes in another, so that one that may use any core takes more than one. The scheduler and the "
        "driver use any."
    )
    return table


def seconds_on(processes: int, pinned: bool, make: Callable[[int], Sweep], points: int) -> float:
    """A whole cube on so many local processes, each of which has solved something before; 0: on a thread of this."""
    if not processes:
        return _timed(make, points, Threads(1))
    with connected({"kind": "local", "processes": processes}) as client:
        client.wait_for_workers(processes)
        if pinned:
            for core, worker in enumerate(client.nthreads()):
                client.run(pin, core, workers=[worker])
        return _timed(make, points, Workers(client))


def _timed(make: Callable[[int], Sweep], points: int, engine: Engine) -> float:
    for _ in range(2):
        finish(Cube.create(make(10**6), cubes.fresh("warm.zarr")), engine)
    store = cubes.fresh("whole.zarr")
    cube = Cube.create(make(points), store)
    started = perf_counter()
    finish(cube, engine)
    seconds = perf_counter() - started
    cubes.discard(store)
    return seconds


def pin(core: int) -> None:
    """Keep all threads of this process, and those that they begin, on one core."""
    for thread in psutil.Process().threads():
        os.sched_setaffinity(thread.id, {core})


def many_tasks(tasks: int) -> Table:
    """Tasks of one block each, with an empty kernel: what a task costs, and whether memory grows with their number."""
    from distributed import Client, SubprocessCluster

    headings = ["tasks so far", "ms a task", "memory of the scheduler, MB", "memory of the driver, MB"]
    table = Table("tasks", f"{tasks:,} tasks that do nothing", headings)
    scheduler_kwargs, worker_kwargs = {"dashboard": False}, {"dashboard": False}  # it writes into them
    with (
        SubprocessCluster(
            LOOPBACK, 0, scheduler_kwargs, n_workers=2, threads_per_worker=1, worker_kwargs=worker_kwargs
        ) as cluster,
        Client(cluster) as client,
    ):
        scheduler = psutil.Process(client.run_on_scheduler(os.getpid))
        for done, seconds in batches(client, range(tasks)):
            memory = [round(p.memory_info().rss / 1e6) for p in (scheduler, psutil.Process())]
            table.add(f"{done:,}", seconds * 1e3 / BATCH, *memory)
    table.notes.append(
        f"Two processes, a window of {workers.QUEUED} tasks a thread. A task of a sweep is worth "
        f"{workers.TARGET:.0f} s of work."
    )
    return table


def batches(client: Any, numbers: Sequence[int]) -> Any:
    """How many tasks are done after each BATCH of them, and the seconds that it took."""
    cube: Any = SimpleNamespace(store="nowhere", description=SimpleNamespace(identity=""))
    order: Any = NoOrder()
    with patch.object(workers, "TASK", solve_nothing), patch.object(workers, "TARGET", 0.0):  # a block each
        started = perf_counter()
        for done, _ in enumerate(Workers(client).work(cube, numbers, order), 1):
            if done % BATCH == 0:
                now = perf_counter()
                yield done, now - started
                started = now


def tables(quick: bool) -> list[Table]:
    """The tables of this module; quick: fewer points and tasks."""
    return [
        throughput(cubes.grid, 10**7 if quick else 10**8, 3 if quick else 5),
        throughput(signal, 10**7 if quick else 350_000_000, 1 if quick else 3),
        many_tasks(BATCH if quick else 10**5),
    ]
