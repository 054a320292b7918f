"""What the algebra (posse.kernels.algebra) computes with.

    Symbol      what forms are made of: a parameter, a quotient, a power, a choice
    Form        a polynomial of symbols; arithmetic makes new ones, in the table that it belongs to
    Formula     a condition: forms compared with 0, joined by and, or
    Bounds      where a number lies

TooHard and Fork are raised while a definition runs, where it cannot go on like this.
"""

from fractions import Fraction
from operator import add, mul, sub
from typing import TYPE_CHECKING, Any, NamedTuple

from posse.kernels.vocabulary import Varying, opposite, where

if TYPE_CHECKING:
    from posse.kernels.algebra import Table

Monomial = tuple["Symbol", ...]  # in the order of the symbols, one as often as its power
Terms = dict[Monomial, Fraction]


class TooHard(BaseException):  # no Exception, which whoever runs a definition would report as an error of its author
    """This definition leaves the algebra here, or becomes too large for it."""


class Fork(BaseException):  # likewise
    """Whether a parameter has this very value, on which the definition turns: to be decided before it runs."""

    def __init__(self, name: str, value: Fraction) -> None:
        super().__init__(name, value)
        self.name, self.value = name, value


class Bounds(NamedTuple):
    """Where a number lies; None where it has no end."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    apart: tuple[Fraction, ...] = ()  # values that it does not have

    def exclude(self, value: Fraction) -> bool:
        below = self.low is not None and (value < self.low or (value == self.low and self.low_open))
        above = self.high is not None and (value > self.high or (value == self.high and self.high_open))
        return below or above or value in self.apart


class Symbol:
    """What a form is made of.

    kind and parts: "parameter" (name, bounds); "ratio" (numerator, denominator); "power" (base, exponent);
    "choice" (condition, yes, no)
    """

    __slots__ = ("index", "is_code", "is_endless", "kind", "parts", "support")

    def __init__(self, index: int, kind: str, parts: tuple[Any, ...]) -> None:
        self.index, self.kind, self.parts = index, kind, parts
        arms = parts[1:] if kind == "choice" else ()
        self.is_endless = any(arm.limit is not None or any(s.is_endless for s in arm.symbols) for arm in arms)
        self.is_code = bool(arms) and not self.is_endless and all(s.is_code for arm in arms for s in arm.symbols)
        self.support: frozenset[Symbol] = frozenset((self,)).union(
            *(part.support for part in parts if isinstance(part, Form | Formula))
        )

    def __lt__(self, other: "Symbol") -> bool:
        return self.index < other.index


class Form(Varying):
    """A polynomial: what it is of, by power products; or, where `limit` is one, that infinity."""

    __array_ufunc__ = None  # NumPy's numbers leave arithmetic to the methods
    __slots__ = ("index", "limit", "support", "symbols", "table", "terms")
    __hash__ = object.__hash__

    def __init__(self, table: "Table", index: int, terms: Terms, limit: float | None) -> None:
        self.table, self.index, self.terms, self.limit = table, index, terms, limit
        self.symbols: tuple[Symbol, ...] = tuple(sorted({s for monomial in terms for s in monomial}))
        self.support: frozenset[Symbol] = frozenset().union(*(s.support for s in self.symbols))

    @property
    def constant(self) -> Fraction | None:
        """The number that it is, None where it varies."""
        return None if self.symbols or self.limit is not None else self.terms.get((), Fraction(0))

    def split(self, symbol: Symbol) -> tuple["Form", "Form"] | None:
        """a and b of a · symbol + b; None where the symbol has a higher power."""
        first: Terms = {}
        rest: Terms = {}
        for monomial, coefficient in self.terms.items():
            count = monomial.count(symbol)
            if count > 1:
                return None
            if count:
                first[tuple(s for s in monomial if s is not symbol)] = coefficient
            else:
                rest[monomial] = coefficient
        return self.table.form(first), self.table.form(rest)

    def quadratic(self, symbol: Symbol) -> tuple["Form", "Form", "Form"] | None:
        """a, b and c of a · symbol² + b · symbol + c; None where its highest power is another."""
        parts: list[Terms] = [{}, {}, {}]
        for monomial, coefficient in self.terms.items():
            count = monomial.count(symbol)
            if count > 2:
                return None
            parts[2 - count][tuple(s for s in monomial if s is not symbol)] = coefficient
        a, b, c = map(self.table.form, parts)
        return (a, b, c) if parts[0] else None

    def where_is(self, symbol: Symbol, value: "Form") -> "Form":
        """The form with a value in place of a symbol."""
        found: Any = self.table.form({m: c for m, c in self.terms.items() if symbol not in m})
        for monomial, coefficient in self.terms.items():
            if count := monomial.count(symbol):
                part: Any = self.table.form({tuple(s for s in monomial if s is not symbol): coefficient})
                for _ in range(count):
                    part = part * value
                found = found + part
        return self.table.number(found)

    def __add__(self, other: Any) -> Any:
        return self.table.apply(add, self, other)

    def __radd__(self, other: Any) -> Any:
        return self.table.apply(add, other, self)

    def __sub__(self, other: Any) -> Any:
        return self.table.apply(sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.table.apply(sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return self.table.apply(mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.table.apply(mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.table.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.table.divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return self.table.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.table.power(other, self)

    def __neg__(self) -> Any:
        return 0 - self

    def __pos__(self) -> "Form":
        return self

    def __abs__(self) -> Any:
        return where(self < 0, -self, self)

    def __lt__(self, other: Any) -> Any:
        return self.table.positive(other, self, True)

    def __gt__(self, other: Any) -> Any:
        return self.table.positive(self, other, True)

    def __le__(self, other: Any) -> Any:
        return self.table.positive(other, self, False)

    def __ge__(self, other: Any) -> Any:
        return self.table.positive(self, other, False)

    def __eq__(self, other: Any) -> Any:
        return self.table.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return opposite(self.table.equal(self, other))

    def __bool__(self) -> bool:
        raise TypeError("branches on a number that varies; a game is written without branches")


class Formula(Varying):
    """op and parts: "positive" (form, strict): it is above 0, or not below; "and", "or" (two conditions)."""

    __array_ufunc__ = None
    __slots__ = ("index", "op", "parts", "support", "table")
    __hash__ = object.__hash__

    def __init__(self, table: "Table", index: int, op: str, parts: tuple[Any, ...]) -> None:
        self.table, self.index, self.op, self.parts = table, index, op, parts
        self.support: frozenset[Symbol] = frozenset().union(*(p.support for p in parts if not isinstance(p, bool)))

    def __and__(self, other: Any) -> Any:
        return self.table.join("and", self, other)

    def __or__(self, other: Any) -> Any:
        return self.table.join("or", self, other)

    __rand__, __ror__ = __and__, __or__

    def __bool__(self) -> bool:
        raise TypeError("branches on a condition that varies; a game is written without branches")


Condition = bool | Formula
