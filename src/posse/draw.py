"""The pictures of `posse plot`: which options each kind takes, and what it shows."""

from typing import TYPE_CHECKING, Any

from posse.analysis.pictures import Pictures
from posse.analysis.selection import select
from posse.kernels.errors import InputError, pick
from posse.sweeps.opening import open_any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Of each kind of picture: the options that it needs, and those that it may have.
KINDS = {
    "map": (("x", "y"), ("col", "row", "player")),
    "payoff": (("x", "y"), ("player", "output", "col", "row")),
    "share": (("x",), ("by",)),
    "tree": ((), ()),
}


def picture(store: str, kind: str, sel: dict[str, str], options: dict[str, str | None]) -> tuple["Figure", str]:
    """A picture of a cube, and what it shows in words."""
    needed, allowed = pick("kind of picture", kind, KINDS)
    given = {name: value for name, value in options.items() if value is not None}
    for name in needed:
        if name not in given:
            raise InputError(f"--{name}: a {kind} needs it")
    for name in given:
        if name not in needed + allowed:
            raise InputError(f"--{name}: a {kind} does not take it; it takes {_listed(needed + allowed)}")
    ds = select(open_any(store), sel)
    plot = Pictures(ds)
    axes: dict[str, Any] = {name: given[name] for name in ("x", "y", "col", "row") if name in given}
    if kind == "map":
        shown = f"{plot.mapped} over {given['x']} and {given['y']}"
        return plot.map(**axes, contours=given.get("player")), shown
    if kind == "payoff":
        output, player = given.get("output", "payoff"), given.get("player")
        shown = f"{output}{f' of {player}' if player else ''} over {given['x']} and {given['y']}"
        return plot.payoff(**axes, output=output, player=player), shown
    if kind == "share":
        return plot.share(given["x"], by=given.get("by")), f"shares along {given['x']}"
    return plot.tree(), "game tree"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"--{name}" for name in names) or "only --sel"
