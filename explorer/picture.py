"""Cells as an image for the browser: a byte a cell, and a second image with what is drawn over it.

paint(cells, space, colour) -> Picture
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.analysis.codes import Code
from posse.explorer.solving import NOT_COMPUTED, Cells

Bytes = npt.NDArray[np.uint8]

UNDEFINED, NOT_YET = "#ffffff", "#d5d5d5"
CLEAR, BORDER, HATCH = range(3)  # what is drawn over a cell
OVER = ("#00000000", "#1a1a1a", "#9a9a9a")
STRIPES = 8  # pixels from one line of the hatching to the next


@dataclass(frozen=True)
class Picture:
    """shown: which colour each cell has; over: CLEAR, BORDER or HATCH; span: the ends of the shades."""

    shown: Bytes
    over: Bytes
    span: tuple[float, float] | None


def paint(cells: Cells) -> Picture:
    """Codes are colours; numbers are shades 1 to 255, with 0 where there is none."""
    if cells.shade is None:
        return Picture(cells.codes, _over(cells.codes), None)
    low, high = _ends(cells.shade)
    steps = (cells.shade - low) * (254 / (high - low)) + 1
    shades = np.rint(np.nan_to_num(steps, nan=0)).astype(np.uint8)
    return Picture(shades, _over(cells.codes), (low, high))


def _ends(shade: npt.NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest number, apart."""
    known = shade[np.isfinite(shade)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _over(codes: Bytes) -> Bytes:
    """Borders between regimes, and hatching where nothing has been computed."""
    over = np.zeros_like(codes)
    over[:, 1:][codes[:, 1:] != codes[:, :-1]] = BORDER
    over[1:][codes[1:] != codes[:-1]] = BORDER
    missing = codes == NOT_COMPUTED
    if missing.any():
        rows, columns = np.ogrid[: codes.shape[0], : codes.shape[1]]
        over[missing & ((rows + columns) % STRIPES < 1)] = HATCH
    return over


def palette(codes: Sequence[Code]) -> list[str]:
    """The colour of each byte of a map of regimes."""
    colours = [UNDEFINED] * 256
    for code in codes:
        colours[code.value] = code.colour
    colours[NOT_COMPUTED] = NOT_YET
    return colours
