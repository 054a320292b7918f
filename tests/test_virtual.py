"""Virtual cubes: cells that are solved when they are read are those of the cube on disk, bit for bit."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import dask
import numpy as np
import psutil
import pytest
import xarray as xr

import posse
from posse import Sweep
from posse.kernels.declaration import NONNEGATIVE, UNIT_INTERVAL, Domain, Game, Output, Parameter
from posse.kernels.errors import GameChangedError, InputError, TooLargeError
from posse.kernels.vocabulary import where
from posse.sweeps import blocks, sweep, virtual


class Solution(NamedTuple):
    """What the small game gives."""

    order: Any
    parts: Any


def small(u: Any, v: Any, w: Any, low: Any, high: Any) -> Solution:
    return Solution(where(u > v, 1, 0) + where(v > w, 1, 0), (u + v * w, u * v - w, low + u * high))


SMALL = Game(
    name="small",
    title="A game that is quickly compiled",
    version="1",
    parameters=(
        *(Parameter(name, name, UNIT_INTERVAL, 0.5, name) for name in "uvw"),
        Parameter("low", "l", NONNEGATIVE, 0.5, "the low one"),
        Parameter("high", "h", Domain(at_least="low"), 0.5, "the high one"),
    ),
    outputs=(
        Output("order", "count", "how many are in order"),
        Output("parts", "real", "three numbers", dimension=("player", ("one", "two", "three"))),
    ),
    solve=small,
)


def axes(lengths: Sequence[int]) -> dict[str, Any]:
    """Four axes of restraint, of which one binds three parameters."""
    random, (diversity, cases, observer, resolve) = np.random.default_rng(0), lengths
    case: dict[str, Any] = {"labels": [f"case {k}" for k in range(cases)]}
    case |= {name: random.uniform(0.1, 3, cases).tolist() for name in ("cap_leader", "cap_target", "spoils")}
    return {
        "diversity": {"linspace": [0, 1, diversity]},
        "case": case,
        "cap_observer": {"geomspace": [0.05, 5, observer]},
        "resolve": {"linspace": [0, 1, resolve]},
    }


AXES = axes([31, 3, 29, 41])
HUGE = Sweep("restraint", axes([1000] * 4))
SWEEPS = {
    "small": Sweep(
        SMALL,
        {
            "place": {"labels": ["here", "there", "élsewhere"], "u": [0.1, 0.9, 0.3], "low": [0, 0.5, 0.25]},
            "high": [0.1, 0.3, 0.7],  # below `low` at some points
            "w": {"linspace": [0, 1, 13]},
            "v": {"linspace": [0, 1, 17]},
        },
        outside_domain="mark",
    ),
    "restraint": Sweep("restraint", AXES),
    "powers": Sweep(  # among the exponents is 1, for which kernels have code of its own
        "restraint", {"decisiveness": [0.5, 1, 1.7], **AXES}, outputs=["regime", "payoff"], dtype="float64"
    ),
    "signalling": Sweep(
        "signalling",
        {
            "war_resolute": {"linspace": [0.01, 0.6, 17]},
            "war_irresolute": {"linspace": [0.02, 0.7, 19]},
            "resolve": {"linspace": [0, 1, 43]},
        },
        outputs=["regime", "payoff"],
        outside_domain="mark",
    ),
}


class Pair(NamedTuple):
    """The same sweep as a virtual cube, and as plain xarray reads it from the disk."""

    virtual: xr.Dataset
    stored: xr.Dataset

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the axes."""
        return {str(d): n for d, n in self.stored.sizes.items() if d != "player"}


def made(name: str, folder: Path) -> Pair:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "POINTS", 30_000 if name != "small" else 100)  # several blocks, smaller ones at the ends
        SWEEPS[name].run(folder / name, progress=False)
        return Pair(posse.virtual(SWEEPS[name]), xr.open_zarr(folder / name).load())


@pytest.fixture(scope="module", params=SWEEPS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return made(request.param, tmp_path_factory.mktemp("stored"))


@pytest.fixture(params=[0, 1 << 16])
def tiny(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The small game's; every part is solved as a grid, or every part as a list of points."""
    monkeypatch.setattr(virtual, "FEW", request.param)
    return made("small", tmp_path)


def same(ours: xr.Dataset, theirs: xr.Dataset) -> None:
    """The same labels, attributes, types and numbers, bit for bit, but for the moment of making."""
    ours, theirs = (ds.assign_attrs(history="") for ds in (ours, theirs))
    xr.testing.assert_identical(ours, theirs)
    for name, variable in ours.variables.items():
        assert variable.dtype == theirs[name].dtype
        if variable.dtype.kind in "uif":
            assert variable.values.tobytes() == theirs[name].values.tobytes()


def test_all_of_it_is_the_stored_cube(pair: Pair) -> None:
    same(pair.virtual, pair.stored)


def test_random_cells_are_those_of_the_stored_cube(pair: Pair) -> None:
    random = np.random.default_rng(1)
    points = {d: xr.DataArray(random.integers(-n, n, 100_000), dims="point") for d, n in pair.sizes.items()}
    same(pair.virtual.isel(points), pair.stored.isel(points))
    points["player"] = xr.DataArray(random.integers(0, 3, 100_000), dims="point")
    same(pair.virtual.isel(points), pair.stored.isel(points))


def test_long_lists_of_cells_are_solved_in_parts(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "POINTS", 700)
    random = np.random.default_rng(2)
    points = {d: xr.DataArray(random.integers(0, n, (50, 41)), dims=("a", "b")) for d, n in pair.sizes.items()}
    same(pair.virtual.isel(points), pair.stored.isel(points))


def test_planes_are_those_of_the_stored_cube(pair: Pair) -> None:
    for plane in combinations(pair.sizes, 2):
        rest = {d: n // 2 for d, n in pair.sizes.items() if d not in plane}
        same(pair.virtual.isel(rest), pair.stored.isel(rest))


def test_outer_selections_are_those_of_the_stored_cube(tiny: Pair) -> None:
    random = np.random.default_rng(2)
    selections: list[dict[str, Any]] = [
        {d: random.integers(-n, n, 9) for d, n in tiny.sizes.items()},  # in no order, some of them twice
        {"v": slice(None, None, -3), "w": 1, "place": slice(-2, 3, -1), "player": [2, 0]},
        {"v": [2], "place": -1, "player": 2},
        {"w": slice(0, 0)},
        dict.fromkeys(tiny.sizes, -1),
    ]
    for selection in selections:
        same(tiny.virtual.isel(selection), tiny.stored.isel(selection))
    for at in ({"place": "there", "v": slice(0.25, 0.5)}, {"place": ["there", "here"]}):
        same(tiny.virtual.sel(at), tiny.stored.sel(at))


def test_selections_of_selections_are_those_of_the_stored_cube(tiny: Pair) -> None:
    table = {"v": xr.DataArray([[3, 1, 5], [0, 2, 2]], dims=("a", "b")), "w": xr.DataArray([4, 0, 4], dims="b")}
    for table["player"] in (slice(None), 1, xr.DataArray([2, 0], dims="a")):
        parts = [ds.isel(v=slice(1, None, 2)).isel(table).transpose(..., "a") for ds in tiny]
        same(*parts)
        same(*[ds.isel(high=[2, 1], a=1) for ds in parts])


def test_threads_of_dask_give_the_same(tiny: Pair) -> None:
    chunked = tiny.virtual.chunk({"v": 3, "w": 7, "player": 2})
    with dask.config.set(scheduler="threads", num_workers=4):
        same(chunked.compute(), tiny.stored)


def test_it_travels(pair: Pair) -> None:
    there = pickle.loads(pickle.dumps(pair.virtual))
    part = {d: [0, 2] for d in pair.sizes}
    same(there.isel(part), pair.stored.isel(part))


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Sequence[str]]]:
    """How many points were solved, for which outputs."""
    calls: list[tuple[int, Sequence[str]]] = []
    solve = sweep.solve_arrays

    def counting(game: Any, arrays: Any, outputs: Any, *others: Any) -> Any:
        found = solve(game, arrays, outputs, *others)
        calls.append((next(iter(found.values()))[0].size, outputs))
        return found

    monkeypatch.setattr(sweep, "solve_arrays", counting)
    return calls


def test_what_is_read_is_solved_and_nothing_else(solved: list[tuple[int, Sequence[str]]]) -> None:
    """A million million points; also the text that shows them solves none."""
    ds = posse.virtual(HUGE)
    assert (ds.regime.size, ds.payoff.size) == (10**12, 4 * 10**12)
    assert "1TB" in repr(ds)
    assert ds._repr_html_()
    plane = ds.isel(diversity=[3, 999], resolve=slice(None, None, -100), cap_observer=-1, case=0)
    assert solved == []
    assert plane.payoff.sel(player="observer").values.shape == (2, 10)
    points = xr.DataArray(np.arange(1000), dims="point")
    assert ds.regime.isel(dict.fromkeys(HUGE.dims, points)).values.shape == (1000,)
    assert solved == [(20, ["payoff"]), (1000, ["regime"])]


def test_a_cell_of_many_is_what_solve_says() -> None:
    ds, where = posse.virtual(HUGE), {"diversity": 314, "case": 159, "cap_observer": 265, "resolve": 358}
    cell = ds.isel(where)
    bound = ["diversity", "cap_leader", "cap_target", "spoils", "cap_observer", "resolve"]
    alone = posse.solve("restraint", dtype="float32", **{name: cell[name].item() for name in bound})
    for name in ds.data_vars:
        np.testing.assert_array_equal(cell[name], alone[name])


def test_more_than_memory_holds_is_refused(monkeypatch: pytest.MonkeyPatch, solved: list[Any]) -> None:
    payoff = posse.virtual(HUGE).payoff
    for chosen in ({}, {"player": 0}, {"resolve": slice(None, None, -1)}):
        with pytest.raises(TooLargeError, match=r"reading payoff needs 16\.0 TB of memory.*read a part.*\.chunk"):
            payoff.isel(chosen).load()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=20_000))
    assert payoff.isel(resolve=0, case=0, diversity=0).values.size == 4000  # 16 kB
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=19_900))
    with pytest.raises(TooLargeError, match=r"16\.0 kB of memory, but 19\.9 kB are free"):
        payoff.isel(resolve=0, case=0, diversity=0).load()
    assert len(solved) == 1


def test_chunked_it_is_reduced_in_little_memory() -> None:
    """Where it does not fit, Dask solves chunk by chunk: the mean of many chunks is the mean of their cells."""
    part = posse.virtual(HUGE).regime.isel(resolve=slice(0, 1000, 100), case=5, cap_observer=slice(0, 200))
    codes = part.chunk({"diversity": 100, "resolve": 1}) == 1
    assert codes.mean().compute().item() == (part.values == 1).mean()


# The engine of xarray


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(Sweep("restraint", AXES).to_toml())
    return path


def test_the_engine_opens_sweep_files_and_stores(spec: Path, tmp_path: Path) -> None:
    small, store = Sweep.from_toml(spec), tmp_path / "cube"
    stored = small.run(store, progress=False)
    assert "posse" in xr.backends.list_engines()
    for chunks in ({}, None):
        same(xr.open_dataset(spec, engine="posse", chunks=chunks), small.evaluate())
        same(xr.open_dataset(store, engine="posse", chunks=chunks), stored)
    same(posse.virtual(str(spec)), stored)
    assert xr.open_dataset(spec, engine="posse", chunks={}).regime.chunks == stored.regime.chunks
    assert set(xr.open_dataset(str(store), engine="posse", virtual=["war"])) == {"regime", "payoff", "war"}
    assert list(xr.open_dataset(spec, engine="posse", drop_variables=["regime"])) == ["payoff"]


def test_the_engine_says_what_is_wrong(spec: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"virtual: True .*sweep file"):
        xr.open_dataset(spec, engine="posse", virtual=True)
    with pytest.raises(InputError, match="cannot be read"):
        xr.open_dataset(tmp_path / "none.toml", engine="posse")
    with pytest.raises(posse.PosseError, match="does not exist"):
        xr.open_dataset(tmp_path / "none.zarr", engine="posse")


# Stored cubes with virtual outputs


@pytest.mark.parametrize("chunked", [True, False])
def test_a_cube_of_regimes_serves_all_outputs(chunked: bool, tmp_path: Path) -> None:
    names = ["regime", "payoff", "war"]
    Sweep("restraint", AXES, outputs=["regime"], dtype="float64").run(tmp_path / "cube", progress=False)
    whole = Sweep("restraint", AXES, outputs=names, dtype="float64").evaluate()
    ds = posse.open_cube(tmp_path / "cube", virtual=["war", "payoff", "regime"], dask=chunked)
    assert (ds.payoff.chunks is not None) == chunked
    same(ds.assign_attrs(spec=""), whole.assign_attrs(spec=""))
    game = posse.game("restraint")
    assert set(posse.open_cube(tmp_path / "cube", virtual=True)) == {o.name for o in game.outputs}
    assert list(posse.open_cube(tmp_path / "cube")) == ["regime"]
    with pytest.raises(InputError, match="unknown output of restraint: 'wars'"):
        posse.open_cube(tmp_path / "cube", virtual=["wars"])


def test_a_changed_game_serves_no_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Sweep("restraint", {"resolve": [0.2, 0.4]}, outputs=["regime"]).run(tmp_path / "cube", progress=False)
    changed = replace(posse.game("restraint"), version="7")
    monkeypatch.setattr(sweep, "find_game", lambda name: changed)
    assert posse.open_cube(tmp_path / "cube").regime.size == 2
    with pytest.raises(GameChangedError, match="restraint version 1; here it is version 7"):
        posse.open_cube(tmp_path / "cube", virtual=True)


def test_a_game_that_is_not_installed_serves_no_outputs(tmp_path: Path) -> None:
    Sweep(SMALL, {"u": [0.25, 0.5]}, outputs=["order"]).run(tmp_path / "cube", progress=False)
    with pytest.raises(InputError, match=r"unknown game: 'small'.*there is .*restraint"):
        posse.open_cube(tmp_path / "cube", virtual=True)
