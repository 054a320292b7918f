"""Figures of states by year: capabilities and ideal points, each with where it stands.

read_figures(path, kind) -> Figures; .find(system, code, year) -> Figure, or raises Missing
"""

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from math import inf, nan
from pathlib import Path

from posse.crises.states import SYSTEMS, clean, kin
from posse.crises.tables import Row, Table, read_table, whole
from posse.kernels.declaration import LARGEST
from posse.kernels.errors import InputError

# A date or a version in the name of a file, such as Jul2023, 1946-2025 or 6.0.
_EDITION = re.compile(r"[A-Z][a-z]{2,8}[ _-]?\d{4}|\d{4}-\d{4}|v?\d+(?:[._]\d+)+")


class Missing(Exception):  # noqa: N818 - an answer, which becomes a line of a report
    """There is no figure, or more than one, for the reason that it says."""


@dataclass(frozen=True)
class Kind:
    """values: names of the column of figures, the first that there is; above: what a game needs figures to be above."""

    title: str
    values: tuple[str, ...]
    above: float | None = None


CAPABILITIES = Kind("capabilities", ("cinc", "capability"), above=0.0)
IDEAL_POINTS = Kind("ideal points", ("idealpointall", "idealpointfp", "idealpoint", "ideal_point"))


@dataclass(frozen=True)
class Figure:
    """state: the code that it was found by; text: as it is written in the file."""

    state: str
    value: float
    text: str
    file: str
    version: str


@dataclass(frozen=True)
class Figures:
    """What a file has: figures by the system of codes, the code, and the year; ids: its columns by system."""

    kind: Kind
    table: Table
    ids: Mapping[str, str]
    column: str

    @property
    def name(self) -> str:
        """Of the file."""
        return self.table.path.name

    @property
    def heading(self) -> str:
        """Of the column of figures, as it is written."""
        return self.table.columns[self.column]

    @cached_property
    def _years(self) -> list[int]:
        if "year" in self.table.columns:
            return [whole(f"{self._at(row)}: year", row.cells["year"]) for row in self.table.rows]
        return [1945 + whole(f"{self._at(row)}: session", row.cells["session"]) for row in self.table.rows]

    @cached_property
    def _values(self) -> list[float | None]:
        return [self._value(row) for row in self.table.rows]

    def _value(self, row: Row) -> float | None:
        text = row.cells[self.column]
        try:
            value = self.table.number(text)
        except ValueError:
            value = inf
        if value is not None and not (abs(value) <= LARGEST and (self.kind.above is None or value >= 0)):
            allowed = "a number" if self.kind.above is None else "a number that is not negative"
            raise InputError(
                f"{self._at(row)}: {self.heading}: {text!r} is not {allowed}, nor empty or -9 for a missing one"
            )
        return value

    def _at(self, row: Row) -> str:
        return f"{self.kind.title}: {self.table.path}, line {row.line}"

    @cached_property
    def _index(self) -> dict[str, dict[str, dict[int, list[int]]]]:
        """Positions of rows by system, code and year."""
        index: dict[str, dict[str, dict[int, list[int]]]] = {}
        for system in self.ids:
            index[system] = {}
            for at, year in enumerate(self._years):
                if code := self._code(system, at):
                    index[system].setdefault(code, {}).setdefault(year, []).append(at)
        return index

    def states(self, system: str) -> Set[str]:
        """All codes of a system that the file has, in any year."""
        return self._index[system].keys()

    def translate(self, code: str, system: str, other: str) -> str:
        """The code of a state in another system, by the rows that have both; empty if there is none."""
        return next(iter(self.translations(code, system, other)), "")

    def translations(self, code: str, system: str, other: str) -> list[str]:
        """All codes that a state has had in another system, the one of its first row first."""
        rows = [at for positions in self._index[system].get(code, {}).values() for at in positions]
        return list(dict.fromkeys(found for at in rows if (found := self._code(other, at))))

    def find(self, system: str, code: str, year: int) -> Figure:
        """The one figure of a state in a year. Raises Missing."""
        rows = self._index[system][code].get(year, []) if code else []
        if not code:
            raise Missing(f"cannot be looked up in {self.name}")
        if not rows:
            raise Missing(f"is not in {self.name}; {self._instead(system, code, year)}")
        if len({self._values[at] for at in rows}) > 1:
            found = " and ".join(f"{self._text(at) or 'empty'} (line {self.table.rows[at].line})" for at in rows)
            raise Missing(f"is ambiguous in {self.name}, which has {self.heading} {found}")
        figure = self._figure(system, rows[0])
        if self._values[rows[0]] is None:
            raise Missing(f"has {self.heading} {figure.text or 'empty'} in {self.name}, which is missing")
        if self.kind.above is not None and figure.value <= self.kind.above:
            raise Missing(f"has {self.heading} {figure.text} in {self.name}, but it must be above {self.kind.above:g}")
        return figure

    def extremes(self, system: str, year: int) -> tuple[Figure, Figure]:
        """The least and the greatest figure of a year that has some."""
        there = [at for at, when in enumerate(self._years) if when == year and self._values[at] is not None]
        found = [self._figure(system, at) for at in there]
        return min(found, key=lambda f: f.value), max(found, key=lambda f: f.value)

    def _figure(self, system: str, at: int) -> Figure:
        value, row = self._values[at], self.table.rows[at]
        dated = _EDITION.search(self.table.path.stem)
        version = row.cells.get("version") or (dated[0] if dated else "")
        return Figure(self._code(system, at), nan if value is None else value, self._text(at), self.name, version)

    def _code(self, system: str, at: int) -> str:
        return clean(system, self.table.rows[at].cells[self.ids[system]])

    def _text(self, at: int) -> str:
        return self.table.rows[at].cells[self.column]

    def _instead(self, system: str, code: str, year: int) -> str:
        """What the file has of this state, and of those that it was one with."""
        years = self._index[system][code]
        others, story = kin(system, code)
        there = [other for other in others if self._index[system].get(other, {}).get(year)]
        return (
            f"it has {code} from {min(years)} to {max(years)}"
            + (" with gaps" if min(years) < year < max(years) else "")
            + (f", and in {year} {', '.join(there)}" if there else "")
            + (f" ({story})" if story else "")
        )


def read_figures(path: str | Path, kind: Kind) -> Figures:
    """Read a file of state-years, as published or a user's own. Raises InputError that names what it lacks."""
    table = read_table(path, kind.title)
    where = f"{kind.title}: {table.path}"
    ids = {system: next((n for n in names if n in table.columns), "") for system, names in SYSTEMS.items()}
    ids = {system: column for system, column in ids.items() if column}
    value = next((name for name in kind.values if name in table.columns), None)
    if not ids:
        raise _lacks(where, "states", [name for names in SYSTEMS.values() for name in names], table)
    if value is None:
        raise _lacks(where, kind.title, kind.values, table)
    if "year" not in table.columns and "session" not in table.columns:
        raise _lacks(where, "years", ("year", "session"), table)
    return Figures(kind, table, ids, value)


def _lacks(where: str, what: str, names: Iterable[str], table: Table) -> InputError:
    near = [match for name in names for match in get_close_matches(name, table.columns, n=1)]
    hint = f" ({table.columns[near[0]]!r} is not known)" if near else ""
    return InputError(
        f"{where}: has no column of {what}{hint}: one of {', '.join(names)}; it has {', '.join(table.columns.values())}"
    )
