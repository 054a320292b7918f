"""x ** r for compiled code: logarithm and exponential without a branch or a call, so that they vectorise.

    logarithm(x) -> (high, low), the unevaluated sum of which is log x to some 60 bits
    exponential(high, low) -> exp(high + low)
    power(x, r) -> x ** r for x ≥ 0 and r > 0

The machine's `pow` is a scalar call that costs more than the rest of a game. The method is the common one:
log x = k log 2 + log m with m between sqrt(1/2) and sqrt 2, log m = 2 artanh(s) with s = (m − 1)/(m + 1), and
exp y = 2^n exp(y − n log 2); polynomials are minimax fits. Errors: tests/test_elementary.py.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, register_jitable

# Inlined as seen by LLVM, which else leaves calls that it cannot vectorise over; division as in NumPy.
INLINE: Any = {"error_model": "numpy", "forceinline": True}

# artanh: log((1 + s)/(1 − s)) = 2 s + s³ Q(s²), relative error 5e-18
_Q = (0.666666666666667, 0.39999999999898506, 0.2857142862637237, 0.22222211077131945, 0.18182892908511972,
      0.15331607252648338, 0.14617745369120122)  # fmt: skip
# exp r = 1 + r + r² E(r) for |r| ≤ log(2)/2, error 2e-19
_E = (0.5, 0.1666666666666667, 0.041666666666666685, 0.008333333333326134, 0.0013888888888874402,
      0.00019841269874822348, 2.4801587346353895e-05, 2.755725539844268e-06, 2.7557252910267314e-07,
      2.5105217637423046e-08, 2.09215915460621e-09)  # fmt: skip
_LOG2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")  # its product with an exponent is exact
_LOG2_LOW = float.fromhex("0x1.ef35793c76730p-45")
_INVERSE_LOG2 = float.fromhex("0x1.71547652b82fep+0")
_MAGIC = 6755399441055744.0  # 1.5 · 2^52: adding it leaves a whole number in the last bits
_MAGIC_BITS = 0x4338000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LEAST_NORMAL = 2.2250738585072014e-308


@intrinsic
def _fma(typing_context: Any, x: Any, y: Any, z: Any) -> Any:
    """x · y + z, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def _bits(typing_context: Any, x: Any) -> Any:
    """The bits of a float64 as int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _float(typing_context: Any, n: Any) -> Any:
    """The float64 with these bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def _select(typing_context: Any, condition: Any, yes: Any, no: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return types.float64(types.boolean, types.float64, types.float64), generate


@register_jitable(**INLINE)
def logarithm(x):
    tiny = x < _LEAST_NORMAL
    bits = _bits(_select(tiny, x * 18014398509481984.0, x))  # 2^54
    steps = (bits - _SQRT_HALF_BITS) >> 52
    m = _float(bits - (steps << 52))
    k = _float(steps + _MAGIC_BITS) - _MAGIC - _select(tiny, 54.0, 0.0)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    q = _fma(z, _fma(z, _fma(z, _fma(z, _fma(z, _fma(z, _Q[6], _Q[5]), _Q[4]), _Q[3]), _Q[2]), _Q[1]), _Q[0])
    # log(1 + f) = f − (f²/2 − s (f²/2 + s² Q)): the correction is small against f, which is exact
    half = 0.5 * f * f
    correction = s * (half + z * q) - half
    whole = k * _LOG2_HIGH
    high = whole + f
    low = (whole - high) + f  # exact, for whole is 0 or larger than f
    low += _fma(k, _LOG2_LOW, correction)
    total = high + low
    return total, (high - total) + low


@register_jitable(**INLINE)
def exponential(high, low):
    shifted = _fma(high, _INVERSE_LOG2, _MAGIC)
    n = shifted - _MAGIC
    r = _fma(-n, _LOG2_LOW, _fma(-n, _LOG2_HIGH, high)) + low
    e = _fma(r, _fma(r, _E[10], _E[9]), _E[8])
    e = _fma(r, _fma(r, _fma(r, _fma(r, e, _E[7]), _E[6]), _E[5]), _E[4])
    e = _fma(r, _fma(r, _fma(r, _fma(r, e, _E[3]), _E[2]), _E[1]), _E[0])
    scaled = 1.0 + _fma(r * r, e, r)
    steps = _bits(shifted) - _MAGIC_BITS
    half = steps >> 1  # in two halves, lest 2^n overflow before the result does
    return scaled * _float((half + 1023) << 52) * _float((steps - half + 1023) << 52)


@register_jitable(**INLINE)
def power(x, r):
    high, low = logarithm(x)
    product = r * high
    rest = _fma(r, high, -product) + r * low
    # Beyond these bounds the result is 0 or infinite; within them every step above is finite.
    clamped = _select(product > 710.0, 710.0, _select(product < -746.0, -746.0, product))
    result = exponential(clamped, _select(clamped == product, rest, 0.0))
    return _select(x == 0.0, 0.0, _select(x == np.inf, np.inf, _select(x == x, result, np.nan)))
