"""Crises with unknowns: solving all draws, predicting from them, and one more crisis.

tables(quick) -> how long each takes and what it writes; how far predictions of other seeds lie apart
"""

from time import perf_counter
from typing import Any

import numpy as np

from posse.benchmarks import cubes
from posse.benchmarks.timing import Table
from posse.cluster.run import grow, run
from posse.runnable import Sweep
from posse.sweeps.opening import open_cube
from posse.sweeps.store import open_store

CASES, LABELS, SEEDS = 15, 11, 6
BELIEFS: dict[str, Any] = {
    "spoils": {"log_uniform": [1, 100]},
    "share": {"uniform": [0, 1]},
    "attrition": {"uniform": [0, 0.9]},
    "cost_support": {"log_uniform": [0.001, 0.1]},
    "cost_oppose": {"log_uniform": [0.001, 0.1]},
    "cost_stay": {"log_uniform": [0.001, 0.1]},
    "war_leader": {"uniform": [0.01, 0.3]},
    "war_partner": {"uniform": [0.01, 0.3]},
    "war_irresolute": {"triangular": [0.05, 0.5, 1]},
}


def sweep(cases: int, draws: int, seed: int = 0) -> Sweep:
    """Made-up crises with capabilities as uneven as real ones, every draw at every resolve."""
    dice = np.random.default_rng(1914)
    names = ("cap_leader", "cap_partner", "cap_target", "cap_observer")
    entries = {name: np.exp(dice.uniform(-6, -1, 100))[:cases].tolist() for name in names}
    axes = {
        "case": {"labels": [f"crisis {k}" for k in range(cases)], **entries},
        "sample": {"sobol": draws, "seed": seed} | BELIEFS,
        "resolve": {"linspace": [0, 1, LABELS]},
    }
    return Sweep("restraint", axes, outputs=["regime"])


def measure(draws: int, table: Table) -> None:
    """Run, predict and grow, and add a row for each."""
    store = cubes.fresh("crises.zarr")
    size = 0
    for what, step in (
        ("solve and write", lambda: run(sweep(CASES, draws), store, progress=False)),
        ("shares by alignment, with errors", lambda: open_cube(store).posse.predict().compute()),
        ("grow by one crisis", lambda: grow(sweep(CASES + 1, draws), store, progress=False)),
    ):
        started = perf_counter()
        step()
        seconds, now = perf_counter() - started, open_store(store).size()
        points = draws * LABELS * (1 if "grow" in what else CASES)
        table.add(what, f"{points:,}", seconds, f"{(now - size) / 1e6:.1f}" if now > size else "–")
        size = now
    cubes.discard(store)


def apart(draws: int, seeds: int = SEEDS) -> tuple[float, float]:
    """By how many of their errors shares of other seeds differ from one another: root mean square, and the most."""
    found = [sweep(CASES, draws, seed).evaluate().posse.predict() for seed in range(seeds)]
    pairs = [(one, other) for k, one in enumerate(found) for other in found[:k]]
    scores = [((a.share - b.share) / np.hypot(a.error, b.error)).values for a, b in pairs]
    finite = np.concatenate([s[np.isfinite(s)] for s in scores])
    return float(np.sqrt((finite**2).mean())), float(abs(finite).max())


def tables(quick: bool) -> list[Table]:
    """What a study of crises takes."""
    draws, tried = (2**14, 2**12) if quick else (2**18, 2**14)
    table = Table(
        "crises",
        f"{CASES} crises × {draws:,} draws of {len(BELIEFS)} unknowns × {LABELS} labels of resolve",
        ["step", "points", "seconds", "written, MB"],
    )
    measure(draws, table)
    spread, most = apart(tried)
    table.notes.append(
        "Compiling and drawing are part of the first step. "
        f"Shares from {SEEDS} seeds of {tried:,} draws, pair by pair, differ by {spread:.2f} of their joint standard "
        f"error (root mean square; 1 is what errors promise), by {most:.1f} at most."
    )
    return [table]
