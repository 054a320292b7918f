/* The game of strategic restraint in C: docs/model.md as one would write it for a vectorising compiler.

   18 arrays of double in, the regime and four payoffs out. Points are solved in blocks that stay in the
   first-level cache, so that every loop but the last ones works on numbers of one size. */

#include <math.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define BLOCK 128

typedef struct { double gain, war, value; } crisis_t;
typedef struct { double stays, gain, war, value; } branch_t;

INLINE double contest(double x, double y, double r, int general)
{
    return general ? 1 / (1 + pow(y / x, r)) : x / (x + y);
}

INLINE crisis_t crisis(double M, double m_O, double q, double c_L, double c_R, double c_I, double r, int general)
{
    double p = contest(M, m_O, r, general);
    double h_R = fmin(1 - p, c_R), h_I = fmin(1 - p, c_I);
    int risky = q * (h_I + c_L) < h_I - h_R;
    double gain = risky ? (1 - q) * h_I : h_R;
    double loss = risky ? (1 - q) * h_I + q * h_R : h_R;
    return (crisis_t){p + gain, risky ? q : 0, 1 - p - loss};
}

INLINE branch_t branch(double m_L, double m_P, double m_O, double d, double b, double c_L, double c_P, double c_R,
                       double c_I, double q, double r, int general)
{
    crisis_t both = crisis(m_L + m_P, m_O, q, c_L, c_R, c_I, r, general);
    crisis_t alone = crisis(m_L, m_O, q, c_L, c_R, c_I, r, general);
    int stays = (1 - d) * (both.gain - alone.gain) >= b + c_P * both.war;
    return (branch_t){stays ? 1 : 0, stays ? both.gain : alone.gain, stays ? both.war : alone.war,
                      stays ? both.value : alone.value};
}

/* Points i to i + count, count ≤ BLOCK, into five rows of a block: regime, leader, partner, observer, target. */
INLINE void block(const double *const *parameters, long start, long count, double solved[5][BLOCK], int general)
{
    const double *m_L_ = parameters[0] + start, *m_P_ = parameters[1] + start, *m_T_ = parameters[2] + start;
    const double *m_O_ = parameters[3] + start, *r_ = parameters[4] + start, *d_ = parameters[5] + start;
    const double *spoils = parameters[6] + start, *share = parameters[7] + start, *attrition = parameters[8] + start;
    const double *k_S = parameters[9] + start, *k_B = parameters[10] + start, *b_ = parameters[11] + start;
    const double *c_L_ = parameters[12] + start, *c_P_ = parameters[13] + start, *c_R_ = parameters[14] + start;
    const double *c_I_ = parameters[15] + start, *q_ = parameters[16] + start, *prize = parameters[17] + start;

#pragma omp simd
    for (long i = 0; i < count; i++) {
        double m_L = m_L_[i], m_P = m_P_[i], m_T = m_T_[i], m_O = m_O_[i], r = r_[i], d = d_[i], b = b_[i];
        double c_L = c_L_[i], c_P = c_P_[i], c_R = c_R_[i], c_I = c_I_[i], q = q_[i], v = prize[i];
        double pi_N = contest(m_L + m_P, m_T, r, general);
        double pi_S = contest(m_L + m_P + m_O, m_T, r, general);
        double pi_B = contest(m_L + m_P, m_T + m_O, r, general);
        double f = m_L / (m_L + m_P), G = spoils[i] * m_T, H = (1 - share[i]) * G;
        branch_t N = branch(m_L + f * G, m_P + (1 - f) * G, m_O, d, b, c_L, c_P, c_R, c_I, q, r, general);
        branch_t S = branch(m_L + f * H, m_P + (1 - f) * H, m_O + share[i] * G, d, b, c_L, c_P, c_R, c_I, q, r,
                            general);
        branch_t B = branch(m_L + f * G, m_P + (1 - f) * G, (1 - attrition[i]) * m_O, d, b, c_L, c_P, c_R, c_I, q, r,
                            general);
        double u_N = 1 - pi_N + pi_N * N.value;
        double u_S = 1 - pi_S + pi_S * S.value - k_S[i];
        double u_B = 1 - pi_B + pi_B * B.value - k_B[i];
        int neutral = (u_N >= u_S) & (u_N >= u_B), support = u_S >= u_B;
        double pi = neutral ? pi_N : support ? pi_S : pi_B;
        double stays = neutral ? N.stays : support ? S.stays : B.stays;
        double gain = neutral ? N.gain : support ? S.gain : B.gain;
        double war = neutral ? N.war : support ? S.war : B.war;
        double code = neutral ? N.stays : (support ? 2 : 6) + 2 * N.stays + stays;
        solved[0][i] = code;
        solved[1][i] = pi * (v + gain - war * c_L);
        solved[2][i] = pi * (v + (1 - d) * gain - stays * (b + c_P * war));
        solved[3][i] = neutral ? u_N : support ? u_S : u_B;
        solved[4][i] = (1 - pi) * v;
    }
}

#define SOLVE(name, real, general)                                                                       \
    void name(const double *const *parameters, long count, uint8_t *restrict regime, real *restrict payoff) \
    {                                                                                                    \
        double solved[5][BLOCK];                                                                         \
        for (long start = 0; start < count; start += BLOCK) {                                            \
            long size = count - start < BLOCK ? count - start : BLOCK;                                   \
            if (size == BLOCK)                                                                           \
                block(parameters, start, BLOCK, solved, general);                                        \
            else                                                                                         \
                block(parameters, start, size, solved, general);                                         \
            for (long i = 0; i < size; i++)                                                              \
                regime[start + i] = (uint8_t)(int)solved[0][i];                                          \
            for (int k = 0; k < 4; k++)                                                                  \
                for (long i = 0; i < size; i++)                                                          \
                    payoff[k * count + start + i] = (real)solved[1 + k][i];                              \
        }                                                                                                \
    }

SOLVE(solve_float32, float, 0)
SOLVE(solve_float64, double, 0)
SOLVE(solve_general_float32, float, 1)
SOLVE(solve_general_float64, double, 1)
