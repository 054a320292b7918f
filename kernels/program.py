"""A game as a program: the graph of its solution, fenced by its domain, and what of it is stored in which type.

trace(game, outputs, real, places, constants) -> Program
solution_hash(game)                  of all that is computed for it
is_certain(game, name, constants)    whether no number that the output did not declare can come out

A game is called once for the graph, and once more to see whether it does the same again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import groupby
from operator import and_
from threading import RLock
from typing import Any

import numpy as np

from posse.kernels import solution
from posse.kernels.declaration import OUTSIDE_DOMAIN, Game, Output
from posse.kernels.errors import InputError
from posse.kernels.graph import Graph, Number, none_negative
from posse.kernels.nest import levels
from posse.kernels.vocabulary import where

Constants = tuple[tuple[str, float], ...]  # values of parameters that are built in, by name


@dataclass(frozen=True)
class Program:
    """A graph, the numbers of it that are stored, and the type that each is stored in."""

    graph: Graph
    results: tuple[Number, ...]
    dtypes: tuple[np.dtype[Any], ...]


class _Traced:
    """A game called with the numbers of a graph in place of its parameters, save those that are built in."""

    def __init__(self, game: Game, constants: Constants) -> None:
        self.game, self.graph = game, Graph()
        parameters = {p.name: self.graph.parameter(k, p.domain.bounds[0] > 0) for k, p in enumerate(game.parameters)}
        # NumPy's floats know infinities, where Python's own raise.
        self.given: dict[str, Any] = parameters | {name: np.float64(value) for name, value in constants}
        self._solution = solution.call(game, self.given)
        self._numbers: dict[str, tuple[Number, ...]] = {}

    def numbers(self, output: Output) -> tuple[Number, ...]:
        """What the graph holds for an output, not fenced yet."""
        if output.name not in self._numbers:
            found = solution.numbers(self.game, self._solution, output)
            try:
                self._numbers[output.name] = tuple(self.graph.number(n, "real") for n in found)
            except (TypeError, OverflowError) as error:
                raise InputError(f"game {self.game.name}: {output.name} cannot be compiled: {error}") from error
        return self._numbers[output.name]

    def hash(self) -> str:
        """Of what is computed for all outputs."""
        names, numbers = zip(*((o.name, n) for o in self.game.outputs for n in self.numbers(o)), strict=True)
        said = " ".join([*names, *self.graph.hashes(numbers)])
        return hashlib.sha256(said.encode()).hexdigest()


_tracing = RLock()  # a graph grows as programs are made from it


@cache
def _traced(game: Game, constants: Constants = ()) -> _Traced:
    return _Traced(game, constants)


@cache
def solution_hash(game: Game) -> str:
    """SHA-256 of the program that a game's solution is, the same in every process.

    Raises InputError where the solution branches, does what only single numbers can do, or is another one every time.
    """
    with _tracing:
        first = _traced(game).hash()
        if _Traced(game, ()).hash() != first:
            raise InputError(
                f"game {game.name}: solve computes something else when it is called again; it may not draw random "
                "numbers, nor keep or change anything between calls"
            )
        return first


def trace(game: Game, outputs: Sequence[str], real: str, places: Sequence[int], constants: Constants) -> Program:
    """The program of a game: parameter k of its graph is the k-th that the game declares.

    places: the loop in which each parameter changes (posse.kernels.nest).
    Raises InputError as solution_hash does.
    """
    solution_hash(game)
    declared = [game.output(name) for name in outputs]
    with _tracing:
        traced = _traced(game, constants)
        numbers = [(o, n) for o in declared for n in traced.numbers(o)]
        conditions = solution.limits(game, traced.given)
        varying = [c for c in conditions if isinstance(c, Number)]
        decided = all(c for c in conditions if not isinstance(c, Number))  # by what is built in
        inside = decided and _all(varying, levels(traced.graph, places))
        results = []
        for output, number in numbers:
            if not is_certain(game, output.name, constants):  # marked, for a kernel does not raise
                number = where(solution.is_declared(output, number), number, output.not_computed)
            results.append(traced.graph.number(where(inside, number, output.outside), "real"))
    return Program(traced.graph, tuple(results), tuple(o.dtype(real) for o, _ in numbers))


def _all(conditions: Sequence[Number], changes: Sequence[int]) -> Any:
    """Whether all hold, those that change seldom joined first; changes: the loops in which each number does."""

    def loop(condition: Number) -> int:
        return changes[condition.index]

    groups = groupby(sorted(conditions, key=loop), loop)
    return reduce(and_, (c for _, group in groups for c in _upper_bounds_joined(list(group))), True)


def _upper_bounds_joined(conditions: Sequence[Number]) -> list[Number]:
    """The same conditions, but all `x <= constant` as one: no difference `constant - x` is negative.

    Processors subtract vectors faster than they compare them. The difference from a NaN has either sign; but no NaN
    meets the lower bound, which is another of the conditions.
    """

    def is_upper(condition: Number) -> bool:
        return condition.op == "<=" and condition.arguments[1].op == "constant"

    upper = [c.arguments for c in conditions if is_upper(c)]
    others = [c for c in conditions if not is_upper(c)]
    # 0.0 - 0.0 is 0.0, but -0.0 - 0.0 has a sign.
    return [*others, none_negative([high.value + 0.0 - x for x, high in upper])] if upper else others


@cache
def is_certain(game: Game, name: str, constants: Constants = ()) -> bool:
    """Whether the graph shows that an output holds nothing but what it declares; then nobody need look."""
    output = game.output(name)
    if output.kind == "real":
        return True
    with _tracing:
        traced = _traced(game, constants)
        found = [traced.graph.possible(n) for n in traced.numbers(output)]
    return all(values is not None and _declared(output).issuperset(values) for values in found)


def _declared(output: Output) -> frozenset[float]:
    """All numbers that an output of codes, flags or a count may have."""
    if output.kind == "count":
        return frozenset(map(float, range(OUTSIDE_DOMAIN)))
    values = {0.0} if output.kind == "flags" else set()
    for flag in output.flags:
        values |= {v + flag.value for v in values} if output.kind == "flags" else {float(flag.value)}
    return frozenset(values)
