"""A file of claims: TOML, data and never code.

read_claims(path) -> Claims      their text, where they are said to hold, and what is expected
check_all(claims, seconds)       (said, verdict) one after another

game = "restraint"

[[claims]]
name = "No spoils, no support"
claim = "spoils * share == 0 implies alignment != support"
box = { cap_observer = [0.1, 5] }     # all points of the game if left out
fixed = { resolve = 0.7 }
expected = "proved"
source = "where it was said"
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from posse.claims.check import SECONDS, Answer, Verdict, check
from posse.claims.language import read
from posse.claims.scope import scope
from posse.kernels.catalogue import game as find_game
from posse.kernels.errors import InputError
from posse.sweeps.spec import read_as


class Said(BaseModel):
    """One claim. name: a word for it; source: where it was said; expected: what its verdict should be."""

    model_config = ConfigDict(extra="forbid", strict=True)

    claim: str
    name: str = ""
    source: str = ""
    game: str | None = None
    box: dict[str, Any] | None = None
    fixed: dict[str, Any] | None = None
    expected: Answer | None = None
    seconds: float | int | None = Field(default=None, gt=0)


class Claims(BaseModel):
    """game: of the claims that name none."""

    model_config = ConfigDict(extra="forbid", strict=True)

    game: str
    claims: list[Said]


def read_claims(path: Path) -> Claims:
    """Read a file of claims, all of it before the first is checked. Raises InputError, which names claim and field."""
    found = read_as(Claims, path)
    if not found.claims:
        raise InputError(f"{path}: has no claims; each begins with [[claims]]")
    for number, said in enumerate(found.claims, 1):
        try:
            game = find_game(said.game or found.game)
            read(game, said.claim)
            scope(game, said.box, said.fixed)
        except InputError as error:
            raise InputError(f"{path}: claim {number}{f' ({said.name})' if said.name else ''}: {error}") from None
    return found


def check_all(claims: Claims, seconds: float | None = None, seed: int = 0) -> Iterator[tuple[Said, Verdict]]:
    """Check claims one after another. seconds: for each that says nothing else."""
    for said in claims.claims:
        limit = next(given for given in (said.seconds, seconds, SECONDS) if given is not None)
        yield said, check(said.game or claims.game, said.claim, said.box, said.fixed, limit, seed)
