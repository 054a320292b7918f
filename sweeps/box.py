"""A box of parameters: an interval for each of some, the others held fixed.

read_box(game, box, fixed) -> sides, and the values of the other parameters
read_fixed(game, fixed) -> values
regime_output(game) -> the codes that are asked about
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posse.kernels.declaration import Game, Output
from posse.kernels.errors import InputError, short
from posse.kernels.intervals import Interval
from posse.kernels.point import check_values
from posse.sweeps.numbers import numbers


@dataclass(frozen=True)
class Side:
    """One side of a box: from low to high, of which shares are taken evenly, or evenly in ratios."""

    low: float
    high: float
    is_log: bool = False

    @property
    def distribution(self) -> dict[str, list[float]]:
        """Of points that are spread evenly over the side, as a design writes it."""
        return {"log_uniform" if self.is_log else "uniform": [self.low, self.high]}

    def at(self, share: Any) -> Any:
        """The value so far along the side, as a number, at 1 its end; where it is an Interval, certain to hold it."""
        if isinstance(share, Interval):
            value = self._at(share, Interval(self.high, self.high))
            return Interval(np.maximum(value.low, self.low), np.minimum(value.high, self.high))
        share = np.asarray(share, dtype=np.float64)
        return np.where(share == 1, self.high, self._at(share, self.high))

    def _at(self, share: Any, high: Any) -> Any:
        return self.low * (high / self.low) ** share if self.is_log else self.low + (high - self.low) * share

    def share(self, value: float) -> float:
        """How far along the side a value lies."""
        if self.is_log:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)


def read_box(
    game: Game, box: Mapping[str, Any], fixed: Mapping[str, float] | None
) -> tuple[dict[str, Side], dict[str, float]]:
    """Check a box and what is held fixed; parameters in neither take their defaults."""
    if not isinstance(box, Mapping):
        raise InputError(f"box: {short(box)} is not allowed; it is a table of (low, high) by parameter")
    sides = {name: _side(game, name, written) for name, written in box.items()}
    if not sides:
        raise InputError("box: there is no parameter, but a box has one or more")
    held = game.defaults | read_fixed(game, fixed, sides)
    return sides, {name: value for name, value in held.items() if name not in sides}


def read_fixed(game: Game, fixed: Mapping[str, float] | None, sides: Container[str] = ()) -> dict[str, float]:
    """Check what is held fixed."""
    held = {}
    if fixed is not None and not isinstance(fixed, Mapping):
        raise InputError(f"fixed: {short(fixed)} is not allowed; it is a table of values by parameter")
    for name, value in (fixed or {}).items():
        if name in sides:
            raise InputError(f"fixed.{name}: is a side of the box too; give it once")
        held[name] = float(numbers(f"fixed.{name}", [value])[0])
        check_values(f"fixed.{name}", game.parameter(name), held[name])
    return held


def regime_output(game: Game) -> Output:
    """The codes that tell of regimes."""
    found = next((output for output in game.outputs if output.kind == "codes"), None)
    if found is None:
        raise InputError(f"{game.name}: has no output of codes, so it has no regimes")
    return found


def _side(game: Game, name: str, written: Any) -> Side:
    parameter, where = game.parameter(name), f"box.{name}"
    kind = next(iter(written), None) if isinstance(written, Mapping) else "uniform"
    if kind not in ("uniform", "log_uniform"):
        raise InputError(f"{where}: {short(written)} is not (low, high), nor {{'log_uniform': [low, high]}}")
    is_log, given = kind == "log_uniform", written[kind] if isinstance(written, Mapping) else written
    if isinstance(given, int | float):
        raise InputError(f"{where}: {given} is one value, for which there is fixed; a side is (low, high)")
    ends = numbers(where, list(given) if isinstance(given, tuple) else given)
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise InputError(f"{where}: {short(written)} is not (low, high), the lower end first")
    if is_log and ends[0] <= 0:
        raise InputError(f"{where}: {ends[0]:g} is not allowed; ratios need ends above 0")
    check_values(where, parameter, ends)
    return Side(float(ends[0]), float(ends[1]), is_log)
