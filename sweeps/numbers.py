"""Numbers as a spec gives them.

numbers(where, written) -> finite float64, shape (n,)
number(where, written)  -> one of them
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from posse.kernels.errors import InputError, short

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def numbers(where: str, written: Any) -> Floats:
    """A one-dimensional array of finite float64."""
    return _finite(where, written, f"{short(written)} is not a list of numbers")


def number(where: str, written: Any) -> float:
    """A finite float64."""
    return float(_finite(where, [written], f"{short(written)} is not a number")[0])


def _finite(where: str, written: Any, otherwise: str) -> Floats:
    kinds = {type(v) for v in written} if isinstance(written, list | tuple) else set()
    try:
        array = np.asarray(written, dtype=np.float64 if kinds <= {int, float} and kinds else None)
    except (ValueError, OverflowError):
        array = np.empty((0, 0))
    if array.ndim != 1 or (array.dtype.kind not in "iuf" and len(array)) or kinds & {bool, str}:
        raise InputError(f"{where}: {otherwise}")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError(f"{where}: {values[~np.isfinite(values)][0]} is not allowed; values are finite numbers")
    return values
