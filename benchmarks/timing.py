"""Timing on machines that others use too: rounds in turn, ratios within a round, medians with their spread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Spread:
    """Median, least and largest of some measurements."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.middle:.3g} ({self.low:.3g}–{self.high:.3g})"


@dataclass
class Table:
    """A table of results: rows of cells, the same number in each; notes say what is compared with what."""

    name: str
    title: str
    headings: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: Any) -> None:
        assert len(cells) == len(self.headings), "a cell for each heading"
        self.rows.append(list(cells))

    def as_dict(self) -> dict[str, Any]:
        """Plain data; a Spread as its three numbers."""
        plain = [[vars(c) if isinstance(c, Spread) else c for c in row] for row in self.rows]
        return {"name": self.name, "title": self.title, "headings": self.headings, "rows": plain, "notes": self.notes}

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", _row(self.headings), _row(["---"] * len(self.headings))]
        lines += [_row(row) for row in self.rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes), ""])


def _row(cells: list[Any]) -> str:
    return "| " + " | ".join(f"{c:.3g}" if isinstance(c, float) else str(c) for c in cells) + " |"


def interleave(
    tasks: Mapping[str, Callable[[], Any]],
    rounds: int,
    warm_up: bool = True,
    settle: bool = False,
    clock: Callable[[str], float] = lambda name: perf_counter(),
) -> dict[str, list[float]]:
    """Seconds that each task took in each round; A B C A B C …, so that drift meets all alike.

    warm_up: whether each is run once, untimed, before the first round. settle: the same in every round, just before it
    is timed, so that it finds caches and memory as it left them, and not as the task before did.
    clock: told which task; thread_time does not count the time in which others had the processor.
    """
    if warm_up:
        for task in tasks.values():
            task()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            if settle:
                task()
            started = clock(name)
            task()
            seconds[name].append(clock(name) - started)
    return seconds


def ratio(of: list[float], to: list[float]) -> Spread:
    """How many times longer `of` took than `to`, round by round."""
    return Spread.of([a / b for a, b in zip(of, to, strict=True)])
