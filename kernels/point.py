"""A game at one point, in any arithmetic: its solution, fenced by its domain.

solve_plain(game, values) -> {output: number, or a tuple of numbers}
require_inside(game, values)   refuses points outside the domain
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
import numpy.typing as npt

from posse.kernels.declaration import LARGEST, Game, Output, Parameter
from posse.kernels.errors import InputError
from posse.kernels.vocabulary import where


def components(outputs: Sequence[Output]) -> list[tuple[Output, int]]:
    """The outputs' numbers in the order in which they are computed and stored."""
    return [(output, k) for output in outputs for k in range(output.components)]


def value_of(solution: Any, output: Output) -> Any:
    """What a solution holds for an output, which may be a function without arguments that works it out."""
    value = getattr(solution, output.name)
    return value() if callable(value) else value


def limits(game: Game, values: Mapping[str, Any]) -> list[Any]:
    """The conditions that make a point one of the game's; some are false for NaN and for infinite values."""
    bounds = [(values[p.name], *p.domain.bounds) for p in game.parameters]
    within = [condition for value, low, high in bounds for condition in (value >= low, value <= high)]
    return within + [values[low] <= values[high] for low, high in game.order]


def check_values(where: str, parameter: Parameter, values: npt.ArrayLike) -> None:
    """Refuse values outside a parameter's domain, its order to other parameters aside."""
    low, high = parameter.domain.bounds
    numbers = np.asarray(values, dtype=np.float64)
    wrong = numbers[~((numbers >= low) & (numbers <= high))]
    if wrong.size:
        first = wrong.flat[0]
        limit = "" if abs(first) <= LARGEST else f", finite and at most {LARGEST:g}"
        raise InputError(f"{where}: {first:g} is not allowed; allowed is {parameter.domain}{limit}")


def require_inside(game: Game, given: Mapping[str, Any]) -> None:
    """Refuse points outside the game's domain: numbers, or arrays that broadcast; defaults stand for the rest."""
    for name, value in given.items():
        check_values(name, game.parameter(name), value)
    values = {**game.defaults, **given}
    for low, high in game.order:
        wrong = values[high] < values[low]
        if np.any(wrong):
            small, large = (np.asarray(wrong * 0 + values[n])[np.asarray(wrong)].flat[0] for n in (high, low))
            default = {n: "" if n in given else " (the default)" for n in (low, high)}
            raise InputError(
                f"{high}: {small:g}{default[high]} is combined with {low} = {large:g}{default[low]}, "
                f"but allowed is {game.parameter(high).domain}"
            )


def solve_plain(game: Game, values: Mapping[str, Any], outputs: Sequence[str] | None = None) -> dict[str, Any]:
    """Solve without compiling: floats, fractions, or NumPy arrays that broadcast against each other.

    Parameters that `values` does not name take their defaults. The result holds a number (or array) for
    each output, a tuple of them where the output has a dimension of its own. Points outside the game's
    domain get code 254 and NaN, save where exact numbers meet a division by zero there.
    """
    for name in values:
        game.parameter(name)
    values = {**game.defaults, **values}
    with np.errstate(all="ignore"):
        allowed = reduce(and_, limits(game, values))
        solution = game.solve(**values)
    result: dict[str, Any] = {}
    for output in [game.output(name) for name in outputs] if outputs else game.outputs:
        number = value_of(solution, output)
        numbers = number if output.dimension else (number,)
        fenced = tuple(where(allowed, n, output.outside) for n in numbers)
        result[output.name] = fenced if output.dimension else fenced[0]
    return result
