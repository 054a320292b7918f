"""Numbers that record what is computed with them: compiled, they give NumPy's bits; what they cannot do, they say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from posse.kernels.compiler import Kernel, hash_key
from posse.kernels.graph import Graph
from posse.kernels.nest import INNER, MIDDLE, OUTER, levels
from posse.kernels.program import Program
from posse.kernels.vocabulary import maximum, minimum, where

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.1, 1e300, -1e-300, 5e-324, np.inf, -np.inf, np.nan, 3.0]
X, Y = (a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL))
HALF = np.float64(0.5)  # on the left of an operator, NumPy's numbers come first

EXPRESSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda x, y: x + y + 1,
    "difference": lambda x, y: 2 - (x - y) - HALF,
    "product": lambda x, y: HALF * (x * y) * 3,
    "quotient": lambda x, y: 1 / x + y / 3 + x / y,
    "signs": lambda x, y: abs(x) - (-y) + (+x),
    "comparisons": lambda x, y: (x < y) + 2 * (x <= y) + 4 * (x > y) + 8 * (x >= y) + 16 * (x == y) + 32 * (x != y),
    "conditions": lambda x, y: where((x < y) & (x > 0) | (y == 1), x, 7),
    "constant conditions": lambda x, y: where((x < y) & True | False, x, 7),
    "choice of conditions": lambda x, y: where(where(x < y, x > 0, y > 0), 1, 2),
    "conditions as numbers": lambda x, y: sum([x > 0, y > 0, x > y]) + 1 - (x < y) + (x > 1) * 2.0 + (x < 0) / 4,
    "extremes": lambda x, y: minimum(x, y) + 3 * maximum(y, 0.1),
    "constants": lambda x, y: where(1 < 2, x, y),
}


def compiled(expression: Callable[[Any, Any], Any], width: int) -> Any:
    graph = Graph()
    result = graph.number(expression(graph.parameter(0), graph.parameter(1)), "real")
    key = hash_key(expression.__code__.co_code, expression.__code__.co_consts, expression.__code__.co_names)
    kernel = Kernel(Program(graph, (result,), (np.dtype("float64"),)), (INNER, INNER), "graph", key)
    found, none = np.empty(X.size), np.empty((1, 0))
    columns = np.array([X.ctypes.data, Y.ctypes.data])
    kernel.code(width)(none, np.array([0]), none.T, X.size, columns, X.size, np.array([found.ctypes.data]))
    return found


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_numpy_finds_the_same_bits(name: str) -> None:
    with np.errstate(all="ignore"):
        wanted = EXPRESSIONS[name](X, Y) * 1.0
    for width in (2, 8):
        found = compiled(EXPRESSIONS[name], width)
        np.testing.assert_array_equal(found, wanted)
        assert (np.signbit(found) == np.signbit(wanted))[~np.isnan(wanted)].all()


def test_the_same_thing_twice_is_one_number() -> None:
    graph = Graph()
    x, y = graph.parameter(0), graph.parameter(1)
    assert x + y is x + y
    assert x + 0.0 is not x + (-0.0)
    assert where(x > y, x, x) is x


def test_needed_numbers_come_in_order_and_no_others() -> None:
    graph = Graph()
    x, y = graph.parameter(0), graph.parameter(1)
    _unused = x - y
    needed = graph.needed([(x + y) * x])
    assert [n.op for n in needed] == ["parameter", "parameter", "add", "multiply"]


def test_a_number_changes_where_what_it_is_made_of_does() -> None:
    graph = Graph()
    a, b, c = (graph.parameter(k) for k in range(3))
    held, along, both = a * 2, b + a, (b + a) * c
    level = levels(graph, (OUTER, MIDDLE, INNER))
    assert [level[n.index] for n in (held, along, both)] == [OUTER, MIDDLE, MIDDLE | INNER]


def test_a_hash_tells_what_is_computed_and_nothing_else() -> None:
    """Whatever stands in the graph besides, in whatever order it came there."""
    graph, other = Graph(), Graph()
    x, y = graph.parameter(0), graph.parameter(1)
    v, u = other.parameter(1), other.parameter(0)
    _unused = v * 7
    assert graph.hashes([x + y, x - y]) == other.hashes([u + v, u - v])
    different = [x, y, x + y, y + x, x - y, x + 0.0, x + (-0.0), x + 1, where(x > y, x, y), where(x > y, y, x), x > y]
    assert len(set(graph.hashes(different))) == len(different)


def test_possible_values_are_all_that_come_out() -> None:
    graph = Graph()
    x, y = graph.parameter(0), graph.parameter(1)
    small = where(x > y, 3, where(y > 0, 1, where(x > 0, 2, 1)))
    assert graph.possible(small) == {1, 2, 3}
    assert graph.possible(small + where(x > 0, 10, 0) - 1) == {0, 1, 2, 10, 11, 12}
    assert graph.possible(graph.number(x > 0, "real") * small) == {0, 1, 2, 3}
    assert graph.possible(where(x > 0, x, 1)) is None
    assert graph.possible(small / 2) is None


MISUSES = [
    lambda x: bool(x), lambda x: x & x, lambda x: x << 1, lambda x: (x > 0) << 1, float, lambda x: x + "1",
    lambda x: x + None, lambda x: np.array([1.0]) * x, lambda x: where(x, 1, 0), lambda x: where((x > 0) * 1, 1, 0),
]  # fmt: skip
# NumPy takes these for logic or refuses them, Python for numbers.
MISUSES += [
    lambda x: (x > 0) + (x < 1), lambda x: (x > 0) - (x < 1), lambda x: (x > 0) * (x < 1), lambda x: -(x > 0),
    lambda x: +(x > 0), lambda x: abs(x > 0), lambda x: (x > 0) + True, lambda x: np.bool_(True) - (x > 0),
    lambda x: (x > 0) ** (x < 1), lambda x: True ** (x > 0),
]  # fmt: skip


@pytest.mark.parametrize("misuse", MISUSES)
def test_what_a_number_cannot_do_is_a_type_error(misuse: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        misuse(Graph().parameter(0))
