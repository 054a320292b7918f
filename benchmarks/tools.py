"""One sweep by the tools that people use today for calling a function at every combination of parameters.

Each tool is called as its documentation says, with the same fast scalar function: what the tool adds is measured.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import count, product
from math import prod
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

import posse
from posse.benchmarks.peers import scalar
from posse.benchmarks.timing import Spread, Table, interleave, ratio
from posse.kernels.restraint import RESTRAINT

WORKERS = 2
BATCH = 10_000
PLAYERS = ["leader", "partner", "observer", "target"]
OUTPUTS = ["regime", *PLAYERS]

Axes = Mapping[str, list[float]]
Solver = Callable[[Axes], Mapping[Any, Any]]
"""From axes to an array of the grid's shape for each of OUTPUTS."""


def grid(diversity: int, cap_observer: int, resolve: int) -> Axes:
    """Axes of these lengths; at a resolve of 3/4 the crisis ties and rounding decides, so let it be no value."""
    return {
        "diversity": np.linspace(0, 1, diversity).tolist(),
        "cap_observer": np.linspace(0.1, 3, cap_observer).tolist(),
        "resolve": np.linspace(0, 1, resolve).tolist(),
    }


FEW = grid(10, 10, 10)
MANY = grid(50, 40, 50)


# The function that every tool is given

_COMMON = tuple(RESTRAINT.defaults.values())


@scalar.jit
def _point(diversity, cap_observer, resolve):
    c = _COMMON
    return scalar.point(*c[:3], cap_observer, c[4], diversity, *c[6:16], resolve, c[17])


def restraint(diversity: float, cap_observer: float, resolve: float) -> tuple[int, float, float, float, float]:
    """Regime and the four payoffs at a point, the other parameters at their defaults."""
    solved: tuple[int, float, float, float, float] = _point(diversity, cap_observer, resolve)
    return solved


def named_restraint(diversity: float, cap_observer: float, resolve: float) -> dict[str, float]:
    """The same with names."""
    return dict(zip(OUTPUTS, _point(diversity, cap_observer, resolve), strict=True))


# The tools: each is opened once, workers and all, and then called in every round


@contextmanager
def posse_evaluate() -> Iterator[Solver]:
    yield lambda axes: _outputs(_sweep(axes).evaluate())


@contextmanager
def posse_run() -> Iterator[Solver]:
    with TemporaryDirectory() as folder:
        stores = (Path(folder) / f"{k}.zarr" for k in count())
        yield lambda axes: _outputs(_sweep(axes).run(next(stores), progress=False))


def _sweep(axes: Axes) -> posse.Sweep:
    return posse.Sweep("restraint", axes, dtype="float64")


def _outputs(solved: xr.Dataset) -> Mapping[Any, Any]:
    return {"regime": solved.regime} | {p: solved.payoff.sel(player=p) for p in PLAYERS}


@contextmanager
def plain_loop() -> Iterator[Solver]:
    yield lambda axes: _folded([restraint(*point) for point in product(*axes.values())], axes)


def _folded(points: Sequence[tuple[float, ...]], axes: Axes) -> Mapping[Any, Any]:
    """Results in the order of the grid, one tuple a point, as arrays of its shape."""
    arrays = np.array(points).T.reshape(-1, *map(len, axes.values()))
    return dict(zip(OUTPUTS, arrays, strict=True))


@contextmanager
def xyzpy_serial() -> Iterator[Solver]:
    import xyzpy

    yield partial(xyzpy.Runner(restraint, var_names=OUTPUTS).run_combos, verbosity=0)


@contextmanager
def xyzpy_parallel() -> Iterator[Solver]:
    import xyzpy

    with _processes() as executor:
        yield partial(xyzpy.Runner(restraint, var_names=OUTPUTS).run_combos, verbosity=0, executor=executor)


@contextmanager
def pipefunc_serial() -> Iterator[Solver]:
    yield _pipeline(parallel=False)


@contextmanager
def pipefunc_parallel() -> Iterator[Solver]:
    with _processes() as executor:
        yield _pipeline(executor=executor)


def _pipeline(**how: Any) -> Solver:
    from pipefunc import PipeFunc, Pipeline

    mapspec = "diversity[i], cap_observer[j], resolve[k] -> " + ", ".join(f"{name}[i, j, k]" for name in OUTPUTS)
    pipeline = Pipeline([PipeFunc(restraint, tuple(OUTPUTS), mapspec=mapspec)])

    def solve(axes: Axes) -> Mapping[Any, Any]:
        results = pipeline.map(dict(axes), **how)
        return {name: results[name].output for name in OUTPUTS}

    return solve


def _processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"))


@contextmanager
def ema_sequential() -> Iterator[Solver]:
    yield from _workbench("SequentialEvaluator")


@contextmanager
def ema_parallel() -> Iterator[Solver]:
    yield from _workbench("MultiprocessingEvaluator", n_processes=WORKERS)


def _workbench(evaluator: str, **how: Any) -> Iterator[Solver]:
    with _quiet():
        import ema_workbench as ema
    model = ema.Model("restraint", function=named_restraint)
    model.uncertainties = [ema.RealParameter(name, min(values), max(values)) for name, values in FEW.items()]
    model.outcomes = [ema.ScalarOutcome(name) for name in OUTPUTS]

    def solve(axes: Axes) -> Mapping[Any, Any]:
        for parameter in model.uncertainties:
            parameter.resolution = axes[parameter.name]  # every value of the full factorial design
        experiments, outcomes = opened.perform_experiments(1, uncertainty_sampling=ema.Samplers.FF, log_progress=True)
        cube: Mapping[Any, Any] = experiments.assign(**outcomes).set_index(list(axes))[OUTPUTS].to_xarray()
        return cube

    with getattr(ema, evaluator)(model, **how) as opened:
        yield solve


@contextmanager
def _quiet() -> Iterator[None]:
    """The workbench warns at import of evaluators that it could have besides."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ipyparallel not installed")
        warnings.filterwarnings("ignore", "SALib samplers not available")
        yield


@contextmanager
def dask_map() -> Iterator[Solver]:
    from distributed import Client, LocalCluster

    def solve(axes: Axes) -> Mapping[Any, Any]:
        futures = client.map(restraint, *zip(*product(*axes.values()), strict=True), batch_size=BATCH)
        return _folded(client.gather(futures), axes)

    alone = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "silence_logs": logging.ERROR}
    with LocalCluster(WORKERS, threads_per_worker=1, **alone) as cluster, Client(cluster) as client:
        yield solve


@dataclass(frozen=True)
class Tool:
    """A way to make the sweep: the package that does it, the call in words, and how it is opened."""

    package: str
    call: str
    open: Callable[[], AbstractContextManager[Solver]]

    @property
    def version(self) -> str | None:
        """None where it is not installed."""
        return installed(self.package)


def installed(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


TOOLS = [  # the workbench, which forks, is opened before Dask, which has threads
    Tool("posse", "`Sweep(...).evaluate()`, in memory, one thread", posse_evaluate),
    Tool("posse", "`Sweep(...).run(store)`, a cube on disk, every core", posse_run),
    Tool("numba", "no tool: `[restraint(*p) for p in itertools.product(...)]`", plain_loop),
    Tool("xyzpy", "`Runner(restraint, ...).run_combos(axes)`", xyzpy_serial),
    Tool("xyzpy", f"`...run_combos(axes, executor=...)`, {WORKERS} processes", xyzpy_parallel),
    Tool("pipefunc", "`Pipeline([...]).map(axes, parallel=False)`", pipefunc_serial),
    Tool("pipefunc", f"`Pipeline([...]).map(axes, executor=...)`, {WORKERS} processes", pipefunc_parallel),
    Tool("ema_workbench", "`SequentialEvaluator(model).perform_experiments(..., Samplers.FF)`", ema_sequential),
    Tool("ema_workbench", f"`MultiprocessingEvaluator(model)...`, the same, {WORKERS} processes", ema_parallel),
    Tool("distributed", f"`client.map(restraint, ..., batch_size={BATCH})`, {WORKERS} processes", dask_map),
]


def answers(found: Mapping[Any, Any]) -> npt.NDArray[np.float64]:
    """Everything that a tool found, shape (outputs, *grid)."""
    return np.array([np.asarray(found[name], dtype=np.float64) for name in OUTPUTS])


def agree(found: Mapping[Any, Any], expected: npt.NDArray[np.float64]) -> bool:
    """Whether a tool found the same regimes everywhere, and the same payoffs but for rounding."""
    numbers = answers(found)
    return np.array_equal(numbers[0], expected[0]) and np.allclose(numbers[1:], expected[1:], rtol=1e-12, atol=1e-14)


def measure(tools: Sequence[Tool], axes: Axes, rounds: int) -> Table:
    """µs a point of each tool that is installed; refuses to report tools that disagree with the first one."""
    found: dict[str, Mapping[Any, Any]] = {}

    def solve(call: str, solver: Solver) -> None:
        found[call] = solver(axes)

    with ExitStack() as stack:
        solvers = {tool.call: stack.enter_context(tool.open()) for tool in tools if tool.version}
        for solver in solvers.values():  # starts workers, compiles
            solver(FEW)
        seconds = interleave({call: partial(solve, call, s) for call, s in solvers.items()}, rounds, warm_up=False)
        expected = answers(found[tools[0].call])
        for call in solvers:
            if not agree(found[call], expected):
                raise SystemExit(f"{call} gives other answers than posse")
    points = prod(map(len, axes.values()))
    headings = ["tool", "called by", "µs a point", "times posse in memory"]
    table = Table("tools", f"A sweep of {points:,} points by sweep tools", headings, notes=NOTES)
    for tool in tools:
        if tool.version is None:
            table.add(tool.package, tool.call, "not installed", "–")
        else:
            taken = seconds[tool.call]
            each = Spread.of([s / points * 1e6 for s in taken])
            table.add(f"{tool.package} {tool.version}", tool.call, each, ratio(taken, seconds[tools[0].call]))
    return table


NOTES = [
    "The tools are given a compiled scalar function, as fast alone as the row of no tool says; the rest is what they "
    "add. All give the same regimes and float64 payoffs. Imports, compilation and the start of processes come before "
    "the clock runs. What a tool takes for a sweep however small weighs a hundred times as much with `--quick`, which "
    "has a hundredth of the points: a cube on disk, with its files and their syncs, is dear then.",
    "Called as documented in: xyzpy, “Basics” and “Parallel & Distributed Generation”; pipefunc, “Understanding "
    "mapspec” and “Parallelism and Execution”; EMA Workbench, “Tutorials: A simple model in Python” and the reference "
    "of `FullFactorialSampler`; Dask, “Futures” and the reference of `Client.map`.",
]


def tables(quick: bool) -> list[Table]:
    """The table of tools; quick: a hundredth of the points."""
    return [measure(TOOLS, FEW if quick else MANY, rounds=3)]
