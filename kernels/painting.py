"""Boxes of a grid filled with a number each.

paint(grid, first, last, values, ranks)
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_FUNCTION = """
def {function}(grid, strides, first, last, values, ranks, starts):
    boxes, dimensions = first.shape
    inner = dimensions - 1
    low, high, at = np.empty(dimensions, np.int64), np.empty(dimensions, np.int64), np.empty(dimensions, np.int64)
    for k in range(boxes):
        some = True
        for j in range(dimensions):
            low[j] = ranks[starts[j] + first[k, j]]
            high[j] = ranks[starts[j] + last[k, j]]
            some = some and low[j] < high[j]
            at[j] = low[j]
        while some:
            row = 0
            for j in range(inner):
                row += at[j] * strides[j]
            for i in range(row + low[inner], row + high[inner]):
                grid[i] = values[k]
            j = inner - 1
            while j >= 0:
                at[j] += 1
                if at[j] < high[j]:
                    break
                at[j] = low[j]
                j -= 1
            some = j >= 0
"""


def paint(
    grid: npt.NDArray[np.uint8], first: Ints, last: Ints, values: npt.NDArray[np.uint8], ranks: Sequence[Ints]
) -> None:
    """Set what of each box is in a part of a grid to the number of the box.

    grid: the part, in C order.
    first, last: shape (boxes, dimensions), positions along each axis of the whole grid; the last is not of the box.
    values: shape (boxes,).
    ranks: for each axis, how many positions of the part come before each of the whole grid, and before its end.
    """
    strides = np.array(grid.strides, np.int64)
    starts = np.cumsum([0, *map(len, ranks[:-1])])
    _paint()(grid.reshape(-1), strides, first, last, values, np.concatenate(ranks), starts)


@cache
def _paint() -> Any:
    from posse.kernels.compiler import compile_cached, hash_key  # slow to import

    return compile_cached("paint", _FUNCTION, hash_key("paint"), np=np)
