"""Verdicts on claims, as the command line prints them."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from posse.claims.check import Verdict
from posse.claims.files import Said

WIDE = 64  # letters of a claim's name, for which there is room before its time


def show(said: Said, verdict: Verdict) -> None:
    """One verdict, and the counterexample if there is one."""
    name, seconds = said.name or said.claim, f"{verdict.seconds:6.1f} s"
    how = "" if verdict.counterexample else verdict.how
    print(f"{verdict.answer:10} {name:{WIDE}} {seconds}  {how}".rstrip())
    if verdict.counterexample:
        print(f"{'':10} {verdict.how}")
    if said.expected not in (None, verdict.answer):
        print(f"{'':10} expected: {said.expected}")


def show_sum(found: Sequence[Verdict]) -> None:
    counted = Counter(verdict.answer for verdict in found)
    print(f"{len(found)} claims: {', '.join(f'{n} {answer}' for answer, n in sorted(counted.items()))}")


def as_dict(said: Said, verdict: Verdict) -> dict[str, Any]:
    """For JSON: what was said, and the verdict; a number that no float64 tells in full as text."""
    told: dict[str, Any] = json.loads(json.dumps(asdict(verdict), default=str))
    return said.model_dump(exclude_none=True) | told
