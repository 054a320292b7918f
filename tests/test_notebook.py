"""The example notebook runs, and what it prints is what it shows."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

NOTEBOOK = Path(__file__).parent.parent / "examples" / "atlas.ipynb"
LARGEST = 300_000  # bytes


def printed(path: Path) -> list[str]:
    """What each cell prints; tables and pictures look otherwise with every version of their libraries."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells)
    return ["".join(o.text for o in cell.outputs if o.output_type == "stream") for cell in cells]


def test_the_notebook_prints_what_it_shows(tmp_path: Path) -> None:
    for name in ("atlas.ipynb", "atlas.toml"):
        shutil.copy(NOTEBOOK.parent / name, tmp_path)
    command: list[Any] = [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", "atlas.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert printed(tmp_path / "atlas.ipynb") == printed(NOTEBOOK)
    assert "disingenuous_bandwagoning" in "".join(printed(NOTEBOOK))


def test_the_notebook_is_small_and_tells_of_no_machine() -> None:
    assert NOTEBOOK.stat().st_size < LARGEST
    assert "/tmp" not in NOTEBOOK.read_text(encoding="utf-8")
