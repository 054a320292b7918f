"""The words in which a game is written, besides arithmetic, comparisons, `&` and `|`.

    where(condition, yes, no) -> yes or no      choice without a branch
    minimum(x, y), maximum(x, y) -> x or y
    quotient(x, y) -> x / y                     0 where y is 0
    ratio_power(y, x, r) -> (y / x) ** r
    portion(x, y) -> x / (x + y)

Of what a game gives, besides:

    opposite(condition)      what holds where it does not
    has_flag(number, flag)   whether a sum of flags has this one

A game made of these runs on whatever numbers it is given: float64 in compiled code, NumPy arrays,
`fractions.Fraction`, intervals. A new arithmetic is Varying, and registers its kind of condition with
`where.register`.
"""

from functools import singledispatch
from typing import Any

import numpy as np


class Varying:
    """A number of an arithmetic of ours, on which nothing can branch."""


@singledispatch
def where(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where `condition` holds, else `no`; both are evaluated."""
    return yes if condition else no


@where.register
def _(condition: np.ndarray, yes: Any, no: Any) -> Any:
    return np.where(condition, yes, no)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two numbers; `x` when equal."""
    return where(y < x, y, x)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two numbers; `x` when equal."""
    return where(y > x, y, x)


def quotient(x: Any, y: Any) -> Any:
    """x / y, and 0 where y is 0, also in arithmetics that know no infinity."""
    nothing = y == 0
    return where(nothing, 0, x / where(nothing, 1, y))


@singledispatch
def portion(x: Any, y: Any) -> Any:
    """What part x is of x + y."""
    return x / (x + y)


@singledispatch
def ratio_power(y: Any, x: Any, r: Any) -> Any:
    """The ratio y / x to the power r, for finite y and x ≥ 0 that are not both 0."""
    return (y / x) ** r


def opposite(condition: Any) -> Any:
    """What holds where a condition does not."""
    return where(condition, False, True)


@singledispatch
def has_flag(number: Any, flag: int) -> Any:
    """Whether a sum of flags, each a power of two, has this one."""
    return (number // flag) % 2 == 1
