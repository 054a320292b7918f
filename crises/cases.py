"""The join: what two data sets say of each crisis, as entries of a `case` axis, and what they do not say.

cases(crises=..., capabilities=..., ideal_points=...) -> Cases
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from posse.crises.figures import CAPABILITIES, IDEAL_POINTS, Figures, read_figures
from posse.crises.join import Entry, Join, Source
from posse.crises.rules import RULES, Rule
from posse.crises.states import SYSTEMS, TITLES, kin
from posse.crises.tables import Table
from posse.crises.triples import COALITION, ROLES, Triple, column, read_triples
from posse.crises.written import as_toml, publish, require_free
from posse.kernels.errors import InputError, pick

CHOICES = {"leave-out": False, "drop-partner": True}


@dataclass(frozen=True, repr=False)
class Cases:
    """Cases ready for a sweep, and a line for each figure that is missing or ambiguous.

    axis: the axis as `posse.Sweep` takes it: labels, parameters, notes.
    report: one line for each figure that is missing, or may be another state's; it names crisis, state and year.
    left_out: labels of the crises that are not on the axis.
    origin: files with their hashes, and the rule of diversity.

    >>> files = {name: f"examples/kosovo/{name}.csv" for name in ("crises", "capabilities", "ideal_points")}
    >>> kosovo = posse.cases(**files)
    >>> kosovo
    <posse.Cases: 1 cases, 0 left out, 0 remarks>
    >>> kosovo.axis["cap_observer"], kosovo.report, kosovo.left_out
    ([0.051476691], (), ())
    """

    axis: Mapping[str, Any]
    report: tuple[str, ...]
    left_out: tuple[str, ...]
    origin: tuple[str, ...]

    def __repr__(self) -> str:
        made = len(self.axis["labels"])
        return f"<posse.Cases: {made} cases, {len(self.left_out)} left out, {len(self.report)} remarks>"

    def to_toml(self, path: str | Path | None = None, force: bool = False) -> str:
        """The sweep file of these cases as text; written into a file, if `path` is given.

        A file that is there already is left alone, unless `force`. Raises InputError.

        >>> print(kosovo.to_toml("cases.toml", force=True))
        # Made by posse ...
        game = "restraint"
        ...
        """
        text = as_toml(self.axis, [*self.origin, *self.report])
        if path is not None:
            require_free(path, force)
            publish(path, text)
        return text


def cases(
    *,
    crises: str | Path,
    capabilities: str | Path,
    ideal_points: str | Path,
    diversity: str | Rule = "weighted-mean",
    missing: str = "leave-out",
) -> Cases:
    """Join a table of crises to capabilities and ideal points, into the parameters of a `case` axis.

    crises: a CSV file with columns crisis, year, observed (neutral, support, oppose; may be left out) and, for each
        system of codes, leader, partners (several between ;), target, observer: without suffix for names of your own,
        with _cow, _iso3 or _ccode for codes.
    capabilities: National Material Capabilities, or columns state, year, capability.
    ideal_points: UN General Assembly ideal points, or columns state, year, ideal_point.
    diversity: how the partners' distances to the leader become one: weighted-mean (by capability), mean, largest, or
        a function of distances and capabilities; divided by the widest distance between two states that year.
    missing: what becomes of a crisis that lacks a figure: leave-out; drop-partner computes diversity from the partners
        that have an ideal point.

    cap_leader, cap_target and cap_observer are capabilities of that year, cap_partner the sum of the partners'. Notes
    tell the source of each number. Raises InputError, which names file, line and column, also if no case is complete.

    >>> kosovo = posse.cases(
    ...     crises="examples/kosovo/crises.csv",
    ...     capabilities="examples/kosovo/capabilities.csv",
    ...     ideal_points="examples/kosovo/ideal_points.csv",
    ... )
    >>> kosovo.axis["labels"], round(kosovo.axis["diversity"][0], 3)
    (['Kosovo 1999 (Russia)'], 0.282)
    >>> sweep = posse.Sweep("restraint", {"case": kosovo.axis, "resolve": {"linspace": [0, 1, 21]}})
    """
    named = diversity if isinstance(diversity, str) else getattr(diversity, "__name__", "rule")
    rule = diversity if callable(diversity) else pick("rule of diversity", diversity, RULES)
    drop = pick("choice for missing", missing, CHOICES)
    table, triples = read_triples(crises)
    strong, points = read_figures(capabilities, CAPABILITIES), read_figures(ideal_points, IDEAL_POINTS)
    by = _system(strong, table, triples, ROLES)
    bridge = next((s for s in points.ids if s in strong.ids), None)
    if bridge and not any(s in points.ids and s in triples[0].codes for s in SYSTEMS):
        triples = [_translated(triple, strong, points, by, bridge) for triple in triples]
    near = _system(points, table, triples, COALITION)
    if bridge:
        _check_agreement(triples, strong, points, by, near, bridge)
    join = Join(Source(strong, by, by), Source(points, near, by), rule, named, drop)
    entries = [join.entry(triple) for triple in triples]
    _check_distinct(triples, entries)
    origin = [f"{figures.kind.title}: {_file(figures.table)}" for figures in (strong, points)]
    origin.append(f"diversity: {named} of the partners' distances to the leader, as a share of the widest of the year")
    return _gathered(entries, f"crises: {table.path}", [f"crises: {_file(table)}", *origin])


def _system(figures: Figures, table: Table, triples: list[Triple], roles: tuple[str, ...]) -> str:
    """By which codes these roles are looked up in a file. Raises InputError that names the columns that lack."""
    has = triples[0].codes
    lacking = {
        s: [column(role, s) for role in roles if role not in has.get(s, {})] for s in SYSTEMS if s in figures.ids
    }
    best = min(lacking, key=lambda system: len(lacking[system]))
    if lacking[best]:
        theirs = figures.table.columns[figures.ids[best]]
        raise InputError(
            f"crises: {table.path}: has no column {', '.join(lacking[best])}, by which states are looked up in "
            f"{figures.name} (its {theirs}); it has {', '.join(table.columns.values())}"
        )
    return best


def _translated(triple: Triple, strong: Figures, points: Figures, by: str, bridge: str) -> Triple:
    """With codes that the file of capabilities gives the same states, as far as the file of ideal points has them."""
    codes = {
        role: tuple(
            found if (found := strong.translate(code, by, bridge)) in points.states(bridge) else "" for code in found_by
        )
        for role, found_by in triple.codes[by].items()
    }
    return replace(triple, codes={**triple.codes, bridge: codes})


def _check_agreement(triples: list[Triple], strong: Figures, points: Figures, by: str, near: str, bridge: str) -> None:
    """Where two systems of codes are used, both have to name the same states, as far as the files tell."""
    for triple in triples:
        for role in COALITION:
            for one, other in zip(triple.codes[by][role], triple.codes[near][role], strict=True):
                here, there = strong.translations(one, by, bridge), points.translations(other, near, bridge)
                alike = {*here, *(akin for code in here for akin in kin(bridge, code)[0])}
                if here and there and not alike & {*there}:
                    raise InputError(
                        f"{triple.where}: {column(role, by)} {one!r} is {' or '.join(here)} in {strong.name}, but "
                        f"{column(role, near)} {other!r} is {' or '.join(there)} in {points.name} ({TITLES[bridge]}); "
                        "both must name one state"
                    )


def _check_distinct(triples: list[Triple], entries: list[Entry]) -> None:
    seen: dict[str, str] = {}
    for triple, entry in zip(triples, entries, strict=True):
        if entry.label in seen:
            raise InputError(f"{triple.where}: {entry.label} stands twice, but an observer watches a crisis once")
        seen[entry.label] = triple.where


def _gathered(entries: list[Entry], where: str, origin: list[str]) -> Cases:
    """The axis of all complete entries. Raises InputError if there is none."""
    report = [line for entry in entries for line in entry.report]
    complete = [entry for entry in entries if entry.complete]
    if not complete:
        first, *others = [line for entry in entries for line in entry.lacking]
        more = f"; and {len(others)} more like this" if others else ""
        raise InputError(f"{where}: no crisis is complete: {first}{more}")
    axis = {
        "labels": [entry.label for entry in complete],
        **{name: [entry.parameters[name] for entry in complete] for name in complete[0].parameters},
        "notes": {name: [entry.notes[name] for entry in complete] for name in complete[0].notes},
    }
    return Cases(axis, tuple(report), tuple(entry.label for entry in entries if not entry.complete), tuple(origin))


def _file(table: Table) -> str:
    return f"{table.path.name}, SHA-256 {table.sha256}"
