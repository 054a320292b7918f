"""Objects of a store in order: what is at hand one by one, what takes time at once."""

from threading import Barrier, get_ident
from time import sleep

import pytest

from posse.sweeps.store import AT_ONCE, PATIENCE, in_order


def test_what_is_at_hand_needs_no_threads() -> None:
    seen: list[int] = []
    assert list(in_order(lambda item: seen.append(get_ident()) or item, range(100), patience=60)) == list(range(100))
    assert set(seen) == {get_ident()}


def test_a_pause_among_what_is_at_hand_needs_none_either() -> None:
    seen: list[int] = []
    list(in_order(lambda item: seen.append(get_ident()) or sleep(0.1 * (item == 5)), range(100), patience=60))
    assert set(seen) == {get_ident()}


def test_what_takes_time_is_under_way_at_once() -> None:
    """No task of these ends before as many have begun; the first one, alone, is what takes time."""
    others = Barrier(AT_ONCE)

    def task(item: int) -> int:
        if item == 0:
            sleep(2 * PATIENCE)
        else:
            others.wait(10)
        return item

    assert list(in_order(task, range(1 + 3 * AT_ONCE))) == list(range(1 + 3 * AT_ONCE))


@pytest.mark.parametrize("patience", [0, 60])
def test_an_error_comes_in_its_turn(patience: float) -> None:
    numbers = in_order(lambda item: 1 // (3 - item), range(9), patience=patience)
    assert [next(numbers) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(numbers)
