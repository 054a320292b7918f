"""What can be moved on the page: a dial for each parameter or table axis, and what the map can show.

of_sweep(sweep) -> Space in which every cell is solved when it is looked at
of_cube(ds)     -> Space of the cells that a cube holds
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from posse.analysis.codes import Code, codes, regime_variable
from posse.explorer.dial import Dial, Span, Value
from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import Game, Parameter
from posse.kernels.errors import InputError, pick
from posse.sweeps import spec
from posse.sweeps.axes import Axis, bound_by
from posse.sweeps.designs import ROLE
from posse.sweeps.labels import output_attributes
from posse.sweeps.sweep import Sweep

Point = Mapping[str, Value]

GEOMETRIC = 1e-6  # how far the ratios of labels may be apart


@dataclass(frozen=True)
class Space:
    """title: of the game; codes: of the regimes; meanings: of these, by value, where they are known.

    colourings: what may colour the map by its name in a link: the output, and the component of it.
    """

    title: str
    game: str
    regime: str
    dials: Mapping[str, Dial]
    first: tuple[str, str]
    codes: Sequence[Code]
    meanings: Mapping[int, str]
    colourings: Mapping[str, tuple[str, int]]

    def dial(self, name: str) -> Dial:
        return pick("parameter", name, self.dials)

    @property
    def start(self) -> dict[str, Value]:
        """The point that a page begins with."""
        return {name: dial.start for name, dial in self.dials.items()}

    def parameters(self, point: Point) -> dict[str, float]:
        """The parameters at a point, those behind a label too."""
        found: dict[str, float] = {}
        for name, dial in self.dials.items():
            if dial.binds:
                place = (dial.labels or ()).index(point[name])
                found |= {bound: float(values[place]) for bound, values in dial.binds.items()}
            else:
                found[name] = float(point[name])
        return found


def of_sweep(sweep: Sweep) -> Space:
    """Every parameter of the game has a dial, unless a table axis binds it; those of a design have one each."""
    game = sweep.game
    designs = [axis for axis in sweep.axes if axis.attributes.get("role") == ROLE]
    axes = {axis.name: axis for axis in sweep.axes if axis not in designs}
    bound = {name for axis in sweep.axes if not axis.binds_itself for name in axis.values}
    dials = {name: _table_dial(axis) for name, axis in axes.items() if not axis.binds_itself}
    drawn = {name: _drawn_dial(game.parameter(name), axis) for axis in designs for name in axis.values}
    dials |= {
        p.name: _parameter_dial(p, axes.get(p.name), sweep.fixed.get(p.name))
        for p in game.parameters
        if p.name not in bound
    }
    dials = {name: dials[name] for name in axes} | drawn | dials
    if len(dials) < 2:
        raise InputError(f"a map needs two axes, but {game.name} has {', '.join(dials)} only")
    x, y = [*dict.fromkeys([*drawn, *dials])][:2]
    variables = {o.name: xr.DataArray(0, attrs=output_attributes(o)) for o in game.outputs}
    return _space(game.title, game.name, dials, (x, y), variables, game)


def _parameter_dial(parameter: Parameter, axis: Axis | None, value: float | None) -> Dial:
    """Over the labels of its axis; else over what its domain and its value suggest."""
    low, high = parameter.domain.bounds
    if axis and len(axis) > 1:
        span, is_log = (float(axis.labels[0]), float(axis.labels[-1])), _is_geometric(axis.labels)
        value = float(axis.labels[len(axis) // 2])
    else:
        value = float(axis.labels[0]) if axis else parameter.default if value is None else value
        span, is_log = _usual(parameter, value)
    return Dial(
        parameter.name, value, span, (low, high), is_log, parameter.symbol, parameter.units, parameter.long_name
    )


def _usual(parameter: Parameter, value: float) -> tuple[Span, bool]:
    """What a slider covers, and whether in ratios, where nobody has said it."""
    domain, largest = parameter.domain, max(abs(value), abs(parameter.default))
    if domain.low == 0 and domain.low_open and domain.high == inf:
        return (value / 10, value * 10), True
    low = domain.bounds[0] if domain.low > -inf else -2 * largest or -1.0
    high = domain.bounds[1] if domain.high < inf else max(low + 1e-6, 4 * largest or 1.0)
    return (low, high), False


def _drawn_dial(parameter: Parameter, axis: Axis) -> Dial:
    """Over what a design draws of a parameter, at its median."""
    values = axis.values[parameter.name]
    span = float(values.min()), float(values.max())
    is_log = "log_uniform" in axis.written[parameter.name]
    return Dial(
        parameter.name, float(np.median(values)), span, parameter.domain.bounds, is_log,
        parameter.symbol, parameter.units, parameter.long_name,
    )  # fmt: skip


def _table_dial(axis: Axis) -> Dial:
    labels = tuple(str(label) for label in axis.labels)
    return Dial(
        axis.name, labels[0], (-0.5, len(labels) - 0.5), (-0.5, len(labels) - 0.5), labels=labels, binds=axis.values
    )


def _is_geometric(labels: npt.NDArray[Any]) -> bool:
    if len(labels) < 3 or labels[0] <= 0:
        return False
    ratios = labels[1:] / labels[:-1]
    return bool(np.ptp(ratios) < GEOMETRIC * ratios.mean())


def of_cube(ds: xr.Dataset) -> Space:
    """Every axis of the cube has a dial, which stands at its labels only."""
    written = spec.parse(ds.attrs["spec"])
    if len(written.axes) < 2:
        raise InputError(f"a map needs two axes; of {', '.join(written.axes)} alone it needs the game {written.game}")
    dials = {name: _stored_dial(ds, name, axis) for name, axis in written.axes.items()}
    x, y = [*dials][:2]
    return _space(ds.attrs["title"], written.game, dials, (x, y), {str(n): v for n, v in ds.data_vars.items()}, None)


def _stored_dial(ds: xr.Dataset, name: str, written: Mapping[str, Any]) -> Dial:
    labels, about = ds[name].values, ds[name].attrs
    bound = {key: np.asarray(ds[key].values) for key in bound_by(name, written) if key in ds.coords and key != name}
    if bound or labels.dtype.kind not in "iuf":
        names = tuple(str(label) for label in labels)
        span = (-0.5, len(names) - 0.5)
        return Dial(name, names[0], span, span, labels=names, binds=bound)
    numbers = tuple(map(float, labels))
    span = _outer(labels, _is_geometric(labels))
    return Dial(
        name,
        numbers[len(numbers) // 2],
        span,
        (numbers[0], numbers[-1]),
        _is_geometric(labels),
        about.get("symbol", ""),
        about.get("units", "1"),
        about.get("long_name", ""),
        labels=numbers,
    )


def _outer(labels: npt.NDArray[Any], is_log: bool) -> Span:
    """The outer borders of the cells around labels."""
    if len(labels) == 1:
        return float(labels[0]) - 0.5, float(labels[0]) + 0.5
    ends = np.log(labels.astype(float)) if is_log else labels.astype(float)
    low, high = ends[0] - (ends[1] - ends[0]) / 2, ends[-1] + (ends[-1] - ends[-2]) / 2
    return (float(np.exp(low)), float(np.exp(high))) if is_log else (float(low), float(high))


def _space(
    title: str,
    name: str,
    dials: Mapping[str, Dial],
    first: tuple[str, str],
    variables: Mapping[str, xr.DataArray],
    game: Game | None,
) -> Space:
    regime = regime_variable(xr.Dataset({k: xr.DataArray(0, attrs=v.attrs) for k, v in variables.items()}))
    meanings = _meanings(name, regime) if game is None else _told(game, regime)
    colourings = {regime: (regime, 0)}
    for key, variable in variables.items():
        if "flag_meanings" not in variable.attrs and (game is None or game.output(key).kind == "real"):
            parts = game.output(key).labels if game else _components(variable, dials)
            colourings |= {f"{key}.{part}": (key, k) for k, part in enumerate(parts)} or {key: (key, 0)}
    return Space(title, name, regime, dials, first, codes(variables[regime]), meanings, colourings)


def _meanings(name: str, regime: str) -> dict[int, str]:
    """What the regimes of a cube mean, where its game is installed."""
    try:
        return _told(find_game(name), regime)
    except InputError:
        return {}


def _told(game: Game, regime: str) -> dict[int, str]:
    return {flag.value: flag.meaning for flag in game.output(regime).all_flags}


def _components(variable: xr.DataArray, dials: Mapping[str, Dial]) -> list[str]:
    """Labels of the dimension of its own that a variable has beside the axes."""
    own = [dim for dim in variable.dims if dim not in dials]
    return [str(label) for label in variable[own[0]].values] if own else []
