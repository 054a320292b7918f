"""Whatever is done to a cube in whatever order: what is recorded is readable and right, all else raises.

A state machine submits, runs, kills, cancels, damages, verifies and repairs, in a folder and in a bucket, against a
model in memory: the solution of the sweep, and which objects are damaged.
"""

import random
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import posse
from posse.cluster import runs
from posse.cluster.local import Threads
from posse.cluster.run import complete, finish
from posse.cluster.runs import Run
from posse.kernels.errors import Interrupted, PosseError, StoreError
from posse.sweeps import blocks, records
from posse.sweeps.cube import Cube, is_sealed
from posse.sweeps.direct import Content
from posse.sweeps.opening import open_cube
from posse.sweeps.store import Entry, Store
from s3_server import BUCKET, S3Server

SWEEP = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 11]}, "resolve": {"linspace": [0, 1, 7]}})
TRUTH = SWEEP.evaluate()


class Killed(BaseException):
    """The process is no more."""


class Watched:
    """A store that does something before the so-manieth object that is read or written."""

    def __init__(self, inner: Store, count: int, then: Callable[[], None]) -> None:
        self.inner, self.left, self.then = inner, count, then

    def _tick(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.then()

    def __str__(self) -> str:
        return str(self.inner)

    def get(self, key: str) -> bytes | None:
        self._tick()
        return self.inner.get(key)

    def put(self, objects: Mapping[str, Content]) -> None:
        for key, data in objects.items():
            self._tick()
            self.inner.put({key: data})

    def put_if_absent(self, key: str, data: bytes) -> bool:
        self._tick()
        return self.inner.put_if_absent(key, data)

    def keys(self, prefix: str) -> Iterator[Entry]:
        self._tick()
        return self.inner.keys(prefix)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Life(RuleBasedStateMachine):
    """Of one cube."""

    home: Callable[[], str]

    @initialize()
    def begin(self) -> None:
        self.address = type(self).home()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "POINTS", 12)
            self.cube = Cube.create(SWEEP, self.address)
        self.store = self.cube.store
        self.job = posse.Job(self.address)
        self.damaged: set[str] = set()
        self.cut: set[str] = set()
        self.waiting: list[Run] = []
        self.killed = False

    def seen_through(self, count: int, then: Callable[[], None]) -> Cube:
        return Cube(SWEEP, Watched(self.store, count, then), self.cube.description)

    @rule()
    def submit(self) -> None:
        self.waiting.append(Run.begin(self.store, "a test", "submitted"))
        assert self.job.status().state == "submitted" or is_sealed(self.store)

    @precondition(lambda self: self.waiting)
    @rule()
    def drive(self) -> None:
        """What was submitted begins, unless it was cancelled before."""
        run = self.waiting.pop()
        try:
            with run:
                complete(self.cube, Threads(1), run)
            assert is_sealed(self.store)
        except Interrupted:
            assert run.order.is_given()
        except StoreError:
            assert self.cut  # which sealing finds

    @rule()
    def resume(self) -> None:
        try:
            self.job.resume(progress=False)
        except StoreError:
            assert self.cut  # which sealing finds
            return
        assert is_sealed(self.store)
        assert self.job.status().state == "complete"

    @rule(step=strategies.integers(1, 150))
    def kill(self, step: int) -> None:
        """Before the so-manieth object that a run reads or writes."""

        def die() -> None:
            raise Killed

        before = set(records.recorded(self.store, 10**9))
        try:
            finish(self.seen_through(step, die), Threads(1))
        except Killed:
            self.killed = True
        except StoreError:
            assert self.cut
        assert before <= set(records.recorded(self.store, 10**9))

    @rule(step=strategies.integers(1, 100))
    def cancel(self, step: int) -> None:
        """While a run is at work; those that were submitted are meant too."""
        try:
            finish(self.seen_through(step, lambda: self.job.cancel() and None), Threads(1))
        except Interrupted:
            # A run that was killed passes for one that runs, until it has been silent for a minute.
            assert self.job.status().state in ("cancelled", "submitted", *["running"] * self.killed)
        except StoreError:
            assert self.cut

    @precondition(lambda self: records.recorded(self.store, 10**9))
    @rule(seed=strategies.integers(0, 10**6), kind=strategies.sampled_from(["flip", "cut"]))
    def damage(self, seed: int, kind: str) -> None:
        dice = random.Random(seed)
        record = records.read(self.store, dice.choice(records.recorded(self.store, 10**9)))
        assert record
        key = dice.choice(sorted(set(record.chunks) - self.damaged) or [""])
        if key:
            data = bytearray(self.store.get(key) or b"")
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            self.store.put({key: bytes(data[: dice.randrange(len(data))] if kind == "cut" else data)})
            self.damaged.add(key)
            self.cut |= {key} if kind == "cut" else set()

    @rule()
    def verify(self) -> None:
        assert {found.key for found in self.job.verify()} == self.damaged

    @rule()
    def repair(self) -> None:
        assert {found.key for found in self.job.verify(repair=True)} == self.damaged
        self.damaged.clear()
        self.cut.clear()

    @invariant()
    def what_is_recorded_is_readable_and_right(self) -> None:
        done = set(records.recorded(self.store, 10**9))
        assert self.job.status().done == len(done)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is unfinished
            ds = open_cube(self.store)
        for number in range(len(self.cube.blocks)):
            window = dict(zip(ds.regime.dims, self.cube.blocks.window(number), strict=True))
            record = records.read(self.store, number)
            readable = record is not None and not self.damaged & set(record.chunks)
            self.check(ds.isel(window), TRUTH.isel(window), readable)

    def check(self, part: xr.Dataset, truth: xr.Dataset, readable: bool) -> None:
        if not readable:
            with pytest.raises(PosseError):
                part.load()
            return
        for name in ("regime", "payoff"):
            np.testing.assert_array_equal(part[name].values, truth[name].values)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "GLANCE", 0.0)


def live(home: Callable[[], str], examples: int, steps: int) -> None:
    class Here(Life):
        pass

    Here.home = staticmethod(home)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            derandomize=True,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=checks,
        ),
    )


def test_of_runs_that_begin_within_a_second_the_latest_is_the_last(tmp_path: Path) -> None:
    job = posse.Job(Cube.create(SWEEP, str(tmp_path / "cube")).store)
    for _ in range(20):
        begun = Run.begin(job.store, "a test")
        assert job.name == begun.state.name


def test_in_a_folder(tmp_path: Path) -> None:
    live(lambda: str(Path(mkdtemp(dir=tmp_path)) / "cube"), 12, 12)
    shutil.rmtree(tmp_path)


def test_in_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("moto", reason="needs moto[server], an object store that runs here")
    with S3Server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        live(lambda: f"s3://{BUCKET}/{uuid4().hex}", 4, 8)
