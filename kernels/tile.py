"""The parts of a kernel that are the same for every game: how a tile gets its parameters and puts its results.

    fill(...)     point each parameter's row at the next TILE values, spread out where they repeat
    ordered(...)  whether the tile keeps the order between parameters; allowed(...) the same of a point, and its bounds
    load, store   numbers at addresses, which the compiler knows to lie apart

Row p of `columns` tells parameter p: address of its values, their number, and its stride in the grid.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from posse.kernels.elementary import INLINE

TILE = 128  # points solved in one go: what is spread out for a tile stays in the first-level cache
MOST = 64  # components of a kernel whose arrays the compiler is told to lie apart


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


@register_jitable(**INLINE)
def copy(target, source):
    for k in range(len(target)):
        target[k] = source[k]


@register_jitable(**INLINE)
def take(part, start, values, step, run, low, high):
    """Copy `run` values from position `step` to part[start:], and tell whether they lie in [low, high]."""
    within = True
    for k in range(run):
        part[start + k] = load(values, step + k)
        within &= (low <= part[start + k]) & (part[start + k] <= high)
    return within


@register_jitable(**INLINE)
def check(values, step, low, high):
    """Whether the TILE values from position `step` on lie in [low, high]."""
    within = True
    for k in range(TILE):
        value = load(values, step + k)
        within &= (low <= value) & (value <= high)
    return within


@register_jitable(**INLINE)
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


@register_jitable(**INLINE)
def ordered(rows, order):
    """Whether every pair (low, high) of parameters in `order` keeps its order all over the tile."""
    result = True
    for pair in range(len(order)):
        low, high = rows[order[pair, 0]], rows[order[pair, 1]]
        for i in range(TILE):
            result &= load(low, i) <= load(high, i)
    return result


@register_jitable(**INLINE)
def allowed(rows, i, bounds, order):
    """Whether point i of the tile lies in the domain."""
    result = True
    for p in range(len(bounds)):
        result &= (bounds[p, 0] <= load(rows[p], i)) & (load(rows[p], i) <= bounds[p, 1])
    for pair in range(len(order)):
        result &= load(rows[order[pair, 0]], i) <= load(rows[order[pair, 1]], i)
    return result
