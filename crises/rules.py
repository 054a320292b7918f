"""Rules by which the distances of several partners to their leader become one.

A rule is a function of the partners' distances and of their capabilities, two sequences of equal length.
"""

from collections.abc import Callable, Sequence
from math import fsum

Rule = Callable[[Sequence[float], Sequence[float]], float]


def weighted_mean(distances: Sequence[float], capabilities: Sequence[float]) -> float:
    """The mean distance, each partner weighted by its capability."""
    return fsum(d * c for d, c in zip(distances, capabilities, strict=True)) / fsum(capabilities)


def mean(distances: Sequence[float], capabilities: Sequence[float]) -> float:
    """The mean distance, each partner counting alike."""
    return fsum(distances) / len(distances)


def largest(distances: Sequence[float], capabilities: Sequence[float]) -> float:
    """The distance of the partner farthest from the leader."""
    return max(distances)


RULES: dict[str, Rule] = {"weighted-mean": weighted_mean, "mean": mean, "largest": largest}
