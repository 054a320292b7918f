"""What a view leaves behind as a file: the picture, the slice, the spec.

FILES                       name of each file -> what it is
write(name, view, source)   its bytes
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from posse.analysis import export, plot
from posse.explorer.solving import Source
from posse.explorer.view import View
from posse.kernels.errors import pick
from posse.sweeps import spec

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
            plot.save_map(part, view.x, view.y, path)
        else:
            export.write(part, path)
        return path.read_bytes()
