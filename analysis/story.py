"""The story of one equilibrium in words and numbers: who does what, what they get, and why no one deviates.

story(game, parameters) -> Story
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from numbers import Real
from typing import Any

from posse.kernels.declaration import Flag, Game
from posse.kernels.errors import InputError
from posse.kernels.html import page, tag
from posse.kernels.point import require_inside, solve_plain
from posse.kernels.tree import NATURE, ROUNDING, Action, InformationSet, Node, Tree, expected, information_sets, tree_at
from posse.kernels.wording import named, text

Number = Any
MOST_DECIMALS = 9


@dataclass(frozen=True)
class Story:
    """One equilibrium; `str` of it is the story.

    >>> import posse
    >>> told = posse.solve("restraint", diversity=0.2, cap_observer=2).posse.nearest()
    >>> told.regime.name, told.solution["alignment"]
    ('splitting_balancing', 'oppose')

    parameters: all of the game, by name; told are those that differ from their default.
    regime: the flag of its code: name, meaning, colour; None for a game without codes.
    solution: every output, names in place of codes.
    payoffs: what each player expects; empty where the game declares no tree, as are
    decisions: its information sets, nature's too, in order of play; each with what every action is worth.
    """

    game: Game = field(repr=False)
    parameters: Mapping[str, Number]
    regime: Flag | None
    solution: Mapping[str, Any]
    payoffs: Mapping[str, Number] = field(default_factory=dict)
    decisions: tuple[InformationSet, ...] = field(default=(), repr=False)

    @property
    def sections(self) -> dict[str, list[str]]:
        """The story, line by line, under its headings."""
        changed = [f"{n} = {short(v)}" for n, v in self.parameters.items() if v != self.game.defaults[n]]
        rest = "all else by default" if changed else "all parameters by default"
        where = [", ".join(changed)] * bool(changed) + [rest] * (len(changed) < len(self.parameters))
        told = {"Where": ["; ".join(where)]}
        if not self.decisions:
            return told | {"Solution": [f"{name}: {_words(value)}" for name, value in self.solution.items()]}
        return told | {
            "What happens, and why no one deviates": _played(self.decisions),
            "What would follow a deviation": _threats(self.decisions),
            "What each expects": [", ".join(f"{player} {short(v)}" for player, v in self.payoffs.items())],
        }

    def __str__(self) -> str:
        lines = [self.title]
        for heading, told in self.sections.items():
            if len(told) == 1:
                lines.append(f"{heading}: {told[0]}")
            elif told:
                lines += [f"{heading}:", *(f"  {line}" for line in told)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """For notebooks."""
        told = {heading: lines for heading, lines in self.sections.items() if lines}
        parts = [
            (tag("p", heading), tag("ul", *(tag("li", line) for line in lines))) for heading, lines in told.items()
        ]
        return page(self.title, *chain.from_iterable(parts))

    @property
    def title(self) -> str:
        """The regime and what it means."""
        return f"{self.regime.name}: {self.regime.meaning}" if self.regime else self.game.title


def story(game: Game, parameters: Mapping[str, Number]) -> Story:
    """The story of a game's equilibrium at one point; parameters that are not given take their defaults.

    A game that declares no `tree` has a short one. InputError where the parameters are no point of the game.

    >>> import posse
    >>> told = story(posse.game("restraint"), {"diversity": 0.2, "cap_observer": 2})
    >>> told.regime.name, round(told.payoffs["observer"], 3)
    ('splitting_balancing', 0.653)
    >>> [(action.label, round(action.worth, 3)) for action in told.decisions[0].actions]
    [('neutral', 0.566), ('support', 0.5...), ('oppose', 0.653)]
    """
    values = one_point(game, parameters)
    tree = tree_at(game, values)
    solution = solve_plain(game, values)
    return Story(
        game=game,
        parameters={**game.defaults, **values},
        regime=_regime(game, solution),
        solution=named(game, solution),
        payoffs=expected(tree) if tree else {},
        decisions=information_sets(tree) if tree else (),
    )


def one_point(game: Game, parameters: Mapping[str, Number]) -> dict[str, Number]:
    """The parameters as numbers, floats unless they are exact; refuses what is no point of the game."""
    for name, value in parameters.items():
        game.parameter(name)
        if not isinstance(value, Real):
            raise InputError(f"{name}: {value!r} is not allowed; allowed is one number")
    require_inside(game, parameters)
    return {name: value if hasattr(value, "denominator") else float(value) for name, value in parameters.items()}


def _regime(game: Game, solution: Mapping[str, Any]) -> Flag | None:
    """The flag of the output called regime, or else of the first that holds codes."""
    codes = {output.name: output for output in game.outputs if output.kind == "codes"}
    output = codes.get("regime") or next(iter(codes.values()), None)
    return next(f for f in output.all_flags if f.value == solution[output.name]) if output else None


def _played(decisions: Iterable[InformationSet]) -> list[str]:
    """Who does what on the path, in order of play; last moves in one situation share a line."""
    lines: list[str] = []
    last: dict[str, list[str]] = {}
    for found in decisions:
        if not found.reach > 0:
            continue
        if not found.is_last:
            lines.append(f"{_where(found)}{_belief(found)}: {_choice(found)}")
        elif found.node.player != NATURE:
            last.setdefault(found.node.situation, []).append(f"{found.node.mover}: {_choice(found)}")
    return lines + [" | ".join(told) if not at else f"{at}: {' | '.join(told)}" for at, told in last.items()]


def _where(found: InformationSet) -> str:
    node = found.node
    who = node.decision if node.player == NATURE else node.mover
    return f"{who}, {node.situation}" if node.situation else who


def _belief(found: InformationSet) -> str:
    """The belief, of which the last probability is the rest."""
    known = [f"{name} {short(p)}" for name, p in found.beliefs.items()]
    return f" (believes {', '.join(known[:-1])})" if known[1:] else ""


def _choice(found: InformationSet) -> str:
    """What is played, what that is worth, and what all else would be worth."""
    if found.node.player == NATURE:
        return ", ".join(f"{a.label} {short(a.probability)}" for a in found.actions)
    played = [a for a in found.actions if a.probability > 0]
    others = [a for a in found.actions if not a.probability > 0]
    worth, *would = _apart([found.worth, *(a.worth for a in others)])
    gives = f"{_mix(played)} gives {worth}" if len(played) == 1 else f"{_mix(played)}, as each gives {worth}"
    if not others:
        return gives
    first, *rest = (f"{a.label}{' would give' * (k == 0)} {would[k]}" for k, a in enumerate(others))
    return "; ".join([gives, ", ".join([first, *rest])])


def _mix(played: list[Action]) -> str:
    if len(played) == 1:
        return played[0].label
    return " or ".join(f"{a.label} ({short(a.probability)})" for a in played)


def _threats(decisions: Iterable[InformationSet]) -> list[str]:
    """What the others do after the deviations from the path that they answer; alike answers share a line."""
    after: dict[str, list[Tree]] = {}  # what follows, by who deviates, where and to what: all its types together
    by_node: dict[int, InformationSet] = {}
    for found in decisions:
        node = found.node
        by_node |= {id(place.node): found for place in found.places}
        if node.player == NATURE or not found.reach > 0:
            continue
        who = f"{node.player}, {node.situation}" if node.situation else node.player
        for k, action in enumerate(found.actions):
            if not action.probability > 0:
                follows = [place.node.branches[k].child for place in found.places]
                after.setdefault(f"{who}: {action.label}", []).extend(follows)
    answers: dict[str, list[str]] = {}
    for deviation, follows in after.items():
        if told := _continuation(follows, by_node):
            answers.setdefault("; ".join(told), []).append(deviation)
    return [f"{' | '.join(deviations)} → {answer}" for answer, deviations in answers.items()]


def _continuation(level: list[Tree], by_node: Mapping[int, InformationSet]) -> list[str]:
    """Who does what from these nodes on, stage by stage; a belief is told where it is new."""
    told: dict[str, None] = {}
    believed = ""
    while level:
        nodes = [child for child in level if isinstance(child, Node)]
        for found in {id(by_node[id(node)]): by_node[id(node)] for node in nodes}.values():
            if found.node.player == NATURE:
                continue
            belief = _belief(found) if _belief(found) != believed else ""
            believed = belief or believed
            told[f"{found.node.mover}{belief}: {_mix([a for a in found.actions if a.probability > 0])}"] = None
        level = [branch.child for node in nodes for branch in node.branches if branch.probability > 0]
    return list(told)


def short(value: Number) -> str:
    return f"{float(value):.3g}"


def _apart(values: list[Number]) -> list[str]:
    """Numbers with as many decimals, at least three, as tell them from the first."""
    numbers = [float(value) for value in values]
    for decimals in range(3, MOST_DECIMALS + 1):
        shown = [f"{number:.{decimals}f}" for number in numbers]
        if all(s != shown[0] or abs(n - numbers[0]) <= ROUNDING for s, n in zip(shown[1:], numbers[1:], strict=True)):
            return shown
    return shown


def _words(value: Any) -> str:
    """An output in words."""
    if isinstance(value, dict):
        return ", ".join(f"{label} {text(v)}" for label, v in value.items())
    return text(value)
