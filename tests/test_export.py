"""Cubes in files of other programs, read back by other libraries: the same values, the same names."""

import csv
import json
import sys
import tracemalloc
from collections.abc import Callable
from itertools import product
from math import isnan
from pathlib import Path
from typing import Any

import dask.array as da
import netCDF4
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
import xarray as xr

import posse
from posse.analysis import stata
from posse.analysis import table as tables
from posse.analysis.export import write
from posse.analysis.stata import stata_names
from posse.kernels.errors import InputError, TooLargeError

Row = dict[str, Any]
CASES = ["Kosovo 1999", 'Ägypten – Ωμέγα, "1956"', ""]


def restraint() -> xr.Dataset:
    """Every output, unicode labels, and points outside the domain, whose payoffs are missing."""
    axes = {
        "case": {"labels": CASES, "cap_target": [0.1, 1, 2], "war_resolute": [0.05, 0.6, 0.05]},
        "diversity": [0.1, 0.5, 0.9],
        "resolve": [0.3, 1.0],
    }
    outputs = [o.name for o in posse.game("restraint").outputs]
    return posse.Sweep("restraint", axes, outputs=outputs, outside_domain="mark").evaluate()


def signalling() -> xr.Dataset:
    """Sets of 16 flags, counts, and two dimensions of the outputs' own."""
    outputs = [o.name for o in posse.game("signalling").outputs]
    axes = {"resolve": [0.1, 0.5, 0.9], "cap_observer": [0.5, 2.0]}
    return posse.Sweep("signalling", axes, outputs=outputs, dtype="float64").evaluate()


@pytest.fixture(params=[restraint, signalling], ids=["restraint", "signalling"])
def cube(request: pytest.FixtureRequest) -> xr.Dataset:
    found: xr.Dataset = request.param()
    return found


def name_of(game: str, output: str, value: int) -> str:
    """A code in words, as the game declares it."""
    declared = posse.game(game).output(output)
    if declared.kind == "flags":
        return " ".join(f.name for f in declared.all_flags if value & f.value) or "none"
    return next(f.name for f in declared.all_flags if f.value == value)


def expected(ds: xr.Dataset, in_words: bool = True) -> list[Row]:
    """The table, point by point and number by number."""
    game = posse.game(ds.attrs["game"])
    dims = list(ds.regime.dims)
    found = []
    for place in product(*(range(ds.sizes[dim]) for dim in dims)):
        here = ds.isel(dict(zip(dims, place, strict=True)))
        row: Row = {str(dim): here[dim].item() for dim in dims}
        row |= {str(n): c.item() for n, c in here.coords.items() if c.ndim == 0}
        for output in (o for o in game.outputs if o.name in here):
            cell = here[output.name]
            if output.dimension:
                row |= {f"{output.name}_{label}": v.item() for label, v in zip(output.labels, cell, strict=True)}
            elif output.kind in ("codes", "flags") and in_words:
                row[output.name] = name_of(game.name, output.name, cell.item())
            else:
                row[output.name] = cell.item()
        found.append(row)
    return found


def assert_rows(got: list[Row], wanted: list[Row]) -> None:
    assert len(got) == len(wanted)
    for mine, theirs in zip(got, wanted, strict=True):
        assert set(mine) == set(theirs)
        for name, value in theirs.items():
            if isinstance(value, float) and isnan(value):
                assert mine[name] is None or isnan(mine[name]), name
            else:
                assert mine[name] == value, name


# Round trips


def test_csv(cube: xr.Dataset, tmp_path: Path) -> None:
    write(cube, tmp_path / "part.csv")
    with (tmp_path / "part.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = expected(cube)
    for row, there in zip(rows, wanted, strict=True):
        assert set(row) == set(there)
        for name, value in there.items():
            if isinstance(value, str):
                assert row[name] == value
            elif isnan(value):
                assert row[name] == ""
            else:
                kind = np.float32 if name.split("_")[0] in cube and cube[name.split("_")[0]].dtype == "f4" else float
                assert kind(row[name]) == value, name


def test_parquet(cube: xr.Dataset, tmp_path: Path) -> None:
    write(cube, tmp_path / "part.parquet")
    table = pq.read_table(tmp_path / "part.parquet")
    assert_rows(table.to_pylist(), expected(cube))
    assert table.schema.metadata[b"spec"].decode() == cube.attrs["spec"]
    assert table.schema.metadata[b"game_source_hash"].decode() == posse.game(cube.attrs["game"]).source_hash
    game = posse.game(cube.attrs["game"])
    for name in ("resolve", "regime", "payoff_target"):
        about = table.schema.field(name).metadata
        declared = game.parameter(name) if name in game.parameter_names else game.output(name.split("_")[0])
        assert about[b"long_name"].decode().endswith(declared.long_name)
    assert about[b"long_name"].startswith(b"target: ")
    regime = table.schema.field("regime")
    assert str(regime.type).startswith("dictionary<values=string")
    codes = zip(
        json.loads(regime.metadata[b"flag_values"]), regime.metadata[b"flag_meanings"].decode().split(), strict=True
    )
    assert dict(codes) == {f.value: f.name for f in game.output("regime").all_flags}


def test_parquet_in_pandas(cube: xr.Dataset, tmp_path: Path) -> None:
    write(cube, tmp_path / "part.parquet")
    frame = pd.read_parquet(tmp_path / "part.parquet")
    assert isinstance(frame.regime.dtype, pd.CategoricalDtype)
    assert_rows(frame.to_dict("records"), expected(cube))


def test_stata(cube: xr.Dataset, tmp_path: Path) -> None:
    write(cube, tmp_path / "part.dta")
    frame, about = pyreadstat.read_dta(tmp_path / "part.dta")
    renamed = {"case_": "case"}  # a word of Stata's language
    assert_rows(frame.rename(columns=renamed).to_dict("records"), expected(cube, in_words=False))
    assert about.file_label == cube.attrs["title"]
    game = posse.game(cube.attrs["game"])
    labels = about.variable_value_labels
    assert labels["regime"] == {f.value: f.name for f in game.output("regime").all_flags}
    for output in (o for o in game.outputs if o.kind == "flags"):
        assert labels[output.name] == {v: name_of(game.name, output.name, v) for v in frame[output.name].unique()}
    assert about.column_names_to_labels["resolve"] == game.parameter("resolve").long_name
    assert all(len(label) <= 80 for label in about.column_labels)
    assert len(set(about.column_labels)) == len(about.column_labels)


def test_netcdf(cube: xr.Dataset, tmp_path: Path) -> None:
    write(cube, tmp_path / "part.nc")
    game = posse.game(cube.attrs["game"])
    with netCDF4.Dataset(tmp_path / "part.nc") as file:
        assert {name: file.getncattr(name) for name in file.ncattrs()} == cube.attrs
        assert set(file.variables) == {str(name) for name in cube.variables}
        for name, variable in file.variables.items():
            variable.set_auto_maskandscale(False)
            assert variable.dimensions == cube[name].dims
            np.testing.assert_array_equal(variable[...], cube[name].values.astype(variable[...].dtype))
            for key, value in cube[name].attrs.items():
                np.testing.assert_array_equal(variable.getncattr(key), value)
        regime = file["regime"]
        assert (regime.dtype, regime.flag_values.dtype) == (np.uint8, np.uint8)
        assert regime.flag_meanings.split() == [f.name for f in game.output("regime").all_flags]


def test_one_point(tmp_path: Path) -> None:
    one = restraint().isel(case=1, diversity=0, resolve=0)
    write(one, tmp_path / "one.csv")
    write(one, tmp_path / "one.dta")
    frame, _ = pyreadstat.read_dta(tmp_path / "one.dta")
    with (tmp_path / "one.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["case"], frame["case_"].tolist()) == (CASES[1], [CASES[1]])
    assert row["regime"] == name_of("restraint", "regime", one.regime.item())


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".dta"])
def test_what_has_not_been_computed_is_missing(suffix: str, tmp_path: Path) -> None:
    ds = restraint()[["regime", "durability"]].copy(deep=True)
    ds.regime[0, 0, 0], ds.durability[0, 0, 0] = 255, 255
    write(ds, tmp_path / f"part{suffix}")
    read: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".dta": lambda path: pyreadstat.read_dta(path)[0],
    }
    frame = read[suffix](tmp_path / f"part{suffix}")
    assert frame[["regime", "durability"]].isna().to_numpy().nonzero()[0].tolist() == [0, 0]


# Larger than memory


@pytest.mark.parametrize("most", [1, 4, 5, 7, 100])
def test_pieces_make_the_table(most: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ds = restraint()
    monkeypatch.setattr(tables, "MOST_ROWS", most)
    assert all(len(piece) <= most for piece in tables.pieces(ds))
    write(ds, tmp_path / "part.parquet")
    assert pq.ParquetFile(tmp_path / "part.parquet").num_row_groups >= len(expected(ds)) / most
    assert_rows(pq.read_table(tmp_path / "part.parquet").to_pylist(), expected(ds))
    write(ds, tmp_path / "part.csv")
    with (tmp_path / "part.csv").open(encoding="utf-8", newline="") as file:
        assert [row["regime"] for row in csv.DictReader(file)] == [row["regime"] for row in expected(ds)]


@pytest.mark.parametrize("suffix", [".parquet", ".nc"])
def test_a_slice_larger_than_memory(suffix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is in memory at one time is a small part of the table."""
    regime = restraint().regime
    side = 64
    codes = da.random.default_rng(1).integers(0, 10, (side, side, side), dtype="u1", chunks=(4, side, side))
    axes = {name: np.linspace(0, 1, side) for name in ("diversity", "resolve", "share")}
    ds = xr.Dataset({"regime": (tuple(axes), codes, regime.attrs), "payoff": (tuple(axes), codes * 0.5)}, axes)
    monkeypatch.setattr(tables, "MOST_ROWS", side * side)
    write(ds.isel(diversity=[0]), tmp_path / f"first{suffix}")
    tracemalloc.start()
    write(ds, tmp_path / f"part{suffix}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < side**3 * (4 * 8 + 1) / 3


def test_a_virtual_cube_larger_than_memory(tmp_path: Path) -> None:
    axes = {name: {"linspace": [0, 0.9, 224]} for name in ("diversity", "resolve", "share")}
    sweep = posse.Sweep("restraint", axes)
    posse.virtual(sweep).isel(diversity=[0]).posse.write(tmp_path / "first.nc")
    tracemalloc.start()
    posse.virtual(sweep).posse.write(tmp_path / "part.nc")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < sweep.nbytes / 2
    with netCDF4.Dataset(tmp_path / "part.nc") as file:
        np.testing.assert_array_equal(file["regime"][112], posse.virtual(sweep).regime[112])


# Names in Stata, limits


def test_names_are_such_as_stata_allows() -> None:
    given = [
        "if",
        "str8",
        "cap-x",
        "cap_x",
        "1st",
        "é" * 40,
        "é" * 41,
        "payoff_irresolute_observer_of_the_coalition",
        "_N",
    ]
    names = stata_names(given)
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and len(name) <= 32 for name in names)
    assert not {"if", "str8", "_N"} & set(names)
    assert names[3] in ("cap_x", "cap_x_2")


def test_long_names_reach_stata(tmp_path: Path) -> None:
    long = "x" * 2100
    ds = posse.Sweep("restraint", axes={"a-very-long-name-of-an-axis-" * 2: {"labels": ["a", long], "share": [0, 1]}})
    write(ds.evaluate(), tmp_path / "part.dta")
    frame, about = pyreadstat.read_dta(tmp_path / "part.dta")
    assert frame.iloc[:, 0].tolist() == ["a", long]
    assert about.column_labels[0] == ("a-very-long-name-of-an-axis-" * 2)


def test_too_much_for_stata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = xr.Dataset({"x": ("i", da.zeros(3_000_000_000, dtype="u1", chunks=100_000_000))})
    with pytest.raises(TooLargeError, match=r"2,147,483,647 observations, but these are 3,000,000,000"):
        write(many, tmp_path / "part.dta")
    monkeypatch.setattr(stata, "MOST_VARIABLES", 5)
    players = {"player": ("player", list("abcde"), {"role": "component"})}
    wide = xr.Dataset({"x": (("player", "i"), np.zeros((5, 1), "u1")), "y": ("i", [1.0])}, players)
    with pytest.raises(TooLargeError, match="at most 5 variables, but these are 7"):  # the label, x and y
        write(wide, tmp_path / "part.dta")
    with pytest.raises(InputError, match=r"Stata cannot hold this.*x"):
        write(xr.Dataset({"x": ("i", [1.0, np.inf])}), tmp_path / "part.dta")
    assert not list(tmp_path.iterdir())


# Refused


@pytest.mark.parametrize("suffix", [".nc", ".csv", ".parquet", ".dta"])
def test_an_empty_selection_is_refused(suffix: str, tmp_path: Path) -> None:
    ds = restraint()
    with pytest.raises(InputError, match="no label of diversity"):
        write(ds.isel(diversity=[]), tmp_path / f"part{suffix}")
    with pytest.raises(InputError, match="no variable"):
        write(ds[[]], tmp_path / f"part{suffix}")
    assert not list(tmp_path.iterdir())


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'posse\[parquet\]'"):
        write(restraint(), tmp_path / "part.parquet")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".nc", ".csv", ".parquet", ".dta"])
def test_what_cannot_be_read_leaves_no_file(suffix: str, tmp_path: Path) -> None:
    """A damaged cube fails half-way; the file that was there stays."""

    def fail(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        raise InputError("damaged")

    ds = xr.Dataset({"x": ("i", da.map_blocks(fail, da.zeros(10, chunks=5), dtype="f8", meta=np.empty(0)))})
    (tmp_path / f"part{suffix}").write_text("before")
    with pytest.raises(InputError, match="damaged"):
        write(ds, tmp_path / f"part{suffix}")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["before"]
