"""A bar that tells how far a run has come: share of the points, points a second, time left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text


class _Rate(ProgressColumn):
    """Points a second, in millions."""

    def render(self, task: Task) -> Text:
        return Text(f"{(task.speed or 0) / 1e6:.1f} M points/s")


@contextmanager
def bar(total: int, done: int, show: bool, doing: str = "solving") -> Iterator[Callable[[int, str], None]]:
    """A progress bar on standard error; gives the function to tell it of points, or of blocks, that are done.

    The function also takes what the work waits for, empty where it does not, which is told in a line where no bar is.
    """
    rate = (_Rate(),) if doing == "solving" else ()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), *rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not show) as progress:
        task = progress.add_task(doing, total=total, completed=done)

        def advance(more: int, waiting: str = "") -> None:
            progress.update(task, advance=more, description=waiting or doing)
            if waiting and not show:
                print(f"posse: {waiting}", file=sys.stderr)

        yield advance
