"""Where the region around a label ends: half-way to the next label, in ratios where the labels are spaced in ratios."""

from typing import Any

import numpy as np
import numpy.typing as npt

WIDE = 4  # labels over a range of smaller ratio are taken as evenly spaced: half-way is nearly the same either way


def borders(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The borders around n labels in order, shape (n + 1,); the outermost lie as far out as in."""
    values = values.astype(float)
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    return np.asarray(np.exp(_halfway(np.log(values)))) if in_ratios(values) else _halfway(values)


def in_ratios(values: npt.NDArray[Any]) -> bool:
    """Whether labels are evenly spaced in ratios, over a wide range; two labels are if they are that far apart."""
    if len(values) < 2 or values.min() <= 0 or values.max() / values.min() <= WIDE:
        return False
    ratios = values[1:] / values[:-1]
    return bool(np.ptp(ratios) < 1e-6 * ratios.mean())


def _halfway(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    steps = np.diff(values)
    return np.concatenate([[values[0] - steps[0] / 2], values[:-1] + steps / 2, [values[-1] + steps[-1] / 2]])
