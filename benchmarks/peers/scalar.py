"""The game of strategic restraint as one would write it for Numba: scalars, branches, a loop over arrays.

A peer to measure posse against, and an independent second opinion on its answers.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

jit: Any = numba.njit(error_model="numpy")


@jit
def contest(x, y, r):
    if r == 1.0:
        return x / (x + y)
    return x**r / (x**r + y**r)


@jit
def crisis(M, m_O, q, c_L, c_R, c_I, r):
    p = contest(M, m_O, r)
    safe = min(1.0, p + c_R)
    risky = min(1.0, p + c_I)
    if risky > safe and (1.0 - q) * risky + q * (p - c_L) > safe:
        return (1.0 - q) * risky + q * p, q, (1.0 - q) * (1.0 - risky) + q * (1.0 - p - c_R)
    return safe, 0.0, 1.0 - safe


@jit
def branch(m_L, m_P, m_O, d, b, c_L, c_P, c_R, c_I, q, r):
    gain, war, value = crisis(m_L + m_P, m_O, q, c_L, c_R, c_I, r)
    gain_alone, war_alone, value_alone = crisis(m_L, m_O, q, c_L, c_R, c_I, r)
    if (1.0 - d) * (gain - gain_alone) >= b + c_P * war:
        return True, gain, war, value
    return False, gain_alone, war_alone, value_alone


@jit
def point(m_L, m_P, m_T, m_O, r, d, g, s, w, k_S, k_B, b, c_L, c_P, c_R, c_I, q, v):
    f = m_L / (m_L + m_P)
    G = g * m_T
    pi_N = contest(m_L + m_P, m_T, r)
    pi_S = contest(m_L + m_P + m_O, m_T, r)
    pi_B = contest(m_L + m_P, m_T + m_O, r)
    stays_N, gain_N, war_N, value_N = branch(m_L + f * G, m_P + (1.0 - f) * G, m_O, d, b, c_L, c_P, c_R, c_I, q, r)
    H = (1.0 - s) * G
    stays_S, gain_S, war_S, value_S = branch(
        m_L + f * H, m_P + (1.0 - f) * H, m_O + s * G, d, b, c_L, c_P, c_R, c_I, q, r
    )
    stays_B, gain_B, war_B, value_B = branch(
        m_L + f * G, m_P + (1.0 - f) * G, (1.0 - w) * m_O, d, b, c_L, c_P, c_R, c_I, q, r
    )
    u_N = 1.0 - pi_N + pi_N * value_N
    u_S = 1.0 - pi_S + pi_S * value_S - k_S
    u_B = 1.0 - pi_B + pi_B * value_B - k_B
    if u_N >= u_S and u_N >= u_B:
        regime, pi, stays, gain, war, u = 1 if stays_N else 0, pi_N, stays_N, gain_N, war_N, u_N
    elif u_S >= u_B:
        code = 2 + 2 * stays_N + stays_S
        regime, pi, stays, gain, war, u = code, pi_S, stays_S, gain_S, war_S, u_S
    else:
        code = 6 + 2 * stays_N + stays_B
        regime, pi, stays, gain, war, u = code, pi_B, stays_B, gain_B, war_B, u_B
    burden = b + c_P * war if stays else 0.0
    return regime, pi * (v + gain - war * c_L), pi * (v + (1.0 - d) * gain - burden), u, (1.0 - pi) * v


@jit
def loop(m_L, m_P, m_T, m_O, r, d, g, s, w, k_S, k_B, b, c_L, c_P, c_R, c_I, q, v, regime, payoff):
    for i in range(len(regime)):
        code, leader, partner, observer, target = point(
            m_L[i], m_P[i], m_T[i], m_O[i], r[i], d[i], g[i], s[i], w[i],
            k_S[i], k_B[i], b[i], c_L[i], c_P[i], c_R[i], c_I[i], q[i], v[i],
        )  # fmt: skip
        regime[i] = code
        payoff[0, i] = leader
        payoff[1, i] = partner
        payoff[2, i] = observer
        payoff[3, i] = target


def solve(parameters: list[npt.NDArray[np.float64]], real: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """Regime and payoffs at points given as one array for each parameter, in the order of the declaration."""
    count = len(parameters[0])
    regime = np.empty(count, np.uint8)
    payoff = np.empty((4, count), real)
    loop(*parameters, regime, payoff)
    return regime, payoff
