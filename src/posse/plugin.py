"""What posse adds to xarray: the engine "posse" of `xarray.open_dataset`, and the accessor `ds.posse`.

posse loads this module when xarray has been imported, and xarray itself, by its entry point, when it looks for engines.
What it needs is therefore imported only when it is used.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import xarray as xr
from xarray.backends import BackendEntrypoint


class Engine(BackendEntrypoint):
    """Sweep files as virtual cubes, stores as posse.open_cube opens them."""

    description = "Solve sweep files (.toml) when they are read, open posse cubes"

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        virtual: bool | Sequence[str] = False,
    ) -> xr.Dataset:
        """virtual: outputs that a stored cube does not have; see posse.open_cube."""
        import posse
        from posse.kernels.errors import InputError

        if not str(filename_or_obj).endswith(".toml"):
            ds = posse.open_cube(filename_or_obj, virtual, dask=False)
        elif virtual is False:
            ds = posse.virtual(filename_or_obj)
        else:
            raise InputError(f"virtual: {virtual!r} is for stores; a sweep file lists its outputs itself")
        return ds.drop_vars([] if drop_variables is None else drop_variables, errors="ignore")


@xr.register_dataset_accessor("posse")  # type: ignore[no-untyped-call, untyped-decorator]  # of xarray
def accessor(ds: xr.Dataset) -> Any:
    from posse.reportable import Accessor

    return Accessor(ds)
