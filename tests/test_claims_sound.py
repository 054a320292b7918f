"""Claims that a proof or a counterexample may not get wrong: games made so that a careless step shows."""

from math import inf
from typing import Any, NamedTuple

import pytest

import posse
from posse import Domain, Flag, Game, Output, Parameter
from posse.claims.by_cases import by_cases
from posse.claims.language import read
from posse.claims.scope import parts, scope
from posse.kernels.errors import InputError
from posse.kernels.vocabulary import ratio_power, where

FLAGS = (Flag(1, "a", "first"), Flag(2, "b", "second"), Flag(4, "c", "third"))
UNIT, POSITIVE = Domain(0, 1), Domain(0, 1, low_open=True)


class Found(NamedTuple):
    out: Any


def game(solve: Any, kind: Any = "real", flags: Any = (), domain: Domain = UNIT, names: Any = ("x", "y")) -> Game:
    return Game(
        name="made",
        title="made",
        version="1",
        parameters=tuple(Parameter(name, name, domain, 0.5, name) for name in names),
        outputs=(Output("out", kind, "what comes out", flags),),
        solve=solve,
    )


def proved(made: Game, claim: str) -> bool:
    said = read(made, claim)
    return all(by_cases(said, part) for part in parts(said, scope(made, None, None)))


SUM = game(lambda x, y: Found(where(x > 0.5, 3, 0) + where(y > 0.5, 1, 0)), "flags", FLAGS)
NESTED = game(lambda x, y: Found(where(x > 0.5, where(y > 0.5, 2, 0), 0)), "flags", FLAGS)
CONDITION = game(lambda x, y: Found(x > 0.5), "codes", (*FLAGS[:1], Flag(0, "none", "nothing")))
INFINITE = game(lambda x, y: Found(where(x > 0.5, x, inf) ** y))
POLE = game(lambda x, y: Found(1 / (1 + x**-1)))
STEP = game(lambda x, y: Found(where(x > 0, 1, 0)))
FALSE = [
    (SUM, "not c in out"),  # 3 + 1
    (SUM, "x > 0.5 and y > 0.5 implies b in out"),
    (NESTED, "not b in out"),
    (CONDITION, "out != a"),
    (INFINITE, "out <= 1"),
    (POLE, "out > 0"),  # not at 0, where the power is infinite
    (STEP, "x * y == 0 and x + y > 0 implies out is constant in x, y"),  # one point on either axis
]


@pytest.mark.parametrize(("made", "claim"), FALSE)
def test_what_is_false_has_no_proof(made: Game, claim: str) -> None:
    assert not proved(made, claim)


@pytest.mark.parametrize(
    ("made", "claim"),
    [(SUM, "x <= 0.5 and y > 0.5 implies a in out and not b in out"), (NESTED, "b in out implies x > 0.5 and y > 0.5")],
)
def test_what_is_true_of_flags_still_has_one(made: Game, claim: str) -> None:
    assert proved(made, claim)


@pytest.mark.parametrize(("made", "claim"), [FALSE[0], FALSE[2], FALSE[3], FALSE[6]])
def test_and_it_is_refuted(made: Game, claim: str) -> None:
    assert posse.check(made, claim, seconds=2).answer == "refuted"


def test_rounding_refutes_nothing() -> None:
    """(x / y)^1.5 · (y / x)^1.5 is 1, and a root times itself what it is the root of, which float64 misses."""
    round_trip = game(
        lambda x, y: Found(where(ratio_power(x, y, 1.5) * ratio_power(y, x, 1.5) == 1, 1, 0)),
        "codes",
        (Flag(0, "misses", "is not 1"), Flag(1, "meets", "is 1")),
        POSITIVE,
    )
    assert posse.check(round_trip, "out == meets", seconds=1).answer != "refuted"
    assert posse.check(STEP, "x ** 0.5 * x ** 0.5 == x", seconds=1).answer != "refuted"


def test_a_factor_stays_in_the_domain() -> None:
    beyond = game(lambda x, y: Found(where(x > 1, 5, 1)))
    assert proved(beyond, "out is unchanged by scaling x")


def test_a_parameter_may_be_called_step() -> None:
    named = game(lambda x, step: Found(x * (step - 0.5)), names=("x", "step"))
    found = posse.check(named, "out is nondecreasing in x", seconds=2)
    assert found.answer == "refuted"
    assert found.counterexample is not None
    assert found.counterexample["step"] < 0.5
    assert proved(named, "step >= 0.5 implies out is nondecreasing in x")


def test_a_claim_at_one_point_is_decided() -> None:
    """A power that is no fraction is left to intervals, here of a box without sides."""
    fixed = posse.game("restraint").defaults | {"decisiveness": 1.5}
    victory = float(posse.solve("restraint", decisiveness=1.5).victory)
    assert posse.check("restraint", f"victory > {victory - 1e-9}", fixed=fixed, seconds=2).answer == "proved"
    assert posse.check("restraint", f"victory > {victory + 1e-9}", fixed=fixed, seconds=2).answer == "refuted"


def test_what_no_one_can_wait_for_is_not_computed() -> None:
    claims = ("2 ** 99999999 > share", "share ** 999999999 <= 1", " and ".join(["share >= 0"] * 3000), "1 / 0 > share")
    for claim in claims:
        assert posse.check("restraint", claim, seconds=0.1).seconds < 5


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("share > 1e400", "at most 1e\\+30"),
        ("(war == 5) at (diversity = 2)", r"diversity: 2 is not allowed; allowed is \[0, 1\]"),
        ("(war == 5) at (war_resolute = 1, war_irresolute = 0)", "war_irresolute: 0 is below war_resolute, 1"),
        ("war at (share = 1, share = 0) > 1", "gives share twice"),
        ("war @ other(share = 1) > 1", "is not a part of the language"),
        ("not " * 5000 + "share > 0", "nested too deeply|cannot be read"),
    ],
)
def test_bad_claims_are_named(claim: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as error:
        posse.check("restraint", claim)
    assert len(str(error.value)) < 2000


@pytest.mark.parametrize("wrong", [{"seconds": "long"}, {"seconds": None}, {"seed": -1}, {"seed": "a"}])
def test_bad_limits_are_named(wrong: Any) -> None:
    with pytest.raises(InputError, match="is not allowed; it is a"):
        posse.check("restraint", "share >= 0", **wrong)
