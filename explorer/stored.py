"""The cells that a cube holds, where they cannot be solved: what is not there yet is marked as not computed."""

import warnings
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.explorer.solving import Cells, written
from posse.explorer.space import Point, of_cube
from posse.explorer.view import View
from posse.sweeps import records, spec
from posse.sweeps.cube import is_sealed, read_description
from posse.sweeps.memory import require_memory
from posse.sweeps.opening import IncompleteWarning, open_cube
from posse.sweeps.store import Store

Places = Mapping[str, npt.NDArray[np.intp]]


class Stored:
    """A cube, finished or not; its axes have dials, which stand at its labels.

    why: the reason for not solving them.
    """

    def __init__(self, store: Store, why: str) -> None:
        self.store, self.why = store, why
        self.blocks = read_description(store).blocks
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteWarning)
            self.ds = open_cube(store)
        self.space = of_cube(self.ds)
        self.progress = ""
        self.look()

    def look(self) -> bool:
        """Look again at what is there; tells whether anything is new."""
        before = self.progress
        read_description(self.store)  # which says so where the store is gone
        self.recorded = set(records.recorded(self.store, len(self.blocks)))
        self.progress = f"{len(self.recorded):,} of {len(self.blocks):,} blocks solved"
        if is_sealed(self.store):
            self.progress = ""
        return self.progress != before

    def is_ready(self, view: View) -> bool:
        """Whether a map comes at once: nothing is compiled here."""
        return True

    def cells(self, view: View, columns: int, rows: int) -> Cells:
        """The map in so many cells of equal size on the screen, each that of the nearest label."""
        places = self._places(view.point)
        spread = {}
        for name, span, count in ((view.x, view.x_range, columns), (view.y, view.y_range, rows)):
            dial = self.space.dials[name]
            places[name], spread[name] = np.unique(dial.index(dial.centres(span, count)), return_inverse=True)
        output, component = self.space.colourings[view.colour]

        def picture(name: str, component: int) -> Any:
            plane = self._read(self._component(name, component), places).squeeze(
                [n for n in self.space.dials if n not in (view.x, view.y)]
            )
            return plane.transpose(view.y, view.x).values[np.ix_(spread[view.y], spread[view.x])]

        shade = None if output == self.space.regime else picture(output, component).astype(np.float32)
        return Cells(picture(self.space.regime, 0), shade)

    def solve(self, point: Point) -> xr.Dataset:
        """What the cube holds of one point."""
        return self._part(self._places(point)).squeeze(list(self.space.dials))

    def spec(self, view: View) -> spec.Spec:
        """The sweep of what the map shows."""
        whole = spec.parse(self.ds.attrs["spec"])
        part = written(self.space, view, whole.outputs or [], whole.dtype)
        return part.model_copy(update={"fixed": whole.fixed | part.fixed, "outside_domain": whole.outside_domain})

    def slice(self, view: View) -> xr.Dataset:
        """What the cube holds of the map."""
        places = self._places(view.point)
        for name, span in ((view.x, view.x_range), (view.y, view.y_range)):
            places[name] = np.array(self.space.dials[name].inside(span))
        return self._part(places)

    def _places(self, point: Point) -> dict[str, npt.NDArray[np.intp]]:
        dials = self.space.dials
        return {name: np.array([(dials[name].labels or ()).index(value)]) for name, value in point.items()}

    def _part(self, places: Places) -> xr.Dataset:
        found: xr.Dataset = self.ds.isel(places)
        require_memory(found.nbytes, "the slice")
        return found.assign({name: self._read(variable, places) for name, variable in self.ds.data_vars.items()})

    def _component(self, name: str, component: int) -> xr.DataArray:
        variable = self.ds[name]
        own = [dim for dim in variable.dims if dim not in self.space.dials]
        return variable.isel({own[0]: component}) if own else variable

    def _read(self, variable: xr.DataArray, places: Places) -> xr.DataArray:
        """Some cells of a variable; of an unfinished cube block by block, those without a record marked."""
        found = variable.isel(places)
        if not self.progress:
            return found.compute()
        kind = variable.dtype
        values = np.full(found.shape, np.nan if kind.kind == "f" else np.iinfo(kind).max, dtype=kind)
        groups = []
        for name, length in zip(self.space.dials, self.blocks.chunk, strict=True):
            cells = places[name] // length
            groups.append([(cell, np.flatnonzero(cells == cell)) for cell in np.unique(cells)])
        for group in product(*groups):
            number = np.ravel_multi_index([int(cell) for cell, _ in group], self.blocks.cells)
            if int(number) not in self.recorded:
                continue
            inside = {name: chosen for name, (_, chosen) in zip(self.space.dials, group, strict=True)}
            window = np.ix_(*[inside.get(str(dim), np.arange(n)) for dim, n in found.sizes.items()])
            values[window] = found.isel(inside).values
        return found.copy(data=values)
