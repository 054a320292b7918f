"""The sweep and the regions of the public interface: such as also know how to be solved, in memory or on a cluster."""

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import xarray as xr

from posse.cluster.job import Job, engine, submit
from posse.cluster.regions import handed_out
from posse.cluster.run import grow, run
from posse.kernels.catalogue import require_registered
from posse.kernels.declaration import Game
from posse.kernels.subdivision import HandOut
from posse.sweeps import kept
from posse.sweeps.memory import evaluate
from posse.sweeps.opening import open_cube
from posse.sweeps.regions import MOST, TOLERANCE
from posse.sweeps.regions import Regions as CertainRegions
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


class Regions(CertainRegions):
    __doc__ = CertainRegions.__doc__

    def refine(
        self,
        tolerance: float | None = None,
        most: int = MOST,
        seconds: float = inf,
        hand_out: HandOut | None = None,
        client: "Client | None" = None,
        progress: bool = True,
    ) -> Self:
        """The same box in smaller pieces, those that are undecided cut further.

        tolerance, most, seconds, client: as of `posse.regions`.
        hand_out: instead of a client, what calls a function for each of many parts and gives the results, as Python's
            own `map` does, or that of a pool of processes.
        progress: show a bar on standard error while a cluster works.

        >>> posse.regions("restraint", {"diversity": (0, 1)}).refine(tolerance=1e-6).undecided < 1e-5
        True
        """
        if client is not None:
            engine(None, client)  # is it a client?
            require_registered(self.game)
            hand_out = handed_out(client, progress, seconds)
        return super().refine(tolerance, most, seconds, hand_out)


def regions(
    game: str | Game,
    box: Mapping[str, Any],
    fixed: Mapping[str, float] | None = None,
    tolerance: float = TOLERANCE,
    most: int = MOST,
    seconds: float = inf,
    client: "Client | None" = None,
    progress: bool = True,
) -> Regions:
    """Cut a box of parameters into pieces in which one regime certainly holds, and small ones in which more may.

    box: for each parameter (low, high), or {"log_uniform": [low, high]} for shares that are even in ratios.
    fixed: other parameters; those left out take their defaults.
    tolerance: pieces whose sides are no longer than this share of the box's are not cut any more.
    most: pieces, and no more are cut when there are as many; `.refine` goes on.
    seconds: likewise, of time.
    client: of a Dask cluster, whose workers then do the work; progress: show a bar on standard error while they do.

    Raises InputError, which names the parameter and what is allowed.

    >>> found = posse.regions("restraint", {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}})
    >>> found
    <posse.Regions restraint: diversity 0 to 1 × cap_observer 0.1 to 5; ... boxes, ...% undecided>
    >>> finer = found.refine(tolerance=1 / 512)
    >>> finer.undecided < found.undecided
    True
    """
    return Regions.begin(game, box, fixed).refine(tolerance, most, seconds, None, client, progress)


def open_regions(store: str | Path, group: str = "", game: str | Game | None = None) -> Regions:
    """Regions that were saved by `Regions.to_zarr`, which `.refine` goes on with.

    store, group: as they were saved.
    game: theirs, if it is not registered.

    Raises StoreError where there are none, or they are damaged, IncompleteError where they were not written to their
    end, GameChangedError where another version of the game made them.

    >>> sweep = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 101]}})
    >>> cube = sweep.run("line.zarr", progress=False)
    >>> posse.regions("restraint", {"diversity": (0, 1)}).to_zarr("line.zarr", group="regions/line")
    >>> posse.open_regions("line.zarr", group="regions/line").refine(tolerance=1e-6).undecided < 1e-5
    True
    """
    return kept.read(Regions, store, group, game)
