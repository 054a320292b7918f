"""A cube as a Stata file (.dta): numbers with value labels, variables with labels."""

import re
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from posse.analysis.dims import defined
from posse.analysis.table import Array, Column, code_names, columns, points, rows, spread
from posse.kernels.errors import InputError, TooLargeError, in_words
from posse.kernels.wording import shortened
from posse.sweeps.memory import require_memory

# Of the format that Stata 14 and later read, in Unicode: variables, observations, characters of a name and of a label.
MOST_VARIABLES = 32_767
MOST_OBSERVATIONS = 2**31 - 1
LONGEST_NAME = 32
LONGEST_LABEL = 80
LONGEST_FIXED = 2045  # bytes of a string that is stored beside the numbers

# The words of Stata's language and of its matrix language.
WORDS = """
_all _b _coef _cons _n _N _pi _pred _rc _skip aggregate array boolean break byte case catch class colvector
complex const continue default delegate delete do double else eltypedef end enum explicit export external
float for friend function global goto if in inline int local long NULL pragma protected quad rowvector short
str strL typedef typename using virtual with
"""


def write_stata(ds: xr.Dataset, path: Path) -> None:
    """Write the table of a Dataset for Stata 14 and later; codes stay codes, their names become value labels."""
    _require_room(ds)
    ds = ds.compute()
    found = columns(ds)
    dims = points(ds)
    shape = [ds.sizes[dim] for dim in dims]
    names = dict(zip(stata_names([c.name for c in found]), found, strict=True))
    labels: Any = {}
    data = {}
    for name, column in names.items():
        numbers = spread(defined(column.variable), dims, shape)
        data[name], meanings = _encoded(column.variable, numbers)
        labels |= {name: meanings} if meanings else {}
    frame = pd.DataFrame(data)
    try:
        _write(frame, path, ds, names, labels)
    except ValueError as error:  # numbers that Stata does not have, say
        raise InputError(f"Stata cannot hold this: {in_words(error)}") from error


def _write(frame: pd.DataFrame, path: Path, ds: xr.Dataset, names: dict[str, Column], labels: Any) -> None:
    frame.to_stata(
        path,
        version=118,
        write_index=False,
        data_label=shortened(str(ds.attrs.get("title", "")), LONGEST_LABEL),
        variable_labels={name: shortened(c.long_name or c.name, LONGEST_LABEL) for name, c in names.items()},
        value_labels=labels,
        convert_strl=[name for name, column in frame.items() if _is_long(column)],
    )


def _require_room(ds: xr.Dataset) -> None:
    """Refuse what Stata cannot hold, or this machine's memory while it is written."""
    wide, long = len(columns(ds)), rows(ds)
    if wide > MOST_VARIABLES:
        raise TooLargeError(f"a Stata file has at most {MOST_VARIABLES:,} variables, but these are {wide:,}")
    if long > MOST_OBSERVATIONS:
        raise TooLargeError(f"a Stata file has at most {MOST_OBSERVATIONS:,} observations, but these are {long:,}")
    require_memory(long * wide * 32, "a Stata file, which is written in one piece,")


def _encoded(variable: xr.DataArray, numbers: Array) -> tuple[Any, dict[int, str]]:
    """A column as Stata keeps it, and what its numbers mean; a code without a meaning is missing."""
    if numbers.dtype.kind in "TUO":
        return numbers.astype(object), {}
    if "flag_meanings" not in variable.attrs:
        return numbers, {}
    meanings = code_names(variable, numbers)
    kept = pd.array(numbers.astype(np.int32), "Int32")
    kept[~np.isin(numbers, list(meanings))] = pd.NA
    return kept, meanings


def stata_names(names: list[str]) -> list[str]:
    """Names as Stata allows them, each of its own: letters, digits and _, no digit first, no word of its language."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"\W", "_", name)
        plain = f"_{plain}" if plain[:1].isdigit() else plain
        plain = f"{plain}_" if plain in WORDS.split() or re.fullmatch(r"str\d*", plain) else plain
        chosen = plain[:LONGEST_NAME]
        for number in count(2):
            if chosen not in found:
                break
            chosen = f"{plain[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        found.append(chosen)
    return found


def _is_long(column: "pd.Series[Any]") -> bool:
    """Whether a column holds strings that are too long to be stored beside the numbers."""
    return column.dtype == object and any(len(text.encode()) > LONGEST_FIXED for text in column.unique())
