"""Cases as a sweep file: TOML that says where it comes from, ready to be solved and to be added to.

as_toml(axis, origin) -> text; require_free(path, force); publish(path, text)
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomli_w

from posse.kernels.errors import InputError
from posse.sweeps import spec

_HINT = """

# What nobody has measured is drawn from what is believed of it, or goes onto axes of its own, or is held:
# [axes.sample]
# sobol = 65536
# cost_oppose = { log_uniform = [0.01, 1] }
#
# [axes]
# resolve = { linspace = [0, 1, 21] }
#
# [fixed]
# spoils = 20
"""


def as_toml(axis: Mapping[str, Any], origin: Iterable[str]) -> str:
    """The sweep file of an axis of cases; origin: lines that stand above it as comments."""
    lines = [f"Made by posse {version('posse')} from", *origin]
    head = ["# " + "".join(letter if letter.isprintable() else "?" for letter in line) for line in lines]
    parts = [
        *head,
        'game = "restraint"',
        "",
        "[axes.case]",
        *_lines(axis),
        "",
        "[axes.case.notes]",
        *_lines(axis["notes"]),
    ]
    return "\n".join(parts) + _HINT


def _lines(columns: Mapping[str, Any]) -> list[str]:
    """Each column as a list on one line, but sources, which are long, on a line each."""
    written = {name: tomli_w.dumps({name: column}).rstrip() for name, column in columns.items() if name != "notes"}
    return [text if name.endswith("_source") else spec.compact(text) for name, text in written.items()]


def require_free(path: str | Path, force: bool) -> None:
    """Raises InputError where a file is in the way, or the name is none of a sweep file."""
    if Path(path).suffix != ".toml":
        raise InputError(f"{path}: is not allowed; what is written is a sweep file, NAME.toml")
    if Path(path).exists() and not force:
        raise InputError(f"{path}: is there already; choose another name, or --force (force=True) to write over it")


def publish(path: str | Path, text: str) -> None:
    """Write a file, whole or not at all. Raises InputError."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
