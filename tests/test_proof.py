"""Proofs by cases: what is true by a theorem is proved, and what is proved holds at exact points."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from posse.kernels.algebra import Table
from posse.kernels.forms import Bounds
from posse.kernels.proof import Prover
from posse.kernels.vocabulary import maximum, minimum, opposite, portion, ratio_power, where
from test_algebra import At

SHARE = Bounds(Fraction(0), Fraction(1))
ABOVE = Bounds(Fraction(0), None, low_open=True)
NOT_BELOW = Bounds(Fraction(0), None)


def prove(condition: Callable[..., Any], *bounds: Bounds) -> int:
    table = Table()
    prover = Prover(table)
    said = condition(*(table.parameter(name, b) for name, b in zip("xyzw", bounds, strict=False)))
    return prover.prove(said)


TRUE: list[tuple[Callable[..., Any], tuple[Bounds, ...]]] = [
    (lambda x, y: x * y <= minimum(x, y), (SHARE, SHARE)),
    (lambda x, y: x + y - x * y <= 1, (SHARE, SHARE)),
    (lambda x, y: maximum(x, y) >= minimum(x, y), (NOT_BELOW, NOT_BELOW)),
    (lambda x, y: maximum(x, y) + minimum(x, y) == x + y, (NOT_BELOW, NOT_BELOW)),
    (lambda x, y, z: portion(x, y) <= portion(x + z, y), (ABOVE, ABOVE, NOT_BELOW)),
    (lambda x, y, r: portion(1, ratio_power(y, x, r)) < 1, (ABOVE, ABOVE, ABOVE)),
    (lambda x, y, r: ratio_power(x, x + y, r) <= 1, (ABOVE, NOT_BELOW, ABOVE)),
    (lambda x, y: opposite((x < y) & (y < x)), (NOT_BELOW, NOT_BELOW)),
    (lambda x, y: abs(x - y) >= x - y, (NOT_BELOW, NOT_BELOW)),
    (lambda x, y, z: opposite((x <= y) & (y <= z)) | (x <= z), (NOT_BELOW,) * 3),
    (lambda x, y, z: z * x + (1 - z) * y <= maximum(x, y), (NOT_BELOW, NOT_BELOW, SHARE)),
    (lambda x, y: where(x < y, 1, 2) + where(y <= x, 1, 2) == 3, (SHARE, SHARE)),
]


@pytest.mark.parametrize("k", range(len(TRUE)))
def test_what_is_true_is_proved(k: int) -> None:
    condition, bounds = TRUE[k]
    assert prove(condition, *bounds) > 0


NEARLY: list[tuple[Callable[..., Any], tuple[Bounds, ...]]] = [
    (lambda x, y: x * y < minimum(x, y), (SHARE, SHARE)),  # 0 and 1
    (lambda x, y: x + y - x * y < 1, (SHARE, SHARE)),  # 1
    (lambda x, y: x > 0, (NOT_BELOW, SHARE)),
    (lambda x, y: x * y > 0, (ABOVE, SHARE)),
    (lambda x, y: x < 1, (SHARE, SHARE)),
    (lambda x, y, z: portion(x, y) < portion(x + z, y), (ABOVE, ABOVE, NOT_BELOW)),
    (lambda x, y, r: ratio_power(x, x + y, r) < 1, (ABOVE, NOT_BELOW, ABOVE)),
    (lambda x, y: x <= 10**6, (NOT_BELOW, SHARE)),
    (lambda x, y: where(x < y, 1, 2) == where(x <= y, 1, 2), (SHARE, SHARE)),
    (lambda x, y: maximum(x, y) > minimum(x, y), (SHARE, SHARE)),
]


@pytest.mark.parametrize("k", range(len(NEARLY)))
def test_what_fails_at_an_end_or_a_tie_is_not(k: int) -> None:
    condition, bounds = NEARLY[k]
    assert prove(condition, *bounds) == 0


small = st.integers(-2, 2)
exact = st.fractions(0, 3, max_denominator=6)


@st.composite
def definitions(draw: Any) -> Callable[..., Any]:
    """A number made of x, y, z in a few random steps."""
    steps = draw(
        st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30), st.integers(0, 30), small), min_size=2, max_size=7)
    )

    def number(x: Any, y: Any, z: Any) -> Any:
        made = [x, y, z, 1 + 0 * x]
        for what, i, j, c in steps:
            a, b = made[i % len(made)], made[j % len(made)]
            made.append(
                [
                    lambda a=a, b=b, c=c: a + c * b,
                    lambda a=a, b=b, c=c: a * b + c,
                    lambda a=a, b=b, c=c: minimum(a, b) + c,
                    lambda a=a, b=b, c=c: maximum(a, b) - c,
                    lambda a=a, b=b, c=c: where((a < b) & (a > c), a, b),
                    lambda a=a, b=b, c=c: where((a >= b) | (b < c), 1, 0),
                    lambda a=a, b=b, c=c: portion(1 + abs(a), 1 + abs(b)) - Fraction(c, 4),
                ][what]()
            )
        return made[-1]

    return number


@settings(max_examples=50, deadline=None)
@given(
    definitions(), st.integers(-4, 4), st.booleans(), st.lists(st.tuples(exact, exact, exact), min_size=20, max_size=20)
)
def test_what_is_proved_holds_exactly(
    number: Callable[..., Any], c: int, strict: bool, points: list[tuple[Fraction, ...]]
) -> None:
    """Of random definitions over a share, what is not below 0, and what is above 0."""

    def said(x: Any, y: Any, z: Any) -> Any:
        return number(x, y, z) > c if strict else number(x, y, z) >= c

    assume(prove(said, SHARE, NOT_BELOW, ABOVE))
    for x, y, z in points:
        for share in (min(x, Fraction(1)), Fraction(0), Fraction(1)):
            assert said(share, y, z + Fraction(1, 100))


@settings(max_examples=50, deadline=None)
@given(definitions(), exact, exact, exact)
def test_a_definition_in_symbols_is_the_definition(
    number: Callable[..., Any], x: Fraction, y: Fraction, z: Fraction
) -> None:
    table = Table()
    Prover(table)  # which settles some conditions beforehand
    x, z = min(x, Fraction(1)), z + Fraction(1, 100)
    form = number(*(table.parameter(n, b) for n, b in zip("xyz", (SHARE, NOT_BELOW, ABOVE), strict=True)))
    assert At({"x": x, "y": y, "z": z}).form(form) == number(x, y, z)
