"""The benchmark of certain regions, once and coarse: pieces halve what is undecided."""

from posse.benchmarks import regions
from posse.benchmarks.timing import Table


def test_bounds_narrow() -> None:
    table = Table("regions", "", list("abcdefg"))
    regions.measure("restraint", range(4, 9, 2), table)
    undecided = [float(row[4]) for row in table.rows]
    assert undecided[0] > undecided[1] > undecided[2]


def test_grids_are_equal() -> None:
    table = Table("regions", "", list("abcdefghij"))
    regions.measure_grid("restraint", regions.ATLAS, 300, 1 / 64, table, rounds=1)  # which compares them
    assert len(table.rows) == 1
