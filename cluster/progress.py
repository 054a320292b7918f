"""A bar that tells how far a run has come: share of the points, points a second, time left."""

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
def bar(total: int, done: int, show: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; gives the function to tell it of points solved."""
    columns = (TextColumn("solving"), BarColumn(), TaskProgressColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not show) as progress:
        task = progress.add_task("solve", total=total, completed=done)
        yield lambda points: progress.advance(task, points)
