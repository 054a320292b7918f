"""Proofs by cases: that a condition holds at every point, in exact arithmetic.

    Prover(table, facts).prove(condition) -> number of cases, 0 where no proof was found

A condition is split at the comparisons that decide it, as far as it takes. In each case polynomials are shown not to
fall below 0. A polynomial that is linear in a symbol lies between its values at the symbol's ends, so that each symbol
in turn is replaced by its ends: bounds of a parameter, 0 and 1 of a share, another quotient that is no larger, the arms
of a choice with what holds in each. And what is known not to fall below 0 may be subtracted. A proof that is found is
one; that none is found says nothing. posse.kernels.witnesses spares it much that cannot be shown.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from posse.kernels.algebra import Table, common, without
from posse.kernels.facts import Fact, Facts, comparisons, facts_of, told, with_facts
from posse.kernels.forms import Bounds, Condition, Form, Formula, Symbol, TooHard
from posse.kernels.vocabulary import opposite
from posse.kernels.witnesses import Witnesses

STEPS = 200_000
EASY = 100  # steps for what is settled while the definition runs
EFFORTS = 50, 500, 3000  # steps for one comparison: most are easy, and many need not be decided
SPARED = 4  # part of the steps that are left
DEPTHS = 5, 9, 14  # replacements one after another

Answer = tuple[bool | None, Formula | None]  # whether a condition holds, or what has to be decided to know that


class Prover:
    """facts: what holds at every point. steps: after so many it gives up, with TooHard."""

    def __init__(self, table: Table, facts: Iterable[Condition] = (), steps: int = STEPS) -> None:
        self.given: Facts = frozenset(fact for condition in facts for fact in facts_of(condition))
        self.steps = steps
        self._effort = self._left = EFFORTS[-1]
        self._deep = DEPTHS[-1]
        self._known: dict[tuple[int, bool, Facts], bool] = {}
        self._bounds: dict[Symbol, Bounds] = {}
        self._witnesses = Witnesses()
        table.is_known = self._is_easy

    def _is_easy(self, form: Form, strict: bool) -> bool:
        self._left = EASY
        return self.above(form, strict)

    def prove(self, condition: Condition) -> int:
        """In how many cases it holds, and there are no others; 0 where that is not shown."""
        for self._effort, self._deep in zip(EFFORTS, DEPTHS, strict=True):
            self._known = {key: found for key, found in self._known.items() if found}
            if cases := self._prove(condition, self.given):
                return cases
        return 0

    def _prove(self, condition: Condition, facts: Facts) -> int:
        found, literal = self._look(condition, facts, {})
        if literal is None:
            return 1 if found or self.is_impossible(facts) else 0
        cases = 0
        for side in (literal, opposite(literal)):
            more = self._prove(condition, with_facts(facts, side))
            if not more:
                return 0
            cases += more
        return cases

    def _look(self, condition: Condition, facts: Facts, seen: dict[int, Answer]) -> Answer:
        """Whether a condition holds, or the first comparison that has to be decided to know that."""
        if not isinstance(condition, Formula):
            return bool(condition), None
        if condition.index not in seen:
            seen[condition.index] = self._look_into(condition, facts, seen)
        return seen[condition.index]

    def _look_into(self, condition: Formula, facts: Facts, seen: dict[int, Answer]) -> Answer:
        if condition.op == "positive":
            if self._decide(Fact(*condition.parts), facts):
                return True, None
            against = opposite(condition)
            if not isinstance(against, Formula):
                return not against, None
            if self._decide(Fact(*against.parts), facts):
                return False, None
            return None, condition
        ends = condition.op == "or"  # one that holds makes an "or" true, one that does not an "and" false
        undecided = None
        for part in condition.parts:
            found, literal = self._look(part, facts, seen)
            if found is ends:
                return ends, None
            undecided = literal if undecided is None else undecided
        return (not ends, None) if undecided is None else (None, undecided)

    def is_impossible(self, facts: Facts) -> bool:
        """Whether facts contradict one another."""
        return any(self._decide(Fact(-fact.form, not fact.strict), facts - {fact}) for fact in comparisons(facts))

    def _decide(self, fact: Fact, facts: Facts) -> bool:
        """Whether it follows, with no more than so much effort."""
        self._left = self._effort
        return self.above(fact.form, fact.strict, facts)

    def above(self, form: Form, strict: bool, facts: Facts | None = None, depth: int = 0) -> bool:
        """Whether a form is shown to be above 0, or not to fall below."""
        if form.constant is not None:
            return form.constant > 0 if strict else form.constant >= 0
        if form.limit is not None:
            return form.limit > 0
        if facts is None:
            facts = self.given
        if Fact(form, True) in facts or (not strict and Fact(form, False) in facts):
            return True
        key = (form.index, strict, facts)
        if key not in self._known:
            if facts != self.given and self._without(form, strict, depth):
                self._known[key] = True
                return True
            self.steps, self._left = self.steps - 1, self._left - 1
            if self.steps < 0:
                raise TooHard("too many steps")
            self._known[key] = False  # while it is looked at
            worth_trying = depth < self._deep and self._left > 0 and not self._witnesses.against(form, facts)
            self._known[key] = worth_trying and (
                self._by_signs(form, strict)
                or self._by_factor(form, strict, facts, depth + 1)
                or self._by_fact(form, strict, facts, depth + 1)
                or self._by_ends(form, strict, facts, depth + 1)
                or self._by_square(form, strict, facts, depth + 1)
            )
        return self._known[key]

    def _without(self, form: Form, strict: bool, depth: int) -> bool:
        """Whether that is shown without the facts of this case, for other cases to know; with some of what is left."""
        kept = self._left - self._left // SPARED
        self._left //= SPARED
        found = self.above(form, strict, self.given, depth)
        self._left += kept
        return found

    def _by_signs(self, form: Form, strict: bool) -> bool:
        """Nothing in it is negative."""
        if any(coefficient < 0 for coefficient in form.terms.values()):
            return False
        if not all(self._sign(symbol, False) for symbol in form.symbols):
            return False
        return not strict or any(all(self._sign(s, True) for s in monomial) for monomial in form.terms)

    def _by_factor(self, form: Form, strict: bool, facts: Facts, depth: int) -> bool:
        """It is a product with what is not below 0, and so is the rest."""
        factors = common(form.terms)
        if not factors or not all(self._sign(symbol, strict) for symbol in factors):
            return False
        rest = form.table.form({without(monomial, factors): c for monomial, c in form.terms.items()})
        return self.above(rest, strict, facts, depth)

    def _sign(self, symbol: Symbol, strict: bool) -> bool:
        low, _, is_open, *_ = self.bounds(symbol)
        return low is not None and (low > 0 or (low == 0 and (is_open or not strict)))

    def _by_fact(self, form: Form, strict: bool, facts: Facts, depth: int) -> bool:
        """It is no less than a multiple of what is known not to fall below 0."""
        for fact in comparisons(facts):
            for factor in _factors(form, fact.form):
                rest = form - factor * fact.form
                if self.above(rest, strict and not fact.strict, facts - {fact}, depth):
                    return True
        return False

    def _by_ends(self, form: Form, strict: bool, facts: Facts, depth: int) -> bool:
        """It is not below 0 at the ends of a symbol in which it is linear."""
        free, rest = self._in_turn(form, facts)
        for symbol in free or rest:
            parts = form.split(symbol)
            if parts is not None:
                if self._between(form, parts, symbol, strict, facts, depth):
                    return True
                if free or symbol.kind != "parameter":
                    return False
        return False

    def _by_square(self, form: Form, strict: bool, facts: Facts, depth: int) -> bool:
        """It is a · x² + b · x + c with a number a above 0, and 4 a c is not below b²."""
        for symbol in form.symbols:
            if parts := form.quadratic(symbol):
                a, b, c = parts
                if (a.constant or 0) > 0 and self.above(4 * a * c - b * b, strict, facts, depth):
                    return True
        return False

    def _in_turn(self, form: Form, facts: Facts) -> tuple[list[Symbol], list[Symbol]]:
        """Parameters on which nothing else here depends: with their ends nothing is lost; and all, the best first."""
        free = [
            s
            for s in form.symbols
            if s.kind == "parameter"
            and not any(s in other.support for other in form.symbols if other is not s)
            and not any(s in (fact.form if isinstance(fact, Fact) else fact).support for fact in facts)
            and form.split(s)
        ]
        return free, sorted(form.symbols, key=lambda s: (s.kind != "parameter" or s.parts[1].high is None, -s.index))

    def _between(
        self, form: Form, parts: tuple[Form, Form], symbol: Symbol, strict: bool, facts: Facts, depth: int
    ) -> bool:
        slope, rest = parts
        low, high, low_open, high_open, _ = self.bounds(symbol)
        lows, highs = self._ends(symbol, form.symbols)

        def at(ends: list[Any], strictly: bool) -> bool:
            return any(self.above(slope * end + rest, strictly, facts, depth) for end in ends)

        grows, falls = self.above(slope, False, facts, depth), self.above(-slope, False, facts, depth)
        if grows:
            steep = strict and low_open and self.above(slope, True, facts, depth)
            shown = at(lows, strict) or (steep and at([low], False))
        elif falls:
            steep = strict and high_open and self.above(-slope, True, facts, depth)
            shown = at(highs, strict) or (steep and at([high], False))
        else:
            shown = (
                (at(highs, strict) and at(lows, strict))
                or (strict and low_open and at([low], False) and at(highs, True))
                or (strict and high_open and at([high], False) and at(lows, True))
            )
        if shown:
            return True
        return symbol.kind == "choice" and self._in_both_arms(form, symbol, strict, facts, depth)

    def _ends(self, symbol: Symbol, others: Iterable[Symbol]) -> tuple[list[Any], list[Any]]:
        """Numbers and symbols that are certainly no larger, and no smaller."""
        low, high, *_ = self.bounds(symbol)
        lows: list[Any] = [] if low is None else [low]
        highs: list[Any] = [] if high is None else [high]
        if symbol.kind == "choice":
            condition, yes, no = symbol.parts
            lows += [yes, no] if _is_larger(condition, yes, no) else []
            highs += [yes, no] if _is_larger(condition, no, yes) else []
        if symbol.kind in ("ratio", "power"):
            for other in others:
                if other.kind == symbol.kind and other.index < symbol.index:
                    one: Form = symbol.parts[0].table.form({(other,): Fraction(1)})
                    if self._in_order(other, symbol):
                        lows.insert(0, one)
                    if self._in_order(symbol, other):
                        highs.insert(0, one)
        return lows, highs

    def _in_order(self, small: Symbol, large: Symbol) -> bool:
        """Whether one quotient, or one power, is certainly not above another."""
        (a, b), (c, d) = small.parts, large.parts
        if small.kind == "power":
            if b is not d or not self.above(b, False):
                return False
            (a, b), (c, d) = map(_quotient, (a, c))
        return self.above(b, True) and self.above(d, True) and self.above(c * b - a * d, False)

    def _in_both_arms(self, form: Form, symbol: Symbol, strict: bool, facts: Facts, depth: int) -> bool:
        """It is not below 0 whichever way a choice goes; other choices on the same condition go the same way."""
        condition = symbol.parts[0]
        for holds, arm in ((condition, 1), (opposite(condition), 2)):
            if told(holds, facts) is False:
                continue
            chosen = {Fact(_chosen(fact.form, condition, arm), fact.strict) for fact in comparisons(facts)}
            known = with_facts(frozenset(chosen) | (facts - frozenset(comparisons(facts))), holds)
            if any(fact.is_false for fact in comparisons(known)):
                continue
            if not self.above(_chosen(form, condition, arm), strict, known, depth) and not any(
                self.above(-fact.form, not fact.strict, known - {fact}, depth) for fact in comparisons(known - facts)
            ):
                return False
        return True

    def bounds(self, symbol: Symbol) -> Bounds:
        """Where a symbol certainly lies."""
        if symbol not in self._bounds:
            self._bounds[symbol] = Bounds()  # while it is looked at
            left, self._left = self._left, EFFORTS[1]
            self._bounds[symbol] = self._found_bounds(symbol)
            self._left = left
        return self._bounds[symbol]

    def _found_bounds(self, symbol: Symbol) -> Bounds:
        if symbol.kind == "parameter":
            declared: Bounds = symbol.parts[1]
            return declared
        if symbol.kind == "choice":
            return self._of_choice(symbol)
        return self._of_ratio(*symbol.parts) if symbol.kind == "ratio" else self._of_power(*symbol.parts)

    def _of_ratio(self, num: Form, den: Form) -> Bounds:
        if not self.above(den, True):
            return Bounds()
        low = Fraction(0) if self.above(num, False) else None
        high = Fraction(1) if self.above(den - num, False) else None
        return Bounds(low, high, low == 0 and self.above(num, True), high == 1 and self.above(den - num, True))

    def _of_power(self, base: Form, exponent: Form) -> Bounds:
        if not self.above(base, False):
            return Bounds()
        below = self.above(1 - base, False) and self.above(exponent, False)
        return Bounds(Fraction(0), Fraction(1) if below else None, self.above(base, True), False)

    def _of_choice(self, symbol: Symbol) -> Bounds:
        """Of numbers, the least and the largest; of others, whether they are shares."""
        yes, no = symbol.parts[1:]
        if None not in (yes.constant, no.constant):
            return Bounds(min(yes.constant, no.constant), max(yes.constant, no.constant))
        form = yes.table.form({(symbol,): Fraction(1)})
        low = self._in_both_arms(form, symbol, False, self.given, 0)
        high = self._in_both_arms(1 - form, symbol, False, self.given, 0)
        return Bounds(Fraction(0) if low else None, Fraction(1) if high else None)


def _is_larger(condition: Formula, one: Form, other: Form) -> bool:
    """Whether a condition is that one form is larger than another, or not smaller."""
    difference = one - other
    return any(difference.table.compare(difference, strict) is condition for strict in (True, False))


def _chosen(form: Form, condition: Formula, arm: int) -> Form:
    """A form with all choices on a condition made."""
    for symbol in form.symbols:
        if symbol.kind == "choice" and symbol.parts[0] is condition:
            form = form.where_is(symbol, symbol.parts[arm])
    return form


def _quotient(form: Form) -> tuple[Any, Any]:
    """Numerator and denominator of a base."""
    if len(form.terms) == 1 and len(form.symbols) == 1 and form.symbols[0].kind == "ratio":
        (coefficient,) = form.terms.values()
        if form.split(form.symbols[0]):
            num, den = form.symbols[0].parts
            return coefficient * num, den
    return form, form.table.number(1)


def _factors(form: Form, other: Form) -> list[Fraction]:
    """Multiples of another form that leave less of one: the two smallest, since each costs a search."""
    ratios = {
        form.terms[monomial] / coefficient
        for monomial, coefficient in other.terms.items()
        if monomial and form.terms.get(monomial, 0) * coefficient > 0
    }
    return sorted(ratios)[:2]
