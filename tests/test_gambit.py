"""Gambit's equilibria of the game with a signal are in the set that the kernel enumerates.

With --full on many more games; -rP prints how many of them the solvers managed.
"""

from collections import Counter
from fractions import Fraction
from multiprocessing import TimeoutError, get_context
from typing import NamedTuple

import pytest

from exact import NEUTRAL, OPPOSE, SUPPORT
from gambit_tree import assessment, extensive, perfect_bayesian
from perfect import Assessment, Tree
from points import at, generic
from test_signalling import reported

pygambit = pytest.importorskip("pygambit", reason="needs pygambit, of posse[bench]")
pytestmark = pytest.mark.slow

SLACK = Fraction(1, 10**4)  # in equilibria of numerical solvers
CLOSE = Fraction(1, 200)  # how near to each other these are, and those of the kernel
ALL = (NEUTRAL, SUPPORT, OPPOSE)


class Effort(NamedTuple):
    """How much is compared."""

    three: int  # games with three alignments
    two: int  # games with each two
    patience: int  # seconds for one of these


@pytest.fixture
def effort(pytestconfig: pytest.Config) -> Effort:
    return Effort(100, 25, 60) if pytestconfig.getoption("full") else Effort(40, 6, 10)


def games(count: int, seed: int) -> list[dict[str, Fraction]]:
    """Random games, the special ones left out."""
    points = generic(count, seed, step=128)
    return [at(points, index) for index in range(count)]


def is_reported(tree: Tree, one: Assessment) -> bool:
    """Whether the kernel enumerates this equilibrium: both types' strategies, and the partner's where it matters."""
    return any(is_near(tree, found, one) for _, found in reported(tree.game))


def is_near(tree: Tree, found: Assessment, one: Assessment) -> bool:
    sent = [a for a in ALL if found.types[0][a] or found.types[1][a]]
    apart = [abs(found.types[kind][a] - one.types[kind][a]) for kind in range(2) for a in ALL]
    worth = [abs(tree.worth(a, k, found.replies[a]) - tree.worth(a, k, one.replies[a])) for a in sent for k in range(2)]
    return max(apart) < CLOSE and max(worth) < CLOSE


def test_the_limit_of_logit_equilibria_is_in_the_set(effort: Effort) -> None:
    """It is sequential; games with three alignments, but for those where the solver stops too early."""
    kinds = Counter[int]()
    for game in games(effort.three, seed=7):
        tree = Tree(game, SLACK)
        form = extensive(tree, ALL)
        (profile,) = pygambit.nash.logit_solve(form).equilibria
        one = assessment(tree, form, profile, ALL)
        assert one
        if not list(tree.faults(one)):
            assert is_reported(tree, one), game
            kinds[sum(max(one.types[0][a], one.types[1][a]) > CLOSE for a in ALL)] += 1
    print(f"{effort.three} games; {kinds.total()} solved; by the alignments that are sent: {dict(kinds)}")
    assert min(kinds[1] // 10, kinds[2]) >= 1


@pytest.mark.parametrize(
    ("messages", "cost"), [((NEUTRAL, OPPOSE), "cost_support"), ((NEUTRAL, SUPPORT), "cost_oppose")]
)
def test_all_perfect_bayesian_equilibria_with_two_messages_are_in_the_set(
    messages: tuple[int, int], cost: str, effort: Effort
) -> None:
    """But for games over which the solver broods; the third alignment costs too much."""
    perfect = solved = 0
    with Solver(effort.patience) as solver:
        for game in games(effort.two, seed=messages[1]):
            given = game | {cost: Fraction(3)}
            for one in solver.solve(given, messages):
                assert is_reported(Tree(given, SLACK), one), (given, one)
                perfect += 1
            solved += solver.ended
    print(f"{effort.two} games; {solved} solved within {effort.patience} s; {perfect} equilibria")
    assert min(solved, perfect) >= 3


class Solver:
    """A process in which Gambit solves, for it cannot be interrupted otherwise. ended: whether the last game did."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def __enter__(self) -> "Solver":
        self.ended, self.pool = True, get_context("spawn").Pool(1)
        return self

    def solve(self, game: dict[str, Fraction], messages: tuple[int, int]) -> list[Assessment]:
        try:
            solving = self.pool.apply_async(perfect_bayesian, (game, messages, SLACK))
            found: list[Assessment] = solving.get(self.patience)
            self.ended = True
        except TimeoutError:
            self.__exit__()
            self.__enter__()
            found, self.ended = [], False
        return found

    def __exit__(self, *_: object) -> None:
        self.pool.terminate()
        self.pool.join()
