"""Which unknown decides: Sobol indices of what happens, or of a number.

sensitivity(ds, "alignment", {}) -> Dataset
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.codes import groups, main_group, regime_variable, sorted_by
from posse.analysis.designs import REPLICATE, Design, only, standard_error
from posse.analysis.dims import defined, numbers, require_room
from posse.analysis.pieces import settled, whole
from posse.analysis.selection import dimension, exactly
from posse.analysis.shares import classes_of
from posse.kernels.errors import InputError, pick

Array = npt.NDArray[Any]

UNKNOWN, INDEX = "unknown", "_index"
ABOUT = {
    "first_order": "first-order Sobol index: share of the variance that it decides on its own",
    "first_order_error": "Monte Carlo standard error of the first-order index",
    "total": "total Sobol index: share of the variance that is left where all others are known",
    "total_error": "Monte Carlo standard error of the total index",
}


def sensitivity(ds: xr.Dataset, of: str | None, labels: Mapping[str, Any]) -> xr.Dataset:
    """Sobol indices of what happens, or of a number, by unknown. See Accessor.sensitivity."""
    design = only(ds, "sensitivity", "saltelli")
    variable, group = _meant(ds, of)
    require_room(variable, [group or str(variable.name), UNKNOWN, INDEX, *ABOUT])
    _require_base_points(ds[design.dim], design)
    _salib()
    for dim in labels:
        if dim not in variable.dims or dim == design.dim:
            own = ", ".join(str(d) for d in variable.dims if d != design.dim) or "none"
            raise InputError(f"sensitivity: {dim} cannot be chosen; {variable.name} has {own}")
        dimension(ds, dim)
    variable = exactly(ds[[variable.name]].assign({variable.name: variable}), labels)[variable.name]
    values, words = whole(variable, design.dim), {}
    if "flag_values" in variable.attrs:
        names, values = classes_of(values, group)
        words = {group or str(variable.name): names}
    found = xr.apply_ufunc(
        partial(_indices, design=design, number=len(next(iter(words.values()), ()))),
        defined(values),
        input_core_dims=[[design.dim]],
        output_core_dims=[[*words, INDEX, UNKNOWN]],
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={
            "output_sizes": {w: len(n) for w, n in words.items()} | {INDEX: len(ABOUT), UNKNOWN: len(design.parameters)}
        },
    )
    found = found.reset_coords(drop=True).assign_coords({**words, UNKNOWN: list(design.parameters)})
    answer = {
        name: found.isel({INDEX: k}).assign_attrs(units="1", long_name=meaning)
        for k, (name, meaning) in enumerate(ABOUT.items())
    }
    return settled(xr.Dataset(answer), variable)


def _meant(ds: xr.Dataset, of: str | None) -> tuple[xr.DataArray, str | None]:
    """The variable that a question is about, and the group of its codes, if it is about one."""
    measured = numbers(ds)
    if isinstance(of, str) and of in measured:
        return measured[of], None
    of = of or main_group(ds)
    coded = {str(name): v for name, v in ds.data_vars.items() if "flag_values" in v.attrs}
    known = dict.fromkeys([*(groups(ds[regime_variable(ds)]) if coded else ()), *coded, *measured])
    pick("group of regimes, or output", of or regime_variable(ds), known)
    return sorted_by(ds, of)


def _require_base_points(labels: xr.DataArray, design: Design) -> None:
    """All rows of each base point, in their order: what is computed is differences within it."""
    rows = design.rows
    whole_ones = labels.size % rows == 0 and rows == len(design.parameters) + 2
    first = labels.values[::rows, None] // rows * rows
    if not whole_ones or (labels.values.reshape(-1, rows) != first + np.arange(rows)).any():
        raise InputError(
            f"sensitivity: some of the {rows} rows of a base point are missing or out of order along {design.dim}; "
            f"choose multiples of {rows}"
        )


def _salib() -> Any:
    try:
        from SALib.analyze import sobol
    except ImportError as error:
        raise InputError("sensitivity needs SALib: pip install 'posse[sensitivity]'") from error
    return sobol


def _indices(values: Array, design: Design, number: int) -> Array:
    """The indices of each line of values, or of indicators of each of `number` classes; shape (..., 4, unknowns)."""
    if number:
        computed = np.where((values < number).all(-1), 1.0, np.nan)
        values = (values[..., None, :] == np.arange(number)[:, None]) * computed[..., None, None]
    lines = values.reshape(-1, values.shape[-1])
    found = np.stack([_of_line(line.astype(np.float64), design) for line in lines])
    return found.reshape(*values.shape[:-1], *found.shape[1:])


def _of_line(line: Array, design: Design) -> Array:
    """First-order and total indices and their errors, shape (4, unknowns); NaN where nothing varies, or is missing.

    The errors are by the delta method, as an index is a ratio: of a part of the variance, and all of it.
    """
    sobol, rows = _salib(), design.rows
    number = len(design.parameters)
    if not np.isfinite(line).all() or np.ptp(np.r_[line[::rows], line[rows - 1 :: rows]]) == 0:
        return np.full((4, number), np.nan)
    line = (line - line.mean()) / line.std()  # as SALib does
    A, B, AB, _ = sobol.separate_output_values(line, number, len(line) // rows, False)
    variance = np.var(np.r_[A, B])
    square = ((A - np.r_[A, B].mean()) ** 2 + (B - np.r_[A, B].mean()) ** 2) / 2
    replicate, sizes = design.replicate[::rows], design.sizes // rows
    index, means = np.empty((2, number)), np.empty((2, number, len(sizes)))
    for j in range(number):
        parts = B * (AB[:, j] - A), (A - AB[:, j]) ** 2 / 2
        for k, estimate in enumerate((sobol.first_order, sobol.total_order)):
            index[k, j] = estimate(A, AB[:, j], B)
            means[k, j] = np.bincount(replicate, parts[k] - index[k, j] * square) / sizes / variance
    error = standard_error(xr.DataArray(means, dims=["index", UNKNOWN, REPLICATE]), sizes)
    return np.stack([index[0], error[0], index[1], error[1]])
