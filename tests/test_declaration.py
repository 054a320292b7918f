"""What a game may not be: declared in contradiction to itself, or solved by what cannot be compiled."""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from posse.kernels.declaration import POSITIVE, UNIT_INTERVAL, Domain, Flag, Game, Output, Parameter
from posse.kernels.errors import InputError
from posse.kernels.grid import fixed, solve_grid
from posse.kernels.point import solve_plain

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
        # What is no declaration at all
        ({"parameters": (X, "y")}, "parameters is .*tuple of one or more Parameter"),
        ({"parameters": ()}, "parameters is .*one or more Parameter"),
        ({"outputs": SIZE}, "outputs is .*tuple of one or more Output"),
        ({"title": None}, "title is None; it has to be text"),
        ({"default_outputs": "size"}, "default_outputs is 'size'"),
        ({"default_outputs": ("size", "size")}, "default output 'size'"),
        ({"parameters": (X, replace(Y, long_name=3))}, "parameter long_name is 3"),
        ({"parameters": (X, replace(Y, domain=None))}, "domain of y is None"),
        ({"parameters": (X, replace(Y, domain=(0, 1)))}, r"domain of y is \(0, 1\)"),
        ({"parameters": (X, replace(Y, domain=Domain("0", 1)))}, "low of y is '0'"),
        ({"parameters": (X, replace(Y, domain=Domain(math.nan, 1)))}, "domain of y is"),
        ({"parameters": (X, replace(Y, domain=Domain(1, 0)))}, r"domain of y is \[1, 0\], which no number"),
        ({"parameters": (X, replace(Y, domain=Domain(1e31)))}, "domain of y is .*at most 1e.30"),
        ({"parameters": (X, replace(Y, default=None))}, "default of y is None; it has to be a float"),
        ({"parameters": (X, replace(Y, default="0.5"))}, "default of y is '0.5'"),
        ({"parameters": (X, replace(Y, default=True))}, "default of y is True"),
        ({"parameters": (X, replace(Y, common="1"))}, "common of y is '1'"),
        ({"parameters": (X, replace(Y, domain=Domain(at_least="y")))}, "y ≥ y: a parameter cannot bound itself"),
        (
            {"parameters": tuple(replace(p, domain=Domain(at_least=q)) for p, q in ((X, "y"), (Y, "x")))},
            "x ≥ y ≥ x: a parameter cannot bound itself",
        ),
        (
            {"outputs": (replace(CODE, kind="code"), SIZE)},
            "kind of larger is 'code'; allowed is codes, flags, count, real",
        ),
        ({"outputs": (replace(CODE, flags=()), SIZE)}, "larger is of kind codes, which has one Flag or more"),
        ({"outputs": (CODE, replace(SIZE, flags=CODE.flags))}, "size is of kind real, which has no flags"),
        ({"outputs": (replace(CODE, flags=[*CODE.flags]), SIZE)}, "flags of larger is"),
        ({"outputs": (replace(CODE, flags=((0, "a", "b"),)), SIZE)}, "flags of larger is"),
        ({"outputs": (replace(CODE, bits=16), SIZE)}, "larger cannot have 16 bits"),
        (
            {"outputs": (replace(CODE, kind="flags", flags=(Flag(1, "a", "a"),), bits="16"), SIZE)},
            "cannot have '16' bits",
        ),
        ({"outputs": (replace(CODE, flags=(Flag("0", "a", "a"),)), SIZE)}, "larger cannot have a flag of value '0'"),
        ({"outputs": (replace(CODE, flags=(Flag(1.0, "a", "a"),)), SIZE)}, "larger cannot have a flag of value 1.0"),
        ({"outputs": (replace(CODE, flags=(Flag(-1, "a", "a"),)), SIZE)}, "larger cannot have a flag of value -1"),
        (
            {"outputs": (replace(CODE, kind="flags", flags=(Flag(3, "a", "a"),)), SIZE)},
            "value 3; allowed is powers of 2",
        ),
        ({"outputs": (replace(CODE, flags=(Flag(0, None, "a"),)), SIZE)}, "flag of name None"),
        ({"outputs": (replace(CODE, flags=(Flag(0, "a", None),)), SIZE)}, "larger: meaning is None"),
        ({"outputs": (replace(CODE, flags=(Flag(0, "a", "a", "red"),)), SIZE)}, "colour of a is 'red'.*#rrggbb"),
        ({"outputs": (replace(CODE, flags=(Flag(0, "a", "a", "#12345"),)), SIZE)}, "colour of a is '#12345'"),
        ({"outputs": (replace(CODE, groups="ab"), SIZE)}, "groups of larger is 'ab'"),
        ({"outputs": (replace(CODE, groups=(("who", "xy"),)), SIZE)}, "larger cannot have the group 'who'"),
        ({"outputs": (CODE, replace(SIZE, dimension="player"))}, "dimension of size is 'player'"),
        ({"outputs": (CODE, replace(SIZE, dimension=("player", ())))}, "dimension of size is"),
        (
            {"outputs": (CODE, replace(SIZE, dimension=("player", ("a", "a"))))},
            "dimension of size is .*different labels",
        ),
        ({"outputs": (CODE, replace(SIZE, dimension=("player", (1, 2))))}, "dimension of size is"),
        (
            {"outputs": tuple(replace(o, dimension=("who", of)) for o, of in ((CODE, ("a", "b")), (SIZE, ("b", "a"))))},
            "larger and size have different labels along who",
        ),
        # Words of posse.solve
        ({"parameters": (X, replace(Y, name="dtype"))}, "'dtype' is a word of posse.solve"),
        ({"parameters": (X, replace(Y, name="outputs"))}, "'outputs' is a word"),
        ({"outputs": (CODE, replace(SIZE, name="point"))}, "'point' is a word"),
        # What cannot be called
        ({"solve": None}, "solve is None"),
        ({"solve": min}, "solve"),
        ({"solve": lambda *values: values}, r"solve takes \['\*values'\]"),
        ({"solve": lambda x, y, /: Pair(x, y)}, "solve takes"),
        ({"tree": 3}, "tree 3; both have to be functions"),
    ],
)
def test_a_contradiction_is_refused(changes: dict[str, Any], message: str) -> None:
    fields: dict[str, Callable[..., Any]] = changes
    with pytest.raises(InputError, match=message) as refused:
        replace(SOUND, **fields)
    assert "tiny" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "two words", "../../evil", "a/b", "g.h", "é", "g\n", "1st", "x" * 61, None, 3])
def test_a_name_is_never_a_path(name: Any) -> None:
    with pytest.raises(InputError, match="is not a name of at most 60 letters, digits and _") as refused:
        replace(SOUND, name=name)
    assert "\n" not in str(refused.value)


def test_lists_will_do() -> None:
    assert replace(SOUND, parameters=[X, Y], outputs=[CODE, SIZE]).outputs == (CODE, SIZE)


SOLUTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "no name": (lambda x, y: (x > y, x), "solve returns a tuple, without larger; .* a named tuple of larger, size"),
    "other names": (lambda x, y: namedtuple("Q", "larger cost")(1, x), "a Q of larger, cost, without size"),
    "nothing": (lambda x, y: None, "solve returns a NoneType, without larger"),
    "too few": (
        lambda x, y: Pair((x,), x),
        "larger is a tuple of 1; it has to be a tuple of 2 numbers, one for each who",
    ),
    "too many": (lambda x, y: Pair((x, x, x), x), "larger is a tuple of 3"),
    "one for all": (lambda x, y: Pair(x > y, x), "larger is a Number; it has to be a tuple of 2"),
    "text": (lambda x, y: Pair((0, 1), "much"), "size is 'much', which is no number"),
    "a tuple": (lambda x, y: Pair((0, 1), (x, y)), "size is .*, which is no number"),
    "nothing in a field": (lambda x, y: Pair((0, 1), None), "size is None, which is no number"),
    "an array": (lambda x, y: Pair((0, 1), np.ones(3)), "size"),
    "raises": (
        lambda x, y: Pair((0, 1), [][0]),
        r"IndexError: list index .*\(solve, line \d+ of test_declaration.py\)",
    ),
    "lazily raises": (lambda x, y: Pair((0, 1), lambda: 1 / 0), r"ZeroDivisionError: .*\(size, line \d+ of"),
    "lazily branches": (lambda x, y: Pair((0, 1), lambda: x if x > y else y), r"branches on a number .*\(size"),
    "lazily wants more": (
        lambda x, y: Pair((0, 1), lambda z: x),
        r"missing 1 required positional argument: 'z' \(size",
    ),
    "goes in circles": (lambda x, y: circle(x), "RecursionError"),
    "says much": (lambda x, y: Pair((0, 1), {}["a\nb"]), "KeyError"),
}


def circle(x: Any) -> Any:
    return circle(x + 1)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_what_is_no_solution_is_refused(name: str) -> None:
    solve, message = SOLUTIONS[name]
    two = replace(CODE, dimension=("who", ("ann", "bob")))
    game = replace(SOUND, outputs=(two, SIZE), solve=lambda x, y: solve(x, y))
    for attempt in (
        lambda: solve_grid(game, {}, (1,), ("size",)),
        lambda: solve_plain(game, {}),
        lambda: game.source_hash,
    ):
        with pytest.raises(InputError, match=message) as refused:
            attempt()
        assert "tiny" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_dividing_by_zero_gives_infinity_at_one_point_too() -> None:
    game = replace(SOUND, solve=lambda x, y: Pair(x > y, x / y))
    assert solve_plain(game, {"x": 1.0, "y": 0.0}) == {"larger": 1, "size": math.inf}
    assert solve_grid(game, {"x": fixed(1.0), "y": fixed(0.0)}, (1,), ("size",))["size"].item() == math.inf


WORDS = r"there is \+ - \* / \*\*, comparisons, &, \|, abs, where, minimum, maximum, quotient, portion and ratio_power"
UNKNOWN: dict[str, Callable[..., Any]] = {
    "math": lambda x: math.exp(x),
    "numpy": lambda x: np.exp(x),
    "method": lambda x: x.sqrt(),
    "%": lambda x: x % 1,
    "//": lambda x: x // 1,
    "~": lambda x: ~(x > 0),
    "^": lambda x: (x > 0) ^ (x < 1),
    "round": lambda x: round(x),
    "index": lambda x: [1, 2][x],
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_word_that_there_is_not_brings_up_those_that_there_are(name: str) -> None:
    game = replace(SOUND, solve=lambda x, y: Pair(x > y, UNKNOWN[name](x)))
    with pytest.raises(InputError, match=rf"tiny: cannot be compiled: .*line \d+ of test_declaration.py\); {WORDS}$"):
        solve_grid(game, {}, (1,), ("size",))


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
