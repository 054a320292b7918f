"""What every engine does: solve the blocks of a cube that it is given, wherever it does so."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from posse.cluster.runs import Order
from posse.sweeps.cube import Cube
from posse.sweeps.sweep import Sweep


@dataclass(frozen=True)
class Outcome:
    """A block that is recorded, or that cannot be solved, and why."""

    block: int
    failure: str | None = None


@dataclass(frozen=True)
class Waiting:
    """Nothing can be done at present, and why; empty where something can again."""

    reason: str


class Engine(Protocol):
    """Its text says where the work runs."""

    def require(self, sweep: Sweep) -> None:
        """Raise InputError where it could not solve this sweep."""

    def prepare(self, cube: Cube) -> None:
        """What is done once, before the clock runs."""

    def work(self, cube: Cube, numbers: Sequence[int], order: Order) -> Generator[Outcome | Waiting, None, None]:
        """Solve and record blocks, in any order, and tell of each; ends early where the order to stop is given.

        Blocks that are recorded already are told of and not solved. Raises PosseError where none can be solved.
        """
