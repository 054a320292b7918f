"""In which order numbers are computed: each after its arguments, what much waits for before the rest."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posse.kernels import schedule as module
from posse.kernels.graph import Graph, Number
from posse.kernels.schedule import schedule


def graph(choices: list[tuple[int, int, bool]]) -> list[Number]:
    """Sums and ratios of two parameters, and of what came before."""
    new = Graph()
    numbers = [new.parameter(0), new.parameter(1)]
    for one, other, divides in choices:
        x, y = numbers[one % len(numbers)], numbers[other % len(numbers)]
        numbers.append(x / y if divides else x + y)
    return new.needed(numbers)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.booleans()), max_size=60), st.integers(1, 70))
def test_every_number_once_after_its_arguments_and_not_too_early(
    choices: list[tuple[int, int, bool]], window: int
) -> None:
    numbers = graph(choices)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", window)
        order = [number.index for number in schedule(numbers)]
    assert sorted(order) == [number.index for number in numbers]
    for place, index in enumerate(order):
        assert all(argument.index in order[:place] for argument in numbers[index].arguments)
        skipped = min(set(order[place:]))  # the first that is not computed yet
        assert index < skipped + window
    if window == 1:
        assert order == sorted(order)


def test_numbers_of_another_loop_count_as_computed() -> None:
    *before, last = graph([(0, 1, False)])
    assert schedule([last]) == [last]
    assert schedule(before) == before


def test_the_longest_chain_is_begun_first() -> None:
    """Of 20 sums and a chain of 20 quotients behind them, no quotient waits for a sum."""
    new = Graph()
    x, y = new.parameter(0), new.parameter(1)
    sums = [x + float(k) for k in range(20)]
    chain = [y]
    for _ in range(20):
        chain.append(x / chain[-1])
    order = [number.index for number in schedule(new.needed([*sums, *chain]))]
    assert all(order.index(one.index) + 1 == order.index(next_.index) for one, next_ in pairwise(chain[1:]))
    assert order.index(chain[-1].index) < min(order.index(number.index) for number in sums)
