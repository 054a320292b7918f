"""Algebra: a game at all points at once, as polynomials of symbols with rational coefficients.

    Table()                   the symbols of one run of a definition
    .parameter(name, bounds)  a number that may be anything within bounds
    .number(value)            a number, as one of them

They are Forms, which compared make Formulas (posse.kernels.forms); quotients and powers that are no polynomials are new
symbols. What is the same polynomial of the same symbols is the same Form, whatever way it was computed; so is what is
the same quotient of polynomials without a common power product. Nothing is rounded. posse.kernels.proof proves with it.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import inf, isfinite
from numbers import Real
from operator import mul, sub
from time import monotonic
from typing import Any

import numpy as np

from posse.kernels.forms import Bounds, Condition, Fork, Form, Formula, Monomial, Symbol, Terms, TooHard
from posse.kernels.vocabulary import has_flag, portion, ratio_power, where

Operation = Callable[[Any, Any], Any]

MANY = 1000  # terms of a form, and
TOO_MANY = 30_000  # forms: beyond that nothing is proved in time


class Table:
    """The symbols, forms and formulas of one run of a definition, each there once.

    until: by monotonic(), when it gives up with TooHard.
    """

    def __init__(self, until: float = inf) -> None:
        self.until = until
        self._symbols: dict[Any, Symbol] = {}
        self._forms: dict[Any, Form] = {}
        self._formulas: dict[Any, Formula] = {}
        self._compared: dict[tuple[int, bool], Condition] = {}
        self.is_known: Callable[[Form, bool], bool] = lambda form, strict: False  # above 0 at all points, or not below
        self.divisors: dict[Form, None] = {}  # which must not be 0 for the quotients to be what they seem
        self.powers: dict[tuple[Form, Form], None] = {}  # bases and exponents, for which there must be a power

    def parameter(self, name: str, bounds: Bounds) -> Form:
        return self._of(self._symbol("parameter", (name, bounds)))

    def form(self, terms: Mapping[Monomial, Fraction], limit: float | None = None) -> Form:
        kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
        if len(kept) > MANY:
            raise TooHard(f"a polynomial of {len(kept)} terms")
        key = (frozenset(kept.items()), limit)
        if key not in self._forms:
            if len(self._forms) > TOO_MANY or monotonic() > self.until:
                raise TooHard("no more room, or time")
            self._forms[key] = Form(self, len(self._forms), kept, limit)
        return self._forms[key]

    def number(self, value: Any) -> Form:
        """A number as a form; Python's numbers are what they are exactly, conditions count 1 and 0."""
        if isinstance(value, Form):
            return value
        if isinstance(value, Formula):
            return self.number(where(value, 1, 0))
        if not isinstance(value, Real | np.bool_) or value != value:
            raise TooHard(f"{value!r} is no number")
        if isinstance(value, float) and not isfinite(value):
            return self.form({}, value)
        plain = value if isinstance(value, int | Fraction) else float(value)
        return self.form({(): Fraction(plain)})

    def apply(self, operation: Operation, x: Any, y: Any) -> Any:
        """Sum, difference or product."""
        one, other = self.number(x), self.number(y)
        lifted = _lifted(one) or _lifted(other)
        if lifted:
            condition, *arms = lifted.parts
            yes, no = (
                self.apply(operation, *(n.where_is(lifted, arm) if lifted in n.symbols else n for n in (one, other)))
                for arm in arms
            )
            return where(condition, yes, no)
        if one.limit is not None or other.limit is not None:
            return self._at_infinity(operation, one, other)
        if operation is mul:
            return self._product(one, other)
        terms = dict(one.terms)
        for monomial, coefficient in other.terms.items():
            terms[monomial] = operation(terms.get(monomial, Fraction(0)), coefficient)
        return self.form(terms)

    def _product(self, one: Form, other: Form) -> Form:
        if len(one.terms) * len(other.terms) > 16 * MANY:
            raise TooHard("a polynomial of very many terms")
        terms: Terms = {}
        for m, c in one.terms.items():
            for n, d in other.terms.items():
                both = tuple(sorted(m + n))
                terms[both] = terms.get(both, Fraction(0)) + c * d
        return self.form(terms)

    def _at_infinity(self, operation: Operation, one: Form, other: Form) -> Form:
        """With an infinite number; only sums of it with finite ones are known, and multiples."""
        if operation is mul:
            factor, end = (one.constant, other.limit) if one.limit is None else (other.constant, one.limit)
            if factor and end is not None:
                return self.form({}, end if factor > 0 else -end)
        if operation is mul or (one.limit is not None and other.limit is not None):
            raise TooHard("a number that is infinite or undefined")
        limit = one.limit if one.limit is not None else operation(0.0, other.limit)
        return self.form({}, limit)

    def divide(self, x: Any, y: Any) -> Form:
        one, other = self.number(x), self.number(y)
        if one.limit is not None or other.limit is not None or _lifted(one) or _lifted(other):
            raise TooHard("a quotient of a number that may be infinite")
        if other.constant == 0:
            raise TooHard("a division by 0")
        self.divisors[other] = None
        if not one.terms:
            return one
        shared = common(monomial for form in (one, other) for monomial in form.terms)
        scale = abs(other.terms[min(other.terms, key=_order)])
        scale = scale if sum(other.terms.values()) >= 0 else -scale  # mostly above 0, as what is divided by should be
        num, den = (self.form({without(m, shared): c / scale for m, c in form.terms.items()}) for form in (one, other))
        if den.constant is not None:
            return self.form({m: c / den.constant for m, c in num.terms.items()})
        share = num.terms.get(min(den.terms, key=_order), Fraction(0)) / den.terms[min(den.terms, key=_order)]
        if num is self.apply(mul, den, share):
            return self.number(share)
        return self._of(self._symbol("ratio", (num, den)))

    def power(self, x: Any, r: Any, expand: bool = True) -> Form:
        """expand: a small whole power of a polynomial is a polynomial."""
        base, exponent = self.number(x), self.number(r)
        if any(number.limit is not None or _lifted(number) for number in (base, exponent)):
            raise TooHard("a power of a number that may be infinite")
        whole = exponent.constant
        if whole in (0, 1):
            return base if whole else self.number(1)
        expand = expand or base.constant is not None
        if expand and whole is not None and whole.denominator == 1 and 1 < whole <= 8:
            found = base
            for _ in range(int(whole) - 1):
                found = self.apply(mul, found, base)
            return found
        self.powers[base, exponent] = None
        return self._of(self._symbol("power", (base, exponent)))

    def choice(self, condition: Formula, yes: Any, no: Any) -> Form:
        arms = self.number(yes), self.number(no)
        return arms[0] if arms[0] is arms[1] else self._of(self._symbol("choice", (condition, *arms)))

    def positive(self, x: Any, y: Any, strict: bool) -> Condition:
        """Whether x − y is above 0, or not below."""
        one, other = self.number(x), self.number(y)
        if lifted := _lifted(one) or _lifted(other):
            condition, *arms = lifted.parts
            pairs = [[n.where_is(lifted, arm) if lifted in n.symbols else n for n in (one, other)] for arm in arms]
            either: Condition = where(condition, *(self.positive(a, b, strict) for a, b in pairs))
            return either
        if one.limit is not None or other.limit is not None:
            values = [0.0 if form.limit is None else form.limit for form in (one, other)]
            return values[0] > values[1] if strict else values[0] >= values[1]
        return self.compare(self.apply(sub, one, other), strict)

    def compare(self, form: Form, strict: bool) -> Condition:
        """Whether a form is above 0, or not below; of codes, the conditions on which that turns."""
        key = (form.index, strict)
        if key not in self._compared:
            self._compared[key] = self._compare(form, strict)
        return self._compared[key]

    def _compare(self, form: Form, strict: bool) -> Condition:
        if form.constant is not None:
            return form.constant > 0 if strict else form.constant >= 0
        if not all(s.is_code for s in form.symbols):
            for answer in (True, False):
                if self.is_known(form if answer else -form, strict is answer):
                    return answer
            scale = abs(form.terms[min(form.terms, key=_order)])
            return self._formula("positive", (self.form({m: c / scale for m, c in form.terms.items()}), strict))
        low, high = code_range(form)
        if low > 0 or (low == 0 and not strict):
            return True
        if high < 0 or (high == 0 and strict):
            return False
        widest = max(form.symbols, key=lambda s: _spread(form, s))
        condition, yes, no = widest.parts
        turned: Condition = where(condition, *(self.compare(form.where_is(widest, arm), strict) for arm in (yes, no)))
        return turned

    def equal(self, x: Any, y: Any) -> Condition:
        if isinstance(x, Form) and isinstance(y, Form) and x is y:
            return True
        if not any(_lifted(n) or n.limit is not None for n in map(self.number, (x, y))):
            form = self.apply(sub, x, y)
            if (
                len(form.symbols) == 1
                and form.symbols[0].kind == "parameter"
                and (parts := form.split(form.symbols[0]))
            ):
                name, bounds = form.symbols[0].parts
                value = -(parts[1].constant or Fraction(0)) / (parts[0].constant or Fraction(1))
                if bounds.exclude(value):
                    return False
                raise Fork(name, value)
        return self.positive(x, y, False) & self.positive(y, x, False)

    def join(self, op: str, x: Condition, y: Condition) -> Condition:
        for this, that in ((x, y), (y, x)):
            if isinstance(this, bool | np.bool_):
                return that if bool(this) == (op == "and") else bool(this)
        if x is y:
            return x
        return self._formula(op, (x, y))

    def _formula(self, op: str, parts: tuple[Any, ...]) -> Formula:
        key = (op, *(p if isinstance(p, bool) else p.index for p in parts))
        if key not in self._formulas:
            self._formulas[key] = Formula(self, len(self._formulas), op, parts)
        return self._formulas[key]

    def _symbol(self, kind: str, parts: tuple[Any, ...]) -> Symbol:
        key = (kind, *(p.index if isinstance(p, Form | Formula) else p for p in parts))
        if key not in self._symbols:
            self._symbols[key] = Symbol(len(self._symbols), kind, parts)
        return self._symbols[key]

    def _of(self, symbol: Symbol) -> Form:
        return self.form({(symbol,): Fraction(1)})


def code_range(form: Form) -> tuple[Fraction, Fraction]:
    """The least and the largest value of a form of codes, each taken for itself."""
    low = high = form.terms.get((), Fraction(0))
    for monomial, coefficient in form.terms.items():
        ends = [coefficient]
        for symbol in monomial:
            ends = [end * value for end in ends for value in _ends(symbol)]
        if monomial:
            low, high = low + min(ends), high + max(ends)
    return low, high


def _ends(symbol: Symbol) -> tuple[Fraction, Fraction]:
    ranges = [code_range(arm) for arm in symbol.parts[1:]]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _spread(form: Form, symbol: Symbol) -> Fraction:
    """By how much a symbol can move a form."""
    low, high = _ends(symbol)
    return sum((abs(c) * (high - low) for m, c in form.terms.items() if symbol in m), Fraction(0))


def _lifted(form: Form) -> Symbol | None:
    """A symbol of a form that may be infinite."""
    return next((s for s in form.symbols if s.is_endless), None)


def _order(monomial: Monomial) -> tuple[int, ...]:
    return (-len(monomial), *(s.index for s in monomial))


def common(monomials: Iterable[Monomial]) -> Monomial:
    """The power product that divides all."""
    found: Monomial | None = None
    for monomial in monomials:
        if found is None:
            found = monomial
        else:
            found = tuple(s for k, s in enumerate(found) if monomial.count(s) > found[:k].count(s))
    return found or ()


def without(monomial: Monomial, common: Monomial) -> Monomial:
    left = list(monomial)
    for symbol in common:
        left.remove(symbol)
    return tuple(left)


@where.register
def _where(condition: Formula, yes: Any, no: Any) -> Any:
    if yes is no:
        return yes
    if all(isinstance(arm, bool | np.bool_ | Formula) for arm in (yes, no)):
        return (condition & yes) | (_opposite(condition) & no)
    return condition.table.choice(condition, yes, no)


def _opposite(condition: Any) -> Any:
    if not isinstance(condition, Formula):
        return not condition
    if condition.op == "positive":
        form, strict = condition.parts
        return condition.table.compare(-form, not strict)
    one, other = map(_opposite, condition.parts)
    return one | other if condition.op == "and" else one & other


@portion.register
def _portion(x: Form, y: Any) -> Any:
    return x.table.divide(x, x + y)


@ratio_power.register
def _ratio_power(y: Form, x: Any, r: Any) -> Any:
    return y.table.power(y.table.divide(y, x), r, expand=False)


@has_flag.register
def _has_flag(number: Form, flag: int) -> Any:
    """Of a sum of choices, by those that make a difference: not multiples of twice the flag.

    Nor all below the flag together, where the others are multiples of it.
    """
    if number.limit is not None or not all(s.is_code for s in number.symbols):
        raise TooHard("flags that are no sum of choices")
    values = {m: _values(m, c) for m, c in number.terms.items()}
    terms = {m: c for m, c in number.terms.items() if not values[m] or any(v % (2 * flag) for v in values[m])}
    high = {m: c for m, c in terms.items() if not values[m] or any(not 0 <= v < flag for v in values[m])}
    low = sum((max(values[m]) for m in terms if m not in high), Fraction(0))
    if low < flag and all(values[m] and not any(v % flag for v in values[m]) for m in high):
        terms = high
    form = number.table.form(terms)
    if form.constant is not None:
        return (form.constant // flag) % 2 == 1
    condition, yes, no = form.symbols[-1].parts
    return where(condition, *(has_flag(form.where_is(form.symbols[-1], arm), flag) for arm in (yes, no)))


def _values(monomial: Monomial, coefficient: Fraction) -> list[Fraction]:
    """What a term of a sum of choices may be; nothing is known of one that is more than a choice of two numbers."""
    if not monomial:
        return [coefficient]
    arms = monomial[0].parts[1:] if len(monomial) == 1 else ()
    values = [arm.constant * coefficient for arm in arms if arm.constant is not None]
    return values if len(values) == len(arms) else []
