"""The one module that knows the compiler: it makes a serial, `nogil`, tiled SIMD kernel of a game.

    compile_kernel(game, outputs, real, constants) -> kernel(columns, bounds, order, outside, count, *results)

What it takes for LLVM to use vector instructions throughout, each point measured (decisions/0002):
a constant tile length, memory known to lie apart, every function inlined, no branches.
"""

import hashlib
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
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload, register_jitable
from platformdirs import user_cache_path

from posse.kernels import elementary, vocabulary
from posse.kernels.declaration import Game, Output
from posse.kernels.point import components
from posse.kernels.source import reachable

MOST = 64  # components of a kernel whose arrays the compiler is told to lie apart
TILE = 128  # points solved in one go: parameters and results of a tile stay in the first-level cache

# Inlined as seen by LLVM, which else leaves calls that it cannot vectorise over; division as in NumPy.
_INLINE: Any = {"error_model": "numpy", "forceinline": True}


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


def _pointer(builder: Any, address: Any, index: Any) -> Any:
    return builder.gep(builder.inttoptr(address, ir.DoubleType().as_pointer()), [index])


def _apart(builder: Any, instruction: Any, mine: str, others: Sequence[str]) -> None:
    """Tell LLVM which memory an instruction shares with no other: addresses by the dozen are more than it checks."""
    module = builder.module
    domain = module.add_metadata(["posse"])
    scopes = {name: module.add_metadata([f"posse {name}", domain]) for name in (mine, *others)}
    instruction.set_metadata("alias.scope", module.add_metadata([scopes[mine]]))
    instruction.set_metadata("noalias", module.add_metadata([scopes[name] for name in others]))


@intrinsic
def load(typing_context: Any, address: Any, index: Any) -> Any:
    """The float64 at a position of the array that begins at an address, which no `store` writes to."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = builder.load(_pointer(builder, *arguments))
        _apart(builder, value, "parameters", [f"result {n}" for n in range(MOST)])
        return value

    return types.float64(address, index), generate


@intrinsic(prefer_literal=True)
def store(typing_context: Any, address: Any, index: Any, value: Any, result: Any) -> Any:
    """Write a number to a position of the array of such numbers at an address, which no `load` reads.

    result: number of the component that this array holds, a constant; arrays of other components lie apart.
    """
    number = result.literal_value

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, position, stored, _ = arguments
        pointer = builder.gep(builder.inttoptr(place, stored.type.as_pointer()), [position])
        others = [f"result {n}" for n in range(MOST) if n != number]
        _apart(builder, builder.store(stored, pointer), f"result {number}", ["parameters", *others])
        return context.get_dummy_value()

    return types.void(address, index, value, result), generate


@intrinsic
def prefetch(typing_context: Any, address: Any, index: Any) -> Any:
    """Ask for the cache line at a position, to be in the second-level cache when the next tile wants it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        line = builder.bitcast(_pointer(builder, *arguments), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [line.type, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(prefetch, [line, number(0), number(2), number(1)])  # to read, second level, data
        return context.get_dummy_value()

    return types.void(address, index), generate


@overload(vocabulary.where, jit_options=_INLINE)
def _where(condition, yes, no):  # Numba compares the bare signatures
    return lambda condition, yes, no: _select(condition, yes, no)


@cache
def _make_jitable(function: FunctionType) -> None:
    register_jitable(**_INLINE)(function)


@overload(vocabulary.power, jit_options=_INLINE)
def _power(x, r):
    return lambda x, r: elementary.power(x, r)


for _word in (vocabulary.minimum, vocabulary.maximum):
    _make_jitable(_word)


# The parts of a kernel that are the same for every game, named as its source below names them. Workspaces
# are flat: parameter or component p of a tile stands at p * TILE.


@register_jitable(**_INLINE)
def copy(target, source):
    for k in range(len(target)):
        target[k] = source[k]


@register_jitable(**_INLINE)
def take(part, start, values, step, run, low, high):
    """Copy `run` values from position `step` to part[start:], and tell whether they lie in [low, high]."""
    within = True
    for k in range(run):
        part[start + k] = load(values, step + k)
        within &= (low <= part[start + k]) & (part[start + k] <= high)
    return within


@register_jitable(**_INLINE)
def check(values, step, low, high):
    """Whether the TILE values from position `step` on lie in [low, high]."""
    within = True
    for k in range(TILE):
        value = load(values, step + k)
        within &= (low <= value) & (value <= high)
    return within


@register_jitable(**_INLINE)
def fill(workspace, rows, columns, bounds, place, left, whole, inside):
    """Write the next TILE values of each varying parameter into the workspace.

    Parameter p at flat position i of the grid is values[(i // stride) % length], a staircase, where row p of
    `columns` holds the address of the values, their number and the stride.
    place, left: the present step of each, and how much of it is to come.
    whole: the tile holds nothing but the present step, so that there is nothing to write until it ends.
    inside: all values in the tile lie between the parameter's bounds.
    """
    for p in range(len(columns)):
        values, length, stride = columns[p]
        step, rest, low, high = place[p], left[p], bounds[p, 0], bounds[p, 1]
        if whole[p] and (rest > TILE or length == 1):
            left[p] -= TILE
            continue
        if stride == 1 and length - step >= TILE:  # nearly always where it matters: nothing to copy
            rows[p] = values + 8 * step
            inside[p] = check(values, step, low, high)
            for k in range(2 * TILE, 3 * TILE, 8):  # two tiles ahead; the next would come too late
                prefetch(values, step + k)
            place[p] = step + TILE if step + TILE < length else 0
            continue
        rows[p] = workspace.ctypes.data + 8 * p * TILE
        part = workspace[p * TILE : (p + 1) * TILE]
        within = True
        i = 0
        while i < TILE:
            if stride == 1:
                run = min(length - step, TILE - i)
                within &= take(part, i, values, step, run, low, high)
                step += run
            else:
                run = min(rest, TILE - i)
                value = load(values, step)
                within &= (low <= value) & (value <= high)
                for k in range(i, i + run):
                    part[k] = value
                rest -= run
                if rest == 0:
                    rest = stride
                    step += 1
            i += run
            if step == length:
                step = 0
        whole[p], place[p], left[p], inside[p] = length == 1 or left[p] > TILE, step, rest, within


@register_jitable(**_INLINE)
def ordered(rows, order):
    """Whether every pair (low, high) of parameters in `order` keeps its order all over the tile."""
    result = True
    for pair in range(len(order)):
        low, high = rows[order[pair, 0]], rows[order[pair, 1]]
        for i in range(TILE):
            result &= load(low, i) <= load(high, i)
    return result


@register_jitable(**_INLINE)
def allowed(rows, i, bounds, order):
    """Whether point i of the tile lies in the domain."""
    result = True
    for p in range(len(bounds)):
        result &= (bounds[p, 0] <= load(rows[p], i)) & (load(rows[p], i) <= bounds[p, 1])
    for pair in range(len(order)):
        result &= load(rows[order[pair, 0]], i) <= load(rows[order[pair, 1]], i)
    return result


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
    return path


@cache
def _package_hash() -> str:
    """Hash of every module of this room."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()
