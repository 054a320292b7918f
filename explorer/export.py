"""What a view leaves behind as a file: the picture, the slice, the spec.

FILES                       name of each file -> what it is
write(name, view, source)   its bytes
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import xarray as xr

from posse.analysis import export, maps, style
from posse.explorer.solving import Source
from posse.explorer.view import View
from posse.kernels.errors import pick
from posse.sweeps import spec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILES = {
    "map.png": "picture",
    "slice.nc": "slice, NetCDF",
    "slice.csv": "slice, CSV",
    "sweep.toml": "spec of the sweep",
}


def write(name: str, view: View, source: Source) -> bytes:
    """The bytes of a file that shows or holds what the map does."""
    pick("file", name, FILES)
    if name == "sweep.toml":
        return spec.write(source.spec(view)).encode()
    part = source.slice(view)
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        if path.suffix == ".png":
            style.save(_picture(part, view, source), path)
        else:
            export.write(part, path)
        return path.read_bytes()


def _picture(part: xr.Dataset, view: View, source: Source) -> "Figure":
    if view.colour == source.space.regime:
        return maps.regime_map(part, maps.Layout(view.x, view.y))
    output, _, component = view.colour.partition(".")
    return maps.payoff_map(part, maps.Layout(view.x, view.y), component or None, output)
