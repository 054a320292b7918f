"""The sweep of the public interface: one that also knows how to be solved, in memory or into a store."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from posse.cluster.job import Job, engine, submit
from posse.cluster.run import run
from posse.sweeps.cube import open_cube
from posse.sweeps.memory import evaluate
from posse.sweeps.sweep import Sweep as CheckedSweep

if TYPE_CHECKING:
    from distributed import Client


class Sweep(CheckedSweep):
    __doc__ = CheckedSweep.__doc__

    def evaluate(self) -> xr.Dataset:
        """Solve in memory. Raises TooLargeError, which says the size, where it would not fit.

        >>> sweep.evaluate().regime.dims
        ('diversity', 'resolve', 'case')
        """
        return evaluate(self)

    def run(
        self,
        store: str | Path,
        workers: int | None = None,
        progress: bool = True,
        client: "Client | None" = None,
    ) -> xr.Dataset:
        """Write the cube, or finish the one that is there, and open it lazily.

        store: a folder, or s3://bucket/path.
        workers: threads of this process, as many as keep the cores busy if left out.
        progress: show a bar on standard error.
        client: of a Dask cluster, whose workers then do the work.

        >>> cube = sweep.run("cases.zarr", progress=False)
        >>> cube.regime.shape
        (101, 2, 2)
        """
        run(self, store, engine(workers, client), progress)
        return open_cube(store)

    def submit(self, store: str | Path, where: "Client | Mapping[str, Any] | None" = None) -> Job:
        """Begin the cube, have a cluster see to it, and return at once.

        where: a client of a Dask cluster; or a table that says what to start, as in a sweep file; threads of a process
            of its own on this machine if left out.

        >>> job = sweep.submit("later.zarr")
        >>> *_, last = job.watch(every=0.2)
        >>> last.state
        'complete'
        """
        return submit(self, store, where)
