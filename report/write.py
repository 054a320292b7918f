"""A report in a file: a page or a notebook, by its suffix.

write(ds, "report.html")
"""

from collections.abc import Callable
from pathlib import Path

import xarray as xr

from posse.analysis.export import whole
from posse.kernels.errors import pick
from posse.report.notebook import notebook
from posse.report.page import page

Tell = Callable[[str], None]


def write(ds: xr.Dataset, path: str | Path, store: str | None = None, tell: Tell = lambda note: None) -> None:
    """Write what a cube says of its cases, whole or not at all. See posse.reportable.Accessor.report.

    store: what the notebook opens; it solves the cube's spec if left out.
    tell: is told what comes next.
    """
    path = Path(path)
    kind = pick("file type", path.suffix, {".html": "page", ".ipynb": "notebook"})
    with whole(path) as partial:
        text = page(ds, tell) if kind == "page" else notebook(ds, store, tell)
        partial.write_text(text, encoding="utf-8")
