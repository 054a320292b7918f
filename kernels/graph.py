"""A definition as a graph: numbers that record what is computed with them, in place of computing it.

    Graph().parameter(0)      a number that stands for the first parameter
    Number                    arithmetic, comparisons, `&`, `|` and the vocabulary make new ones of it
    fused, bits, from_bits    words for posse.kernels.elementary: x · y + z rounded once; a float's bits and back
    none_negative(numbers)    whether every sign is plus
    graph.needed(results)     what a result is made of, in order
    graph.possible(result)    the values that it may have, where these are few
    graph.hashes(results)     the same as hashes: two numbers of one hash are computed alike, in whatever graph

The same thing computed twice is one number. What the compiler makes of a graph rounds as NumPy does.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from hashlib import sha256
from numbers import Real
from operator import add, mul, sub
from typing import Any, Literal

import numpy as np

from posse.kernels.vocabulary import Varying, ratio_power, where

Kind = Literal["real", "truth", "whole"]  # float64, a condition, int64

BRANCH = "branches on a number that varies; a game is written without branches: where(condition, yes, no)"
CONDITIONS = "computes with conditions as if they were numbers; where(condition, 1, 0) makes a number of one"
NO_CONDITION = "where() is given a number for a condition; compare it, as in where(x != 0, yes, no)"
REFUSALS = BRANCH, CONDITIONS, NO_CONDITION
MANY = 1 << 16  # values: what can have more may as well have any


class Number(Varying):
    """A node of a graph: an operation and what it is applied to.

    op: "parameter" and "constant", whose `value` is a position or a number, else what is done to `arguments`.
    """

    __array_ufunc__ = None  # NumPy's numbers leave arithmetic with it to the methods below
    __slots__ = ("arguments", "graph", "index", "kind", "op", "value")

    def __init__(self, graph: "Graph", op: str, kind: Kind, arguments: tuple["Number", ...], value: Any) -> None:
        self.graph, self.op, self.kind, self.arguments, self.value = graph, op, kind, arguments, value
        self.index = len(graph.numbers)

    def __add__(self, other: Any) -> "Number":
        return self.graph.apply("add", "same", self, other)

    def __radd__(self, other: Any) -> "Number":
        return self.graph.apply("add", "same", other, self)

    def __sub__(self, other: Any) -> "Number":
        return self.graph.apply("subtract", "same", self, other)

    def __rsub__(self, other: Any) -> "Number":
        return self.graph.apply("subtract", "same", other, self)

    def __mul__(self, other: Any) -> "Number":
        return self.graph.apply("multiply", "real", self, other)

    def __rmul__(self, other: Any) -> "Number":
        return self.graph.apply("multiply", "real", other, self)

    def __truediv__(self, other: Any) -> "Number":
        return self.graph.apply("divide", "real", self, other)

    def __rtruediv__(self, other: Any) -> "Number":
        return self.graph.apply("divide", "real", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.graph.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.graph.power(other, self)

    def __neg__(self) -> "Number":
        return self.graph.apply("negate", "real", self)

    def __pos__(self) -> "Number":
        return self.graph.apply("same", "real", self)

    def __abs__(self) -> "Number":
        return self.graph.apply("absolute", "real", self)

    def __lshift__(self, count: int) -> "Number":
        return self.graph.apply("shift left", "whole", self, count)

    def __rshift__(self, count: int) -> "Number":
        return self.graph.apply("shift right", "whole", self, count)

    def __lt__(self, other: Any) -> "Number":
        return self.graph.compare("<", self, other)

    def __le__(self, other: Any) -> "Number":
        return self.graph.compare("<=", self, other)

    def __gt__(self, other: Any) -> "Number":
        return self.graph.compare(">", self, other)

    def __ge__(self, other: Any) -> "Number":
        return self.graph.compare(">=", self, other)

    def __eq__(self, other: Any) -> "Number":  # type: ignore[override]  # a condition, as with NumPy's arrays
        return self.graph.compare("==", self, other)

    def __ne__(self, other: Any) -> "Number":  # type: ignore[override]  # likewise
        return self.graph.compare("!=", self, other)

    __hash__ = object.__hash__

    def __and__(self, other: Any) -> "Number":
        return self.graph.apply("and", "truth", self, other)

    def __or__(self, other: Any) -> "Number":
        return self.graph.apply("or", "truth", self, other)

    __rand__, __ror__ = __and__, __or__

    def __bool__(self) -> bool:
        raise TypeError(BRANCH)

    def __repr__(self) -> str:
        return f"<{self.op} {self.value if self.value is not None else [a.index for a in self.arguments]}>"


class Graph:
    """The numbers of one definition, each after those that it is made of."""

    def __init__(self) -> None:
        self.numbers: list[Number] = []
        self._known: dict[tuple[Any, ...], Number] = {}
        self._positive: set[int] = set()

    def parameter(self, position: int, positive: bool = False) -> Number:
        """positive: only points where it is above 0 count."""
        number = self._record("parameter", "real", (), position)
        if positive:
            self._positive.add(number.index)
        return number

    def is_positive(self, number: Number) -> bool:
        """Whether it is known to be above 0."""
        return number.index in self._positive or (number.op == "constant" and number.value > 0)

    def number(self, value: Any, kind: Kind) -> Number:
        """A number of this graph, of this kind: conditions count 1 and 0, Python's numbers become constants."""
        if isinstance(value, Number):
            if value.kind == kind:
                return value
            if (value.kind, kind) == ("truth", "real"):
                return self.choose(value, 1.0, 0.0)
            raise TypeError(f"a {value.kind} number stands where a {kind} one is needed")
        if not isinstance(value, Real | np.bool_):
            raise TypeError(f"{value!r} is no number")
        if kind != "real" and (isinstance(value, float) or (kind == "truth" and value not in (0, 1))):
            raise TypeError(f"{value!r} stands where a {kind} number is needed")
        plain = {"real": float, "truth": bool, "whole": int}[kind]
        return self._record("constant", kind, (), plain(value))

    def apply(self, op: str, kind: Kind | Literal["same"], *values: Any) -> Number:
        """An operation on numbers of one kind, which is also that of its result; "same": that of the first Number."""
        if kind == "same":
            first = next(v for v in values if isinstance(v, Number))
            kind = "real" if first.kind == "truth" else first.kind
        if kind == "real":
            _refuse_conditions(values)
        numbers = tuple(self.number(v, kind) for v in values)
        return numbers[0] if op == "same" else self._record(op, kind, numbers)

    def power(self, x: Any, r: Any) -> Any:
        from posse.kernels.elementary import power  # which is made of the operations here

        _refuse_conditions((x, r))
        return power(self.number(x, "real"), self.number(r, "real"))

    def compare(self, op: str, x: Any, y: Any) -> Number:
        return self._record(op, "truth", (self.number(x, "real"), self.number(y, "real")))

    def choose(self, condition: Number, yes: Any, no: Any) -> Number:
        """yes where the condition holds, else no."""
        if condition.kind != "truth":
            raise TypeError(NO_CONDITION)
        kinds = {v.kind if isinstance(v, Number) else "truth" if isinstance(v, bool) else "real" for v in (yes, no)}
        kind: Kind = kinds.pop() if len(kinds) == 1 else "real"
        arms = self.number(yes, kind), self.number(no, kind)
        return arms[0] if arms[0] is arms[1] else self._record("choose", kind, (condition, *arms))

    def convert(self, op: str, kind: Kind, value: Number) -> Number:
        return self._record(op, kind, (value,))

    def _record(self, op: str, kind: Kind, arguments: tuple[Number, ...], value: Any = None) -> Number:
        """The one number that is this."""
        key = (op, kind, _exact(value), *(a.index for a in arguments))
        if key not in self._known:
            self._known[key] = Number(self, op, kind, arguments, value)
            self.numbers.append(self._known[key])
        return self._known[key]

    def needed(self, results: Iterable[Number], follow: Callable[[Number], bool] = lambda n: True) -> list[Number]:
        """All that the results are made of, in order, themselves included; what is not followed is left out."""
        found: set[int] = set()
        waiting = list(results)
        while waiting:
            number = waiting.pop()
            if number.index not in found and follow(number):
                found.add(number.index)
                waiting.extend(number.arguments)
        return [self.numbers[index] for index in sorted(found)]

    def possible(self, result: Number) -> frozenset[float] | None:
        """All values that a result may have and perhaps more, where these are few; None where it may have any."""
        found: dict[int, frozenset[float] | None] = {}
        for n in self.needed([result], lambda n: n.kind == "real"):  # conditions choose, they add no value
            found[n.index] = _possible(n, [found.get(a.index) for a in n.arguments])
        return found[result.index]

    def hashes(self, results: Iterable[Number]) -> list[str]:
        """SHA-256 of what is computed for each result, whatever else was recorded, and in which order."""
        results, found = list(results), dict[int, str]()
        for n in self.needed(results):
            said = f"{n.op} {n.kind} {_exact(n.value)} {' '.join([found[a.index] for a in n.arguments])}"
            found[n.index] = sha256(said.encode()).hexdigest()
        return [found[n.index] for n in results]


def _exact(value: Any) -> Any:
    """A value in full: 0.0 is not −0.0."""
    return value.hex() if isinstance(value, float) else value


def _possible(number: Number, of: list[frozenset[float] | None]) -> frozenset[float] | None:
    """The values of a number, by those of its arguments."""
    if number.op == "constant":
        return frozenset((number.value,))
    parts = of[1:] if number.op == "choose" else of
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if number.op == "choose":
        return known[0] | known[1]
    if number.op not in ("add", "subtract", "multiply") or len(known[0]) * len(known[1]) > 2 * MANY:
        return None
    together = {"add": add, "subtract": sub, "multiply": mul}[number.op]
    values = frozenset(together(x, y) for x in known[0] for y in known[1])
    return values if len(values) <= MANY else None


def _refuse_conditions(values: Iterable[Any]) -> None:
    """Arithmetic of nothing but conditions, which NumPy takes for logic and Python for numbers."""
    if all(v.kind == "truth" if isinstance(v, Number) else isinstance(v, bool | np.bool_) for v in values):
        raise TypeError(CONDITIONS)


@where.register
def _choose(condition: Number, yes: Any, no: Any) -> Any:
    return condition.graph.choose(condition, yes, no)


@ratio_power.register
def _ratio_power(y: Number, x: Any, r: Any) -> Any:
    from posse.kernels import elementary

    exponent = y.graph.number(r, "real")
    if not y.graph.is_positive(exponent):
        return (y / x) ** exponent
    return elementary.ratio_power(y, y.graph.number(x, "real"), exponent)


def fused(x: Any, y: Any, z: Any) -> Number:
    """x · y + z, rounded once."""
    graph = next(v.graph for v in (x, y, z) if isinstance(v, Number))
    return graph.apply("fuse", "real", x, y, z)


def bits(x: Number) -> Number:
    """The bits of a float64 as int64."""
    return x.graph.convert("bits", "whole", x)


def from_bits(n: Number) -> Number:
    """The float64 with these bits."""
    return n.graph.convert("from bits", "real", n)


def none_negative(numbers: Sequence[Number]) -> Number:
    """The condition that the sign of every number is plus, as that of 0.0 is; that of a NaN is either."""
    signs = reduce(lambda x, y: x.graph.apply("or", "whole", x, y), map(bits, numbers))
    return from_bits(signs >> 63) == 0  # all bits 0, or else all 1, which is a NaN
