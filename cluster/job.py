"""A job: the work on a cube, wherever it runs; all that is known of it stands in the store.

job = Job("s3://bucket/atlas.zarr")
job.status(), job.watch()       how far it is
job.cancel(), job.resume()      stop it, go on with it
job.verify(repair=True)         look at every byte
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

from posse.cluster.clusters import connected
from posse.cluster.detached import detach
from posse.cluster.engine import Engine
from posse.cluster.local import Threads
from posse.cluster.run import Report, go_on
from posse.cluster.runs import LIFE, RUNNING, State, cancel, runs
from posse.cluster.tables import checked
from posse.kernels.catalogue import require_registered
from posse.kernels.errors import InputError
from posse.sweeps import growth, records
from posse.sweeps.cube import Cube, is_sealed, read_description
from posse.sweeps.store import Store, open_store
from posse.sweeps.sweep import Sweep
from posse.sweeps.verify import Damage, damages, mend

if TYPE_CHECKING:
    from distributed import Client

RECENT = 200  # records by which the rate is judged


@dataclass(frozen=True)
class Status:
    """How far a job is.

    state: complete, begun, submitted, running, cancelled, stopped, failed or lost; reason: why, and run: the latest.
    failed: why each block that failed did. rate: points a second, lately; left: seconds to go, while it runs.
    """

    store: str
    state: str
    reason: str
    run: State | None
    blocks: int
    done: int
    failed: dict[int, str]
    points: int
    rate: float | None
    left: float | None

    @property
    def is_over(self) -> bool:
        """Whether nothing is at work on it."""
        return self.state not in RUNNING


class Job:
    """The work on the cube in a store. Raises StoreError where there is none.

    store: a folder, or s3://bucket/path.

    >>> sweep = posse.Sweep("restraint", axes={"diversity": [0.2, 0.5]})
    >>> cube = sweep.run("few.zarr", progress=False)
    >>> job = posse.Job("few.zarr")
    >>> job
    <posse.Job ...few.zarr: complete>
    """

    def __init__(self, store: str | Path | Store) -> None:
        self.parts = growth.parts(open_store(store))
        self.whole = self.parts[0]
        self.store = next((part for part in self.parts if not is_sealed(part)), self.parts[-1])  # which the work is on
        self.description = read_description(self.store)

    def __repr__(self) -> str:
        return f"<posse.Job {self.whole}: {self.status().state}>"

    @property
    def name(self) -> str:
        """That of its latest run, empty where there was none."""
        every = runs(self.store)
        return every[-1].name if every else ""

    def status(self) -> Status:
        """What the store says now; needs no cluster.

        >>> status = job.status()
        >>> status.state, status.points, status.blocks - status.done
        ('complete', 2, 0)
        """
        blocks, points = len(self.description.blocks), prod(self.description.shape)
        times, every = records.times(self.store, blocks), runs(self.store)
        latest = next((run for run in reversed(every) if run.state in RUNNING), every[-1] if every else None)
        state, reason = (latest.state, latest.reason) if latest else ("begun", "")
        if is_sealed(self.store):
            state, reason = "complete", ""
        elif state == "finished":  # it is about to be sealed, or was begun anew
            state = "begun"
        rate = _rate(sorted(times.values()), points / blocks)
        left = (blocks - len(times)) * points / blocks / rate if rate and state in RUNNING else None
        failed = records.failures(self.store, blocks)
        others = [read_description(part) for part in self.parts if part is not self.store]  # which are whole
        done = sum(len(part.blocks) for part in others)
        points += sum(prod(part.shape) for part in others)
        return Status(
            str(self.whole), state, reason, latest, done + blocks, done + len(times), failed, points, rate, left
        )

    def watch(self, every: float = 2.0) -> Iterator[Status]:
        """The status again and again, until the job is over.

        every: seconds from one look to the next.

        >>> [status.state for status in job.watch()]
        ['complete']
        """
        while True:
            status = self.status()
            yield status
            if status.is_over:
                return
            sleep(every)

    def cancel(self) -> list[State]:
        """Ask the runs that are at work to stop within seconds; tells which these are.

        >>> job.cancel()
        []
        """
        return cancel(self.store)

    def resume(self, workers: int | None = None, progress: bool = True, client: "Client | None" = None) -> Report:
        """Solve what is missing; arguments as of `Sweep.run`.

        >>> job.resume(progress=False).blocks
        0
        """
        return go_on(self.cube(), engine(workers, client), progress)

    def submit(self, where: "Client | Mapping[str, Any] | None" = None) -> str:
        """Have a cluster solve what is missing, and return at once, with the name of the run.

        where: a client of a Dask cluster, whose scheduler then sees to it; or a table as in posse.cluster.tables,
            by default {"kind": "threads"}: what is to be started is started by a process of its own on this machine.

        >>> name = job.submit({"kind": "threads", "workers": 1})
        """
        cube = self.cube()
        if where is None or isinstance(where, Mapping):
            table = checked(where or {"kind": "threads"})
            if "scheduler" not in table:
                return detach(cube, table).state.name
            with connected(table) as client:
                return self.submit(client)
        engine(None, where)  # is it a client?
        from posse.cluster.driver import submit

        return submit(cube, where).state.name

    def verify(self, repair: bool = False, advance: Callable[[int], None] | None = None) -> list[Damage]:
        """Read all that is recorded, and tell what is not as it was written; mend it where that is wanted.

        repair: solve again what is damaged, for which the game has to be registered here.
        advance: told the number of blocks done.

        >>> job.verify()
        []
        """
        found: list[Damage] = []
        for number, part in enumerate(self.parts):
            wrong = list(damages(part, advance or (lambda blocks: None)))
            if repair and wrong:
                mend(Cube.open(part), wrong)
            found += wrong if number == 0 else [replace(one, key=f"grown/{number}/{one.key}") for one in wrong]
        return found

    def cube(self) -> Cube:
        """The cube, or what it is growing by, to go on with; its game has to be registered here.

        >>> job.cube().missing()
        []
        """
        return Cube.open(self.store)


def _rate(when: list[float], points: float) -> float | None:
    """Points a second by the latest records, back to the last pause between runs."""
    lately = when[-RECENT:]
    pauses = [k for k in range(1, len(lately)) if lately[k] - lately[k - 1] > LIFE]
    lately = lately[pauses[-1] :] if pauses else lately
    span = lately[-1] - lately[0] if lately else 0.0
    return (len(lately) - 1) * points / span if span > 0 else None


def submit(sweep: Sweep, store: str | Path | Store, where: "Client | Mapping[str, Any] | None" = None) -> Job:
    """Begin the cube of a sweep, have a cluster see to it, and return at once."""
    require_registered(sweep.game)
    job = Job(Cube.create(sweep, store).store)
    job.submit(where)
    return job


def engine(workers: int | None, client: "Client | None") -> Engine:
    """The workers of a client's cluster; threads of this process where there is no client."""
    if client is None:
        return Threads(workers)
    from distributed import Client

    from posse.cluster.workers import Workers

    if not isinstance(client, Client):
        raise InputError(f"client: {type(client).__name__} is not allowed; it is a distributed.Client")
    return Workers(client)
