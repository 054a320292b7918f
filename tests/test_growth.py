"""Cubes that grow: equal to the larger sweep solved at once, byte for byte as they were, whole at every kill."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import posse
from conftest import Command
from kills import WITH_TESTS
from posse.kernels.errors import GameChangedError, IncompleteError, InputError, StoreError
from posse.sweeps import growth
from posse.sweeps.cube import Cube
from posse.sweeps.opening import IncompleteWarning
from posse.sweeps.store import open_store
from stores import begin

BELIEFS = {"attrition": {"uniform": [0.2, 0.6]}, "cost_oppose": {"log_uniform": [0.01, 1]}}
FORCES = {"Korea": 0.3, "Suez": 0.1, "Kosovo": 0.14, "Iraq": 0.15}


def sweep(cases: str, points: int, resolve: Any, design: str = "sobol", **more: Any) -> posse.Sweep:
    """Cases by name, points of a design, labels of resolve."""
    names = cases.split()
    told = {"observed": [f"{name} of old" for name in names]}
    axes = {
        "case": {"labels": names, "cap_leader": [FORCES[name] for name in names], "notes": told},
        "sample": {design: points} | BELIEFS,
        "resolve": resolve,
    }
    return posse.Sweep("restraint", axes, **more)


SMALL = sweep("Korea Kosovo", 64, [0, 0.5, 1])
LARGE = sweep("Korea Suez Kosovo Iraq", 128, {"linspace": [0, 1, 5]})


@pytest.fixture
def small(tmp_path: Path) -> Path:
    SMALL.run(tmp_path / "cube", progress=False)
    return tmp_path / "cube"


def expected(larger: posse.Sweep = LARGE, first: str = "Korea Kosovo") -> xr.Dataset:
    """The larger sweep solved at once, names in the order in which they came."""
    whole = larger.evaluate()
    names = [str(name) for name in whole["case"].values]
    return whole.sel(case=[*first.split(), *(name for name in names if name not in first)])


def equal(found: xr.Dataset, wanted: xr.Dataset) -> None:
    assert found.sizes == wanted.sizes
    for name in wanted.variables:
        np.testing.assert_array_equal(found[name].values, wanted[name].values, str(name))
        assert found[name].dims == wanted[name].dims
        assert found[name].attrs.keys() == wanted[name].attrs.keys()


@pytest.mark.parametrize("dask", [True, False])
def test_a_cube_that_has_grown_is_that_of_the_larger_sweep(small: Path, dask: bool) -> None:
    LARGE.grow(small, progress=False)
    found = posse.open_cube(small, dask=dask)
    equal(found, expected())
    again = posse.Sweep.from_spec(posse.sweeps.spec.parse(found.attrs["spec"]))
    equal(again.evaluate(), expected())


def test_it_grows_again_and_again(small: Path) -> None:
    sweep("Korea Kosovo Iraq", 64, [0, 0.5, 1]).grow(small, progress=False)
    sweep("Korea Kosovo Iraq", 64, [0, 0.25, 0.5, 1]).grow(small, progress=False)
    last = sweep("Iraq Korea Kosovo Suez", 192, [0, 0.1, 0.25, 0.5, 1])
    last.grow(small, progress=False)
    equal(posse.open_cube(small), expected(last, "Korea Kosovo Iraq"))
    assert last.grow(small, progress=False).sizes["sample"] == 192, "nothing is new"
    assert len(growth.parts(open_store(small))) == 6


def test_any_part_of_it_is_read_as_from_memory(small: Path) -> None:
    found, wanted = LARGE.grow(small, progress=False), expected()
    lazy, dice = posse.open_cube(small, dask=False), np.random.default_rng(0)

    def part(n: int) -> Any:
        low, high = sorted(dice.integers(0, n + 1, 2))
        return [int(dice.integers(n)), slice(low, high), dice.integers(0, n, 3), slice(None, None, -1)][
            dice.integers(4)
        ]

    for _ in range(30):
        places = {dim: part(n) for dim, n in wanted.sizes.items()}
        for cube in (found, lazy):
            np.testing.assert_array_equal(cube.payoff.isel(places).values, wanted.payoff.isel(places).values)
    along = xr.DataArray([3, 0, 2], dims="point")
    picked = {"case": along, "resolve": along}
    np.testing.assert_array_equal(lazy.regime.isel(picked).values, wanted.regime.isel(picked).values)


def test_outputs_that_it_does_not_store_are_solved_for_all_of_it(small: Path) -> None:
    LARGE.grow(small, progress=False)
    wanted = sweep("Korea Kosovo Suez Iraq", 128, {"linspace": [0, 1, 5]}, outputs=["margin"]).evaluate()
    np.testing.assert_array_equal(posse.open_cube(small, virtual=["margin"]).margin.values, wanted.margin.values)


def hashes(store: Path) -> dict[str, str]:
    return {str(p.relative_to(store)): sha256(p.read_bytes()).hexdigest() for p in store.rglob("*") if p.is_file()}


def test_what_is_there_keeps_its_bytes_and_little_is_added(tmp_path: Path) -> None:
    """One label more along an axis of sixty."""
    store = tmp_path / "cube"
    axes = {"diversity": {"linspace": [0, 1, 60]}, "resolve": {"linspace": [0, 1, 60]}, "cap_observer": [1.0, 2.0, 3.0]}
    posse.Sweep("restraint", axes).run(store, progress=False)
    before, size = hashes(store), open_store(store).size()
    finer = {"values": sorted([*np.linspace(0, 1, 60), 0.123])}
    posse.Sweep("restraint", axes | {"diversity": finer}).grow(store, progress=False)
    after = hashes(store)
    assert {name: after[name] for name in before} == before
    chunks = list((store / "grown" / "1").glob("*/c.*"))
    old = list(store.glob("*/c.*"))
    assert sum(p.stat().st_size for p in chunks) < 3 * sum(p.stat().st_size for p in old) / 60 + 500
    assert open_store(store).size() < 2 * size + 20_000  # a part describes itself anew


def test_draws_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    """One case more, of 4,096 draws of two parameters, which take 65,536 bytes."""
    store = tmp_path / "cube"
    sweep("Korea Kosovo", 4096, [0.5], outputs=["regime"]).run(store, progress=False)
    size = open_store(store).size()
    sweep("Korea Kosovo Iraq", 4096, [0.5], outputs=["regime"]).grow(store, progress=False)
    assert size > 65_536
    assert open_store(store).size() - size < 40_000


def test_plain_xarray_reads_each_part(small: Path) -> None:
    LARGE.grow(small, progress=False)
    equal(xr.open_zarr(small), SMALL.evaluate())
    part = xr.open_zarr(small / "grown" / "1")
    np.testing.assert_array_equal(part.regime.values, sweep("Suez Iraq", 64, [0, 0.5, 1]).evaluate().regime.values)


# Killed one change of the store later each time, on a copy of the cube.
KILLED = """
import os, shutil, sys
from pathlib import Path
from kills import kill_at
from posse.cluster.local import Threads
from posse.cluster.run import grow
from posse.sweeps import blocks
from posse.sweeps.memory import evaluate
from posse.sweeps.sweep import Sweep

small, stores, larger = Path(sys.argv[1]), Path(sys.argv[2]), Sweep.from_toml(sys.argv[3])
evaluate(larger)  # compiles the kernel and imports what is imported late, once, before the first fork
step = 0
while True:
    step += 1
    store = stores / f"{step:03d}"
    shutil.copytree(small, store)
    pid = os.fork()
    if pid == 0:
        blocks.POINTS = 1
        kill_at(step, store)
        grow(larger, store, Threads(1), False)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if not os.WIFSIGNALED(status):
        print(step - 1, os.waitstatus_to_exitcode(status))
        break
"""


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_the_cube_as_it_was(tmp_path: Path) -> None:
    less, larger = (posse.Sweep("restraint", {"resolve": r}, outputs=["regime"]) for r in ([0, 1], [0, 0.3, 0.5, 1]))
    small, spec, stores = tmp_path / "small", tmp_path / "larger.toml", tmp_path / "stores"
    less.run(small, progress=False)
    spec.write_text(larger.to_toml())
    stores.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(small), str(stores), str(spec)],
        capture_output=True, text=True, timeout=240, env=WITH_TESTS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps, status = map(int, done.stdout.split())
    assert status == 0
    assert steps > 30
    old, new, before = less.evaluate(), larger.evaluate(), hashes(small)
    for store in sorted(stores.iterdir())[:-1]:
        found = hashes(store)
        assert {name: found[name] for name in before} == before
        sealed = (store / "grown" / "1" / ".posse" / "seal.json").exists()
        begun = (store / "grown" / "1" / ".posse" / "sweep.json").exists()
        if begun and not sealed:
            with pytest.warns(IncompleteWarning, match="is growing, and is shown as it was before; posse resume"):
                equal(posse.open_cube(store), old)
        else:
            equal(posse.open_cube(store), new if sealed else old)
    for store in sorted(stores.iterdir())[:: max(1, steps // 6)]:
        equal(larger.grow(store, progress=False), new)
        assert posse.Job(store).verify() == []


def growing(small: Path) -> Path:
    """A cube that has begun to grow by Iraq, of which no block is solved yet."""
    store = open_store(small)
    Cube.create(sweep("Iraq", 64, [0, 0.5, 1]), growth.part(store, 1), growth.following([store], "case"))
    return small


@pytest.mark.filterwarnings("ignore::posse.sweeps.opening.IncompleteWarning")
def test_resume_finishes_what_was_begun(cli: Command, small: Path) -> None:
    growing(small)
    assert posse.Job(small).status().state == "begun"
    assert cli("resume", small, "--no-progress")[0] == 0
    assert posse.Job(small).status().state == "complete"
    equal(posse.open_cube(small), expected(sweep("Korea Kosovo Iraq", 64, [0, 0.5, 1])))


@pytest.mark.filterwarnings("ignore::posse.sweeps.opening.IncompleteWarning")
def test_it_grows_in_one_way_at_a_time(small: Path) -> None:
    growing(small)
    with pytest.raises(StoreError, match=r"is growing in another way; posse resume .* finishes that first$"):
        sweep("Korea Kosovo Suez", 64, [0, 0.5, 1]).grow(small, progress=False)
    store = open_store(small)  # of two that begin at once, the second finds the first one's part
    with pytest.raises(StoreError, match=r"grown/1: the cube is growing in another way here; posse resume finishes"):
        Cube.create(sweep("Suez", 64, [0, 0.5, 1]), growth.part(store, 1), growth.following([store], "case"))
    equal(LARGE.evaluate().sel(case=["Korea", "Kosovo", "Suez", "Iraq"]), expected())
    sweep("Korea Kosovo Iraq", 64, [0, 0.5, 1]).grow(small, progress=False)


def test_the_command_line_grows_a_cube(cli: Command, small: Path, tmp_path: Path) -> None:
    (tmp_path / "larger.toml").write_text(LARGE.to_toml())
    status, out, error = cli("grow", tmp_path / "larger.toml", "--store", small, "--no-progress")
    assert (status, error) == (0, "")
    assert out.startswith("solved 2,176 points in ")  # 4 × 128 × 5 less 2 × 64 × 3
    assert "(2,560 points, " in out
    assert "nothing left to solve" in cli("grow", tmp_path / "larger.toml", "--store", small)[1]
    told = cli("info", small)[1]
    assert "complete, sealed" in told
    assert "5 labels" in told
    chunk = next((small / "grown" / "2" / "regime").glob("c.*"))
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"x")
    status, out, _ = cli("verify", small, "--no-progress")
    assert status == 1
    assert out.startswith(f"grown/2/regime/{chunk.name}: has other bytes than were written\n")
    assert cli("verify", small, "--repair", "--no-progress")[0] == 0
    equal(posse.open_cube(small), expected())


WRONG = [
    (sweep("Korea Iraq", 64, [0, 0.5, 1]), "axes.case: lacks the label Kosovo; a cube grows, and loses nothing"),
    (sweep("Korea Kosovo", 64, [0, 1]), "axes.resolve: lacks the label 0.5; a cube grows, and loses nothing"),
    (sweep("Korea Kosovo", 32, [0, 0.5, 1]), "axes.sample: lacks the label 32; a cube grows, and loses nothing"),
    (
        sweep("Korea Kosovo", 64, [0, 0.5, 1], "uniform"),
        "axes.sample.sobol: 64 in the cube, none in the sweep",
    ),
    (
        sweep("Korea Kosovo", 64, [0, 0.5, 1], dtype="float64"),
        "dtype: float32 in the cube, float64 in the sweep; a cube",
    ),
    (
        sweep("Korea Kosovo", 64, [0, 0.5, 1], fixed={"prize": 2}),
        "fixed.prize: 1.0 in the cube, 2.0 in the sweep; a cube",
    ),
    (
        sweep("Korea Kosovo", 64, [0, 0.5, 1], outputs=["regime"]),
        "outputs: ['regime', 'payoff'] in the cube, ['regime']",
    ),
    (
        posse.Sweep("restraint", {"resolve": [0, 0.5, 1]}),
        "dims: ('case', 'sample', 'resolve') in the cube, ('resolve',)",
    ),
    (
        posse.Sweep("signalling", {"resolve": [0, 0.5, 1]}),
        "game: restraint in the cube, signalling in the sweep; a cube",
    ),
]


@pytest.mark.parametrize(("larger", "said"), WRONG)
def test_what_is_more_than_new_labels_is_refused(small: Path, larger: posse.Sweep, said: str) -> None:
    before = hashes(small)
    with pytest.raises(InputError) as caught:
        larger.grow(small, progress=False)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert hashes(small) == before


def test_what_an_old_label_binds_cannot_change(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORCES, "Kosovo", 0.15)
    with pytest.raises(InputError, match=r"^axes.case.cap_leader: Kosovo has 0.14 in the cube, 0.15 in the sweep$"):
        sweep("Korea Kosovo Iraq", 64, [0, 0.5, 1]).grow(small, progress=False)


def test_a_latin_hypercube_cannot_be_extended(tmp_path: Path) -> None:
    sweep("Korea", 32, [0.5], "latin_hypercube").run(tmp_path / "cube", progress=False)
    with pytest.raises(InputError, match="only sobol, uniform and saltelli can be extended"):
        sweep("Korea", 64, [0.5], "latin_hypercube").grow(tmp_path / "cube", progress=False)


def test_an_unfinished_cube_does_not_grow(tmp_path: Path) -> None:
    spec = tmp_path / "small.toml"
    spec.write_text(SMALL.to_toml())
    begin(spec, tmp_path / "cube")
    with pytest.raises(IncompleteError, match="is not finished, so it cannot grow yet; posse resume finishes it"):
        LARGE.grow(tmp_path / "cube", progress=False)
    with pytest.raises(StoreError, match="does not exist"):
        LARGE.grow(tmp_path / "none", progress=False)


def test_a_part_does_not_grow_by_itself(small: Path) -> None:
    LARGE.grow(small, progress=False)
    before = hashes(small)
    with pytest.raises(StoreError, match=r"grown/1: is a part by which another cube has grown; grow that one$"):
        LARGE.grow(small / "grown" / "1", progress=False)
    assert hashes(small) == before


def test_a_value_worked_out_in_two_ways_is_one(tmp_path: Path) -> None:
    """As another version of a library draws it; the cube's is kept."""
    small, large = ({"labels": ["A", "B"][:n], "prize": [there, 1.0][:n]} for n, there in ((1, 0.1 + 0.2), (2, 0.3)))
    posse.Sweep("restraint", {"case": small}).run(tmp_path / "cube", progress=False)
    found = posse.Sweep("restraint", {"case": large}).grow(tmp_path / "cube", progress=False)
    assert found.prize.values.tolist() == [0.1 + 0.2, 1.0]


def test_a_label_worked_out_in_two_ways_is_one(tmp_path: Path) -> None:
    """0.1 + 0.2 is not 0.3, but the cube's label is kept."""
    posse.Sweep("restraint", {"resolve": [0.1, 0.1 + 0.2]}).run(tmp_path / "cube", progress=False)
    found = posse.Sweep("restraint", {"resolve": [0.1, 0.2, 0.3]}).grow(tmp_path / "cube", progress=False)
    assert found.resolve.values.tolist() == [0.1, 0.2, 0.1 + 0.2]


@pytest.mark.parametrize(("count", "finer"), [(41, 121), (40, 79)])
def test_every_label_of_a_grid_is_one_of_a_finer_grid(count: int, finer: int) -> None:
    """Also the one at 0, which comes out as 0 in one of them, as 1e-17 in the other."""
    place = growth._places(np.linspace(-0.6, 0.9, count), np.linspace(-0.6, 0.9, finer))
    assert place.tolist() == [k * (finer - 1) // (count - 1) for k in range(count)]


def test_small_labels_are_told_apart() -> None:
    assert growth._places(np.array([1e-15, 1.0]), np.array([1e-15, 2e-15, 1.0])).tolist() == [0, 2]
    assert growth._places(np.array([0.5]), np.array([0.6])).tolist() == [-1]


def test_entries_without_labels_are_counted_on(tmp_path: Path) -> None:
    less, more = (posse.Sweep("restraint", {"case": {"cap_leader": c}}) for c in ([1.0, 2.0], [1.0, 2.0, 3.0]))
    less.run(tmp_path / "cube", progress=False)
    found = more.grow(tmp_path / "cube", progress=False)
    assert found["case"].dtype == more.evaluate()["case"].dtype == np.int64
    assert posse.Sweep.from_spec(posse.sweeps.spec.parse(found.attrs["spec"])).identity == more.identity


def test_a_corrected_note_is_not_passed_over(small: Path) -> None:
    axes = posse.sweeps.spec.parse(SMALL.to_toml()).axes
    axes["case"]["notes"]["observed"][1] = "corrected"
    with pytest.raises(StoreError, match=r"axes.case.notes.observed\[1\] is 'Kosovo of old' there, 'corrected' here"):
        posse.Sweep("restraint", axes).run(small, progress=False)


def test_what_is_written_otherwise_and_means_the_same_is_the_same(small: Path) -> None:
    """Usual settings of a design spelt out, NumPy's numbers, ends of a distribution in an array."""
    axes = {axis.name: dict(axis.written) for axis in sweep("Korea Kosovo", 128, [0, 0.5, 1]).axes}
    ends = {"attrition": {"uniform": np.array([0.2, 0.6])}}
    axes["sample"] |= {"seed": 0, "replicates": np.int64(16), "first": 0} | ends
    found = posse.Sweep("restraint", axes).grow(small, progress=False)
    equal(found, expected(sweep("Korea Kosovo", 128, [0, 0.5, 1])))


def test_names_do_not_become_numbers(tmp_path: Path) -> None:
    case = {"labels": ["1.0", "2.0"], "cap_leader": [0.3, 0.14]}
    posse.Sweep("restraint", {"case": case}).run(tmp_path / "cube", progress=False)
    before = hashes(tmp_path / "cube")
    larger = posse.Sweep("restraint", {"case": {"labels": [1, 2, 3], "cap_leader": [0.3, 0.14, 0.1]}})
    with pytest.raises(InputError, match=r"^axes.case: its labels are names in the cube, numbers in the sweep$"):
        larger.grow(tmp_path / "cube", progress=False)
    assert hashes(tmp_path / "cube") == before


def test_no_cube_mixes_two_versions_of_a_game(tmp_path: Path) -> None:
    game, store = posse.game("restraint"), tmp_path / "cube"
    posse.Sweep(game, {"resolve": [0, 1]}).run(store, progress=False)
    before = hashes(store)
    with pytest.raises(GameChangedError, match="restraint version 1; here it is version 2, its version changed"):
        posse.Sweep(replace(game, version="2"), {"resolve": [0, 0.5, 1]}).grow(store, progress=False)
    assert hashes(store) == before


def test_a_game_that_is_not_registered_grows_too(tmp_path: Path) -> None:
    mine = replace(posse.game("restraint"), name="mine")
    posse.Sweep(mine, {"resolve": [0, 1]}).run(tmp_path / "cube", progress=False)
    larger = posse.Sweep(mine, {"resolve": [0, 0.5, 1]})
    equal(larger.grow(tmp_path / "cube", progress=False), larger.evaluate())


def swapped(store: Path) -> None:
    (store / "grown" / "1").rename(store / "aside")
    (store / "grown" / "2").rename(store / "grown" / "1")
    (store / "aside").rename(store / "grown" / "2")


def copied(store: Path) -> None:
    shutil.rmtree(store / "grown" / "2")
    shutil.copytree(store / "grown" / "1", store / "grown" / "2")


def foreign(store: Path) -> None:
    shutil.rmtree(store / "grown")
    sweep("Iraq", 64, [0, 0.5, 1]).run(store / "grown" / "1", progress=False)


def lost(store: Path) -> None:
    shutil.rmtree(store / "grown" / "1")


def nameless(store: Path) -> None:
    (store / "grown" / "1" / ".posse" / "sweep.json").unlink()


def damaged(store: Path) -> None:
    (store / "grown" / "1" / ".posse" / "sweep.json").write_text("{}")


@pytest.mark.parametrize("harm", [swapped, copied, foreign, lost, nameless, damaged])
def test_a_part_that_is_lost_or_foreign_is_not_passed_over(small: Path, harm: Callable[[Path], None]) -> None:
    """Whoever opens the cube would see fewer labels than there were, or wrong ones."""
    sweep("Korea Kosovo Iraq", 64, [0, 0.25, 0.5, 1]).grow(small, progress=False)
    harm(small)
    before = hashes(small)
    for use in (posse.open_cube, posse.Job, lambda store: LARGE.grow(store, progress=False)):
        with pytest.raises(StoreError, match=r"grown/\d: (is not what|is a part|its description)") as caught:
            use(small)
        assert "\n" not in str(caught.value)
    assert hashes(small) == before


@pytest.mark.filterwarnings("ignore::posse.sweeps.opening.IncompleteWarning")
@pytest.mark.parametrize("part", [".", "grown/1"])
def test_resume_seals_whichever_part_is_not(cli: Command, small: Path, part: str) -> None:
    LARGE.grow(small, progress=False)
    (small / part / ".posse" / "seal.json").unlink()
    assert posse.Job(small).status().state == "begun"
    assert "done" in cli("status", small)[1]
    assert cli("resume", small, "--no-progress")[0] == 0
    status = posse.Job(small).status()
    assert (status.state, status.points, status.done) == ("complete", 2560, status.blocks)
    assert (small / part / ".posse" / "seal.json").exists()


def test_what_a_whole_part_lacks_is_written_again(cli: Command, small: Path) -> None:
    LARGE.grow(small, progress=False)
    (small / "grown" / "1" / "zarr.json").unlink()
    status, _, error = cli("info", small)
    assert status == 2
    assert "zarr.json is missing although it was written; posse verify --repair writes it again" in error
    assert cli("verify", small, "--repair", "--no-progress")[0] == 0
    equal(posse.open_cube(small), expected())
