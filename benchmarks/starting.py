"""How long one waits before anything happens: child processes, from start to end.

tables(quick) -> starting, importing, solving a point, the first compilation
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from tempfile import TemporaryDirectory

from posse.benchmarks.timing import Spread, Table, interleave

COMMANDS = {
    "Python, nothing": ["-c", "pass"],
    "import posse": ["-c", "import posse"],
    "posse --help": ["-m", "posse", "--help"],
    "posse solve restraint": ["-m", "posse", "solve", "restraint"],
}
FIRST = 3  # rounds, each of some seconds
COMPILE = "import posse; print(posse.Sweep('restraint', {'diversity': [0, 1]}).evaluate().regime.values)"


def call(arguments: list[str], environment: Mapping[str, str] | None = None) -> str:
    """What a Python of its own prints; it must not fail."""
    child = [sys.executable, *arguments]
    done = subprocess.run(child, env=environment, check=True, capture_output=True, text=True, encoding="utf-8")
    return done.stdout


def first_compile() -> str:
    """Solve a sweep with nothing compiled before."""
    with TemporaryDirectory() as empty:
        return call(["-c", COMPILE], {**os.environ, "XDG_CACHE_HOME": empty})


def tables(quick: bool) -> list[Table]:
    """The table of this module; quick: fewer rounds."""
    rounds = 3 if quick else 9
    tasks = {name: (lambda command=command: call(command)) for name, command in COMMANDS.items()}
    seconds = interleave(tasks, rounds)
    seconds |= interleave({"sweep, kernel compiled before": lambda: call(["-c", COMPILE])}, rounds)
    seconds |= interleave({"sweep, first on this machine": first_compile}, FIRST, warm_up=False)
    table = Table("starting", "Starting", ["command", "seconds"])
    for name, taken in seconds.items():
        table.add(name, Spread.of(taken))
    table.notes.append(
        f"Wall time of a process, {rounds} rounds. The sweep has two points; the first on this machine, "
        f"{FIRST} rounds, finds no compiled code."
    )
    return [table]
