"""What is certain of whole boxes of parameters, not only of points.

    Regions.begin(game, box)    the box in one piece
    .refine(tolerance)          the same, in smaller pieces
    .volumes()                  bounds of the share of the box that each regime has
    .boundary_distance(point)   how far from a point the regime certainly stays what it is
    .dense(shape)               a cube of the regimes on a grid (posse.sweeps.dense)
    .to_zarr(store)             for open_regions(store) (posse.sweeps.kept)

The box is cut into smaller ones until interval arithmetic (posse.kernels.intervals) shows that one regime holds in all
of a box, or the box is small. What is said is proved, but for errors in posse and in the machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum, inf, nextafter
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr

from posse.kernels.catalogue import game as find_game
from posse.kernels.catalogue import received, sent
from posse.kernels.declaration import Game, Output
from posse.kernels.errors import InputError, pick, short
from posse.kernels.intervals import Interval, enclose
from posse.kernels.subdivision import Bits, Floats, HandOut, Leaves, subdivide, subdivide_apart, whole
from posse.sweeps import dense, kept
from posse.sweeps.box import Side, read_box, regime_output
from posse.sweeps.labels import game_attributes
from posse.sweeps.numbers import numbers
from posse.sweeps.store import Store

TOLERANCE = 1 / 256
MOST = 10_000_000  # boxes


@dataclass(frozen=True, eq=False)
class Regions:
    """A box of parameters in pieces, as `posse.regions` cuts it.

    leaves: the pieces, with corners in shares of the sides.

    >>> found = posse.regions("restraint", {"diversity": (0, 1)})
    >>> len(found.leaves), found.undecided
    (..., 0.00...)
    """

    game: Game
    sides: Mapping[str, Side]
    fixed: Mapping[str, float]
    tolerance: float
    leaves: Leaves

    @classmethod
    def begin(cls, game: str | Game, box: Mapping[str, Any], fixed: Mapping[str, float] | None = None) -> Self:
        """A box in one piece; arguments and errors as of `posse.regions`.

        >>> len(Regions.begin("restraint", {"diversity": (0, 1)}).leaves)
        1
        """
        chosen = game if isinstance(game, Game) else find_game(game)
        regime_output(chosen)
        sides, rest = read_box(chosen, box, fixed)
        return cls(chosen, sides, rest, 1.0, whole(Enclosure(chosen, sides, rest), len(sides)))

    def __repr__(self) -> str:
        box = " × ".join(f"{name} {side.low:g} to {side.high:g}" for name, side in self.sides.items())
        return f"<posse.Regions {self.game.name}: {box}; {len(self.leaves):,} boxes, {self.undecided:.2%} undecided>"

    @property
    def undecided(self) -> float:
        """Share of the box in pieces that may hold more than one regime."""
        return fsum(self._volume[~self.leaves.is_certain])

    @cached_property
    def _volume(self) -> Floats:
        return np.asarray(0.5**self.leaves.halvings)

    @property
    def output(self) -> Output:
        """The output of the game whose codes it tells of."""
        return regime_output(self.game)

    @property
    def values(self) -> list[int]:
        """The code that each bit of the pieces' codes stands for."""
        return [flag.value for flag in self.output.all_flags]

    @property
    def _names(self) -> list[str]:
        return [flag.name for flag in self.output.all_flags]

    def volumes(self) -> xr.Dataset:
        """Bounds of the share of the box that each regime has: `lower` and `upper`, over the dimension "regime".

        They are rigorous: between the two lies the true share, of all points of the box.

        >>> posse.regions("restraint", {"diversity": (0, 1)}).volumes().sel(regime="resigned_neutrality").lower.item()
        0.71...
        """
        bits = [np.uint64(1 << k) for k in range(len(self._names))]
        lower = [fsum(self._volume[self.leaves.codes == bit]) for bit in bits]
        upper = [fsum(self._volume[(self.leaves.codes & bit) != 0]) for bit in bits]
        about = {"units": "1", "long_name": "share of the box"}
        return xr.Dataset(
            {
                "lower": ("regime", [nextafter(x, 0) for x in lower], about),
                "upper": ("regime", [min(1.0, nextafter(x, inf)) if x else 0.0 for x in upper], about),
            },
            {"regime": self._names},
            self._about,
        )

    @property
    def _about(self) -> dict[str, str]:
        """What is asked about, as attributes."""
        sides = (
            f"{name} {side.low:g} to {side.high:g}{' (in ratios)' * side.is_log}" for name, side in self.sides.items()
        )
        return game_attributes(self.game) | {
            "box": ", ".join(sides),
            "fixed": ", ".join(f"{name} = {value:g}" for name, value in self.fixed.items()),
        }

    def boundary_distance(self, **point: float) -> xr.Dataset:
        """How far from a point of the box the regime certainly stays what it is.

        point: a value for each parameter of the box.

        Gives `regime`, its name; `radius`, as a share of the sides of the box: while no parameter of the box changes
        by more, in shares of its side, the regime does not change; and over "parameter" `low` and `high`, the values
        between which each may then be chosen. In an undecided piece the radius is 0 and the regime empty. Nothing is
        known of what lies beyond the box, so that a face of it limits the radius, unless the parameter ends there.

        >>> near = posse.regions("restraint", {"diversity": (0, 1)}).boundary_distance(diversity=0.9)
        >>> near.regime.item(), round(near.radius.item(), 2)
        ('reassured_neutrality', 0.12)
        """
        for name in point:
            pick("parameter of the box", name, self.sides)
        missing = [name for name in self.sides if name not in point]
        if missing:
            raise InputError(f"{missing[0]}: is missing; the point has a value for each of {', '.join(self.sides)}")
        for name, side in self.sides.items():
            if np.ndim(point[name]):
                raise InputError(f"{name}: {short(point[name])} is not a number; ask for one point at a time")
            numbers(name, [point[name]])
            if not side.low <= point[name] <= side.high:
                raise InputError(
                    f"{name}: {point[name]:g} is not allowed; the box goes from {side.low:g} to {side.high:g}"
                )
        place = np.array([side.share(point[name]) for name, side in self.sides.items()])
        apart = np.maximum(np.maximum(self.leaves.low - place, place - self.leaves.high), 0).max(1)
        here = self.leaves.codes[apart == 0]
        one = bool((here == here[0]).all() and self.leaves.is_certain[apart == 0].all())
        others = apart[self.leaves.codes != here[0]] if one else np.zeros(1)
        radius = max(0.0, min([others.min(initial=1.0), *self._to_the_unknown(place)]) - 1e-12)
        low, high = (
            [float(side.at(min(max(p + step, 0), 1))) for side, p in zip(self.sides.values(), place, strict=True)]
            for step in (-radius, radius)
        )
        name = self._names[int(here[0]).bit_length() - 1] if one else ""
        return xr.Dataset(
            {
                "regime": name,
                "radius": ((), radius, {"units": "1", "long_name": "share of the sides of the box"}),
                "low": ("parameter", low),
                "high": ("parameter", high),
            },
            {"parameter": list(self.sides)},
            self._about,
        )

    def _to_the_unknown(self, place: Floats) -> list[float]:
        """Distances to the faces of the box beyond which a parameter can still go, where nothing is known."""
        found = []
        for (name, side), share in zip(self.sides.items(), place, strict=True):
            low, high = self.game.parameter(name).domain.bounds
            found += [share] if side.low > low else []
            found += [1 - share] if side.high < high else []
        return found

    def refine(
        self,
        tolerance: float | None = None,
        most: int = MOST,
        seconds: float = inf,
        hand_out: HandOut | None = None,
    ) -> Self:
        """The same box in smaller pieces, those that are undecided cut further.

        tolerance, most, seconds: as of `posse.regions`.
        hand_out: calls a function for each of many parts and gives the results, as Python's own `map` does, or that of
            a pool of processes; this process does all if left out.

        >>> posse.regions("restraint", {"diversity": (0, 1)}).refine(tolerance=1e-6).undecided < 1e-5
        True
        """
        tolerance = self.tolerance if tolerance is None else _tolerance(tolerance)
        given = Enclosure(self.game, self.sides, self.fixed), tolerance, self.leaves, most, seconds
        leaves = subdivide_apart(hand_out, *given) if hand_out else subdivide(*given)
        return replace(self, tolerance=tolerance, leaves=leaves)

    def dense(self, shape: int | Mapping[str, int]) -> xr.Dataset:
        """A cube of the regimes on a grid over the box, its ends included, solved when it is read.

        shape: how many labels each parameter of the box has, evenly spaced, or evenly in ratios as the box says.

        It has the labels, attributes and bits of `posse.virtual` of a sweep with such axes (`linspace`, or `geomspace`;
        points outside the game's domain are marked) and can be asked what that can. Cells in certain pieces are not
        solved, unless so many of those that are read lie elsewhere that it is faster to solve all. Raises InputError
        where the shape is wrong.

        >>> found = posse.regions("restraint", {"diversity": (0, 1)})
        >>> grid = found.dense(1001)
        >>> grid.regime.sel(diversity=0.9).item()
        0
        >>> solved = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 1001]}}, outputs=["regime"]).evaluate()
        >>> grid.regime.equals(solved.regime)
        True
        """
        return dense.dense(self, shape)

    def to_zarr(self, store: str | Path | Store, group: str = "", overwrite: bool = False) -> None:
        """Save in a Zarr store, from which `posse.open_regions` has it back; plain xarray opens store/group.

        store: a folder, or s3://bucket/path.
        group: where in the store, as "regions/coarse"; with one they can be put beside a cube, into its own store.
        overwrite: whether regions that are there are replaced; nothing else ever is.

        Raises InputError where the group is none, StoreError where something is there already.

        >>> found = posse.regions("restraint", {"diversity": (0, 1)})
        >>> found.to_zarr("found.zarr")
        >>> posse.open_regions("found.zarr")
        <posse.Regions restraint: diversity 0 to 1; ... boxes, ...% undecided>
        """
        kept.write(self, store, group, overwrite)


@dataclass(frozen=True)
class Enclosure:
    """Which regimes may occur in boxes, as bits in the order of the flags; the last one is "outside the domain"."""

    game: Game
    sides: Mapping[str, Side]
    fixed: Mapping[str, float]

    def __call__(self, low: Floats, high: Floats) -> Bits:
        output = regime_output(self.game)
        box = {name: side.at(Interval(low[:, k], high[:, k])) for k, (name, side) in enumerate(self.sides.items())}
        (found,) = enclose(self.game, {**self.fixed, **box}, [output.name])[output.name]
        values = [flag.value for flag in output.all_flags]
        bits = np.zeros(len(low), np.uint64)
        for value, may in getattr(found, "may", {}).items():
            bits |= np.where(may, np.uint64(1 << values.index(int(value))), np.uint64(0))
        return bits

    def __reduce__(self) -> tuple[Any, ...]:
        return _enclosure, (sent(self.game), dict(self.sides), dict(self.fixed))


def _enclosure(game: Game | tuple[str, str], sides: Mapping[str, Side], fixed: Mapping[str, float]) -> Enclosure:
    return Enclosure(received(game), sides, fixed)


def _tolerance(value: float) -> float:
    if not 0 < value <= 1:
        raise InputError(f"tolerance: {value!r} is not allowed; it is a share of a side, above 0, up to 1")
    return float(value)
