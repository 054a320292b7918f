"""What a game's solution holds, in any arithmetic, and what it may hold.

call(game, values)                   the solution; errors name the game and the place in its source
numbers(game, solution, output)      what it holds for an output, as a tuple
limits(game, values)                 the conditions that make a point one of the game's
is_declared(output, number)          whether a number is one that the output may have; undeclared(...) if not
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from numbers import Real
from operator import or_
from pathlib import Path
from typing import Any

import numpy as np

from posse.kernels.declaration import OUTSIDE_DOMAIN, Game, Output
from posse.kernels.errors import InputError, in_words, short
from posse.kernels.graph import REFUSALS
from posse.kernels.vocabulary import Varying, where

WORDS = "there is + - * / **, comparisons, &, |, abs, where, minimum, maximum, quotient, portion and ratio_power"


def components(outputs: Sequence[Output]) -> list[tuple[Output, int]]:
    """The outputs' numbers in the order in which they are computed and stored."""
    return [(output, k) for output in outputs for k in range(output.components)]


def call(game: Game, values: Mapping[str, Any]) -> Any:
    """The game's solution at these values. InputError where it raises, and where it has not a field for each output."""
    solution = _attempt(game, "solve", lambda: game.solve(**values))
    fields = getattr(solution, "_fields", None)  # a tuple without has methods, such as count, that are no outputs
    for output in game.outputs:
        if not hasattr(solution, output.name) or (isinstance(solution, tuple) and output.name not in (fields or ())):
            has = f" of {', '.join(fields)}" if fields else ""
            wanted = ", ".join(o.name for o in game.outputs)
            raise InputError(
                f"game {game.name}: solve returns a {type(solution).__name__}{has}, without {output.name}; "
                f"it has to return a named tuple of {wanted}"
            )
    return solution


def numbers(game: Game, solution: Any, output: Output) -> tuple[Any, ...]:
    """What a solution holds for an output, which may be a function without arguments that works it out."""
    held = getattr(solution, output.name)
    if callable(held):
        held = _attempt(game, output.name, held)
    if not output.dimension:
        found: tuple[Any, ...] = (held,)
    elif isinstance(held, tuple | list) and len(held) == output.components:
        found = tuple(held)
    else:
        of = f"{type(held).__name__} of {len(held)}" if isinstance(held, tuple | list) else type(held).__name__
        raise InputError(
            f"game {game.name}: {output.name} is a {of}; it has to be a tuple of {output.components} numbers, one for "
            f"each {output.dimension[0]}"
        )
    for number in found:
        if not isinstance(number, Real | Varying | np.bool_ | np.ndarray):
            raise InputError(f"game {game.name}: {output.name} is {short(number)}, which is no number")
    return found


def _attempt(game: Game, what: str, function: Callable[[], Any]) -> Any:
    """What it returns. An error of it becomes an InputError of one line."""
    try:
        with np.errstate(all="ignore"):
            return function()
    except Exception as error:
        said = str(error) if type(error) is TypeError else in_words(error)
        hint = f"; {WORDS}" if isinstance(error, TypeError | AttributeError) and said not in REFUSALS else ""
        raise InputError(
            f"game {game.name}: cannot be compiled: {' '.join(said.split())} ({what}{_place(error)}){hint}"
        ) from error


def _place(error: Exception) -> str:
    """The last line of an error's way that is the game's own."""
    ours = Path(__file__).parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent != ours]
    own = [f for f in frames if Path(f.filename).parent == Path(frames[0].filename).parent]
    return f", line {own[-1].lineno} of {Path(own[-1].filename).name}" if own else ""


def limits(game: Game, values: Mapping[str, Any]) -> list[Any]:
    """The conditions that make a point one of the game's; some are false for NaN and for infinite values."""
    bounds = [(values[p.name], *p.domain.bounds) for p in game.parameters]
    within = [condition for value, low, high in bounds for condition in (value >= low, value <= high)]
    return within + [values[low] <= values[high] for low, high in game.order]


def is_declared(output: Output, number: Any) -> Any:
    """The condition that a number is one of the output's codes, a sum of its flags, or a count."""
    if output.kind == "codes":
        return reduce(or_, (number == flag.value for flag in output.flags))
    if output.kind == "count":
        whole = number + 2.0**52 - 2.0**52  # of what is smaller than that
        return (number == whole) & (number >= 0) & (number < OUTSIDE_DOMAIN)
    rest = number
    for flag in sorted(output.flags, key=lambda flag: -flag.value):
        rest = where(rest >= flag.value, rest - flag.value, rest)
    return rest == 0


def undeclared(game: Game, output: Output, number: Any, at: str = "") -> InputError:
    """What to raise where a number is none of the output's."""
    values = ", ".join(str(flag.value) for flag in output.flags)
    may_be = {
        "codes": f"its codes are {values}",
        "flags": f"it has to be a sum of some of its flags {values}",
        "count": f"a count is a whole number from 0 to {OUTSIDE_DOMAIN - 1}",
    }[output.kind]
    return InputError(f"game {game.name}: {output.name} is {written(number)}{at}, but {may_be}")


def written(number: Any) -> str:
    """A number in all its digits, a whole one without a point."""
    return repr(float(number)).removesuffix(".0")
