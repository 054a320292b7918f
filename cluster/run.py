"""Run a sweep into a store."""

from pathlib import Path

from posse.cluster import local
from posse.cluster.progress import bar
from posse.sweeps.cube import Cube
from posse.sweeps.sweep import Sweep


def run(sweep: Sweep, store: str | Path, workers: int | None = None, progress: bool = True) -> local.Report:
    """Write the cube of a sweep, or finish the one that is there, on this machine.

    workers: threads, as many as keep the cores busy if left out. progress: show a bar on standard error.
    """
    local.check_workers(workers)
    cube = Cube.create(sweep, store)
    missing = sum(cube.blocks.points(number) for number in cube.missing())
    with bar(sweep.size, sweep.size - missing, progress and missing > 0) as advance:
        return local.finish(cube, workers, advance)
