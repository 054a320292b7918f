"""A run that is driven from within a Dask scheduler's process, and lives as long as that.

submit(cube, client)
"""

import asyncio
import logging
from threading import Thread

from distributed import Client, Scheduler, SchedulerPlugin

from posse.cluster.run import complete
from posse.cluster.runs import Run, State
from posse.cluster.workers import Workers
from posse.kernels.errors import ClusterError, PosseError, in_words
from posse.sweeps.cube import Cube

log = logging.getLogger("posse")


class Driver(SchedulerPlugin):
    """Drives a run in a thread of the scheduler's process."""

    def __init__(self, store: str, state: State) -> None:
        self.store, self.state = store, state
        self.name = f"posse-{state.name}"

    async def start(self, scheduler: Scheduler) -> None:
        """Raises, at whoever submits, where the cube cannot be opened here."""
        cube = await asyncio.to_thread(Cube.open, self.store)
        run = Run(cube.store, self.state)
        Thread(target=self._drive, args=(scheduler, cube, run), name=self.name, daemon=True).start()

    def _drive(self, scheduler: Scheduler, cube: Cube, run: Run) -> None:
        try:
            with run, Client(scheduler.address, security=scheduler.security, set_as_default=False) as client:
                complete(cube, Workers(client), run)
        except Exception as error:  # the run has said it; nobody else waits to hear it
            log.warning("%s: %s", self.name, in_words(error))
        finally:
            scheduler.loop.add_callback(scheduler.remove_plugin, self.name)


def submit(cube: Cube, client: Client) -> Run:
    """Have the client's scheduler drive a run."""
    run = Run.begin(cube.store, str(Workers(client)), "submitted")
    try:
        client.register_plugin(Driver(str(cube.store), run.state))
    except Exception as error:
        run.end("failed", in_words(error))
        if isinstance(error, PosseError):
            raise
        raise ClusterError(
            f"the scheduler cannot drive the run ({in_words(error)}); it needs this version of posse"
        ) from error
    return run
