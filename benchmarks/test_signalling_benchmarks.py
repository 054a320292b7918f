"""The benchmark of the game with a signal, once and tiny: all ways find the same equilibria."""

import pytest

from posse.benchmarks import signalling
from posse.benchmarks.timing import Table


def test_all_ways_agree() -> None:
    table = Table("signalling", "", ["outputs", "solved by", "ns a point", "times the first"])
    signalling.compare("the set", False, 2000, 1, table)
    assert {row[1] for row in table.rows} >= {"one number at a time", "NumPy"}


def test_another_answer_is_not_timed() -> None:
    given = signalling.columns(1000, False)
    ours = dict(signalling.by_width(given, 1000, signalling.SET, 1))
    with pytest.raises(SystemExit, match="another regime"):
        signalling.require_same(ours, ours | {"regime": ours["regime"] + 1}, signalling.SET, "nobody")
