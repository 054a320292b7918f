"""A sweep: a game over the product of its axes, the other parameters held fixed.

Sweep(game, axes={...}, fixed={...}, outputs=[...], dtype="float32")
Sweep.from_toml(path), .to_toml()      the same thing as a file
.solve(window) -> numbers of a part of the grid
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np

from posse.kernels.catalogue import game as find_game
from posse.kernels.catalogue import received, sent
from posse.kernels.declaration import Game, Output
from posse.kernels.errors import InputError, pick, short
from posse.kernels.grid import solve_arrays
from posse.kernels.point import check_values
from posse.kernels.workspace import Workspace
from posse.sweeps import spec
from posse.sweeps.axes import Axis, read_axis
from posse.sweeps.numbers import Array, numbers

REALS = ("float32", "float64")
OUTSIDE = ("refuse", "mark")
NAME, NO_NAME = r"[A-Za-z_][A-Za-z0-9_-]*", "is no name of letters, digits, _ and -, a letter first"


class Sweep:
    """A checked sweep. What is wrong with it is said here, before anything is solved or written.

    Parameters
    ----------
    game: a registered game's name, or a Game.
    axes: for each dimension, in order and the last varying fastest, how it is written (see
        posse.sweeps.axes); a plain sequence or array lists values.
    fixed: parameters held at one value; those neither here nor on an axis take their defaults.
    outputs: names of the game's outputs; the game's default ones if left out.
    dtype: type of the real outputs, "float32" or "float64".
    outside_domain: "refuse" combinations outside the game's domain, or "mark" them (code 254 and NaN).

    Raises InputError, which names the field, its value and what is allowed.

    >>> axes = {"diversity": {"linspace": [0, 1, 101]}, "resolve": [0.3, 0.7], "case": {
    ...     "labels": ["Kosovo 1999", "Iraq 2003"], "cap_leader": [0.1425, 0.1518], "cap_target": [0.00204, 0.00664]}}
    >>> sweep = posse.Sweep("restraint", axes, fixed={"cap_partner": 0.09, "cap_observer": 0.05})
    >>> sweep
    <posse.Sweep restraint: diversity 101 × resolve 2 × case 2 = 404 points>
    """

    def __init__(
        self,
        game: str | Game,
        axes: Mapping[str, Any],
        fixed: Mapping[str, float] | None = None,
        outputs: Sequence[str] | None = None,
        dtype: str = "float32",
        outside_domain: str = "refuse",
        *,
        folder: Path | None = None,
    ) -> None:
        self.game = game if isinstance(game, Game) else find_game(game)
        self.dtype = pick("dtype", dtype, {r: r for r in REALS})
        self.outside_domain = pick("outside_domain", outside_domain, {o: o for o in OUTSIDE})
        self.outputs = read_outputs(self.game, self.game.default_outputs if outputs is None else outputs)
        if not axes:
            raise InputError("axes: there is none, but a sweep has one or more")
        if not isinstance(axes, Mapping):
            raise InputError(f"axes: {short(axes)} is no table of axes, as {{resolve = [0, 0.5, 1]}}")
        self.axes = tuple(read_axis(name, written, self.game, folder) for name, written in axes.items())
        self.fixed = self._read_fixed(fixed or {})
        self._check_names()
        self._check_domain()

    def _read_fixed(self, given: Mapping[str, float]) -> dict[str, float]:
        for name in given:
            self.game.parameter(name)
        values = {**self.game.defaults, **given}
        bound = [name for axis in self.axes for name in axis.values]
        return {n: float(numbers(f"fixed.{n}", [v])[0]) for n, v in values.items() if n not in bound or n in given}

    def _check_names(self) -> None:
        """Each parameter is bound once, and no axis takes a name that is in use."""
        homes: dict[str, str] = dict.fromkeys(self.fixed, "fixed")
        for axis in self.axes:
            if not _is_name(axis.name):
                raise InputError(f"axes.{axis.name!r}: {NO_NAME}")
            for name in axis.values:
                if name in homes:
                    raise InputError(f"{name}: is bound by axes.{axis.name} and by {homes[name]}; bind it once")
                homes[name] = f"axes.{axis.name}"
            taken = {*self.game.dimensions, *(o.name for o in self.game.outputs)}
            taken |= set() if axis.binds_itself else set(self.game.parameter_names)
            if axis.name in taken:
                raise InputError(f"axes.{axis.name}: the name is in use by {self.game.name}; choose another")
        self._check_notes()

    def _check_notes(self) -> None:
        """Notes are coordinates of the cube, so each has a name of its own."""
        taken = {*self.dims, *self.game.dimensions, *self.game.parameter_names, *(o.name for o in self.game.outputs)}
        for axis in self.axes:
            for name in axis.notes:
                if not _is_name(name):
                    raise InputError(f"axes.{axis.name}.notes.{name!r}: {NO_NAME}")
                if name in taken:
                    raise InputError(f"axes.{axis.name}.notes.{name}: the name is in use; choose another")
                taken.add(name)

    def _check_domain(self) -> None:
        """No point lies outside the domain; where such points are to be marked, no fixed value does."""
        for name, value in self.fixed.items():
            check_values(f"fixed.{name}", self.game.parameter(name), np.array([value]))
        if self.outside_domain == "mark":
            return
        for axis in self.axes:
            home = "axes" if axis.binds_itself else f"axes.{axis.name}"
            for name, values in axis.values.items():
                check_values(f"{home}.{name}", self.game.parameter(name), values)
        for low, high in self.game.order:
            self._check_order(low, high)

    def _check_order(self, low: str, high: str) -> None:
        """No combination on the grid may have `high` below `low`."""
        (low_axis, low_values), (high_axis, high_values) = self._binding(low), self._binding(high)
        if low_axis is high_axis and low_axis is not None:
            wrong = np.flatnonzero(high_values < low_values)
            if len(wrong) == 0:
                return
            small, large = high_values[wrong[0]], low_values[wrong[0]]
        else:
            small, large = high_values.min(), low_values.max()
        if small < large:
            raise InputError(
                f"{high}: {small:g} is combined with {low} = {large:g}, but allowed is "
                f'{self.game.parameter(high).domain}; outside_domain = "mark" gives such points code 254'
            )

    def _binding(self, name: str) -> tuple[Axis | None, Array]:
        for axis in self.axes:
            if name in axis.values:
                return axis, axis.values[name]
        return None, np.array([self.fixed[name]])

    def __getstate__(self) -> dict[str, Any]:
        """A registered game travels by its name, so that its kernels are found where they were compiled before."""
        return self.__dict__ | {"game": sent(self.game)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"game": received(state["game"])}

    @property
    def dims(self) -> tuple[str, ...]:
        """The names of the axes."""
        return tuple(axis.name for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many labels each axis has."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many points."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the results before compression."""
        return self.size * self.bytes_per_point

    @property
    def bytes_per_point(self) -> int:
        """Bytes of the results at one point before compression."""
        return sum(o.components * o.dtype(self.dtype).itemsize for o in self.outputs)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of everything that decides numbers and notes: two sweeps with one identity have one result."""
        digest = hashlib.sha256()
        settings = [self.game.name, self.game.version, self.game.source_hash, self.dtype, self.outside_domain]
        domain = [(p.name, p.domain.bounds, p.domain.at_least) for p in self.game.parameters]
        outputs = [(o.name, o.kind, o.bits, o.dimension, [(f.value, f.name) for f in o.flags]) for o in self.outputs]
        digest.update(repr((settings, domain, outputs, sorted(self.fixed.items()))).encode())
        for axis in self.axes:
            labels = axis.labels.tolist() if axis.labels.dtype.kind == "U" else axis.labels.tobytes()
            digest.update(repr((axis.name, len(axis), labels)).encode())
            for name, values in axis.values.items():
                digest.update(name.encode() + values.tobytes())
            for name, texts in axis.notes.items():
                digest.update(repr((name, texts.tolist())).encode())
        return digest.hexdigest()

    def solve(
        self,
        window: Sequence[slice | Array],
        outputs: Sequence[str] | None = None,
        workspace: Workspace | None = None,
    ) -> dict[str, Array]:
        """The numbers of a part of the grid: for each output an array of its components, each of the window's shape.

        window: for each axis a slice, which lies along a dimension of its own, or positions, in arrays that broadcast
            against each other (`numpy.ix_` makes such of lists); slices and arrays are not mixed.
        outputs: names; those of the sweep if left out.
        workspace: keeps the memory of the results for the next window, which overwrites them.

        >>> sweep.solve([slice(0, 10), slice(None), slice(1)])["payoff"].shape
        (4, 10, 2, 1)
        """
        names = [o.name for o in self.outputs] if outputs is None else outputs
        arrays = {}
        for k, (axis, part) in enumerate(zip(self.axes, window, strict=True)):
            for name, values in axis.values.items():
                here = values[part]
                own = [-1 if d == k else 1 for d in range(len(self.axes))]
                arrays[name] = here.reshape(own) if isinstance(part, slice) else here
        dimensions = next(iter(arrays.values())).ndim
        held = {name: np.full((1,) * dimensions, value) for name, value in self.fixed.items()}
        return solve_arrays(self.game, arrays | held, names, self.dtype, workspace)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a spec file.

        >>> from pathlib import Path
        >>> written = Path("restraint.toml").write_text(sweep.to_toml(), encoding="utf-8")
        >>> posse.Sweep.from_toml("restraint.toml").identity == sweep.identity
        True
        """
        return cls.from_spec(spec.read(Path(path)), folder=Path(path).parent)

    @classmethod
    def from_spec(cls, written: spec.Spec, folder: Path | None = None) -> Self:
        """The sweep that a spec describes.

        folder: where relative file names in it start from.

        >>> from posse.sweeps import spec
        >>> posse.Sweep.from_spec(spec.parse(sweep.to_toml())).size
        404
        """
        return cls(
            written.game,
            written.axes,
            written.fixed,
            written.outputs,
            written.dtype,
            written.outside_domain,
            folder=folder,
        )

    def to_toml(self) -> str:
        """The spec as text, complete: every parameter stands on an axis or among the fixed ones.

        >>> print(sweep.to_toml())
        game = "restraint"
        outputs = ["regime", "payoff"]
        ...
        """
        return spec.write(
            spec.Spec(
                game=self.game.name,
                outputs=[o.name for o in self.outputs],
                dtype=self.dtype,
                outside_domain=self.outside_domain,
                axes={axis.name: spec.plain(axis.written) for axis in self.axes},
                fixed=self.fixed,
            )
        )

    def __repr__(self) -> str:
        axes = " × ".join(f"{axis.name} {len(axis)}" for axis in self.axes)
        return f"<posse.Sweep {self.game.name}: {axes} = {self.size:,} points>"

    def _repr_html_(self) -> str:
        from posse.sweeps.html import sweep_html  # which needs what needs this module

        return sweep_html(self)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and re.fullmatch(NAME, name) is not None


def read_outputs(game: Game, names: Sequence[str]) -> tuple[Output, ...]:
    """Outputs by name, in the order in which the game declares them."""
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        raise InputError(f"outputs: {short(names)} is not a list of one or more outputs")
    chosen = [game.output(name) for name in names]
    if len(set(names)) < len(names):
        raise InputError(f"outputs: {', '.join(names)} names one twice")
    return tuple(o for o in game.outputs if o in chosen)
