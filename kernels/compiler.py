"""From a game to a serial, `nogil` kernel of vector instructions; Numba is known here and in emit.py.

    compile_kernel(game, outputs, real, places, constants) -> kernel(held, starts, middle, stride, inner, row, out)

The kernel solves a grid in the loops of posse.kernels.nest; posse.kernels.grid calls it.
"""

import hashlib
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Lock
from time import thread_time
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic
from platformdirs import user_cache_path

from posse.kernels.declaration import Game
from posse.kernels.emit import Job, emit
from posse.kernels.program import Constants, Program, trace

ENOUGH = 50_000  # points from which on their time tells which width of vectors is faster
SAMPLE = 200_000  # points, at most, that are timed
ROUNDS = 5

_FUNCTION = """
def {function}(held, starts, middle, stride, inner, row, out):
    for k in range(len(starts)):
        solve(held.ctypes.data + 8 * held.shape[1] * k, starts[k], middle.ctypes.data, middle.shape[1], stride,
              inner.ctypes.data, row, out.ctypes.data)
"""


@cache
def compile_kernel(
    game: Game, outputs: tuple[str, ...], real: str, places: tuple[int, ...], constants: Constants
) -> "Kernel":
    """The kernel of a game, compiled at its first call and kept on disk for the next process.

    places: the loop in which each parameter changes. constants: parameters that are built in.
    """
    program = trace(game, outputs, real, places, constants)
    key = hash_key(program.graph.hashes(program.results), [dtype.name for dtype in program.dtypes], places)
    return Kernel(program, places, game.name, key)


@cache
def widths() -> tuple[int, ...]:
    """How many float64 a vector may hold on this processor, the most first."""
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 8, 4  # some processors clock down for the wider ones, or halve them
    return (4,) if features.get("avx") else (2,)


class Kernel:
    """A program as compiled code, for vectors of the width that is the fastest here.

    Which that is, is measured in the first call that has enough points, and kept on disk beside the code.
    All widths give the same bits.
    """

    def __init__(self, program: Program, places: Sequence[int], name: str, key: str) -> None:
        self.program, self.places, self.name, self.key = program, places, name, key
        self._choice = _folder(key) / "width"
        self._codes: dict[int, Any] = {}
        self._racing = Lock()
        self.width = widths()[0] if len(widths()) == 1 else self._chosen()

    def __call__(self, *job: Any) -> None:
        """Solve a grid; see posse.kernels.emit.Job for held, starts, middle, stride, inner, row, out."""
        _, starts, middle, _, _, row, _ = job
        points = len(starts) * middle.shape[1] * row
        if not self.width and points >= ENOUGH and self._racing.acquire(blocking=False):  # others need not wait
            try:
                self.width = self._fastest(*job)
                _keep(self._choice, str(self.width))
            finally:
                self._racing.release()
        self.code(self.width or widths()[0])(*job)

    def code(self, width: int) -> Any:
        """What Numba makes of it for vectors of a width."""
        if width not in self._codes:
            solve = _solver(self.program, self.places, width)
            self._codes[width] = compile_cached(f"{self.name}_{width}", _FUNCTION, self.key, solve=solve)
        return self._codes[width]

    def _fastest(self, held: Any, starts: Any, middle: Any, stride: int, inner: Any, row: int, out: Any) -> int:
        """The width with which a part of the grid, solved in turns, takes the least time."""
        row = min(row, SAMPLE)
        job = held, starts[: max(1, SAMPLE // (middle.shape[1] * row))], middle, stride, inner, row, out
        taken: dict[int, list[float]] = {width: [] for width in widths()}
        for turn in range(1 + ROUNDS):
            for width, seconds in taken.items():
                started = thread_time()
                self.code(width)(*job)
                if turn:  # the first compiles
                    seconds.append(thread_time() - started)
        return min(taken, key=lambda width: median(taken[width]))

    def _chosen(self) -> int | None:
        try:
            width = int(self._choice.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return width if width in widths() else None


def _solver(program: Program, places: Sequence[int], width: int) -> Any:
    """The instructions of a program as a function that Numba can call."""

    @intrinsic
    def solve(typing_context, held, start, middle, steps, stride, inner, row, out):
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            emit(builder, program, places, width, Job(*arguments))
            return context.get_dummy_value()

        return types.void(*[types.int64] * 8), generate

    return solve


def compile_cached(name: str, template: str, key: str, **scope: Any) -> Any:
    """A function, compiled at its first call and kept on disk; `template` is its source, with {function} for its name.

    key: from hash_key; two functions of one key and name are the same function. scope: the globals that it uses.
    """
    # Numba names machine code after the function, and would call one kernel for another of the same name.
    function = f"{name}_{key}"
    source = template.format(function=function)
    path = _folder(key) / f"{name}.py"
    cached = _keep(path, source)
    scope["__name__"] = __name__  # Numba loads cached code by module name
    exec(compile(source, str(path if cached else "<posse>"), "exec"), scope)
    compiled: Any = numba.njit(nogil=True, error_model="numpy", cache=cached)(scope[function])
    if cached:
        compiled._cache.save_overload = _despite_the_disk(compiled._cache.save_overload)
    return compiled


def _despite_the_disk(save: Callable[..., None]) -> Callable[..., None]:
    """Numba's keeping of what it has compiled, which then serves this process at least, also where the disk is full."""

    def attempt(*compiled: Any) -> None:
        with suppress(OSError):
            save(*compiled)

    return attempt


def hash_key(*depends: Any) -> str:
    """Hash of all that compiled code depends on: the program, this room, Numba, the processor, types.

    One signature for each key: Numba's index of a cached function is not safe against two writers.
    """
    everything = [*map(repr, depends), _package_hash(), numba.__version__, np.__version__, platform.machine()]
    everything += [llvmlite.binding.get_host_cpu_name(), llvmlite.binding.get_host_cpu_features().flatten()]
    return hashlib.sha256("\n".join(everything).encode()).hexdigest()[:20]


def _folder(key: str) -> Path:
    """Where a kernel is kept. Numba keeps code beside its source and misses changes elsewhere: one for each key."""
    return user_cache_path("posse") / "kernels" / key


def _keep(path: Path, text: str) -> bool:
    """See to it that a file of the cache holds this text; tells whether more can be kept beside it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with TemporaryDirectory(dir=path.parent) as aside:  # which takes along what was not written to its end
                file = Path(aside) / path.name
                file.write_text(text, encoding="utf-8")
                file.replace(path)
    except OSError:
        return False
    # Numba refuses to cache beside a file where it cannot write, also where it would only have to read.
    return os.access(path.parent, os.W_OK)


@cache
def _package_hash() -> str:
    """Hash of every module of this room."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()
