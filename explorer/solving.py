"""A view in, arrays out: cells solved now, or read from a cube.

open_source("atlas.toml" or "atlas.zarr") -> Live or Stored
source.cells(view, columns, rows) -> Cells
source.solve(point) -> the outputs at one point
source.slice(view) -> Dataset of what the map shows, and source.spec(view) the sweep that gives it
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.explorer.dial import Dial
from posse.explorer.space import Point, Space, of_sweep
from posse.explorer.view import View
from posse.kernels.errors import GameChangedError, InputError, in_words
from posse.kernels.grid import Column, fixed, solve_grid
from posse.kernels.workspace import Workspace
from posse.sweeps import memory, spec
from posse.sweeps.cube import Cube, is_sealed, read_description
from posse.sweeps.opening import open_cube
from posse.sweeps.store import open_store
from posse.sweeps.sweep import Sweep

NOT_COMPUTED = 255
UNFINISHED = "the sweep is not finished"
LABELS = 401  # along each axis of an exported slice


@dataclass(frozen=True)
class Cells:
    """codes: of the regimes, shape (rows, columns), row 0 at the bottom; shade: the numbers that colour the map."""

    codes: npt.NDArray[np.uint8]
    shade: npt.NDArray[np.float32] | None

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Of each code, in all cells. Shape (256,)."""
        return np.bincount(self.codes.ravel(), minlength=256) / self.codes.size


class Source(Protocol):
    """Where cells come from."""

    space: Space
    why: str  # the reason for reading cells where they are not solved
    progress: str  # how far a sweep is that still runs

    def look(self) -> bool:
        """Look again at what is there; tells whether that is more than before."""

    def is_ready(self, view: View) -> bool:
        """Whether a map of this view comes at once; else a kernel is compiled first."""

    def cells(self, view: View, columns: int, rows: int) -> Cells:
        """The map, in so many cells of equal size on the screen."""

    def solve(self, point: Point) -> xr.Dataset:
        """All that is known of one point."""

    def spec(self, view: View) -> spec.Spec:
        """The sweep of what the map shows."""

    def slice(self, view: View) -> xr.Dataset:
        """The result of that sweep."""


class Live:
    """Every cell is solved when it is asked for, by the kernel that fills cubes."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep, self.game, self.space = sweep, sweep.game, of_sweep(sweep)
        self.why = self.progress = ""
        self._compiled: set[Any] = set()
        self._memory = Workspace()

    def look(self) -> bool:
        return False

    def is_ready(self, view: View) -> bool:
        return self._kernel(view) in self._compiled

    def _kernel(self, view: View) -> Any:
        """What decides whether a kernel is another: its axes, its outputs, what it takes for constant."""
        parameters = self.space.parameters(view.point)
        constant = tuple(p.name for p in self.game.parameters if p.common == parameters[p.name])
        return view.x, view.y, self.space.colourings[view.colour][0], constant

    def cells(self, view: View, columns: int, rows: int) -> Cells:
        output, component = self.space.colourings[view.colour]
        given = {name: fixed(value) for name, value in self.space.parameters(view.point).items()}
        for axis, (name, span, count) in enumerate([(view.y, view.y_range, rows), (view.x, view.x_range, columns)]):
            given |= _along(self.space.dials[name], span, count, axis)
        wanted = list(dict.fromkeys([self.space.regime, output]))
        solved = solve_grid(self.game, given, (rows, columns), wanted, "float32", self._memory)
        self._compiled.add(self._kernel(view))
        codes = solved[self.space.regime][0].copy()
        return Cells(codes, None if output == self.space.regime else solved[output][component].copy())

    def solve(self, point: Point) -> xr.Dataset:
        parameters: dict[str, Any] = dict(self.space.parameters(point))
        return memory.solve(self.game, outside_domain="mark", **parameters)

    def spec(self, view: View) -> spec.Spec:
        outputs = [*(o.name for o in self.sweep.outputs), self.space.regime, self.space.colourings[view.colour][0]]
        return written(self.space, view, list(dict.fromkeys(outputs)), self.sweep.dtype)

    def slice(self, view: View) -> xr.Dataset:
        return memory.evaluate(Sweep.from_spec(self.spec(view)))


def _along(dial: Dial, span: tuple[float, float], count: int, axis: int) -> dict[str, Column]:
    """The parameters of an axis of the map, at the middles of its cells."""
    centres = dial.centres(span, count)
    if dial.binds:
        places = dial.index(centres)
        return {name: Column(values[places], axis) for name, values in dial.binds.items()}
    return {dial.name: Column(centres, axis)}


def written(space: Space, view: View, outputs: Sequence[str], dtype: str) -> spec.Spec:
    """The sweep of what the map shows: its two axes, everything else held where its dial stands."""
    axes = {name: _axis(space.dials[name], span) for name, span in ((view.x, view.x_range), (view.y, view.y_range))}
    bound = {name for axis in (view.x, view.y) for name in [axis, *space.dials[axis].binds]}
    held = {name: value for name, value in space.parameters(view.point).items() if name not in bound}
    return spec.Spec(
        game=space.game, outputs=list(outputs), dtype=dtype, outside_domain="mark", axes=axes, fixed=dict(held)
    )


def _axis(dial: Dial, span: tuple[float, float]) -> dict[str, Any]:
    if dial.labels is None:
        return {"geomspace" if dial.is_log else "linspace": [*span, LABELS]}
    inside = dial.inside(span)
    labels = [dial.labels[k] for k in inside]
    if not dial.is_choice:
        return {"values": labels}
    return {"labels": labels} | {name: values[inside].tolist() for name, values in dial.binds.items()}


def open_source(where: str) -> Source:
    """Of a spec file or a store. Cells are read from a cube that is unfinished, or whose game is not here."""
    if where.endswith(".toml") or Path(where).is_file():
        return Live(Sweep.from_toml(where))
    from posse.explorer.stored import Stored

    store = open_store(where)
    read_description(store)  # is it one?
    if not is_sealed(store):
        return Stored(store, UNFINISHED)
    try:
        Cube.open(store)  # refuses another version of the game
        sweep = Sweep.from_spec(spec.parse(open_cube(store).attrs["spec"], where))
    except (InputError, GameChangedError) as error:
        return Stored(store, in_words(error))
    return Live(sweep)
