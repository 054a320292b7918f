"""Whether the game with a signal has equilibria of other kinds than the fifteen: a search that knows only the tree.

    python examples/other_kinds.py [GAMES]

At random games it looks for everything in which a deviation gains about ε at most: beliefs and mixed replies lie on a
grid, what the observer's two types get on another, both so fine that next to each equilibrium is a point that is kept.
So what exists at some share of all games is seen at no smaller a share, however small ε is; coincidences become rarer
as ε falls. The second table is of games in which there are other kinds: where war costs neither the leader nor a
resolute observer anything. docs/signalling.md quotes what this prints.
"""

import sys
from functools import reduce
from itertools import permutations, product

import numpy as np
import numpy.typing as npt
import xarray as xr
from resolve_as_secret import draw

import posse
from posse.kernels.coalition import Campaign, campaigns, contest

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Kind = tuple[int, ...]  # how many alignments prove irresolution, leave it open, prove resolve

TOLERANCES = (4e-2, 1e-2, 2.5e-3, 6.25e-4)
MARGIN = 0.02  # by which, in other kinds, beliefs differ from 0, 1 and the prior, lest rounding make one out of another
TINY = 1e-12  # errors of arithmetic
PAIRS = tuple(permutations(range(3), 2))
KNOWN = {(0, 1, 0): range(3), (1, 1, 0): range(3, 9), (0, 2, 0): range(9, 15)}  # pooling, unmasked, both mix
UNSENT, IRRESOLUTE, BELOW, ABOVE, RESOLUTE = range(5)  # what an alignment says; two are beliefs about the prior
POOLED, AT_MOST, AT_LEAST = range(5, 8)  # beliefs about the prior, of the known kinds


def payoffs(game: dict[str, float], war: Campaign) -> Array:
    """Of leader, partner, observer after an alignment: by the partner's decision (left, stayed), demand and type.

    A type accepts what is no worse than war; the leader demands what the resolute or what the irresolute just accepts.
    """
    ends = np.empty((3, 2, 2, 2))
    costs = game["war_resolute"], game["war_irresolute"]
    for stayed, k, kind in product(range(2), repeat=3):
        p = contest(war.leader + stayed * war.partner, war.observer, 1)
        demand = min(1, p + costs[k])
        fights = demand > p + costs[kind]
        gain = p if fights else demand
        ends[:, stayed, k, kind] = (
            gain - fights * game["war_leader"],
            (1 - game["diversity"]) * gain - stayed * (game["cost_stay"] + fights * game["war_partner"]),
            1 - war.victory * (gain + fights * costs[kind]) - war.cost,
        )
    return ends


def demands(leader: Array, steps: int) -> tuple[Array, Array, Mask]:
    """Beliefs; probabilities of the risky demand, by the partner's decision; whether these may be any."""
    grid = np.arange(steps + 1) / steps
    gain = (leader[:, 1] - leader[:, 0]) @ np.stack([grid, 1 - grid])
    slope = gain[:, :1] - gain[:, -1:]  # none where both demands are one
    free = (abs(gain) <= slope / (2 * steps) + TINY) & (slope > 0)
    settled = ~free.any(axis=0)
    found = [(grid[settled], (gain[:, settled] > 0).astype(float), free[:, settled])]
    turn = gain[:, 0] / np.maximum(slope[:, 0], TINY)
    for k in np.flatnonzero(~settled):
        choices = [grid if free[stayed, k] else (gain[stayed, k : k + 1] > 0).astype(float) for stayed in range(2)]
        alike = abs(turn[0] - turn[1]) < TINY  # the same problem: the leader mixes alike
        risk = np.stack([grid, grid] if alike else [mesh.ravel() for mesh in np.meshgrid(*choices)])
        found.append((np.full(risk.shape[1], grid[k]), risk, np.tile(free[:, k : k + 1], risk.shape[1])))
    beliefs, risks, frees = zip(*found, strict=True)
    return np.concatenate(beliefs), np.concatenate(risks, axis=1), np.concatenate(frees, axis=1)


def cloud(ends: Array, steps: int) -> tuple[Array, Array]:
    """All that, but for rounding to the grid, is a best reply to a belief: the beliefs, and what the types get."""
    belief, risk, free = demands(ends[0], steps)
    types, h = np.stack([belief, 1 - belief]), 1 / steps
    riskier = ends[1:, :, 1] - ends[1:, :, 0]
    partner, observer = ends[1:, :, 0, :, None] + risk[:, None] * riskier[..., None]  # by its decision, by type
    by_type = partner[1] - partner[0]
    gain = (types * by_type).sum(axis=0)
    by_belief, by_risk = abs(by_type[0] - by_type[1]), abs(riskier[0] @ types)
    slack = by_belief * h / 2 + (free * (by_risk * h / 2 + h * h)).sum(axis=0) + TINY
    mixes = abs(gain) <= slack
    index = np.concatenate([np.flatnonzero(~mixes), np.repeat(np.flatnonzero(mixes), steps + 1)])
    stay = np.concatenate([gain[~mixes] > 0, np.tile(np.arange(steps + 1) * h, mixes.sum())])
    left, stayed = observer[:, :, index]
    return belief[index], left + stay * (stayed - left)


def maps(belief: Array, cells: npt.NDArray[np.int_], shape: npt.NDArray[np.int_], q: float, h: float) -> list[Mask]:
    """Where on the grid of what both types get an alignment that says this fits in: it is worth so much, or less."""

    def near(chosen: Mask, *less: int) -> Mask:
        """The corners of these points' cells; and all above, for types that do not send it."""
        corners = np.zeros(shape, bool)
        i, j = cells[:, chosen]
        for k, m in product(range(2), repeat=2):
            corners[i + k, j + m] = True
        return reduce(np.logical_or.accumulate, less, corners)

    return [
        near(belief >= 0, 0, 1),
        near(belief == 0, 0),
        near((belief >= MARGIN) & (belief <= q - MARGIN)),
        near((belief >= q + MARGIN) & (belief <= 1 - MARGIN)),
        near(belief == 1, 1),
        near(abs(belief - q) <= h + TINY),
        near(belief <= q + h),
        near(belief >= q - h),
    ]


def search(game: dict[str, float], tolerance: float) -> tuple[list[bool], set[Kind]]:
    """Which of the fifteen kinds and which others there are, but for the tolerance."""
    forces = (game[f"cap_{who}"] for who in ("leader", "partner", "target", "observer"))
    wars = campaigns(*forces, 1, *(game[k] for k in ("spoils", "share", "attrition", "cost_support", "cost_oppose")))
    beliefs, worths = zip(*(cloud(payoffs(game, war), round(2 / tolerance)) for war in wars), strict=True)
    low = np.min([worth.min(axis=1) for worth in worths], axis=0)
    cells = [np.floor((worth - low[:, None]) / tolerance).astype(int) for worth in worths]
    shape = np.max([cell.max(axis=1) for cell in cells], axis=0) + 2
    says = [maps(*one, shape, game["resolve"], tolerance / 2) for one in zip(beliefs, cells, strict=True)]
    return known(says), others(says)


def known(says: list[list[Mask]]) -> list[bool]:
    """Whether there is each of the fifteen kinds."""
    pooled = [says[a][POOLED] & says[a - 1][UNSENT] & says[a - 2][UNSENT] for a in range(3)]
    unmasked = [says[a][AT_LEAST] & says[b][IRRESOLUTE] & says[3 - a - b][UNSENT] for a, b in PAIRS]
    both_mixed = [says[a][AT_MOST] & says[b][AT_LEAST] & says[3 - a - b][UNSENT] for a, b in PAIRS]
    return [bool(there.any()) for there in (*pooled, *unmasked, *both_mixed)]


def others(says: list[list[Mask]]) -> set[Kind]:
    """Which other kinds there are; by Bayes' rule the prior lies between two beliefs."""
    found = set()
    for each in product(range(5), repeat=3):
        sent = [k for k in each if k != UNSENT]
        kind = sent.count(IRRESOLUTE), sent.count(BELOW) + sent.count(ABOVE), sent.count(RESOLUTE)
        between = sent and min(sent) <= BELOW and max(sent) >= ABOVE
        if between and kind not in KNOWN and reduce(np.logical_and, map(list.__getitem__, says, each)).any():
            found.add(kind)
    return found


def table(points: dict[str, Array]) -> None:
    """Shares of these games, by tolerance; the kernel's beside them."""
    games = [dict(zip(points, map(float, values), strict=True)) for values in zip(*points.values(), strict=True)]
    given = {name: xr.DataArray(values, dims="game") for name, values in points.items()}
    solved = posse.solve("signalling", outputs=["equilibria"], dtype="float64", **given)
    kernel = solved.equilibria.values[:, None] >> np.arange(15) & 1 == 1
    found = [[search(game, tolerance) for game in games] for tolerance in TOLERANCES]
    seen = np.array([[kinds for kinds, _ in by_game] for by_game in found])
    other = [[kinds for _, kinds in by_game] for by_game in found]
    print(f"\n{len(games)} games; of {kernel.sum()} kinds that the kernel reports, missed: {(kernel & ~seen).sum()}\n")
    print("| alignments that prove irresolution, leave it open, prove resolve |", end="")
    print(f" {' | '.join(f'ε = {x:g}' for x in TOLERANCES)} | the kernel |\n| --- |" + " --- |" * (len(TOLERANCES) + 1))
    for kind, k in KNOWN.items():
        row(kind, *seen[:, :, k].any(axis=2), kernel[:, k].any(axis=1))
    every = {kind for by_game in other for kinds in by_game for kind in kinds}
    for kind in sorted(every, key=lambda kind: (sum(kind), kind)):
        row(kind, *([kind in kinds for kinds in by_game] for by_game in other), [])
    row("any but the first three", *([bool(kinds) for kinds in by_game] for by_game in other), [])


def row(title: object, *there: npt.ArrayLike) -> None:
    """In how many of the games something is there."""
    shares = ("" if np.size(x) == 0 else f"{100 * np.mean(x):.2f} %" if np.any(x) else "0" for x in there)
    print(f"| {str(title).strip('()')} | {' | '.join(shares)} |")


def main() -> None:
    points = draw(int((sys.argv[1:] or [4000])[0]))
    table(points)
    table({name: values[:200] * (name not in ("war_leader", "war_resolute")) for name, values in points.items()})


if __name__ == "__main__":
    main()
