"""A game as a program: the graph of its solution, fenced by its domain, and what of it is stored in which type.

trace(game, outputs, real, places, constants) -> Program
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

import numpy as np

from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.graph import Graph, Number
from posse.kernels.nest import levels
from posse.kernels.point import components, limits, value_of
from posse.kernels.vocabulary import where

Constants = tuple[tuple[str, float], ...]  # values of parameters that are built in, by name


@dataclass(frozen=True)
class Program:
    """A graph, the numbers of it that are stored, and the type that each is stored in."""

    graph: Graph
    results: tuple[Number, ...]
    dtypes: tuple[np.dtype[Any], ...]


def trace(game: Game, outputs: Sequence[str], real: str, places: Sequence[int], constants: Constants) -> Program:
    """The program of a game: parameter k of its graph is the k-th that the game declares.

    places: the loop in which each parameter changes (posse.kernels.nest).
    Raises InputError where the game's solution branches, or does what only single numbers can do.
    """
    graph = Graph()
    given: dict[str, Any] = {p.name: graph.parameter(k) for k, p in enumerate(game.parameters)} | dict(constants)
    try:
        solution = game.solve(**given)
    except TypeError as error:
        raise InputError(f"game {game.name}: cannot be compiled: {' '.join(str(error).split())}") from error
    conditions = [condition for condition in limits(game, given) if condition is not True]
    changes = levels(graph, places)
    conditions.sort(key=lambda condition: changes[condition.index])  # what changes seldom is joined first
    inside = reduce(and_, conditions, True)
    results, dtypes = [], []
    for output, k in components([game.output(name) for name in outputs]):
        number = value_of(solution, output)
        fenced = where(inside, number[k] if output.dimension else number, output.outside)
        results.append(graph.number(fenced, "real"))
        dtypes.append(output.dtype(real))
    return Program(graph, tuple(results), tuple(dtypes))
