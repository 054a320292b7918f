"""The benchmark of virtual cubes, once and tiny: what is read is what is solved."""

import pytest

from posse.benchmarks import virtual
from posse.benchmarks.timing import Table
from posse.sweeps.virtual import virtual as solved

HEADINGS = list("abcdefghi")


def test_both_ways_agree() -> None:
    table = Table("virtual", "", HEADINGS)
    virtual.compare("restraint, decisiveness 1", 10**5, 1, table)
    assert [row[3] for row in table.rows] == 2 * ["1", "10", "100", "100", "1,000", "1,000", "100,000"]


def test_another_answer_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "virtual", lambda sweep: solved(sweep) + 1)
    with pytest.raises(SystemExit, match=r"restraint, decisiveness 1, regime, a cell: .* differ"):
        virtual.compare("restraint, decisiveness 1", 10**5, 1, Table("virtual", "", HEADINGS))
