"""The benchmarks of Dask, once and tiny: they solve what they say, and count what they do."""

from typing import Any

import pytest

from posse.benchmarks import cluster, cubes
from posse.sweeps.opening import open_cube

pytest.importorskip("distributed", reason="needs posse[cluster]")


def test_a_whole_cube_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(cubes, "fresh", lambda name: tmp_path / str(len(list(tmp_path.iterdir()))))
    monkeypatch.setattr(cubes, "discard", lambda store: None)
    assert cluster.seconds_on(1, True, cubes.grid, 10**5) > 0
    assert open_cube(max(tmp_path.iterdir())).regime.size == 10**5


def test_a_cube_of_the_game_with_a_signal_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(cubes, "fresh", lambda name: tmp_path / str(len(list(tmp_path.iterdir()))))
    monkeypatch.setattr(cubes, "discard", lambda store: None)
    assert cluster.seconds_on(0, False, cluster.signal, 10**5) > 0
    assert open_cube(max(tmp_path.iterdir())).regime.size == 46**3


def test_every_task_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "BATCH", 20)
    assert len(cluster.many_tasks(60).rows) == 3
