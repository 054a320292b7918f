"""What a cube was asked: its cases, what is unknown of them, and the words in which it answers.

question(ds) -> Question
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import xarray as xr

from posse.analysis.codes import codes, grouped, main_group, regime_variable
from posse.analysis.designs import Design, designs
from posse.analysis.dims import components, written
from posse.analysis.observations import TEXT
from posse.sweeps.axes import bound_by
from posse.sweeps.spec import Spec

OBSERVED = "observed"  # the note that says what happened
WHOLE = "cube"  # the axis of the one case of a cube that has no cases
MOST_LOADED = 1 << 28  # bytes that are read once, and not for every answer


@dataclass(frozen=True, eq=False)
class Question:
    """ds: the regimes, with an axis `case`; designs: by dimension; grids: all other axes."""

    ds: xr.Dataset
    case: str
    designs: Mapping[str, Design]
    grids: tuple[str, ...]

    @property
    def regime(self) -> str:
        """The variable of codes that the answers are about."""
        return regime_variable(self.ds)

    @property
    def word(self) -> str:
        """What sorts the regimes for a first answer; the regimes themselves where nothing does."""
        return main_group(self.ds) or self.regime

    @property
    def labels(self) -> list[str]:
        """The names of the cases."""
        return [str(label) for label in self.ds[self.case].values]

    @property
    def unknown(self) -> list[str]:
        """The dimensions that are averaged over."""
        return [*self.designs, *self.grids]

    @property
    def parameters(self) -> list[str]:
        """The parameters that designs draw."""
        return [name for design in self.designs.values() for name in design.parameters]

    @property
    def swept(self) -> list[str]:
        """The grid axes that each are one parameter, of several values."""
        tables = {c.dims for name, c in self.ds.coords.items() if (name,) != c.dims}
        values = {dim: self.ds[dim] for dim in self.grids if (dim,) not in tables}
        return [dim for dim, labels in values.items() if labels.dtype.kind == "f" and labels.size > 1]

    @cached_property
    def written(self) -> Spec | None:
        """The spec of the sweep, where the cube has one."""
        return written(self.ds)

    @property
    def middle(self) -> dict[str, Any]:
        """The label in the middle of each grid axis, where what is not averaged is told."""
        return {dim: self.ds[dim].values[self.ds.sizes[dim] // 2] for dim in self.grids}

    @property
    def held(self) -> xr.Dataset:
        """The cube there."""
        return self.ds.isel({dim: self.ds.sizes[dim] // 2 for dim in self.grids})

    @property
    def notes(self) -> dict[str, list[str]]:
        """Columns of text along the cases."""
        return {name: list(map(str, c.values)) for name, c in self._known.items() if c.dtype.kind in TEXT}

    @property
    def measured(self) -> dict[str, list[float]]:
        """The parameters that the cases bind."""
        return {name: c.values.tolist() for name, c in self._known.items() if c.dtype.kind == "f"}

    @cached_property
    def _known(self) -> dict[str, xr.DataArray]:
        """What stands along the cases, in the order of the spec."""
        found = {str(n): c for n, c in self.ds.coords.items() if c.dims == (self.case,) and n != self.case}
        axis = self.written.axes.get(self.case, {}) if self.written else {}
        order = [name for name in (*axis, *axis.get("notes", {})) if name in found]
        return {name: found[name] for name in dict.fromkeys([*order, *found])}

    @property
    def observed(self) -> list[str] | None:
        """What happened in each case, where that is noted."""
        return self.notes.get(OBSERVED)

    def colours(self, word: str) -> dict[str, str]:
        """The colour of each word for regimes, or for a group of them: that of the first of its regimes."""
        variable = self.ds[self.regime]
        pairs = zip(grouped(variable, word), codes(variable), strict=True)
        return dict(reversed([(name, code.colour) for name, code in pairs]))


def question(ds: xr.Dataset) -> Question:
    """What a cube was asked. Raises InputError where it holds no regimes."""
    variable = ds[regime_variable(ds)]
    ds = ds[[variable.name]]
    held = {name: c.compute() for name, c in ds.coords.items() if name not in ds.dims}
    ds = ds.compute() if variable.nbytes <= MOST_LOADED else ds.assign_coords(held)
    ds = _single_case(ds)
    variable = ds[variable.name]
    drawn = designs(variable)
    others = [str(dim) for dim in variable.dims if dim not in drawn]
    case = _case(ds, [dim for dim in others if dim not in components(variable)])
    if case is None:
        case = WHOLE if WHOLE not in ds.variables else f"{WHOLE}_"
        ds = ds.expand_dims({case: [str(ds.attrs.get("title", "the game"))]})
    return Question(ds, case, drawn, tuple(dim for dim in others if dim != case))


def _single_case(ds: xr.Dataset) -> xr.Dataset:
    """A cube of which one case was chosen, with an axis for it, and all that belongs to the case along that."""
    spec = written(ds)
    for axis, how in spec.axes.items() if spec else ():
        if axis in ds.coords and not ds[axis].ndim and "labels" in how:
            own = [n for n in (axis, *bound_by(axis, how), *how.get("notes", {})) if n in ds.coords]
            along = {n: (axis, ds[n].values.reshape(1), ds[n].attrs) for n in own}
            return ds.drop_vars(own).expand_dims({axis: along[axis][1]}).assign_coords(along)
    return ds


def _case(ds: xr.Dataset, dims: list[str]) -> str | None:
    """The axis of the cases: the one with notes of what happened, with names for labels, or that binds parameters."""
    bound = {dim: [n for n, c in ds.coords.items() if c.dims == (dim,) and n != dim] for dim in dims}
    ranked = (
        [dim for dim in dims if OBSERVED in bound[dim]],
        [dim for dim in dims if ds[dim].dtype.kind in TEXT],
        [dim for dim in dims if bound[dim]],
    )
    return next((dim for tier in ranked for dim in tier), None)
