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
from posse.kernels.program import is_certain, solution_hash
from posse.kernels.solution import call, is_declared, limits, numbers, undeclared
from posse.kernels.vocabulary import where


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
    domain get code 254 and NaN, save where exact numbers meet a division by zero there. InputError where the game
    cannot be compiled, or has a code, flags or a count that it did not declare.
    """
    for name in values:
        game.parameter(name)
    solution_hash(game)  # a game that cannot be swept is refused here too
    values = {name: _ieee(value) for name, value in {**game.defaults, **values}.items()}
    with np.errstate(all="ignore"):
        allowed = reduce(and_, limits(game, values))
        solution = call(game, values)
        result: dict[str, Any] = {}
        for output in [game.output(name) for name in outputs] if outputs else game.outputs:
            held = numbers(game, solution, output)
            # A look at one number takes less time than to see that none is needed.
            if output.kind != "real" and (not any(map(np.ndim, held)) or not is_certain(game, output.name)):
                _require_declared(game, output, held, allowed)
            fenced = tuple(where(allowed, n, output.outside) for n in held)
            result[output.name] = fenced if output.dimension else fenced[0]
    return result


def _require_declared(game: Game, output: Output, held: Sequence[Any], allowed: Any) -> None:
    """Refuse what is none of the output's numbers at a point of the domain."""
    for number in held:
        wrong = where(allowed, where(is_declared(output, number), False, True), False)
        if np.any(wrong):
            raise undeclared(game, output, np.broadcast_to(number, np.shape(wrong))[wrong].flat[0])


def _ieee(value: Any) -> Any:
    """A float that knows infinities: Python's own raises where it divides by zero."""
    return np.float64(value) if isinstance(value, float) else value
