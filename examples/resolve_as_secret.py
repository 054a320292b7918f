"""What a signal of resolve says everywhere: a million random points of a broad box, in tables.

    python examples/resolve_as_secret.py [POINTS]

docs/signalling.md quotes what this prints.
"""

import sys

import numpy as np
import xarray as xr

import posse

BOX = {  # uniform between these bounds; capabilities are uniform in their logarithms
    "cap_leader": (0.2, 5.0),
    "cap_partner": (0.2, 5.0),
    "cap_target": (0.2, 5.0),
    "cap_observer": (0.2, 5.0),
    "diversity": (0.0, 1.0),
    "spoils": (0.0, 2.0),
    "share": (0.0, 1.0),
    "attrition": (0.0, 1.0),
    "cost_support": (0.0, 0.1),
    "cost_oppose": (0.0, 0.2),
    "cost_stay": (0.0, 0.1),
    "war_leader": (0.0, 0.5),
    "war_partner": (0.0, 0.2),
    "war_resolute": (0.0, 0.3),
    "war_irresolute": (0.0, 1.0),  # more than war_resolute
    "resolve": (0.0, 1.0),
}
OUTPUTS = [
    "regime", "equilibria", "count", "payoff", "belief", "alignment_resolute", "alignment_irresolute", "unmasked",
    "disingenuous", "set_d1",
]  # fmt: skip


def draw(points: int) -> dict[str, np.ndarray]:
    """Points of the box."""
    random = np.random.default_rng(2010)
    drawn = {name: random.uniform(*bounds, points) for name, bounds in BOX.items()}
    for name in ("cap_leader", "cap_partner", "cap_target", "cap_observer"):
        drawn[name] = np.exp(random.uniform(*np.log(BOX[name]), points))
    drawn["war_irresolute"] += drawn["war_resolute"]
    return drawn


def percent(truth: xr.DataArray) -> str:
    """A share; one that is nothing at all looks otherwise than one that is small."""
    share = 100 * float(truth.mean())
    return "0" if share == 0 else "< 0.01 %" if share < 0.005 else f"{share:.2f} %"


def kinds(found: xr.Dataset) -> None:
    """How often each kind of equilibrium is selected, exists, and survives D1."""
    masks = dict(
        zip(found.equilibria.attrs["flag_meanings"].split(), found.equilibria.attrs["flag_masks"], strict=True)
    )
    codes = zip(found.regime.attrs["flag_meanings"].split(), found.regime.attrs["flag_values"], strict=True)
    print("| kind | selected | exists | survives D1 |\n| --- | --- | --- | --- |")
    for name, code in codes:
        if name in masks and name != "outside_domain":
            there = [(found[output] & masks[name]) > 0 for output in ("equilibria", "set_d1")]
            print(f"| `{name}` | {percent(found.regime == code)} | {' | '.join(map(percent, there))} |")
    families = {"pooling": (0, 3), "unmasked": (3, 9), "both mix": (9, 15)}
    for name, (low, high) in families.items():
        mask = (1 << high) - (1 << low)
        selected = percent((found.regime >= low) & (found.regime < high))
        print(f"| {name} | {selected} | {percent((found.equilibria & mask) > 0)} | |")
    print(f"\nno equilibrium: {int((found['count'] == 0).sum())} points; ", end="")
    print(f"several: {percent(found['count'] > 1)}; at most {int(found['count'].max())}; ", end="")
    print(f"D1 removes some: {percent(found.set_d1 != found.equilibria)}, all: {int((found.set_d1 == 0).sum())} points")


def messages(found: xr.Dataset, resolve: xr.DataArray) -> None:
    """What alignments tell."""
    tells = np.abs(found.belief - resolve).max("alignment") > 1e-9
    print(f"\nthe alignment tells something: {percent(tells)}")
    print(f"it proves irresolution at least sometimes: {percent(found.unmasked > 0)}", end="")
    print(f", there with probability {float(found.unmasked.where(found.unmasked > 0).mean()):.3f} on average")
    print(f"the highest belief after any alignment falls short of certainty by {1 - float(found.belief.max()):.1e}")


def disingenuous(found: xr.Dataset, points: xr.Dataset) -> None:
    """Where support splits a coalition that would have remained."""
    there = found.disingenuous == 1
    sent = found.alignment_resolute + found.alignment_irresolute
    supported = sent.sel(alignment="support") > 0
    print(f"\ndisingenuous support: {percent(there)}; of all support: {float(there.sum() / supported.sum()):.3f}")
    print("| mean of | where it is | at other points with support |\n| --- | --- | --- |")
    for name in ("resolve", "war_resolute", "diversity", "attrition", "cost_oppose", "share", "cap_observer"):
        here, other = (float(points[name].where(where).mean()) for where in (there, supported & ~there))
        print(f"| `{name}` | {here:.3f} | {other:.3f} |")


def learning_early(found: xr.Dataset, later: xr.Dataset, resolve: xr.DataArray) -> None:
    """What the observer has of learning its resolve before it chooses sides, judged before it does."""
    player = found.payoff.sel(player=["resolute_observer", "irresolute_observer"])
    resolute, irresolute = player
    before = resolve * resolute.drop_vars("player") + (1 - resolve) * irresolute.drop_vars("player")
    gain = before - later.payoff.sel(player="observer", drop=True)
    print("\n| worth of learning its resolve early to the observer | |\n| --- | --- |")
    print(f"| it gains | {percent(gain > 1e-9)} |\n| it loses | {percent(gain < -1e-9)} |")
    print(f"| mean | {float(gain.mean()):+.5f} |\n| mean where the alignment proves irresolution at times | ", end="")
    print(f"{float(gain.where(found.unmasked > 0).mean()):+.5f} |")
    print(f"| largest gain, largest loss | {float(gain.max()):+.3f}, {float(gain.min()):+.3f} |")


def main() -> None:
    points = xr.Dataset({name: ("point", values) for name, values in draw(int((sys.argv[1:] or [10**6])[0])).items()})
    given = {name: points[name] for name in points}
    found = posse.solve("signalling", outputs=OUTPUTS, dtype="float64", **given)
    later = posse.solve("restraint", outputs=["payoff"], dtype="float64", **given)
    kinds(found)
    messages(found, points.resolve)
    disingenuous(found, points)
    learning_early(found, later, points.resolve)


if __name__ == "__main__":
    main()
