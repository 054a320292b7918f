"""Regions by many hands: the same pieces as in one process, with a worker killed, within the budgets."""

import os
import pickle
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import posse
from dask_processes import Processes
from posse import Game
from posse.benchmarks.shapes import disc, shape
from posse.cluster import regions
from posse.cluster.clusters import connected
from posse.cluster.regions import handed_out
from posse.kernels import subdivision
from posse.kernels.errors import ClusterError, GameChangedError, InputError
from posse.kernels.subdivision import Leaves
from posse.runnable import Regions
from posse.sweeps.regions import Enclosure
from test_regions import ATLAS

pytestmark = pytest.mark.slow

FINE = 1 / 512


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of so few boxes that there are many."""
    monkeypatch.setattr(subdivision, "PARTS", 24)
    monkeypatch.setattr(subdivision, "SMALLEST_PART", 64)


@pytest.fixture(scope="module")
def alone() -> Regions:
    return posse.regions("restraint", ATLAS, tolerance=FINE)


def begin() -> Regions:
    return posse.regions("restraint", ATLAS, tolerance=1 / 16)


def same(one: Leaves, other: Leaves) -> None:
    """The same pieces, in any order, found out by looking at as many."""

    def table(leaves: Leaves) -> Any:
        rows = np.column_stack([leaves.low, leaves.high, leaves.codes.astype(float), leaves.halvings])
        return rows[np.lexsort(rows.T)]

    np.testing.assert_array_equal(table(one), table(other))
    assert one.asked == other.asked


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path / "dask") as found:
        yield found


@pytest.fixture
def client(cluster: Processes) -> Iterator[Client]:
    with connected({"scheduler": cluster.address}) as found:
        yield found


def test_workers_find_the_same_pieces(
    cluster: Processes, client: Client, alone: Regions, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        cluster.start_worker()
    same(posse.regions("restraint", ATLAS, tolerance=FINE, client=client).leaves, alone.leaves)
    assert "cutting" in (said := capsys.readouterr().err)
    assert "100%" in said
    with pytest.raises(InputError, match="game 'disc': other processes load games by name"):
        posse.regions(shape(disc), {"x": (0, 1), "y": (0, 1)}, client=client)


def test_a_killed_worker_loses_nothing(cluster: Processes, client: Client, alone: Regions) -> None:
    """It is killed with parts in its work, after the first ones are done; another one does those too."""
    victim = cluster.start_worker()
    cluster.start_worker()
    client.wait_for_workers(2)
    addresses = client.run(os.getpid)
    had: list[int] = []

    def hand_out(function: Callable[[Leaves], Leaves], parts: Sequence[Leaves]) -> Iterator[Leaves]:
        for number, done in enumerate(handed_out(client, False)(function, parts)):
            if number == 5:
                (address,) = [where for where, pid in addresses.items() if pid == victim.pid]
                victim.send_signal(signal.SIGSTOP)  # it holds what it has
                had.append(len(client.processing()[address]))
                cluster.kill(victim)
            yield done

    same(begin().refine(FINE, hand_out=hand_out).leaves, alone.leaves)
    assert had[0] > 0
    assert len(client.run(os.getpid)) == 1


def test_without_workers_it_ends_in_time(client: Client, alone: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost: going on from there gives the same pieces."""
    monkeypatch.setattr(regions, "LATE", 0.1)
    begun = time.monotonic()
    found = begin().refine(FINE, seconds=1, client=client, progress=False)
    assert time.monotonic() - begun < 10
    assert len(found.leaves) < len(alone.leaves)
    same(found.refine(FINE).leaves, alone.leaves)


def test_a_lost_scheduler_is_told_in_a_line(cluster: Processes, client: Client) -> None:
    def hand_out(function: Callable[[Leaves], Leaves], parts: Sequence[Leaves]) -> Iterator[Leaves]:
        for done in handed_out(client, False)(function, parts):
            cluster.kill_all()
            yield done

    cluster.start_worker()
    with pytest.raises(ClusterError) as caught:
        begin().refine(FINE, hand_out=hand_out)
    assert "\n" not in str(caught.value)


def test_a_pool_of_processes_does_too(alone: Regions) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        same(begin().refine(FINE, hand_out=pool.map).leaves, alone.leaves)


@pytest.mark.parametrize("most", [300, 5000])
def test_there_are_no_more_pieces_than_allowed(most: int, alone: Regions) -> None:
    for hand_out in (None, map):
        found = begin().refine(FINE, most=most, hand_out=hand_out)
        assert 0.9 * most < len(found.leaves) <= most
        assert (0.5**found.leaves.halvings).sum() == 1
        same(found.refine(hand_out=hand_out).leaves, alone.leaves)


def test_it_ends_in_time() -> None:
    """What would take hours ends after a second, though a hand begins its parts one after another."""
    begun = time.monotonic()
    found = begin().refine(2.0**-20, seconds=1, hand_out=map)
    assert time.monotonic() - begun < 5
    assert len(found.leaves) > 1000
    assert (0.5**found.leaves.halvings).sum() == 1


def test_another_source_is_refused_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    found = begin()
    sent = pickle.dumps(Enclosure(found.game, found.sides, found.fixed))
    low, high = found.leaves.low, found.leaves.high
    np.testing.assert_array_equal(pickle.loads(sent)(low, high), found.leaves.codes)
    monkeypatch.setattr(Game, "source_hash", "another")
    with pytest.raises(GameChangedError, match="restraint: its source is another one here than where the work comes"):
        pickle.loads(sent)


def test_what_is_no_client_is_told() -> None:
    address: Any = "tcp://127.0.0.1:1"
    with pytest.raises(InputError, match=r"client: str is not allowed; it is a distributed\.Client"):
        begin().refine(FINE, client=address)
