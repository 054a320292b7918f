"""Certain regions: what it takes to bound the shares of a box, by how small its pieces may become.

tables(quick) -> the two-dimensional atlas of each game; then posse.benchmarks.boundaries
"""

from time import perf_counter

from posse.benchmarks import boundaries
from posse.benchmarks.timing import Table
from posse.sweeps.regions import regions

ATLAS = {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}}
FINEST = {"restraint": (14, 10), "signalling": (8, 6)}  # halvings of each side: in full, and quick


def measure(game: str, halvings: range, table: Table) -> None:
    """Refine step by step, and add a row for each."""
    started = perf_counter()
    found = regions(game, ATLAS, tolerance=0.5**halvings.start)
    for k in halvings:
        found = found.refine(0.5**k)
        bounds = found.volumes()
        widest = 100 * float((bounds.upper - bounds.lower).max())
        table.add(
            game, f"1/{2**k}", f"{len(found.leaves):,}", f"{found.leaves.asked:,}", f"{100 * found.undecided:.2f}",
            f"{widest:.2f}", perf_counter() - started,
        )  # fmt: skip


def tables(quick: bool) -> list[Table]:
    """How bounds narrow."""
    table = Table(
        "regions",
        "Certain shares of the regimes over diversity × log cap_observer",
        [
            "game",
            "smallest side",
            "pieces",
            "boxes looked at",
            "undecided, %",
            "widest bounds of a share, %",
            "seconds",
        ],
    )
    for game, finest in FINEST.items():
        measure(game, range(4, finest[quick] + 1, 2), table)
    table.notes.append("Seconds from the beginning, in one thread; each row goes on from the one above.")
    return [table, *boundaries.tables(quick)]
