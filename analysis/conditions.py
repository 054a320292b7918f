"""What would have to be true: the unknowns, and their intervals, under which a cube says what happened.

conditions(ds, "observed", 0.95) -> table

Scenario discovery (Bryant and Lempert 2010) by patient rule induction; see posse.analysis.peeling.
"""

from collections.abc import Mapping
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
from posse.analysis.peeling import Interval, find_box, inside
from posse.analysis.pieces import whole
from posse.analysis.shares import classes_of
from posse.kernels.errors import InputError, pick, short

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SLACK = 0.01  # ends lie where a half is just dense enough; the other half may be less so by a hair
MOST = 1 << 14  # points are peeled: more would move the ends little


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
    share = holds.sum() / valid.sum() if valid.any() else np.nan
    peeled = np.flatnonzero(valid & (design.replicate % 2 == 0))[:MOST]
    box: dict[int, Interval] = {}
    if not holds.any():
        verdict = "never" if valid.any() else "outside the domain"
    elif not holds[peeled].any():
        verdict = "not reached"
    elif holds[peeled].mean() >= at_least:
        verdict = "unrestricted"
    else:
        box = find_box(np.stack([draws[k][peeled] for k in draws], axis=1), holds[peeled], at_least)
        chosen = inside({k: x[peeled] for k, x in draws.items()}, box, len(peeled))
        verdict = "restricted" if holds[peeled][chosen].mean() >= at_least else "not reached"
    measured = valid & (design.replicate % 2 == 1)
    within = measured & inside(draws, box, len(valid))
    quality = _quality(design, measured, within, holds)
    best_case = quality["density"] + 2 * np.nan_to_num(quality["density_error"])
    if verdict in ("restricted", "unrestricted") and not best_case >= at_least - SLACK:
        verdict = "not confirmed"
    common = {"verdict": verdict, "share": share, **quality}
    intervals = [(design.parameters[k], *interval) for k, interval in box.items()] or [("", np.nan, np.nan)]
    return [{"unknown": unknown, "low": low, "high": high, **common} for unknown, low, high in intervals]


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
        "mass": within.sum() / max(1, measured.sum()),
    }
