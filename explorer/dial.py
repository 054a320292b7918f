"""Something that can be set: the values it may take, and where they lie on an axis of the map."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, floor, isfinite, log, log10
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.kernels.declaration import LARGEST
from posse.kernels.errors import InputError, pick

Floats = npt.NDArray[np.float64]
Value = float | str
Span = tuple[float, float]

NARROWEST, FURTHEST = 1e-6, 1e6  # what a map can show of an axis, in widths of its first map


@dataclass(frozen=True, eq=False)
class Dial:
    """Something that can be set: a parameter, or an axis whose labels stand for several.

    span: what its slider covers, and a map at first; bounds: the smallest and the largest value that it may take.
    labels: all that it may be set to, names or numbers; None where that is any number within the bounds.
    binds: the values of the parameters that its labels stand for, in the order of the labels.
    """

    name: str
    start: Value
    span: Span
    bounds: Span
    is_log: bool = False
    symbol: str = ""
    units: str = "1"
    long_name: str = ""
    labels: tuple[Value, ...] | None = None
    binds: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def is_choice(self) -> bool:
        """Whether it is set to a name; on a map, the names stand side by side."""
        return self.labels is not None and isinstance(self.labels[0], str)

    def read(self, text: str) -> Value:
        """The value that a text stands for; InputError where it cannot be set to that."""
        if self.is_choice:
            return pick(f"label of {self.name}", text, {str(label): label for label in self.labels or ()})
        value = number(self.name, text)
        low, high = self.bounds
        if not low <= value <= high:
            raise InputError(f"{self.name}: {value:g} is not allowed; allowed is {low:g} to {high:g}")
        if self.labels and value not in self.labels:
            raise InputError(f"{self.name}: {value:g} is not a label; the nearest is {self.at(value)}")
        return value

    def position(self, value: Value) -> float:
        """Where a value lies on an axis of the map."""
        return float((self.labels or ()).index(value) if isinstance(value, str) else value)

    def index(self, positions: Any) -> npt.NDArray[np.intp]:
        """Which labels lie nearest to positions on an axis of the map."""
        labels = np.arange(len(self.labels or ())) if self.is_choice else np.asarray(self.labels, dtype=np.float64)
        points, labels = (np.log(p) if self.is_log else np.asarray(p, dtype=float) for p in (positions, labels))
        between = (labels[1:] + labels[:-1]) / 2
        found: npt.NDArray[np.intp] = np.searchsorted(between, points)
        return found

    def at(self, position: float) -> Value:
        """The value at a position on an axis of the map, the nearest that it may take."""
        if self.labels:
            return self.labels[int(self.index(max(position, 1e-300) if self.is_log else position))]
        return float(min(max(position, self.bounds[0]), self.bounds[1]))

    def pointed(self, position: float, span: Span, pixels: int) -> Value:
        """The value at a position on a map of so many pixels, to a tenth of one, so that few digits say it in full."""
        value = self.at(position)
        if self.labels or isinstance(value, str):
            return value
        low, high = span
        pixel = abs(value) * log(high / low) / pixels if self.is_log else (high - low) / pixels
        return self.at(round(value, 1 - floor(log10(pixel))))

    @property
    def limits(self) -> Span:
        """The furthest ends of a map: all that may be set, unless that is too far from what is shown at first."""
        low, high = self.span
        far = (high - low) * FURTHEST
        ends = (low / FURTHEST, high * FURTHEST) if self.is_log else (low - far, high + far)
        return max(ends[0], min(self.bounds[0], low)), min(ends[1], max(self.bounds[1], high))

    @property
    def narrowest(self) -> float:
        """The width of the narrowest map, of an axis in ratios as a logarithm; one of labels shows one for certain."""
        to = log if self.is_log else float
        if self.labels:
            return max(np.diff([to(self.position(label)) for label in self.labels]), default=1.0)
        return 4 * NARROWEST * (to(self.span[1]) - to(self.span[0]))

    def inside(self, span: Span) -> list[int]:
        """Which labels a map shows."""
        return [k for k, label in enumerate(self.labels or ()) if span[0] <= self.position(label) <= span[1]]

    def window(self, span: Span) -> Span:
        """A part of the axis, cut at its limits; InputError where there is nothing to show."""
        low, high = (float(min(max(end, self.limits[0]), self.limits[1])) for end in span)
        if self.labels and not self.inside((low, high)):
            raise InputError(f"{self.name}: no label lies between {span[0]:g} and {span[1]:g}")
        width, whole = ((log(b / a) if self.is_log else b - a) for a, b in ((low, high), self.span))
        if width < whole * NARROWEST:
            raise InputError(f"{self.name}: {span[0]!r} to {span[1]!r} is too narrow for a map")
        return low, high

    def widened(self, span: Span) -> Span:
        """A part of the axis as a map can show it, about the same middle where that is too narrow."""
        if not all(map(isfinite, span)):
            raise InputError(f"{self.name}: {span[0]!r} to {span[1]!r} is no part of an axis")
        to, back = (log, exp) if self.is_log else (float, float)
        low, high = (to(min(max(end, self.limits[0]), self.limits[1])) for end in span)
        missing = self.narrowest - (high - low)
        if missing <= 0:
            return self.window(span)
        return self.window((back(low - missing / 2), back(high + missing / 2)))

    def moved(self, span: Span, share: float, zoom: float) -> Span:
        """A part of the axis, moved on by a share of its width as far as the axis goes, and so many times as wide."""
        to = log if self.is_log else float
        low, high, first, last = (to(end) for end in (*span, *self.limits))
        share = min(max(share, (first - low) / (high - low)), (last - high) / (high - low))

        def end(old: float, part: float) -> float:
            return old * (span[1] / span[0]) ** part if self.is_log else old + (span[1] - span[0]) * part

        return end(span[0], share - (zoom - 1) / 2), end(span[1], share + (zoom - 1) / 2)

    def centres(self, span: Span, count: int) -> Floats:
        """Positions of the middles of so many cells that fill a part of an axis of the map."""
        steps = (np.arange(count) + 0.5) / count
        low, high = span
        return np.asarray(low * (high / low) ** steps if self.is_log else low + (high - low) * steps)


def number(name: str, text: str) -> float:
    """A finite number from a link."""
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{name}: {text!r} is not a number") from None
    if not abs(value) <= LARGEST:
        raise InputError(f"{name}: {value:g} is not allowed; values are finite, and at most {LARGEST:g}")
    return value
