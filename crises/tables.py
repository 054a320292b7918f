"""Tables as others leave them: any common delimiter and encoding, any order and case of the columns.

read_table(path, title) -> Table
table.number(text) -> float, None where it is missing
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from posse.kernels.errors import InputError

MISSING = frozenset({"", "-9", "-9.0", "na", "nan", "n/a", "null", "none", "."})
_DELIMITERS = ",;\t|"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Row:
    """A line of a table, counted from 1 with the headings as the first; cells by the name of their column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """columns: the headings in lower case, with _ for blanks, by how they are written in the file."""

    path: Path
    columns: Mapping[str, str]
    rows: tuple[Row, ...]
    sha256: str
    delimiter: str

    def number(self, text: str) -> float | None:
        """The number that is written; None where it is missing. Raises ValueError.

        A comma stands for a point, except between commas: "1,234" is more likely a thousand there.
        """
        if text.lower() in MISSING:
            return None
        return _float(text if self.delimiter == "," else text.replace(",", "."))


def read_table(path: str | Path, title: str) -> Table:
    """Read a CSV file, tab- or semicolon-separated ones too. Raises InputError that says what `title` lacks."""
    if not isinstance(path, str | Path):
        raise InputError(f"{title}: {type(path).__name__} is not allowed; it is the path of a CSV file")
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{title}: {path} cannot be read: {error.strerror or error}") from error
    where = f"{title}: {path}"
    text = _text(where, content)
    headings = next(iter(text.splitlines()), "")
    delimiter = max(_DELIMITERS, key=headings.count)
    if delimiter not in headings:
        raise InputError(f"{where} is not a CSV file: its first line is not a line of headings")
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(where, next(reader))
        rows = tuple(_row(where, reader.line_num, columns, cells) for cells in reader if any(cells))
    except csv.Error as error:
        raise InputError(f"{where}, line {reader.line_num}: is not CSV: {error}") from error
    if not rows:
        raise InputError(f"{where} has headings, but no line below them")
    return Table(path, columns, rows, hashlib.sha256(content).hexdigest(), delimiter)


def _float(text: str) -> float:
    if "_" in text:  # which Python reads as nothing
        raise ValueError(text)
    return float(text)


def whole(where: str, text: str) -> int:
    """A year or a session."""
    try:
        found = _float(text)
        if found.is_integer():
            return int(found)
    except (ValueError, OverflowError):
        pass
    raise InputError(f"{where}: {text!r} is not a whole number")


def _text(where: str, content: bytes) -> str:
    encoding = next((name for mark, name in _BOMS.items() if content.startswith(mark)), "utf-8")
    if (encoding != "utf-16" and b"\0" in content) or content.startswith(b"PK\x03\x04"):
        raise InputError(f"{where} is not text, but binary: write the table as CSV")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _columns(where: str, headings: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for written in headings:
        name = "_".join(written.strip().lower().replace("-", " ").split())
        if name in columns and name:
            raise InputError(f"{where}: column {written.strip()!r} stands twice")
        columns[name or f"column_{len(columns) + 1}"] = written.strip()
    return columns


def _row(where: str, line: int, columns: Mapping[str, str], cells: list[str]) -> Row:
    if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
        raise InputError(f"{where}, line {line}: has {len(cells)} cells, but there are {len(columns)} columns")
    return Row(line, dict(zip(columns, (" ".join(cell.split()) for cell in cells), strict=False)))
