"""Jobs of a batch system, by dask-jobqueue: as many as were asked for, whatever the system does to them.

with jobs_kept(cluster, number):   order them; while this lasts, order new ones in place of those that are gone
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from posse.kernels.errors import ClusterError

CARE = 15.0  # seconds between looks for workers that the batch system has killed

log = logging.getLogger("posse")


@contextmanager
def jobs_kept(cluster: Any, number: int) -> Iterator[None]:
    """Have this number of jobs. Raises ClusterError where the batch system refuses the first of them."""
    refusals: list[str] = []
    cluster.new_spec["cls"] = _patient(cluster.new_spec["cls"], refusals)
    cluster.scale(jobs=number)
    cluster.sync(_ordered, cluster)
    if len(refusals) == number:
        raise ClusterError(f"cluster: the batch system refuses the job: {refusals[0]}")
    over = Event()
    carer = Thread(target=_care, args=(cluster, number, refusals, over), name="posse-carer", daemon=True)
    carer.start()
    try:
        yield
    finally:
        over.set()
        carer.join()


def _patient(job_class: Any, refusals: list[str]) -> Any:
    """A class of jobs; one that the batch system refuses is noted, and counts as one that is killed at once."""
    from distributed.deploy.spec import ProcessInterface

    class Patient(job_class):  # type: ignore[misc]  # which class is known when it runs
        async def start(self) -> None:
            try:
                await super().start()
            except (OSError, RuntimeError, ValueError) as error:
                refusals.append(_told(error))
                await ProcessInterface.start(self)  # type: ignore[no-untyped-call]  # Dask is typed in part

    return Patient


def _told(error: Exception) -> str:
    """What the command said that orders jobs."""
    _, _, said = str(error).partition("stderr:")
    lines = [line.strip() for line in (said or str(error)).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


async def _ordered(cluster: Any) -> None:
    """Wait until all jobs have been ordered."""
    await cluster


def _care(cluster: Any, number: int, refusals: list[str], over: Event) -> None:
    """Order new jobs in place of those whose workers went away, and of those that were refused."""
    seen: set[Any] = set()
    gone: set[Any] = set()
    while not over.wait(CARE):
        for refusal in refusals:
            log.warning("the batch system refuses a job: %s; it is asked again", refusal)
        refusals.clear()
        jobs = dict(cluster.workers)
        names = [str(worker.name) for worker in list(cluster.scheduler.workers.values())]
        alive = {job for job in jobs if any(f"{name}-".startswith(f"{job}-") for name in names)}
        refused = {job for job, process in jobs.items() if not getattr(process, "job_id", None)}
        missed = (seen & jobs.keys()) - alive
        lost = (missed & gone) | refused  # twice in a row: a worker that is just started again is no loss
        for job in lost:
            if job not in refused:
                log.warning("%s: its workers are gone, another is ordered", job)
            cluster.sync(_drop, cluster, job)
        seen, gone = (seen | alive) - lost, missed - lost
        cluster.scale(jobs=number)


async def _drop(cluster: Any, job: Any) -> None:
    """Forget a job; the batch system is told to, which may know already."""
    with suppress(Exception):
        await cluster.workers.pop(job).close()
