"""Facts: what is known in a case of a proof.

Fact(form, strict)                 a form that is above 0, or not below
with_facts(facts, condition)       what is known where a condition holds too
told(condition, facts)             what they say of a condition
comparisons(facts)                 those that are no alternatives
"""

from collections.abc import Iterator
from typing import NamedTuple

from posse.kernels.forms import Condition, Form, Formula


class Fact(NamedTuple):
    """A form that is above 0, or not below."""

    form: Form
    strict: bool

    @property
    def is_false(self) -> bool:
        """Whether it is one of numbers, and false."""
        value = self.form.constant
        return value is not None and (value < 0 or (value == 0 and self.strict))


Facts = frozenset[Fact | Formula]  # a formula is an alternative of which it is not known yet which side holds


def comparisons(facts: Facts) -> list[Fact]:
    """Those that are no alternatives."""
    return [fact for fact in facts if isinstance(fact, Fact)]


def with_facts(facts: Facts, condition: Condition) -> Facts:
    """What is known where a condition holds too, and which sides of alternatives that rules out."""
    found = facts | set(facts_of(condition, facts))
    while True:
        alternatives = [fact for fact in found if isinstance(fact, Formula)]
        more = found | {new for one in alternatives for new in facts_of(one, found)}
        if more == found:
            return found
        found = more


def facts_of(condition: Condition, facts: Facts = frozenset()) -> Iterator[Fact | Formula]:
    """What holds where a condition does, beside facts that may rule out one side of an alternative."""
    if not isinstance(condition, Formula):
        return
    if condition.op == "positive":
        yield Fact(*condition.parts)
        return
    if condition.op == "or":
        yield condition
    for part, other in (condition.parts, condition.parts[::-1]):
        if condition.op == "and" or told(other, facts) is False:
            yield from facts_of(part, facts)


def told(condition: Condition, facts: Facts) -> bool | None:
    """What facts say of a condition in so many words; None where they say nothing."""
    if not isinstance(condition, Formula):
        return bool(condition)
    if condition.op == "positive":
        form, strict = condition.parts
        if Fact(form, True) in facts or (not strict and Fact(form, False) in facts):
            return True
        against = -form
        return False if Fact(against, True) in facts or (strict and Fact(against, False) in facts) else None
    ends = condition.op == "or"
    if ends and condition in facts:
        return True
    found = [told(part, facts) for part in condition.parts]
    if ends in found:
        return ends
    return None if None in found else not ends
