"""Runs and cubes in words and tables, as the command line prints them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import prod
from pathlib import Path
from time import time
from typing import Any

import xarray as xr

from posse.analysis.dims import grid
from posse.analysis.shares import share
from posse.cluster.job import Job, Status
from posse.cluster.progress import bar
from posse.cluster.run import Report
from posse.cluster.runs import BEAT, RUNNING, State
from posse.describe import print_table
from posse.kernels.wording import text
from posse.sweeps import growth, records, spec
from posse.sweeps.axes import bound_by
from posse.sweeps.cube import is_sealed, read_description
from posse.sweeps.designs import SETTINGS, kind_of
from posse.sweeps.memory import gigabytes
from posse.sweeps.opening import open_cube
from posse.sweeps.store import Store, open_store
from posse.sweeps.verify import Damage

MOST_FAILED = 20  # blocks that are named


def show_run(store: str | Path, report: Report, ds: xr.Dataset) -> None:
    """What a run did, the share of each regime, and what the cube is now."""
    if report.blocks:
        rate = f"{report.rate / 1e6:.1f} million" if report.rate >= 1e6 else f"{report.rate:,.0f}"
        print(f"solved {report.points:,} points in {report.seconds:.2f} s: {rate} points a second")
    else:
        print("nothing left to solve")
    if any("flag_values" in v.attrs for v in ds.data_vars.values()):
        show_shares(ds)
    points = prod(ds.sizes[dim] for dim in grid(ds))
    print(f"cube: {store} ({points:,} points, {gigabytes(open_store(store).size())})")


def show_shares(ds: xr.Dataset) -> None:
    found = share(ds).compute()
    print_table([[str(name), f"{100 * share:6.2f} %"] for name, share in found.to_series().items() if share > 0])


def cube_facts(where: str | Path) -> dict[str, Any]:
    """What there is to know of a cube without reading its results, and without its game being installed."""
    parts = growth.parts(open_store(where))
    there = [read_description(part) for part in parts]
    blocks = [len(one.blocks) for one in there]
    recorded = [len(records.recorded(part, n)) for part, n in zip(parts, blocks, strict=True)]
    attributes, shape = (there[0].attributes, there[0].shape) if len(parts) == 1 else _grown(parts[0])
    written = spec.parse(attributes["spec"])
    return {
        "store": str(parts[0]),
        "game": f"{written.game}, version {attributes['game_version']}",
        "points": prod(shape),
        "axes": {n: f"{k} labels, {_written(n, written.axes[n])}" for n, k in zip(written.axes, shape, strict=True)},
        "fixed": written.fixed,
        "outputs": written.outputs,
        "dtype": written.dtype,
        "chunk": list(there[0].chunk),
        "blocks": sum(blocks),
        "missing": sum(blocks) - sum(recorded),
        "sealed": is_sealed(parts[-1]),
        "made": attributes["history"],
        "packages": attributes["packages"],
    }


def _grown(store: Store) -> tuple[dict[str, str], tuple[int, ...]]:
    """What the Dataset of a cube that has grown says of itself, and its shape."""
    ds = open_cube(store)
    return ds.attrs, tuple(ds.sizes[axis] for axis in spec.parse(ds.attrs["spec"]).axes)


def _written(name: str, axis: Mapping[str, Any]) -> str:
    """An axis in a few words: its ends, or its labels or design and what they bind."""
    bound = [parameter for parameter in bound_by(name, axis) if parameter != name]
    binds = f"; binds {', '.join(bound)}" if bound else ""
    if kind := kind_of(axis):
        return f"{kind}, seed {axis.get('seed', SETTINGS['seed'])}{binds}"
    form, values = next(iter(axis.items()))
    if form in ("linspace", "geomspace"):
        return f"{values[0]:g} to {values[1]:g} ({form})"
    ends = ", ".join(text(v) for v in (values if len(values) < 5 else [*values[:2], "...", values[-1]]))
    return ends + binds


def show_status(status: Status) -> None:
    """How far a job is."""
    share = f"{status.done:,} of {status.blocks:,} blocks ({100 * status.done / status.blocks:.1f} %)"
    rows = [["cube", status.store], ["state", status.state + (f": {status.reason}" if status.reason else "")]]
    if status.run:
        rows.append(["run", f"{status.run.name}, on {status.run.where}, {_when(status.run)}"])
    rows.append(["done", share])
    if status.rate and not status.is_over:
        rows.append(["rate", f"{status.rate / 1e6:,.2f} million points a second"])
    if status.left is not None:
        rows.append(["left", str(timedelta(seconds=round(status.left)))])
    if status.failed:
        rows.append(["failed", f"{len(status.failed)} blocks"])
        rows += [[f"block {number}", reason] for number, reason in list(status.failed.items())[:MOST_FAILED]]
    if status.is_over and status.state not in ("complete", "begun"):
        rows.append(["next", f"posse resume {status.store} solves what is missing"])
    print_table(rows)


def _when(run: State) -> str:
    """From when to when; that a run has become silent, before it counts as lost."""
    if run.state not in RUNNING:
        return f"{run.began} to {datetime.fromtimestamp(run.seen, UTC).isoformat(timespec='seconds')}"
    silent = time() - run.seen
    return f"since {run.began}" + (f", silent for {silent:.0f} s" if silent > 2.5 * BEAT else "")


def watch(job: Job) -> None:
    """A bar that follows a job until it is over."""
    first = job.status()
    each = first.points / first.blocks
    with bar(first.points, round(first.done * each), True) as advance:
        done = first.done
        for status in job.watch():
            advance(round((status.done - done) * each), status.reason)
            done = status.done


def show_damages(job: Job, damages: Sequence[Damage], repaired: bool) -> None:
    """What is not as it was written."""
    for damage in damages:
        print(f"{damage}{'; repaired' if repaired else ''}")
    status = job.status()
    missing = status.blocks - status.done
    print(
        f"{job.whole}: {status.done:,} blocks read, {len(damages)} object{'s' * (len(damages) != 1)} damaged"
        + (f", {missing:,} blocks not solved yet" if missing else "")
        + ("; posse verify --repair solves them again" if damages and not repaired else "")
    )


def show_facts(facts: Mapping[str, Any]) -> None:
    done = facts["blocks"] - facts["missing"]
    state = "complete, sealed" if facts["sealed"] else f"unfinished: {done} of {facts['blocks']} blocks done"
    rows = [
        ["cube", facts["store"]],
        ["game", facts["game"]],
        ["state", state],
        ["points", f"{facts['points']:,}"],
        *[[f"axis {name}", text] for name, text in facts["axes"].items()],
        ["fixed", ", ".join(f"{name} {value:g}" for name, value in facts["fixed"].items())],
        ["outputs", f"{', '.join(facts['outputs'])} (real numbers as {facts['dtype']})"],
        ["made", facts["made"]],
        ["packages", facts["packages"]],
    ]
    print_table(rows)
