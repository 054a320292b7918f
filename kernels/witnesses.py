"""Witnesses: points at which a proof need not be tried, for there it is seen to fail.

    Witnesses().against(form, facts)   whether some point that fits the facts shows a form below 0

The points are drawn at random and in float64: they decide only what is worth trying, never what is proved.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from posse.kernels.forms import Bounds, Condition, Form, Formula, Symbol

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

POINTS = 512
ALIKE = 0.15  # of the points: for claims about what is equal
CLEAR = 1e-9  # how far below 0 is no error of rounding


class Witnesses:
    """Values of symbols and forms at the points, as they are asked for."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = np.random.default_rng(seed)
        self._alike = self._dice.random(POINTS) < ALIKE  # where all that have one range have one value
        self._size = 10 ** self._dice.uniform(-3, 1.5, POINTS)
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
        """A parameter: all of its range, what lies near 0, and its ends."""
        low, high = (None if end is None else float(end) for end in bounds[:2])
        wide = np.where(self._alike, self._size, 10 ** self._dice.uniform(-3, 1.5, POINTS))
        if low is not None and high is not None:
            values = self._dice.uniform(low, high, POINTS)
        elif low is not None:
            values = low + wide
        else:
            values = high - wide if high is not None else self._dice.choice([-1, 1], POINTS) * wide
        chosen = self._dice.random(POINTS)
        for k, (end, is_open) in enumerate(((low, bounds.low_open), (high, bounds.high_open))):
            if end is not None and not is_open:
                values = np.where((chosen >= 0.15 * k) & (chosen < 0.15 * (k + 1)), end, values)
        return values
