"""A solution in words.

named(game, solved)   the solution at one point, names in place of codes
text(value)           any value of it, as it is printed
shortened(text, 60)   a text of at most so many letters
"""

from collections.abc import Mapping
from typing import Any

from posse.kernels.declaration import Game, Output


def named(game: Game, solved: Mapping[str, Any]) -> dict[str, Any]:
    """The solution at one point: names in place of codes, None for what is not defined."""
    return {o.name: _value(o, solved[o.name]) for o in game.outputs}


def _value(output: Output, value: Any) -> Any:
    if output.dimension:
        return {label: _single(output, v) for label, v in zip(output.labels, value, strict=True)}
    return _single(output, value)


def _single(output: Output, value: Any) -> Any:
    if output.kind == "codes":
        return next(f.name for f in output.all_flags if f.value == value)
    if output.kind == "flags":
        return [f.name for f in output.all_flags if int(value) & f.value]
    return _defined(value)


def _defined(value: Any) -> Any:
    return value if value == value else None


def text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if value is None:
        return "not defined"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def shortened(words: str, most: int) -> str:
    """A text, cut where it has more than `most` letters."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
