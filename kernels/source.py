"""The source of a game's solution: which functions it is made of, so that what changed can be named.

    reachable(solve) -> the plain Python functions that solve calls, itself first
    sources(solve)   -> {qualified name: SHA-256 of its source text}

Not every way by which a function may be reached is found here, nor every value that it may read. Whether a game
changed is told by the program that it is (posse.kernels.program).
"""

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from posse.kernels import vocabulary


def reachable(solve: Callable[..., Any]) -> list[FunctionType]:
    """The functions that `solve` is made of, as far as names lead to them; the words of the vocabulary are left out."""
    found: list[FunctionType] = []
    waiting: list[Any] = [solve]
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or function in found:
            continue
        if function.__module__ == vocabulary.__name__:
            continue
        found.append(function)
        waiting.extend(_referred(function).values())
    return found


def _referred(function: FunctionType) -> dict[str, Any]:
    """What the names in a function's body stand for: globals, members of modules, closure cells, defaults."""
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    found = {name: function.__globals__[name] for name in names if name in function.__globals__}
    for module, value in list(found.items()):
        if isinstance(value, ModuleType):
            found |= {f"{module}.{name}": getattr(value, name) for name in names if hasattr(value, name)}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        found[name] = _content(cell)
    defaults = enumerate([*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()])
    return found | {f"default {k}": value for k, value in defaults}


def _content(cell: CellType) -> Any:
    """What a closure holds; nothing before it is set."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def sources(solve: Callable[..., Any]) -> Mapping[str, str]:
    """SHA-256 of the source of each function that `solve` is made of, and of the vocabulary."""
    texts: dict[str, str] = {}
    for function in reachable(solve):
        name = f"{function.__module__}.{function.__qualname__}"
        texts[name] = texts.get(name, "") + _text(function)  # functions made by one factory share a name
    texts[vocabulary.__name__] = inspect.getsource(vocabulary)
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(texts.items())}


def _text(function: FunctionType) -> str:
    """Source text, and the values of the constants that the function reads; bytecode where there is no source."""
    constants = {name: text for name, value in sorted(_referred(function).items()) if (text := _constant(value))}
    try:
        body = inspect.getsource(function)
    except (OSError, TypeError, IndexError):  # the last by doctests
        code = function.__code__
        body = f"{code.co_code.hex()} {[c for c in code.co_consts if not hasattr(c, 'co_code')]} {code.co_names}"
    return f"{body}\n{constants}"


def _constant(value: Any) -> str:
    """A simple value in words; nothing for any other."""
    if isinstance(value, np.ndarray | np.generic):
        return f"{value.dtype} {np.shape(value)} {value.tolist()!r}"
    if isinstance(value, tuple):
        return f"{getattr(value, '_fields', '')}({', '.join(map(_constant, value))})"
    if isinstance(value, type) and issubclass(value, tuple):
        return f"{value.__name__}{getattr(value, '_fields', '')}"
    return repr(value) if isinstance(value, int | float | complex | str) else ""
