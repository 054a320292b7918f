"""Each tool makes a tiny sweep once: the same answers as posse's, and a table that also tells what is missing."""

from typing import Any

import numpy as np
import pytest

from posse.benchmarks import tools
from posse.benchmarks.timing import Spread

TINY = tools.grid(4, 5, 6)

# The workbench's pool forks; Python 3.12 and later warn where other threads live, JAX where it has been used before.
pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:os.fork.. was called:RuntimeWarning"),
]


@pytest.fixture(scope="module")
def expected() -> Any:
    with tools.posse_evaluate() as solve:
        return tools.answers(solve(TINY))


@pytest.mark.parametrize("tool", tools.TOOLS, ids=lambda tool: tool.open.__name__)
def test_a_tool_gives_the_answers_of_posse(tool: tools.Tool, expected: Any, benchmark: Any) -> None:
    if tool.version is None:
        pytest.skip(f"{tool.package} is not installed")
    with tool.open() as solve:
        found = benchmark.pedantic(solve, args=(TINY,))
        assert tools.answers(found).shape == (5, 4, 5, 6)
        assert tools.agree(found, expected)


def test_the_sweep_is_worth_comparing() -> None:
    with tools.posse_evaluate() as solve:
        assert len(np.unique(solve(tools.FEW)["regime"])) >= 4
    assert np.prod([len(values) for values in tools.MANY.values()]) == 10**5


def test_the_table_says_what_is_not_installed() -> None:
    missing = tools.Tool("posse-no-such-tool", "`sweep()`", tools.plain_loop)
    table = tools.measure([tools.TOOLS[0], missing], TINY, rounds=1)
    (posse, _, each, ratio), (absent, _, said, _) = table.rows
    assert posse.startswith("posse ")
    assert isinstance(each, Spread)
    assert ratio == Spread(1, 1, 1)
    assert (absent, said) == ("posse-no-such-tool", "not installed")


def test_a_tool_with_other_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "restraint", lambda *point: (0, 0, 0, 0, 0))
    with pytest.raises(SystemExit, match="other answers than posse"):
        tools.measure([tools.TOOLS[0], tools.TOOLS[2]], TINY, rounds=1)
