"""The command line where all goes well: what it prints and what it writes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.colors
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import posse

Run = Callable[..., str]

SPEC = """
game = "restraint"
[axes]
diversity = { linspace = [0, 1, 41] }
cap_observer = { linspace = [0.1, 2.1, 41] }
[axes.case]
labels = ["weak target", "strong target"]
cap_target = [0.5, 2.0]
spoils = [1.0, 1.5]
"""
REGIMES = (  # the codes are promised to be stable
    "reassured_neutrality",
    "resigned_neutrality",
    "opportunistic_bandwagoning",
    "binding_bandwagoning",
    "disingenuous_bandwagoning",
    "accommodating_bandwagoning",
    "leader_balancing",
    "binding_balancing",
    "splitting_balancing",
    "coalition_balancing",
)


@pytest.fixture
def run(cli: Callable[..., tuple[int, str, str]]) -> Run:
    """Call the command line in this process; it must succeed. Gives what it printed."""

    def call(*arguments: object) -> str:
        status, out, err = cli(*arguments)
        assert (status, err) == (0, "")
        return out

    return call


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cube."""
    folder = tmp_path_factory.mktemp("cube")
    (folder / "spec.toml").write_text(SPEC, encoding="utf-8")
    posse.Sweep.from_toml(folder / "spec.toml").run(folder / "cube", progress=False)
    return folder / "cube"


@pytest.fixture
def whole(cube: Path) -> xr.Dataset:
    """Its numbers, read by xarray alone."""
    return xr.open_zarr(cube).load()


# games, solve


def test_games(run: Run) -> None:
    out = run("games")
    assert "restraint" in out
    assert "The game of strategic restraint" in out


def test_games_shows_one(run: Run) -> None:
    out = run("games", "restraint")
    for word in ("war_irresolute", "≥ war_resolute", "diversity", "[0, 1]", "payoff", "margin", *REGIMES):
        assert word in out


def test_games_as_json(run: Run) -> None:
    (game,) = json.loads(run("games", "restraint", "--json"))
    assert [g["name"] for g in json.loads(run("games", "--json"))] == ["restraint", "signalling"]
    regimes = next(o["flags"] for o in game["outputs"] if o["name"] == "regime")
    assert regimes == {name: code for code, name in enumerate(REGIMES)} | {"outside_domain": 254}
    assert {p["name"]: p["default"] for p in game["parameters"]} == posse.game("restraint").defaults


def test_solve(run: Run) -> None:
    """At d = 1 and b > 0 the partner never stays, and a support that costs more than 1 never pays."""
    out = run("solve", "restraint", "--set", "diversity=1", "--set", "cost_support=1.5", "--set", "cost_oppose=1.5")
    assert "reassured_neutrality" in out
    assert "0.6" in next(line for line in out.splitlines() if line.startswith("victory"))  # 1.5 / (1.5 + 1)


def test_solve_as_json(run: Run) -> None:
    found = json.loads(run("solve", "restraint", "--set", "diversity=0.2", "--set", "cap_observer=2", "--json"))
    assert found["game"] == "restraint"
    assert found["parameters"] == posse.game("restraint").defaults | {"diversity": 0.2, "cap_observer": 2.0}
    there = posse.solve("restraint", diversity=0.2, cap_observer=2)
    solution = found["solution"]
    assert solution["regime"] == REGIMES[there.regime.item()]
    assert solution["alignment"] == ("neutral", "support", "oppose")[there.alignment.item()]
    assert solution["payoff"] == dict(zip(there.player.values.tolist(), there.payoff.values.tolist(), strict=True))
    stays = ("stays_after_neutrality", "stays_after_support", "stays_after_opposition")
    assert solution["durability"] == [name for bit, name in enumerate(stays) if there.durability.item() >> bit & 1]


def test_help_of_solve_lists_every_parameter(run: Run) -> None:
    lines = run("solve", "--help").splitlines()
    for parameter in posse.game("restraint").parameters:
        assert any(line.split()[:1] == [parameter.name] for line in lines), parameter.name


@pytest.mark.parametrize("command", ["games", "solve", "run", "info", "slice", "plot"])
def test_every_command_has_help(command: str, run: Run) -> None:
    assert f"posse {command}" in run(command, "--help")
    assert command in run("--help")


# run, info


def test_run_and_run_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text(SPEC, encoding="utf-8")
    first = run("run", tmp_path / "spec.toml", "--store", tmp_path / "cube", "--no-progress", "--workers", 2)
    assert "3,362 points" in first
    ds = xr.open_zarr(tmp_path / "cube")
    names, counts = np.unique(ds.regime, return_counts=True)
    for code, count in zip(names, counts, strict=True):
        line = next(line for line in first.splitlines() if line.startswith(REGIMES[code]))
        assert float(line.split()[1]) == pytest.approx(100 * count / 3362, abs=0.006)
    files = {p: p.read_bytes() for p in (tmp_path / "cube").rglob("*") if p.is_file()}
    again = run("run", tmp_path / "spec.toml", "--store", tmp_path / "cube", "--no-progress")
    assert "nothing left to solve" in again
    assert files == {p: p.read_bytes() for p in (tmp_path / "cube").rglob("*") if p.is_file()}


def test_cube_holds_what_evaluate_gives(cube: Path, whole: xr.Dataset) -> None:
    wanted = posse.Sweep.from_toml(cube.parent / "spec.toml").evaluate()
    for name in ("regime", "payoff"):
        np.testing.assert_array_equal(whole[name], wanted[name])


def test_info(run: Run, cube: Path) -> None:
    out = run("info", cube)
    for word in (str(cube), "restraint", "sealed", "3,362", "diversity", "case", "weak target", "regime", "posse"):
        assert word in out


def test_info_as_json(run: Run, cube: Path) -> None:
    facts = json.loads(run("info", cube, "--json"))
    assert (facts["points"], facts["missing"], facts["sealed"]) == (3362, 0, True)
    assert list(facts["axes"]) == ["diversity", "cap_observer", "case"]
    assert facts["fixed"]["share"] == 0.5


# slice


def test_slice_to_netcdf(run: Run, cube: Path, whole: xr.Dataset, tmp_path: Path) -> None:
    out = tmp_path / "part.nc"
    run("slice", cube, "--sel", "diversity=0.25:0.5", "--sel", "case=weak target", "--out", out)
    with xr.open_dataset(out) as part:
        wanted = whole.sel(diversity=slice(0.25, 0.5), case="weak target")
        assert part.sizes["diversity"] == 11
        assert part.regime.dtype == np.uint8
        assert part.case.item() == "weak target"
        assert part.regime.attrs["flag_meanings"].split() == [*REGIMES, "outside_domain"]
        assert part.player.values.tolist() == ["leader", "partner", "observer", "target"]
        for name in ("regime", "payoff", "diversity", "cap_observer"):
            np.testing.assert_array_equal(part[name], wanted[name])


def test_slice_to_csv(run: Run, cube: Path, whole: xr.Dataset, tmp_path: Path) -> None:
    out = tmp_path / "part.csv"
    run("slice", cube, "--sel", "diversity=0.1", "--out", out)
    table = pd.read_csv(out)
    assert len(table) == 41 * 2
    assert table.diversity.unique().tolist() == [pytest.approx(0.1)]
    for row in table.to_dict("records"):
        there = whole.sel(case=row["case"]).sel(diversity=0.1, cap_observer=row["cap_observer"], method="nearest")
        assert row["regime"] == REGIMES[there.regime.item()]
        assert row["cap_target"] == there.cap_target.item()
        for player in there.player.values:
            assert np.float32(row[f"payoff_{player}"]) == there.payoff.sel(player=player).item()


def test_slice_of_one_point(run: Run, cube: Path, whole: xr.Dataset, tmp_path: Path) -> None:
    out = tmp_path / "point.csv"
    run("slice", cube, "--sel", "diversity=0", "--sel", "cap_observer=2.1", "--sel", "case=weak target", "--out", out)
    (row,) = pd.read_csv(out).to_dict("records")
    assert row["regime"] == REGIMES[whole.regime.sel(diversity=0, case="weak target")[-1].item()]


def test_slice_of_one_player(run: Run, cube: Path, whole: xr.Dataset, tmp_path: Path) -> None:
    out = tmp_path / "observer.nc"
    run("slice", cube, "--sel", "player=observer", "--out", out)
    with xr.open_dataset(out) as part:
        np.testing.assert_array_equal(part.payoff, whole.payoff.sel(player="observer"))


def test_slice_replaces_an_older_file(run: Run, cube: Path, tmp_path: Path) -> None:
    (tmp_path / "part.csv").write_text("old", encoding="utf-8")
    run("slice", cube, "--sel", "diversity=0", "--out", tmp_path / "part.csv")
    assert len(pd.read_csv(tmp_path / "part.csv")) == 41 * 2
    assert [p.name for p in tmp_path.iterdir()] == ["part.csv"]


def test_slices_can_be_read_by_others(run: Run, cube: Path, tmp_path: Path) -> None:
    """A file has the permissions that any new file gets here."""
    (tmp_path / "any").touch()
    for name in ("part.nc", "part.csv"):
        run("slice", cube, "--sel", "diversity=0", "--out", tmp_path / name)
        assert (tmp_path / name).stat().st_mode == (tmp_path / "any").stat().st_mode


# plot


@pytest.mark.parametrize("case", ["weak target", "strong target"])
def test_plot_paints_each_regime_in_its_colour(
    case: str, run: Run, cube: Path, whole: xr.Dataset, tmp_path: Path
) -> None:
    """The areas of the colours in the picture stand in the ratios of the regimes in the cube."""
    out = tmp_path / "map.png"
    run("plot", cube, "--x", "diversity", "--y", "cap_observer", "--sel", f"case={case}", "--out", out)
    pixels = np.rint(matplotlib.image.imread(out)[..., :3] * 255).astype(int)
    flags = posse.game("restraint").output("regime").flags
    area = {
        flag.value: int((pixels == np.rint(np.array(matplotlib.colors.to_rgb(str(flag.colour))) * 255)).all(-1).sum())
        for flag in flags
    }
    regimes = whole.regime.sel(case=case).values
    assert len(np.unique(regimes)) >= 3
    for code in range(10):
        share = (regimes == code).mean()
        assert area[code] / sum(area.values()) == pytest.approx(share, abs=0.06), REGIMES[code]
        if share > 0:
            assert area[code] > 500, REGIMES[code]
        else:
            assert area[code] < 500, REGIMES[code]


def test_colours_differ_and_are_fixed() -> None:
    colours = [flag.colour for flag in posse.game("restraint").output("regime").flags]
    assert None not in colours
    assert len(set(colours)) == 10


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_plot_in_vectors(kind: str, run: Run, cube: Path, tmp_path: Path) -> None:
    out = tmp_path / f"map.{kind}"
    run("plot", cube, "--x", "cap_observer", "--y", "case", "--sel", "diversity=0.5", "--out", out)
    assert out.read_bytes()[:5] in (b"%PDF-", b"<?xml")


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("map", ["--x", "diversity", "--y", "cap_observer", "--col", "case", "--player", "observer"], "regimes over"),
        ("payoff", ["--x", "diversity", "--y", "cap_observer", "--row", "case", "--player", "leader"], "leader over"),
        ("share", ["--x", "cap_observer", "--by", "alignment"], "shares along cap_observer"),
        ("tree", ["--sel", "diversity=0.5", "--sel", "cap_observer=0.6", "--sel", "case=weak target"], "game tree"),
    ],
)
def test_kinds_of_plot(kind: str, options: list[str], said: str, run: Run, cube: Path, tmp_path: Path) -> None:
    out = tmp_path / "picture.png"
    assert said in run("plot", cube, "--kind", kind, *options, "--out", out)
    pixels = matplotlib.image.imread(out)[..., :3]
    assert min(pixels.shape[:2]) > 500
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 3


# Starting


def modules_after(code: str) -> set[str]:
    """Modules that are loaded in a process that has run some code."""
    code = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint('\\n'.join(['MODULES', *sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split("MODULES")[1].split())


def test_help_loads_nothing_slow() -> None:
    loaded = modules_after("sys.argv = ['posse', '--help']; from posse.cli import main; main()")
    assert "posse.cli" in loaded
    assert not loaded & {"numba", "xarray", "zarr", "pandas", "matplotlib", "dask", "h5py"}


def test_import_compiles_nothing() -> None:
    loaded = modules_after("import posse; posse.__version__; dir(posse)")
    assert "posse" in loaded
    assert not loaded & {"numba", "llvmlite", "posse.kernels.compiler"}


def test_module_and_command_are_one() -> None:
    done = subprocess.run([sys.executable, "-m", "posse", "games"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "restraint" in done.stdout


def test_stopped_benchmarks_do_not_promise_to_go_on() -> None:
    command = [sys.executable, "-m", "posse", "bench", "--quick", "--only", "kernel"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout
        assert b"posse" in child.stdout.readline()  # what the machine is; now it begins
        child.terminate()
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert b"posse: stopped" in said.splitlines()
