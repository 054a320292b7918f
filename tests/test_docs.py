"""What the documents show is what happens: every command and every output in them is run and compared.

In a block marked `console`, a line that begins with "$ " is typed into a shell and the lines after it are its
output; a block marked `python` is a doctest. "..." stands for anything; runs of blanks count as one.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """Fenced blocks of a language: position in the text, and content."""
    return [(m.start(), m[1]) for m in re.finditer(rf"^```{language}\n(.*?)^```", text, re.M | re.S)]


def commands(block: str) -> list[tuple[str, str]]:
    """Commands of a console block, each with the output that it claims."""
    parts = re.split(r"^\$ ", block, flags=re.M)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples, where `posse` is a command."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(installed(tmp_path / "site")))
    return tmp_path


def installed(site: Path) -> Path:
    """The example's game, as pip leaves it behind; tests/test_examples.py has pip do it."""
    about = site / "posse_ultimatum-1.dist-info"
    about.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "ultimatum" / "ultimatum.py", site)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: posse-ultimatum\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[posse.games]\nultimatum = ultimatum:GAME\n")
    return site


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_commands_and_outputs(document: Path, desk: Path) -> None:
    text = document.read_text(encoding="utf-8")
    scope: dict[str, object] = {}
    found = [(at, "console", b) for at, b in blocks(text, "console")]
    found += [(at, "python", b) for at, b in blocks(text, "python")]
    found += [(at, "toml", b) for at, b in blocks(text, "toml")]
    for _, language, block in sorted(found):
        if language == "console":
            run_console(block)
        elif language == "python":
            run_python(block, document.name, scope)
        elif name := re.match(r"# (\S+\.toml)\n", block):
            (desk / name[1]).write_text(block, encoding="utf-8")


def run_console(block: str) -> None:
    for command, wanted in commands(block):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
        got = done.stdout + "".join(line for line in done.stderr.splitlines(True) if "solving" not in line)
        assert doctest.OutputChecker().check_output(wanted, got, FLAGS), f"$ {command}\n{got}"


def run_python(block: str, name: str, scope: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(block, scope, name, None, 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
    scope.update(test.globs)
    assert result.failed == 0, "".join(said)


def test_relative_links_lead_somewhere() -> None:
    for document in [*DOCUMENTS, *ROOT.glob("*.md"), *(ROOT / "decisions").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_model_document_says_what_the_game_declares() -> None:
    import posse

    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    game = posse.game("restraint")
    declared = {p.name: [p.symbol, str(p.domain), p.default] for p in game.parameters}
    written = {r[0]: [r[1], r[2].replace("c_R", "war_resolute"), float(r[3])] for r in rows if r[0] in declared}
    assert declared == written
    regimes = {row[1]: int(row[0]) for row in rows if row[0].isdigit()}
    assert {f.name: f.value for f in game.output("regime").flags} == regimes


def test_the_document_of_the_signal_says_what_the_game_declares() -> None:
    import posse

    text = (ROOT / "docs" / "signalling.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    game = posse.game("signalling")
    regimes = {row[1]: int(row[0]) for row in rows if row[0].isdigit() and row[1].isidentifier()}
    assert {f.name: f.value for f in game.output("regime").all_flags} == regimes
    written = {name for row in rows for name in re.findall(r"[a-z0-9_]+", row[0])}
    assert {output.name for output in game.outputs} <= written
