"""Gambit's equilibria of the game with a signal are in the set that the kernel enumerates."""

from collections import Counter
from fractions import Fraction
from multiprocessing import TimeoutError, get_context

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
PATIENCE = 10  # seconds for a game
ALL = (NEUTRAL, SUPPORT, OPPOSE)


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


def test_the_limit_of_logit_equilibria_is_in_the_set() -> None:
    """It is sequential; forty games with three alignments, but for those where the solver stops too early."""
    kinds = Counter[int]()
    for game in games(40, seed=7):
        tree = Tree(game, SLACK)
        form = extensive(tree, ALL)
        (profile,) = pygambit.nash.logit_solve(form).equilibria
        one = assessment(tree, form, profile, ALL)
        assert one
        if not list(tree.faults(one)):
            assert is_reported(tree, one), game
            kinds[sum(max(one.types[0][a], one.types[1][a]) > CLOSE for a in ALL)] += 1
    assert min(kinds[1] // 10, kinds[2]) >= 1


@pytest.mark.parametrize(
    ("messages", "cost"), [((NEUTRAL, OPPOSE), "cost_support"), ((NEUTRAL, SUPPORT), "cost_oppose")]
)
def test_all_perfect_bayesian_equilibria_with_two_messages_are_in_the_set(messages: tuple[int, int], cost: str) -> None:
    """Of six games each, but for those over which the solver broods; the third alignment costs too much."""
    perfect = solved = 0
    with Solver() as solver:
        for game in games(6, seed=messages[1]):
            given = game | {cost: Fraction(3)}
            for one in solver.solve(given, messages):
                assert is_reported(Tree(given, SLACK), one), (given, one)
                perfect += 1
            solved += solver.ended
    assert min(solved, perfect) >= 3


class Solver:
    """A process in which Gambit solves, for it cannot be interrupted otherwise. ended: whether the last game did."""

    def __enter__(self) -> "Solver":
        self.ended, self.pool = True, get_context("spawn").Pool(1)
        return self

    def solve(self, game: dict[str, Fraction], messages: tuple[int, int]) -> list[Assessment]:
        try:
            found: list[Assessment] = self.pool.apply_async(perfect_bayesian, (game, messages, SLACK)).get(PATIENCE)
            self.ended = True
        except TimeoutError:
            self.__exit__()
            self.__enter__()
            found, self.ended = [], False
        return found

    def __exit__(self, *_: object) -> None:
        self.pool.terminate()
        self.pool.join()
