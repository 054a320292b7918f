"""Small games and cubes with a design of drawn unknowns, for tests of what cubes answer."""

import math
from typing import Any, NamedTuple

import xarray as xr

import posse
from posse import Domain, Flag, Game, Output, Parameter
from posse.kernels.vocabulary import where


class Outcome(NamedTuple):
    regime: Any
    height: Any


def game(name: str, solve: Any, parameters: dict[str, Domain], words: tuple[str, ...] = ()) -> Game:
    """A small game: regimes 0, 1, ..., sorted by a group "side", and a number."""
    flags = tuple(Flag(k, word, word) for k, word in enumerate(words or ("out", "in")))
    return Game(
        name=name,
        title=name,
        version="1",
        parameters=tuple(Parameter(p, p, domain, 0.5, p) for p, domain in parameters.items()),
        outputs=(
            Output("regime", "codes", "where it is", flags, groups=(("side", tuple(f.name for f in flags)),)),
            Output("height", "real", "a number"),
        ),
        solve=solve,
    )


UNIT = Domain(0, 1)
UNIFORM = {"uniform": [0, 1]}


def triangle(x: Any, y: Any) -> Outcome:
    """In where x + y < 1: half of the square."""
    return Outcome(where(x + y < 1, 1, 0), x)


def corner(x: Any, y: Any, z: Any, low: Any, high: Any) -> Outcome:
    """In where x > low and y < high; z decides nothing."""
    return Outcome(where((x > low) & (y < high), 1, 0), z)


def sine(x: Any) -> Any:
    """sin x for |x| ≤ π, by its series, to the last digits."""
    return sum((-1) ** k * x ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(14))


def ishigami(x: Any, y: Any, z: Any) -> Outcome:
    """Ishigami and Homma (1990), a = 7, b = 0.1."""
    height = sine(x) + 7 * sine(y) ** 2 + 0.1 * z**4 * sine(x)
    return Outcome(where(height > 5, 1, 0), height)


TRIANGLE = game("triangle", triangle, {"x": UNIT, "y": UNIT})
CORNER = game("corner", corner, dict.fromkeys(["x", "y", "z", "low", "high"], UNIT))
ANGLE = Domain(-math.pi, math.pi)
ISHIGAMI = game("ishigami", ishigami, dict.fromkeys("xyz", ANGLE))

CASES = {
    "labels": ["Suez 1956", "Kosovo 1999", "Iraq 2003"],
    "cap_leader": [0.2, 1.0, 2.0],
    "cap_observer": [3.0, 1.0, 0.3],
    "notes": {"observed": ["oppose", "", "neutral"], "source": ["a", "b", "c"]},
}
DRAWN = {
    "cost_oppose": {"log_uniform": [0.01, 1]},
    "war_irresolute": {"uniform": [0.1, 1]},
    "share": {"uniform": [0, 1]},
}


def restraint(**design: Any) -> posse.Sweep:
    """Cases, resolve, and a design; some points lie outside the domain: war_irresolute < war_resolute."""
    return posse.Sweep(
        "restraint",
        axes={"case": CASES, "resolve": [0.3, 0.7, 1.0], "sample": {**design, **DRAWN}},
        fixed={"war_resolute": 0.2},
        outside_domain="mark",
    )


def words_of(ds: xr.Dataset, group: str = "alignment") -> dict[int, str]:
    attributes = ds.regime.attrs
    return dict(zip(attributes["flag_values"].tolist(), attributes[f"flag_group_{group}"].split(), strict=True))


def by_replicate(ds: xr.Dataset, hit: Any) -> list[float]:
    """The mean of what `hit` says, in each replicate on its own; hit is of the shape (sample,)."""
    own = ds.sample.values % ds.sample.attrs["replicates"]
    return [float(hit[own == r].mean()) for r in range(ds.sample.attrs["replicates"])]


def corners(**columns: list[float]) -> xr.Dataset:
    """Cases that differ in where the corner is."""
    n = len(next(iter(columns.values())))
    case = {"labels": [f"case {k}" for k in range(n)], **columns}
    sample = {"sobol": 1 << 12, **dict.fromkeys("xyz", UNIFORM), "seed": 2}
    return posse.Sweep(CORNER, {"case": case, "sample": sample}).evaluate()
