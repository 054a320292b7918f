"""The benchmarks of disk, slicing and starting once, tiny, each checking its answer: pytest benchmarks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from pytest_benchmark.fixture import BenchmarkFixture

from posse.analysis.selection import select
from posse.benchmarks import cubes, disk, slicing, starting
from posse.cluster.run import finish
from posse.sweeps.cube import Cube
from posse.sweeps.opening import open_cube

POINTS = 10**5


@pytest.fixture
def cube(tmp_path: Path) -> Cube:
    return Cube.create(cubes.grid(POINTS), tmp_path / "cube.zarr")


@pytest.fixture
def solved() -> dict[str, np.ndarray[Any, Any]]:
    sweep = cubes.grid(POINTS)
    return sweep.solve([slice(None)] * len(sweep.axes))


def test_grid_has_as_many_points_as_it_says() -> None:
    assert all(cubes.grid(points).size == points for points in cubes.SHAPES)
    assert cubes.draws(8 * cubes.GRID).size == 8 * cubes.GRID > 10**7


def test_stages_make_the_chunks_of_the_cube(benchmark: BenchmarkFixture, cube: Cube) -> None:
    chunks, seconds = benchmark.pedantic(disk.pass_stages, (cube, disk.sampled(cube)), rounds=2)
    assert chunks == {
        key: data for number in disk.sampled(cube) for key, data in cube.solve_block(number).chunks.items()
    }
    assert all(cube.store.get(key) == data for key, data in chunks.items())
    assert set(seconds) == {"solve", "encode", "checksum", "write and sync", "read back"}


def test_whole_run(benchmark: BenchmarkFixture, tmp_path: Path, solved: dict[str, np.ndarray[Any, Any]]) -> None:
    paths = iter(tmp_path / str(k) for k in range(10))
    stores = []

    def run() -> None:
        stores.append(next(paths))
        finish(Cube.create(cubes.grid(POINTS), stores[-1]))

    benchmark.pedantic(run, rounds=2)
    for store in stores:
        ds = open_cube(store)
        np.testing.assert_array_equal(ds.regime.values, solved["regime"][0])
        np.testing.assert_array_equal(ds.payoff.values, solved["payoff"])


def test_made_cube_tells_its_size_and_memory() -> None:
    made = cubes.made(POINTS)
    assert made.size == sum(f.stat().st_size for f in made.path.rglob("*") if f.is_file())
    assert made.seconds > 0
    assert made.peak > cubes.grid(POINTS).nbytes
    assert open_cube(made.path).regime.size == POINTS


@pytest.mark.parametrize("part", ["plane diversity × cap_observer", "line cap_observer", "point"])
def test_parts_of_a_cube(
    benchmark: BenchmarkFixture, cube: Cube, tmp_path: Path, solved: dict[str, np.ndarray[Any, Any]], part: str
) -> None:
    finish(cube)
    where = slicing.parts(cube.sweep)[part]
    payoff = open_cube(cube.store).payoff.sel(player=slicing.PLAYER)
    sliced = benchmark.pedantic(lambda: payoff.isel(where).values, rounds=2)
    index = tuple(where.get(dim, slice(None)) for dim in cube.sweep.dims)
    np.testing.assert_array_equal(sliced, solved["payoff"][2][index])
    slicing.write_flat(cube.sweep, tmp_path / "flat.npy")
    np.testing.assert_array_equal(sliced, slicing.read_flat(tmp_path / "flat.npy", cube.sweep, where))


def test_bytes_read_are_those_of_the_chunks(cube: Cube) -> None:
    finish(cube)
    ds, reading = open_cube(cube.store), slicing.Reading()
    slicing.timed(lambda: ds.regime[0, 0, 0, 0, 0].values, Path(str(cube.store)), reading)
    assert reading.bytes == len(cube.store.get("regime/c.0.0.0.0.0") or b"")
    assert len(reading.seconds) == 1


def test_players_together_hold_the_same_payoffs(cube: Cube, tmp_path: Path) -> None:
    finish(cube)
    together = slicing.write_together(cube.sweep, cube.blocks, tmp_path / "together.zarr")
    array = zarr.open_array(together, mode="r")
    np.testing.assert_array_equal(np.asarray(array[:]), open_cube(cube.store).payoff.values)


def test_mask_of_a_regime(benchmark: BenchmarkFixture, cube: Cube, solved: dict[str, np.ndarray[Any, Any]]) -> None:
    finish(cube)
    ds = open_cube(cube.store)
    plane = select(ds, {"spoils": str(float(ds.spoils[5])), "attrition": str(float(ds.attrition[5]))})
    mask = benchmark.pedantic(lambda: (plane.regime == 0).values, rounds=2)
    np.testing.assert_array_equal(mask, solved["regime"][0][:, 5, 5] == 0)


@pytest.mark.parametrize("command", starting.COMMANDS)
def test_starting(benchmark: BenchmarkFixture, command: str) -> None:
    printed = benchmark.pedantic(starting.call, (starting.COMMANDS[command],), rounds=1)
    expected = {"posse --help": "Solve game-theoretic models", "posse solve restraint": "regime"}.get(command, "")
    assert expected in printed


def test_first_compile_gives_the_same_answer(benchmark: BenchmarkFixture) -> None:
    assert benchmark.pedantic(starting.first_compile, rounds=1) == starting.call(["-c", starting.COMPILE])
