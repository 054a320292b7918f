"""The language of claims: text about the parameters and outputs of a game, read into something that can be evaluated.

    read(game, text) -> Claim

    A                                           holds everywhere
    A implies B                                 B holds wherever A does
    [A implies] X is nonincreasing in p         also nondecreasing; X is a number, or a condition
    [A implies] X, Y are constant in p, q       whatever p and q are, X and Y stay the same
    [A implies] X is unchanged by scaling p, q  by one factor

A and B are conditions as in Python: `and`, `or`, `not`, comparisons, `in (…)`. A label of a code is its name, in quotes
if Python has that word; a flag is `flag in output`; one of several numbers is `output.label`, or `label output`. And
`X at (p = 0, q = 2 * q)` is X at other values of some parameters.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from posse.claims.arithmetics import Arithmetic, Values
from posse.claims.expressions import Reader, Term
from posse.claims.world import How, World
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, short
from posse.kernels.forms import Bounds
from posse.kernels.vocabulary import opposite

HOW: dict[str, How] = {"nonincreasing": "falls", "nondecreasing": "rises", "constant": "constant"}
MOVES = re.compile(r"(?P<what>.+?)\s+(?:is|are)\s+(?P<how>nonincreasing|nondecreasing|constant)\s+in\s+(?P<names>.+)")
SCALES = re.compile(r"(?P<what>.+?)\s+(?:is|are)\s+unchanged\s+by\s+scaling\s+(?P<names>.+)")


@dataclass(frozen=True)
class Claim:
    """What is said to hold everywhere.

    how: "always", or what `terms` do when `moved` parameters change: "falls", "rises", "constant", "scales".
    outputs: names of those that it is about; premise: the condition under which it is meant, and its syntax.
    equal: parameters that the premise says are equal to others.
    """

    text: str
    game: Game
    how: How
    terms: tuple[Term, ...]
    moved: tuple[str, ...]
    premise: Term | None
    syntax: ast.expr | None
    outputs: tuple[str, ...]
    equal: Mapping[str, str]

    def world(self, values: Values, arithmetic: Arithmetic, box: Mapping[str, Bounds]) -> World:
        """Where it is evaluated, at values of parameters and of what it adds to them.

        Parameters that its premise has equal are so: no point drawn at random would be.
        """
        return World(self.game, self.outputs, values, arithmetic, box).identified(self.equal)

    def holds(self, world: World) -> Any:
        """The condition that it holds at the points of a world."""
        worlds = [world] if self.how == "always" else [world, world.moved(self.how, self.moved)]
        premises = [self.premise.run(w) for w in worlds] if self.premise else []
        holds = reduce(and_, (self._compared(term, worlds) for term in self.terms))
        # What is said comes last: it is best looked at with all in mind that it is said under.
        return reduce(or_, [opposite(p) for p in [*world.limits, *premises]] + [holds])

    def _compared(self, term: Term, worlds: Sequence[World]) -> Any:
        first, *others = (term.run(w) for w in worlds)
        if not others:
            return first
        (second,) = others
        if term.kind == "condition":
            up, down = opposite(first) | second, opposite(second) | first
        elif self.how in ("falls", "rises"):
            up, down = second >= first, second <= first
        else:
            return second == first
        return {"falls": down, "rises": up}.get(self.how, up & down)


def read(game: Game, text: str) -> Claim:
    """Read a claim. Raises InputError, which names what is wrong and what there is."""
    if not isinstance(text, str) or not text.strip():
        raise InputError(
            f"claim: {text!r} is not allowed; a claim is a text such as 'share == 0 implies alignment != support'"
        )
    reader = Reader(game, " ".join(text.split()))
    try:
        return _claim(game, reader)
    except RecursionError:
        raise InputError(f"claim: {short(text)} is nested too deeply; say it in several claims") from None


def _claim(game: Game, reader: Reader) -> Claim:
    before, *after = re.split(r"\bimplies\b", reader.text)
    if len(after) > 1:
        raise reader.wrong("has two 'implies'; one is allowed, with 'and' or 'or' on either side")
    premise, rest = (before, after[0]) if after else ("", before)
    how: How = "always"
    what, names = rest.strip(), ""
    for pattern in (MOVES, SCALES):
        if found := pattern.fullmatch(rest.strip()):
            parts = found.groupdict()
            how, what, names = HOW.get(parts.get("how", ""), "scales"), parts["what"], parts["names"]
    moved = tuple(name.strip() for name in names.strip(" ()").split(",") if name.strip())
    for name in moved:
        reader.parameter(name)
    if how in ("falls", "rises") and len(moved) != 1:
        raise reader.wrong(f"is about {len(moved)} parameters; nonincreasing and nondecreasing are in one")
    syntax = reader.syntax(premise) if after else None
    given = reader.condition(syntax) if syntax else None
    if how == "always" and re.search(r"\b(is|are)\s+\w+ing\b", rest):
        raise reader.wrong("after 'is' or 'are' comes 'nonincreasing in', 'nondecreasing in', 'constant in' or "
                           "'unchanged by scaling', and a parameter")  # fmt: skip
    terms = reader.several(what) if how in ("constant", "scales") else (reader.one(what, how),)
    equal = {pair[1]: pair[0] for pair in _equalities(syntax) if all(name in game.parameter_names for name in pair)}
    return Claim(reader.text, game, how, terms, moved, given, syntax, tuple(reader.outputs), equal)


def _equalities(syntax: ast.expr | None) -> Iterator[tuple[str, str]]:
    """Of a premise, names that it says are equal."""
    match syntax:
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _equalities(value)
        case ast.Compare(left=ast.Name(id=one), ops=[ast.Eq()], comparators=[ast.Name(id=other)]) if one != other:
            yield one, other
