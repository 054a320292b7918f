"""In which order numbers are computed one after the other: what much else waits for comes first.

    schedule(numbers) -> the same numbers, each after those that it is made of, as before

A processor begins an instruction when its arguments are there, but looks no further ahead than a few hundred
instructions. A game's order, one war after the other, leaves it to wait at the end of each chain of operations. This is
list scheduling (Gibbons and Muchnick 1986, "Efficient instruction scheduling for a pipelined architecture").
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from posse.kernels.graph import Number

WINDOW = 600  # numbers from the first that is not computed yet: those further on would only fill registers
CYCLES = {"divide": 13, "constant": 0, "bits": 0, "from bits": 0}  # until a result is there, others 4


def schedule(numbers: Sequence[Number]) -> list[Number]:
    """Of those within the window whose arguments are there, always the one that begins the longest chain."""
    place = {number.index: k for k, number in enumerate(numbers)}
    arguments = [{place[a.index] for a in number.arguments if a.index in place} for number in numbers]
    users: list[list[int]] = [[] for _ in numbers]
    for k, those in enumerate(arguments):
        for argument in those:
            users[argument].append(k)
    chain = [0] * len(numbers)
    for k in reversed(range(len(numbers))):
        chain[k] = CYCLES.get(numbers[k].op, 4) + max((chain[user] for user in users[k]), default=0)

    missing = [len(those) for those in arguments]
    able = [k for k, count in enumerate(missing) if not count]  # those that can be computed, by place
    heapify(able)
    near: list[tuple[int, int]] = []  # and lie within the window, the longest chain first
    done, first = [False] * (len(numbers) + 1), 0
    order: list[Number] = []
    while len(order) < len(numbers):
        while done[first]:
            first += 1
        while able and able[0] < first + WINDOW:
            k = heappop(able)
            heappush(near, (-chain[k], k))
        _, k = heappop(near)
        done[k] = True
        order.append(numbers[k])
        for user in users[k]:
            missing[user] -= 1
            if not missing[user]:
                heappush(able, user)
    return order
