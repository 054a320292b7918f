"""Codes, flags and counts: what an output did not declare is found wherever it comes out, and never wraps around."""

from collections import namedtuple
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import posse
from posse.kernels import compiler
from posse.kernels.declaration import Domain, Flag, Game, Output, Parameter
from posse.kernels.errors import InputError
from posse.kernels.grid import Column, solve_nest
from posse.kernels.nest import Nest
from posse.kernels.point import solve_plain
from posse.kernels.program import is_certain
from posse.kernels.vocabulary import where

R = namedtuple("R", "y")
ODD = Flag(1, "a", "a"), Flag(4, "b", "b")
OUTPUTS = {
    "codes": (Output("y", "codes", "y", ODD), {1, 4}),
    "flags": (Output("y", "flags", "y", ODD), {0, 1, 4, 5}),
    "wide flags": (Output("y", "flags", "y", (*ODD, Flag(1 << 14, "c", "c")), bits=16), None),
    "count": (Output("y", "count", "y"), set(range(254))),
}
# fmt: off
VALUES = [0.0, 1, 2, 3, 4, 5, 7, 8, 0.5, 4.000001, -1, -0.5, 64, 127, 128, 129, 132, 253, 254, 255, 256, 257, 260,
          300, 16384, 16385, 16388, 16389, 32768, 32769, 65535, 65536, 65537, 1e10, -1e10, 4294967297, 1e30, -1e30]
# fmt: on


def game(output: Output, solve: Any = lambda x: R(x * 1)) -> Game:
    return Game("tiny", "A game", "1", (Parameter("x", "x", Domain(), 1, "x"),), (output,), solve)


def declared(name: str) -> set[int]:
    return OUTPUTS[name][1] or {a + b + c for a in (0, 1) for b in (0, 4) for c in (0, 1 << 14)}


@pytest.mark.parametrize("name", OUTPUTS)
def test_only_what_is_declared_comes_out(name: str) -> None:
    tiny, allowed = game(OUTPUTS[name][0]), declared(name)
    for value in VALUES:
        many = np.append(np.full(40, float(min(allowed))), value)
        if value in allowed:
            assert posse.solve(tiny, x=many).y.values[-1] == value == solve_plain(tiny, {"x": value})["y"]
            continue
        with pytest.raises(InputError, match=r"^game tiny: y is .*, but "):
            posse.solve(tiny, x=many)
        for x in (many, value, Fraction(value)):
            with pytest.raises(InputError, match=r"^game tiny: y is .*, but "):
                solve_plain(tiny, {"x": x})


def test_the_point_is_named() -> None:
    with pytest.raises(InputError, match=r"^game tiny: y is 300 where x = 300, but its codes are 1, 4$"):
        posse.solve(game(OUTPUTS["codes"][0]), x=[1.0, 4.0] * 20 + [300.0])
    nothing = game(OUTPUTS["count"][0], lambda x: R(where(x > 2, x / 0 * 0, 0)))
    with pytest.raises(InputError, match=r"y is nan where x = 3, but a count is a whole number from 0 to 253"):
        posse.Sweep(nothing, {"x": [1.0, 2.0, 3.0]}).evaluate()


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
def test_every_width_of_vectors_marks_the_same(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    output = OUTPUTS[name][0]
    monkeypatch.setattr(compiler.Kernel, "width", property(lambda _: width, lambda _, value: None), raising=False)
    x = np.array(VALUES)
    found = np.empty((1, x.size), output.dtype("float64"))
    solve_nest(game(output), ("y",), "float64", (), Nest((x.size,), 1, None), [Column(x, 0)], [found])
    assert found[0].tolist() == [v if v in declared(name) else output.not_computed for v in VALUES]


def test_outside_the_domain_nothing_is_looked_at() -> None:
    tiny = Game(
        "tiny", "A game", "1", (Parameter("x", "x", Domain(0, 1), 1, "x"),), (OUTPUTS["codes"][0],), lambda x: R(x)
    )
    assert posse.solve(tiny, x=[1.0, 7.0], outside_domain="mark").y.values.tolist() == [1, 254]
    assert solve_plain(tiny, {"x": 7.0})["y"] == 254


@pytest.mark.parametrize("name", ["restraint", "signalling"])
def test_the_games_of_the_house_need_no_look(name: str) -> None:
    house = posse.game(name)
    assert all(is_certain(house, output.name) for output in house.outputs)


def test_certain_is_what_no_point_can_break() -> None:
    """Certain only where all that the choices may give is declared."""
    codes = OUTPUTS["codes"][0]
    certain = [lambda x: R(where(x > 0, 1, 4)), lambda x: R(where(x > 0, 1, 2) * where(x > 1, 1, 1))]
    assert [is_certain(game(codes, solve), "y") for solve in certain] == [True, False]
    flags = OUTPUTS["flags"][0]
    sums = [lambda x: R(where(x > 0, 1, 0) + where(x > 1, 4, 0)), lambda x: R(where(x > 0, 1, 0) + where(x > 1, 1, 0))]
    assert [is_certain(game(flags, solve), "y") for solve in sums] == [True, False]
    assert not is_certain(game(codes, lambda x: R(where(x > 0, 1, float("nan")))), "y")
