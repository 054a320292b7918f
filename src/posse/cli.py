"""The command line. Each command reads its arguments, calls the library, prints.

What a user can get wrong ends in one line on standard error and exit status 2, a failure in 1.
"""

import json
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from posse.benchmarks import GROUPS
from posse.kernels.errors import InputError, PosseError

app = typer.Typer(
    help="Solve game-theoretic models over whole parameter spaces, into labelled cubes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# What Typer raises at wrong options; it has brought its own copy of click along, or not, by its version.
_UsageError: Any = typer.BadParameter.__mro__[1]

STOPPED = 130

Spec = Annotated[Path, typer.Argument(help="TOML file that describes the sweep.")]
Store = Annotated[str, typer.Argument(help="The cube: a folder, or s3://bucket/path.")]
Readable = Annotated[
    str, typer.Argument(metavar="STORE|SPEC", help="The cube; or a sweep file (.toml), solved where it is read.")
]
NewStore = Annotated[str, typer.Option(help="The cube, new or to be finished: a folder, or s3://bucket/path.")]
Workers = Annotated[int | None, typer.Option(help="Threads; as many as keep the cores busy if left out.")]
Local = Annotated[int | None, typer.Option(metavar="N", help="Run on N processes of this machine instead.")]
Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Run on the Dask scheduler at tcp://host:port.")]
Cluster = Annotated[str | None, typer.Option(metavar="NAME", help="Run on a cluster of your configuration.")]
Progress = Annotated[bool, typer.Option(help="Show a progress bar.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Select = Annotated[
    list[str] | None,
    typer.Option("--sel", metavar="NAME=VALUE", help="A label of a dimension, or LOW:HIGH. May be repeated."),
]


class _WithParameters(TyperCommand):
    """A command whose help ends with the parameters of every game, as declared."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from posse.describe import parameter_rows
        from posse.kernels.catalogue import games

        for game in games().values():
            with formatter.section(f"Parameters of {game.name}"):
                formatter.write_dl([(row[0], f"{row[4]} ({row[2]}; default {row[3]})") for row in parameter_rows(game)])


@app.command("games")
def list_games(
    name: Annotated[str | None, typer.Argument(help="A game, to see all that it declares.")] = None,
    as_json: Json = False,
) -> None:
    """List the games, or show one: parameters, outputs, regimes."""
    from posse import describe
    from posse.kernels.catalogue import game, games

    if as_json:
        chosen = [game(name)] if name else list(games().values())
        print(json.dumps([describe.as_dict(g) for g in chosen], indent=1, ensure_ascii=False))
    elif name:
        describe.show_game(game(name))
    else:
        describe.show_games(games())


@app.command("solve", cls=_WithParameters)
def solve_point(
    name: Annotated[str, typer.Argument(metavar="GAME", help="Name of the game.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter. May be repeated.")
    ] = None,
    as_json: Json = False,
    in_words: Annotated[bool, typer.Option("--story", help="Tell who does what, and why no one deviates.")] = False,
) -> None:
    """Solve a game at one point; parameters not set take their defaults."""
    from posse import describe
    from posse.analysis.story import story
    from posse.kernels.catalogue import game
    from posse.kernels.point import require_inside, solve_plain
    from posse.kernels.wording import named

    chosen = game(name)
    values = {key: _number(key, text) for key, text in _pairs("--set", settings)}
    require_inside(chosen, values)
    if in_words and as_json:
        raise InputError("--story and --json: choose one")
    if in_words:
        print(story(chosen, values))
        return
    solution = named(chosen, solve_plain(chosen, values))
    if as_json:
        print(json.dumps({"game": name, "parameters": chosen.defaults | values, "solution": solution}, indent=1))
    else:
        describe.show_solution(solution)


@app.command("cases")
def make_cases(
    crises: Annotated[
        Path, typer.Option(help="CSV: who led, who partnered, against whom, who watched, in which year.")
    ],
    capabilities: Annotated[
        Path, typer.Option(help="CSV: National Material Capabilities, or state, year, capability.")
    ],
    ideal_points: Annotated[Path, typer.Option(help="CSV: UN ideal points, or state, year, ideal_point.")],
    out: Annotated[Path, typer.Option(help="Sweep file to write (.toml).")],
    diversity: Annotated[str, typer.Option(help="Rule: weighted-mean, mean or largest distance.")] = "weighted-mean",
    missing: Annotated[
        str, typer.Option(help="Crises that lack a figure: leave-out; drop-partner: diversity without that partner.")
    ] = "leave-out",
    force: Annotated[bool, typer.Option("--force", help="Write over the file.")] = False,
) -> None:
    """Join crises to data on capabilities and ideal points, into a sweep file with an axis of cases."""
    from posse.crises.cases import cases
    from posse.crises.written import require_free

    require_free(out, force)
    found = cases(
        crises=crises, capabilities=capabilities, ideal_points=ideal_points, diversity=diversity, missing=missing
    )
    found.to_toml(out, force)
    for line in found.report:
        print(f"posse: {line}", file=sys.stderr)
    made = len(found.axis["labels"])
    print(f"{out}: {made} of {made + len(found.left_out)} cases; posse run {out} --store {out.stem}.zarr solves them")


@app.command("check")
def check_claims(
    claims: Annotated[Path, typer.Argument(metavar="CLAIMS", help="TOML file of claims.")],
    seconds: Annotated[float | None, typer.Option(help="Time for each claim; 20 if left out.")] = None,
    seed: Annotated[int, typer.Option(help="Of the search for counterexamples.")] = 0,
    as_json: Json = False,
) -> None:
    """Prove or refute claims about a game. Status 1 where a verdict is not the expected one."""
    from posse import verdicts
    from posse.claims.files import check_all, read_claims

    read, found = read_claims(claims), []
    for said, verdict in check_all(read, seconds, seed):
        found.append((said, verdict))
        if not as_json:
            verdicts.show(said, verdict)
    if as_json:
        print(json.dumps([verdicts.as_dict(*pair) for pair in found], indent=1))
    else:
        verdicts.show_sum([verdict for _, verdict in found])
    if any(said.expected not in (None, verdict.answer) for said, verdict in found):
        raise typer.Exit(1)


@app.command("run")
def run_sweep(
    spec: Spec,
    store: NewStore,
    workers: Workers = None,
    local: Local = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    progress: Progress = True,
) -> None:
    """Solve a sweep into a cube, or finish one that was interrupted."""
    from posse.cluster.run import run

    _solve_into(run, spec, store, (workers, local, scheduler, cluster), progress)


@app.command("grow")
def grow_cube(
    spec: Spec,
    store: Annotated[str, typer.Option(help="The cube to grow: a folder, or s3://bucket/path.")],
    workers: Workers = None,
    local: Local = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    progress: Progress = True,
) -> None:
    """Add to a cube the labels that a larger sweep has; only these are solved."""
    from posse.cluster.run import grow

    _solve_into(grow, spec, store, (workers, local, scheduler, cluster), progress)


_Where = tuple[int | None, int | None, str | None, str | None]  # workers, local, scheduler, cluster


def _solve_into(work: Callable[..., Any], spec: Path, store: str, asked: _Where, progress: bool) -> None:
    """Run or grow, where the options or the spec's own table say, and tell what the cube is now."""
    from posse import reports
    from posse.cluster.clusters import engine
    from posse.cluster.tables import chosen
    from posse.sweeps.opening import open_cube

    sweep, table = _read(spec)
    with engine(chosen(*asked, table)) as where:
        report = work(sweep, store, where, progress)
    reports.show_run(store, report, open_cube(store))


@app.command("submit")
def submit_sweep(
    spec: Spec, store: NewStore, local: Local = None, scheduler: Scheduler = None, cluster: Cluster = None
) -> None:
    """Have a cluster, or a process of this machine, solve a sweep, and return at once."""
    from posse.cluster.job import Job
    from posse.cluster.tables import chosen
    from posse.sweeps.cube import Cube

    sweep, table = _read(spec)
    where = chosen(None, local, scheduler, cluster, table)
    _submit(Job(Cube.create(sweep, store).store), where, store)


def _read(path: Path) -> tuple[Any, Any]:
    """The sweep of a spec file, and the table that says where to run it, if it has one."""
    from posse.sweeps import spec
    from posse.sweeps.sweep import Sweep

    written = spec.read(path)
    return Sweep.from_spec(written, path.parent), written.cluster


def _submit(job: Any, where: Any, store: str) -> None:
    if job.status().state == "complete":
        print(f"{store}: nothing left to solve")
        return
    from posse.cluster.detached import log_path

    name = job.submit(where)
    print(f"{name}: submitted; posse status {store} --watch")
    if "scheduler" not in where:
        print(f"what it prints goes to {log_path(name)}")


@app.command("status")
def show_status(
    store: Store,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until the job is over.")] = False,
    as_json: Json = False,
) -> None:
    """Say how far the work on a cube is; needs no scheduler."""
    from posse import reports
    from posse.cluster.job import Job

    job = Job(store)
    if watch:
        reports.watch(job)
    status = job.status()
    print(json.dumps(asdict(status), indent=1)) if as_json else reports.show_status(status)
    if status.state in ("failed", "lost"):
        raise typer.Exit(1)


@app.command("cancel")
def cancel_job(store: Store) -> None:
    """Ask the runs at work on a cube to stop; what is recorded stays."""
    from posse.cluster.job import Job

    asked = Job(store).cancel()
    for run in asked:
        print(f"{run.name}: asked to stop, on {run.where}")
    if not asked:
        print("nothing is at work on it")


@app.command("resume")
def resume_job(
    store: Store,
    workers: Workers = None,
    local: Local = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    progress: Progress = True,
    submit: Annotated[bool, typer.Option("--submit", help="Return at once, as posse submit does.")] = False,
) -> None:
    """Solve what is missing of a cube, which says itself what it is."""
    from posse import reports
    from posse.cluster.clusters import engine
    from posse.cluster.job import Job
    from posse.cluster.run import go_on
    from posse.cluster.tables import chosen
    from posse.sweeps.opening import open_cube

    job = Job(store)
    cube = job.cube()
    where = chosen(workers, local, scheduler, cluster)
    if submit:
        _submit(job, where, store)
        return
    with engine(where) as found:
        report = go_on(cube, found, progress)
    reports.show_run(store, report, open_cube(store))


@app.command("verify")
def verify_cube(
    store: Store,
    repair: Annotated[bool, typer.Option("--repair", help="Solve again what is damaged.")] = False,
    progress: Progress = True,
    as_json: Json = False,
) -> None:
    """Read every byte of a cube again and compare it with what was written."""
    from posse import reports
    from posse.cluster.job import Job
    from posse.cluster.progress import bar

    job = Job(store)
    with bar(job.status().done, 0, progress and not as_json, "verifying") as advance:
        found = job.verify(repair, lambda blocks: advance(blocks, ""))
    if as_json:
        print(json.dumps([asdict(damage) | {"repaired": repair} for damage in found], indent=1))
    else:
        reports.show_damages(job, found, repair)
    if found and not repair:
        raise typer.Exit(1)


@app.command("info")
def show_info(store: Store, as_json: Json = False) -> None:
    """Say what a cube holds, how it was made and whether it is finished."""
    from posse import reports

    facts = reports.cube_facts(store)
    print(json.dumps(facts, indent=1)) if as_json else reports.show_facts(facts)


@app.command("slice")
def write_slice(
    cube: Readable,
    out: Annotated[Path, typer.Option(help="File to write, or to write over: .nc, .csv, .parquet or .dta.")],
    sel: Select = None,
) -> None:
    """Write a part of a cube for other programs, by the file's suffix: NetCDF, CSV, Parquet or Stata."""
    from posse.analysis.export import write
    from posse.analysis.selection import select
    from posse.sweeps.opening import open_any

    part = select(open_any(cube), dict(_pairs("--sel", sel)))
    write(part, out)
    print(f"{out}: {' × '.join(f'{dim} {n}' for dim, n in part.sizes.items()) or 'one point'}")


@app.command("plot")
def plot_cube(
    cube: Readable,
    out: Annotated[Path, typer.Option(help="Picture to write, .png, .pdf or .svg.")],
    kind: Annotated[str, typer.Option(help="map, payoff, share or tree.")] = "map",
    x: Annotated[str | None, typer.Option(help="Dimension along the horizontal axis.")] = None,
    y: Annotated[str | None, typer.Option(help="Dimension along the vertical axis, of map and payoff.")] = None,
    col: Annotated[str | None, typer.Option(help="Dimension of which each label gets a column of panels.")] = None,
    row: Annotated[str | None, typer.Option(help="Dimension of which each label gets a row of panels.")] = None,
    player: Annotated[str | None, typer.Option(help="Whose payoff; on a map, drawn as lines.")] = None,
    output: Annotated[str | None, typer.Option(help="An output of numbers in place of payoffs.")] = None,
    by: Annotated[str | None, typer.Option(help="A group of regimes, of share.")] = None,
    sel: Select = None,
) -> None:
    """Draw a cube: the map of regimes, payoffs, shares of the regimes along --x, or the game tree at one point."""
    from posse.analysis.style import require_type, save
    from posse.draw import picture

    require_type(out)
    options = {"x": x, "y": y, "col": col, "row": row, "player": player, "output": output, "by": by}
    figure, shown = picture(cube, kind, dict(_pairs("--sel", sel)), options)
    save(figure, out)
    print(f"{out}: {shown}")


@app.command("report")
def write_report(
    cube: Readable,
    out: Annotated[Path, typer.Option(help="File to write: .html, a page of its own, or .ipynb, a notebook.")],
) -> None:
    """Tell all that a cube says of its cases: shares, scores, sensitivities, conditions, maps, sources."""
    from posse.report.write import write
    from posse.sweeps.memory import gigabytes
    from posse.sweeps.opening import open_any

    tell = (lambda note: print(f"posse: {note}", file=sys.stderr)) if sys.stderr.isatty() else (lambda note: None)
    write(open_any(cube), out, cube, tell)
    print(f"{out}: {gigabytes(out.stat().st_size)}")


@app.command("explore")
def explore(
    what: Annotated[str, typer.Argument(metavar="STORE|SPEC", help="A cube, or the TOML file of a sweep.")],
    port: Annotated[int | None, typer.Option(metavar="N", help="Port of the page; 5006, or one that is free.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Open a page on which the map of a sweep moves under sliders; served on this machine only."""
    from posse.explorer.serve import serve

    serve(what, port, browser, lambda line: print(line, flush=True))


@app.command("bench")
def run_benchmarks(
    quick: Annotated[bool, typer.Option("--quick", help="Smaller cubes, fewer rounds.")] = False,
    as_json: Json = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=f"Only these tables: {', '.join(GROUPS)}. May be repeated.")
    ] = None,
) -> None:
    """Measure posse on this machine: kernels, disk, slicing, starting, other tools, Dask."""
    from posse import bench

    tables = bench.measure(quick, only, lambda note: print(note, file=sys.stderr, flush=True))
    try:
        if as_json:
            measured = {"machine": bench.machine(), "tables": [table.as_dict() for table in tables]}
            print(json.dumps(measured, indent=1, ensure_ascii=False))
            return
        print("".join(f"- {name}: {value}\n" for name, value in bench.machine().items()), flush=True)
        for table in tables:
            print(table.markdown(), flush=True)
    except KeyboardInterrupt:  # nothing goes on from here, as other commands do
        print("posse: stopped", file=sys.stderr)
        sys.exit(STOPPED)


def _pairs(option: str, texts: list[str] | None) -> list[tuple[str, str]]:
    """NAME=VALUE arguments, each name once."""
    pairs: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"{option}: {text!r} is not of the form name=value")
        if name in pairs:
            raise InputError(f"{option}: {name} is given twice")
        pairs[name] = value
    return list(pairs.items())


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name}: {text!r} is not a number") from None


def _stop(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _run() -> int:
    """Run the command that was typed; Typer turns Ctrl-C into an exit status of its own."""
    status = int(app(prog_name="posse", standalone_mode=False) or 0)
    if status == STOPPED:
        raise KeyboardInterrupt
    return status


def main() -> None:
    """Entry point of the command `posse`."""
    signal.signal(signal.SIGTERM, _stop)  # a batch system's way of pressing Ctrl-C
    warnings.showwarning = lambda message, *_, **__: print(f"posse: {message}", file=sys.stderr)
    try:
        sys.exit(_run())
    except _UsageError as error:
        text = error.format_message()
        print(text if text.startswith("Usage") else f"posse: {text}", file=sys.stderr)
        sys.exit(2)
    except PosseError as error:
        print(f"posse: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        print("posse: stopped; the same command goes on", file=sys.stderr)
        sys.exit(STOPPED)
