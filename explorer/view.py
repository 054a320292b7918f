"""The state of the page: what the map shows and which points are pinned, as a link says it.

default(space) -> View
read(query, space) -> View
write(view, space) -> query
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from posse.explorer.dial import Dial, Span, Value, number
from posse.explorer.space import Point, Space
from posse.kernels.errors import InputError, pick

MOST_PINS = 2
PINS = tuple(f"pin.{k + 1}" for k in range(MOST_PINS))
ENDS = {"x": ("map.left", "map.right"), "y": ("map.bottom", "map.top")}
FIELDS = ("map.x", "map.y", *ENDS["x"], *ENDS["y"], "map.colour", *PINS)


@dataclass(frozen=True)
class View:
    """x, y: dials along the axes of the map; x_range, y_range: positions of its borders.

    point: where every dial stands, those of the axes too. colour: what colours the map, a name of space.colourings.
    pins: points that are pinned.
    """

    x: str
    y: str
    x_range: Span
    y_range: Span
    point: Point
    colour: str
    pins: tuple[Point, ...] = ()


def default(space: Space) -> View:
    """What a page shows at first."""
    x, y = space.first
    return View(x, y, space.dial(x).span, space.dial(y).span, space.start, space.regime)


def write(view: View, space: Space) -> str:
    """The query of a link that restores a view; what a page begins with is left out."""
    fields = {"map.x": view.x, "map.y": view.y}
    for axis, span in (("x", view.x_range), ("y", view.y_range)):
        if span != space.dial(getattr(view, axis)).span:
            fields |= dict(zip(ENDS[axis], map(repr, span), strict=True))
    if view.colour != space.regime:
        fields["map.colour"] = view.colour
    fields |= _moved(view.point, space)
    fields |= {name: urlencode(_moved(pin, space), quote_via=quote) for name, pin in zip(PINS, view.pins, strict=False)}
    return urlencode(fields, quote_via=quote)


def _moved(point: Point, space: Space) -> dict[str, str]:
    """The dials of a point that do not stand where they began."""
    return {name: _text(value) for name, value in point.items() if value != space.dials[name].start}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else repr(value)


def read(query: str, space: Space) -> View:
    """The view that a link asks for. InputError, one line, where it is broken."""
    fields = _fields(query, "link")
    for name in fields:
        if name not in FIELDS:
            _known(name, space)
    first = default(space)
    x, y = fields.get("map.x", first.x), fields.get("map.y", first.y)
    axes = {key: space.dial(name).name for key, name in (("x", x), ("y", y))}
    if x == y:
        raise InputError(f"map.x and map.y are both {x}; choose two of {', '.join(space.dials)}")
    colour = pick("map.colour", fields.get("map.colour", first.colour), {name: name for name in space.colourings})
    return View(
        x,
        y,
        _span(fields, "x", space.dial(axes["x"])),
        _span(fields, "y", space.dial(axes["y"])),
        _point({name: text for name, text in fields.items() if name not in FIELDS}, space),
        colour,
        tuple(_point(_fields(fields[name], name), space) for name in PINS if name in fields),
    )


def _fields(query: str, what: str) -> dict[str, str]:
    """Names and values, each name once."""
    try:
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise InputError(f"{what}: {query[:60]!r} is not of the form name=value&name=value") from None
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"{what}: {twice} is given twice")
    return dict(pairs)


def _known(name: str, space: Space) -> Dial:
    return pick("field of a link", name, dict(space.dials) | dict.fromkeys(FIELDS, next(iter(space.dials.values()))))


def _point(given: Mapping[str, str], space: Space) -> dict[str, Value]:
    return space.start | {name: space.dial(name).read(text) for name, text in given.items()}


def _span(fields: Mapping[str, str], axis: str, dial: Dial) -> Span:
    """The part of an axis that the map shows."""
    names = ENDS[axis]
    if not any(name in fields for name in names):
        return dial.span
    low, high = (number(n, fields[n]) if n in fields else end for n, end in zip(names, dial.span, strict=True))
    if not low < high:
        raise InputError(f"{names[1]}: {high:g} is not above {names[0]} = {low:g}")
    if dial.is_log and low <= 0:
        raise InputError(f"{names[0]}: {low:g} is not allowed; {dial.name} is shown in ratios, so it is above 0")
    lowest, highest = dial.limits
    for name, end in zip(names, (low, high), strict=True):
        if not lowest <= end <= highest:
            raise InputError(f"{name}: {end:g} is not allowed; {dial.name} is shown from {lowest:g} to {highest:g}")
    return dial.window((low, high))
