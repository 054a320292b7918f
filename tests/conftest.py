"""What several test files share."""

import signal
import sys
import warnings
from collections.abc import Callable, Iterator

import pytest
import xarray as xr

from drawn import restraint
from posse.cli import main

Command = Callable[..., tuple[int, str, str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="compare with Gambit on many games, which takes half an hour")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Call the command line in this process: exit status, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["posse", *map(str, arguments)])
        status: object = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        return int(str(status)), *capsys.readouterr()

    kept = signal.getsignal(signal.SIGTERM), warnings.showwarning
    yield call
    signal.signal(signal.SIGTERM, kept[0])
    warnings.showwarning = kept[1]


@pytest.fixture(scope="session")
def drawn() -> xr.Dataset:
    """A cube with points outside the domain, and others that were not computed."""
    ds = restraint(sobol=256, replicates=8, seed=3).evaluate()
    ds.regime[0, 1, 10:30] = 255
    return ds


@pytest.fixture(params=["in memory", "in chunks", "points first"])
def drawn_cube(request: pytest.FixtureRequest, drawn: xr.Dataset) -> xr.Dataset:
    if request.param == "in chunks":
        return drawn.chunk(case=2, sample=100)
    return drawn if request.param == "in memory" else drawn.transpose("player", "sample", "case", "resolve")
