"""Of boxes with too many parameters for what is certain (posse.sweeps.regions): what points drawn in them tell.

estimate(game, box)      the share of the box that each regime has, with confidence intervals
sensitivity(game, box)   which parameter decides: Sobol indices of whether each regime holds
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.designs import REPLICATE, standard_error
from posse.analysis.predictions import tally
from posse.analysis.sensitivity import UNKNOWN
from posse.analysis.sensitivity import sensitivity as indices
from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.sweeps.box import read_box, regime_output
from posse.sweeps.designs import SETTINGS
from posse.sweeps.memory import evaluate, require_memory
from posse.sweeps.sweep import Sweep

Floats = npt.NDArray[np.float64]

POINTS, BASE_POINTS = 1 << 17, 1 << 13
LEVEL = 0.95
FEW = 10  # points of a replicate in a regime, or out of it: then the spread between replicates tells too little
REPLICATES = SETTINGS["replicates"]
DRAWN = "_sample"


def estimate(
    game: str | Game,
    box: Mapping[str, Any],
    fixed: Mapping[str, float] | None = None,
    points: int = POINTS,
    seed: int = 0,
) -> xr.Dataset:
    """Estimate the share of a box that each regime has, from Sobol points in it: for many parameters at once.

    box, fixed: as `posse.regions` takes them.
    points: in all, in 16 replicates, independent randomisations; a multiple of 16, best a power of 2.
    seed: of the randomisations.

    Gives over the dimension "regime" `share`, its standard error `error`, and `lower` to `upper`, a 95 % confidence
    interval. It is an estimate and no bound: about one interval in twenty does not hold the true share.

    The interval is Student's t over the replicates. Replicates that all have as many points in a regime still leave
    1 − 0.025^(1/16) of a point of each open either way, by the rule of three. A regime that has, or lacks, fewer than
    10 points of some replicate has in addition all of the interval of Clopper and Pearson (1934) for as many
    independent points: one that was never seen has up to 3.7 / points. Sobol points lie more evenly than independent
    ones, so that this is as a rule wider than need be; that it always is, is no theorem.

    Raises InputError, which names the parameter and what is allowed.

    >>> box = {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}, "resolve": (0, 1), "attrition": (0, 0.9)}
    >>> found = posse.estimate("restraint", box)
    >>> found.sel(regime="resigned_neutrality")[["lower", "upper"]].to_array().values.round(3)
    array([0.056, 0.057])
    """
    drawn, name = _solved("sobol", game, box, fixed, points, seed)
    found = tally(drawn, by=name)
    ((design, lazy),) = found.replicates
    means = lazy.transpose(found.word, REPLICATE).compute()
    share, error = means.mean(REPLICATE).values, standard_error(means, design.sizes).values
    low, high = _interval(share, error, np.rint(means.values * design.sizes), design.sizes)
    about = {"units": "1", "long_name": "estimated share of the box"}
    return xr.Dataset(
        {
            "share": ("regime", share, about),
            "error": ("regime", error, {"units": "1", "long_name": "standard error of the estimated share"}),
            "lower": ("regime", low, {"units": "1", "long_name": "lower end of the 95 % confidence interval"}),
            "upper": ("regime", high, {"units": "1", "long_name": "upper end of the 95 % confidence interval"}),
        },
        {"regime": means[found.word].values},
        drawn.attrs,
    )


def sensitivity(
    game: str | Game,
    box: Mapping[str, Any],
    fixed: Mapping[str, float] | None = None,
    points: int = BASE_POINTS,
    seed: int = 0,
) -> xr.Dataset:
    """Estimate which parameter of a box decides whether each regime holds: Sobol indices, by SALib.

    box, fixed, seed: as of `estimate`.
    points: base points, of which each is solved once for every parameter of the box and twice more.

    Gives over the dimensions "regime" and "parameter" `first_order`, the share of the variance that a parameter decides
    on its own, `total`, the share that is left where all others are known, and standard errors of both. They are
    estimates. All are NaN for a regime that was seen at no point, or at all. Needs SALib.

    >>> found = posse.sensitivity("restraint", {"diversity": (0, 1), "resolve": (0, 1), "attrition": (0, 0.9)})
    >>> found.total.sel(regime="resigned_neutrality").to_series().round(1)
    parameter
    diversity    0.3
    resolve      0.8
    attrition    0.4
    Name: total, dtype: float64
    """
    drawn, name = _solved("saltelli", game, box, fixed, points, seed)
    found = indices(drawn, name, {}).rename({UNKNOWN: "parameter", **({} if name == "regime" else {name: "regime"})})
    return found.assign_attrs(drawn.attrs)


def _solved(
    kind: str, game: str | Game, box: Mapping[str, Any], fixed: Mapping[str, float] | None, points: int, seed: int
) -> tuple[xr.Dataset, str]:
    """The regimes at the points of a design that fills a box, and what the variable is called."""
    chosen = game if isinstance(game, Game) else find_game(game)
    output = regime_output(chosen)
    sides, rest = read_box(chosen, box, fixed)
    if isinstance(points, bool) or not isinstance(points, int) or points < 1 or points % REPLICATES:
        raise InputError(f"points: {points!r} is not allowed; it is a multiple of {REPLICATES}, best a power of 2")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: {seed!r} is not a whole number from 0 on")
    rows = len(sides) + 2 if kind == "saltelli" else 1
    require_memory(points * rows * 8 * 3 * len(sides), f"points: {points:,}", "take fewer")
    beliefs = {name: side.distribution for name, side in sides.items()}
    axis = {kind: points, "seed": seed, "replicates": REPLICATES, **beliefs}
    sweep = Sweep(chosen, {DRAWN: axis}, rest, [output.name], outside_domain="mark")
    about = f"an estimate from {points:,} {kind} points in {REPLICATES} replicates, seed {seed}; no bound"
    return evaluate(sweep).assign_attrs(comment=about), output.name


def _interval(share: Floats, error: Floats, hits: Floats, sizes: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Of each share; hits: points of each replicate that a regime has, shape (regimes, replicates)."""
    from scipy.stats import beta, t  # slow to import, and seldom needed

    tail, count, total = (1 - LEVEL) / 2, len(sizes), sizes.sum()
    least = (1 - tail ** (1 / count)) * count / total
    half = np.maximum(t.isf(tail, count - 1) * error, least)
    low, high, of_all = share - half, share + half, hits.sum(1)
    few = np.minimum(hits, sizes - hits).min(1) < FEW
    exact_low = np.where(of_all > 0, beta.ppf(tail, np.maximum(of_all, 1), total - of_all + 1), 0)
    exact_high = np.where(of_all < total, beta.isf(tail, of_all + 1, np.maximum(total - of_all, 1)), 1)
    low, high = np.where(few, np.minimum(low, exact_low), low), np.where(few, np.maximum(high, exact_high), high)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)
