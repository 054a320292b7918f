"""The benchmark of crises, once and tiny."""

from posse.benchmarks import crises
from posse.benchmarks.timing import Table


def test_every_step_is_measured() -> None:
    table = Table("crises", "", list("abcd"))
    crises.measure(64, table)
    assert [row[1] for row in table.rows] == ["10,560", "10,560", "704"]


def test_seeds_differ_by_about_their_errors() -> None:
    """Rare outcomes have wide tails, so that the most is told, not promised."""
    spread, most = crises.apart(256, seeds=4)
    assert 0.5 < spread < 2
    assert most > spread
