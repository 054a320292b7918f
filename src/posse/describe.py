"""What the command line prints: games, solutions, runs and cubes in words and tables."""

import sys
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import xarray as xr
from rich.console import Console
from rich.table import Table

from posse.cluster.local import Report
from posse.kernels.declaration import Game, Output
from posse.sweeps import records, spec
from posse.sweeps.cube import is_sealed, read_description
from posse.sweeps.folder import Folder
from posse.sweeps.memory import gigabytes
from posse.sweeps.shares import shares
from posse.sweeps.sweep import Sweep


def _table(rows: list[list[str]], headings: list[str] | None = None) -> None:
    table = Table(box=None, show_header=headings is not None, pad_edge=False)
    for heading in headings or [""] * len(rows[0]):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    # A pipe or a file has no width of its own: there, as wide as it needs to be.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def parameter_rows(game: Game) -> list[list[str]]:
    """Name, symbol, domain, default and meaning of each parameter."""
    return [[p.name, p.symbol, str(p.domain), f"{p.default:g}", p.long_name] for p in game.parameters]


def show_games(games: Mapping[str, Game]) -> None:
    rows = [[g.name, g.version, str(len(g.parameters)), g.title] for g in games.values()]
    _table(rows, ["name", "version", "parameters", "game"])


def show_game(game: Game) -> None:
    print(f"{game.title} ({game.name}, version {game.version})")
    print(f"{game.reference}\n")
    _table(parameter_rows(game), ["parameter", "symbol", "domain", "default", "meaning"])
    print()
    outputs = [
        [o.name, "in the default outputs" if o.name in game.default_outputs else "", _long(o)] for o in game.outputs
    ]
    _table(outputs, ["output", "", "meaning"])
    for output in game.outputs:
        if output.kind != "real":
            print()
            _table([[str(f.value), f.name, f.meaning] for f in output.all_flags], [output.name, "name", "meaning"])


def _long(output: Output) -> str:
    return output.long_name + (f"; for each {output.dimension[0]}" if output.dimension else "")


def as_dict(game: Game) -> dict[str, Any]:
    """A declaration as plain data."""
    return {
        "name": game.name,
        "title": game.title,
        "version": game.version,
        "source_hash": game.source_hash,
        "parameters": [
            {"name": p.name, "symbol": p.symbol, "domain": str(p.domain), "default": p.default, "meaning": p.long_name}
            for p in game.parameters
        ],
        "outputs": [
            {
                "name": o.name,
                "meaning": o.long_name,
                "labels": list(o.labels),
                "flags": {f.name: f.value for f in o.all_flags},
            }
            for o in game.outputs
        ],
    }


def solution(game: Game, solved: xr.Dataset) -> dict[str, Any]:
    """The solution at one point: names in place of codes."""
    return {o.name: _value(o, solved[o.name]) for o in game.outputs}


def _value(output: Output, variable: xr.DataArray) -> Any:
    if output.dimension:
        return dict(zip(output.labels, variable.values.tolist(), strict=True))
    value = variable.item()
    if output.kind == "codes":
        return next(f.name for f in output.all_flags if f.value == value)
    if output.kind == "flags":
        return [f.name for f in output.all_flags if value & f.value]
    return value


def show_solution(found: Mapping[str, Any]) -> None:
    rows: list[list[str]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            rows += [[f"{name} of {label}", _text(v)] for label, v in value.items()]
        else:
            rows.append([name, _text(value)])
    _table(rows)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def show_run(sweep: Sweep, store: Path, report: Report, ds: xr.Dataset) -> None:
    """What a run did, and the share of each regime."""
    if report.blocks:
        rate = f"{report.rate / 1e6:.1f} million" if report.rate >= 1e6 else f"{report.rate:,.0f}"
        print(f"solved {report.points:,} points in {report.seconds:.2f} s: {rate} points a second")
    else:
        print("nothing left to solve")
    if any("flag_values" in v.attrs for v in ds.data_vars.values()):
        show_shares(ds)
    size = sum(f.stat().st_size for f in Folder(store).path.rglob("*") if f.is_file())
    print(f"cube: {store} ({sweep.size:,} points, {gigabytes(size)})")


def show_shares(ds: xr.Dataset) -> None:
    found = shares(ds)
    _table([[str(name), f"{100 * share:6.2f} %"] for name, share in found.to_series().items() if share > 0])


def cube_facts(store: Path) -> dict[str, Any]:
    """What there is to know of a cube without reading its results, and without its game being installed."""
    folder = Folder(store)
    there = read_description(folder)
    written = spec.parse(there.attributes["spec"])
    return {
        "store": str(folder),
        "game": f"{written.game}, version {there.attributes['game_version']}",
        "points": prod(there.shape),
        "axes": {n: f"{k} labels, {_written(written.axes[n])}" for n, k in zip(written.axes, there.shape, strict=True)},
        "fixed": written.fixed,
        "outputs": written.outputs,
        "dtype": written.dtype,
        "chunk": list(there.chunk),
        "blocks": len(there.blocks),
        "missing": len(there.blocks) - len(records.recorded(folder)),
        "sealed": is_sealed(folder),
        "made": there.attributes["history"],
        "packages": there.attributes["packages"],
    }


def _written(axis: Mapping[str, Any]) -> str:
    """An axis in a few words: its ends, or its labels and what they bind."""
    form, values = next(iter(axis.items()))
    if form in ("linspace", "geomspace"):
        return f"{values[0]:g} to {values[1]:g} ({form})"
    bound = [name for name in axis if name not in ("labels", "values")]
    ends = ", ".join(_text(v) for v in (values if len(values) < 5 else [*values[:2], "...", values[-1]]))
    return ends + (f"; binds {', '.join(bound)}" if bound else "")


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
    _table(rows)
