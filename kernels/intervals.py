"""Intervals: a game at all points of a box at once, or of many boxes.

    Interval(low, high)   a number that may be anything from low to high, in arrays of one shape
    Choice({0.0: may})    a number that is one of a few, such as a code: which of them it may be
    Truth(sure, maybe)    a condition that holds certainly, or perhaps
    enclose(game, box)    what each output may be in a box

What comes out contains whatever the definition gives at any point of the box, in exact arithmetic and in float64: each
operation is rounded outward, and where a condition is undecided both ways are taken. It may contain more, the less the
smaller the box (Moore 1966).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import isnan
from operator import add, and_, mul, or_, sub
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.kernels.declaration import OUTSIDE_DOMAIN, Game, Output
from posse.kernels.solution import call, limits, numbers
from posse.kernels.vocabulary import Varying, has_flag, portion, ratio_power, where

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

POWER = 1e-14  # relative, at least the error of a power of whoever computes it


def _down(x: Any) -> Floats:
    """The next float64 below; what is no number may be anything."""
    return np.asarray(np.nextafter(np.where(np.isnan(x), -np.inf, x), -np.inf))


def _up(x: Any) -> Floats:
    return np.asarray(np.nextafter(np.where(np.isnan(x), np.inf, x), np.inf))


class _Number(Varying):
    """Arithmetic with one another and with plain numbers; comparisons are Truths."""

    __array_ufunc__ = None  # NumPy's numbers leave arithmetic to the methods
    __hash__ = object.__hash__

    def __lt__(self, other: Any) -> "Truth":
        return _compare(self, other, strict=True)

    def __gt__(self, other: Any) -> "Truth":
        return _compare(other, self, strict=True)

    def __le__(self, other: Any) -> "Truth":
        return _compare(self, other, strict=False)

    def __ge__(self, other: Any) -> "Truth":
        return _compare(other, self, strict=False)

    def __eq__(self, other: Any) -> "Truth":  # type: ignore[override]  # a condition, as with NumPy's arrays
        return _equal(self, other)

    def __ne__(self, other: Any) -> "Truth":  # type: ignore[override]  # likewise
        found = _equal(self, other)
        return Truth(~found.maybe, ~found.sure)

    def __add__(self, other: Any) -> Any:
        return _apply(add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _apply(add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _apply(sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _apply(sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return _apply(mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _apply(mul, other, self)

    def __neg__(self) -> Any:
        return 0.0 - self

    def __pos__(self) -> Any:
        return self

    def __truediv__(self, other: Any) -> "Interval":
        return _divide(_interval(self), _interval(other))

    def __rtruediv__(self, other: Any) -> "Interval":
        return _divide(_interval(other), _interval(self))

    def __abs__(self) -> "Interval":
        x = _interval(self)
        least = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(abs(x.low), abs(x.high)))
        return Interval(least, np.maximum(abs(x.low), abs(x.high)))

    def __pow__(self, other: Any) -> "Interval":
        return _power(_interval(self), _interval(other))

    def __rpow__(self, other: Any) -> "Interval":
        return _power(_interval(other), _interval(self))

    def __bool__(self) -> bool:
        raise TypeError("branches on a number that varies; a game is written without branches")


class Interval(_Number):
    """low, high: float64 of one shape, low ≤ high."""

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any) -> None:
        self.low, self.high = np.asarray(low, np.float64), np.asarray(high, np.float64)


class Choice(_Number):
    """may: for each value, whether the number may have it."""

    __slots__ = ("may",)

    def __init__(self, may: Mapping[float, Any]) -> None:
        self.may = dict(may)


class Truth(Varying):
    """sure: it holds at every point of the box; maybe: it holds at some, for all that is known.

    compared: of a comparison, the two numbers, the smaller one first.
    """

    __slots__ = ("compared", "maybe", "sure")
    __array_ufunc__ = None

    def __init__(self, sure: Any, maybe: Any, compared: tuple[Any, Any] | None = None) -> None:
        self.sure, self.maybe, self.compared = np.asarray(sure), np.asarray(maybe), compared

    def __and__(self, other: Any) -> "Truth":
        other = truth(other)
        return Truth(self.sure & other.sure, self.maybe & other.maybe)

    def __or__(self, other: Any) -> "Truth":
        other = truth(other)
        return Truth(self.sure | other.sure, self.maybe | other.maybe)

    __rand__, __ror__ = __and__, __or__

    def __bool__(self) -> bool:
        raise TypeError("branches on a condition that varies; a game is written without branches")


def truth(value: Any) -> Truth:
    """A condition as a Truth; of a plain one, that."""
    return value if isinstance(value, Truth) else Truth(value, value)


def _choice(value: Any) -> Choice:
    """One of a few numbers; of a plain one, that."""
    return value if isinstance(value, Choice) else Choice({float(value): np.True_})


def _interval(value: Any) -> Interval:
    """The hull of what a number may be."""
    if isinstance(value, Interval):
        return value
    if not isinstance(value, Choice):
        return Interval(value, value) if value == value else Interval(-np.inf, np.inf)  # no number: it may be anything
    low = reduce(np.minimum, [np.where(may, v, np.inf) for v, may in value.may.items()])
    return Interval(low, reduce(np.maximum, [np.where(may, v, -np.inf) for v, may in value.may.items()]))


def _apply(operation: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Sum, difference or product."""
    if not isinstance(x, Interval) and not isinstance(y, Interval):
        found: dict[float, Any] = {}
        for v, may_v in _choice(x).may.items():
            for w, may_w in _choice(y).may.items():
                value = operation(v, w)
                if np.any(both := may_v & may_w):
                    found[value] = found.get(value, np.False_) | both
        return Choice(found)
    one, other = _interval(x), _interval(y)
    with np.errstate(all="ignore"):
        if operation is add:
            return Interval(_down(one.low + other.low), _up(one.high + other.high))
        if operation is sub:
            return Interval(_down(one.low - other.high), _up(one.high - other.low))
        ends = [a * b for a in (one.low, one.high) for b in (other.low, other.high)]
        ends = [np.where(np.isnan(end), 0.0, end) for end in ends]  # 0 times an end at infinity, which no number is
    return Interval(_down(reduce(np.minimum, ends)), _up(reduce(np.maximum, ends)))


def _divide(x: Interval, y: Interval) -> Interval:
    with np.errstate(all="ignore"):
        ends = [a / b for a in (x.low, x.high) for b in (y.low, y.high)]
        ends = [np.where(np.isnan(end), 0.0, end) for end in ends]
    through = (y.low <= 0) & (y.high >= 0)
    low, high = _down(reduce(np.minimum, ends)), _up(reduce(np.maximum, ends))
    return Interval(np.where(through, -np.inf, low), np.where(through, np.inf, high))


def _power(x: Interval, r: Interval) -> Interval:
    """x to the power r, for x ≥ 0; anything where x may be negative."""
    with np.errstate(all="ignore"):
        ends = [np.power(a, b) for a in (np.maximum(x.low, 0), np.maximum(x.high, 0)) for b in (r.low, r.high)]
    unsure = (x.low < 0) | reduce(or_, map(np.isnan, ends))
    low, high = (reduce(choose, ends) for choose in (np.minimum, np.maximum))
    plain = (r.low == 1) & (r.high == 1)
    low = np.where(plain, x.low, _down(low * (1 - POWER)))
    high = np.where(plain, x.high, _up(high * (1 + POWER)))
    return Interval(np.where(unsure, -np.inf, np.maximum(low, 0)), np.where(unsure, np.inf, high))


def _compare(x: Any, y: Any, strict: bool) -> Truth:
    """Whether x < y, or x ≤ y."""
    one, other = _interval(x), _interval(y)
    if strict:
        return Truth(one.high < other.low, one.low < other.high, (x, y))
    return Truth(one.high <= other.low, one.low <= other.high, (x, y))


def _equal(x: Any, y: Any) -> Truth:
    if x is y and isinstance(x, Interval):  # one number, not two
        return Truth(x.low == x.low, x.low == x.low)
    if isinstance(x, Interval) or isinstance(y, Interval):
        one, other = _interval(x), _interval(y)
        single = (one.low == one.high) & (other.low == other.high) & (one.low == other.low)
        return Truth(single, (one.low <= other.high) & (other.low <= one.high))
    pairs = [(v, a, w, b) for v, a in _choice(x).may.items() for w, b in _choice(y).may.items()]
    maybe = reduce(or_, [a & b for v, a, w, b in pairs if v == w], np.False_)
    return Truth(~reduce(or_, [a & b for v, a, w, b in pairs if v != w], np.False_), maybe)


@where.register
def _where(condition: Truth, yes: Any, no: Any) -> Any:
    """Both where it is undecided: of conditions and of few numbers exactly that, of others the hull."""
    possible, impossible = condition.maybe, ~condition.sure
    if all(isinstance(arm, Truth | bool | np.bool_) for arm in (yes, no)):
        this, that = truth(yes), truth(no)
        maybe = (possible & this.maybe) | (impossible & that.maybe)
        return Truth(~((possible & ~this.sure) | (impossible & ~that.sure)), maybe)
    if not any(isinstance(arm, Interval) or (isinstance(arm, float) and isnan(arm)) for arm in (yes, no)):
        one_of, or_of = _choice(yes).may, _choice(no).may
        may = {
            value: (possible & one_of.get(value, np.False_)) | (impossible & or_of.get(value, np.False_))
            for value in {**one_of, **or_of}
        }
        return Choice({value: here for value, here in may.items() if np.any(here)})
    one, other = _interval(yes), _interval(no)
    low = np.where(impossible, np.where(possible, np.minimum(one.low, other.low), other.low), one.low)
    high = np.where(impossible, np.where(possible, np.maximum(one.high, other.high), other.high), one.high)
    return Interval(*_cut(condition, yes, no, one, other, low, high))


def _cut(condition: Truth, yes: Any, no: Any, one: Interval, other: Interval, low: Floats, high: Floats) -> Any:
    """The smaller or the larger of the two numbers that were compared: there the hull would be too wide."""
    if condition.compared and yes is condition.compared[0] and no is condition.compared[1]:
        high = np.minimum(high, np.minimum(one.high, other.high))
    elif condition.compared and yes is condition.compared[1] and no is condition.compared[0]:
        low = np.maximum(low, np.maximum(one.low, other.low))
    return low, high


@has_flag.register
def _has_flag(number: Choice, flag: int) -> Truth:
    has, lacks = (
        reduce(or_, [may for value, may in number.may.items() if (int(value) // flag) % 2 == bit], np.False_)
        for bit in (1, 0)
    )
    return Truth(~lacks, has)


@ratio_power.register
def _ratio_power(y: Interval, x: Any, r: Any) -> Interval:
    return _power(_divide(y, _interval(x)), _interval(r))


@portion.register(Interval)
@portion.register(Choice)
def _portion(x: Any, y: Any) -> Interval:
    """Each number once, x and y not below 0: the larger x, and the smaller y, the larger."""
    one, other = _interval(x), _interval(y)
    with np.errstate(all="ignore"):
        low, high = one.low / _up(one.low + other.high), one.high / _down(one.high + other.low)
    usual = (one.low >= 0) & (other.low >= 0)
    low, high = np.where(np.isnan(low), 0.0, _down(low)), np.where(np.isnan(high), 1.0, _up(high))
    wide = _divide(one, _apply(add, one, other))
    return Interval(np.where(usual, np.maximum(low, 0), wide.low), np.where(usual, np.minimum(high, 1), wide.high))


def enclose(
    game: Game, box: Mapping[str, Any], outputs: Sequence[str] | None = None
) -> dict[str, tuple[Interval | Choice, ...]]:
    """What the outputs of a game may be in boxes of its parameters, one for each component of an output.

    box: for a parameter an Interval, arrays of one shape, or a number; defaults stand for the rest. Points of a box
        outside the game's domain are told by the value of what lies outside it, 254 and NaN; numbers are then of the
        rest of the box.
    """
    given = {**game.defaults, **box}
    with np.errstate(all="ignore"):
        inside = reduce(and_, map(truth, limits(game, given)))
        solution = call(game, given)
        found: dict[str, tuple[Interval | Choice, ...]] = {}
        for output in [game.output(name) for name in outputs] if outputs else game.outputs:
            held = numbers(game, solution, output)
            if output.kind == "real":
                found[output.name] = tuple(map(_interval, held))
            else:
                found[output.name] = tuple(where(inside, _code(output, n), float(output.outside)) for n in held)
    return found


def _code(output: Output, number: Any) -> Choice:
    """One of the codes of an output, which outward rounding may have made a number near it."""
    if not isinstance(number, Interval):
        return _choice(number)
    values = range(OUTSIDE_DOMAIN) if output.kind != "codes" else [flag.value for flag in output.flags]
    return Choice({float(v): (number.low <= v) & (number.high >= v) for v in values})
