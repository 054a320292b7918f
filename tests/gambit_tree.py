"""The game with a signal as an extensive form in pygambit, with the two demands that can be best.

    extensive(tree, messages) -> the game, in which the observer has only these alignments
    perfect_bayesian(game, messages, slack) -> its equilibria
    assessment(tree, game, profile, messages) -> what a behaviour profile of it amounts to

Wars are replaced by what they are worth on average; a type accepts where it is indifferent.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from exact import Game, defeat
from perfect import Assessment, Reply, Three, Tree

NAMES = ("neutral", "support", "oppose")


def rational(gambit: Any, number: Fraction) -> Any:
    return gambit.Rational(number.numerator, number.denominator)


def extensive(tree: Tree, messages: Sequence[int]) -> Any:
    import pygambit

    game = pygambit.Game.new_tree(players=["leader", "partner", "observer"])
    q = tree.game["resolve"]
    game.append_move(game.root, game.players.chance, ["resolute", "irresolute"])
    game.set_chance_probs(game.root.infoset, [rational(pygambit, q), rational(pygambit, 1 - q)])
    types = list(game.root.children)
    for node in types:
        game.append_move(node, "observer", [NAMES[a] for a in messages])
    for k, a in enumerate(messages):
        sent = [list(node.children)[k] for node in types]
        game.append_move(sent, "partner", ["leave", "stay"])
        for stayed in (False, True):
            decided = [list(node.children)[stayed] for node in sent]
            game.append_move(decided, "leader", ["safe", "risky"])
            for kind, node in enumerate(decided):
                for end, outcomes in zip(node.children, tree.nodes[a][stayed].outcomes, strict=True):
                    pi, lost = tree.branches[a].victory, defeat(tree.game, a)
                    payoffs = [pi * outcomes[kind][i] + (1 - pi) * lost[i] for i in range(3)]
                    label = f"outcome {len(game.outcomes)}"
                    outcome = game.add_outcome(label=label, payoffs=[rational(pygambit, x) for x in payoffs])
                    game.set_outcome(end, outcome)
    return game


def assessment(tree: Tree, game: Any, profile: Any, messages: Sequence[int]) -> Assessment | None:
    """What a behaviour profile amounts to: beliefs by Bayes' rule, best replies where nobody comes.

    None where nothing keeps the observer from an alignment that nobody sends.
    """
    q, types = tree.game["resolve"], list(game.root.children)
    sent = [_three(messages, [exactly(profile[action]) for action in node.infoset.actions]) for node in types]
    replies: dict[int, Reply] = {}
    for k, a in enumerate(messages):
        often = q * sent[0][a] + (1 - q) * sent[1][a]
        if often > tree.slack:
            node = list(types[0].children)[k]
            stay = exactly(profile[list(node.infoset.actions)[1]])
            risk = [exactly(profile[list(end.infoset.actions)[1]]) for end in node.children]
            belief = q * sent[0][a] / often
            reached = (1 - stay > tree.slack, stay > tree.slack)
            for stayed in (False, True):
                prefers = tree.nodes[a][stayed].prefers_risk(belief)
                if not reached[stayed] and abs(prefers) > tree.slack:
                    risk[stayed] = Fraction(prefers > 0)
            replies[a] = Reply(belief, stay, (risk[0], risk[1]))
    worth = [max(tree.worth(a, kind, reply) for a, reply in replies.items()) for kind in range(2)]
    for a in {0, 1, 2} - replies.keys():
        reply = tree.deterring(a, worth[0] + tree.slack, worth[1] + tree.slack)
        if reply is None:
            return None
        replies[a] = reply
    return Assessment((sent[0], sent[1]), (replies[0], replies[1], replies[2]))


def perfect_bayesian(game: Game, messages: Sequence[int], slack: Fraction) -> list[Assessment]:
    """Of all Nash equilibria that Gambit finds by solving polynomials, those that the tree has nothing against."""
    import pygambit

    tree = Tree(game, slack)
    form = extensive(tree, messages)
    found = [assessment(tree, form, one, messages) for one in pygambit.nash.enumpoly_solve(form).equilibria]
    return [one for one in found if one and not list(tree.faults(one))]


def _three(messages: Sequence[int], probabilities: Sequence[Fraction]) -> Three:
    """Probabilities of all alignments, those that are no messages among them."""
    given = dict(zip(messages, probabilities, strict=True))
    return given.get(0, Fraction(0)), given.get(1, Fraction(0)), given.get(2, Fraction(0))


def exactly(number: Any) -> Fraction:
    return Fraction(float(number)).limit_denominator(10**9)
