"""What a cube answers, each question asked once; where it has no answer, why.

answer(question) -> Answers
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd
import xarray as xr

from posse.analysis.conditions import conditions
from posse.analysis.predictions import predict
from posse.analysis.scores import score
from posse.analysis.sensitivity import sensitivity
from posse.kernels.errors import InputError
from posse.report.question import OBSERVED, Question

T = TypeVar("T")
AT_LEAST = 0.95
RARE = 0.01  # what holds less often, or fails to, has indices that are all error


@dataclass(frozen=True, eq=False)
class Answers:
    """shares: by word, and regimes: by regime, over the cases; along: by word over the cases and one grid axis each.

    scores, indices, conditions: text where they cannot be told, which says why.
    """

    shares: xr.Dataset
    regimes: xr.Dataset | None
    along: dict[str, xr.Dataset]
    scores: xr.Dataset | str
    indices: xr.Dataset | str
    conditions: pd.DataFrame | str

    def doubtful(self, asked: Question, case: int) -> str:
        """The word whose sensitivities are told of a case: what happened if that is in doubt, else what is most so."""
        happened = asked.observed[case] if asked.observed else ""
        share = self.shares.share.isel({asked.case: case}).to_series()
        if RARE <= share.get(happened, 0.0) <= 1 - RARE:
            return happened
        return str((share - 0.5).abs().idxmin())


def answer(asked: Question, tell: Callable[[str], None] = lambda note: None) -> Answers:
    """Ask a cube all that a report tells."""
    ds, over = asked.ds, asked.unknown
    tell("shares")
    shares = predict(ds, over, by=asked.word).compute()
    regimes = predict(ds, over, by=asked.regime).compute() if asked.word != asked.regime else None
    along = {grid: predict(ds, [d for d in over if d != grid], by=asked.word).compute() for grid in asked.grids}
    scores: xr.Dataset | str = "the cube has no note “observed” of what happened"
    found: pd.DataFrame | str = scores
    if asked.observed is not None:
        tell("scores")
        scores = _attempt(lambda: score(ds, OBSERVED, over, by=asked.word).compute())
        tell("conditions")
        found = _attempt(lambda: conditions(asked.held, OBSERVED, AT_LEAST, asked.word))
    tell("sensitivities")
    indices = _attempt(lambda: sensitivity(asked.held, asked.word, {}).compute())
    return Answers(shares, regimes, along, scores, indices, found)


def _attempt(ask: Callable[[], T]) -> T | str:
    try:
        return ask()
    except InputError as error:
        return str(error)
