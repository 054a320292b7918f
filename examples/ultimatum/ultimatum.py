"""The ultimatum crisis under uncertainty about costs (Fearon 1995): who demands, fights or gives in, and how often.

A challenger demands a share x of a good of size 1. The target accepts, or fights a war that the challenger wins with
probability p. War costs the challenger c_A, the target a private c_B, uniform on [0, C]: it accepts where x ≤ p + c_B.
"""

from typing import Any, NamedTuple

from posse import Domain, Flag, Game, Output, Parameter
from posse.kernels.vocabulary import maximum, minimum, where


class Outcome(NamedTuple):
    """Fields are the game's outputs."""

    regime: Any
    demand: Any
    war: Any
    payoff: tuple[Any, Any]


def solve(power: Any, cost: Any, largest_cost: Any) -> Outcome:
    """The equilibrium; ties go to the smaller demand."""
    p, c_A, C = power, cost, largest_cost
    demand = minimum(1, p + maximum(0, (C - c_A) / 2))
    war = (demand - p) / C
    paid = (demand - p) / 2  # what war costs those targets that fight, on average
    challenger = (1 - war) * demand + war * (p - c_A)
    target = (1 - war) * (1 - demand) + war * (1 - p - paid)
    return Outcome(where(war == 0, 0, where(demand < 1, 1, 2)), demand, war, (challenger, target))


GAME = Game(
    name="ultimatum",
    title="The ultimatum crisis with private costs",
    version="1",
    parameters=(
        Parameter("power", "p", Domain(0, 1), 0.5, "probability that the challenger wins a war"),
        Parameter("cost", "c_A", Domain(low=0), 0.1, "challenger's cost of war"),
        Parameter("largest_cost", "C", Domain(low=0, low_open=True), 0.4, "largest cost of war to the target"),
    ),
    outputs=(
        Output("regime", "codes", "what the challenger does", (
            Flag(0, "appeasement", "it demands what no target fights over", "#e6e6e6"),
            Flag(1, "gamble", "it risks a war for more", "#ee8122"),
            Flag(2, "all_or_nothing", "it demands everything", "#6b0a14"),
        )),
        Output("demand", "real", "share of the good that is demanded"),
        Output("war", "real", "probability of war"),
        Output("payoff", "real", "expected payoff", dimension=("player", ("challenger", "target"))),
    ),
    solve=solve,
    reference="J. D. Fearon, Rationalist Explanations for War, International Organization 49 (1995)",
)  # fmt: skip
