"""How well a cube predicted what happened, next to forecasts that know no model.

score(ds, "observed") -> Dataset
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from posse.analysis.dims import require_room
from posse.analysis.observations import observations
from posse.analysis.predictions import Tally, tally
from posse.analysis.shares import Beliefs, Names

FORECAST = "forecast"
ABOUT = {
    "probability": ("1", "probability given to what happened"),
    "brier": ("1", "Brier score: 0 is perfect, 2 the worst"),
    "log": ("nat", "logarithmic score: 0 is perfect, infinite where what happened had no probability"),
}


def score(
    ds: xr.Dataset,
    observed: str | Mapping[Any, Any] | pd.Series = "observed",
    over: Names | None = None,
    weights: Beliefs | None = None,
    by: str | None = None,
) -> xr.Dataset:
    """Brier and logarithmic scores of a cube's predictions, and of base rates. See Accessor.score."""
    counted = tally(ds, over, weights, by)
    word = counted.word
    require_room(counted.shares, [FORECAST, *ABOUT])
    words = counted.shares[word].values[counted.inside.values].tolist()
    seen = observations(ds, [str(dim) for dim in counted.shares.dims if dim != word], observed, words, word)
    found = counted.part({seen.dim: seen.known, word: np.flatnonzero(counted.inside)})
    happened = seen.happened[seen.known]
    labels = {seen.dim: found.shares[seen.dim], word: words}
    truth = xr.DataArray(np.eye(len(words))[happened], labels, [seen.dim, word])
    answer = _scored(found, truth, seen.dim)
    answer["observed"] = xr.DataArray([words[k] for k in happened], dims=seen.dim)
    return answer.assign_attrs(cases=len(happened), left_out=len(seen.happened) - len(happened))


def _scored(found: Tally, truth: xr.DataArray, case: str) -> xr.Dataset:
    """Scores of each case and their mean, of the model and of base rates.

    truth: 1 for what happened, else 0; dims (case, word).
    """
    word = found.word
    inside = found.shares.sum(word)
    model = (found.shares / inside).where(inside > 0)
    forecasts = {"model": model, **_base_rates(truth, word, case)}
    labels = xr.DataArray([*forecasts], dims=FORECAST, name=FORECAST)
    each = xr.concat([p.broadcast_like(model) for p in forecasts.values()], labels)
    answer = xr.Dataset({"inside": inside.assign_attrs(units="1", long_name="share of the unknowns inside the domain")})
    slopes = _slopes(found.shares, truth, word)
    for name, values in _scores(each, truth, word).items():
        wanted = {name: (values, slopes[name], [word])}
        if name != "probability":
            mean = values.mean(case, skipna=False)
            wanted[f"mean_{name}"] = mean, slopes[name] / truth.sizes[case], [case, word]
        units, meaning = ABOUT[name]
        for key, (number, slope, over) in wanted.items():
            answer[key] = number.assign_attrs(units=units, long_name=f"{'mean ' * (key != name)}{meaning}")
            error = found.error(slope, over).where(labels == "model", 0.0)  # base rates are not drawn
            answer[f"{key}_error"] = error.assign_attrs(units=units, long_name=f"Monte Carlo standard error of {key}")
    zero = answer["probability"].sel({FORECAST: "model"}) == 0
    never = zero[case].values[zero.any([dim for dim in zero.dims if dim != case])]
    if len(never):
        which = ", ".join(map(str, never))
        answer["log"].attrs["comment"] = f"infinite for the model where it never gave what happened: {which}"
    return answer.transpose(..., case, FORECAST)


def _base_rates(truth: xr.DataArray, word: str, case: str) -> dict[str, xr.DataArray]:
    """Forecasts that know no model: all alike, how often each was observed, how often in the other cases."""
    number = truth.sizes[case]
    often = truth.sum(case)
    return {
        "uniform": xr.ones_like(truth) / truth.sizes[word],
        "frequencies": (often / number).broadcast_like(truth),
        "leave_one_out": (often - truth) / (number - 1) if number > 1 else truth * np.nan,
    }


def _scores(forecast: xr.DataArray, truth: xr.DataArray, word: str) -> dict[str, xr.DataArray]:
    given = (forecast * truth).sum(word, skipna=False)
    return {
        "probability": given,
        "brier": ((forecast - truth) ** 2).sum(word, skipna=False),
        "log": xr.DataArray(0.0 - np.log(given.where(given > 0))).where(given != 0, np.inf),  # 0.0 -: no -0.0
    }


def _slopes(shares: xr.DataArray, truth: xr.DataArray, word: str) -> dict[str, xr.DataArray]:
    """How fast the model's scores change with each share: the delta method, as scores are no means of draws."""
    total = shares.sum(word)
    inside = total.where(total > 0)
    off = shares / inside - truth
    given = (shares * truth).sum(word)
    return {
        "probability": (truth - given / inside) / inside,
        "brier": 2 * (off - (shares / inside * off).sum(word, skipna=False)) / inside,
        "log": 1 / inside - truth / given.where(given > 0),
    }
