"""The picture of a game tree at one point.

draw_tree(game, parameters) -> Figure

The path of the equilibrium is drawn in full; what is off it, and nature's last lottery, is folded into the payoffs that
are expected from it. Lengths are in inches.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from posse.analysis.codes import spare_colour
from posse.analysis.story import Story, short, story
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.tree import NATURE, Branch, InformationSet, Node, Tree, expected, has_moves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ENDS = 24  # of a tree that shows its last moves
ROW, SLANT, GAP, MARGIN = 0.31, 0.28, 0.12, 0.25
BOTTOM, HEADS = 0.5, 0.75  # below and above the rows
NARROWEST = 6.8  # has room for the legend
BRACKET = 0.09  # from one information set's bracket to the next
LETTERS, SMALL, LARGE = 7.5, 6.5, 10.0  # in points
INK, DARK, PALE, LINE = "#111111", "#333333", "#666666", "#9a9a9a"
OFF_PATH: dict[str, Any] = {"color": LINE, "linewidth": 0.8}
TOGETHER: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": (0, (3, 2))}
FOLDED: dict[str, Any] = {"marker": ">", "markersize": 5.5, "markerfacecolor": "white"}


@dataclass
class Twig:
    """A node or an end, as it is drawn, and the branch that leads there."""

    tree: Tree
    label: str
    belief: str
    played: bool  # whether it is on the path
    folded: bool  # whether it stands for a subtree
    depth: int
    children: list["Twig"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    def __iter__(self) -> Iterator["Twig"]:
        yield self
        for child in self.children:
            yield from child

    @property
    def ends(self) -> list["Twig"]:
        return [twig for twig in self if not twig.children]


def draw_tree(game: Game, parameters: Mapping[str, Any]) -> "Figure":
    """The tree of a game at one point, its equilibrium path bold and in the colour of its regime.

    Parameters that are not given take their defaults. InputError where they are no point of the game, or where the
    game has no tree there. `figure.savefig(path, dpi=200)` writes it.

    >>> import posse
    >>> figure = draw_tree(posse.game("restraint"), {"diversity": 0.2, "cap_observer": 2})
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("pictures need matplotlib: pip install 'posse[plot]'") from error
    told = story(game, parameters)
    if not told.decisions:
        raise InputError(f"{game.name} has no tree{' here: no equilibrium is known' if game.tree else ''}")
    root, sets = _twigs(told), _shared(told.decisions)
    columns = _columns(root, sets)
    widths = {name: max(_width(name.replace("_", " ")), 0.4) + 0.16 for name in told.payoffs}
    width, top = columns[-1] + sum(widths.values()) + MARGIN, BOTTOM + ROW * len(root.ends)
    width = max(width, NARROWEST)
    title, where = _title(told, width - MARGIN)
    height = top + HEADS + 0.14 * len(where) + 0.2 * len(title)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    _place(root, columns)
    _branches(axes, root, told)
    _brackets(axes, root, sets)
    _heads(axes, root, top + 0.12)
    _payoffs(axes, root, columns[-1], widths, top + 0.12)
    style: dict[str, Any] = {"color": INK, "parse_math": False}
    for k, line in enumerate(reversed(where)):
        axes.text(MARGIN, top + HEADS - 0.17 + 0.14 * k, line, fontsize=LETTERS, **style)
    for k, line in enumerate(title):
        axes.text(MARGIN, height - 0.28 - 0.2 * k, line, fontsize=LARGE, **style)
    _legend(axes, told)
    return figure


def _twigs(told: Story) -> Twig:
    """What is drawn of the tree: its last moves too, unless that makes too many ends."""
    sets = {id(place.node): found for found in told.decisions for place in found.places}
    tree = told.decisions[0].node
    full = _grow(tree, "", True, 0, sets, False)
    return full if len(full.ends) <= MOST_ENDS else _grow(tree, "", True, 0, sets, True)


def _grow(tree: Tree, label: str, played: bool, depth: int, sets: Mapping[int, InformationSet], brief: bool) -> Twig:
    """A twig and all that grows from it."""
    if not isinstance(tree, Node):
        return Twig(tree, label, "", played, False, depth)
    found = sets[id(tree)]
    belief = f"belief {short(tree.belief)}" if found.beliefs else ""
    if not played or not has_moves(tree) or (brief and depth and found.is_last):
        return Twig(tree, label, "", played, True, depth)
    twig = Twig(tree, label, belief, played, False, depth)
    for branch in tree.branches:
        taken = branch.probability > 0
        twig.children.append(_grow(branch.child, _label(branch), taken, depth + 1, sets, brief))
    return twig


def _label(branch: Branch) -> str:
    """The action, and its probability where that is between 0 and 1."""
    return branch.label if branch.probability in (0, 1) else f"{branch.label} ({short(branch.probability)})"


def _shared(decisions: tuple[InformationSet, ...]) -> dict[int, int]:
    """Nodes that their player cannot tell from another, with the number of their information set."""
    sets = [found for found in decisions if found.beliefs]
    return {id(place.node): k for k, found in enumerate(sets) for place in found.places}


def _columns(root: Twig, sets: Mapping[int, int]) -> list[float]:
    """Where the nodes of each depth stand, and, last, where the payoffs begin."""
    columns = [MARGIN + _width(_head(root, 0)) / 2]
    for depth in range(1, max(twig.depth for twig in root) + 1):
        here = [twig for twig in root if twig.depth == depth]
        label = max(max(_width(twig.label), _width(twig.belief, SMALL)) for twig in here)
        brackets = len({sets[id(twig.tree)] for twig in here if twig.belief}) * BRACKET
        heads = (_width(_head(root, depth - 1)) + _width(_head(root, depth))) / 2 + GAP
        columns.append(columns[-1] + max(SLANT + label + 2 * GAP + brackets, heads))
    return [*columns, columns[-1] + max(2 * GAP, _width(_head(root, len(columns) - 1)) / 2 + GAP)]


def _place(root: Twig, columns: list[float]) -> None:
    """Ends one below the other, nodes in the middle of what follows them."""
    for k, end in enumerate(reversed(root.ends)):
        end.y = BOTTOM + ROW * (k + 0.5)
    for twig in reversed(list(root)):
        twig.x = columns[twig.depth]
        if twig.children:
            twig.y = (twig.children[0].y + twig.children[-1].y) / 2


def _branches(axes: "Axes", root: Twig, told: Story) -> None:
    """Lines, what they are called, and a mark at each end."""
    path = _path(told)
    for twig in root:
        for child in twig.children:
            x, y = (twig.x, twig.x + SLANT, child.x), (twig.y, child.y, child.y)
            axes.plot(x, y, zorder=2 if child.played else 1, **(path if child.played else OFF_PATH))
            ink = INK if child.played else PALE
            at, above = twig.x + SLANT + 0.03, child.y + (0.055 if child.played else 0.035)
            axes.text(at, above, child.label, fontsize=LETTERS, color=ink, parse_math=False)
            if child.belief:
                axes.text(at, child.y - 0.045, child.belief, fontsize=SMALL, color=PALE, va="top")
        _mark(axes, twig)


def _mark(axes: "Axes", twig: Twig) -> None:
    """Nature's nodes are hollow, players' full, ends small; a triangle stands for what is folded."""
    ink = DARK if twig.played else LINE
    nature = isinstance(twig.tree, Node) and twig.tree.player == NATURE
    style = {"marker": "o", "markersize": 5.5 if twig.children else 3, "markerfacecolor": "white" if nature else ink}
    axes.plot(twig.x, twig.y, linestyle="", color=ink, zorder=4, **(FOLDED if twig.folded else style))


def _brackets(axes: "Axes", root: Twig, sets: Mapping[int, int]) -> None:
    """Dashed brackets join nodes that their player cannot tell apart; one beside the other where there are several."""
    for depth in {twig.depth for twig in root}:
        joined: dict[int, list[Twig]] = {}
        for twig in root:
            if twig.depth == depth and twig.belief:
                joined.setdefault(sets[id(twig.tree)], []).append(twig)
        for k, twigs in enumerate(twigs for twigs in joined.values() if len(twigs) > 1):
            x = twigs[0].x - GAP - k * BRACKET
            low, high = (bound(twig.y for twig in twigs) for bound in (min, max))
            axes.plot((x, x), (low, high), zorder=5, **TOGETHER)
            for twig in twigs:
                axes.plot(x, twig.y, linestyle="", marker="o", markersize=2, color=INK, zorder=5)


def _heads(axes: "Axes", root: Twig, y: float) -> None:
    """Who moves in each column, and about what."""
    for depth, x in {twig.depth: twig.x for twig in root if twig.children}.items():
        style: dict[str, Any] = {"ha": "center", "va": "baseline", "color": INK, "linespacing": 1.1}
        axes.text(x, y, _head(root, depth), fontsize=LETTERS, fontweight="bold", parse_math=False, **style)


def _head(root: Twig, depth: int) -> str:
    here = [twig.tree for twig in root if twig.depth == depth and twig.children]
    nodes = [tree for tree in here if isinstance(tree, Node)]
    names = [node.player for node in nodes], [node.decision for node in nodes]
    return "\n".join(" or ".join(dict.fromkeys(name)) for name in names)


def _payoffs(axes: "Axes", root: Twig, x: float, widths: Mapping[str, float], top: float) -> None:
    """A column for each player, a row for each end."""
    rights = dict(zip(widths, (x + sum(list(widths.values())[: k + 1]) for k in range(len(widths))), strict=True))
    for player, right in rights.items():
        name = player.replace("_", " ")
        style: dict[str, Any] = {"ha": "right", "va": "baseline", "color": INK, "parse_math": False}
        axes.text(right, top, name, fontsize=LETTERS, fontweight="bold", **style)
    for end in root.ends:
        axes.plot((end.x + 0.08, x), (end.y, end.y), color=LINE, linewidth=0.6, linestyle=(0, (1, 3)), zorder=0)
        ink, worth = INK if end.played else PALE, expected(end.tree)
        for player, right in rights.items():
            axes.text(right, end.y, f"{float(worth[player]):.3f}", fontsize=LETTERS, color=ink, ha="right", va="center")


def _title(told: Story, width: float) -> tuple[list[str], list[str]]:
    """The lines of the title, and those that say where."""
    title, where = told.title.replace("_", " "), told.sections["Where"][0].replace(" = ", "\xa0=\xa0")
    return wrap(title, max(int(width / 0.085), 20)), wrap(where, max(int(width / 0.066), 30))


def _path(told: Story) -> dict[str, Any]:
    """Lines of the equilibrium: in the colour of its regime, with dark edges, as some colours are light."""
    from matplotlib.patheffects import Normal, Stroke

    flag = told.regime
    colour = (flag.colour if flag else None) or spare_colour(flag.value if flag else 0)
    edges = [Stroke(linewidth=4.0, foreground=DARK), Normal()]
    return {"color": colour, "linewidth": 2.6, "solid_joinstyle": "round", "path_effects": edges}


def _legend(axes: "Axes", told: Story) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], label="equilibrium", **_path(told)),
        Line2D([], [], label="off the path", **OFF_PATH),
        Line2D([], [], label="folded: payoffs expected from there", linestyle="", **FOLDED, color=DARK),
        Line2D([], [], label="one information set", **TOGETHER),
    ]
    pad = 72 * MARGIN / LETTERS
    axes.legend(
        handles=handles, loc="lower left", ncols=4, frameon=False, fontsize=LETTERS, borderaxespad=pad, borderpad=0
    )


@lru_cache(maxsize=1024)
def _width(text: str, size: float = LETTERS) -> float:
    """Of a text, by its longest line, as the bold letters of the same size would have it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    lines = [line for line in text.split("\n") if line.strip()]
    bold = FontProperties(weight="bold")
    return max((TextPath((0, 0), line, size=size, prop=bold).vertices[:, 0].max() / 72 for line in lines), default=0.0)
