"""Powers for compiled code: logarithm and exponential of a graph's numbers, without a branch or a call.

    logarithm(x) -> (high, low)               the unevaluated sum of which is log x to some 60 bits
    logarithm_of_ratio(y, x) -> (high, low)   log(y / x), within 2^-58 or as close as that to its size
    exponential(high, low) -> exp(high + low)
    power(x, r) -> x ** r                     at any two numbers, as C's pow has it
    ratio_power(y, x, r) -> (y / x) ** r      for finite y and x ≥ 0 that are not both 0, and r > 0

The machine's `pow` is a scalar call that costs more than the rest of a game. The method is the common one:
log x = k log 2 + log m with m between sqrt(1/2) and sqrt 2, log m = 2 artanh(s) with s = (m − 1)/(m + 1), and
exp y = 2^n exp(y − n log 2); polynomials are minimax fits. Errors: tests/test_elementary.py.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from math import inf, isfinite, nan
from typing import Any

from posse.kernels.graph import Number, bits, from_bits, fused
from posse.kernels.vocabulary import maximum, minimum, where

# artanh: log((1 + s)/(1 − s)) = 2 s + s³ Q(s²), relative error 5e-18
_Q = (0.666666666666667, 0.39999999999898506, 0.2857142862637237, 0.22222211077131945, 0.18182892908511972,
      0.15331607252648338, 0.14617745369120122)  # fmt: skip
# the same for |s| ≤ 1/3, absolute error of s³ R(s²) 3e-18
_R = (0.6666666666666666, 0.40000000000014596, 0.2857142856710506, 0.22222222717801782, 0.18181789417326447,
      0.15385570592912243, 0.13314135550881162, 0.12001155182857778, 0.08800317650868773,
      0.16164938169471338)  # fmt: skip
# exp r = 1 + r + r² E(r) for |r| ≤ log(2)/2, error 2e-19
_E = (0.5, 0.1666666666666667, 0.041666666666666685, 0.008333333333326134, 0.0013888888888874402,
      0.00019841269874822348, 2.4801587346353895e-05, 2.755725539844268e-06, 2.7557252910267314e-07,
      2.5105217637423046e-08, 2.09215915460621e-09)  # fmt: skip
_LOG2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")  # its product with an exponent is exact
_LOG2_LOW = float.fromhex("0x1.ef35793c76730p-45")
_INVERSE_LOG2 = float.fromhex("0x1.71547652b82fep+0")
_MAGIC = 6755399441055744.0  # 1.5 · 2^52: adding it leaves a whole number in the last bits
_BIASED = _MAGIC + 2046.0  # the same, with twice the bias of exponents added to it
_MAGIC_BITS = 0x4338000000000000
_WHOLE = 4503599627370496.0  # 2^52
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LEAST_NORMAL = 2.2250738585072014e-308


def _polynomial(x: Number, coefficients: Sequence[Any]) -> Any:
    """The constant coefficient first; even and odd powers by Horner's scheme each, which is half as long a chain."""
    square = x * x
    even, odd = (reduce(lambda sum_, c: fused(square, sum_, c), coefficients[k::2][::-1]) for k in (0, 1))
    return fused(x, odd, even)


def _scaled(x: Number) -> tuple[Number, Number]:
    """x > 0 as 2^k · m with m from sqrt(1/2) to sqrt 2: k + _MAGIC, and m."""
    tiny = x < _LEAST_NORMAL
    there = bits(where(tiny, x * 18014398509481984.0, x))  # 2^54
    steps = (there - _SQRT_HALF_BITS) >> 52
    magic, less = (x.graph.number(n, "whole") for n in (_MAGIC_BITS, _MAGIC_BITS - 54))
    return from_bits(steps + where(tiny, less, magic)), from_bits(there - (steps << 52))


def logarithm(x: Number) -> tuple[Number, Number]:
    k_magic, m = _scaled(x)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    # log(1 + f) = f − (f²/2 − s (f²/2 + s² Q)): the correction is small against f, which is exact
    half = 0.5 * f * f
    correction = s * (half + z * _polynomial(z, _Q)) - half
    return _with_exponent(k_magic - _MAGIC, f, correction)


def logarithm_of_ratio(y: Number, x: Number) -> tuple[Number, Number]:
    """log(y / x), with one division where the ratio and its logarithm would take two."""
    k_y, m_y = _scaled(y)
    k_x, m_x = _scaled(x)
    # With f = m_y − m_x and g = m_y + m_x: log(m_y / m_x) = 2 artanh(s), s = f / g; all but s is exact.
    f, twice = m_y - m_x, m_x + m_x
    g = twice + f
    g_low = f - (g - twice)
    inverse = 1.0 / g
    s = f * inverse
    s_low = fused(-s, g_low, fused(-s, g, f)) * inverse
    z = s * s
    return _with_exponent(k_y - k_x, s + s, fused(s * z, _polynomial(z, _R), s_low + s_low))


def _with_exponent(k: Number, high: Number, low: Number) -> tuple[Number, Number]:
    """k log 2 + high + low as an unevaluated sum, for |high| < log 2 and low small against it."""
    whole = k * _LOG2_HIGH
    sum_ = whole + high
    rest = (whole - sum_) + high  # exact, for whole is 0 or larger than high
    rest += fused(k, _LOG2_LOW, low)
    total = sum_ + rest
    return total, (sum_ - total) + rest


def exponential(high: Number, low: Number) -> Number:
    shifted = fused(high, _INVERSE_LOG2, _BIASED)
    n = shifted - _BIASED
    r = fused(-n, _LOG2_LOW, fused(-n, _LOG2_HIGH, high)) + low
    scaled = 1.0 + fused(r * r, _polynomial(r, _E), r)
    # 2^n in two halves, lest it overflow before the result does. The shift drops what is above an exponent's bits.
    steps = bits(shifted)
    half = steps >> 1
    return scaled * from_bits(half << 52) * from_bits((steps - half) << 52)


def ratio_power(y: Number, x: Number, r: Number) -> Any:
    result = _exponential_of_product(r, *logarithm_of_ratio(y, x))
    return where(y == 0.0, 0.0, where(x == 0.0, inf, result))


def power(x: Number, r: Any) -> Any:
    """r: a Number, or what is the same at all points."""
    r = r.value if isinstance(r, Number) and r.op == "constant" else r
    if not isinstance(r, Number):
        r = float(r)
        if r in _PRODUCTS:
            return _PRODUCTS[r](x)
    size = abs(x)
    # A size of 1 has the power 1 also where the exponent is infinite.
    exponent = r if isinstance(r, float) and isfinite(r) else where(size == 1.0, where(r == r, 0.0, r), r)
    result = _exponential_of_product(exponent, *logarithm(size))
    result = where(size == 0.0, _of_zero(r), where(size == inf, _of_zero(-r), where(x == x, result, nan)))
    whole, odd = _parity(r)
    result = where((x >= 0.0) | whole | (x == -inf), result, nan)
    sign = (bits(x) >> 63) << 63
    signed = where(odd, from_bits(bits(result) + sign), result)
    return signed if isinstance(r, float) and r == r else where((r == 0.0) | (x == 1.0), 1.0, signed)


# Exponents for which this is as exact as the way by the logarithm.
_PRODUCTS: dict[float, Callable[[Number], Any]] = {
    -1.0: lambda x: 1.0 / x,
    0.0: lambda x: 1.0,
    1.0: lambda x: x,
    2.0: lambda x: x * x,
    3.0: lambda x: x * x * x,
}


def _of_zero(r: Any) -> Any:
    """0 to the power r; to the power −r, what infinity is to the power r."""
    return where(r > 0.0, 0.0, where(r < 0.0, inf, r * 0.0 + 1.0))


def _parity(r: Any) -> tuple[Any, Any]:
    """Whether a number is whole, and whether it is odd."""
    size = abs(r)
    half = 0.5 * size
    whole = _rounded(size) == size
    return whole, whole & (_rounded(half) != half)


def _rounded(x: Any) -> Any:
    """x ≥ 0 to a whole number; those from 2^52 on all are."""
    return where(x < _WHOLE, (x + _WHOLE) - _WHOLE, x)


def _exponential_of_product(r: Any, high: Number, low: Number) -> Number:
    """exp(r (high + low))."""
    product = r * high
    rest = fused(r, high, -product) + r * low
    # Beyond these bounds the result is 0 or infinite; within them every step of the exponential is finite.
    clamped = minimum(maximum(product, -746.0), 710.0)
    return exponential(clamped, where(clamped == product, rest, 0.0))
