"""The local engine: every block is told of once, whatever fails, and what is begun is finished."""

from threading import Lock, active_count
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest

from posse.cluster.engine import Outcome
from posse.cluster.local import ROOMS, Threads


class Blocks:
    """In place of a cube: blocks that take no time, and what becomes of each."""

    store = "nowhere"
    blocks = SimpleNamespace(chunk=(1,))
    sweep = SimpleNamespace(bytes_per_point=1)

    def __init__(self, **does: Any) -> None:
        self.does, self.solved, self.kept, self.lock = does, list[int](), list[int](), Lock()
        self.most_waiting = 0

    def is_recorded(self, number: int) -> bool:
        return number in self.does.get("recorded", ())

    def solve_block(self, number: int, room: Any) -> Any:
        self.does.get("solve", lambda number: None)(number)
        with self.lock:
            self.solved.append(number)
            self.most_waiting = max(self.most_waiting, len(self.solved) - len(self.kept))
        return SimpleNamespace(record=SimpleNamespace(block=number))

    def keep(self, solved: Any) -> None:
        self.does.get("keep", lambda number: None)(solved.record.block)
        with self.lock:
            self.kept.append(solved.record.block)


class Given:
    """An order to stop, as it comes."""

    def __init__(self, given: Any = lambda: False) -> None:
        self.is_given = given


NEVER: Any = Given()


def work(blocks: Any, numbers: Any, workers: int = 3, order: Any = NEVER, **how: Any) -> Any:
    return Threads(workers, **how).work(blocks, list(numbers), order)


def fail_at(wanted: int) -> Any:
    def fail(number: int) -> None:
        if number == wanted:
            raise OSError(f"block {number}")

    return fail


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_every_block_is_told_of_once(workers: int, count: int) -> None:
    blocks, all_solved = Blocks(recorded={3, 4}), []
    told = list(work(blocks, range(count), workers, solved=lambda: all_solved.append(sorted(blocks.solved))))
    wanted = sorted(set(range(count)) - {3, 4})
    assert sorted(outcome.block for outcome in told) == list(range(count))
    assert sorted(blocks.kept) == wanted
    assert all_solved == [wanted]


@pytest.mark.parametrize("where", ["solve", "keep"])
@pytest.mark.parametrize("workers", [1, 4])
def test_what_is_begun_is_finished_where_a_block_fails(where: str, workers: int) -> None:
    blocks, before = Blocks(**{where: fail_at(5)}), active_count()
    with pytest.raises(OSError, match="block 5"):
        list(work(blocks, range(100_000), workers))
    assert sorted(blocks.kept) == sorted(set(blocks.solved) - {5})
    assert len(blocks.solved) < 100_000
    assert active_count() == before


def test_an_order_that_cannot_be_looked_for_ends_the_work() -> None:
    def given() -> bool:
        if len(blocks.kept) > 2:
            raise OSError("no such store")
        return False

    blocks = Blocks()
    with pytest.raises(OSError, match="no such store"):
        list(work(blocks, range(100_000), order=Given(given)))
    assert sorted(blocks.kept) == sorted(blocks.solved)


def test_an_order_ends_the_work_early() -> None:
    blocks = Blocks()
    told = list(work(blocks, range(100_000), order=Given(lambda: len(blocks.kept) > 2)))
    assert sorted(outcome.block for outcome in told) == sorted(blocks.kept) == sorted(blocks.solved)
    assert 2 < len(told) < 100_000


def test_who_no_longer_listens_ends_the_work() -> None:
    blocks = Blocks(solve=lambda number: sleep(0.001))
    outcomes = work(blocks, range(100_000))
    assert isinstance(next(outcomes), Outcome)
    outcomes.close()
    assert sorted(blocks.kept) == sorted(blocks.solved)
    assert len(blocks.solved) < 100_000


@pytest.mark.parametrize("spare", [0, 3])
def test_a_slow_disk_holds_up_those_who_solve(spare: int) -> None:
    """No more blocks are packed and not written than there are rooms; solvers that are quick fill them all."""
    blocks, workers = Blocks(keep=lambda number: sleep(0.1)), 2
    list(work(blocks, range(14), workers, spare=spare))
    assert blocks.most_waiting == ROOMS * workers + spare
