"""A game is the program that its solution computes: whatever it reads, what is compiled and stored is never stale."""

import os
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import count, product
from math import inf, isfinite, nan, nextafter
from pathlib import Path
from random import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import posse
from posse.kernels.declaration import UNIT_INTERVAL, Domain, Game, Output, Parameter
from posse.kernels.errors import GameChangedError, InputError
from posse.kernels.grid import Column, solve_grid
from posse.kernels.point import solve_plain
from posse.kernels.vocabulary import ratio_power

R = namedtuple("R", "y")
One = namedtuple("One", "z")

HEAD = """
from collections import namedtuple
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple
R = namedtuple("R", "y")
"""

# How a solution may come by the K of K · x; an edit writes another number in its place.
WAYS = {
    "literal": "def solve(x): return R(K * x)",
    "constant": "C = K\ndef solve(x): return R(C * x)",
    "list": "C = [K]\ndef solve(x): return R(C[0] * x)",
    "dict": "C = {'war': K}\ndef solve(x): return R(C['war'] * x)",
    "tuple of lists": "C = ([K],)\ndef solve(x): return R(C[0][0] * x)",
    "fraction": "C = Fraction(K)\ndef solve(x): return R(C * x)",
    "class": "class C:\n    k = K\ndef solve(x): return R(C.k * x)",
    "dataclass": "@dataclass\nclass C:\n    k: float = K\nc = C()\ndef solve(x): return R(c.k * x)",
    "namespace in a namespace": "c = SimpleNamespace(b=SimpleNamespace(a=K))\ndef solve(x): return R(c.b.a * x)",
    "helper": "def h(x): return K * x\ndef solve(x): return R(h(x))",
    "cached helper": "@lru_cache\ndef h(): return K\ndef solve(x): return R(h() * x)",
    "function in a table": "def h(x): return K * x\nT = [h]\ndef solve(x): return R(T[0](x))",
    "static method": "class C:\n    @staticmethod\n    def f(x): return K * x\ndef solve(x): return R(C.f(x))",
    "method": "class S(NamedTuple):\n    a: Any\n    def f(self): return K * self.a\ndef solve(x): return R(S(x).f())",
    "partial": "def f(k, x): return k * x\ng = partial(f, K)\ndef solve(x): return R(g(x))",
    "import inside": "def solve(x):\n    from other_module import k\n    return R(k * x)",
    "lazy output": "def solve(x): return R(lambda: K * x)",
}


def game(solve: Callable[..., Any]) -> Game:
    return Game(
        "tiny", "A game", "1", (Parameter("x", "x", UNIT_INTERVAL, 0.5, "x"),), (Output("y", "real", "y"),), solve
    )


def written(way: str, k: int) -> Game:
    """The game of a module that is written in this way."""
    module = ModuleType("tiny")
    sys.modules["other_module"] = ModuleType("other_module")
    sys.modules["other_module"].__dict__["k"] = k
    exec(HEAD + WAYS[way].replace("K", str(k)), module.__dict__)
    return game(module.solve)


def value(tiny: Game) -> float:
    return float(posse.solve(tiny, x=1.0).y)


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_is_seen_by_the_kernel_and_by_the_hash(way: str) -> None:
    found = [(value(tiny), tiny.source_hash) for tiny in (written(way, k) for k in (2, 2, 3))]
    assert [number for number, _ in found] == [2, 2, 3]
    assert found[0] == found[1]
    assert found[0][1] != found[2][1]


class Scaled:
    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, x: Any) -> R:
        return R(self.k * x)

    def solve(self, x: Any) -> R:
        return R(self.k * x)


def made(k: float) -> Callable[..., Any]:
    return lambda x: R(k * x)


def scaled(k: float, x: Any) -> R:
    return R(k * x)


PAIRS: dict[str, tuple[Any, Any]] = {
    "on one line": (lambda x: R(2 * x), lambda x: R(3 * x)),
    "objects": (Scaled(2), Scaled(3)),
    "methods": (Scaled(2).solve, Scaled(3).solve),
    "partial": (partial(scaled, 2), partial(scaled, 3)),
    "closures": (made(2), made(3)),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_games_have_their_own_kernels(pair: str) -> None:
    two, three = map(game, PAIRS[pair])
    assert (value(two), value(three)) == (2, 3)
    assert two.source_hash != three.source_hash


def test_what_is_written_otherwise_but_computes_the_same_is_the_same() -> None:
    def longer(x: Any) -> R:
        """Has a comment, a name and something that nobody needs."""
        twice = 2 * x
        _unused = x - 1
        return R(twice)

    assert game(longer).source_hash == game(lambda x: R(2 * x)).source_hash
    assert game(longer).source_hash != game(lambda x: R(x * 2)).source_hash


def test_the_hash_is_that_of_other_processes() -> None:
    """Also where parts are computed in the order of a set of strings, which is another one in each process."""
    code = HEAD + (
        "from posse.kernels.declaration import *\n"
        "def solve(x):\n"
        "    part = {name: (x + len(name)) ** 1.5 for name in {'leader', 'ally', 'foe', 'neutral'}}\n"
        "    return R(sum(part[name] for name in sorted(part)))\n"
        "x = Parameter('x', 'x', UNIT_INTERVAL, 0.5, 'x')\n"
        "print(Game('tiny', '', '1', (x,), (Output('y', 'real', 'y'),), solve).source_hash)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64


def test_a_solution_that_is_another_one_every_time_is_refused() -> None:
    calls = count(1)
    for solve in (lambda x: R(random() * x), lambda x: R(next(calls) * x), lambda x: R(lambda: random() * x)):
        with pytest.raises(InputError, match="tiny: solve computes something else when it is called again"):
            posse.solve(game(solve))


def test_a_cube_of_another_program_is_refused_and_what_changed_is_named(tmp_path: Path) -> None:
    def run(tiny: Game) -> Any:
        return posse.Sweep(tiny, {"x": [0.0, 1.0]}).run(tmp_path / "cube", progress=False)

    costs = {"war": 2.0}

    def solve(x: Any) -> R:
        return R(costs["war"] * x)

    tiny = game(solve)
    assert run(tiny).y.values.tolist() == [0, 2]
    run(tiny)
    costs["war"] = 3.0
    with pytest.raises(GameChangedError, match="what its functions read changed"):
        run(game(solve))
    with pytest.raises(GameChangedError, match=r"<lambda>, .*solve changed"):
        run(game(lambda x: R(4 * x)))
    run(game(lambda x: R(2 * x)))  # the same program
    with pytest.raises(GameChangedError, match="its version changed"):
        run(replace(tiny, version="2"))


def test_what_cannot_be_compiled_begins_no_cube(tmp_path: Path) -> None:
    for solve in (lambda x: R(1 if x > 0 else 0), lambda x: R(lambda: 1 / 0), lambda x: R(random())):
        with pytest.raises(InputError):
            posse.Sweep(game(solve), {"x": [0.0, 1.0]}).run(tmp_path / "cube", progress=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("domain", [Domain(-9, 9), Domain(0, 9), Domain(0, 9, low_open=True)])
def test_a_power_of_a_ratio_is_numpys_whatever_the_exponent_may_be(domain: Domain) -> None:
    """Where it may be 0 or less compiled code goes another way; an exponent that is computed may be anything."""
    numbers = np.array([-4.0, -3, -1.5, -0.5, 0, 0.5, 1, 2, 2.5, 3])
    exponents = [n for n in numbers if n in domain]
    y, x, r = (n.ravel() for n in np.meshgrid([0.0, 0.5, 1, 3], [0.0, 0.5, 2, 3], exponents))
    some = (y > 0) | (x > 0)
    given = {"y": y[some], "x": x[some], "r": r[some]}
    parameters = *(Parameter(n, n, Domain(0, 9), 1, n) for n in "yx"), Parameter("r", "r", domain, 1, "r")
    for solve in (lambda y, x, r: One(ratio_power(y, x, r)), lambda y, x, r: One(ratio_power(y, x, r - 1))):
        tiny = Game("tiny", "A game", "1", parameters, (Output("z", "real", "z"),), solve)
        found = posse.solve(tiny, **given).z.values
        np.testing.assert_allclose(found, solve_plain(tiny, given)["z"], rtol=1e-15)


DOMAINS = (
    Domain(low=-1, high=2),
    Domain(low=-2, high=-0.0),
    Domain(low=0, high=0.0),
    Domain(low=0, low_open=True),
    Domain(low=0, high=1, high_open=True),
    Domain(high=-1e-300),
    Domain(low=2.0**-1074, high=2.0**-1073),
    Domain(),
)
NANS = np.array([0x7FF8 << 48, 0xFFF8 << 48, 0x7FF0 << 48 | 1, 0xFFF0 << 48 | 1], np.uint64).view(np.float64)


def is_inside(domain: Domain, x: float) -> bool:
    """By the exact numbers; at most 10³⁰ in size, as the documentation says."""
    if not isfinite(x) or abs(Fraction(x)) > Fraction(1e30):
        return False
    low = domain.low == -inf or Fraction(domain.low) < x or (Fraction(domain.low) == x and not domain.low_open)
    high = domain.high == inf or Fraction(domain.high) > x or (Fraction(domain.high) == x and not domain.high_open)
    return low and high


def bordered(x0: Any, x1: Any, x2: Any, x3: Any, x4: Any, x5: Any, x6: Any, x7: Any) -> R:
    return R(x0 * x7)


BORDERED = tuple(Parameter(f"x{k}", f"x{k}", d, d.bounds[0], f"x{k}") for k, d in enumerate(DOMAINS))
BORDERS = Game("borders", "Borders", "1", BORDERED, (Output("y", "real", "y"),), bordered)


SPECIAL = sorted(
    {e for d in DOMAINS for end in d.bounds for e in (end, nextafter(end, -inf), nextafter(end, inf), -end)}
)
VALUES = np.array([*SPECIAL, 0.0, -0.0, inf, -inf, 5e-324, -5e-324, *NANS])


def require_borders(axes: list[int | None]) -> None:
    """Each parameter takes all values along its axis in turn, while those of that axis stay at their lower bounds."""
    shape, lists = [2, 2, 2], {axis: [p for p, a in zip(BORDERED, axes, strict=True) if a == axis] for axis in range(3)}
    columns, expected = {}, {axis: np.ones(2, bool) for axis in range(3)}
    for axis, those in lists.items():
        if those:
            shape[axis] = len(those) * len(VALUES)
            expected[axis] = np.array([is_inside(p.domain, x) for p in those for x in VALUES.tolist()])
        for k, parameter in enumerate(those):
            values = np.full(shape[axis], parameter.default, np.float64)
            values[k * len(VALUES) : (k + 1) * len(VALUES)] = VALUES
            columns[parameter.name] = Column(values, axis)
    inside = ~np.isnan(solve_grid(BORDERS, columns, shape, ["y"])["y"][0])
    first, second, third = expected[0][:, None, None], expected[1][:, None], expected[2]
    np.testing.assert_array_equal(inside, first & second & third)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_borders_of_domains_that_are_joined(axis: int) -> None:
    require_borders([axis] * len(BORDERED))


@pytest.mark.parametrize("k", range(len(BORDERED)))
def test_the_borders_of_one_domain(k: int) -> None:
    require_borders([2 if j == k else None for j in range(len(BORDERED))])


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_the_borders_of_domains_in_several_loops(turn: int) -> None:
    require_borders([(0, 1, 2, None)[(k + turn) % 4] if k < 4 else None for k in range(len(BORDERED))])


@pytest.mark.parametrize(
    ("common", "value", "solve"),
    [
        (0.0, -0.0, lambda a, b: R(b / a)),
        (0.0, 0.0, lambda a, b: R(b * (1 / a))),
        (2.0, 2.0, lambda a, b: R(b * a**2000)),
        (2.0, 2.0, lambda a, b: R(b - 1e308 * (a * a))),
    ],
)
def test_a_value_that_is_built_in_gives_what_it_gives_in_a_list(
    common: float, value: float, solve: Callable[..., Any]
) -> None:
    parameters = Parameter("a", "a", Domain(-1, 2), 1.0, "a", common=common), Parameter("b", "b", Domain(), 1.0, "b")
    divided = Game("divided", "Divided", "1", parameters, (Output("y", "real", "y"),), solve)
    alone = posse.solve(divided, a=value, b=1.0).y.item()
    assert posse.solve(divided, a=[value] * 20, b=1.0).y.values.tolist() == [alone] * 20
    assert solve_plain(divided, {"a": value, "b": 1.0})["y"] == alone
    assert abs(alone) == inf


@pytest.mark.parametrize("number", [float, np.float64])
def test_the_order_of_parameters_of_which_some_are_built_in(number: type[float]) -> None:
    a = Parameter("a", "a", Domain(number(0), number(1)), 0.25, "a", common=number(0.75))
    b = Parameter("b", "b", Domain(at_least="a"), 0.75, "b", common=number(0.5))
    ordered = Game("ordered", "Ordered", "1", (a, b), (Output("y", "real", "y"),), lambda a, b: R(a + b))
    lows, highs = [0.0, 0.5, 0.75, 1.0, nan], [0.0, 0.5, 0.75, 1.0, nan]
    for low, high in product(lows, highs):
        for columns in (
            {"a": Column(np.array([low])), "b": Column(np.array([high]))},
            {"a": Column(np.array([low] * 3), 0), "b": Column(np.array([high]))},
            {"a": Column(np.array([low])), "b": Column(np.array([high] * 3), 0)},
        ):
            found = solve_grid(ordered, columns, (3,), ["y"])["y"][0]
            np.testing.assert_array_equal(found, [low + high if low <= high else nan] * 3)
