"""Witnesses: points at which a proof need not be tried, for there it is seen to fail.

    Witnesses().against(form, facts)   whether some point that fits the facts shows a form below 0
    within(bounds, ...)                numbers drawn within bounds

The points are drawn at random and in float64: they decide only what is worth trying, never what is proved.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from posse.kernels.forms import Bounds, Condition, Form, Formula, Symbol

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

POINTS = 512
SIZES = -3.0, 1.5  # powers of ten, of numbers without an end
END = 0.15  # how often each end of a range is drawn
ALIKE = 0.15  # of the points: for claims about what is equal
CLEAR = 1e-9  # how far below 0 is no error of rounding


class Witnesses:
    """Values of symbols and forms at the points, as they are asked for."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = np.random.default_rng(seed)
        self._alike = self._dice.random(POINTS) < ALIKE  # where all that have one range have one value
        self._size = 10 ** self._dice.uniform(*SIZES, POINTS)
        self._symbols: dict[Symbol, Floats] = {}
        self._forms: dict[int, Floats] = {}

    def against(self, form: Form, facts: Iterable[tuple[Form, bool] | Formula]) -> bool:
        with np.errstate(all="ignore"):
            wrong = self.of(form) < -CLEAR
            for fact in facts:
                if not wrong.any():
                    return False
                wrong = wrong & (self._holds(fact) if isinstance(fact, Formula) else self._fits(*fact))
        return bool(wrong.any())

    def _fits(self, form: Form, strict: bool) -> Bools:
        return np.asarray(self.of(form) > (CLEAR if strict else -CLEAR))

    def of(self, form: Form) -> Floats:
        if form.index not in self._forms:
            total = np.zeros(POINTS)
            for monomial, coefficient in form.terms.items():
                product = np.full(POINTS, float(coefficient))
                for symbol in monomial:
                    product = product * self._symbol(symbol)
                total += product
            self._forms[form.index] = total
        return self._forms[form.index]

    def _symbol(self, symbol: Symbol) -> Floats:
        if symbol not in self._symbols:
            self._symbols[symbol] = self._value(symbol)
        return self._symbols[symbol]

    def _value(self, symbol: Symbol) -> Floats:
        if symbol.kind == "parameter":
            return self._drawn(symbol.parts[1])
        if symbol.kind == "choice":
            condition, yes, no = symbol.parts
            return np.where(self._holds(condition), self.of(yes), self.of(no))
        one, other = map(self.of, symbol.parts)
        return np.asarray(one / other if symbol.kind == "ratio" else np.power(one, other))

    def _holds(self, condition: Condition) -> Bools:
        if not isinstance(condition, Formula):
            return np.full(POINTS, bool(condition))
        if condition.op == "positive":
            form, strict = condition.parts
            return np.asarray(self.of(form) > 0 if strict else self.of(form) >= 0)
        one, other = map(self._holds, condition.parts)
        return one & other if condition.op == "and" else one | other

    def _drawn(self, bounds: Bounds) -> Floats:
        size = np.where(self._alike, self._size, 10 ** self._dice.uniform(*SIZES, POINTS))
        return within(bounds, size, self._dice, [(bounds.low, END), (bounds.high, END)])


def within(
    bounds: Bounds, size: Floats, dice: np.random.Generator, often: Sequence[tuple[Fraction | None, float]]
) -> Floats:
    """Numbers drawn within bounds: from all of a range; where it has no end, by size; and some of them often.

    size: how far from its one end, or from 0, shape (n,). often: numbers, if bounds allow them, and their shares.
    """
    low, high = (None if end is None else float(end) for end in bounds[:2])
    if low is not None and high is not None:
        values = dice.uniform(low, high, len(size))
    elif low is not None:
        values = low + size
    else:
        values = high - size if high is not None else dice.choice([-1, 1], len(size)) * size
    chosen, first = dice.random(len(size)), 0.0
    for value, share in often:
        if value is not None and not bounds.exclude(value):
            values = np.where((chosen >= first) & (chosen < first + share), float(value), values)
            first += share
    return values
