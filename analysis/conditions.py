"""What would have to be true: the unknowns, and their intervals, under which a cube says what happened.

conditions(ds, "observed", 0.95) -> table

Scenario discovery (Bryant and Lempert 2010) by patient rule induction; see posse.analysis.peeling.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from posse.analysis.codes import main_group, outcomes, sorted_by
from posse.analysis.designs import REPLICATE, Design, only, standard_error
from posse.analysis.dims import require_room
from posse.analysis.observations import observations
from posse.analysis.peeling import Interval, find_boxes, inside
from posse.analysis.pieces import whole
from posse.analysis.shares import classes_of
from posse.kernels.errors import InputError, pick, short

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEVELS = (*(k / 20 for k in range(1, 20)), 0.97, 0.99, 1.0)  # to aim at: those from at_least on, whatever it is
WIDE = 0.05  # an error of a density above which nothing is said
FEW = 30  # draws that agree, below which nothing is said
MOST = 1 << 16  # points are peeled: more would move the ends little


def conditions(
    ds: xr.Dataset, observed: str | Mapping[Any, Any] | pd.Series, at_least: float, by: str | None
) -> pd.DataFrame:
    """The unknowns that have to be restricted, a row for each. See Accessor.conditions."""
    if not (isinstance(at_least, Real) and 0 < at_least <= 1):
        raise InputError(f"at_least: {short(at_least)} is not allowed; allowed is above 0, up to 1")
    variable, group = sorted_by(ds, by or main_group(ds))
    design = only(variable, "conditions")
    require_room(variable, ())
    if len(design.sizes) < 2:
        raise InputError(f"conditions: {design.dim} has one replicate; what is found in some is measured in others")
    possible = outcomes(variable, group)
    word = group or str(variable.name)
    dims = [str(dim) for dim in variable.dims if dim != design.dim]
    seen = observations(ds, dims, observed, possible, word)
    names, classes = classes_of(whole(variable, design.dim), group)
    known = {str(name): c for name, c in ds.coords.items() if c.dims == (design.dim,)}
    draws = {
        k: pick(f"coordinate of what {design.dim} draws", n, known).values for k, n in enumerate(design.parameters)
    }
    others = [dim for dim in dims if dim != seen.dim]
    rows: list[dict[str, Any]] = []
    for case in seen.known:
        happened = seen.words[seen.happened[case]]
        part = classes.isel({seen.dim: case}).transpose(*others, design.dim).compute()
        for place in product(*(range(part.sizes[dim]) for dim in others)):
            labels = {dim: ds[dim].values[k] for dim, k in [(seen.dim, case), *zip(others, place, strict=True)]}
            found = part.values[place]
            valid = np.isin(found, [names.index(name) for name in possible])
            about = labels | {"observed": happened}
            rows += [about | row for row in _of_case(design, draws, valid, found == names.index(happened), at_least)]
    return pd.DataFrame(rows)


def _of_case(
    design: Design, draws: Mapping[int, Floats], valid: Mask, holds: Mask, at_least: float
) -> list[dict[str, Any]]:
    """The rows of one case: what is found in every other replicate is measured, and confirmed, in the rest."""
    tried = (_measured(design, draws, valid, holds, box) for box in _boxes(design, draws, valid, holds, at_least))
    if not holds.any():
        verdict, best = "never" if valid.any() else "outside the domain", next(tried)
    elif holds.sum() < FEW:
        verdict, best = "too few draws", next(tried)
    else:
        verdict, best = _judged(tried, at_least)
    share = holds.sum() / valid.sum() if valid.any() else np.nan
    common = {"verdict": verdict, "share": share, **best.quality}
    intervals = [(design.parameters[k], *interval) for k, interval in best.box.items()] or [("", np.nan, np.nan)]
    return [{"unknown": unknown, "low": low, "high": high, **common} for unknown, low, high in intervals]


def _boxes(
    design: Design, draws: Mapping[int, Floats], valid: Mask, holds: Mask, at_least: float
) -> Iterator[Mapping[int, Interval]]:
    """What to try, in this order: no restriction, then what half of the replicates suggests.

    Whoever asks for less tries the same boxes, and more.
    """
    yield {}
    peeled = np.flatnonzero(valid & _half(design, 0))[:MOST]
    if holds[peeled].any():
        points = np.stack([draws[k][peeled] for k in draws], axis=1)
        yield from find_boxes(points, holds[peeled], [level for level in LEVELS if level >= at_least])


def _judged(tried: Iterable["_Tried"], at_least: float) -> tuple[str, "_Tried"]:
    """The first that is dense enough in both halves; else what can be said of those that were tried."""
    others: list[_Tried] = []
    for one in tried:
        if one.reaches(at_least) and not one.vague:
            return "restricted" if one.box else "unrestricted", one
        others.append(one)
    if perhaps := [one for one in others if one.may_reach(at_least)]:
        return "too few draws", min(perhaps, key=lambda one: np.nan_to_num(one.quality["density_error"], nan=np.inf))
    if found := [one for one in others if one.found >= at_least]:
        return "not confirmed", max(found, key=lambda one: one.quality["density"])
    return "not reached", others[-1]


@dataclass(frozen=True)
class _Tried:
    """A box, how dense it is in the half where it was found, and its quality and draws that agree in the other."""

    box: Mapping[int, Interval]
    found: float
    quality: dict[str, float]
    agreeing: int

    @property
    def vague(self) -> bool:
        return self.quality["density_error"] > WIDE or self.agreeing < FEW

    def reaches(self, at_least: float) -> bool:
        return min(self.found, self.quality["density"]) >= at_least

    def may_reach(self, at_least: float) -> bool:
        """Whether more draws could show that it is dense enough."""
        return not self.quality["density"] + 2 * np.nan_to_num(self.quality["density_error"]) < at_least


def _half(design: Design, which: int) -> Mask:
    return np.asarray(design.replicate % 2 == which)


def _measured(
    design: Design, draws: Mapping[int, Floats], valid: Mask, holds: Mask, box: Mapping[int, Interval]
) -> _Tried:
    within = inside(draws, box, len(valid))
    found = holds[valid & _half(design, 0) & within]
    measured = valid & _half(design, 1)
    within &= measured
    quality = _quality(design, measured, within, holds)
    return _Tried(box, found.mean() if len(found) else np.nan, quality, int((within & holds).sum()))


def _quality(design: Design, measured: Mask, within: Mask, holds: Mask) -> dict[str, float]:
    """How often what happened holds in the box, how much of what holds it has, and how large it is."""
    good = within & holds
    density = good.sum() / within.sum() if within.any() else np.nan
    numbers = [np.bincount(design.replicate[mask], minlength=len(design.sizes))[1::2] for mask in (good, within)]
    sizes = design.sizes[1::2]
    off = xr.DataArray((numbers[0] - density * numbers[1]) / sizes, dims=REPLICATE)
    agreeing = (measured & holds).sum()
    return {
        "density": density,
        "density_error": float(standard_error(off, sizes)) * sizes.sum() / max(1, within.sum()),
        "coverage": good.sum() / agreeing if agreeing else np.nan,
        "mass": int(within.sum()) / max(1, int(measured.sum())),
    }
