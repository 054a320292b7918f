"""Crises as a researcher codes them: who led, who partnered, against whom, who watched, and what it did.

read_triples(path) -> Table, list of Triple
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from posse.crises.states import SYSTEMS, clean
from posse.crises.tables import Row, Table, read_table, whole
from posse.kernels.coalition import ALIGNMENTS
from posse.kernels.errors import InputError, pick

ROLES = ("leader", "partners", "target", "observer")
COALITION = ROLES[:2]
_COLUMNS = {(role, system): role + ("" if system == "state" else f"_{system}") for role in ROLES for system in SYSTEMS}
_KNOWN = ("crisis", "year", "observed", *_COLUMNS.values())


@dataclass(frozen=True)
class Triple:
    """A coalition, its target and an observer; codes: of the states in each role, by the system of codes."""

    crisis: str
    year: int
    observed: str | None
    codes: Mapping[str, Mapping[str, tuple[str, ...]]]
    where: str

    def label(self, system: str) -> str:
        """Korea 1950 (CHN): what the entry of the axis is called."""
        dated = self.crisis if self.crisis.endswith(str(self.year)) else f"{self.crisis} {self.year}"
        return f"{dated} ({self.codes[system]['observer'][0]})"


def read_triples(path: str | Path) -> tuple[Table, list[Triple]]:
    """Read a table of crises, and what it says line by line. Raises InputError that names line and column."""
    table = read_table(path, "crises")
    for name, written in table.columns.items():
        pick(f"column of crises: {table.path}", name if name in _KNOWN else written, dict.fromkeys(_KNOWN))
    for name in ("crisis", "year"):
        if name not in table.columns:
            raise InputError(f"crises: {table.path}: has no column {name}; it has {', '.join(table.columns.values())}")
    return table, [_triple(table, row) for row in table.rows]


def _triple(table: Table, row: Row) -> Triple:
    where = f"crises: {table.path}, line {row.line}"
    observed = row.cells["observed"].lower() if "observed" in row.cells else None
    if observed:
        pick(f"alignment in {where}, observed", observed, {flag.name: flag for flag in ALIGNMENTS})
    if not row.cells["crisis"]:
        raise InputError(f"{where}: crisis: is empty, but every crisis has a name")
    codes: dict[str, dict[str, tuple[str, ...]]] = {}
    for (role, system), column in _COLUMNS.items():
        if column in row.cells:
            parts = row.cells[column].split(";") if role == "partners" else [row.cells[column]]
            codes.setdefault(system, {})[role] = tuple(clean(system, part.strip()) for part in parts)
    numbers = {_COLUMNS["partners", s]: len(roles["partners"]) for s, roles in codes.items() if "partners" in roles}
    if len(set(numbers.values())) > 1:
        counted = ", but ".join(f"{column} has {number}" for column, number in numbers.items())
        raise InputError(f"{where}: {counted} states; leave empty between two ; what has no code")
    _drop_nameless(codes)
    _require_one_role(where, codes)
    return Triple(row.cells["crisis"], whole(f"{where}: year", row.cells["year"]), observed, codes, where)


def _drop_nameless(codes: dict[str, dict[str, tuple[str, ...]]]) -> None:
    """Leave out partners that have no code at all, such as what is after a last semicolon."""
    lists = [roles["partners"] for roles in codes.values() if "partners" in roles]
    named = [any(partner) for partner in zip(*lists, strict=True)]
    for roles in codes.values():
        if "partners" in roles and any(named):
            roles["partners"] = tuple(compress(roles["partners"], named))


def _require_one_role(where: str, codes: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
    """A state that partners twice would count twice, and one that leads and watches is no observer."""
    for system, roles in codes.items():
        seen: dict[str, str] = {}
        for role, states in roles.items():
            for state in filter(None, states):
                if state in seen:
                    raise InputError(
                        f"{where}: {column(role, system)}: {state!r} is {seen[state].removesuffix('s')} already, "
                        "but a state has one role in a crisis"
                    )
                seen[state] = role


def column(role: str, system: str) -> str:
    """The name of the column of a role in a system of codes."""
    return _COLUMNS[role, system]
