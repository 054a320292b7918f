"""The sweep of the public interface: one that also knows how to be solved, in memory or into a store."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from posse.cluster.job import Job, engine, submit
from posse.cluster.run import grow, run
from posse.sweeps.memory import evaluate
from posse.sweeps.opening import open_cube
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

    def grow(
        self,
        store: str | Path,
        workers: int | None = None,
        progress: bool = True,
        client: "Client | None" = None,
    ) -> xr.Dataset:
        """Add the labels that this sweep has and the cube of a smaller one lacks, and open it; arguments as of `run`.

        Only what is new is solved and written, into the same store; nothing that is there is touched. A new label may
        lie between old ones; a name goes to the end; a design of more points begins with those it had. Raises
        InputError where more than labels differs, or where the cube has a label that this sweep lacks.

        >>> axes = {"diversity": {"linspace": [0, 1, 11]}, "resolve": [0.3, 0.7]}
        >>> cube = posse.Sweep("restraint", axes).run("growing.zarr", progress=False)
        >>> finer = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 21]}, "resolve": [0.3, 0.7, 0.9]})
        >>> finer.grow("growing.zarr", progress=False).regime.shape
        (21, 3)
        """
        grow(self, store, engine(workers, client), progress)
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
