"""Cubes to measure: two families from 10⁶ to 10¹⁰ points, deleted at the end of a process.

    grid(10**9) -> Sweep         five axes, ever finer
    draws(512 * GRID) -> Sweep   ever more draws of one parameter, each with the same grid of four others
    made(10**9) -> Made: where it is, how long it took, how much memory

They lie in the folder for temporary files (TMPDIR), which ought to be on the disk that is to be measured.
"""

import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from posse.sweeps.sweep import Sweep

OUTPUTS = ("regime", "payoff")
AXES = {"diversity": 1.0, "spoils": 3.0, "attrition": 0.9, "resolve": 1.0, "cap_observer": 3.0}
SHAPES = {
    10**5: (10, 10, 10, 10, 10),
    10**6: (20, 20, 10, 10, 25),
    10**7: (25, 25, 20, 32, 25),
    10**8: (40, 40, 50, 25, 50),
    10**9: (40, 50, 100, 50, 100),
}
LENGTHS = 64, 32, 16, 64  # of the axes but the first, where that is drawn
GRID = prod(LENGTHS)
BYTES = {"regime": 0.5, "payoff": 6.0}  # a point, packed, at most

_RUN = """
import sys
from posse.benchmarks.cubes import peak
from posse.cluster.run import run
from posse.sweeps.sweep import Sweep
print(run(Sweep.from_toml(sys.argv[1]), sys.argv[2], progress=False).seconds, peak())
"""


@dataclass(frozen=True)
class Made:
    """seconds: solving and writing, without starting and compiling; peak: bytes of memory; size: bytes on disk."""

    path: Path
    seconds: float
    peak: int
    size: int


def grid(points: int, outputs: tuple[str, ...] = OUTPUTS) -> Sweep:
    """A sweep of five axes over the game of strategic restraint, in which nearly all regimes occur."""
    axes = {name: _spaced(name, n) for name, n in zip(AXES, SHAPES[points], strict=True)}
    return Sweep("restraint", axes, outputs=outputs)


def draws(points: int, outputs: tuple[str, ...] = OUTPUTS) -> Sweep:
    """The same with the first parameter drawn at random: points of more draws lie no denser, and pack no better."""
    first, *others = AXES
    design = {"uniform": points // GRID, "replicates": 1, "seed": 1, first: {"uniform": [0.1, AXES[first]]}}
    axes = {name: _spaced(name, n) for name, n in zip(others, LENGTHS, strict=True)}
    return Sweep("restraint", {"sample": design} | axes, outputs=outputs)


def _spaced(name: str, labels: int) -> dict[str, list[float]]:
    return {"linspace": [0.1, AXES[name], labels]}


@cache
def workplace() -> TemporaryDirectory[str]:
    """A folder that is deleted at the end of the process."""
    return TemporaryDirectory(prefix="posse-bench-")


def fresh(name: str) -> Path:
    """A path in the workplace at which there is nothing, and never was: ext4 is slow where much was just deleted."""
    return Path(mkdtemp(dir=workplace().name)) / name


def discard(store: Path) -> None:
    """Delete a cube that has been measured."""
    shutil.rmtree(store)


def bound(points: int, outputs: tuple[str, ...] = OUTPUTS) -> float:
    """Bytes of such a cube, at most."""
    return points * sum(BYTES[name] for name in outputs)


def has_room(points: int, outputs: tuple[str, ...] = OUTPUTS, cubes: int = 1, beside: float = 0) -> bool:
    """Whether the disk could hold so many such cubes, and one more, beside so many bytes that are yet to be written."""
    return shutil.disk_usage(workplace().name).free > beside + (cubes + 1) * bound(points, outputs)


@cache
def made(points: int) -> Made:
    """The cube of a grid, which several benchmarks look at."""
    return make(grid(points))


def make(sweep: Sweep) -> Made:
    """Make a cube in a process of its own, as `posse run` does, on all cores."""
    path = fresh(f"{sweep.size}.zarr")
    spec = path.with_suffix(".toml")
    spec.write_text(sweep.to_toml(), encoding="utf-8")
    child = [sys.executable, "-c", _RUN, str(spec), str(path)]
    seconds, most = subprocess.run(child, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return Made(path, float(seconds), int(most), sum(f.stat().st_size for f in path.rglob("*") if f.is_file()))


def peak() -> int:
    """Bytes of memory that this process had at most; not what its parent had when it began, as getrusage counts."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    except OSError:
        found = None
    if found:
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
