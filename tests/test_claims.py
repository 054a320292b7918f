"""Claims: false ones are refuted by points that the independent exact solution confirms, true ones are proved."""

import json
from fractions import Fraction
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from typer.testing import CliRunner

import exact
import posse
from posse.benchmarks.shapes import Shape, disc, shape
from posse.claims.by_cases import by_cases
from posse.claims.check import check
from posse.claims.files import read_claims
from posse.claims.language import read
from posse.claims.scope import parts, scope
from posse.cli import app
from posse.kernels.declaration import Domain
from posse.kernels.errors import InputError
from posse.kernels.vocabulary import where

SHIPPED = Path(__file__).parents[1] / "examples" / "claims.toml"

# Each with what an exact solution has to say at the counterexample for it to be one.
FALSE: list[tuple[str, Any]] = [
    ("alignment != support", lambda s: s.alignment == 1),
    ("alignment != oppose", lambda s: s.alignment == 2),
    ("regime != disingenuous_bandwagoning", lambda s: s.regime == 4),
    ("regime not in (binding_bandwagoning, binding_balancing)", lambda s: s.regime in (3, 7)),
    ("share == 1 implies alignment == support", lambda s: s.alignment != 1),
    ("spoils == 0 implies alignment == neutral", lambda s: s.alignment != 0),
    ("diversity == 1 implies regime != leader_balancing", lambda s: s.regime == 6),
    ("diversity == 1 implies regime in (reassured_neutrality, leader_balancing)", lambda s: s.regime not in (0, 6)),
    ("cost_support > 0.2 implies alignment != support", lambda s: s.alignment == 1),
    ("cost_oppose > 0.5 implies alignment != oppose", lambda s: s.alignment == 2),
    ("committed_alignment == alignment", lambda s: s.alignment != s.committed_alignment),
    ("committed_alignment == oppose implies alignment == oppose", lambda s: s.alignment != 2),
    ("stays_after_opposition in durability implies alignment == oppose", lambda s: s.durability >= 4 > 2 * s.alignment),
    ("stays_after_support in durability implies stays_after_opposition in durability", lambda s: s.durability & 6 == 2),
    ("war <= 0.5", lambda s: s.war > Fraction(1, 2)),
    ("war > 0 implies alignment == neutral", lambda s: s.war > 0 and s.alignment != 0),
    ("observer payoff > 0.01", lambda s: s.payoff[2] <= Fraction(1, 100)),
    ("leader payoff <= 1.9", lambda s: s.payoff[0] > Fraction(19, 10)),
    ("margin > 0.001", lambda s: s.margin <= Fraction(1, 1000)),
    ("alignment == oppose implies victory < 0.9", lambda s: s.victory >= Fraction(9, 10)),
    ("demand >= war_resolute", lambda s: s.demand < 2),
]  # fmt: skip


def confirmed(found: dict[str, Any]) -> Any:
    """The independent exact solution at a counterexample, where it can solve it."""
    return exact.solve({name: Fraction(repr(value)) for name, value in found.items()})


@pytest.mark.parametrize(("claim", "fails"), FALSE)
def test_planted_false_claims_are_refuted(claim: str, fails: Any) -> None:
    verdict = check("restraint", claim, fixed={"decisiveness": 1}, seconds=8)
    assert verdict.answer == "refuted"
    assert fails(confirmed(dict(verdict.counterexample or {})))


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim, _ in FALSE])
def test_planted_false_claims_have_no_proof(claim: str) -> None:
    """Whatever the search does: the prover by itself proves none of them."""
    said = read(posse.game("restraint"), claim)
    boxes = parts(said, scope(said.game, None, None))
    assert not all(by_cases(said, box, monotonic() + 0.5) for box in boxes)


TRUE = [
    "regime == disingenuous_bandwagoning implies alignment == support",
    "regime in (leader_balancing, binding_balancing, coalition_balancing) implies alignment == oppose",
    "regime == coalition_balancing implies stays_after_opposition in durability",
    "cost_support > 1 and cost_oppose > 1 implies alignment == neutral",
    "diversity == 1 and cost_stay > 0 implies committed_alignment == alignment",
    "diversity == 1 and cost_stay > 0 implies not stays_after_support in durability",
    "resolve == 1 implies war == 0",
    "resolve == 0 implies war == 0",
    "war <= victory",
    "war <= resolve",
    "demand <= 1",
    "margin >= 0",
    "observer payoff <= 1",
    "target payoff <= prize",
    "prize == 0 implies target payoff == 0",
    "victory < 1 and victory > 0",
    "observer payoff is nonincreasing in cost_support",
    "target payoff is nondecreasing in prize",
    "regime, margin, war are constant in prize",
    "regime, victory are unchanged by scaling (cap_leader, cap_partner, cap_target, cap_observer)",
    "alignment == neutral implies victory is nondecreasing in cap_leader",
    "war_resolute == war_irresolute implies war == 0",
    "(war > 0) == (demand > 0 and war > 0)",
    "(diversity - 0.5) ** 2 >= 0",
]


@pytest.mark.parametrize("claim", TRUE)
def test_planted_true_claims_are_proved_at_all_points(claim: str) -> None:
    assert check("restraint", claim, seconds=10).answer == "proved"


def test_a_box_may_be_what_makes_a_claim_true() -> None:
    claim = "alignment == neutral"
    assert check("restraint", claim, {"cost_oppose": (0, 2)}, seconds=5).answer == "refuted"
    verdict = check("restraint", claim, {"cost_oppose": (0.5, 2), "diversity": (0.8, 1)}, seconds=10)
    assert verdict.answer == "proved"


X, Y = (0, 1), (0, 1)


@pytest.mark.parametrize(
    ("claim", "answer"),
    [
        ("x > 0.36 implies regime == out", "proved"),
        ("y < 0.54 implies regime == out", "proved"),
        ("x > 0.34 implies regime == out", "refuted"),
        ("x == 0.3 and y == 0.6 implies regime == in", "proved"),
        ("regime == in implies x + y < 0.98", "proved"),
        ("regime == in implies x + y < 0.95", "refuted"),
        ("regime == in implies x * y <= 0.2101", "refuted"),
    ],
)
def test_a_disc_lies_where_it_lies(claim: str, answer: str) -> None:
    """Of radius 0.05 around (0.3, 0.6)."""
    verdict = check(shape(disc), claim.replace("== in", "== 'in'"), {"x": X, "y": Y}, seconds=3)
    assert verdict.answer == answer


def far(x: Any) -> Shape:
    """In between 1000 and the root of 1000001, where nobody looks."""
    return Shape(where((x > 1000) & (x * x < 1000001), 1, 0))


def test_boxes_prove_nothing_of_a_parameter_without_ends() -> None:
    assert posse.solve(shape(far, Domain()), x=1000.0001).regime == 1
    assert check(shape(far, Domain()), "regime == out", seconds=1).answer != "proved"


STATEMENT_9 = (
    "cost_stay > 0 and "
    "(not stays_after_neutrality in durability and not stays_after_support in durability and alignment == oppose) "
    "at (diversity = 0) implies alignment == oppose"
)


def test_the_second_half_of_statement_9_is_no_theorem() -> None:
    """A passing coalition faces opposition at no diversity, and no more of it at some: refuted by posse itself."""
    verdict = check("restraint", STATEMENT_9, fixed={"decisiveness": 1}, seconds=20)
    assert verdict.answer == "refuted"
    found = dict(verdict.counterexample or {})
    assert confirmed(found).alignment != 2
    same = confirmed(found | {"diversity": 0.0})
    assert same.alignment == 2
    assert same.durability & 3 == 0


def test_a_counterexample_is_short_and_keeps_to_its_box() -> None:
    box = {"diversity": (0.4, 0.5), "cap_observer": (0.1, 5)}
    found = check("restraint", "alignment != oppose", box).counterexample
    assert found is not None
    assert 0.4 <= found["diversity"] <= 0.5
    assert 0.1 <= found["cap_observer"] <= 5
    usual = posse.game("restraint").defaults
    assert all(found[name] == usual[name] for name in usual if name not in box)
    assert all(len(repr(value)) <= 8 for value in found.values())


def test_a_slower_machine_meets_the_same_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    """By clocks that go on at each look: little on a machine that does little between two of them, much on another."""
    found = []
    for step in (0.001, 0.1):
        ticks = count()
        for module in ("check", "search"):
            monkeypatch.setattr(f"posse.claims.{module}.monotonic", lambda ticks=ticks, step=step: next(ticks) * step)
        found.append(check("restraint", STATEMENT_9).counterexample)
    assert found[0] == found[1] is not None


def test_at_belongs_to_what_stands_right_before_it() -> None:
    """At a prize of 0 the target gets nothing, so that 2 times its payoff there is the payoff there."""
    assert check("restraint", "prize + 2 * target payoff at (prize = 0) == prize", seconds=5).answer == "proved"
    assert check("restraint", "(prize + 2 * target payoff) at (prize = 0) == prize", seconds=5).answer == "refuted"


def test_a_premise_that_nothing_meets_is_told() -> None:
    assert (
        str(check("restraint", "share > 2 implies war == 7"))
        == "proved (no point was found at which its premise holds)"
    )


def test_a_claim_about_two_points_names_both() -> None:
    found = check(
        "restraint", "alignment == oppose is nonincreasing in diversity", fixed={"decisiveness": 1}
    ).counterexample
    assert found is not None
    low, high = found["diversity"]
    assert low < high
    alignments = [confirmed({**found, "diversity": d}).alignment for d in (low, high)]
    assert alignments[0] != 2
    assert alignments[1] == 2


def test_powers_that_are_no_fractions_are_refuted_by_intervals() -> None:
    verdict = check("restraint", "alignment != oppose", fixed={"decisiveness": 0.7}, seconds=5)
    assert verdict.answer == "refuted"
    solved = posse.solve("restraint", **(verdict.counterexample or {}))
    assert solved.alignment == 2


COSTLY = {"cost_oppose": (1.1, 2), "cost_support": (1.1, 2)}
ATLAS = {"diversity": (0, 1), "cap_observer": (0.5, 4)}
CORNER = {"diversity": (0.9, 1), "cap_observer": (0.1, 0.2)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim", "box", "answer"),
    [
        ("count == 1", COSTLY, "proved"),  # by cases
        ("pooled_neutrality in equilibria and not pooled_support in equilibria", COSTLY, "proved"),
        ("count >= 1", CORNER, "proved"),  # by boxes
        ("count == 1", ATLAS, "refuted"),
        ("count <= 2", ATLAS, "refuted"),
        ("pooled_neutrality in equilibria", ATLAS, "refuted"),
        ("regime == pooled_opposition implies count == 1", ATLAS, "refuted"),
    ],
)
def test_claims_about_sets_of_equilibria(claim: str, box: Any, answer: str) -> None:
    verdict = check("signalling", claim, box, seconds=10)
    assert verdict.answer == answer
    if answer == "refuted":
        solved = posse.solve("signalling", **(verdict.counterexample or {}))
        kinds = int(solved.equilibria.item())
        assert bin(kinds).count("1") > 1 or not kinds & 1


def test_numbers_that_are_not_defined_are_not_what_a_claim_is_about() -> None:
    assert check("signalling", "belief.support >= 0", {"diversity": (0, 1)}, seconds=1).answer != "refuted"


def test_nor_are_powers_that_are_none() -> None:
    """The root of diversity − 0.95 is a number for few diversities, and not for the default."""
    verdict = check("restraint", "(diversity - 0.95) ** 0.5 < 0.1", seconds=5)
    assert verdict.answer == "refuted"
    assert Fraction(repr((verdict.counterexample or {})["diversity"])) >= Fraction("0.96")


WRONG = [
    ("shar == 0 implies alignment != support", "unknown name: 'shar' (did you mean 'share'?)"),
    ("alignment != suport", "unknown label of alignment: 'suport' (did you mean 'support'?)"),
    ("alignment > 1", "alignment has no order; compare it by ==, != or in"),
    ("share", "share is no condition; compare it, as in share == ..."),
    ("share ==", "'share ==' cannot be read; see docs/claims.md for the words there are"),
    ("payoff > 0", "payoff has players; name one, as in payoff.leader"),
    ("payoff.nobody > 0", "unknown player: 'nobody'"),
    ("alignment is nonincreasing in share", "alignment has no order; a number has, and a condition such as"),
    ("war is nonincreasing in shar", "unknown parameter of restraint: 'shar'"),
    ("war is nonincreasing in share, spoils", "is about 2 parameters"),
    ("share > 0 implies war > 0 implies war < 1", "has two 'implies'"),
    ("alignment == oppose at (diversity = 0)", "oppose is the same everywhere; 'at' follows what changes"),
    ("__import__('os').system('ls') == 0", "is not a part of the language"),
    ("(lambda: 0)() == 0", "is not a part of the language"),
    ("support in alignment", "'in' stands between a code and its labels"),
    ("alignment = oppose", "cannot be read; equality is written =="),
    ("war is increasing in share", "after 'is' or 'are' comes 'nonincreasing in', 'nondecreasing in', 'constant in'"),
    ("observer.payoff > 0", "observer.payoff is written the other way round: payoff.observer"),
    ("", "is not allowed; a claim is a text such as"),
]


@pytest.mark.parametrize(("claim", "said"), WRONG)
def test_what_is_wrong_with_a_claim_is_told_in_a_line(claim: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check("restraint", claim)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"box": {"diversty": (0, 1)}}, "unknown parameter of restraint: 'diversty' (did you mean 'diversity'?)"),
        ({"box": {"diversity": (0, 2)}}, "box.diversity: 2 is not allowed; allowed is [0, 1]"),
        ({"box": {"diversity": 0.5}}, "box.diversity: 0.5 is one value, for which there is fixed"),
        ({"fixed": {"share": 2}}, "fixed.share: 2 is not allowed; allowed is [0, 1]"),
        ({"box": {"share": (0, 1)}, "fixed": {"share": 1}}, "fixed.share: is a side of the box too; give it once"),
        ({"seconds": 0}, "seconds: 0 is not allowed; it is a number above 0"),
        (
            {"fixed": {"war_irresolute": 0, "war_resolute": 1}},
            "war_irresolute: 0 at most is below war_resolute, 1 at",
        ),
    ],
)
def test_what_is_wrong_with_a_box_is_told_in_a_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check("restraint", "war <= 1", **given)
    assert str(caught.value).startswith(said)


def test_what_cannot_move_is_not_said_to_be_constant() -> None:
    """Held at its default, a parameter would make any such claim true."""
    for claim in ("alignment == oppose is nonincreasing in diversity", "war is constant in diversity"):
        with pytest.raises(InputError, match="diversity does not vary; give it a side of the box"):
            check("restraint", claim, {"resolve": (0, 1)})


def test_a_counterexample_can_be_solved_as_it_is() -> None:
    """Its numbers are float64, and what is told of it tells no fewer digits than are needed."""
    verdict = check("restraint", "alignment == neutral")
    assert str(verdict).startswith("refuted (fails ")
    assert posse.solve("restraint", **(verdict.where or {})).alignment != 0


def test_shipped_claims_say_what_is_expected_of_them() -> None:
    """And have it: docs/claims.md runs the command, which would tell of another verdict (tests/test_docs.py)."""
    claims = read_claims(SHIPPED).claims
    assert [said.expected for said in claims].count("proved") == 13
    assert [said.expected for said in claims].count("refuted") == len(claims) - 13 == 8


def test_the_command_prints_verdicts_as_json(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('game = "restraint"\n[[claims]]\nclaim = "war <= 1"\n[[claims]]\nclaim = "alignment != oppose"\n')
    found = CliRunner().invoke(app, ["check", str(path), "--json"])
    assert found.exit_code == 0, found.output
    proved, refuted = json.loads(found.stdout)
    assert (proved["answer"], refuted["answer"]) == ("proved", "refuted")
    assert posse.solve("restraint", **refuted["counterexample"]).alignment == 2


def test_a_file_of_claims_is_refused_before_any_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('game = "restraint"\n[[claims]]\nclaim = "war <= 1"\n[[claims]]\nclaim = "wa <= 1"\n')
    found = CliRunner().invoke(app, ["check", str(path)])
    with pytest.raises(InputError, match=r"claim 2: .*'wa' \(did you mean 'war'\?\)"):
        read_claims(path)
    assert found.exit_code != 0
    assert "proved" not in found.stdout


def test_an_unexpected_verdict_ends_in_status_1(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('game = "restraint"\n[[claims]]\nclaim = "war <= 1"\nexpected = "refuted"\n')
    found = CliRunner().invoke(app, ["check", str(path)])
    assert found.exit_code == 1
    assert "expected: refuted" in found.stdout
