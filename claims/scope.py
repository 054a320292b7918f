"""The points that a claim is about: bounds of each parameter, as exact numbers.

scope(game, box, fixed) -> {parameter: Bounds}
parts(claim, box)          the same, without what its premise rules out; several where that is an alternative
"""

import ast
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from posse.claims.arithmetics import written
from posse.claims.language import Claim
from posse.claims.world import FACTOR, OTHER, STEP, domain
from posse.kernels.declaration import Game
from posse.kernels.errors import InputError
from posse.kernels.forms import Bounds
from posse.sweeps.box import read_box, read_fixed

Box = dict[str, Bounds]
MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
}


def scope(game: Game, box: Mapping[str, Any] | None, fixed: Mapping[str, float] | None) -> Box:
    """Bounds of every parameter; numbers are what they are written as, 0.1 one tenth.

    box: (low, high) by parameter, others have their defaults; None: all parameters, in all of the game's domain.
    fixed: values of parameters that do not vary.
    """
    found = {p.name: domain(game, p.name) for p in game.parameters}
    if box is None:
        held = read_fixed(game, fixed)
    else:
        sides, held = read_box(game, box, fixed)
        found |= {name: Bounds(written(side.low), written(side.high)) for name, side in sides.items()}
    found |= {name: Bounds(written(value), written(value)) for name, value in held.items()}
    for low, high in game.order:
        smallest, largest = found[low].low, found[high].high
        if smallest is not None and largest is not None and largest < smallest:
            raise InputError(f"{high}: {float(largest):g} at most is below {low}, {float(smallest):g} at least")
    return found


def parts(claim: Claim, box: Box) -> list[Box]:
    """The box, narrowed to where the premise of a claim can hold, with what the claim adds to the parameters."""
    own = dict(box)
    if claim.how in ("falls", "rises"):
        low, high = box[claim.moved[0]].low, box[claim.moved[0]].high
        own[STEP] = Bounds(Fraction(0), None if low is None or high is None else high - low)
    elif claim.how == "scales":
        own[FACTOR] = Bounds(Fraction(0), None, low_open=True)
    elif claim.how == "constant":
        own |= {OTHER + name: box[name] for name in claim.moved}
    found = []
    for alternative in product(*_conjuncts(claim.syntax)):
        narrow: Box | None = own
        for name, op, value in alternative:
            narrow = narrow and _cut(narrow, name, op, value)
        if narrow is not None:
            found.append(narrow)
    return found


Limit = tuple[str, type, Fraction]


def _conjuncts(syntax: ast.expr | None) -> Iterator[list[Limit]]:
    """Of a premise, limits of single parameters of which one of each list holds: p <= 1, or p * q == 0."""
    if isinstance(syntax, ast.BoolOp) and isinstance(syntax.op, ast.And):
        for value in syntax.values:
            yield from _conjuncts(value)
    if isinstance(syntax, ast.Compare) and len(syntax.ops) == 1 and type(syntax.ops[0]) in MIRRORED:
        of, op, limit = syntax.left, type(syntax.ops[0]), syntax.comparators[0]
        if isinstance(of, ast.Constant):
            of, op, limit = limit, MIRRORED[op], of
        if isinstance(limit, ast.Constant) and type(limit.value) in (int, float):
            factors = list(_factors(of))
            at = Fraction(ast.unparse(limit))
            if all(factors) and (len(factors) == 1 or (op is ast.Eq and at == 0)):
                yield [(str(name), op, at) for name in factors]


def _factors(syntax: ast.expr) -> Iterator[str | None]:
    """Names of what is multiplied; None for what is no name."""
    if isinstance(syntax, ast.BinOp) and isinstance(syntax.op, ast.Mult):
        yield from _factors(syntax.left)
        yield from _factors(syntax.right)
    else:
        yield syntax.id if isinstance(syntax, ast.Name) else None


def _cut(box: Box, name: str, op: type, value: Fraction) -> Box | None:
    """The box where a parameter keeps to a limit; None where it never does. A name may be one of something else."""
    if name not in box:
        return box
    low, high, low_open, high_open, apart = box[name]
    if op in (ast.Gt, ast.GtE, ast.Eq) and (low is None or value > low or (value == low and op is ast.Gt)):
        low, low_open = value, op is ast.Gt
    if op in (ast.Lt, ast.LtE, ast.Eq) and (high is None or value < high or (value == high and op is ast.Lt)):
        high, high_open = value, op is ast.Lt
    empty = low is not None and high is not None and (low > high or (low == high and (low_open or high_open)))
    return None if empty else {**box, name: Bounds(low, high, low_open, high_open, apart)}
