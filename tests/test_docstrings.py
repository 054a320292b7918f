"""Everything public says what it is, with an example that is run."""

import doctest
import inspect
import types
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import posse
from posse.analysis.pictures import Pictures
from posse.analysis.statements import Statement, Step
from posse.analysis.story import Story
from posse.crises.cases import Cases
from posse.reportable import Accessor
from posse.runnable import Regions

ROOT = Path(__file__).parent.parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PUBLIC = {name: getattr(posse, name) for name in posse.__all__} | {"ds.posse": Accessor, "ds.posse.plot": Pictures}
PUBLIC |= {kind.__name__: kind for kind in (Cases, Regions, Statement, Step, Story)}


def members(owner: Any) -> Iterator[tuple[str, Any]]:
    """What a class offers under names of its own, save the fields of a dataclass; nothing of other objects."""
    if not inspect.isclass(owner):
        return
    for name in dir(owner):
        member = inspect.getattr_static(owner, name)
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        function = getattr(function, "func", function)  # of a cached property
        if not name.startswith("_") and isinstance(function, types.FunctionType) and "posse" in function.__module__:
            yield name, member


@pytest.mark.parametrize("name", PUBLIC)
def test_it_is_described_with_an_example(name: str) -> None:
    found = PUBLIC[name]
    assert ">>>" in (found.__doc__ or ""), name
    for member, value in members(found):
        text = inspect.getdoc(value) or ""
        assert text, f"{name}.{member}"
        assert ">>>" in text or isinstance(value, property | cached_property), f"{name}.{member}"


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # a job submitted goes on
@pytest.mark.parametrize("name", PUBLIC)
def test_its_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a class first: its methods' go on with what they make."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    found = PUBLIC[name]
    scope: dict[str, Any] = {"posse": posse, name: found}
    for label, value in [(name, found), *members(found)]:
        text = inspect.getdoc(value) or ""
        test = doctest.DocTestParser().get_doctest(text, dict(scope), label, None, 0)
        said: list[str] = []
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
        assert result.failed == 0, "".join(said)
        if value is found:
            scope |= test.globs


def test_the_reference_has_all_of_it() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    listed = {line.split()[-1] for line in text.splitlines() if line.startswith(".. auto")}
    assert set(posse.__all__) <= listed
