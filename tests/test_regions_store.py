"""Regions in Zarr stores: what comes back is what was saved, whatever lies beside it stays, and nothing half opens."""

import json
from collections.abc import Iterator, Mapping
from math import nextafter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import posse
from posse import Game
from posse.benchmarks.shapes import disc, shape, wedge
from posse.kernels.errors import GameChangedError, IncompleteError, InputError, PosseError, ServiceError, StoreError
from posse.runnable import Regions
from posse.sweeps.direct import Content
from posse.sweeps.folder import Folder
from s3_server import BUCKET, S3Server
from test_regions import ATLAS

SQUARE = {"x": (0, 1), "y": (0, 1)}


@pytest.fixture(scope="module")
def found() -> Regions:
    return posse.regions("restraint", ATLAS, {"resolve": 1 / 3}, tolerance=1 / 32)


def equal(one: Regions, other: Regions) -> None:
    assert type(one) is type(other)
    assert (one.game.name, one.game.source_hash) == (other.game.name, other.game.source_hash)
    assert list(one.sides.items()) == list(other.sides.items())
    assert (dict(one.fixed), one.tolerance) == (dict(other.fixed), other.tolerance)
    assert one.leaves.asked == other.leaves.asked
    for name in ("low", "high", "codes", "halvings"):
        first, second = (getattr(regions.leaves, name) for regions in (one, other))
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_saved_comes_back_and_goes_on(found: Regions, tmp_path: Path) -> None:
    found.to_zarr(tmp_path / "found.zarr")
    back = posse.open_regions(tmp_path / "found.zarr")
    equal(back, found)
    equal(back.refine(1 / 64), found.refine(1 / 64))


def test_a_game_that_is_not_registered_is_given(tmp_path: Path) -> None:
    own = posse.regions(shape(disc), SQUARE, tolerance=1 / 16)
    own.to_zarr(tmp_path / "disc.zarr")
    equal(posse.open_regions(tmp_path / "disc.zarr", game=own.game), own)
    with pytest.raises(InputError, match="unknown game: 'disc'"):
        posse.open_regions(tmp_path / "disc.zarr")


def test_plain_xarray_reads_them(found: Regions, tmp_path: Path) -> None:
    """The bounds of the shares can be worked out of what anyone reads."""
    found.to_zarr(tmp_path / "found.zarr")
    ds = xr.open_zarr(tmp_path / "found.zarr")
    assert ds.sizes == {"leaf": len(found.leaves), "parameter": 2}
    assert ds.parameter.values.tolist() == ["diversity", "cap_observer"]
    assert ds.box_high.sel(parameter="cap_observer") == 5
    assert ds.spacing.values.tolist() == ["linear", "log"]
    assert ds.attrs["fixed"]["resolve"] == 1 / 3
    assert (ds.attrs["game"], ds.attrs["Conventions"]) == ("restraint", "CF-1.11")
    assert all(variable.attrs["long_name"] for variable in ds.variables.values())
    share = (ds.high - ds.low).prod("parameter")
    bounds = found.volumes()
    for name, mask in zip(ds.codes.attrs["flag_meanings"].split(), ds.codes.attrs["flag_masks"], strict=True):
        lower = float(share.where(ds.codes == np.uint64(mask), 0).sum())
        upper = float(share.where((ds.codes & np.uint64(mask)) != 0, 0).sum())
        assert bounds.lower.sel(regime=name) == nextafter(lower, 0)
        assert bounds.upper.sel(regime=name).item() == pytest.approx(upper, abs=1e-15)


def test_beside_a_cube_which_stays_as_it_is(found: Regions, tmp_path: Path) -> None:
    store = tmp_path / "cube.zarr"
    cube = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 20]}}).run(store, progress=False).load()
    before, plain = contents(store), xr.open_zarr(store).load()
    found.to_zarr(store, group="regions/atlas")
    found.refine(1 / 64).to_zarr(store, group="finer")
    assert {name: data for name, data in contents(store).items() if name in before} == before
    assert {name.split("/")[0] for name in contents(store).keys() - before.keys()} == {"regions", "finer"}
    assert posse.Job(store).verify() == []
    assert posse.Job(store).status().state == "complete"
    xr.testing.assert_identical(posse.open_cube(store).load(), cube)
    xr.testing.assert_identical(xr.open_zarr(store).load(), plain)
    equal(posse.open_regions(store, group="regions/atlas"), found)
    for opened in (
        xr.open_zarr(store / "regions" / "atlas"),
        xr.open_zarr(store, group="regions/atlas", consolidated=False),
    ):
        assert opened.sizes["leaf"] == len(found.leaves)


class Torn(Folder):
    """Writes so many objects, then the power goes."""

    def __init__(self, path: Path, left: int) -> None:
        super().__init__(path)
        self.left = left

    def put(self, objects: Mapping[str, Content]) -> None:
        for key, data in objects.items():
            self._count()
            super().put({key: data})

    def put_if_absent(self, key: str, data: bytes) -> bool:
        self._count()
        return super().put_if_absent(key, data)

    def _count(self) -> None:
        if not self.left:
            raise ServiceError("the power is gone")
        self.left -= 1


@pytest.mark.parametrize("overwrite", [False, True])
def test_half_of_it_never_opens(found: Regions, overwrite: bool, tmp_path: Path) -> None:
    """After a kill at any object there is nothing, or what was there before, or word that it is not whole."""
    earlier = found.refine(1 / 64)
    for step in (0, 1, 2, 9, 18, 19):  # of 20 objects
        store = tmp_path / str(step)
        if overwrite:
            earlier.to_zarr(store)
        with pytest.raises(ServiceError):
            found.to_zarr(Torn(store, step), overwrite=overwrite)
        if overwrite and step == 0:
            equal(posse.open_regions(store), earlier)
            continue
        with pytest.raises(IncompleteError if step else StoreError) as caught:
            posse.open_regions(store)
        assert ("not written to their end" if step else "does not exist") in str(caught.value)
        if step:
            assert not xr.open_zarr(store).variables
            with pytest.raises(StoreError, match="not written to their end; overwrite=True replaces them"):
                found.to_zarr(store)
        found.to_zarr(Torn(store, 20), overwrite=step > 0)
        equal(posse.open_regions(store), found)


def test_damage_is_told(found: Regions, tmp_path: Path) -> None:
    store = tmp_path / "found.zarr"
    found.to_zarr(store)
    whole = contents(store)
    for name, data in whole.items():
        path = store / name
        middle = len(data) // 2
        for damaged in (data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :], data[:middle]):
            path.write_bytes(damaged)
            if name != "zarr.json" or damaged == data[:middle]:
                with pytest.raises(StoreError, match="damaged") as caught:
                    posse.open_regions(store)
                assert "\n" not in str(caught.value)
        path.unlink()
        with pytest.raises(StoreError):
            posse.open_regions(store)
        path.write_bytes(data)
    group = json.loads(whole["zarr.json"])
    group["attributes"]["tolerance"] = 0.5
    (store / "zarr.json").write_text(json.dumps(group))
    with pytest.raises(StoreError, match="the regions are damaged: of their attributes, it is not as it was written"):
        posse.open_regions(store)


def version(game: Game, number: str) -> Game:
    return Game(game.name, game.title, number, game.parameters, game.outputs, game.solve)


def test_another_version_of_the_game_is_refused(tmp_path: Path) -> None:
    game, store = shape(disc), tmp_path / "disc.zarr"
    posse.regions(game, SQUARE, tolerance=1 / 16).to_zarr(store)
    changed = Game("disc", game.title, game.version, game.parameters, game.outputs, wedge)
    for other in (changed, version(game, "2")):
        with pytest.raises(GameChangedError, match=r"was made by posse .*, disc version 1 .*; find the regions again"):
            posse.open_regions(store, game=other)
    with pytest.raises(StoreError, match="is of the game disc, not of wedge"):
        posse.open_regions(store, game=shape(wedge))


REFUSED: list[tuple[str, str, bool, type[PosseError], str]] = [
    ("cube", "", False, StoreError, "exists and is not regions; choose another store, or a group in it"),
    ("cube", "", True, StoreError, "exists and is not regions; choose another store, or a group in it"),
    ("cube", "regime", True, StoreError, "exists and is not regions; choose another store, or a group in it"),
    ("cube", "regime/fine", False, StoreError, "is an array, and nothing goes below it; choose another group"),
    ("cube", "grown/1", False, InputError, "below grown lies what a cube has grown by"),
    ("cube", ".posse", False, InputError, "'.posse' is no name of letters, digits, _ and -, a letter first"),
    ("cube", "../up", False, InputError, "'..' is no name of letters, digits, _ and -, a letter first"),
    ("found", "", False, StoreError, "has regions already; overwrite=True replaces them"),
    ("other", "", True, StoreError, "exists and is not regions; choose another store, or a group in it"),
]


def test_nothing_else_is_overwritten(found: Regions, tmp_path: Path) -> None:
    posse.Sweep("restraint", {"diversity": [0, 1]}).run(tmp_path / "cube", progress=False)
    found.to_zarr(tmp_path / "found")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("years of work")
    before = contents(tmp_path)
    for name, group, overwrite, kind, said in REFUSED:
        with pytest.raises(kind) as caught:
            found.to_zarr(tmp_path / name, group, overwrite)
        assert str(caught.value).endswith(said)
        assert "\n" not in str(caught.value)
    assert contents(tmp_path) == before
    for name, said in (("cube", "is not regions"), ("other", "is not regions"), ("none", "does not exist")):
        with pytest.raises(StoreError, match=said):
            posse.open_regions(tmp_path / name)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    pytest.importorskip("moto", reason="needs moto[server], an object store that runs here")
    with S3Server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield f"s3://{BUCKET}"


def test_in_a_bucket(found: Regions, bucket: str) -> None:
    store = f"{bucket}/cube.zarr"
    sweep = posse.Sweep("restraint", {"diversity": [0, 0.5, 1]})
    cube = sweep.run(store, progress=False).load()
    found.to_zarr(store, group="regions/atlas")
    equal(posse.open_regions(store, group="regions/atlas"), found)
    with pytest.raises(StoreError, match="has regions already"):
        found.to_zarr(store, group="regions/atlas")
    finer: Any = found.refine(1 / 64)
    finer.to_zarr(store, group="regions/atlas", overwrite=True)
    equal(posse.open_regions(store, group="regions/atlas"), finer)
    assert posse.Job(store).verify() == []
    xr.testing.assert_identical(posse.open_cube(store).load(), cube)
