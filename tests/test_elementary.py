"""Logarithm, exponential and powers of compiled code against 50-digit decimal arithmetic."""

from collections.abc import Callable
from decimal import Decimal, getcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from posse.kernels import elementary
from posse.kernels.compiler import Kernel, hash_key
from posse.kernels.graph import Graph, Number
from posse.kernels.nest import INNER, SHORT
from posse.kernels.program import Program

getcontext().prec = 50
Floats = npt.NDArray[np.float64]
RANDOM = np.random.default_rng(20)
COUNT = 300


ENDS = [0, 5e-324, 1e-310, 0.5, 1 - 2**-53, 1, 1 + 2**-52, 1.5, 2, 2.5, 3, 4, 99_999, 1e5, 2**52, 2**52 + 1, 2**53,
        2**53 + 2, 1e300, np.inf]  # fmt: skip
SPECIAL = np.array([*ENDS, *(-x for x in ENDS), -0.0, np.nan])


def solved(function: Callable[..., Any], *arguments: Floats) -> Floats:
    """The function at each of these points, by compiled code."""
    graph = Graph()
    result = graph.number(function(*(graph.parameter(k) for k in range(len(arguments)))), "real")
    program = Program(graph, (result,), (np.dtype("float64"),))
    kernel = Kernel(program, (INNER,) * len(arguments), "elementary", hash_key(graph.hashes(program.results)))
    columns, found = [np.resize(a, max(SHORT, a.size)) for a in arguments], np.empty(max(SHORT, arguments[0].size))
    none, inner = np.empty((1, 0)), np.array([c.ctypes.data for c in columns])
    kernel(none, np.array([0]), none.T, found.size, inner, found.size, np.array([found.ctypes.data]))
    return found[: arguments[0].size]


def logarithm(x: Number) -> Number:
    high, low = elementary.logarithm(x)
    return high + low


def logarithm_of_ratio(y: Number, x: Number) -> Number:
    high, low = elementary.logarithm_of_ratio(y, x)
    return high + low


def exponential(x: Number) -> Number:
    return elementary.exponential(x, 0.0)


def worst(result: Floats, exact: list[Decimal]) -> float:
    """Largest error in units of the last place of the exact result."""
    errors = [
        abs(Decimal(float(a)) - b) / Decimal(float(np.spacing(abs(float(b)))))
        for a, b in zip(result, exact, strict=True)
    ]
    return float(max(errors))


@pytest.mark.parametrize("spread", [1e-9, 1e-3, 0.5, 5, 700])
def test_logarithm_within_2_ulp(spread: float) -> None:
    x = np.exp(RANDOM.uniform(-spread, spread, COUNT))
    x = x[x != 1]
    assert worst(solved(logarithm, x), [Decimal(float(v)).ln() for v in x]) < 2


@pytest.mark.parametrize("spread", [1e-9, 0.3, 5, 700])
def test_exponential_within_2_ulp(spread: float) -> None:
    x = RANDOM.uniform(-spread, spread, COUNT)
    assert worst(solved(exponential, x), [Decimal(float(v)).exp() for v in x]) < 2


@pytest.mark.parametrize("spread", [1e-3, 1, 20, 200])
def test_power_within_2_ulp(spread: float) -> None:
    x, r = np.exp(RANDOM.uniform(-spread, spread, COUNT)), RANDOM.uniform(0.1, 3.4, COUNT)
    exact = [Decimal(float(a)) ** Decimal(float(b)) for a, b in zip(x, r, strict=True)]
    assert worst(solved(elementary.power, x, r), exact) < 2


@pytest.mark.parametrize("spread", [1e-9, 1e-3, 0.3, 5, 350])
def test_logarithm_of_a_ratio_within_half_an_ulp_of_1_or_its_own(spread: float) -> None:
    """Where the ratio is near 1 a power needs the error to be small against 1, not against the logarithm."""
    y, x = np.exp(RANDOM.uniform(-spread, spread, (2, COUNT)))
    exact = [(Decimal(float(a)) / Decimal(float(b))).ln() for a, b in zip(y, x, strict=True)]
    errors = [abs(Decimal(float(a)) - b) for a, b in zip(solved(logarithm_of_ratio, y, x), exact, strict=True)]
    assert all(e < Decimal(2.0**-53) * max(1, abs(b)) for e, b in zip(errors, exact, strict=True))


@pytest.mark.parametrize("spread", [1e-3, 1, 20, 100])
def test_power_of_a_ratio_within_2_ulp(spread: float) -> None:
    y, x = np.exp(RANDOM.uniform(-spread, spread, (2, COUNT)))
    r = RANDOM.uniform(0.1, 3.4, COUNT)
    numbers = ([Decimal(float(v)) for v in column] for column in (y, x, r))
    exact = [(a / b) ** c for a, b, c in zip(*numbers, strict=True)]
    assert worst(solved(elementary.ratio_power, y, x, r), exact) < 2


def test_power_of_a_ratio_at_the_ends_of_the_number_line() -> None:
    numbers = np.array([5e-324, 1e-310, 1e-300, 1e-30, 1, 1e30, 1e300])
    y, x = (n.ravel() for n in np.meshgrid(numbers, numbers))
    for exponent in (0.5, 1.0, 3.0):
        exact = [(Decimal(float(a)) / Decimal(float(b))) ** Decimal(exponent) for a, b in zip(y, x, strict=True)]
        found = solved(elementary.ratio_power, y, x, np.full(x.size, exponent))
        np.testing.assert_allclose(found, [float(e) for e in exact], rtol=1e-15, atol=1e-323)
    ends = solved(elementary.ratio_power, np.array([0, 0, 1, 5e-324]), np.array([1, 5e-324, 0, 0]), np.full(4, 0.5))
    assert ends.tolist() == [0, 0, np.inf, np.inf]


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 3.0, 1e3, 1e150])
def test_power_at_the_ends_of_the_number_line(exponent: float) -> None:
    x = np.array([0, 5e-324, 1e-310, 1e-300, 0.5, 1, 2, 1e300, np.inf, np.nan])
    with np.errstate(all="ignore"):
        wanted = x**exponent
    np.testing.assert_allclose(solved(elementary.power, x, np.full(x.size, exponent)), wanted, rtol=1e-15, atol=1e-323)


def test_a_power_of_whole_exponent_is_exact_where_it_can_be() -> None:
    x = np.array([1, 2, 4, 0.5, 0.25, 1024.0])
    for exponent in (1.0, 2.0, 3.0):
        assert (solved(elementary.power, x, np.full(x.size, exponent)) == x**exponent).all()


def test_power_grows_with_its_base() -> None:
    """Neighbouring floats never come out in the wrong order by more than their rounding."""
    x = np.cumsum(np.full(1000, np.spacing(1.25))) + 1.25
    got = solved(elementary.power, x, np.full(x.size, 2.5))
    assert (np.diff(got) >= -np.spacing(got[:-1])).all()


def assert_same(found: Floats, wanted: Floats) -> None:
    """To rounding; infinities, NaN and the signs of zeros too."""
    np.testing.assert_allclose(found, wanted, rtol=1e-15, atol=1e-323)
    assert (np.signbit(found) == np.signbit(wanted))[~np.isnan(wanted)].all()


def test_power_is_that_of_c_at_any_two_numbers() -> None:
    """Negative bases, zeros, infinities, NaN; exponents that are odd, even, neither. NumPy calls C's pow."""
    x, r = (n.ravel() for n in np.meshgrid(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        wanted = np.power(x, r)
    assert_same(solved(elementary.power, x, r), wanted)


@pytest.mark.parametrize("r", [0, 1, 2, 3, 4, 5, 10, 64, -1, -2, -3, 0.5, 2.5, -0.5, 1e5, np.inf, -np.inf, np.nan])
def test_power_of_a_constant_exponent_is_that_of_c(r: float) -> None:
    with np.errstate(all="ignore"):
        wanted = np.power(SPECIAL, np.full(SPECIAL.size, float(r)))  # an array: scalars have ways of their own
    assert_same(solved(lambda x: x**r, SPECIAL), wanted)


@pytest.mark.parametrize("base", [0.0, 2.0, -2.0, 0.3, np.inf])
def test_power_of_a_constant_base_is_that_of_c(base: float) -> None:
    with np.errstate(all="ignore"):
        wanted = np.power(np.full(SPECIAL.size, base), SPECIAL)
    assert_same(solved(lambda r: base**r, SPECIAL), wanted)


@pytest.mark.parametrize("r", [2, 3, 4, -1, -2, -3, -4, 7, 20, 64, 0.3, 3.7, 8.5, 31.4])
def test_powers_of_constant_exponents_within_2_ulp_or_a_quarter_of_the_exponent(r: float) -> None:
    x = RANDOM.uniform(-9, 9, COUNT) if isinstance(r, int) else RANDOM.uniform(0, 9, COUNT)
    assert worst(solved(lambda x: x**r, x), [Decimal(float(v)) ** Decimal(r) for v in x]) < max(2, r / 4)


def test_squares_and_reciprocals_are_rounded_once() -> None:
    x = RANDOM.uniform(-9, 9, COUNT)
    assert (solved(lambda x: x**2, x) == x * x).all()
    assert (solved(lambda x: x**-1, x) == 1 / x).all()
