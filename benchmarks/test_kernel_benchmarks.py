"""Every peer once, on few points: its answers are posse's."""

from typing import Any

import numpy as np
import pytest

from posse.benchmarks import kernel

pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")

COUNT = 20_000
PEERS = {peer.name: peer for peer in kernel.peers(games=5)}
CASES = pytest.mark.parametrize("make", kernel.CASES, ids=lambda make: make.__name__)
EXPONENTS = pytest.mark.parametrize("general", [False, True], ids=["one", "general"])


@CASES
@EXPONENTS
@pytest.mark.parametrize("real", ["float32", "float64"])
def test_posse(benchmark: Any, make: Any, general: bool, real: str) -> None:
    case = make(COUNT, real, general)
    regime, payoff = benchmark(case.solve)
    regimes = set(np.unique(regime).tolist())
    assert regimes <= set(range(10))
    assert len(regimes) == 10 or make is not kernel.flat
    assert payoff.shape == (4, COUNT)
    assert np.isfinite(payoff).all()


@CASES
@EXPONENTS
@pytest.mark.parametrize("name", PEERS)
def test_peer_gives_the_answers_of_posse(benchmark: Any, name: str, make: Any, general: bool) -> None:
    if PEERS[name].missing:
        pytest.skip(f"{name}: {PEERS[name].missing}")
    task, _ = kernel.prepared(make(COUNT, "float64", general), PEERS[name])  # refuses other answers
    benchmark(task)


def test_other_answers_are_noticed() -> None:
    case = kernel.flat(COUNT, "float64", general=False)
    regime, payoff = ours = case.solve()
    assert kernel.disagreement(case.points, "float64", ours, ours) is None
    assert kernel.disagreement(case.points, "float64", ((regime + 1) % 10, payoff), ours)
    assert kernel.disagreement(case.points, "float64", (regime, payoff + 1e-6), ours)


@pytest.mark.parametrize("name", [name for name in PEERS if name.startswith("C")])
def test_c_leaves_the_smallest_numbers_of_the_process_alone(name: str) -> None:
    if PEERS[name].missing:
        pytest.skip(f"{name}: {PEERS[name].missing}")
    kernel.prepared(kernel.flat(COUNT, "float64", general=False), PEERS[name])
    assert 5e-324 * 1.0 > 0
