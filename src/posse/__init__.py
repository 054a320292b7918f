"""posse: solve game-theoretic models over whole parameter spaces.

posse.solve("restraint", diversity=0.2)          one point, or arrays of them
posse.Sweep("restraint", axes={...}).run(store)  a labelled cube on disk
posse.open_cube(store)                           open it as an xarray Dataset
posse.virtual(sweep)                             the same without a disk: cells are solved when they are read
cube.posse                                       regimes by name, shares, transitions, tables, pictures
posse.cases(crises=..., ...)                     the parameters of real crises, from data sets
posse.check("restraint", "a claim")              prove it, or refute it by a counterexample
posse.Job(store)                                 watch, stop, resume and verify the work on it
posse.games(), posse.game("restraint")           what can be solved
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from posse.afterwards import when_imported

if TYPE_CHECKING:
    from posse.analysis.estimates import estimate, sensitivity
    from posse.claims.check import check
    from posse.cluster.job import Job
    from posse.crises.cases import cases
    from posse.kernels.catalogue import game, games
    from posse.kernels.declaration import Domain, Flag, Game, Output, Parameter
    from posse.kernels.errors import PosseError
    from posse.runnable import Sweep, open_regions, regions
    from posse.sweeps.memory import solve
    from posse.sweeps.opening import open_cube
    from posse.sweeps.virtual import virtual

__version__ = version("posse")
__all__ = [
    "Domain",
    "Flag",
    "Game",
    "Job",
    "Output",
    "Parameter",
    "PosseError",
    "Sweep",
    "cases",
    "check",
    "estimate",
    "game",
    "games",
    "open_cube",
    "open_regions",
    "regions",
    "sensitivity",
    "solve",
    "virtual",
]

# Loaded when first used: importing xarray, zarr and Numba takes a second that `posse --help` need not wait.
_HOMES = {
    "Job": "cluster.job",
    "cases": "crises.cases",
    "check": "claims.check",
    "estimate": "analysis.estimates",
    "game": "kernels.catalogue",
    "games": "kernels.catalogue",
    "Domain": "kernels.declaration",
    "Flag": "kernels.declaration",
    "Game": "kernels.declaration",
    "Output": "kernels.declaration",
    "Parameter": "kernels.declaration",
    "PosseError": "kernels.errors",
    "Sweep": "runnable",
    "open_cube": "sweeps.opening",
    "open_regions": "runnable",
    "regions": "runnable",
    "sensitivity": "analysis.estimates",
    "solve": "sweeps.memory",
    "virtual": "sweeps.virtual",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'posse' has no attribute {name!r}")
    value = getattr(import_module(f"posse.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


when_imported("xarray", "posse.plugin")  # which gives Datasets the accessor `ds.posse`
