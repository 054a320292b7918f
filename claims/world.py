"""Where a claim is evaluated: the game at some values of its parameters, in one arithmetic.

World(game, outputs, values, arithmetic, box)   the values are the game's parameters, and steps and factors of a claim
.at(key, changes)                               the same elsewhere
.limits                                         conditions that all these points are meant by the claim
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import Any, Literal

from posse.claims.arithmetics import Arithmetic, Values, written
from posse.kernels.declaration import Game
from posse.kernels.forms import Bounds

How = Literal["always", "falls", "rises", "constant", "scales"]  # what is said of a term

STEP, FACTOR, OTHER = "a step", "a factor", "other "  # what a claim adds to the parameters, whose names are words


@dataclass(frozen=True)
class World:
    """limits grows with every point that is looked at."""

    game: Game
    outputs: tuple[str, ...]
    values: Values
    arithmetic: Arithmetic
    box: Mapping[str, Bounds]
    limits: list[Any] = field(default_factory=list)
    elsewhere: dict[str, "World"] = field(default_factory=dict)
    solved: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def number(self, exact: Fraction) -> Any:
        return self.arithmetic.number(exact)

    def defined(self, number: Any) -> Any:
        """A number; where it is not defined, the claim says nothing."""
        if self.arithmetic.may_be_undefined:
            self.limits.append(number == number)
        return number

    def output(self, name: str, place: int) -> Any:
        """A number of an output."""
        if not self.solved:
            names = [p.name for p in self.game.parameters]
            self.solved.update(self.arithmetic.solve(self.game, {n: self.values[n] for n in names}, self.outputs))
        found = self.solved[name][place]
        return self.defined(found) if self.game.output(name).kind == "real" else found

    def at(self, key: str, changes: Mapping[str, Callable[["World"], Any]]) -> "World":
        """The world with other values of some parameters, which may leave the box, but not the domain."""
        if key not in self.elsewhere:
            values = {name: run(self) for name, run in changes.items()}
            self.elsewhere[key] = self._with(values)
            self.limits.extend(self._within(values, {name: domain(self.game, name) for name in values}))
        return self.elsewhere[key]

    def moved(self, how: How, names: tuple[str, ...]) -> "World":
        """The second point of a claim about what changes: a step up, a factor, or anything else in the box.

        A step stays in the box, a factor in the domain; anything else has bounds of its own.
        """
        old = self.values
        if how == "scales":
            values = {name: old[name] * old[FACTOR] for name in names}
        elif how == "constant":
            values = {name: old[OTHER + name] for name in names}
        else:
            values = {name: old[name] + old[STEP] for name in names}
        if how != "constant":
            ends = {name: domain(self.game, name) if how == "scales" else self.box[name] for name in names}
            self.limits.extend(self._within(values, ends))
        return self._with(values)

    def identified(self, equal: Mapping[str, str]) -> "World":
        """The same, where each of some parameters has the value of another one, as far as its bounds have it."""
        if not equal:
            return self
        values = {name: self.values[other] for name, other in equal.items()}
        there = self._with(values)
        self.limits.extend(self._within(values, {name: self.box[name] for name in values}))
        return there

    def _within(self, values: Values, box: Mapping[str, Bounds]) -> Iterator[Any]:
        """Conditions that values lie within bounds."""
        for name, value in values.items():
            low, high, low_open, high_open, _ = box[name]
            if low is not None:
                end = self.number(low)
                yield value > end if low_open else value >= end
            if high is not None:
                end = self.number(high)
                yield value < end if high_open else value <= end

    def _with(self, values: Values) -> "World":
        there = World(self.game, self.outputs, {**self.values, **values}, self.arithmetic, self.box, self.limits)
        return there.in_order(values)

    def in_order(self, names: Container[str] | None = None) -> "World":
        """The same, where parameters keep to the order that the game has among them; names: of those that may not."""
        for low, high in self.game.order:
            if names is None or low in names or high in names:
                self.limits.append(self.values[low] <= self.values[high])
        return self


def domain(game: Game, name: str) -> Bounds:
    """Where a parameter may lie by itself."""
    found = game.parameter(name).domain
    low, high = (written(end) if isfinite(end) else None for end in (found.low, found.high))
    return Bounds(low, high, found.low_open, found.high_open)
