"""Verdicts on claims, as the command line prints them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from posse.claims.check import Verdict
from posse.claims.files import Said
from posse.kernels.catalogue import game as find_game
from posse.kernels.wording import shortened

WIDE = 64  # letters of a claim's name


def show(said: Said, game: str, verdict: Verdict) -> None:
    """One verdict, and the counterexample if there is one."""
    name, seconds = shortened(said.name or said.claim, WIDE), f"{verdict.seconds:6.1f} s"
    print(f"{verdict.answer:10} {name:{WIDE}} {seconds}  {verdict.how}".rstrip())
    if verdict.counterexample:
        print(f"{'':10} fails where {_where(game, verdict)}")
    if said.expected not in (None, verdict.answer):
        print(f"{'':10} expected: {said.expected}")


def _where(game: str, verdict: Verdict) -> str:
    """What is not at its default in a counterexample."""
    usual = find_game(game).defaults
    parts = [
        f"{name} = {' and '.join(map(_number, value)) if isinstance(value, list) else _number(value)}"
        for name, value in (verdict.counterexample or {}).items()
        if value != usual[name]
    ]
    return f"{', '.join(parts) or 'all parameters'}; {'others ' if parts else ''}at their defaults"


def _number(value: Any) -> str:
    return f"{float(value):.6g}"


def show_sum(found: Sequence[Verdict]) -> None:
    counted = Counter(verdict.answer for verdict in found)
    print(f"{len(found)} claims: {', '.join(f'{n} {answer}' for answer, n in sorted(counted.items()))}")


def as_dict(said: Said, verdict: Verdict) -> dict[str, Any]:
    """For JSON: what was said, and the verdict; numbers that are no decimals as text."""
    plain = {name: _plain(value) for name, value in (verdict.counterexample or {}).items()}
    return said.model_dump(exclude_none=True) | asdict(verdict) | {"counterexample": plain or None}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, float) else str(value)
