"""Comparative statics as checked statements.

monotone(ds, "payoff", "cost_support", {"player": "observer"}) -> Statement
"""

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.dims import components, defined, numbers
from posse.analysis.pieces import in_pieces, steps, tables
from posse.analysis.selection import ALIKE, dimension, position
from posse.kernels.errors import InputError, pick

Array = npt.NDArray[Any]
ROUNDINGS = 8  # a change of so many units in the last place is none


@dataclass(frozen=True)
class Step:
    """A step from one label to the next: where it begins and ends, and the value at both ends.

    >>> print(Step("resolve", {"resolve": 0.3, "diversity": 0.5}, {"resolve": 0.7, "diversity": 0.5}, (0.4, 0.2)))
    0.4 at resolve 0.3, 0.2 at 0.7 (diversity 0.5)
    """

    along: str
    start: dict[str, Any]
    end: dict[str, Any]
    values: tuple[float, float]

    def __str__(self) -> str:
        others = ", ".join(f"{name} {_short(v)}" for name, v in self.start.items() if name != self.along)
        a, b = (f"{v:.7g}" for v in self.values)
        where = f"{a} at {self.along} {_short(self.start[self.along])}, {b} at {_short(self.end[self.along])}"
        return f"{where}{f' ({others})' if others else ''}"


@dataclass(frozen=True, eq=False)
class Statement:
    """That an output only rises, or only falls, along an axis; checked when it is first looked at.

    It is true or false (`bool`). Where it is false it has counterexamples.

    >>> import posse
    >>> cube = posse.Sweep("restraint", axes={"cap_observer": {"linspace": [0.1, 5, 50]}}).evaluate()
    >>> statement = cube.posse.monotone("payoff", along="cap_observer", direction="falls", player="leader")
    >>> bool(statement), statement.found, statement.steps["rises"]
    (False, 'rises and falls', 6)
    >>> statement.counterexamples[0].start
    {'cap_observer': 3.0...}

    variable: the output, or one component of it.
    name: what it is called.
    along: the axis.
    direction: what it is said to do: "rises", "falls", or None for either.
    tolerance: how large a step counts as none, relative to the value or to 1, whichever is larger.
    """

    variable: xr.DataArray = field(repr=False)
    name: str
    along: str
    direction: str | None
    tolerance: float

    def __bool__(self) -> bool:
        return self.holds

    @property
    def holds(self) -> bool:
        """Whether no step contradicts it. Raises InputError where there is no step."""
        if not self.steps["checked"]:
            raise InputError(f"{self.name} has no two values beside each other along {self.along}")
        return not self.counterexamples

    @property
    def found(self) -> str:
        """What the steps do: "rises", "falls", "never changes", or "rises and falls"."""
        return {(False, False): "never changes", (True, False): "rises", (False, True): "falls"}.get(
            (self.steps["rises"] > 0, self.steps["falls"] > 0), "rises and falls"
        )

    @property
    def steps(self) -> dict[str, int]:
        """How many steps were looked at, how many rise, how many fall."""
        return {name: int(self._table[k]) for k, name in enumerate(("checked", "rises", "falls"))}

    @cached_property
    def counterexamples(self) -> tuple[Step, ...]:
        """The largest step against what is claimed; where nothing is, the largest up and the largest down."""
        against = {"rises": [1], "falls": [0]}.get(str(self.direction), [0, 1])  # up is 0, down is 1
        if not all(self._table[1 + k] for k in against):
            return ()
        return tuple(self._step(int(self._table[3 + k])) for k in against)

    @cached_property
    def _table(self) -> Array:
        """Steps, those up, those down, and in C order the positions of the largest up and of the largest down."""
        axis = self.variable.get_axis_num(self.along)
        pieces = in_pieces(defined(self.variable))
        change = steps(pieces, [self.along], partial(_change, axis=axis, tolerance=self.tolerance), np.float64)
        positions = [np.arange(n) for n in change.shape]
        each = tables(partial(_extremes, shape=change.shape), change.data, positions, (7,), np.float64)
        each = np.asarray(each).reshape(7, -1)
        largest = [each[k + 1, each[k].argmax()] for k in (3, 5)]
        return np.concatenate([each[:3].sum(1), largest])

    def _step(self, number: int) -> Step:
        place = dict(zip(self.variable.dims, map(int, np.unravel_index(number, self.variable.shape)), strict=True))
        ends = [self.variable.isel(p).compute() for p in (place, place | {self.along: place[self.along] + 1})]
        labels = [{str(d): v[d].item() for d in self.variable.dims} for v in ends]
        return Step(self.along, labels[0], labels[1], (float(ends[0]), float(ends[1])))

    def __str__(self) -> str:
        claim = f"{self.name} {self.direction or 'rises or falls'} along {self.along}"
        if not self.steps["checked"]:
            return f"{claim}: there is no step to check"
        counted = f"{self.steps['checked']:,} steps, {self.steps['rises']:,} up, {self.steps['falls']:,} down"
        if self.holds:
            return f"{self.name} {self.found} along {self.along}: holds ({counted})"
        return f"{claim}: does not hold ({counted})\n" + "\n".join(f"  {step}" for step in self.counterexamples)

    __repr__ = __str__


def _change(piece: Array, axis: int, tolerance: float) -> Array:
    """From each cell to the next along an axis: 0 within the tolerance, NaN where there is none."""
    start = np.moveaxis(piece, axis, 0).astype(np.float64)
    change = np.diff(start, axis=0)
    change[abs(change) <= tolerance * np.maximum(1, abs(start[:-1]))] = 0
    found = np.full(piece.shape, np.nan)
    np.moveaxis(found, axis, 0)[:-1] = change
    return found


def _extremes(piece: Array, *positions: Array, shape: tuple[int, ...]) -> Array:
    """Steps, up, down; the largest up and its position, the largest down and its position; shape (7, 1, ...)."""
    table = [np.count_nonzero(~np.isnan(piece)), np.count_nonzero(piece > 0), np.count_nonzero(piece < 0)]
    for sign in (1, -1):
        signed = np.where(np.isnan(piece), -np.inf, sign * piece)
        at = np.unravel_index(signed.argmax(), piece.shape)
        table += [signed[at], np.ravel_multi_index([p[k] for p, k in zip(positions, at, strict=True)], shape)]
    return np.array(table, dtype=np.float64).reshape(7, *(1,) * piece.ndim)


def monotone(
    ds: xr.Dataset, output: str, along: str, labels: dict[str, Any], direction: str | None, tolerance: float | None
) -> Statement:
    """See Accessor.monotone."""
    variable = pick("output of numbers", output, numbers(ds))
    dimension(ds, along)
    if along in components(variable):
        raise InputError(f"along: {along} is no axis; its labels are {', '.join(map(str, variable[along].values))}")
    if along not in variable.dims or variable.sizes[along] < 2:
        raise InputError(f"along: {output} has one label of {along}, but a step needs two")
    if direction is not None:
        pick("direction", direction, {"rises": 0, "falls": 0})
    name = output
    for dim, label in labels.items():
        if dim not in variable.dims or dim == along:
            raise InputError(f"{dim}: cannot be chosen; {output} has {', '.join(map(str, variable.dims))}")
        variable = variable.isel({dim: position(dimension(ds, dim), label, ALIKE)}, drop=True)
        name += f" of {label}"
    if components(variable):
        name += f" of every {components(variable)[0]}"
    if variable[along].dtype.kind in "iuf":
        variable = variable.sortby(along)
    if tolerance is not None and not 0 <= tolerance < np.inf:
        raise InputError(f"tolerance: {tolerance} is not allowed; allowed is a number from 0 on")
    if tolerance is None:
        tolerance = ROUNDINGS * float(np.finfo(variable.dtype).eps) if variable.dtype.kind == "f" else 0
    return Statement(variable, name, along, direction, tolerance)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
