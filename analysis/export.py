"""Cubes, or parts of them, in files that other programs read.

write(ds, path)   by the path's suffix: NetCDF, CSV, Parquet, Stata
whole(path)       a file that is there whole or not at all
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from posse.analysis.pieces import in_pieces
from posse.analysis.stata import write_stata
from posse.analysis.table import columns, pieces, points
from posse.kernels.errors import InputError, in_words, pick

if TYPE_CHECKING:
    import pyarrow as pa


def write(ds: xr.Dataset, path: str | Path) -> None:
    """Write a Dataset into a file, whole or not at all.

    path: ends in .nc (NetCDF: as it is), or in .csv, .parquet or .dta (Stata): a row for each point, a column for each
        label, result and component, with names for codes. Stata keeps the codes, with the names as value labels.

    All but Stata's files may be larger than memory. Raises InputError where the type is another one, where there is
    nothing to write or where the file cannot be written; TooLargeError.

    >>> import posse
    >>> from posse.analysis.export import write
    >>> write(posse.solve("restraint", diversity=[0.2, 0.8]), "two.csv")
    """
    path = Path(path)
    writer = pick("file type", path.suffix, WRITERS)
    points(ds)
    with whole(path) as partial:
        writer(ds, partial)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write, which gets the name `path` once it is written. Raises InputError where it cannot be."""
    try:
        with NamedTemporaryFile(dir=path.parent, suffix=path.suffix, delete=False) as file:
            partial = Path(file.name)
        try:
            yield partial
            _publish(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or in_words(error)}") from error


def _publish(partial: Path, path: Path) -> None:
    """Give a temporary file its name, and the permissions of a new file."""
    mask = os.umask(0)
    os.umask(mask)
    partial.chmod(0o666 & ~mask)
    partial.replace(path)


def _write_netcdf(ds: xr.Dataset, path: Path) -> None:
    strings = {name: v.astype(object).load() for name, v in ds.variables.items() if v.dtype.kind == "T"}
    lazy = {name: in_pieces(variable) for name, variable in ds.data_vars.items()}
    packed = {name: {"zlib": True, "complevel": 1, "shuffle": True} for name, v in lazy.items() if v.ndim}
    ds.assign(lazy).assign(strings).to_netcdf(path, engine="h5netcdf", encoding=packed)


def _write_csv(ds: xr.Dataset, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, piece in enumerate(pieces(ds)):
            piece.to_csv(file, index=False, header=number == 0)


def _write_parquet(ds: xr.Dataset, path: Path) -> None:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise InputError("Parquet needs pyarrow: pip install 'posse[parquet]'") from error
    writer = None
    try:
        for piece in pieces(ds):
            if writer is None:
                schema = _schema(ds, piece)
                writer = ParquetWriter(path, schema, compression="zstd")
            writer.write_table(pa.Table.from_pandas(piece, schema, preserve_index=False))
    finally:
        if writer:
            writer.close()


def _schema(ds: xr.Dataset, piece: pd.DataFrame) -> "pa.Schema":
    """The types of the columns, with what the cube and its variables say of themselves."""
    import pyarrow as pa

    found = pa.Schema.from_pandas(piece, preserve_index=False)
    fields = []
    for column, field in zip(columns(ds), found, strict=True):
        kind = pa.dictionary(pa.int32(), pa.string()) if pa.types.is_dictionary(field.type) else field.type
        about = column.variable.attrs | ({"long_name": column.long_name} if column.long_name else {})
        fields.append(pa.field(field.name, kind, metadata=_as_text(about)))
    return pa.schema(fields, found.metadata | {k.encode(): v.encode() for k, v in _as_text(ds.attrs).items()})


def _as_text(attributes: dict[Any, Any]) -> dict[str, str]:
    """Attributes as text: what is none already, as JSON."""
    plain = {str(k): v.tolist() if isinstance(v, np.ndarray | np.generic) else v for k, v in attributes.items()}
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in plain.items()}


WRITERS: dict[str, Callable[[xr.Dataset, Path], None]] = {
    ".nc": _write_netcdf,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".dta": write_stata,
}
