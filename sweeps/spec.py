"""A sweep as a file: TOML, data and never code.

read(path) -> Spec, parse(text) -> Spec, write(spec) -> text
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from posse.kernels.errors import InputError

Kind = TypeVar("Kind", bound=BaseModel)


class Spec(BaseModel):
    """The fields of a spec file; what they hold is checked by posse.sweeps.sweep, and by posse.cluster.clusters."""

    model_config = ConfigDict(extra="forbid", strict=True)

    game: str
    outputs: list[str] | None = None
    dtype: str = "float32"
    outside_domain: str = "refuse"
    axes: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    cluster: dict[str, Any] | None = None


def read(path: Path) -> Spec:
    """Read a spec file."""
    return read_as(Spec, path)


def parse(text: str, name: str = "spec") -> Spec:
    """Read a spec from text; `name` is what errors call it."""
    return parse_as(Spec, text, name)


def read_as(kind: type[Kind], path: Path) -> Kind:
    """Read a TOML file that has the fields of a model."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return parse_as(kind, text, str(path))


def parse_as(kind: type[Kind], text: str, name: str) -> Kind:
    """Read TOML that has the fields of a model."""
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: is not TOML: {error}") from error
    except RecursionError as error:
        raise InputError(f"{name}: is not TOML of this kind: it is nested too deep") from error
    except ValidationError as error:
        raise InputError(f"{name}: {_first(error, kind)}") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise InputError(f"{name}: is not TOML of this kind: {str(error).partition(';')[0]}") from error


def _first(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = kind.model_fields if len(first["loc"]) == 1 else ()
        return f"unknown field {field!r}" + (f"; there is {', '.join(known)}" if known else "")
    if first["type"] == "missing":
        return f"{field} is missing"
    return f"{field}: {first['input']!r} is not allowed; {first['msg']}"


def write(spec: Spec) -> str:
    """A spec as TOML text, each list on one line."""
    return compact(tomli_w.dumps(spec.model_dump(exclude_none=True)))


def compact(text: str) -> str:
    """TOML as tomli_w writes it, but each list on one line."""
    return re.sub(r"\[\n((?:    .*,\n)*)\]", _one_line, text)


def _one_line(match: re.Match[str]) -> str:
    return "[" + ", ".join(line.strip().removesuffix(",") for line in match[1].splitlines()) + "]"


def plain(written: Any) -> Any:
    """Arrays and NumPy numbers as lists and Python numbers."""
    if isinstance(written, Mapping):
        return {str(key): plain(value) for key, value in written.items()}
    if hasattr(written, "to_numpy"):  # a DataArray, a Series
        written = written.to_numpy()
    if isinstance(written, np.ndarray | np.generic):
        return written.tolist()
    if isinstance(written, list | tuple):
        return [plain(value) for value in written]
    return written
