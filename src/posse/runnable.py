"""The sweep of the public interface: one that also knows how to be solved, in memory or into a store."""

from pathlib import Path

import xarray as xr

from posse.cluster.run import run
from posse.sweeps.cube import open_cube
from posse.sweeps.memory import evaluate
from posse.sweeps.sweep import Sweep as CheckedSweep


class Sweep(CheckedSweep):
    __doc__ = CheckedSweep.__doc__

    def evaluate(self) -> xr.Dataset:
        """Solve in memory; refuses, saying the size, what would not fit."""
        return evaluate(self)

    def run(self, store: str | Path, workers: int | None = None, progress: bool = True) -> xr.Dataset:
        """Write the cube, or finish the one that is there, and open it lazily.

        workers: threads, as many as keep the cores busy if left out. progress: show a bar on standard error.
        """
        run(self, store, workers, progress)
        return open_cube(store)
