"""Where the cell around a label ends: half-way to the next label, in ratios where the labels are spaced in ratios."""

from typing import Any

import numpy as np
import numpy.typing as npt


def borders(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The borders of the cells around n increasing labels, shape (n + 1,); the outermost lie as far out as in."""
    values = values.astype(float)
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    return np.asarray(np.exp(_halfway(np.log(values)))) if in_ratios(values) else _halfway(values)


def in_ratios(values: npt.NDArray[Any]) -> bool:
    """Whether labels are evenly spaced in ratios, over a range where that matters."""
    if len(values) < 3 or values[0] <= 0 or values[-1] / values[0] <= 4:
        return False
    ratios = values[1:] / values[:-1]
    return bool(np.ptp(ratios) < 1e-6 * ratios.mean())


def _halfway(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    steps = np.diff(values)
    return np.concatenate([[values[0] - steps[0] / 2], values[:-1] + steps / 2, [values[-1] + steps[-1] / 2]])
