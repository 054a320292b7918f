"""What a game says of itself: parameters, outputs, the meaning of its codes, and its solution.

    Parameter   name, symbol, domain, default, meaning
    Output      name, kind (codes, flags or real), extra dimension, the meaning of codes
    Game        all of these, and `solve`: numbers in, named numbers out

Everything else that posse shows or checks about a game is derived from this declaration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, nan, nextafter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from posse.kernels import html
from posse.kernels.errors import pick
from posse.kernels.source import sources

if TYPE_CHECKING:
    from posse.kernels.tree import Tree

OUTSIDE_DOMAIN = 254
LARGEST = 1e30  # in magnitude, of any parameter: no product of two, and no payoff in float32, overflows


@dataclass(frozen=True)
class Domain:
    """An interval of numbers of at most LARGEST; `at_least` names a parameter that bounds it from below.

    >>> posse.Domain(low=0, high=1, high_open=True)
    Domain(low=0, high=1, low_open=False, high_open=True, at_least=None)
    >>> 1.0 in posse.Domain(low=0, high=1, high_open=True)
    False
    """

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False
    at_least: str | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest float64 inside (`at_least` aside)."""
        low = nextafter(self.low, inf) if self.low_open else self.low
        high = nextafter(self.high, -inf) if self.high_open else self.high
        return max(low, -LARGEST), min(high, LARGEST)

    def __contains__(self, value: float) -> bool:
        low, high = self.bounds
        return low <= value <= high

    def __str__(self) -> str:
        if self.at_least:
            return f"≥ {self.at_least}"
        if self.low == -inf and self.high == inf:
            return "any number"
        if self.high == inf:
            return f"{'>' if self.low_open else '≥'} {self.low:g}"
        if self.low == -inf:
            return f"{'<' if self.high_open else '≤'} {self.high:g}"
        return f"{'(' if self.low_open else '['}{self.low:g}, {self.high:g}{')' if self.high_open else ']'}"


POSITIVE = Domain(low=0.0, low_open=True)
NONNEGATIVE = Domain(low=0.0)
UNIT_INTERVAL = Domain(low=0.0, high=1.0)


@dataclass(frozen=True)
class Parameter:
    """One number that a game is solved for.

    `common` is a value frequent enough in practice for compiled code of its own, in which it is a
    constant (an exponent of 1, say, that spares every power).

    >>> posse.Parameter("spoils", "γ", posse.Domain(low=0), default=1.0, long_name="what the victor gains").units
    '1'
    """

    name: str
    symbol: str
    domain: Domain
    default: float
    long_name: str
    units: str = "1"
    common: float | None = None


@dataclass(frozen=True)
class Flag:
    """One value of a code, or one bit of a set of flags.

    >>> posse.game("restraint").output("regime").flags[0]
    Flag(value=0, name='reassured_neutrality', meaning='neutral; ...', colour='#e6e6e6')
    """

    value: int
    name: str
    meaning: str
    colour: str | None = None


Kind = Literal["codes", "flags", "count", "real"]


@dataclass(frozen=True)
class Output:
    """One result of a game.

    kind: "codes" (one of `flags`), "flags" (any set of them, as bits), "count" (a whole number below 254) or "real".
    bits: of flags; the highest is set outside the domain, all are where nothing has been computed.
    dimension: name and labels of a dimension of its own, such as the players; None for a single number.
    groups: of codes: what sorts them more coarsely, by name, with a label for each of `flags`.

    >>> outcome = posse.Output("outcome", "codes", "what happens", flags=(posse.Flag(0, "peace", "no one fights"),))
    >>> [flag.name for flag in outcome.all_flags]
    ['peace', 'outside_domain']
    """

    name: str
    kind: Kind
    long_name: str
    flags: tuple[Flag, ...] = ()
    dimension: tuple[str, tuple[str, ...]] | None = None
    units: str = "1"
    bits: Literal[8, 16] = 8
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels along its own dimension, empty for a single number."""
        return self.dimension[1] if self.dimension else ()

    @property
    def components(self) -> int:
        """How many numbers it holds for one point."""
        return max(1, len(self.labels))

    @property
    def outside(self) -> float:
        """Its value at a point outside the game's domain."""
        return {"flags": 1 << (self.bits - 1), "real": nan}.get(self.kind, OUTSIDE_DOMAIN)

    @property
    def not_computed(self) -> float:
        """Its value where nothing has been computed."""
        return nan if self.kind == "real" else (1 << self.bits) - 1

    def dtype(self, real: str) -> np.dtype[Any]:
        """Its type in memory and on disk, where real numbers have the type `real`.

        >>> posse.game("restraint").output("payoff").dtype("float32")
        dtype('float32')
        """
        return np.dtype(real if self.kind == "real" else f"uint{self.bits}")

    @property
    def all_flags(self) -> tuple[Flag, ...]:
        """The declared flags and, last, the one for points outside the domain; none where it holds numbers."""
        if self.kind in ("real", "count"):
            return ()
        return (*self.flags, Flag(int(self.outside), "outside_domain", "not a point of the game", "#ffffff"))


@dataclass(frozen=True, eq=False, repr=False)
class Game:
    """A game: what it is called, what it takes and gives, and how it is solved.

    `solve` is a plain function whose arguments are named as the parameters and whose result, a named
    tuple, has a field for each output (a tuple of numbers where the output has a dimension; a function
    without arguments that gives it, where it is dear and seldom wanted). It is written without branches
    in the words of `posse.kernels.vocabulary`.

    `tree` takes the same arguments, one point of the domain, and gives the extensive form with the equilibrium
    that `solve` reports, in the words of `posse.kernels.tree`; None at a point where no equilibrium is known.

    >>> posse.game("restraint").title
    'The game of strategic restraint'
    """

    name: str
    title: str
    version: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    solve: Callable[..., Any] = field(repr=False)
    default_outputs: tuple[str, ...] = ()
    reference: str = ""
    tree: Callable[..., "Tree | None"] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a declaration that contradicts itself. Without default outputs all are."""
        from posse.kernels.wellformed import check  # which is made of this module

        for name in ("parameters", "outputs"):
            if isinstance(parts := getattr(self, name), list):
                object.__setattr__(self, name, tuple(parts))
        check(self)
        if not self.default_outputs:
            object.__setattr__(self, "default_outputs", tuple(output.name for output in self.outputs))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The parameters' names, in the order of the arguments of `solve`."""
        return tuple(p.name for p in self.parameters)

    @property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """Labels of the dimensions that outputs bring along, by name."""
        return dict(o.dimension for o in self.outputs if o.dimension)

    @property
    def defaults(self) -> dict[str, float]:
        """Each parameter's default."""
        return {p.name: p.default for p in self.parameters}

    @property
    def order(self) -> tuple[tuple[str, str], ...]:
        """Pairs (low, high) of parameters of which the second must not be smaller than the first."""
        return tuple((p.domain.at_least, p.name) for p in self.parameters if p.domain.at_least)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name; InputError where there is none.

        >>> str(posse.game("restraint").parameter("diversity").domain)
        '[0, 1]'
        """
        return pick(f"parameter of {self.name}", name, {p.name: p for p in self.parameters})

    def output(self, name: str) -> Output:
        """The output of that name; InputError where there is none.

        >>> posse.game("restraint").output("payoff").labels
        ('leader', 'partner', 'observer', 'target')
        """
        return pick(f"output of {self.name}", name, {o.name: o for o in self.outputs})

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of the source of the functions that the solution is made of, by name: to tell what changed."""
        return sources(self.solve)

    @property
    def source_hash(self) -> str:
        """SHA-256 of the program that the solution is: it changes whenever anything else is computed, and only then.

        Raises InputError where the solution cannot be compiled.
        """
        from posse.kernels.program import solution_hash  # which is made of this module

        return solution_hash(self)

    def __repr__(self) -> str:
        return f"<posse.Game {self.name}, version {self.version}>"

    def _repr_html_(self) -> str:
        return html.game(self)
