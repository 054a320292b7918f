"""The bits of numbers sorted by their place: what makes numbers that resemble each other pack well.

    bitshuffle(numbers, block, shuffled)

The layout is that of Blosc and of Masui et al. (2015), "A compression scheme for radio data in high performance
computing": of each block first the lowest bit of all its numbers, then the next one, and so on. A block whose length
eight does not divide stays as it is. Blosc's own routine, as its packages are built, uses vectors of 128 bits.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from posse.kernels.compiler import compile_cached, hash_key

GROUP = 64  # numbers whose bits are sorted at once

_FUNCTION = """
def {function}(numbers, shuffled, block, size):
    lines = np.empty((8 * size, 8), np.uint64)
    for start in range(0, len(numbers) // size, block):
        count = min(block, len(numbers) // size - start)
        first = start * size
        if count % 8:
            for k in range(first, first + count * size):
                shuffled[k] = numbers[k]
            continue
        plane = count // 8
        source, target = numbers.ctypes.data + first, shuffled.ctypes.data + first
        whole, groups = count - count % 512, count - count % 64
        # A cache line of each plane at once: planes often lie a power of two apart, in each other's way in the cache.
        for k in range(0, whole, 512):
            for group in range(8):
                sort(source + (k + 64 * group) * size, lines.ctypes.data + 8 * group, 64)
            for bit in range(8 * size):
                copy(lines.ctypes.data + 64 * bit, target + bit * plane + k // 8)
        for k in range(whole, groups, 64):
            sort(source + k * size, target + k // 8, plane)
        for k in range(groups, count, 8):
            for bit in range(8 * size):
                byte = 0
                for j in range(8):
                    byte |= (numbers[first + (k + j) * size + bit // 8] >> (bit % 8) & 1) << j
                shuffled[first + bit * plane + k // 8] = byte
"""


def bitshuffle(numbers: npt.NDArray[Any], block: int, shuffled: npt.NDArray[Any]) -> None:
    """Shuffle the bytes of numbers in blocks of so many numbers, into an array of the same length and type."""
    _shuffle(numbers.itemsize)(numbers.view(np.uint8), shuffled.view(np.uint8), block, numbers.itemsize)


@cache
def _shuffle(size: int) -> Any:
    return compile_cached(
        f"bitshuffle_{size}", _FUNCTION, hash_key("bitshuffle", size), np=np, sort=_sorter(size), copy=_copy
    )


def _sorter(size: int) -> Any:
    """sort(source, target, plane): the bits of GROUP numbers of this many bytes, each place `plane` bytes on."""

    @intrinsic
    def sort(typing_context, source, target, plane):
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _sort(builder, size, *arguments)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64), generate

    return sort


@intrinsic
def _copy(typing_context, source, target):
    """Copy a cache line."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        line = ir.VectorType(ir.IntType(64), 8).as_pointer()
        source, target = (builder.inttoptr(address, line) for address in arguments)
        builder.store(builder.load(source, align=8), target, align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


def _sort(b: ir.IRBuilder, size: int, source: ir.Value, target: ir.Value, plane: ir.Value) -> None:
    whole, group = ir.IntType(64), ir.VectorType(ir.IntType(8), GROUP)
    numbers = ir.VectorType(ir.IntType(8 * size), GROUP)
    loaded = b.load(b.inttoptr(source, numbers.as_pointer()), align=size)
    for place, these in enumerate(_bytes(b, loaded, size)):
        for bit in reversed(range(8)):  # the highest is the sign
            signs = b.bitcast(b.icmp_signed("<", these, ir.Constant(group, [0] * GROUP)), whole)
            position = b.add(target, b.mul(plane, ir.Constant(whole, 8 * place + bit)))
            b.store(signs, b.inttoptr(position, whole.as_pointer()), align=1)
            if bit:
                these = b.add(these, these)


def _bytes(b: ir.IRBuilder, numbers: ir.Value, size: int) -> list[ir.Value]:
    """The lowest bytes of a vector of numbers, the next ones, and so on; by halves, as instructions go."""
    if size == 1:
        return [numbers]
    half = ir.VectorType(ir.IntType(4 * size), GROUP)
    high = b.lshr(numbers, ir.Constant(numbers.type, [4 * size] * GROUP))
    return [byte for part in (numbers, high) for byte in _bytes(b, b.trunc(part, half), size // 2)]
