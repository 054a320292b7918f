"""What a game may not be: declared in contradiction to itself, or solved by what cannot be compiled."""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from posse.kernels.declaration import POSITIVE, UNIT_INTERVAL, Domain, Flag, Game, Output, Parameter
from posse.kernels.errors import InputError
from posse.kernels.grid import solve_grid

X = Parameter("x", "x", UNIT_INTERVAL, 0.5, "first")
Y = Parameter("y", "y", UNIT_INTERVAL, 0.5, "second")
CODE = Output("larger", "codes", "which", (Flag(0, "y", "y"), Flag(1, "x", "x")))
SIZE = Output("size", "real", "how much")
Pair = namedtuple("Pair", "larger size")
SOUND = Game("tiny", "A game", "1", (X, Y), (CODE, SIZE), lambda x, y: Pair(x > y, x * y))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"solve": lambda x: x}, r"solve takes \['x'\].*\['x', 'y'\]"),
        ({"solve": lambda y, x: x}, r"solve takes \['y', 'x'\]"),
        ({"parameters": (X, replace(Y, name="Y"))}, "'Y' is not a name"),
        ({"parameters": (X, replace(Y, name="lambda"))}, "'lambda' is not a name"),
        ({"parameters": (X, X, Y)}, "declared twice: x"),
        ({"outputs": (CODE, replace(SIZE, name="x"))}, "declared twice: x"),
        ({"outputs": (CODE, replace(SIZE, dimension=("y", ("a", "b"))))}, "declared twice: y"),
        ({"parameters": (X, replace(Y, default=2.0))}, r"default of y is 2\.0, allowed is \[0, 1\]"),
        ({"parameters": (X, replace(Y, default=float("nan")))}, "default of y is nan"),
        ({"parameters": (X, replace(Y, domain=POSITIVE, default=0.0))}, "default of y is 0.*> 0"),
        ({"parameters": (X, replace(Y, domain=Domain(at_least="z")))}, "y is bounded by unknown 'z'"),
        ({"parameters": (replace(X, default=0.6), replace(Y, domain=Domain(at_least="x")))}, "default of y"),
        ({"parameters": (X, replace(Y, common=3.0))}, "common"),
        ({"default_outputs": ("larger", "loss")}, "loss"),
        ({"outputs": (replace(CODE, flags=(Flag(0, "a", "a"), Flag(0, "b", "b"))), SIZE)}, "larger"),
        ({"outputs": (replace(CODE, flags=(Flag(254, "a", "a"),)), SIZE)}, "larger.*254"),
        ({"outputs": (replace(CODE, flags=(Flag(0, "two words", "a"),)), SIZE)}, "two words"),
    ],
)
def test_a_contradiction_is_refused(changes: dict[str, Any], message: str) -> None:
    fields: dict[str, Callable[..., Any]] = changes
    with pytest.raises(InputError, match=message) as refused:
        replace(SOUND, **fields)
    assert "tiny" in str(refused.value)
    assert "\n" not in str(refused.value)


BRANCHES: dict[str, Callable[..., Any]] = {
    "if": lambda x, y: (1 if x > y else 0, x),
    "and": lambda x, y: (x > 0 and y > 0, x),
    "min": lambda x, y: (x > y, min(x, y)),
    "math": lambda x, y: (x > y, math.sqrt(x)),
    "round": lambda x, y: (x > y, int(x)),
    "and of numbers": lambda x, y: (x & y, x),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_is_refused(name: str) -> None:
    game = replace(SOUND, solve=lambda x, y: Pair(*BRANCHES[name](x, y)))
    with pytest.raises(InputError, match="tiny: cannot be compiled") as refused:
        solve_grid(game, {}, (1,), ("larger", "size"))
    assert "\n" not in str(refused.value)
