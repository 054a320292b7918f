"""What can go wrong, sorted by what the reader can do about it.

The command line prints the message of a `PosseError` on one line and exits with its `exit_status`.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

T = TypeVar("T")


class PosseError(Exception):
    """Root of every error that posse raises on purpose.

    `exit_status` is what the command line ends with. What the input is to blame for is a ValueError too.

    >>> try:
    ...     posse.solve("restraint", diversity=1.5)
    ... except posse.PosseError as error:
    ...     print(error, error.exit_status)
    diversity: 1.5 is not allowed; allowed is [0, 1] 2
    """

    exit_status = 1


class InputError(PosseError, ValueError):
    """Mend the input: the message names the field, the value and what is allowed."""

    exit_status = 2


class StoreError(PosseError):
    """The store cannot serve: it is something else, another sweep, or damaged."""

    exit_status = 2


class ServiceError(StoreError):
    """Try again: the disk or the object store does not serve now."""

    exit_status = 1


class GameChangedError(StoreError):
    """The cube was made by another version of the game: use a new store, or that version of posse."""


class ArithmeticModeError(PosseError):
    """Start afresh: this process does not compute as IEEE 754 says."""


class TooLargeError(InputError):
    """Ask for less, or find more room: it would not fit into memory or onto the disk."""


class SpaceError(PosseError):
    """Free space, then resume: the disk became full."""


class IncompleteError(PosseError):
    """Resume: the cells asked for have not been solved yet."""


class BlocksFailedError(PosseError):
    """Look at what the message names: some blocks cannot be solved."""


class ClusterError(PosseError):
    """Mend the cluster, then resume: the scheduler or the workers cannot serve."""


class Interrupted(PosseError):  # noqa: N818 - an interruption, not an error
    """Resume: the run was stopped; what it had recorded stays."""

    exit_status = 130


def in_words(error: BaseException) -> str:
    """What an error says, in one line, with what that announces; its kind too, unless posse raised it on purpose."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = " ".join(lines[: 1 + (len(lines) > 1 and lines[0].endswith(":"))])
    if isinstance(error, PosseError):
        return line
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def short(value: Any, length: int = 60) -> str:
    """A value as it is written in Python, on one line, the end of a long one left out."""
    text = " ".join(repr(value).split())
    return text if len(text) < length else text[: length - 3] + "..."


def pick(kind: str, name: str, known: Mapping[str, T]) -> T:
    """The entry called `name`; else an error that names the nearest known one, and all of them."""
    if isinstance(name, str) and name in known:
        return known[name]
    near = get_close_matches(str(name), known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise InputError(f"unknown {kind}: {name!r}{hint}; there is {', '.join(known) or 'none'}")
