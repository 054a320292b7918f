"""What a cube answers, each question asked once; where it has no answer, why.

answer(question) -> Answers
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import pandas as pd
import xarray as xr

from posse.analysis.conditions import conditions
from posse.analysis.predictions import tally
from posse.analysis.scores import score
from posse.analysis.sensitivity import sensitivity
from posse.kernels.errors import InputError
from posse.report.question import OBSERVED, Question

T = TypeVar("T")
AT_LEAST = 0.95
RARE = 0.01  # what holds less often, or fails to, has indices that are all error


class Shares(NamedTuple):
    """The share of the unknowns under which each word holds, and its Monte Carlo error; dims (case, ..., word)."""

    share: xr.DataArray
    error: xr.DataArray

    def at(self, **places: int) -> "Shares":
        """Those at some positions."""
        return Shares(*(part.isel(places) for part in self))

    def told(self, word: str) -> tuple[float, float]:
        """The share of one word, and its error."""
        dim = self.share.dims[-1]
        share, error = (float(part.sel({dim: word})) for part in self)
        return share, error

    @property
    def words(self) -> list[str]:
        """All words, in the order of the game."""
        return list(map(str, self.share[self.share.dims[-1]].values))

    @property
    def present(self) -> list[str]:
        """The words that hold somewhere."""
        rest = self.share.dims[:-1]
        return [word for word, some in zip(self.words, (self.share > 0).any(rest).values, strict=True) if some]


@dataclass(frozen=True, eq=False)
class Answers:
    """shares: by word, and regimes: by regime, over the cases; along: by word over the cases and one grid axis each.

    scores, indices, conditions: text where they cannot be told, which says why.
    """

    shares: Shares
    regimes: Shares | None
    along: dict[str, Shares]
    scores: xr.Dataset | str
    indices: xr.Dataset | str
    conditions: pd.DataFrame | str

    def doubtful(self, asked: Question, case: int) -> str:
        """The word whose sensitivities are told of a case: what happened if that is in doubt, else what is most so."""
        happened = asked.observed[case] if asked.observed else ""
        share = self.shares.at(**{asked.case: case}).share.to_series()
        if RARE <= share.get(happened, 0.0) <= 1 - RARE:
            return happened
        return str((share - 0.5).abs().idxmin())


def answer(asked: Question, tell: Callable[[str], None] = lambda note: None) -> Answers:
    """Ask a cube all that a report tells."""
    ds, over = asked.ds, asked.unknown
    tell("shares")
    shares = _shares(ds, over, asked.word)
    regimes = _shares(ds, over, asked.regime) if asked.word != asked.regime else None
    along = {grid: _shares(ds, [d for d in over if d != grid], asked.word) for grid in asked.grids}
    unknown = f"the cube has no note “{OBSERVED}” of what happened"
    scores: xr.Dataset | str = unknown
    found: pd.DataFrame | str = unknown
    if asked.observed is not None:
        tell("scores")
        scores = _attempt(lambda: score(ds, OBSERVED, over, by=asked.word).compute())
        tell("conditions")
        found = _attempt(lambda: conditions(asked.held, OBSERVED, AT_LEAST, asked.word))
    tell("sensitivities")
    indices: xr.Dataset | str = "the cube has several designs"
    if len(asked.designs) < 2:
        indices = _attempt(lambda: sensitivity(asked.held, asked.word, {}).compute())
    return Answers(shares, regimes, along, scores, indices, found)


def _shares(ds: xr.Dataset, over: list[str], word: str) -> Shares:
    found = tally(ds, over, by=word)
    return Shares(*(part.compute().transpose(..., found.word) for part in (found.shares, found.error())))


def _attempt(ask: Callable[[], T]) -> T | str:
    try:
        return ask()
    except InputError as error:
        return str(error)
