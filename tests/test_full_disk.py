"""A disk without room, wherever a run meets it: an error that says so, and nothing lost."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import posse
from posse.cluster.local import Threads
from posse.cluster.run import run
from posse.kernels.errors import SpaceError
from posse.sweeps import blocks
from posse.sweeps.cube import is_sealed
from posse.sweeps.store import open_store

STAMPED = {"zarr.json", ".posse/sweep.json"}  # these hold the moment at which a cube was begun
# `posse run` on a disk that is full after some synced files; the third argument says how many.
FULL = """
import errno, os, sys
sync, left = os.fsync, [int(sys.argv.pop(1))]
def full(handle):
    left[0] -= 1
    if left[0] < 0:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    sync(handle)
os.fsync = full
from posse.cli import main
main()
"""


def whole_files(store: Path) -> dict[str, bytes]:
    """The files of a store that are in their places, but those that tell of its runs."""
    found = (p for p in store.rglob("*") if p.is_file() and p.parent.name not in ("runs", "partial"))
    return {p.relative_to(store).as_posix(): p.read_bytes() for p in found}


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever call meets the full disk, and all after it, the error says so, and the next run finishes."""
    monkeypatch.setattr(blocks, "POINTS", 16)
    sweep = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 24]}})
    run(sweep, tmp_path / "whole", Threads(1), progress=False)
    reference = whole_files(tmp_path / "whole")
    calls = {name: getattr(os, name) for name in ("fsync", "replace", "link", "mkdir")}
    step, failed = 0, 1
    while failed:
        store, failed, left = tmp_path / str(step), 0, step

        def full(name: str) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                nonlocal left, failed
                left -= 1
                if left < 0:
                    failed += 1
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return calls[name](*arguments, **options)

            return call

        with monkeypatch.context() as patch:
            for name in calls:
                patch.setattr(os, name, full(name))
            with suppress(SpaceError):
                run(sweep, store, Threads(1), progress=False)
                assert is_sealed(open_store(store))  # all that may fail now is to say so
        before = whole_files(store)
        run(sweep, store, Threads(1), progress=False)
        after = whole_files(store)
        assert after.items() >= before.items()
        assert {n for n in after if after[n] != reference.get(n)} <= STAMPED
        step += 3
    assert step > 60


def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text('game = "restraint"\n[axes]\ndiversity = { linspace = [0, 1, 30] }\n')
    arguments = ["run", str(tmp_path / "spec.toml"), "--store", str(tmp_path / "cube"), "--no-progress"]
    full = subprocess.run([sys.executable, "-c", FULL, "25", *arguments], capture_output=True, text=True)
    assert (full.returncode, full.stdout, full.stderr.count("\n")) == (1, "", 1)
    assert "the disk is full; free space, then run the same command to go on" in full.stderr
    again = subprocess.run([sys.executable, "-m", "posse", *arguments], capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "")
