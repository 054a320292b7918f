"""Damage of every kind is found, nothing else is, and all of it is repaired."""

import json
import random
from pathlib import Path

import pytest

import posse
from conftest import Command
from posse.cluster.run import run
from posse.kernels import catalogue
from posse.kernels.errors import InputError, StoreError
from posse.sweeps import blocks
from posse.sweeps.sworn import heard, swear
from stores import files, same

EACH = 40


@pytest.fixture
def cube(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(blocks, "POINTS", 100)
    sweep = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 70]}, "resolve": {"linspace": [0, 1, 70]}})
    run(sweep, tmp_path / "cube", progress=False)
    return tmp_path / "cube"


def damage(store: Path, seed: int) -> dict[str, str]:
    """Flip a bit in 40 chunks, cut 40 others, delete 40 more; tells how by key."""
    dice = random.Random(seed)
    chunks = sorted(p for p in store.glob("*/c.*") if p.parent.name in ("regime", "payoff"))
    chosen = dice.sample(chunks, 3 * EACH)
    done = {}
    for number, path in enumerate(chosen):
        data = bytearray(path.read_bytes())
        kind = ("flipped", "cut", "deleted")[number // EACH]
        if kind == "flipped":
            place = dice.randrange(8 * len(data))
            data[place // 8] ^= 1 << place % 8
        path.unlink()
        if kind != "deleted":
            path.write_bytes(data[: dice.randrange(len(data))] if kind == "cut" else data)
        done[path.relative_to(store).as_posix()] = kind
    return done


def forge(cube: Path) -> None:
    """Have the record of block 7 name other bytes of a chunk, and swear to it."""
    record = cube / ".posse" / "records" / f"{7:010d}.json"
    told = heard(record.read_bytes())
    key = next(iter(told["chunks"]))
    told["chunks"][key][1] = "0" * 64
    record.write_bytes(swear(told))


WORDS = {"flipped": "other bytes", "cut": "were written", "deleted": "is missing"}


def test_all_damage_is_found_and_repaired(cube: Path, cli: Command) -> None:
    whole = files(cube)
    assert cli("verify", cube, "--no-progress")[0] == 0
    done = damage(cube, 1)
    job = posse.Job(cube)
    found = {found.key: found.what for found in job.verify()}
    assert found.keys() == done.keys()
    assert all(WORDS[kind] in found[key] for key, kind in done.items())
    ds = posse.open_cube(cube)
    for key in done:  # no cell of them reads as a number
        name, _, place = key.partition("/c.")
        *own, row, column = map(int, place.split("."))
        part = ds[name].isel(player=own[0]) if own else ds[name]
        window = job.description.blocks.window(row * job.description.blocks.cells[1] + column)
        with pytest.raises(StoreError, match="damaged"):
            part.isel(dict(zip(("diversity", "resolve"), window, strict=True))).load()
    status, out, _ = cli("verify", cube, "--no-progress")
    assert (status, out.count("\n")) == (1, 3 * EACH + 1)
    assert f"{3 * EACH} objects damaged; posse verify --repair" in out
    status, out, _ = cli("verify", cube, "--repair", "--json")
    assert status == 0
    assert {damage["key"] for damage in json.loads(out)} == done.keys()
    assert job.verify() == []
    same(cube, whole)


@pytest.mark.parametrize(
    "name", ["zarr.json", "regime/zarr.json", "diversity/zarr.json", "diversity/c/0", "player/c/0"]
)
def test_metadata_and_coordinates_are_looked_at_too(cube: Path, name: str) -> None:
    whole = files(cube)
    (cube / name).write_bytes((cube / name).read_bytes()[:-5])
    job = posse.Job(cube)
    assert [found.key for found in job.verify()] == [name]
    (cube / name).unlink()
    assert [found.key for found in job.verify(repair=True)] == [name]
    same(cube, whole)


def test_a_damaged_record_is_written_again(cube: Path) -> None:
    whole = files(cube)
    record = cube / ".posse" / "records" / f"{7:010d}.json"
    record.write_text(record.read_text()[:-9])
    job = posse.Job(cube)
    assert [(found.key, found.block) for found in job.verify(repair=True)] == [(f".posse/records/{7:010d}.json", 7)]
    same(cube, whole)


def test_what_the_record_does_not_bear_out_is_not_repaired(cube: Path) -> None:
    """A record that names other bytes than the block gives: one of them is wrong, and it is not said which."""
    forge(cube)
    before = files(cube)
    with pytest.raises(StoreError, match="block 7 comes out otherwise than it was recorded"):
        posse.Job(cube).verify(repair=True)
    assert files(cube) == before


def test_what_cannot_be_repaired_keeps_nothing_else_from_it(cube: Path) -> None:
    forge(cube)
    others = [cube / "payoff" / "c.1.0.0", cube / "payoff" / "c.3.4.5"]
    for path in others:
        path.unlink()
    with pytest.raises(StoreError, match="block 7 comes out otherwise than it was recorded; not repaired"):
        posse.Job(cube).verify(repair=True)
    assert all(path.exists() for path in others)


def test_a_record_that_fits_its_chunk_is_not_believed_against_the_seal(cube: Path) -> None:
    """Chunk and record are both replaced by those of another block: only their sum tells, and nothing mends it."""
    folder = cube / ".posse" / "records"
    told, other = (heard((folder / f"{number:010d}.json").read_bytes()) for number in (7, 30))
    mine, theirs = (list(each["chunks"])[1] for each in (told, other))
    assert told["chunks"][mine] != other["chunks"][theirs]
    (cube / mine).write_bytes((cube / theirs).read_bytes())
    told["chunks"][mine] = other["chunks"][theirs]
    (folder / f"{7:010d}.json").write_bytes(swear(told))
    job = posse.Job(cube)
    assert [found.key for found in job.verify()] == [".posse/seal.json"]
    with pytest.raises(StoreError, match="block 7 comes out otherwise"):
        job.verify(repair=True)


def test_a_damaged_seal_is_written_again(cube: Path) -> None:
    whole = files(cube)
    seal = cube / ".posse" / "seal.json"
    seal.write_bytes(seal.read_bytes().replace(b'"blocks":', b'"blocks":1'))
    job = posse.Job(cube)
    assert [found.key for found in job.verify(repair=True)] == [".posse/seal.json"]
    assert job.verify() == []
    same(cube, whole)


def test_a_record_of_another_sweep_is_found(cube: Path) -> None:
    whole = files(cube)
    record = cube / ".posse" / "records" / f"{7:010d}.json"
    record.write_bytes(swear(heard(record.read_bytes()) | {"sweep": "0" * 64}))
    found = posse.Job(cube).verify(repair=True)
    assert [(damage.key, damage.what) for damage in found] == [(f".posse/records/{7:010d}.json", "is of another sweep")]
    same(cube, whole)


@pytest.mark.parametrize("name", ["zarr.json", "diversity/c/0", "player/c/0"])
def test_no_flipped_bit_of_metadata_or_labels_passes_for_what_was_written(cube: Path, name: str) -> None:
    """Each byte in turn, a bit of it: opening and reading the labels raises, and verify names the object."""
    whole = (cube / name).read_bytes()
    step = max(1, len(whole) // 60)
    for place in range(0, len(whole), step):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        (cube / name).write_bytes(data)
        with pytest.raises(StoreError, match="damaged"):
            posse.open_cube(cube).load()
    assert [found.key for found in posse.Job(cube).verify()] == [name]


@pytest.mark.parametrize("name", [".posse/sweep.json", f".posse/records/{7:010d}.json", ".posse/seal.json"])
def test_no_flipped_bit_of_what_posse_keeps_goes_unseen(cube: Path, name: str) -> None:
    whole = (cube / name).read_bytes()
    step = max(1, len(whole) // 30)
    for place in range(0, len(whole), step):
        data = bytearray(whole)
        data[place] ^= 1
        (cube / name).write_bytes(data)
        if name.endswith("sweep.json"):
            with pytest.raises(StoreError, match=r"damaged|has format"):
                posse.Job(cube).verify(repair=True)  # which does not take it for the truth
        else:
            assert [found.key for found in posse.Job(cube).verify()] == [name]
    (cube / name).write_bytes(whole)
    assert posse.Job(cube).verify() == []


def test_without_the_game_metadata_are_looked_at_too(cube: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_entries", dict)
    monkeypatch.setattr(catalogue, "_load", catalogue._load.__wrapped__)
    for name in ("zarr.json", "diversity/c/0"):
        (cube / name).unlink()
    job = posse.Job(cube)
    assert {found.key for found in job.verify()} == {"zarr.json", "diversity/c/0"}
    with pytest.raises(InputError, match="unknown game"):
        job.verify(repair=True)


def test_a_record_of_no_block_is_passed_by(cube: Path) -> None:
    (cube / ".posse" / "records" / "9999999999.json").write_text("{")
    (cube / ".posse" / "failed").mkdir()
    (cube / ".posse" / "failed" / f"{7:010d}.json").write_text("[]")
    job = posse.Job(cube)
    assert job.verify(repair=True) == []
    status = job.status()
    assert (status.done, status.failed) == (status.blocks, {})
