"""Logarithm, exponential and power of compiled code against 50-digit decimal arithmetic."""

import platform
import re
from collections.abc import Callable
from decimal import Decimal, getcontext

import numba
import numpy as np
import numpy.typing as npt
import pytest

from posse.kernels import elementary

getcontext().prec = 50
Floats = npt.NDArray[np.float64]
RANDOM = np.random.default_rng(20)
COUNT = 300


@numba.njit(error_model="numpy")
def logarithms(x: Floats, result: Floats) -> None:
    for i in range(x.size):
        high, low = elementary.logarithm(x[i])
        result[i] = high + low


@numba.njit(error_model="numpy")
def exponentials(x: Floats, result: Floats) -> None:
    for i in range(x.size):
        result[i] = elementary.exponential(x[i], 0.0)


@numba.njit(error_model="numpy")
def powers(x: Floats, r: Floats, result: Floats) -> None:
    for i in range(x.size):
        result[i] = elementary.power(x[i], r[i])


def solved(function: Callable[..., None], *arguments: Floats) -> Floats:
    result = np.empty(arguments[0].size)
    function(*arguments, result)
    return result


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
    assert worst(solved(logarithms, x), [Decimal(float(v)).ln() for v in x]) < 2


@pytest.mark.parametrize("spread", [1e-9, 0.3, 5, 700])
def test_exponential_within_2_ulp(spread: float) -> None:
    x = RANDOM.uniform(-spread, spread, COUNT)
    assert worst(solved(exponentials, x), [Decimal(float(v)).exp() for v in x]) < 2


@pytest.mark.parametrize("spread", [1e-3, 1, 20, 200])
def test_power_within_2_ulp(spread: float) -> None:
    x, r = np.exp(RANDOM.uniform(-spread, spread, COUNT)), RANDOM.uniform(0.1, 3.4, COUNT)
    exact = [Decimal(float(a)) ** Decimal(float(b)) for a, b in zip(x, r, strict=True)]
    assert worst(solved(powers, x, r), exact) < 2


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 3.0, 1e3, 1e150])
def test_power_at_the_ends_of_the_number_line(exponent: float) -> None:
    x = np.array([0, 5e-324, 1e-310, 1e-300, 0.5, 1, 2, 1e300, np.inf, np.nan])
    with np.errstate(all="ignore"):
        wanted = x**exponent
    np.testing.assert_allclose(solved(powers, x, np.full(x.size, exponent)), wanted, rtol=1e-15, atol=1e-323)


def test_a_power_of_whole_exponent_is_exact_where_it_can_be() -> None:
    x = np.array([1, 2, 4, 0.5, 0.25, 1024.0])
    for exponent in (1.0, 2.0, 3.0):
        assert (solved(powers, x, np.full(x.size, exponent)) == x**exponent).all()


def test_power_grows_with_its_base() -> None:
    """Neighbouring floats never come out in the wrong order by more than their rounding."""
    x = np.cumsum(np.full(1000, np.spacing(1.25))) + 1.25
    got = solved(powers, x, np.full(x.size, 2.5))
    assert (np.diff(got) >= -np.spacing(got[:-1])).all()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names instructions of x86")
def test_no_scalar_code_is_left() -> None:
    """A loop over powers uses packed instructions and calls no function of the C library."""
    solved(powers, np.ones(8), np.ones(8))
    assembly = powers.inspect_asm(powers.signatures[0])
    assert "divpd" in assembly
    assert not re.search(r"[\s$](pow|exp|log|fma)\b", assembly)
