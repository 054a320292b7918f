"""Memory of results: nobody's numbers are overwritten, and what is left serves the next one."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from posse.kernels import workspace
from posse.kernels.workspace import LARGEST, MAPPED, SPARE, lasting


@pytest.fixture(autouse=True)
def none_is_spare() -> None:
    gc.collect()
    workspace._spare.clear()


def spare() -> list[int]:
    gc.collect()
    return [len(room) for room in workspace._spare]


def test_what_is_left_serves_the_next_one() -> None:
    """The system would have cleared it."""
    first = lasting((MAPPED,), "uint8")
    first[:] = 7
    del first
    second = lasting((2, MAPPED // 16), "float64")
    assert (second.view("uint8") == 7).all()
    assert second.flags.c_contiguous
    assert second.flags.writeable


def test_what_is_held_is_left_alone() -> None:
    """By a name, by a view of a few numbers, by another array made of the same memory."""
    held = lasting((MAPPED,), "uint8")
    few = lasting((MAPPED // 8,), "float64")[1000:1010:3]
    other = np.asarray(memoryview(lasting((MAPPED // 4,), "float32")))
    for array, value in ((held, 1), (few, 2), (other, 3)):
        array[...] = value
    for _ in range(3):
        lasting((MAPPED,), "uint8")[:] = 77
    for array, value in ((held, 1), (few, 2), (other, 3)):
        assert (array == value).all()


def test_threads_get_memory_of_their_own() -> None:
    together = Barrier(4, timeout=60)

    def work(thread: int) -> bool:
        right = True
        for turn in range(20):
            array = lasting((MAPPED // 8,), "float64")
            array[::4096] = 100 * thread + turn
            together.wait()
            right &= bool((array[::4096] == 100 * thread + turn).all())
            together.wait()
            del array
        return right

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert len(spare()) <= SPARE


def test_only_so_much_is_kept() -> None:
    """None of small arrays, which the C library keeps, and none so large that it would be missed."""
    arrays = [lasting((MAPPED + k,), "uint8") for k in range(SPARE + 2)]
    del arrays
    assert len(spare()) == SPARE
    workspace._spare.clear()
    lasting((MAPPED - 1,), "uint8")
    lasting((LARGEST + 1,), "uint8")
    assert spare() == []


def test_memory_that_is_far_too_large_is_not_taken() -> None:
    """A small result that lasts would keep it from others."""
    lasting((4 * MAPPED,), "uint8")
    array = lasting((MAPPED,), "uint8")
    assert spare() == [4 * MAPPED]
    assert len(array) == MAPPED
