"""What is certain of whole boxes of parameters, not only of points.

    regions(game, box) -> Regions
    .volumes()                  bounds of the share of the box that each regime has
    .boundary_distance(point)   how far from a point the regime certainly stays what it is
    .refine(tolerance)          the same, in smaller boxes

The box is cut into smaller ones until interval arithmetic (posse.kernels.intervals) shows that one regime holds in all
of a box, or the box is small. What is said is proved, but for errors in posse and in the machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum, inf, nextafter
from typing import Any

import numpy as np
import xarray as xr

from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import OUTSIDE_DOMAIN, Game
from posse.kernels.errors import InputError, pick
from posse.kernels.intervals import Interval, enclose
from posse.kernels.subdivision import Bits, Floats, Leaves, subdivide
from posse.sweeps.box import Side, read_box, regime_output
from posse.sweeps.numbers import numbers

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
    def _names(self) -> list[str]:
        return [*(flag.name for flag in regime_output(self.game).flags), "outside_domain"]

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
        )

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
            {"regime": name, "radius": radius, "low": ("parameter", low), "high": ("parameter", high)},
            {"parameter": list(self.sides)},
        )

    def _to_the_unknown(self, place: Floats) -> list[float]:
        """Distances to the faces of the box beyond which a parameter can still go, where nothing is known."""
        found = []
        for (name, side), share in zip(self.sides.items(), place, strict=True):
            low, high = self.game.parameter(name).domain.bounds
            found += [share] if side.low > low else []
            found += [1 - share] if side.high < high else []
        return found

    def refine(self, tolerance: float | None = None, most: int = MOST, seconds: float = inf) -> "Regions":
        """The same box in smaller pieces, those that are undecided cut further. Arguments as of `regions`.

        >>> posse.regions("restraint", {"diversity": (0, 1)}).refine(tolerance=1e-6).undecided < 1e-5
        True
        """
        tolerance = self.tolerance if tolerance is None else _tolerance(tolerance)
        leaves = subdivide(self._enclose, len(self.sides), tolerance, self.leaves, most, seconds)
        return replace(self, tolerance=tolerance, leaves=leaves)

    def _enclose(self, low: Floats, high: Floats) -> Bits:
        return _codes(self.game, self.sides, self.fixed, low, high)


def regions(
    game: str | Game,
    box: Mapping[str, Any],
    fixed: Mapping[str, float] | None = None,
    tolerance: float = TOLERANCE,
    most: int = MOST,
    seconds: float = inf,
) -> Regions:
    """Cut a box of parameters into pieces in which one regime certainly holds, and small ones in which more may.

    box: for each parameter (low, high), or {"log_uniform": [low, high]} for shares that are even in ratios.
    fixed: other parameters; those left out take their defaults.
    tolerance: pieces whose sides are no longer than this share of the box's are not cut any more.
    most: pieces, and no more are cut when there are as many; `.refine` goes on.
    seconds: likewise, of time.

    Raises InputError, which names the parameter and what is allowed.

    >>> found = posse.regions("restraint", {"diversity": (0, 1), "cap_observer": {"log_uniform": [0.1, 5]}})
    >>> found
    <posse.Regions restraint: diversity 0 to 1 × cap_observer 0.1 to 5; ... boxes, ...% undecided>
    >>> finer = found.refine(tolerance=1 / 512)
    >>> finer.undecided < found.undecided
    True
    """
    chosen = game if isinstance(game, Game) else find_game(game)
    regime_output(chosen)
    sides, rest = read_box(chosen, box, fixed)
    empty = np.zeros((1, len(sides)))
    first = Leaves(empty, empty + 1, _codes(chosen, sides, rest, empty, empty + 1), np.zeros(1, np.int64), 1)
    return Regions(chosen, sides, rest, 1.0, first).refine(tolerance, most, seconds)


def _tolerance(value: float) -> float:
    if not 0 < value <= 1:
        raise InputError(f"tolerance: {value!r} is not allowed; it is a share of a side, above 0, up to 1")
    return float(value)


def _codes(game: Game, sides: Mapping[str, Side], fixed: Mapping[str, float], low: Floats, high: Floats) -> Bits:
    """Which regimes may occur in boxes, as bits in the order of the flags; the last one is "outside the domain"."""
    output = regime_output(game)
    box = {name: side.at(Interval(low[:, k], high[:, k])) for k, (name, side) in enumerate(sides.items())}
    (found,) = enclose(game, {**fixed, **box}, [output.name])[output.name]
    values = [*(flag.value for flag in output.flags), OUTSIDE_DOMAIN]
    bits = np.zeros(len(low), np.uint64)
    for value, may in getattr(found, "may", {}).items():
        bits |= np.where(may, np.uint64(1 << values.index(int(value))), np.uint64(0))
    return bits
