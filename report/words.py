"""Numbers and answers in words.

number(0.12345, 0.002) -> "0.123 ± 0.002"
share(0.0, 0.0, 4096) -> "0 of 4,096"
believed({"log_uniform": [1, 100]}) -> "log-uniform from 1 to 100"
would_have_to_be_true(rows) -> a sentence
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

BELIEFS = {
    "uniform": "uniform from {} to {}",
    "log_uniform": "log-uniform from {} to {}",
    "triangular": "triangular from {0} over {1} to {2}",
    "normal": "normal with mean {} and standard deviation {}, cut to the domain",
    "beta": "beta with a = {} and b = {}",
}
DESIGNS = {
    "sobol": "scrambled Sobol points",
    "latin_hypercube": "a Latin hypercube",
    "uniform": "independent draws",
    "saltelli": "Saltelli's points, by which sensitivities can be told",
}


def short(value: Any) -> str:
    """A number in a few digits, anything else as text."""
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def number(value: float, error: float = np.nan, digits: int = 3) -> str:
    """A number and its Monte Carlo error, where that is known and not nothing."""
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    told = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0: no −0.000
    if np.isnan(error) or error == 0:
        return told
    least = 10.0**-digits
    return f"{told} ± {f'{error:.{digits}f}' if error >= least / 2 else f'<{least:g}'}"


def share(value: float, error: float, draws: int, digits: int = 3) -> str:
    """A share and its error; a count where next to none, or all, of some draws agree, of which no error can tell."""
    if draws and round(value, digits) in (0, 1):
        return f"{round(value * draws):,} of {draws:,}"
    return number(value, error, digits)


def of_draws(value: float, error: float, draws: int) -> str:
    """The same in a sentence."""
    told = share(value, error, draws)
    return f"{told} {'draws' if ' of ' in told else 'of the draws' if draws else 'of the points'}"


def plain(word: str) -> str:
    """A name as words."""
    return word.replace("_", " ")


def believed(written: Mapping[str, Any]) -> str:
    """What is believed of an unknown, as its design says."""
    for kind, numbers in written.items():
        if kind in BELIEFS:
            return BELIEFS[kind].format(*map(short, map(float, numbers)))
    return ""


def listed(parts: list[str]) -> str:
    """Parts of a sentence, one after another."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def interval(row: Mapping[Any, Any]) -> str:
    """One restriction of an unknown."""
    name, low, high = row["unknown"], row["low"], row["high"]
    if np.isinf(low):
        return f"{name} is at most {short(high)}"
    if np.isinf(high):
        return f"{name} is at least {short(low)}"
    return f"{name} lies between {short(low)} and {short(high)}"


def would_have_to_be_true(rows: pd.DataFrame, at_least: float) -> str:
    """The restrictions of one case as a sentence or two."""
    first = rows.iloc[0]
    happened, verdict = plain(first.observed), first.verdict
    density = {0: "none", 1: "all"}.get(first.density) or number(first.density, first.density_error)
    where = listed([interval(row) for row in rows.to_dict("records") if row["unknown"]])
    if verdict == "never":
        return f"Nothing that was drawn will do: the model says {happened} nowhere."
    if verdict == "outside the domain":
        return "Every draw is outside the domain of the game."
    if verdict == "unrestricted":
        return f"Nothing in particular: the model says {happened} in at least {at_least:.0%} of the draws as it is."
    if verdict == "not reached":
        return (
            f"Nothing simple will do: no intervals of the unknowns were found in which the model says {happened} in at "
            f"least {at_least:.0%} of the draws."
            + (f" In the densest ones, where {where}, it does in {density} of them." if where else "")
        )
    doubt = {
        "not confirmed": "Not confirmed: intervals that were dense enough in half of the draws are not in the other. ",
        "too few draws": f"Too few draws to tell whether anything simple will do in at least {at_least:.0%} of them. ",
    }.get(verdict, "")
    says = f"the model says {happened} in {density} of the draws."
    if not where:
        return f"{doubt}As it is, {says}"
    return (
        f"{doubt}If {where}, {says} These are {first['mass']:.1%} of all draws, "
        f"and have {first['coverage']:.0%} of those in which it does."
    )


def verdict(scores: Any) -> str:
    """How the model's mean Brier score compares with that of giving each word the same probability."""
    brier = {str(k): float(scores.mean_brier.sel(forecast=k)) for k in scores.forecast.values}
    error = float(scores.mean_brier_error.sel(forecast="model"))
    if np.isnan(brier["model"]):
        return "The model cannot be scored: a case has no draws inside the domain."
    margin = brier["model"] - brier["uniform"]
    how = "as well as" if abs(margin) <= 2 * np.nan_to_num(error) else "worse than" if margin > 0 else "better than"
    cases = scores.attrs["cases"]
    return (
        f"Over {cases} {'case' if cases == 1 else 'cases'} the model's mean Brier score is "
        f"{number(brier['model'], error)}; it does {how} giving every word the same probability "
        f"({number(brier['uniform'])}). How often each word was observed, known beforehand, would score "
        f"{number(brier['frequencies'])}. Less is better."
    )
