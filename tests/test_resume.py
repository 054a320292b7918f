"""Runs that are killed, stopped or doubled end in the same cube, and solve no recorded block twice.

"The same" is meant file for file and byte for byte. Two files carry the moment at which the cube was begun, the root
zarr.json and .posse/sweep.json: that time stamp is masked in them, all other bytes count.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import posse
from kills import WITH_TESTS
from posse.cluster.local import Threads
from posse.cluster.run import finish, run
from posse.sweeps import blocks, direct
from posse.sweeps.cube import Cube, is_sealed
from stores import Prints, files, prints, recorded, same

KILLS = 10
RUN = """
game = "restraint"
[axes]
diversity = { linspace = [0, 1, 60] }
cap_observer = { geomspace = [0.1, 5, 60] }
resolve = { values = [0.3, 0.7, 1.0] }
"""
# `python -m posse`, in blocks of few points, so that there are many; it waits for a line before it begins. Where the
# tests run in the background, children would ignore Ctrl-C.
CHILD = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import dask.array, posse.cluster.run, posse.describe, posse.kernels.compiler
from posse.sweeps import blocks
blocks.POINTS = int(sys.argv.pop(1))
print("ready", flush=True)
sys.stdin.readline()
sys.argv[0] = "posse"
runpy.run_module("posse", run_name="__main__", alter_sys=True)
"""
# Runs a sweep again and again, each time into a new store and killed one change of its folder later than before.
STEPS = """
import os, sys
from pathlib import Path
from kills import kill_at
from posse.cluster.local import Threads
from posse.cluster.run import run
from posse.sweeps import blocks
from posse.sweeps.memory import evaluate
from posse.sweeps.sweep import Sweep

spec, stores, blocks.POINTS = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
sweep = Sweep.from_toml(spec)
evaluate(sweep)  # compiles the kernel and imports what is imported late, once, before the first fork

step = 0
while True:
    step += 1
    store = stores / f"{step:03d}"
    pid = os.fork()
    if pid == 0:
        kill_at(step, store)
        run(sweep, store, Threads(1), False)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if not os.WIFSIGNALED(status):
        print(step - 1, os.waitstatus_to_exitcode(status))
        break
"""


def start(spec: Path, store: Path, points: int = 150) -> subprocess.Popen[str]:
    """A child process that has imported everything and waits for the word to begin."""
    arguments = [str(points), "run", str(spec), "--store", str(store), "--no-progress"]
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert child.stdout
    assert child.stdout.readline() == "ready\n", child.communicate()[1]
    return child


def begin(child: subprocess.Popen[str]) -> None:
    assert child.stdin
    child.stdin.write("\n")
    child.stdin.flush()


def end(child: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit status, and what stands on standard error."""
    _, said = child.communicate(timeout=60)
    return child.returncode, said


def chunks(store: Path) -> set[str]:
    """Keys of the chunks of results that are there, recorded or not."""
    return {p.relative_to(store).as_posix() for p in store.glob("*/c.*")}


def wait_until(happened: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < limit
        time.sleep(0.001)


def wait_for_more(child: subprocess.Popen[str], store: Path, chunks: int) -> None:
    """Wait until more chunks than these are recorded, or the run has ended."""
    wait_until(lambda: len(recorded(store)) > chunks or child.poll() is not None)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "sweep.toml"
    path.write_text(RUN)
    return path


@pytest.fixture(scope="module")
def undisturbed(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a cube whose run nobody disturbed."""
    store = tmp_path_factory.mktemp("undisturbed") / "cube"
    child = start(spec, store)
    begin(child)
    assert end(child) == (0, "")
    assert len(list((store / ".posse" / "records").iterdir())) > 50
    assert recorded(store) == chunks(store)
    return files(store)


@pytest.mark.slow
def test_ten_kills_leave_no_trace(spec: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    """SIGKILL at ten random moments: three during the cube's creation, the others while blocks are solved."""
    dice = random.Random(1999)
    stores = [tmp_path / "0"]
    kills, before, moments = 0, Prints(), set()
    while kills < KILLS:
        child = start(spec, stores[-1])
        begin(child)
        if kills >= 3:
            wait_for_more(child, stores[-1], len(before))
        time.sleep(dice.uniform(0, 0.2))
        child.kill()
        status, said = end(child)
        after = prints(stores[-1])
        assert {key: after[key] for key in before} == before
        before = after
        if status == 0:  # it was done before the kill came: begin another, for ten kills there must be
            stores.append(tmp_path / str(len(stores)))
            before = Prints()
            continue
        assert (status, said) == (-signal.SIGKILL, "")
        moments.add((stores[-1], len(after)))
        kills += 1
    assert len(moments) >= KILLS - 3  # the kills met the run at different stages
    for store in stores:
        before = prints(store)
        run(posse.Sweep.from_toml(spec), store, progress=False)
        after = prints(store)
        assert {key: after[key] for key in before} == before
        same(store, undisturbed)


@pytest.mark.parametrize(
    ("output", "axes", "points", "chunks"),
    [
        ("regime", {"diversity": 48}, 16, 3),
        pytest.param("payoff", {"cap_leader": 640, "cap_observer": 800}, 1 << 18, 2 * 4, marks=pytest.mark.slow),
    ],
    ids=["small", "direct"],
)
def test_killed_before_each_change_of_the_folder(
    output: str, axes: dict[str, int], points: int, chunks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Creation, chunks, records, seal: whichever change of the folder a kill prevents, the next run finishes.

    So it is for chunks that go past the page cache.
    """
    sweep = posse.Sweep("restraint", {name: {"linspace": [0.1, 0.9, n]} for name, n in axes.items()}, outputs=(output,))
    spec = tmp_path / "small.toml"
    spec.write_text(sweep.to_toml())
    stores = tmp_path / "killed"
    stores.mkdir()
    helper = subprocess.run(
        [sys.executable, "-c", STEPS, str(spec), str(stores), str(points)],
        capture_output=True,
        text=True,
        timeout=120,
        env=WITH_TESTS,
    )
    assert helper.returncode == 0, helper.stderr
    steps, status = map(int, helper.stdout.split())
    assert status == 0, helper.stderr
    monkeypatch.setattr(blocks, "POINTS", points)
    run(sweep, tmp_path / "whole", Threads(1), progress=False)
    reference = files(tmp_path / "whole")
    written = [size for name, data in reference.items() if (size := len(data)) and name.startswith(f"{output}/c.")]
    assert len(written) == chunks
    assert (max(written) >= direct.LEAST) == (points > 16)
    # Each object is opened and gets its name by a link or a renaming: chunks, records, and the seal; the description,
    # metadata of the group and of the variable, and each coordinate's metadata and chunk.
    records = sum(name.startswith(".posse/records/") for name in reference)
    assert steps > 2 * (chunks + records + 1 + 1 + 2 + 2 * len(axes))
    for step in range(1, steps + 1):
        store = stores / f"{step:03d}"
        before = prints(store)
        run(sweep, store, Threads(1), progress=False)
        after = prints(store)
        assert {key: after[key] for key in before} == before
        same(store, reference)
        shutil.rmtree(store)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_run_says_how_far_it_came(
    spec: Path, undisturbed: dict[str, bytes], tmp_path: Path, kind: signal.Signals
) -> None:
    store = tmp_path / "cube"
    child = start(spec, store)
    begin(child)
    wait_until(lambda: len(list((store / ".posse" / "records").glob("*"))) >= 5 or child.poll() is not None)
    child.send_signal(kind)
    status, said = end(child)
    done = len(list((store / ".posse" / "records").iterdir()))
    every = sum(name.startswith(".posse/records/") for name in undisturbed)
    assert (status, said.count("\n")) == (130, 1)
    assert 5 <= done < every
    assert f"{done} of {every} blocks are done" in said
    assert chunks(store) == recorded(store)  # no block was left half done
    before = prints(store)
    run(posse.Sweep.from_toml(spec), store, progress=False)
    assert {key: prints(store)[key] for key in before} == before
    same(store, undisturbed)


def test_two_processes_at_once(spec: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    store = tmp_path / "cube"
    children = [start(spec, store) for _ in range(2)]
    for child in children:
        begin(child)
    assert [end(child) for child in children] == [(0, ""), (0, "")]
    same(store, undisturbed)


def test_one_run_seals_while_another_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the other has written so far and not yet put in its place, both succeed."""
    monkeypatch.setattr(blocks, "POINTS", 16)
    sweep = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 40]}})
    run(sweep, tmp_path / "whole", progress=False)
    for name in ("replace", "link"):
        store = tmp_path / name
        slow, fast = Cube.create(sweep, store), Cube.create(sweep, store)
        original = getattr(os, name)
        calls: list[Path] = []

        def meanwhile(
            source: Path, target: Path, original: Any = original, calls: list[Path] = calls, fast: Cube = fast
        ) -> None:
            calls.append(target)
            if len(calls) == 1:
                finish(fast, Threads(1))
            original(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, name, meanwhile)
            finish(slow, Threads(1))
        assert is_sealed(fast.store)
        same(store, files(tmp_path / "whole"))
