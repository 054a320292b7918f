"""A cube on disk: what any reader of Zarr sees, and that nothing missing or damaged passes for a number."""

import json
import pickle
import random
import re
import subprocess
import sys
import warnings
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cf_xarray  # noqa: F401 - registers the accessor .cf
import numpy as np
import pytest
import xarray as xr

import posse
from posse.cluster.local import Threads
from posse.cluster.run import finish, run
from posse.kernels.declaration import UNIT_INTERVAL, Flag, Game, Output, Parameter
from posse.kernels.errors import GameChangedError, IncompleteError, StoreError
from posse.sweeps import blocks
from posse.sweeps.cube import Cube, is_sealed, read_description
from posse.sweeps.folder import Folder
from posse.sweeps.opening import IncompleteWarning
from posse.sweeps.sworn import heard, swear

RESTRAINT = posse.game("restraint")
OUTPUTS = [o.name for o in RESTRAINT.outputs]
AXES: dict[str, Any] = {
    "diversity": {"linspace": [0, 1, 13]},
    "cap_observer": {"geomspace": [0.1, 5, 17]},
    "case": {"labels": ["Kosovo 1999", "Côte d'Ivoire", "c"], "cap_leader": [0.1, 1, 2], "cap_target": [0.2, 1, 1]},
}
PLAIN = """
import pickle, sys, warnings
warnings.simplefilter("error")
import xarray as xr
ds = xr.open_zarr(sys.argv[1]).load()
assert "posse" not in sys.modules
print(pickle.dumps(ds).hex())
"""


def small(**changes: Any) -> posse.Sweep:
    return posse.Sweep(**{"game": "restraint", "axes": AXES, "outputs": OUTPUTS, **changes})


def files(store: Path, pattern: str = "*") -> dict[str, bytes]:
    """The files of a store but those that tell of its runs."""
    found = (p for p in store.rglob(pattern) if p.is_file() and p.parent.name != "runs")
    return {p.relative_to(store).as_posix(): p.read_bytes() for p in found}


def bits(array: Any) -> tuple[Any, ...]:
    """An array's type, shape and bytes."""
    array = np.asarray(array)
    return array.dtype, array.shape, array.tobytes()


def attributes(named: xr.Dataset | xr.DataArray) -> dict[str, Any]:
    """Attributes but for the moment of creation, arrays as lists."""
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in named.attrs.items()}
    return plain | {"history": None}


def same_numbers(one: xr.Dataset, other: xr.Dataset) -> None:
    """Variables bit for bit, labels, dimensions and attributes."""
    assert set(one.variables) == set(other.variables)
    assert set(one.coords) == set(other.coords)
    assert one.sizes == other.sizes
    assert attributes(one) == attributes(other)
    for name in map(str, one.variables):
        assert one[name].dims == other[name].dims
        assert attributes(one[name]) == attributes(other[name])
        if one[name].dtype.kind == "T":
            assert one[name].values.tolist() == other[name].values.tolist()
        else:
            assert bits(one[name]) == bits(other[name])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "POINTS", 100)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cube with every output; nobody may change it."""
    store = tmp_path_factory.mktemp("whole") / "cube"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "POINTS", 100)
        run(small(), store, progress=False)
    return store


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    """A finished cube of the default outputs, to be damaged."""
    run(small(outputs=None), tmp_path / "cube", progress=False)
    return tmp_path / "cube"


def halve(store: Path) -> tuple[Cube, int]:
    """A cube of which the first half of the blocks is solved."""
    cube = Cube.create(small(outputs=None), store)
    half = len(cube.blocks) // 2
    for number in range(half):
        cube.keep(cube.solve_block(number))
    return cube, half


# What any reader sees


def test_plain_xarray_reads_the_same(whole: Path) -> None:
    reader = subprocess.run([sys.executable, "-c", PLAIN, str(whole)], capture_output=True, text=True)
    assert (reader.returncode, reader.stderr) == (0, "")
    plain = pickle.loads(bytes.fromhex(reader.stdout))
    opened = posse.open_cube(whole)
    assert opened.regime.chunks is not None  # lazy
    xr.testing.assert_identical(plain, opened.load())
    same_numbers(opened, small().evaluate())


def test_types_dimensions_and_labels(whole: Path) -> None:
    ds = posse.open_cube(whole)
    assert ds.regime.dims == ("diversity", "cap_observer", "case")
    assert ds.payoff.dims == ("player", "diversity", "cap_observer", "case")
    assert {str(v.dtype) for n, v in ds.data_vars.items() if "flag_meanings" in v.attrs} == {"uint8"}
    assert {str(v.dtype) for n, v in ds.data_vars.items() if "flag_meanings" not in v.attrs} == {"float32"}
    assert ds.player.values.tolist() == ["leader", "partner", "observer", "target"]
    assert ds.diversity.values.tolist() == np.linspace(0, 1, 13).tolist()
    assert ds.cap_observer.values.tolist() == np.geomspace(0.1, 5, 17).tolist()
    assert (ds.diversity.attrs["units"], ds.diversity.attrs["symbol"]) == ("1", "d")
    assert ds.diversity.attrs["long_name"] == RESTRAINT.parameter("diversity").long_name


def test_an_axis_of_cases_has_names_and_parameters(whole: Path) -> None:
    ds = posse.open_cube(whole)
    assert ds.case.values.tolist() == AXES["case"]["labels"]
    assert ds.cap_target.dims == ("case",)
    assert ds.cap_target.values.tolist() == [0.2, 1, 1]
    assert ds.cap_leader.attrs["symbol"] == "m_L"
    one = ds.sel(case="Côte d'Ivoire").load()
    alone = posse.solve("restraint", diversity=0.5, cap_observer=ds.cap_observer.values[3], cap_leader=1, cap_target=1)
    assert one.regime.sel(diversity=0.5)[3] == alone.regime


def test_cf_selects_by_name(whole: Path) -> None:
    ds = posse.open_cube(whole).load()
    assert (ds.regime.cf == "reassured_neutrality").identical(ds.regime == 0)
    assert (ds.alignment.cf == "oppose").values.tolist() == (ds.regime >= 6).values.tolist()
    assert (ds.durability.cf == "stays_after_support").values.tolist() == ((ds.durability & 2) != 0).values.tolist()
    assert {0, 1} < set(np.unique(ds.regime))
    assert ds.conventions if hasattr(ds, "conventions") else ds.attrs["Conventions"].startswith("CF-")


def test_metadata_of_the_arrays(whole: Path) -> None:
    for output in RESTRAINT.outputs:
        array = json.loads((whole / output.name / "zarr.json").read_text())
        size = {"uint8": 1, "float32": 4}[array["data_type"]]
        assert array["fill_value"] == (255 if size == 1 else "NaN")
        assert "_FillValue" not in array["attributes"]
        assert [c["name"] for c in array["codecs"]] == ["bytes", "blosc", "crc32c"]
        packed = array["codecs"][1]["configuration"]
        assert (packed["cname"], packed["clevel"], packed["shuffle"]) == ("lz4", 5, "bitshuffle")
        assert packed["typesize"] == size
        attrs = array["attributes"]
        if output.kind == "real":
            assert attrs["units"] == "1"
            continue
        values = attrs["flag_masks" if output.kind == "flags" else "flag_values"]
        names = attrs["flag_meanings"].split()
        assert dict(zip(values, names, strict=True)).items() >= {f.value: f.name for f in output.flags}.items()
        assert output.kind == "flags" or values[-1] == 254
        assert len(set(values)) == len(values) == len(names)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_output_round_trips(tmp_path: Path, dtype: str) -> None:
    sweep = small(dtype=dtype)
    run(sweep, tmp_path / "cube", progress=False)
    ds = posse.open_cube(tmp_path / "cube")
    assert {str(v.dtype) for v in ds.data_vars.values()} == {"uint8", dtype}
    same_numbers(ds, sweep.evaluate())


def test_points_outside_the_domain(tmp_path: Path) -> None:
    """All of this cube is as good as empty, and yet it is whole: codes 254 and NaN are results."""
    axes = {"war_irresolute": {"linspace": [0, 0.04, 40]}, "diversity": {"linspace": [0, 1, 5]}}
    sweep = small(axes=axes, outputs=None, outside_domain="mark")
    run(sweep, tmp_path / "cube", progress=False)
    ds = posse.open_cube(tmp_path / "cube").load()
    assert np.unique(ds.regime).tolist() == [254]
    assert np.isnan(ds.payoff).all()
    same_numbers(ds, sweep.evaluate())


def test_workers_and_blocks_change_nothing(tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for workers in (1, 3):
        run(small(), tmp_path / str(workers), Threads(workers), progress=False)
        assert files(tmp_path / str(workers), "c.*") == files(whole, "c.*")
    for points in (7, 663):
        monkeypatch.setattr(blocks, "POINTS", points)
        run(small(outputs=None), tmp_path / f"of {points}", progress=False)
        ds = posse.open_cube(tmp_path / f"of {points}")
        assert bits(ds.regime) == bits(posse.open_cube(whole).regime)
        assert bits(ds.payoff) == bits(posse.open_cube(whole).payoff)


# Provenance


def test_a_cube_can_be_made_again_from_itself(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "again.toml").write_text(xr.open_zarr(whole).attrs["spec"], encoding="utf-8")
    again = posse.Sweep.from_toml(tmp_path / "again.toml")
    assert again.identity == small().identity
    run(again, tmp_path / "again", progress=False)
    one, other = files(whole), files(tmp_path / "again")
    stamped = re.compile(rb"\d{4}-\d\d-\d\dT[\d:]{8}")
    assert one.keys() == other.keys()
    assert [n for n in one if stamped.sub(b"", one[n]) != stamped.sub(b"", other[n])] in ([], [".posse/sweep.json"])


def test_a_cube_says_what_made_it(whole: Path) -> None:
    attrs = xr.open_zarr(whole).attrs
    assert attrs["game_source_hash"] == RESTRAINT.source_hash
    assert attrs["game_version"] == RESTRAINT.version
    assert attrs["source"] == f"posse {posse.__version__}"
    assert f"numpy={np.__version__}" in attrs["packages"].split()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00 created by posse .*", attrs["history"])


# Unfinished


def test_an_unfinished_cube_never_shows_a_missing_result(tmp_path: Path) -> None:
    cube, half = halve(tmp_path / "cube")
    count = len(cube.blocks)
    assert (half > 2, cube.missing()) == (True, list(range(half, count)))
    with pytest.warns(IncompleteWarning, match=f"{count - half} of {count} blocks"):
        ds = posse.open_cube(tmp_path / "cube")
    truth = small(outputs=None).evaluate()
    for number in range(count):
        window = dict(zip(ds.regime.dims, cube.blocks.window(number), strict=True))
        if number < half:
            assert bits(ds.regime.isel(window)) == bits(truth.regime.isel(window))
            assert bits(ds.payoff.isel(window)) == bits(truth.payoff.isel(window))
        else:
            for name in ("regime", "payoff"):
                with pytest.raises(IncompleteError, match=f"block {number} of {count}"):
                    ds[name].isel(window).load()
    with pytest.raises(IncompleteError):
        ds.regime.load()


def test_a_stopped_engine_leaves_a_cube_to_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure half way: what was recorded stays, the rest raises, and the next run finishes."""
    solve, calls = Cube.solve_block, []

    def fail(cube: Cube, number: int, *workspace: Any) -> Any:
        calls.append(number)
        if len(calls) > 4:
            raise RuntimeError("half way")
        return solve(cube, number)

    with monkeypatch.context() as patch:
        patch.setattr(Cube, "solve_block", fail)
        with pytest.raises(RuntimeError, match="half way"):
            run(small(outputs=None), tmp_path / "cube", Threads(1), progress=False)
    with pytest.warns(IncompleteWarning):
        ds = posse.open_cube(tmp_path / "cube")
    with pytest.raises(IncompleteError):
        ds.payoff.load()
    again: list[int] = []
    monkeypatch.setattr(
        Cube, "solve_block", lambda cube, number, *workspace: again.append(number) or solve(cube, number, *workspace)
    )
    run(small(outputs=None), tmp_path / "cube", Threads(1), progress=False)
    assert sorted(calls[:4] + again) == list(range(len(calls[:4]) + len(again)))
    same_numbers(posse.open_cube(tmp_path / "cube"), small(outputs=None).evaluate())


def test_a_lost_record_is_a_missing_result(cube: Path) -> None:
    (cube / ".posse" / "seal.json").unlink()
    (cube / ".posse" / "records" / f"{3:010d}.json").unlink()
    with pytest.warns(IncompleteWarning, match="1 of "):
        ds = posse.open_cube(cube)
    window = dict(zip(ds.regime.dims, read_description(cube).blocks.window(3), strict=True))
    with pytest.raises(IncompleteError):
        ds.regime.isel(window).load()
    before = files(cube, "c.*")
    run(small(outputs=None), cube, progress=False)
    assert files(cube, "c.*") == before
    assert is_sealed(Folder(cube))


# Damaged


def test_a_lost_chunk_is_not_a_fill_value(cube: Path) -> None:
    (cube / "payoff" / "c.1.0.0.0").unlink()
    ds = posse.open_cube(cube)
    with pytest.raises(StoreError, match=r"payoff/c\.1\.0\.0\.0 is missing"):
        ds.payoff.load()
    assert bits(ds.payoff.sel(player="leader")) == bits(small().evaluate().payoff.sel(player="leader"))


def test_an_unsealed_cube_with_a_lost_or_short_chunk_is_not_sealed(cube: Path) -> None:
    seal, chunk = cube / ".posse" / "seal.json", cube / "payoff" / "c.1.0.0.0"
    seal.unlink()
    data = chunk.read_bytes()
    for damage in (lambda: chunk.write_bytes(data[:-1]), chunk.unlink):
        damage()
        with pytest.raises(StoreError, match=r"payoff/c\.1\.0\.0\.0"):
            run(small(outputs=None), cube, progress=False)
        assert not seal.exists()


@pytest.mark.parametrize("open_store", [posse.open_cube, xr.open_zarr], ids=["posse", "plain xarray"])
def test_a_flipped_bit_never_reads_as_a_number(cube: Path, open_store: Callable[[Path], xr.Dataset]) -> None:
    dice = random.Random(7)
    for name in ("regime", "payoff"):
        chunk = cube / name / ("c.0.0.0" if name == "regime" else "c.2.0.0.0")
        data = chunk.read_bytes()
        for place in [0, 8 * len(data) - 1, *(dice.randrange(8 * len(data)) for _ in range(15))]:
            damaged = bytearray(data)
            damaged[place // 8] ^= 1 << place % 8
            chunk.write_bytes(damaged)
            with pytest.raises((StoreError, ValueError, RuntimeError)):
                open_store(cube)[name].load()
        chunk.write_bytes(data)
        open_store(cube)[name].load()


@pytest.mark.parametrize("open_store", [posse.open_cube, xr.open_zarr], ids=["posse", "plain xarray"])
def test_a_short_chunk_never_reads_as_a_number(cube: Path, open_store: Callable[[Path], xr.Dataset]) -> None:
    chunk = cube / "regime" / "c.0.0.0"
    data = chunk.read_bytes()
    for length in (0, 1, 3, 4, 5, 15, 16, 20, len(data) // 2, len(data) - 4, len(data) - 1):
        chunk.write_bytes(data[:length])
        with pytest.raises((StoreError, ValueError, RuntimeError)):
            open_store(cube).regime.load()


def test_damage_is_told_in_one_line(cube: Path, tmp_path: Path) -> None:
    chunk = cube / "payoff" / "c.0.0.0.0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 4
    chunk.write_bytes(data)
    with pytest.raises(StoreError, match=r"payoff/c\.0\.0\.0\.0"):
        posse.open_cube(cube).payoff.load()
    arguments = ["slice", str(cube), "--sel", "case=c", "--out", str(tmp_path / "part.csv")]
    command = subprocess.run([sys.executable, "-m", "posse", *arguments], capture_output=True, text=True)
    assert command.returncode in (1, 2)
    assert (command.stderr.count("\n"), "Traceback" in command.stderr) == (1, False)


def _edit(path: Path, **fields: Any) -> None:
    path.write_bytes(swear(heard(path.read_bytes()) | fields))


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda record: record.write_text("{"), StoreError, "record of block 2 is damaged"),
        (lambda record: record.write_text("[]"), StoreError, "record of block 2 is damaged"),
        (lambda record: _edit(record, chunks=[]), StoreError, "record of block 2 is damaged"),
        (lambda record: _edit(record, block=5), StoreError, "record of block 2 is damaged"),
        (lambda record: _edit(record, source="0" * 64), GameChangedError, "block 2 .* 0{12}"),
        (lambda record: _edit(record, sweep="0" * 64), StoreError, "block 2 .*another sweep"),
    ],
    ids=["torn", "not a record", "without chunks", "of another block", "of another source", "of another sweep"],
)
def test_an_edited_record_is_refused(
    tmp_path: Path, damage: Callable[[Path], None], error: type[Exception], message: str
) -> None:
    """It neither counts as done when the run goes on, nor does what it vouches for read as a result."""
    cube, _ = halve(tmp_path / "cube")
    damage(tmp_path / "cube" / ".posse" / "records" / f"{2:010d}.json")
    with pytest.raises(error, match=message):
        cube.missing()
    with pytest.raises(error, match=message):
        run(small(outputs=None), tmp_path / "cube", progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        ds = posse.open_cube(tmp_path / "cube")
    window = dict(zip(ds.regime.dims, cube.blocks.window(2), strict=True))
    if error is StoreError:
        with pytest.raises(error, match=message):
            ds.regime.isel(window).load()


def test_a_damaged_description_is_refused(cube: Path) -> None:
    (cube / ".posse" / "sweep.json").write_text('{"identity": ')
    with pytest.raises(StoreError, match=r"sweep\.json is damaged"):
        posse.open_cube(cube)
    with pytest.raises(StoreError, match=r"sweep\.json is damaged"):
        run(small(outputs=None), cube, progress=False)


# Another version


Solution = namedtuple("Solution", "sign size")
TINY = Game(
    name="tiny",
    title="A game of two numbers",
    version="1",
    parameters=(Parameter("x", "x", UNIT_INTERVAL, 0.5, "first"), Parameter("y", "y", UNIT_INTERVAL, 0.25, "second")),
    outputs=(
        Output("sign", "codes", "which is larger", (Flag(0, "second", "y"), Flag(1, "first", "x"))),
        Output("size", "real", "their product"),
    ),
    solve=lambda x, y: Solution(x > y, x * y),
    default_outputs=("sign", "size"),
)


def changed(x: Any, y: Any) -> Solution:
    return Solution(x > y, x * y * y)


def test_an_object_makes_a_cube_as_well_as_a_name(tmp_path: Path) -> None:
    """A game that nobody registered: its cube is written, finished and opened."""
    sweep = posse.Sweep(TINY, {"x": {"linspace": [0, 1, 150]}})
    ds = sweep.run(tmp_path / "cube", progress=False)
    assert ds["size"].values.tolist() == (np.linspace(0, 1, 150) * 0.25).astype("float32").tolist()
    same_numbers(ds, sweep.evaluate())
    same_numbers(posse.open_cube(tmp_path / "cube"), ds)


def test_a_cube_of_another_version_is_refused(tmp_path: Path) -> None:
    axes = {"x": {"linspace": [0, 1, 150]}}
    Cube.create(posse.Sweep(TINY, axes), tmp_path / "cube")
    with pytest.raises(GameChangedError, match=r"tiny version 1.*test_cube\.changed"):
        Cube.create(posse.Sweep(replace(TINY, solve=changed), axes), tmp_path / "cube")
    with pytest.raises(GameChangedError, match=r"tiny.* version 1.* 2"):
        Cube.create(posse.Sweep(replace(TINY, version="2"), axes), tmp_path / "cube")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "float64"}, "dtype is 'float32' there, 'float64' here"),
        ({"fixed": {"share": 0.25}}, r"fixed.share is 0\.5 there, 0\.25 here"),
        ({"outputs": ["regime"]}, "outputs: 'payoff' only there"),
        ({"axes": AXES | {"diversity": {"linspace": [0, 1, 14]}}}, r"axes\.diversity.*13.* there, .*14.* here"),
        ({"axes": dict(reversed(AXES.items()))}, "axes stand in another order"),
    ],
)
def test_another_sweep_is_refused(cube: Path, changes: dict[str, Any], message: str) -> None:
    before = files(cube)
    with pytest.raises(StoreError, match=message):
        run(small(**{"outputs": None, **changes}), cube, progress=False)
    assert files(cube) == before


# Finished


def test_finish_reports_what_it_did(tmp_path: Path) -> None:
    cube, half = halve(tmp_path / "cube")
    points = [cube.blocks.points(number) for number in range(len(cube.blocks))]
    told: list[int] = []
    report = finish(cube, Threads(2), lambda points, waiting: told.append(points))
    assert (report.blocks, report.points) == (len(cube.blocks) - half, sum(points[half:]))
    assert sorted(told) == sorted(points[half:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        posse.open_cube(tmp_path / "cube")
    assert finish(cube).blocks == 0
