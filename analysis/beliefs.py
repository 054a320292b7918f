"""Beliefs over parameters: what each label of an axis weighs.

weights(labels, belief) -> numbers, of any sum
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from posse.analysis.borders import borders
from posse.kernels.errors import InputError, in_words

Numbers = npt.NDArray[np.float64]


def weights(labels: xr.DataArray, belief: Any) -> Numbers:
    """What each label of an axis weighs, shape (n,).

    belief: a distribution with a method `cdf`, of which each label gets what lies nearest to it, from the first label
        to the last; a density, a function of the labels, taken likewise; or numbers, by their order, or by label in
        a DataArray, a Series or a mapping.
    """
    if callable(belief) or hasattr(belief, "cdf"):
        found = np.ones(1) if labels.size == 1 else _of_distribution(labels, belief)
    else:
        found = _by_label(labels, belief)
    where = f"weights: those of {labels.name}"
    if found.shape != labels.shape:
        raise InputError(f"{where} have the shape {found.shape}, but there are {labels.size} labels")
    if not (np.isfinite(found).all() and (found >= 0).all() and found.sum() > 0):
        raise InputError(f"{where} must be numbers from 0 on, of which one is larger; they begin with {found[:4]}")
    return np.asarray(found / found.max())


def _of_distribution(labels: xr.DataArray, belief: Any) -> Numbers:
    """The probability of what lies nearest to each label; of a density, about so."""
    try:
        if hasattr(belief, "cdf"):
            return np.asarray(_falling(labels) * np.diff(np.vectorize(belief.cdf, otypes=[float])(_ends(labels))))
        return np.asarray(belief(_numeric(labels)), dtype=float) * _falling(labels) * np.diff(_ends(labels))
    except (TypeError, ValueError) as error:
        raise InputError(f"weights: the belief over {labels.name} cannot be evaluated: {in_words(error)}") from error


def _falling(labels: xr.DataArray) -> int:
    """-1 where labels fall, so that what lies between two ends counts as positive; else 1."""
    return -1 if _numeric(labels)[0] > _numeric(labels)[-1] else 1


def _ends(labels: xr.DataArray) -> Numbers:
    """Where what belongs to each label ends; the outermost end at the labels themselves."""
    values = _numeric(labels)
    return np.asarray(np.clip(borders(values), values.min(), values.max()))


def _numeric(labels: xr.DataArray) -> Numbers:
    if labels.dtype.kind not in "iuf":
        raise InputError(f"weights: {labels.name} has names for labels; give a weight for each of the {labels.size}")
    return np.asarray(labels.values, dtype=np.float64)


def _by_label(labels: xr.DataArray, belief: Any) -> Numbers:
    if isinstance(belief, xr.DataArray) and labels.name in belief.coords:
        belief = belief.to_series()
    if isinstance(belief, Mapping):
        belief = pd.Series(belief)
    if isinstance(belief, pd.Series):
        belief = belief.reindex(pd.Index(labels.values.tolist()))
        if belief.isna().any():
            raise InputError(f"weights: those of {labels.name} lack the label {belief.index[belief.isna()][0]!r}")
    try:
        return np.asarray(belief, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"weights: {belief!r} is neither numbers nor a distribution nor a function") from None
