"""An axis: a named dimension of a sweep that binds one or more parameters.

    read_axis(name, written, game) -> Axis
    bound_by(name, written) -> parameters

An axis is written as one of

    {linspace = [start, stop, count]}      evenly spaced values of the parameter that names the axis
    {geomspace = [start, stop, count]}     the same in ratios
    {values = [...]}                       these values
    {file = "costs.csv", column = "k"}     a column of a CSV file
    {labels = [...], PARAMETER = [...], …} entries that bind several parameters together
    {sobol = count, PARAMETER = {uniform = [low, high]}, …}    a design, see posse.sweeps.designs

Entries may carry notes, columns of text that bind nothing: notes = {observed = [...], source = [...]}.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, pick, short
from posse.sweeps import designs
from posse.sweeps.numbers import Array, Floats, numbers

MOST_LABELS = 100_000_000
_FORMS = ("linspace", "geomspace", "values", "file")


@dataclass(frozen=True, eq=False)
class Axis:
    """labels: the coordinate, numbers or strings, shape (n,); values: float64 of shape (n,) by parameter.

    notes: columns of text, shape (n,), by name; attributes: what its coordinate says of it.
    """

    name: str
    labels: Array
    values: Mapping[str, Floats]
    written: Mapping[str, Any]
    notes: Mapping[str, Array] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def binds_itself(self) -> bool:
        """Whether its labels are the values of the parameter that it is named after."""
        return list(self.values) == [self.name]


def bound_by(name: str, written: Mapping[str, Any]) -> list[str]:
    """The parameters that an axis binds, by how it is written."""
    if any(form in written for form in _FORMS):
        return [name]
    kind = designs.kind_of(written)
    others = {kind, *designs.SETTINGS} if kind else {"labels", "notes"}
    return [key for key in written if key not in others]


def read_axis(name: str, written: Any, game: Game, folder: Path | None = None) -> Axis:
    """Check an axis as it stands in a spec, and work out its labels and values.

    folder: where relative file names start from.
    """
    where = f"axes.{name}"
    if not isinstance(written, Mapping):
        written = {"values": written}
    form = next((f for f in _FORMS if f in written), None)
    if form is None:
        _check_own_name(name, game)
        return (_read_design if designs.kind_of(written) else _read_table)(name, written, game)
    pick(f"parameter of {game.name} in axes", name, {p: p for p in game.parameter_names})
    extra = set(written) - {form} - ({"column"} if form == "file" else set())
    if extra:
        raise InputError(f"{where}: {form} stands alone, but there is also {', '.join(map(str, sorted(extra)))}")
    if form == "file":
        values = _column(f"{where}.file", written, folder)
        written = {"values": values}
    elif form == "values":
        values = numbers(f"{where}.values", written["values"])
    else:
        values = _spaced(f"{where}.{form}", np.linspace if form == "linspace" else np.geomspace, written[form])
    _check_length(where, len(values))
    _check_increasing(f"{where}.{form}", values)
    return Axis(name, values, {name: values}, {form: written[form]} if form != "file" else written)


def _check_own_name(name: str, game: Game) -> None:
    if name in game.parameter_names:
        raise InputError(f"axes.{name}: is named after a parameter, so it takes one of {', '.join(_FORMS)}")


def _read_design(name: str, written: Mapping[str, Any], game: Game) -> Axis:
    """An axis whose entries are drawn."""
    where = f"axes.{name}"
    design = designs.read_design(where, written, game)
    _check_length(where, design.count * design.rows)
    return Axis(name, design.labels, design.draw(), written, attributes=design.attributes)


def _read_table(name: str, written: Mapping[str, Any], game: Game) -> Axis:
    """An axis that lists the values of several parameters, entry by entry."""
    where = f"axes.{name}"
    bound = bound_by(name, written)
    if settings := [s for s in designs.SETTINGS if s in written and s not in game.parameter_names]:
        kinds = ", ".join(designs.KINDS)
        raise InputError(f"{where}.{settings[0]}: is of a design, but its kind is missing; give one of {kinds}")
    if not bound:
        raise InputError(f"{where}: binds no parameter; give {', '.join(_FORMS)}, or labels and parameters")
    for parameter in bound:
        pick(f"parameter of {game.name} in {where}", parameter, {p: p for p in game.parameter_names})
    if drawn := next((parameter for parameter in bound if isinstance(written[parameter], Mapping)), None):
        kinds = " or ".join(f"{kind} = 4096" for kind in designs.KINDS)
        raise InputError(f"{where}.{drawn}: has a distribution, for which {where} needs the kind of a design: {kinds}")
    values = {parameter: numbers(f"{where}.{parameter}", written[parameter]) for parameter in bound}
    length = len(values[bound[0]])
    labels = _labels(f"{where}.labels", written["labels"]) if "labels" in written else np.arange(length)
    notes = _notes(f"{where}.notes", written.get("notes", {}))
    columns = {"labels": labels, **values, **{f"notes.{key}": column for key, column in notes.items()}}
    for key, array in columns.items():
        if len(array) != length:
            raise InputError(f"{where}.{key}: has {len(array)} entries, but {bound[0]} has {length}; all need as many")
    _check_length(where, length)
    if labels.dtype.kind != "U":
        _check_increasing(f"{where}.labels", labels)
    distinct, counts = np.unique(labels, return_counts=True)
    if len(distinct) < length:
        raise InputError(f"{where}.labels: {str(distinct[counts > 1][0])!r} stands twice, but labels must differ")
    return Axis(name, labels, values, written, notes)


def _notes(where: str, written: Any) -> dict[str, Array]:
    if not isinstance(written, Mapping):
        raise InputError(f"{where}: {short(written)} is no table of columns of text, as {{source = [...]}}")
    for name, column in written.items():
        if not _is_list(column) or not all(isinstance(text, str) for text in column):
            raise InputError(f"{where}.{name}: {short(column)} is not a list of texts")
    return {name: _texts(f"{where}.{name}", column) for name, column in written.items()}


def _is_list(written: Any) -> bool:
    return isinstance(written, list | tuple) or (isinstance(written, np.ndarray) and written.ndim == 1)


def _texts(where: str, column: Any) -> Array:
    for text in column:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InputError(f"{where}: {short(text)} has letters that are none, and cannot be written") from None
    return np.array(column, dtype=np.str_)


def _labels(where: str, written: Any) -> Array:
    if not _is_list(written):
        raise InputError(f"{where}: {short(written)} is not a list of names or numbers")
    return _texts(where, written) if all(isinstance(v, str) for v in written) else numbers(where, written)


def _spaced(where: str, spacing: Callable[..., Array], written: Any) -> Floats:
    """[start, stop, count] spread out by numpy.linspace or numpy.geomspace."""
    form = spacing.__name__
    if not isinstance(written, list | tuple) or len(written) != 3:
        raise InputError(f"{where}: {short(written)} is not [start, stop, count]")
    start, stop = numbers(where, list(written[:2]))
    count = written[2]
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
        raise InputError(f"{where}: count {count!r} is not a whole number")
    if form == "geomspace" and min(start, stop) <= 0:
        raise InputError(f"{where}: {short(written)} has an end that is not positive, as ratios need")
    _check_length(where, int(count))
    if count == 1 and start != stop:
        raise InputError(f"{where}: one label cannot span {start:g} to {stop:g}; use values = [{start:g}]")
    return np.asarray(spacing(start, stop, int(count)), dtype=np.float64)


def _column(where: str, written: Mapping[str, Any], folder: Path | None) -> Floats:
    """A column of a CSV file with a line of headings."""
    import pandas as pd  # slow to import, and seldom needed here

    path = (folder or Path()) / str(written["file"])
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: cannot read {path}: {str(error).splitlines()[0]}") from error
    column = written.get("column", table.columns[0] if len(table.columns) == 1 else None)
    if column is None:
        raise InputError(f"{where}: {path} has columns {', '.join(table.columns)}; name one with column = …")
    return numbers(where, pick(f"column of {path}", column, {c: table[c].to_numpy() for c in table.columns}))


def _check_increasing(where: str, labels: Array) -> None:
    """Numbers as labels increase, so that a range of them is a range of positions."""
    unsorted = np.flatnonzero(~(np.diff(labels) > 0))
    if len(unsorted):
        first, second = labels[unsorted[0] : unsorted[0] + 2]
        raise InputError(
            f"{where}: {first:.12g} is followed by {second:.12g}, but labels must increase, without duplicates"
        )


def _check_length(where: str, length: int) -> None:
    if not 0 < length <= MOST_LABELS:
        raise InputError(f"{where}: has {length} labels, but an axis has 1 to {MOST_LABELS}")
