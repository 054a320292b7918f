"""How much of a cube each regime takes.

shares(ds) -> share of the points by regime
"""

from typing import Any

import numpy as np
import xarray as xr

from posse.analysis.codes import flags, regime_variable


def shares(ds: xr.Dataset) -> xr.DataArray:
    """Share of all points that each regime holds, chunk by chunk; dimension "regime" with the names."""
    variable = ds[regime_variable(ds)]
    codes = flags(variable)
    counts = np.zeros(256, dtype=np.int64)
    for part in _parts(variable):
        counts += np.bincount(np.asarray(part).ravel(), minlength=256)
    share = counts[[c.value for c in codes]] / max(1, variable.size)
    return xr.DataArray(share, {"regime": [c.name for c in codes]}, ["regime"], "share", {"units": "1"})


def _parts(variable: xr.DataArray) -> Any:
    """A variable in pieces that fit into memory: its chunks, or itself."""
    if variable.chunks is None:
        return [variable.values]
    return (block.compute(scheduler="synchronous") for block in variable.data.blocks.ravel())
