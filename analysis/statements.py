"""Comparative statics as checked statements.

monotone(ds, "payoff", "cost_support", {"player": "observer"}) -> Statement
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from posse.analysis.counts import in_pieces
from posse.analysis.selection import dimension
from posse.kernels.errors import InputError, pick

ROUNDINGS = 8  # a change of so many units in the last place is none


@dataclass(frozen=True)
class Step:
    """A step from one label to the next: where it begins and ends, and the value at both ends."""

    start: dict[str, Any]
    end: dict[str, Any]
    values: tuple[float, float]

    def __str__(self) -> str:
        (along,) = [name for name in self.start if self.start[name] != self.end[name]]
        others = ", ".join(f"{name} {_short(v)}" for name, v in self.start.items() if name != along)
        a, b = (f"{v:.7g}" for v in self.values)
        where = f"{a} at {along} {_short(self.start[along])}, {b} at {_short(self.end[along])}"
        return f"{where}{f' ({others})' if others else ''}"


@dataclass(frozen=True, eq=False)
class Statement:
    """That an output only rises, or only falls, along an axis; checked when it is first looked at.

    claimed: "rises", "falls", or None for either.
    tolerance: how large a step counts as none, relative to the value or to 1, whichever is larger.
    """

    variable: xr.DataArray
    along: str
    claimed: str | None
    tolerance: float
    name: str

    @property
    def holds(self) -> bool:
        """Whether no step contradicts it."""
        return not self.counterexamples

    def __bool__(self) -> bool:
        return self.holds

    @property
    def direction(self) -> str:
        """What the steps do: "rises", "falls", "never changes", or "rises and falls"."""
        return {(False, False): "never changes", (True, False): "rises", (False, True): "falls"}.get(
            (self.steps["rises"] > 0, self.steps["falls"] > 0), "rises and falls"
        )

    @cached_property
    def steps(self) -> dict[str, int]:
        """How many steps were looked at, how many rise, how many fall."""
        change = self._change
        counted = xr.Dataset(
            {
                "checked": change.notnull().sum(),
                "rises": (change > 0).sum(),
                "falls": (change < 0).sum(),
            }
        ).compute()
        return {str(name): int(v) for name, v in counted.items()}

    @cached_property
    def counterexamples(self) -> tuple[Step, ...]:
        """The largest step against what is claimed; where nothing is, the largest up and the largest down."""
        up, down = self.steps["rises"] > 0, self.steps["falls"] > 0
        if self.claimed == "rises":
            return (self._largest(-1),) if down else ()
        if self.claimed == "falls":
            return (self._largest(1),) if up else ()
        return (self._largest(1), self._largest(-1)) if up and down else ()

    @property
    def _change(self) -> xr.DataArray:
        """Of each step, 0 where it is within the tolerance."""
        plain = self.variable.drop_vars(list(self.variable.coords))
        start = plain.isel({self.along: slice(plain.sizes[self.along] - 1)})
        change = plain.isel({self.along: slice(1, None)}).astype(np.float64) - start
        return change.where(abs(change) > self.tolerance * np.maximum(1, abs(start)), 0 * change)

    def _largest(self, sign: int) -> Step:
        """The largest step upwards (1) or downwards (-1)."""
        change = sign * self._change
        position = np.unravel_index(_argmax(change), change.shape)
        start = dict(zip(change.dims, map(int, position), strict=True))
        ends = [self.variable.isel(place).compute() for place in (start, start | {self.along: start[self.along] + 1})]
        labels = [{str(d): v[d].item() for d in self.variable.dims} for v in ends]
        return Step(labels[0], labels[1], (float(ends[0]), float(ends[1])))

    def __str__(self) -> str:
        claim = f"{self.name} {self.claimed or 'rises or falls'} along {self.along}"
        if not self.steps["checked"]:
            return f"{claim}: there is no step to check"
        counted = f"{self.steps['checked']:,} steps, {self.steps['rises']:,} up, {self.steps['falls']:,} down"
        if self.holds:
            return f"{self.name} {self.direction} along {self.along}: holds ({counted})"
        return f"{claim}: does not hold ({counted})\n" + "\n".join(f"  {step}" for step in self.counterexamples)

    __repr__ = __str__


def _argmax(array: xr.DataArray) -> int:
    """Position of the largest number in C order, where not all are NaN; chunk by chunk."""
    if array.chunks is None:
        return int(np.nanargmax(array.values))
    largest = array.max()
    first = xr.where(array == largest, _positions(array), array.size).min()
    return int(first.compute())


def _positions(array: xr.DataArray) -> xr.DataArray:
    """Position of each cell in C order."""
    found = xr.DataArray(0)
    for dim, n in array.sizes.items():
        found = found * n + xr.DataArray(np.arange(n), dims=str(dim)).chunk({dim: array.chunksizes[dim]})
    return found.transpose(*array.dims)


def monotone(
    ds: xr.Dataset, output: str, along: str, labels: dict[str, Any], claimed: str | None, tolerance: float | None
) -> Statement:
    """See Accessor.monotone."""
    numbers = {str(n): v for n, v in ds.data_vars.items() if "flag_meanings" not in v.attrs}
    variable = in_pieces(pick("output of numbers", output, numbers))
    dimension(ds, along)
    if along not in variable.dims or variable.sizes[along] < 2:
        raise InputError(f"along: {output} has one label of {along}, but a step needs two")
    if claimed is not None:
        pick("direction", claimed, {"rises": 0, "falls": 0})
    name = output
    for dim, label in labels.items():
        dimension(ds, dim)
        pick(f"label of {dim}", label, dict.fromkeys(variable[dim].values.tolist()))
        variable = variable.sel({dim: label}, drop=True)
        name += f" of {label}"
    if tolerance is None:
        tolerance = ROUNDINGS * float(np.finfo(variable.dtype).eps) if variable.dtype.kind == "f" else 0
    return Statement(variable, along, claimed, tolerance, name)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
