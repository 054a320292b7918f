"""What tests look at in a cube's folder: its files, what is recorded, and whether a chunk was written again."""

import json
import re
from pathlib import Path

import pytest

import posse
from posse.sweeps import blocks
from posse.sweeps.cube import Cube

Prints = dict[str, tuple[int, int]]


def begin(spec: Path, store: str | Path, points: int = 150) -> Cube:
    """A cube of blocks of few points; none is solved yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "POINTS", points)
        return Cube.create(posse.Sweep.from_toml(spec), store)


def files(store: Path) -> dict[str, bytes]:
    """Every file of a store but those that tell of its runs, the time stamp of its beginning masked."""
    found = {p.relative_to(store).as_posix(): p.read_bytes() for p in store.rglob("*") if p.is_file()}
    found = {name: data for name, data in found.items() if not name.startswith(".posse/runs/")}
    return timeless(found)


def timeless(found: dict[str, bytes]) -> dict[str, bytes]:
    """Without the moment at which the cube was begun, and the hashes of what tells of it."""
    told = rb'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00|(?<="zarr.json":")\w{64}|(?<="sha256":")\w{64}'
    return found | {name: re.sub(told, b"WHEN", found[name]) for name in ("zarr.json", ".posse/sweep.json")}


def recorded(store: Path) -> set[str]:
    """Keys of the chunks that records name."""
    records = (store / ".posse" / "records").glob("*.json")
    return {key for record in records for key in json.loads(record.read_bytes())["chunks"]}


def prints(store: Path) -> Prints:
    """Inode and time of change of all that is recorded: a block solved again would be written anew."""
    stats = {key: (store / key).stat() for key in recorded(store)}
    return {key: (stat.st_ino, stat.st_mtime_ns) for key, stat in stats.items()}


def same(store: Path, reference: dict[str, bytes]) -> None:
    """The same files with the same bytes, but for the moment at which the cube was begun."""
    found = files(store)
    assert found.keys() == reference.keys()
    assert [name for name in found if found[name] != reference[name]] == []
