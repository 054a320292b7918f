"""What happened: for each case one of the words that a cube has for what may happen.

observations(ds, dims, "observed", words, "alignment") -> Observations
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from posse.kernels.errors import InputError, pick, short

TEXT = "TUO"  # kinds of arrays that hold names


@dataclass(frozen=True, eq=False)
class Observations:
    """dim: the axis of the cases; words: what may happen; happened: the position of each case's own, -1 if unknown."""

    dim: str
    words: tuple[str, ...]
    happened: npt.NDArray[np.intp]

    @property
    def known(self) -> npt.NDArray[np.intp]:
        """The positions of the cases of which it is known."""
        return np.flatnonzero(self.happened >= 0)


def observations(
    ds: xr.Dataset, dims: Sequence[str], observed: str | Mapping[Any, Any] | pd.Series, words: Sequence[str], kind: str
) -> Observations:
    """Read what was observed, and check every word of it.

    dims: which axes may be that of the cases.
    observed: the name of a coordinate of text along one of them, or the word for each label.
    """
    if isinstance(observed, str):
        dim, texts = _of_coordinate(ds, dims, observed)
    elif isinstance(observed, Mapping | pd.Series):
        dim, texts = _by_label(ds, dims, observed)
    else:
        raise InputError(f"observed: {short(observed)} is neither the name of a coordinate nor words by label")
    known = {word: k for k, word in enumerate(words)}
    happened = np.full(len(texts), -1, np.intp)
    for k, (label, text) in enumerate(zip(ds[dim].values, texts, strict=True)):
        if text:
            happened[k] = pick(f"{kind} observed in {label}", text, known)
    if (happened < 0).all():
        raise InputError(f"observed: of no label of {dim} it is known what happened")
    return Observations(dim, tuple(words), happened)


def _of_coordinate(ds: xr.Dataset, dims: Sequence[str], name: str) -> tuple[str, list[str]]:
    known = {
        str(c): v for c, v in ds.coords.items() if v.dtype.kind in TEXT and v.dims and set(v.dims) <= {*dims} - {c}
    }
    if name in ds.coords and not ds[name].ndim:
        raise InputError(f"observed: {name} is that of one case here; choose cases as a list, as case=['Suez 1956']")
    found = pick("coordinate of what was observed", name, known)
    if found.ndim > 1:
        raise InputError(f"observed: {name} has the dimensions {', '.join(map(str, found.dims))}; one axis has cases")
    return str(found.dims[0]), [_text(value) for value in found.values]


def _by_label(ds: xr.Dataset, dims: Sequence[str], observed: Mapping[Any, Any] | pd.Series) -> tuple[str, list[str]]:
    given: dict[str, str] = {}
    for label, word in observed.items():
        if _name(label) in given:
            raise InputError(f"observed: {label} stands twice, but one thing happened in each case")
        given[_name(label)] = _text(word)
    labels = {dim: {_name(label): k for k, label in enumerate(ds[dim].values.tolist())} for dim in dims}
    dim = max(labels, key=lambda name: len(labels[name].keys() & given), default=None)
    if dim is None:
        raise InputError("observed: the cube has no axis of cases; all its axes are averaged over")
    texts = [""] * len(labels[dim])
    for label, word in given.items():
        texts[pick(f"label of {dim} in observed", label, labels[dim])] = word
    return dim, texts


def _name(label: Any) -> str:
    """A label as it is compared: 1950 is 1950.0."""
    return f"{label:.12g}" if isinstance(label, Real) else str(label)


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()
