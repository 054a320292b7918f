"""From a game to a serial, `nogil`, tiled SIMD kernel; Numba is known here, in tile.py and in elementary.py.

    compile_kernel(game, outputs, real, constants) -> kernel(columns, bounds, order, outside, count, *results)

What it takes for LLVM to use vector instructions throughout, each point measured (decisions/0002):
a constant tile length, memory known to lie apart, every function inlined, no branches.
"""

import hashlib
import os
import platform
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import FunctionType
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic, overload, register_jitable
from platformdirs import user_cache_path

from posse.kernels import elementary, vocabulary
from posse.kernels.declaration import Game, Output
from posse.kernels.elementary import INLINE
from posse.kernels.point import components
from posse.kernels.source import reachable
from posse.kernels.tile import TILE, allowed, copy, fill, load, ordered, store


@intrinsic
def _select(typing_context: Any, condition: Any, yes: Any, no: Any) -> Any:
    """LLVM's select: a choice that is never a branch."""
    result = typing_context.unify_types(yes, no)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        chosen, first, second = arguments
        first = context.cast(builder, first, yes, result)
        second = context.cast(builder, second, no, result)
        return builder.select(context.cast(builder, chosen, condition, types.boolean), first, second)

    return result(condition, yes, no), generate


@overload(vocabulary.where, jit_options=INLINE)
def _where(condition, yes, no):  # Numba compares the bare signatures
    return lambda condition, yes, no: _select(condition, yes, no)


@cache
def _make_jitable(function: FunctionType) -> None:
    register_jitable(**INLINE)(function)


@overload(vocabulary.power, jit_options=INLINE)
def _power(x, r):
    return lambda x, r: elementary.power(x, r)


for _word in (vocabulary.minimum, vocabulary.maximum):
    _make_jitable(_word)


_KERNEL = """
def tile_{key}(rows, out):
{heads}
    for i in range({TILE}):
        result = solve({arguments})
{stores}

def fence_{key}(rows, out, bounds, order, outside):
    for i in range({TILE}):
        if not allowed(rows, i, bounds, order):
{fences}

def kernel_{key}(columns, bounds, order, outside, count, {results}):
    workspace = np.empty({parameters} * {TILE})
    rows = np.empty({parameters}, np.int64)
    out = np.empty({components}, np.int64)
{lasts}
    place = np.zeros({parameters}, np.int64)
    left = columns[:, 2].copy()
    whole = np.zeros({parameters}, np.bool_)
    inside = np.zeros({parameters}, np.bool_)
    for start in range(0, count, {TILE}):
        fill(workspace, rows, columns, bounds, place, left, whole, inside)
        if start + {TILE} <= count:
{places}
        else:
{places_last}
        tile_{key}(rows, out)
        if not (inside.all() and ordered(rows, order)):
            fence_{key}(rows, out, bounds, order, outside)
    rest = count % {TILE}
    if rest:
{copies}
"""


def kernel_source(game: Game, outputs: Sequence[Output], real: str, constants: dict[str, float], key: str) -> str:
    """Source of the kernel of a game, for these outputs, with these parameters as constants.

    key: makes the names of the functions unique. Numba names machine code after them, and of two pieces of
    one name that come from the cache, the second would call into the first.
    """
    arguments = [
        repr(constants[p.name]) if p.name in constants else f"load(row_{k}, i)" for k, p in enumerate(game.parameters)
    ]
    numbers = components(outputs)
    types_ = ["np." + o.dtype(real).name for o, _ in numbers]
    sizes = [o.dtype(real).itemsize for o, _ in numbers]
    fields = [f"result.{o.name}[{k}]" if o.dimension else f"result.{o.name}" for o, k in numbers]
    heads = [f"    row_{k} = rows[{k}]" for k in range(len(game.parameters))]
    heads += [f"    out_{n} = out[{n}]" for n in range(len(numbers))]
    stores = [
        f"        store(out_{n}, i, {t}({field}), {n})" for n, (t, field) in enumerate(zip(types_, fields, strict=True))
    ]
    fences = [f"            store(out[{n}], i, {t}(outside[{n}]), {n})" for n, t in enumerate(types_)]
    lasts = [f"    last_{o.name} = np.empty(({o.components}, {TILE}), {o.name}.dtype)" for o in outputs]
    places = [
        f"            out[{n}] = {o.name}.ctypes.data + {size} * ({k} * count + start)"
        for n, ((o, k), size) in enumerate(zip(numbers, sizes, strict=True))
    ]
    places_last = [
        f"            out[{n}] = last_{o.name}.ctypes.data + {size * TILE * k}"
        for n, ((o, k), size) in enumerate(zip(numbers, sizes, strict=True))
    ]
    copies = [f"        copy({o.name}[{k}, count - rest:], last_{o.name}[{k}])" for o, k in numbers]
    return _KERNEL.format(
        key=key,
        TILE=TILE,
        arguments=", ".join(arguments),
        parameters=len(game.parameters),
        components=len(numbers),
        results=", ".join(o.name for o in outputs),
        heads="\n".join(heads),
        stores="\n".join(stores),
        fences="\n".join(fences),
        lasts="\n".join(lasts),
        places="\n".join(places),
        places_last="\n".join(places_last),
        copies="\n".join(copies),
    )


@cache
def compile_kernel(game: Game, outputs: tuple[str, ...], real: str, constants: tuple[tuple[str, float], ...]) -> Any:
    """The kernel of a game, compiled at its first call and kept on disk for the next process.

    It is called as kernel(columns, bounds, order, outside, count, *results), see posse.kernels.grid.
    """
    for function in reachable(game.solve):
        _make_jitable(function)
    declared = [game.output(name) for name in outputs]
    key = _key(game, real, kernel_source(game, declared, real, dict(constants), ""))
    source = kernel_source(game, declared, real, dict(constants), key)
    path = _source_file(key, game.name, source)
    scope = {"np": np, "solve": game.solve, "__name__": __name__}  # Numba loads cached code by module name
    scope |= {"copy": copy, "fill": fill, "ordered": ordered, "allowed": allowed, "load": load, "store": store}
    exec(compile(source, str(path or "<posse>"), "exec"), scope)
    scope[f"tile_{key}"] = numba.njit(nogil=True, error_model="numpy")(scope[f"tile_{key}"])
    scope[f"fence_{key}"] = numba.njit(nogil=True, error_model="numpy")(scope[f"fence_{key}"])
    return numba.njit(nogil=True, error_model="numpy", cache=path is not None)(scope[f"kernel_{key}"])


def _key(game: Game, real: str, source: str) -> str:
    """Hash of all that compiled code depends on: the definition, this room, Numba, the processor, types.

    One signature for each key: Numba's index of a cached function is not safe against two writers.
    """
    depends = [game.source_hash, real, _package_hash(), numba.__version__, np.__version__, platform.machine()]
    depends += [llvmlite.binding.get_host_cpu_name(), llvmlite.binding.get_host_cpu_features().flatten(), source]
    return hashlib.sha256("\n".join(depends).encode()).hexdigest()[:20]


def _source_file(key: str, name: str, source: str) -> Path | None:
    """A file with this source in the cache folder; None where the user has no writable one.

    Numba keeps compiled code beside its source file and misses changes in functions that it calls; hence a
    folder for each key.
    """
    path = user_cache_path("posse") / "kernels" / key / f"{name}.py"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
                file.write(source)
            Path(file.name).replace(path)
    except OSError:
        return None
    # Numba refuses to cache beside a file where it cannot write, also where it would only have to read.
    return path if os.access(path.parent, os.W_OK) else None


@cache
def _package_hash() -> str:
    """Hash of every module of this room."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()
