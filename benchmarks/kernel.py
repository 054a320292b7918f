"""Points a second on one thread: posse's kernel against a scalar Numba loop and NumPy, in one run.

    python benchmarks/kernel.py [POINTS]

The game of strategic restraint at decisiveness 1, regime and payoffs, random points. Ratios are medians of
interleaved rounds with their spread; the answers are compared in the same run.
"""

import sys
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.benchmarks.peers import scalar
from posse.kernels.grid import Column, solve_grid
from posse.kernels.point import solve_plain
from posse.kernels.restraint import RESTRAINT

ROUNDS = 5
OUTPUTS = ["regime", "payoff"]
BOX = {
    "cap_leader": (0.1, 2), "cap_partner": (0.1, 2), "cap_target": (0.1, 2), "cap_observer": (0.1, 3),
    "diversity": (0, 1), "spoils": (0, 3), "share": (0, 1), "attrition": (0, 0.99), "cost_support": (0, 0.2),
    "cost_oppose": (0, 0.2), "cost_stay": (0, 0.1), "war_leader": (0, 0.3), "war_partner": (0, 0.2),
    "war_resolute": (0, 0.3), "resolve": (0, 1), "prize": (0, 2),
}  # fmt: skip


def random_points(count: int, seed: int = 1) -> dict[str, npt.NDArray[np.float64]]:
    """Points of a broad box, in which all ten regimes occur."""
    generator = np.random.default_rng(seed)
    points = {name: generator.uniform(low, high, count) for name, (low, high) in BOX.items()}
    points["war_irresolute"] = points["war_resolute"] + generator.uniform(0, 0.6, count)
    points["decisiveness"] = np.ones(count)
    return points


Answer = tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]


def posse_kernel(points: Mapping[str, npt.NDArray[np.float64]], real: str) -> Answer:
    columns = {name: Column(values, 0) for name, values in points.items() if name != "decisiveness"}
    solved = solve_grid(RESTRAINT, columns, (len(points["resolve"]),), OUTPUTS, real)
    return solved["regime"][0], solved["payoff"]


def scalar_loop(points: Mapping[str, npt.NDArray[np.float64]], real: str) -> Answer:
    return scalar.solve([points[name] for name in RESTRAINT.parameter_names], real)


def numpy_arrays(points: Mapping[str, npt.NDArray[np.float64]], real: str) -> Answer:
    solved = solve_plain(RESTRAINT, points, OUTPUTS)
    return solved["regime"].astype(np.uint8), np.array(solved["payoff"], dtype=real)


PEERS: dict[str, Callable[[Mapping[str, npt.NDArray[np.float64]], str], Answer]] = {
    "posse": posse_kernel,
    "scalar @njit loop": scalar_loop,
    "NumPy": numpy_arrays,
}


def measure(count: int, real: str, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of each peer in each round; refuses to time peers that disagree."""
    points = random_points(count)
    few = {name: values[:1000] for name, values in points.items()}
    regime, payoff = posse_kernel(few, real)
    for name, peer in PEERS.items():  # also compiles and warms up
        other_regime, other_payoff = peer(few, real)
        if (regime != other_regime).any() or not np.allclose(payoff, other_payoff, rtol=1e-6, atol=1e-7):
            raise SystemExit(f"{name} gives other answers than posse")
        peer(points, real)
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(rounds):
        for name, peer in PEERS.items():
            started = perf_counter()
            peer(points, real)
            seconds[name].append(perf_counter() - started)
    return seconds


def main() -> None:
    count = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    for real in ("float32", "float64"):
        seconds = measure(count, real)
        print(f"{count:,} random points, {real} payoffs, one thread")
        for name, taken in seconds.items():
            ratios = sorted(t / p for t, p in zip(taken, seconds["posse"], strict=True))
            spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
            print(f"  {name:18} {median(taken) / count * 1e9:8.1f} ns a point  {median(ratios):6.1f} times ({spread})")


if __name__ == "__main__":
    main()
