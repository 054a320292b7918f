"""What posse adds to xarray: the accessor `ds.posse`.

xarray loads this module, by its entry point, when it first opens anything: a cube has its accessor also where
nobody imported posse. What it needs is therefore imported only when it is used.
"""

from typing import Any

import xarray as xr


@xr.register_dataset_accessor("posse")  # type: ignore[no-untyped-call, untyped-decorator]
def accessor(ds: xr.Dataset) -> Any:
    from posse.analysis.accessor import Accessor

    return Accessor(ds)
