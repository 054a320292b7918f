"""What a cube answers, each question asked once; where it has no answer, why.

answer(question) -> Answers
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import NamedTuple, TypeVar

import numpy as np
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
FEW = 20  # draws, likewise


class Shares(NamedTuple):
    """The share of the unknowns under which each word holds, and its Monte Carlo error; dims (case, ..., word).

    draws: of how many draws; 0 where nothing was drawn, or not all is computed.
    """

    share: xr.DataArray
    error: xr.DataArray
    draws: int

    def at(self, **places: int) -> "Shares":
        """Those at some positions."""
        return Shares(self.share.isel(places), self.error.isel(places), self.draws)

    def told(self, word: str) -> tuple[float, float, int]:
        """The share of one word, its error, and of how many draws."""
        dim = self.share.dims[-1]
        return float(self.share.sel({dim: word})), float(self.error.sel({dim: word})), self.draws

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

    held: by word, in the middle of the grid axes, where sensitivities are told.
    scores, indices, conditions: text where they cannot be told, which says why.
    """

    shares: Shares
    held: Shares
    regimes: Shares | None
    along: dict[str, Shares]
    scores: xr.Dataset | str
    indices: xr.Dataset | str
    conditions: pd.DataFrame | str

    def doubtful(self, asked: Question, case: int) -> str:
        """The word whose sensitivities are told of a case: what happened if that is in doubt, else what is most so.

        Where nothing is in doubt, what happened; where that is not noted, what the model says.
        """
        happened = asked.observed[case] if asked.observed else ""
        share = self.held.at(**{asked.case: case}).share.to_series()
        most = str((share - 0.5).abs().idxmin())
        for word in (happened, most):
            if self.enough(asked, case, word):
                return word
        return happened if happened in share else str(share.idxmax())

    def enough(self, asked: Question, case: int, word: str) -> bool:
        """Whether a word holds, and fails to, in as many draws as its sensitivities need."""
        one = self.held.at(**{asked.case: case})
        share = one.told(word)[0] if word in one.words else 0.0
        rarer = min(share, 1 - share)
        return rarer >= RARE and (not one.draws or round(rarer * one.draws) >= FEW)

    def deciding(self, asked: Question, case: int) -> list[str]:
        """The unknowns that decide about the doubtful word, the most deciding first; only those that draws tell."""
        word = self.doubtful(asked, case)
        if isinstance(self.indices, str) or not self.enough(asked, case, word):
            return []
        one = self.indices.isel({asked.case: case}).sel({asked.word: word})
        total, error = one.total.values, one.total_error.values
        return [str(one.unknown.values[k]) for k in np.argsort(-total, kind="stable") if told(total[k], error[k])]


def told(index: float, error: float) -> bool:
    """Whether an index is more than its error."""
    return index > 0 and not error > index / 2


def answer(asked: Question, tell: Callable[[str], None] = lambda note: None) -> Answers:
    """Ask a cube all that a report tells."""
    ds, over = asked.ds, asked.unknown
    tell("shares")
    shares = _shares(ds, over, asked.word)
    held = _shares(asked.held, list(asked.designs), asked.word) if asked.grids else shares
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
    return Answers(shares, held, regimes, along, scores, indices, found)


def _shares(ds: xr.Dataset, over: list[str], word: str) -> Shares:
    found = tally(ds, over, by=word)
    share, error = (part.compute().transpose(..., found.word) for part in (found.shares, found.error()))
    complete = found.replicates and bool((share.sum(found.word) > 1 - 1e-9).all())
    return Shares(share, error, prod(ds.sizes[dim] for dim in over) if complete else 0)


def _attempt(ask: Callable[[], T]) -> T | str:
    try:
        return ask()
    except InputError as error:
        return str(error)
