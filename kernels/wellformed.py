"""Whether a declaration makes sense; what is wrong with it is said in one line, as soon as it is declared.

check(game)

Each function below yields what is wrong with a part of a game, and relies on what those before it have seen to.
"""

import inspect
import keyword
import re
from collections.abc import Callable, Iterator
from itertools import chain, combinations
from math import isnan
from typing import Any, get_args

from posse.kernels import declaration as d
from posse.kernels.errors import InputError, short

WORD = r"\w+"  # flags and labels are words of attributes, where a space parts them
COLOUR = r"#[0-9a-fA-F]{6}"
# Keywords of posse.solve, and the dimension that it gives to lists of points.
TAKEN = ("outputs", "dtype", "outside_domain", "point")


def check(game: "d.Game") -> None:
    """Raise InputError where a game contradicts itself, or is declared by what cannot be used."""
    if not isinstance(game.name, str) or not re.fullmatch(r"[A-Za-z]\w{0,59}", game.name, re.ASCII):
        raise InputError(f"game {game.name!r}: is not a name of at most 60 letters, digits and _, a letter first")
    parts = _kinds, _parameter_kinds, _output_kinds, _names, _solve, _parameters, _order, _outputs, _flags, _groups
    for wrong in chain.from_iterable(part(game) for part in parts):
        raise InputError(f"game {game.name}: {' '.join(wrong.split())}")


def _kinds(game: "d.Game") -> Iterator[str]:
    for name, part in (("parameters", d.Parameter), ("outputs", d.Output)):
        there = getattr(game, name)
        if not _is_tuple(there, part) or not there:
            yield f"{name} is {short(there)}; it has to be a tuple of one or more {part.__name__}"
    yield from _texts("", game, "title", "version", "reference")
    if not _is_tuple(game.default_outputs, str):
        yield f"default_outputs is {short(game.default_outputs)}; it has to be a tuple of names"


def _parameter_kinds(game: "d.Game") -> Iterator[str]:
    for p in game.parameters:
        yield from _texts("parameter ", p, "name", "symbol", "long_name", "units")
        if not isinstance(p.domain, d.Domain):
            yield f"domain of {p.name} is {short(p.domain)}; it has to be a Domain, such as Domain(0, 1)"
        numbers = {"default": p.default, "low": p.domain.low, "high": p.domain.high}
        for what, number in (numbers | ({} if p.common is None else {"common": p.common})).items():
            if not isinstance(number, float | int) or isinstance(number, bool):
                yield f"{what} of {p.name} is {number!r}; it has to be a float or an int"
        low, high = p.domain.bounds
        if isnan(low) or isnan(high) or low > high:
            yield f"domain of {p.name} is {p.domain}, which no number of at most {d.LARGEST:g} lies in"


def _output_kinds(game: "d.Game") -> Iterator[str]:
    for o in game.outputs:
        yield from _texts("output ", o, "name", "long_name", "units")
        if o.kind not in get_args(d.Kind):
            yield f"kind of {o.name} is {o.kind!r}; allowed is {', '.join(get_args(d.Kind))}"
        if o.bits not in (8, 16) or (o.bits != 8 and o.kind != "flags"):
            yield f"{o.name} cannot have {o.bits!r} bits; flags have 8 or 16, others 8"
        if not _is_tuple(o.flags, d.Flag):
            yield f"flags of {o.name} is {short(o.flags)}; it has to be a tuple of Flag"
        if (o.kind in ("codes", "flags")) != bool(o.flags):
            yield f"{o.name} is of kind {o.kind}, which has {'no flags' if o.flags else 'one Flag or more'}"
        if not _is_dimension(o.dimension):
            like = 'a name and different labels, as in ("player", ("ann", "bob"))'
            yield f"dimension of {o.name} is {short(o.dimension)}; it has to be {like}"


def _is_dimension(dimension: Any) -> bool:
    """A name, and different labels that are not empty; or none."""
    if dimension is None:
        return True
    if not isinstance(dimension, tuple) or len(dimension) != 2 or not isinstance(dimension[0], str):
        return False
    labels = dimension[1]
    return _is_tuple(labels, str) and all(labels) and 0 < len(labels) == len(set(labels))


def _names(game: "d.Game") -> Iterator[str]:
    along = [(o.name, *o.dimension) for o in game.outputs if o.dimension]
    for (one, name, labels), (other, same, others) in combinations(along, 2):
        if name == same and labels != others:
            yield f"{one} and {other} have different labels along {name}: {short(labels)} and {short(others)}"
    names = [p.name for p in game.parameters] + [o.name for o in game.outputs] + list(game.dimensions)
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
            yield f"{name!r} is not a name of lower-case letters, digits and _"
        if name in TAKEN:
            yield f"{name!r} is a word of posse.solve; choose another name"
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        yield f"declared twice: {', '.join(sorted(twice))}"
    for name in game.default_outputs:
        if name not in [o.name for o in game.outputs] or game.default_outputs.count(name) > 1:
            yield f"default output {name!r} is not declared, or named twice"


def _solve(game: "d.Game") -> Iterator[str]:
    names = list(game.parameter_names)
    if not callable(game.solve) or not (game.tree is None or callable(game.tree)):
        yield f"solve is {game.solve!r}, tree {game.tree!r}; both have to be functions, tree may be None"
    try:
        arguments = inspect.signature(game.solve).parameters.values()
    except (TypeError, ValueError) as error:
        yield f"solve has to be a function of {names}: {error}"
    by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    if [a.name for a in arguments] != names or any(a.kind not in by_name for a in arguments):
        yield f"solve takes {[str(a) for a in arguments]}, but declares {names}, each to be given by its name"
    if game.tree and (wrong := _misfit(game.tree, names)):
        yield f"tree does not take the parameters: {wrong}"


def _misfit(function: Callable[..., Any], arguments: list[str]) -> str:
    """Why a function cannot be called with these arguments by name; nothing where it can."""
    try:
        inspect.signature(function).bind(**dict.fromkeys(arguments))
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def _parameters(game: "d.Game") -> Iterator[str]:
    for p in game.parameters:
        if p.default not in p.domain:
            yield f"default of {p.name} is {p.default}, allowed is {p.domain}"
        if p.domain.at_least is not None and p.domain.at_least not in game.parameter_names:
            yield f"{p.name} is bounded by unknown {p.domain.at_least!r}"
        if p.common is not None and p.common not in p.domain:
            yield f"common value of {p.name} is {p.common}, allowed is {p.domain}"


def _order(game: "d.Game") -> Iterator[str]:
    below = {high: low for low, high in game.order}
    for name in below:
        way = [name]
        while way[-1] in below:
            way.append(below[way[-1]])
            if way[-1] == name:
                yield f"{' ≥ '.join(way)}: a parameter cannot bound itself"
                return
            if way.count(way[-1]) > 1:
                break  # another one does
    for low, high in game.order:
        if game.defaults[high] < game.defaults[low]:
            yield f"default of {high} is smaller than that of {low}"


def _outputs(game: "d.Game") -> Iterator[str]:
    for o in game.outputs:
        if not isinstance(o.groups, tuple) or not all(isinstance(g, tuple) and len(g) == 2 for g in o.groups):
            yield f"groups of {o.name} is {short(o.groups)}; it has to be a tuple of pairs of a name and labels"


def _flags(game: "d.Game") -> Iterator[str]:
    for o in game.outputs:
        for flag in o.flags:
            yield from _texts(f"a flag of {o.name}: ", flag, "meaning")
            if not isinstance(flag.value, int) or isinstance(flag.value, bool) or not _fits(o, flag.value):
                allowed = f"powers of 2 below {o.outside}" if o.kind == "flags" else f"0 to {d.OUTSIDE_DOMAIN - 1}"
                yield f"{o.name} cannot have a flag of value {flag.value!r}; allowed is {allowed}, each once"
            if not _is_word(flag.name) or [f.name for f in o.all_flags].count(flag.name) > 1:
                yield f"{o.name} cannot have a flag of name {flag.name!r}; allowed are letters, digits and _, each once"
            if flag.colour is not None and not (isinstance(flag.colour, str) and re.fullmatch(COLOUR, flag.colour)):
                yield f"{o.name}: the colour of {flag.name} is {flag.colour!r}; it has to be written as #rrggbb"


def _fits(output: "d.Output", value: int) -> bool:
    single = value.bit_count() == 1 if output.kind == "flags" else True
    return single and 0 <= value < output.outside and [f.value for f in output.flags].count(value) == 1


def _groups(game: "d.Game") -> Iterator[str]:
    for o in game.outputs:
        for group, labels in o.groups:
            words = isinstance(labels, tuple) and all(map(_is_word, (group, *labels)))
            if o.kind != "codes" or not words or len(labels) != len(o.flags):
                yield f"{o.name} cannot have the group {group!r} of {short(labels)}; it needs a word for each code"


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(WORD, text) is not None


def _is_tuple(value: Any, of: type) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, of) for v in value)


def _texts(what: str, part: Any, *fields: str) -> Iterator[str]:
    """Which of these fields are not text."""
    for name in fields:
        if not isinstance(getattr(part, name), str):
            yield f"{what}{name} is {short(getattr(part, name))}; it has to be text"
