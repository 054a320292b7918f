"""A design: an axis whose entries draw several parameters together from what is believed of each.

    read_design(where, written, game) -> Design
    .draw() -> values by parameter

A design is written as its kind and how many points it has, and for each parameter a distribution:

    {sobol = 4096, seed = 7, attrition = {uniform = [0.2, 0.6]}, cost_oppose = {log_uniform = [0.01, 1]}, ...}

sobol             low-discrepancy points (Sobol 1967), scrambled linearly and shifted (Matoušek 1998)
latin_hypercube   one point in each stratum of every parameter, as many as a replicate has points (McKay, Beckman and
                  Conover 1979)
uniform           independent points
saltelli          for Sobol indices: d + 2 rows for each of n base points, of d parameters, in the order of SALib's
                  `sobol` without second order: A, A with one column of B after another, B (Saltelli et al. 2010)

A design is `replicates` independent randomisations of its kind, its points dealt out to them in turn: how much these
differ is the error of whatever is computed from all. A larger design of one seed begins with the points of a smaller
one, and is extended by those from `first` on; not so a Latin hypercube, whose strata depend on how many there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posse.kernels.declaration import LARGEST, Domain, Game
from posse.kernels.errors import InputError, pick, short
from posse.sweeps.numbers import Floats, numbers

KINDS = ("sobol", "latin_hypercube", "uniform", "saltelli")
SETTINGS = {"seed": 0, "replicates": 16, "first": 0}
NEAREST = 2.0**-31  # to an end of a distribution, in probability: Sobol points have 30 bits
ROLE = "sample"

Quantiles = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Design:
    """count: points, of saltelli base points, of which those from `first` on are drawn; quantiles: by parameter."""

    kind: str
    count: int
    seed: int
    replicates: int
    first: int
    quantiles: Mapping[str, Quantiles]

    @property
    def rows(self) -> int:
        """Rows of one base point."""
        return len(self.quantiles) + 2 if self.kind == "saltelli" else 1

    @property
    def labels(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.arange(self.first * self.rows, self.count * self.rows)

    @property
    def attributes(self) -> dict[str, Any]:
        """What the coordinate of the axis says: the replicate of a label is (label // rows) % replicates."""
        return {
            "role": ROLE,
            "long_name": f"points of a design, {self.kind.replace('_', ' ')}",
            "design": self.kind,
            "replicates": self.replicates,
            "rows": self.rows,
            "parameters": " ".join(self.quantiles),
        }

    def draw(self) -> dict[str, Floats]:
        """The values of each parameter, one for each label."""
        unit = self._saltelli() if self.kind == "saltelli" else self._unit(len(self.quantiles))
        unit = np.clip(unit, NEAREST, 1 - NEAREST)
        return {name: quantile(unit[:, k]) for k, (name, quantile) in enumerate(self.quantiles.items())}

    def _unit(self, dimensions: int) -> Floats:
        """Points of the unit cube, shape (count - first, dimensions)."""
        each = -(-self.count // self.replicates)
        points = np.empty((each, self.replicates, dimensions))
        for k in range(self.replicates):
            points[:, k] = _points(self.kind, each, dimensions, np.random.default_rng([self.seed, k]))
        return points.reshape(-1, dimensions)[self.first : self.count]

    def _saltelli(self) -> Floats:
        d = len(self.quantiles)
        both = self._unit(2 * d)
        a, b = both[:, :d], both[:, d:]
        rows = np.repeat(a[:, None], d + 2, axis=1)
        for k in range(d):
            rows[:, k + 1, k] = b[:, k]
        rows[:, -1] = b
        return rows.reshape(-1, d)


def _points(kind: str, count: int, dimensions: int, rng: np.random.Generator) -> Floats:
    from scipy.stats import qmc  # slow to import, and seldom needed

    if kind == "uniform":
        return rng.random((count, dimensions))
    if kind == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(dimensions, rng=rng).random(count))
    # All at once: asked for another number than a power of two, scipy warns, but any beginning of a sequence will do.
    whole = qmc.Sobol(dimensions, rng=rng).random_base2(max(0, count - 1).bit_length())
    return np.asarray(whole[:count])


def kind_of(written: Mapping[str, Any]) -> str | None:
    """Of the design that an axis is written as; None where its entries are listed."""
    return next((kind for kind in KINDS if kind in written), None)


def read_design(where: str, written: Mapping[str, Any], game: Game) -> Design:
    """Check a design as it stands in a spec."""
    kind = next(k for k in KINDS if k in written)
    settings = {name: _whole(f"{where}.{name}", written.get(name, usual)) for name, usual in SETTINGS.items()}
    count = _whole(f"{where}.{kind}", written[kind])
    if settings["replicates"] < 1 or count % settings["replicates"]:
        each = max(1, settings["replicates"])
        raise InputError(
            f"{where}.{kind}: {count} points cannot be dealt out to replicates = {settings['replicates']} alike; "
            f"{-(-max(count, 1) // each) * each} can"
        )
    if not 0 <= settings["first"] < max(count, 1):
        raise InputError(f"{where}.first: {settings['first']} is not below the number of points, {count}")
    if settings["first"] and kind == "latin_hypercube":
        raise InputError(f"{where}.first: a latin_hypercube has no first points; sobol, uniform and saltelli have")
    if others := {*KINDS, "labels", "notes"} & {*written} - {kind}:
        raise InputError(f"{where}: {kind} draws its entries, but there is also {', '.join(sorted(others))}")
    believed = {name: w for name, w in written.items() if name not in SETTINGS and name != kind}
    quantiles = {name: _read_belief(f"{where}.{name}", name, w, game) for name, w in believed.items()}
    if not quantiles:
        raise InputError(f"{where}: draws no parameter; give one or more, as attrition = {{uniform = [0.2, 0.6]}}")
    return Design(kind, count, **settings, quantiles=quantiles)


def _whole(where: str, written: Any) -> int:
    if isinstance(written, bool) or not isinstance(written, int | np.integer) or written < 0:
        raise InputError(f"{where}: {short(written)} is not a whole number from 0 on")
    return int(written)


def _read_belief(where: str, name: str, written: Any, game: Game) -> Quantiles:
    """The quantile function of what is believed of a parameter."""
    axis = where.removesuffix(f".{name}")
    parameter = pick(f"parameter of {game.name} in {axis}", name, {p.name: p for p in game.parameters})
    if not isinstance(written, Mapping) or len(written) != 1:
        raise InputError(f"{where}: {short(written)} is no distribution; write one as {{uniform = [low, high]}}")
    ((kind, given),) = written.items()
    shape, make = pick(f"distribution in {where}", kind, DISTRIBUTIONS)
    values = numbers(f"{where}.{kind}", given)
    if len(values) != len(shape):
        raise InputError(f"{where}.{kind}: {short(given)} is not [{', '.join(shape)}]")
    return make(f"{where}.{kind}", parameter.domain, *map(float, values))


def _require_inside(where: str, domain: Domain, *numbers: float) -> None:
    """Numbers may lie on an open end of the domain, which no draw reaches."""
    for number in numbers:
        if abs(number) > LARGEST:
            raise InputError(f"{where}: {number:g} is not allowed; allowed is at most {LARGEST:g} in magnitude")
        if not domain.low <= number <= domain.high:
            raise InputError(f"{where}: {number:g} is not allowed; allowed is {domain}")


def _uniform(where: str, domain: Domain, low: float, high: float) -> Quantiles:
    _require_inside(where, domain, low, high)
    _require_rising(where, low, high)
    return lambda p: low + p * (high - low)


def _log_uniform(where: str, domain: Domain, low: float, high: float) -> Quantiles:
    _require_inside(where, domain, low, high)
    _require_rising(where, low, high)
    if low <= 0:
        raise InputError(f"{where}: {low:g} is not allowed; ratios need ends above 0")
    return lambda p: np.clip(low * (high / low) ** p, low, high)


def _triangular(where: str, domain: Domain, low: float, mode: float, high: float) -> Quantiles:
    _require_inside(where, domain, low, high)
    _require_rising(where, low, high)
    if not low <= mode <= high:
        raise InputError(f"{where}: mode {mode:g} does not lie between {low:g} and {high:g}; write [low, mode, high]")

    def quantiles(p: Floats) -> Floats:
        rising = low + np.sqrt(p * (high - low) * (mode - low))
        falling = high - np.sqrt((1 - p) * (high - low) * (high - mode))
        return np.where(p * (high - low) < mode - low, rising, falling)

    return quantiles


def _normal(where: str, domain: Domain, mean: float, deviation: float) -> Quantiles:
    """Truncated to the domain."""
    from scipy.stats import truncnorm

    if deviation <= 0:
        raise InputError(f"{where}: standard deviation {deviation:g} is not above 0")
    _require_inside(f"{where}: mean", domain, mean)
    low, high = domain.bounds
    law = truncnorm((low - mean) / deviation, (high - mean) / deviation, mean, deviation)
    return lambda p: np.clip(law.ppf(p), low, high)


def _beta(where: str, domain: Domain, a: float, b: float) -> Quantiles:
    from scipy.stats import beta

    _require_inside(where, domain, 0.0, 1.0)
    if min(a, b) <= 0:
        raise InputError(f"{where}: {min(a, b):g} is not allowed; both shapes are above 0")
    low, high = domain.bounds
    return lambda p: np.clip(beta(a, b).ppf(p), low, high)


def _require_rising(where: str, low: float, high: float) -> None:
    if not low < high:
        raise InputError(f"{where}: {high:g} is not above {low:g}")


DISTRIBUTIONS: dict[str, tuple[tuple[str, ...], Callable[..., Quantiles]]] = {
    "uniform": (("low", "high"), _uniform),
    "log_uniform": (("low", "high"), _log_uniform),
    "triangular": (("low", "mode", "high"), _triangular),
    "normal": (("mean", "standard deviation"), _normal),
    "beta": (("a", "b"), _beta),
}
