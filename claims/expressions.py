"""Parts of a claim's text, read into what can be evaluated: numbers, conditions, codes and flags.

Reader(game, text)    reads parts of one claim; posse.claims.language says what they may be
Term                  a part that was read
"""

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, or_, sub, truediv
from typing import Any, Literal
from warnings import catch_warnings

from posse.claims.world import World
from posse.kernels.declaration import LARGEST, Game, Output
from posse.kernels.errors import InputError, pick, short
from posse.kernels.point import check_values
from posse.kernels.vocabulary import has_flag, opposite

Run = Callable[[World], Any]
Kind = Literal["number", "condition", "code", "flags", "label"]
KINDS: dict[str, Kind] = {"codes": "code", "flags": "flags"}  # of outputs; all others are numbers

SHOWN = 300  # letters of a text that an error repeats
LARGE = 1000  # an exponent in fractions: larger ones take for ever


def _power(x: Any, r: Any) -> Any:
    if isinstance(r, Fraction) and abs(r) > LARGE:
        raise OverflowError(f"a power by {r}")
    found = x**r
    if isinstance(found, complex):
        raise ArithmeticError("a power of what is negative")
    return found


def _alike(one: Any, other: Any) -> Any:
    """Whether two conditions hold together, or both do not."""
    return (opposite(one) | other) & (opposite(other) | one)


ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv, ast.Pow: _power,
}  # fmt: skip
COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: eq, ast.NotEq: ne, ast.Lt: lt, ast.LtE: le, ast.Gt: gt, ast.GtE: ge,
}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A part of a claim. flags are of an output; a label is a name that no output has claimed yet."""

    kind: Kind
    run: Run
    output: Output | None = None
    name: str = ""


class Reader:
    """Reads the parts of a text about a game; outputs: the names of those it has met."""

    def __init__(self, game: Game, text: str) -> None:
        self.game, self.text = game, text
        self.outputs: dict[str, None] = {}

    def wrong(self, what: str) -> InputError:
        return InputError(f"claim: {short(self.text, SHOWN)}: {what}")

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors of what the game has name the claim."""
        try:
            yield
        except InputError as error:
            raise self.wrong(str(error)) from None

    def parameter(self, name: str) -> None:
        with self.named():
            self.game.parameter(name)

    def syntax(self, text: str) -> ast.expr:
        """Python's view of a part, after "label output" and "at" are put into words that it knows."""
        plain = text.strip()
        for output in self.game.outputs:
            for label in output.labels:
                plain = re.sub(rf"\b{label}\s+{output.name}\b", f"{output.name}.{label}", plain)
        plain = re.sub(r"\bat\s*\(", "** at(", plain)  # which binds to no more than what stands right before it
        try:
            with catch_warnings(action="ignore"):  # of Python's, on how numbers and words should be set apart
                return ast.parse(plain, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            shown = short(text.strip(), SHOWN)
            if re.search(r"(?<![=<>!])=(?!=)", re.sub(r"\bat\s*\([^)]*\)", "", text)):
                raise self.wrong(f"{shown} cannot be read; equality is written ==") from None
            raise self.wrong(f"{shown} cannot be read; see docs/claims.md for the words there are") from None

    def one(self, text: str, how: str) -> Term:
        """What is said, or what is said to rise or fall."""
        syntax = self.syntax(text)
        return self.condition(syntax) if how == "always" else self._ordered(self.term(syntax))

    def _ordered(self, term: Term) -> Term:
        if term.kind in ("code", "flags"):
            raise self.wrong(f"{term.name} has no order; a number has, and a condition such as {term.name} == ...")
        return self._known(term)

    def several(self, text: str) -> tuple[Term, ...]:
        syntax = self.syntax(text)
        parts = syntax.elts if isinstance(syntax, ast.Tuple) else [syntax]
        return tuple(self._known(self.term(part)) for part in parts)

    def condition(self, syntax: ast.expr) -> Term:
        found = self._known(self.term(syntax))
        if found.kind != "condition":
            raise self.wrong(f"{ast.unparse(syntax)} is no condition; compare it, as in {ast.unparse(syntax)} == ...")
        return found

    def number(self, syntax: ast.expr) -> Run:
        found = self._known(self.term(syntax))
        if found.kind != "number":
            raise self.wrong(f"{ast.unparse(syntax)} is no number")
        return found.run

    def _known(self, term: Term) -> Term:
        """Not a name that is nothing but, perhaps, a label."""
        if term.kind == "label":
            words = {p.name: p for p in self.game.parameters} | {o.name: o for o in self.game.outputs}
            with self.named():
                pick("name", term.name, words)
        return term

    def term(self, syntax: ast.expr) -> Term:
        """Any part of a text."""
        match syntax:
            case ast.Constant(value=bool(value)):
                return Term("condition", lambda world: value)
            case ast.Constant(value=int() | float()):
                exact = self._exact(syntax)
                return Term("number", lambda world: world.number(exact))
            case ast.Constant(value=str(name)):
                return Term("label", lambda world: None, name=name)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=ast.Name(id=name), attr=label):
                return self._component(name, label)
            case ast.BoolOp(op=op, values=values):
                runs, join = [self.condition(v).run for v in values], and_ if isinstance(op, ast.And) else or_
                return Term("condition", lambda world: reduce(join, [run(world) for run in runs]))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.condition(operand).run
                return Term("condition", lambda world: opposite(inner(world)))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                minus = self.number(operand)
                return Term("number", lambda world: -minus(world))
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Call(func=ast.Name(id="at")) as right):
                return self._elsewhere(left, right)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                one, other, apply = self.number(left), self.number(right), ARITHMETIC[type(op)]
                return Term("number", lambda world: world.defined(apply(one(world), other(world))))
            case ast.Compare(left=left, ops=ops, comparators=others):
                pairs = zip([left, *others[:-1]], ops, others, strict=True)
                runs = [self._compared(x, op, y) for x, op, y in pairs]
                return Term("condition", lambda world: reduce(and_, [run(world) for run in runs]))
        raise self.wrong(
            f"{ast.unparse(syntax)!r} is not a part of the language; see docs/claims.md for the words there are"
        )

    def _exact(self, syntax: ast.expr) -> Fraction:
        exact = Fraction(ast.unparse(syntax))
        if exact > LARGEST:
            raise self.wrong(f"{short(ast.unparse(syntax))} is not allowed; numbers are finite and at most {LARGEST:g}")
        return exact

    def _name(self, name: str) -> Term:
        if any(p.name == name for p in self.game.parameters):
            return Term("number", lambda world: world.values[name], name=name)
        output = next((o for o in self.game.outputs if o.name == name), None)
        if output is None:
            return Term("label", lambda world: None, name=name)
        if output.dimension:
            raise self.wrong(f"{name} has {output.dimension[0]}s; name one, as in {name}.{output.labels[0]}")
        self.outputs[name] = None
        return Term(KINDS.get(output.kind, "number"), lambda world: world.output(name, 0), output, name)

    def _component(self, name: str, label: str) -> Term:
        holding = [o.name for o in self.game.outputs if name in o.labels]
        if label in holding:
            raise self.wrong(f"{name}.{label} is written the other way round: {label}.{name}")
        with self.named():
            output = self.game.output(name)
            places = {each: place for place, each in enumerate(output.labels)}
            place = pick(output.dimension[0] if output.dimension else "label", label, places)
        self.outputs[name] = None
        return Term("number", lambda world: world.output(name, place), output, f"{name}.{label}")

    def _elsewhere(self, left: ast.expr, right: ast.Call) -> Term:
        """X at (p = 0): the same at other values."""
        term = self.term(left)
        if term.kind == "label" or isinstance(left, ast.Constant):
            raise self.wrong(
                f"{ast.unparse(left)} is the same everywhere; 'at' follows what changes, in parentheses if it is more "
                f"than a name, as in (alignment == oppose) at (diversity = 0)"
            )
        if right.args or not right.keywords:
            raise self.wrong("'at' is followed by values, as in alignment at (diversity = 0)")
        changes: dict[str, Run] = {}
        plain: dict[str, Fraction | None] = {}
        for keyword in right.keywords:
            name = keyword.arg or ""
            self.parameter(name)
            if name in changes:
                raise self.wrong(f"'at' gives {name} twice; once is allowed")
            changes[name] = self.number(keyword.value)
            plain[name] = self._plain(name, keyword.value)
        for low, high in self.game.order:
            smallest, largest = plain.get(low), plain.get(high)
            if smallest is not None and largest is not None and largest < smallest:
                raise self.wrong(f"{high}: {float(largest):g} is below {low}, {float(smallest):g}")
        key = ast.unparse(right)
        return Term(term.kind, lambda world: term.run(world.at(key, changes)), term.output, term.name)

    def _plain(self, name: str, syntax: ast.expr) -> Fraction | None:
        """A value that is written as a number; refused outside the domain, where a claim says nothing."""
        try:
            value = Fraction(ast.unparse(syntax).replace(" ", ""))
        except (ValueError, ZeroDivisionError):
            return None
        with self.named():
            check_values(name, self.game.parameter(name), float(value))
        return value

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Run:
        if isinstance(op, ast.In | ast.NotIn):
            found = self._within(left, right)
            return found if isinstance(op, ast.In) else lambda world: opposite(found(world))
        one, other = self.term(left), self.term(right)
        if "code" in (one.kind, other.kind):
            return self._code(one, type(op), other)
        apply = COMPARED.get(type(op))
        if one.kind == other.kind and one.kind in ("condition", "flags") and isinstance(op, ast.Eq | ast.NotEq):
            alike = _alike if one.kind == "condition" else eq

            def same(world: World) -> Any:
                return alike(one.run(world), other.run(world))

            return same if isinstance(op, ast.Eq) else lambda world: opposite(same(world))
        runs = self.number(left), self.number(right)
        if apply is None:
            raise self.wrong(
                f"{ast.unparse(ast.Compare(left, [op], [right]))!r}: compare by ==, !=, <, <=, >, >= or in"
            )
        return lambda world: apply(runs[0](world), runs[1](world))

    def _code(self, one: Term, op: type, other: Term) -> Run:
        """A code against a label, or another code of the same meaning."""
        if op not in (ast.Eq, ast.NotEq):
            raise self.wrong(f"{one.name or other.name} has no order; compare it by ==, != or in")
        coded, meant = (one, other) if one.kind == "code" else (other, one)
        if meant.kind == "label":
            value = self._label(coded, meant.name)
            return lambda world: COMPARED[op](coded.run(world), value)
        if (
            meant.kind != "code"
            or meant.output is None
            or coded.output is None
            or meant.output.flags != coded.output.flags
        ):
            raise self.wrong(f"{coded.name} can be compared with its labels only, or with a code that has the same")
        return lambda world: COMPARED[op](one.run(world), other.run(world))

    def _label(self, coded: Term, name: str) -> int:
        flags = {flag.name: flag.value for flag in coded.output.flags} if coded.output else {}
        with self.named():
            return pick(f"label of {coded.name}", name, flags)

    def _within(self, left: ast.expr, right: ast.expr) -> Run:
        """A code in a list of labels, or a flag in an output."""
        one = self.term(left)
        if one.kind == "code" and isinstance(right, ast.Tuple | ast.List | ast.Set):
            names = [self.term(part) for part in right.elts]
            values = [
                self._label(one, part.name if part.kind == "label" else f"{part.name}, a {part.kind}") for part in names
            ]
            return lambda world: reduce(or_, [one.run(world) == value for value in values], False)
        whole = self.term(right) if isinstance(right, ast.Name | ast.BinOp) else None
        if one.kind == "label" and whole and whole.kind == "flags":
            flag = self._label(whole, one.name)
            return lambda world: has_flag(whole.run(world), flag)
        raise self.wrong(
            f"'in' stands between a code and its labels in parentheses, or between a flag and an output of flags, "
            f"not in {ast.unparse(ast.Compare(left, [ast.In()], [right]))!r}"
        )
