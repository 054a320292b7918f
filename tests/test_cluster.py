"""Sweeps on Dask: real schedulers and workers, killed, stopped, doubled; the cube is that of a quiet local run."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from distributed import Client
from distributed.chaos import KillWorker

import posse as module
from dask_processes import Processes, answer, posse, wait_until
from posse.cluster.clusters import connected
from posse.cluster.run import run
from posse.cluster.workers import Pace, Task
from posse.kernels.errors import ClusterError, Interrupted
from stores import Prints, begin, files, prints, recorded, same

Mode = Literal["sys.exit", "graceful", "segfault"]

KILLS = 15
IN_WORK = 6  # blocks that a worker has begun at most: two that are solved, two packed, two being written
SWEEP = """
game = "restraint"
[axes]
diversity = { linspace = [0, 1, 60] }
cap_observer = { geomspace = [0.1, 5, 60] }
resolve = { linspace = [0, 1, 20] }
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "sweep.toml"
    path.write_text(SWEEP)
    return path


@pytest.fixture(scope="module")
def quiet(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a cube whose run nobody disturbed, on this machine's threads."""
    cube = begin(spec, tmp_path_factory.mktemp("quiet") / "cube")
    run(cube.sweep, cube.store, progress=False)
    return files(Path(str(cube.store)))


def wait_for_more(store: Path, before: Prints) -> None:
    """Until some blocks more are recorded."""
    wait_until(lambda: len(recorded(store)) > len(before) + 5 * 5)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path / "dask") as found:
        yield found


def test_two_workers_make_the_cube_of_a_quiet_run(
    cluster: Processes, spec: Path, quiet: dict[str, bytes], tmp_path: Path
) -> None:
    cube = begin(spec, tmp_path / "cube")
    cluster.start_worker()
    cluster.start_worker()
    status, out, said = answer(posse("resume", cube.store, "--scheduler", cluster.address, "--no-progress"))
    assert (status, said) == (0, "")
    assert out.startswith("solved 72,000 points")
    same(tmp_path / "cube", quiet)
    assert set(cluster.solved().values()) == {1}
    assert len(cluster.solved()) == len(cube.blocks)


@pytest.mark.slow
def test_fifteen_kills_leave_no_trace(cluster: Processes, spec: Path, quiet: dict[str, bytes], tmp_path: Path) -> None:
    """SIGKILL a worker, the scheduler, the client or all of them at random moments, fifteen times in one sweep."""
    dice = random.Random(1914)
    store = tmp_path / "cube"
    cube = begin(spec, store)
    order = ["resume", cube.store, "--scheduler", cluster.address, "--no-progress"]
    client: subprocess.Popen[str] | None = None
    victims = ["worker", "scheduler", "client", "all"] * (KILLS // 4) + ["worker"] * (KILLS % 4)
    dice.shuffle(victims)
    for victim in victims:
        if cluster.scheduler is None or cluster.scheduler.poll() is not None:
            cluster.start_scheduler()
        for _ in range(2 - len(cluster.living)):
            cluster.start_worker()
        if client is None or client.poll() is not None:
            if client:
                client.communicate()
            client = posse(*order)
        before = prints(store)
        wait_for_more(store, before)
        time.sleep(dice.uniform(0, 0.1))
        if victim in ("client", "all"):
            client.kill()
            client.communicate()
        if victim == "all":
            cluster.kill_all()
        elif victim == "scheduler":
            cluster.kill_scheduler()
        elif victim == "worker":
            cluster.kill(dice.choice(cluster.living))
        assert before.items() <= prints(store).items()
        assert not (store / ".posse" / "seal.json").exists(), "the sweep is too short for so many kills"
    client.kill()
    client.communicate()
    cluster.kill_all()
    cluster.start_scheduler()
    cluster.start_worker()
    before = prints(store)
    assert answer(posse(*order))[0] == 0
    assert before.items() <= prints(store).items()
    same(store, quiet)
    twice = sum(cluster.solved().values()) - len(cube.blocks)
    assert twice <= KILLS * 2 * IN_WORK


# A worker that runs this, be it more than once, dies at block 37.
CRASH = """
import os, signal
from posse.sweeps.cube import Cube
def crash(cube, number, *room):
    if number == 37:
        os.kill(os.getpid(), signal.SIGKILL)
    return Cube.solve(cube, number, *room)
if not hasattr(Cube, "solve"):
    Cube.solve, Cube.solve_block = Cube.solve_block, crash
"""
# Workers that run this need at least 2.4 seconds, two of them, for 480 blocks; KillWorker's mean delay is its delay.
SLOW = """
import random, time
from posse.sweeps.cube import Cube
def slow(cube, number, *room):
    time.sleep(0.01)
    return Cube.solve(cube, number, *room)
if not hasattr(Cube, "solve"):
    Cube.solve, Cube.solve_block = Cube.solve_block, slow
random.expovariate = lambda rate: 1 / rate
"""
# Each process that runs this dies before its so-manieth change of the store: the first before the first, and so on.
STEPS = """
import os, signal, sys
CHANGES = {"open": 0, "os.mkdir": 0, "os.link": 1, "os.rename": 1, "os.remove": 0}
with open(COUNTER, "a") as file:
    file.write(".")
left = [os.path.getsize(COUNTER)]
def watch(event, arguments):
    if event not in CHANGES or not isinstance(arguments[CHANGES[event]], str | os.PathLike):
        return
    path = os.fspath(arguments[CHANGES[event]])
    if not path.startswith(STORE) or event == "os.mkdir" and os.path.isdir(path):
        return
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
"""


@pytest.mark.slow
def test_a_worker_that_was_given_up_comes_back(spec: Path, quiet: dict[str, bytes], tmp_path: Path) -> None:
    """SIGSTOP until its tasks were given to another, then SIGCONT: what it writes changes nothing."""
    cube = begin(spec, tmp_path / "cube")
    with Processes(tmp_path / "dask", DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="1s") as cluster:
        zombie = cluster.start_worker()
        client = posse("resume", cube.store, "--scheduler", cluster.address, "--no-progress")
        wait_until(lambda: len(recorded(tmp_path / "cube")) > 50)
        os.killpg(zombie.pid, signal.SIGSTOP)
        cluster.start_worker()
        assert answer(client)[0] == 0
        before = prints(tmp_path / "cube")
        os.killpg(zombie.pid, signal.SIGCONT)
        time.sleep(1)
        assert "failed to heartbeat" in cluster.logs[0].read_text()
    same(tmp_path / "cube", quiet)
    assert before.keys() == prints(tmp_path / "cube").keys()
    assert sum(cluster.solved().values()) - len(cube.blocks) <= IN_WORK


@pytest.mark.slow
def test_a_block_that_crashes_its_process_is_named(spec: Path, quiet: dict[str, bytes], tmp_path: Path) -> None:
    cube, preload = begin(spec, tmp_path / "cube"), tmp_path / "crash.py"
    preload.write_text(CRASH)
    with Processes(tmp_path / "dask", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=1) as cluster:
        cluster.start_worker("--preload", str(preload))
        order = ["resume", cube.store, "--scheduler", cluster.address, "--no-progress"]
        status, out, said = answer(posse(*order))
        assert (status, out, said.count("\n")) == (1, "", 1), said
        assert f"block 37 of {len(cube.blocks)} cannot be solved: the process that solves it dies" in said
        assert cube.missing() == [37]
        job = module.Job(cube.store)
        assert (job.status().state, list(job.status().failed)) == ("failed", [37])
        cluster.kill_all()
        cluster.start_scheduler()
        cluster.start_worker()
        assert answer(posse(*order))[0] == 0
    assert (job.status().state, job.status().failed) == ("complete", {})
    found = files(tmp_path / "cube")
    del found[f".posse/failed/{37:010d}.json"]
    assert found == quiet


@pytest.mark.slow
def test_a_kill_at_each_step_between_solved_and_recorded(tmp_path: Path) -> None:
    """One worker process after another dies, each one change of the store later than the one before."""
    spec, preload, counter = tmp_path / "small.toml", tmp_path / "steps.py", tmp_path / "counter"
    spec.write_text('game = "restraint"\noutputs = ["regime"]\n[axes]\ndiversity = { linspace = [0, 1, 80] }\n')
    preload.write_text(f"COUNTER, STORE = {str(counter)!r}, {str(tmp_path / 'cube')!r}\n{STEPS}")
    whole = begin(spec, tmp_path / "whole", 16)
    run(whole.sweep, whole.store, progress=False)
    cube = begin(spec, tmp_path / "cube", 16)
    with Processes(tmp_path / "dask", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=100) as cluster:
        cluster.start_worker("--preload", str(preload))
        assert answer(posse("resume", cube.store, "--scheduler", cluster.address, "--no-progress"))[0] == 0
    # A block is two files, opened and moved to their places and, one of them, removed: the last process had to live
    # through what was left of five blocks.
    assert counter.stat().st_size >= 5
    same(tmp_path / "cube", files(tmp_path / "whole"))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["sys.exit", "graceful", "segfault"])
def test_workers_that_die_of_themselves(mode: Mode, spec: Path, quiet: dict[str, bytes], tmp_path: Path) -> None:
    """distributed's own KillWorker, in every worker; each that died is replaced."""
    cube, preload = begin(spec, tmp_path / "cube"), tmp_path / "slow.py"
    preload.write_text(SLOW)
    with Processes(tmp_path / "dask", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=20) as cluster:
        with Client(cluster.address, set_as_default=False) as client:
            client.register_plugin(KillWorker("2 s", mode))
        command = posse("resume", cube.store, "--scheduler", cluster.address, "--no-progress")
        while command.poll() is None:
            for _ in range(2 - len(cluster.living)):
                cluster.start_worker("--no-nanny", "--preload", str(preload))
            time.sleep(0.1)
        assert answer(command)[0] == 0
    starts = len(cluster.workers)
    assert starts > 2
    same(tmp_path / "cube", quiet)
    assert sum(cluster.solved().values()) - len(cube.blocks) <= starts * IN_WORK


@pytest.mark.parametrize("together", [True, False], ids=["together", "in turn"])
def test_the_pace_is_that_of_the_threads(together: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads take half a second for each block, in tasks of ten, after the first ones, which compile."""
    threads, each, one, ten = 8, 0.5, Task([0]), Task(list(range(10)))
    looks = [(7.0, [one] * threads)]
    for turn in range(1, 20):
        ends = [7.0 + turn * 10 * each + (0.0 if together else k / threads * 10 * each) for k in range(threads)]
        looks += [(ends[0], [ten] * threads)] if together else [(end, [ten]) for end in ends]
    looks.append((1e5, [ten]))
    pace = Pace()
    for now, done in looks:
        monkeypatch.setattr("posse.cluster.workers.monotonic", lambda now=now: now)
        if now == looks[-1][0]:
            pace.rest()  # overnight
        pace.note(done, threads)
        if together and now > 7.0:  # from the second look on
            assert pace.seconds == pytest.approx(each, rel=0.05)
    assert pace.seconds == pytest.approx(each, rel=0.05)


def test_two_drivers_at_once(cluster: Processes, spec: Path, quiet: dict[str, bytes], tmp_path: Path) -> None:
    cube = begin(spec, tmp_path / "cube")
    for _ in range(2):
        cluster.start_worker()
    order = ["resume", cube.store, "--scheduler", cluster.address, "--no-progress"]
    assert [answer(child)[0] for child in [posse(*order), posse(*order)]] == [0, 0]
    same(tmp_path / "cube", quiet)
    twice = sum(cluster.solved().values()) - len(cube.blocks)
    assert twice <= 2 * 2 * IN_WORK


def test_submit_walk_away_cancel_resume(
    cluster: Processes, spec: Path, quiet: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cube = begin(spec, tmp_path / "cube")
    job = module.Job(cube.store)
    assert job.status().state == "begun"
    status, out, said = answer(posse("submit", spec, "--store", cube.store, "--scheduler", cluster.address))
    assert (status, said) == (0, "")
    assert out.startswith(f"{job.name}: submitted")
    assert job.status().state in ("submitted", "running")  # no worker so far, and nobody at the other end
    cluster.start_worker()
    wait_until(lambda: job.status().done > 10)
    assert [asked.name for asked in job.cancel()] == [job.name]
    wait_until(lambda: job.status().is_over)
    assert job.status().state == "cancelled"
    before = prints(tmp_path / "cube")
    assert 10 < job.status().done < len(cube.blocks)
    assert job.cancel() == []
    assert answer(posse("resume", cube.store, "--scheduler", cluster.address, "--submit"))[0] == 0
    wait_until(lambda: job.status().done > len(before) // 5 + 10)
    cluster.kill_scheduler()
    assert job.status().state == "running"  # it has not been silent for long
    monkeypatch.setattr("posse.cluster.runs.LIFE", 0.0)
    assert job.status().state == "lost"
    job.resume(progress=False)
    assert job.status().state == "complete"
    assert before.items() <= prints(tmp_path / "cube").items()
    same(tmp_path / "cube", quiet)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a file system of its own")
def test_a_full_disk_stops_a_run_that_goes_on_when_there_is_room(
    cluster: Processes, spec: Path, quiet: dict[str, bytes], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "posse", disk], capture_output=True).returncode:
        pytest.skip("cannot mount a file system here")
    try:
        cube = begin(spec, disk / "cube")
        free = cube.store.free()
        assert free
        (disk / "filler").write_bytes(bytes(free - 1_000_000))
        cluster.start_worker()
        order = ["resume", cube.store, "--scheduler", cluster.address, "--no-progress"]
        status, _, said = answer(posse(*order))
        assert (status, said.count("\n")) == (1, 1)
        assert "the disk is full; free space" in said
        done = len(cube.blocks) - len(cube.missing())
        assert 0 < done < len(cube.blocks)
        (disk / "filler").unlink()
        assert answer(posse(*order))[0] == 0
        same(disk / "cube", quiet)
    finally:
        cluster.kill_all()
        subprocess.run(["umount", disk], check=True)


def test_a_run_without_workers_says_so(
    cluster: Processes, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("posse.cluster.workers.IDLE", 2.0)
    cube = begin(spec, tmp_path / "cube", 10_000)
    job = module.Job(cube.store)
    with Client(cluster.address, set_as_default=False) as client, ThreadPoolExecutor(1) as pool:
        resumed = pool.submit(job.resume, client=client, progress=False)
        wait_until(lambda: job.status().reason)
        assert (job.status().state, job.status().reason) == ("running", "waits for workers, there are none")
        cluster.start_worker()
        assert resumed.result(60).blocks == len(cube.blocks)
    assert capsys.readouterr().err == "posse: waits for workers, there are none\n"
    assert job.status().reason == ""


def test_a_scheduler_that_stands_still_ends_the_run_or_lets_it_be_cancelled(
    cluster: Processes, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posse.cluster.workers.ANSWER", 0.5)
    monkeypatch.setattr("posse.cluster.workers.LOST", 8.0)
    monkeypatch.setattr("posse.cluster.clusters.FAREWELL", 0.5)
    cube = begin(spec, tmp_path / "cube", 10_000)
    job, table = module.Job(cube.store), {"scheduler": cluster.address}
    scheduler = cluster.scheduler
    assert scheduler
    for end in ("cancel", "lose"):
        with connected(table) as client, ThreadPoolExecutor(1) as pool:
            resumed = pool.submit(job.resume, client=client, progress=False)
            wait_until(lambda: job.status().state == "running")
            time.sleep(1)
            os.killpg(scheduler.pid, signal.SIGSTOP)
            try:
                if end == "cancel":
                    assert job.cancel()
                error = resumed.exception(30)
            finally:
                os.killpg(scheduler.pid, signal.SIGCONT)
        assert isinstance(error, Interrupted if end == "cancel" else ClusterError)


def test_a_worker_without_posse_ends_the_run(cluster: Processes, spec: Path, tmp_path: Path) -> None:
    cube, preload = begin(spec, tmp_path / "cube"), tmp_path / "without.py"
    preload.write_text("import sys\nsys.modules['posse'] = None\n")
    worker = cluster.start_worker("--no-nanny", "--preload", str(preload))
    status, out, said = answer(posse("resume", cube.store, "--scheduler", cluster.address, "--no-progress"))
    assert (status, out, said.count("\n")) == (1, "", 1)
    assert "posse" in said
    assert "workers need this version of posse" in said
    assert worker.poll() is None  # others may need it


def test_a_block_that_raises_is_named(cluster: Processes, spec: Path, tmp_path: Path) -> None:
    cube, preload = begin(spec, tmp_path / "cube"), tmp_path / "raise.py"
    preload.write_text(CRASH.replace("os.kill(os.getpid(), signal.SIGKILL)", "raise ZeroDivisionError(lambda: 0)"))
    cluster.start_worker("--no-nanny", "--preload", str(preload))
    status, _, said = answer(posse("resume", cube.store, "--scheduler", cluster.address, "--no-progress"))
    assert (status, said.count("\n")) == (1, 1)
    assert f"block 37 of {len(cube.blocks)} cannot be solved: ZeroDivisionError" in said
    assert cube.missing() == [37]
