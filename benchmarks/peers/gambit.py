"""The game of strategic restraint in pygambit, one extensive-form game at a time.

The tree is the model's, with the leader's two candidate demands instead of all: 51 outcomes, each decision node an
information set of its own. pygambit (16.7) has no backward induction: it enumerates pure equilibria, which 3 · 2^33
profiles forbid and which need not be subgame perfect, or follows the logit correspondence to an approximate one. The
nearest is to walk its tree from the leaves, setting in a behaviour profile the action that its `node_value` finds best.
"""

from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

ROUNDING = 1e-12  # gains smaller than this are ties; the first action wins them, as the model's tie rules have it


def unavailable() -> str | None:
    """Why this peer cannot take part, or None."""
    return None if find_spec("pygambit") else "not installed"


def contest(x: float, y: float, r: float) -> float:
    return float(x**r / (x**r + y**r))


def _end(game: Any, node: Any, payoffs: list[float]) -> None:
    """End the game at a node."""
    game.set_outcome(node, game.add_outcome(label=f"outcome {len(game.outcomes)}", payoffs=payoffs))


def _lottery(game: Any, node: Any, probability: float) -> tuple[Any, Any]:
    """Let chance move at a node: what follows with this probability, and what follows else."""
    game.append_move(node, game.players.chance, ["yes", "no"])
    game.set_chance_probs(node.infoset, [Fraction(probability), 1 - Fraction(probability)])
    yes, no = node.children
    return yes, no


def _choice(game: Any, node: Any, player: str, actions: list[str]) -> Iterator[Any]:
    """Let a player move at a node: what follows each action, the one that wins ties first."""
    game.append_move(node, player, actions)
    return iter(node.children)


def tree(
    m_L: float, m_P: float, m_T: float, m_O: float, r: float, d: float, spoils: float, share: float, attrition: float,
    k_S: float, k_B: float, b: float, c_L: float, c_P: float, c_R: float, c_I: float, q: float, v: float,
) -> Any:  # fmt: skip
    """The extensive form."""
    import pygambit

    game = pygambit.Game.new_tree(players=["leader", "partner", "observer", "target"])
    f, G = m_L / (m_L + m_P), spoils * m_T
    alignments = {  # capabilities today, cost, what the coalition gains tomorrow, the observer's capability then
        "neutral": (m_L + m_P, m_T, 0.0, G, m_O),
        "support": (m_L + m_P + m_O, m_T, k_S, (1 - share) * G, m_O + share * G),
        "oppose": (m_L + m_P, m_T + m_O, k_B, G, (1 - attrition) * m_O),
    }
    aligned = _choice(game, game.root, "observer", list(alignments))
    for start, (ours, theirs, k, gained, observer) in zip(aligned, alignments.values(), strict=True):
        victory, defeat = _lottery(game, start, contest(ours, theirs, r))
        _end(game, defeat, [0, 0, 1 - k, v])
        leader, partner = m_L + f * gained, m_P + (1 - f) * gained
        durable = _choice(game, victory, "partner", ["stay", "leave"])
        for alone, after in enumerate(durable):
            p = contest(leader if alone else leader + partner, observer, r)
            demands = _choice(game, after, "leader", ["safe", "risky"])
            for demanded, x in zip(demands, (min(1, p + c_R), min(1, p + c_I)), strict=True):
                for kind, c_t in zip(_lottery(game, demanded, q), (c_R, c_I), strict=True):
                    answers = _choice(game, kind, "observer", ["accept", "fight"])
                    for end, g, w in zip(answers, (x, p), (0, 1), strict=True):
                        burden = 0 if alone else b + w * c_P
                        _end(game, end, [v + g - w * c_L, v + (1 - d) * g - burden, 1 - g - w * c_t - k, 0])
    return game


def backward_induction(game: Any) -> Any:
    """The subgame-perfect behaviour profile, by pygambit's values of nodes."""
    profile = game.mixed_behavior_profile()
    for node in reversed(list(game.nodes)):  # successors first
        if node.is_terminal or node.player.is_chance:
            continue
        values = [profile.node_value(node.player, child) for child in node.children]
        best = next(k for k, value in enumerate(values) if value >= max(values) - ROUNDING)
        for k, action in enumerate(node.infoset.actions):
            profile[action] = float(k == best)
    return profile


def _regime(game: Any, profile: Any) -> int:
    """The regime's code, from the alignment and the partner's decisions."""
    alignment = [profile[action] for action in game.root.infoset.actions].index(1)
    victories = [next(iter(war.children)) for war in game.root.children]
    stays = [int(profile[next(iter(victory.infoset.actions))]) for victory in victories]
    return stays[0] if alignment == 0 else (2 if alignment == 1 else 6) + 2 * stays[0] + stays[alignment]


def solve(parameters: list[npt.NDArray[np.float64]], real: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """Regime and payoffs at points given as one array for each parameter, in the order of the declaration."""
    count = len(parameters[0])
    regime = np.empty(count, np.uint8)
    payoff = np.empty((4, count), real)
    for i, point in enumerate(zip(*(values.tolist() for values in parameters), strict=True)):
        game = tree(*point)
        profile = backward_induction(game)
        regime[i] = _regime(game, profile)
        payoff[:, i] = [profile.payoff(player) for player in game.players]
    return regime, payoff
