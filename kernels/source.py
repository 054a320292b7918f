"""The source of a game's solution: which functions it is made of, and whether they changed.

    reachable(solve) -> every plain Python function that solve calls, itself first
    sources(solve)   -> {qualified name: SHA-256 of its source text}

A cube carries these hashes, so that no cube ever mixes the results of two versions of a game.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from posse.kernels import vocabulary


def reachable(solve: Callable[..., Any]) -> list[FunctionType]:
    """All functions that `solve` is made of, the words of the vocabulary left out."""
    found: list[FunctionType] = []
    waiting: list[Any] = [solve]
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or function in found:
            continue
        if function.__module__ == vocabulary.__name__:
            continue
        found.append(function)
        waiting.extend(_referred(function))
    return found


def _referred(function: FunctionType) -> Iterator[Any]:
    """What the names in a function's body stand for: globals, members of modules, closure cells."""
    names = function.__code__.co_names
    for name in names:
        value = function.__globals__.get(name)
        yield value
        if isinstance(value, ModuleType):
            yield from (getattr(value, member, None) for member in names)
    yield from (cell.cell_contents for cell in function.__closure__ or ())


def sources(solve: Callable[..., Any]) -> Mapping[str, str]:
    """SHA-256 of the source of each function that `solve` is made of, and of the vocabulary."""
    texts = {f"{f.__module__}.{f.__qualname__}": _text(f) for f in reachable(solve)}
    texts[vocabulary.__name__] = inspect.getsource(vocabulary)
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(texts.items())}


def _text(function: FunctionType) -> str:
    """Source text, and the values of the constants that the function reads; bytecode where there is no source."""
    constants = {
        name: value
        for name in function.__code__.co_names
        if isinstance(value := function.__globals__.get(name), int | float | str | tuple)
    }
    try:
        body = inspect.getsource(function)
    except (OSError, TypeError):
        code = function.__code__
        body = f"{code.co_code.hex()} {[c for c in code.co_consts if not hasattr(c, 'co_code')]} {code.co_names}"
    return f"{body}\n{constants}"


def digest(hashes: Mapping[str, str]) -> str:
    """One SHA-256 for a table of hashes."""
    return hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()
