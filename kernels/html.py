"""HTML for notebooks: small tables in which every text is escaped.

tag("b", text)               an element; text is escaped unless it is Html already
void("img", src=...)         an element that has no content
table(headings, rows)        a table
folded(title, body)          what opens at a click
page(title, *parts)          all of it, with its style
game(declaration)            a game
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posse.kernels.declaration import Flag, Game

STYLE = """
.posse { line-height: 1.35; } .posse p { margin: 0.2em 0; } .posse summary { cursor: pointer; }
.posse table { border-collapse: collapse; margin: 0.3em 0; } .posse tr { background: none; }
.posse th, .posse td { text-align: left; vertical-align: top; padding: 0.15em 1em 0.15em 0; border: 0; }
.posse th { font-weight: 600; border-bottom: 1px solid #8888; } .posse pre { margin: 0.3em 0; }
.posse .swatch { display: inline-block; width: 0.9em; height: 0.9em; border: 1px solid #8888; vertical-align: -0.1em; }
"""
COLOUR = r"#[0-9a-fA-F]{3,8}|[a-z]+"


class Html(str):
    """Text that is HTML already; any other text is escaped."""

    __slots__ = ()


def escaped(content: Any) -> Html:
    """Html as it is, anything else as text."""
    return content if isinstance(content, Html) else Html(escape(str(content)))


def tag(name: str, /, *content: Any, **attributes: str) -> Html:
    """An element."""
    return Html(f"<{_opening(name, attributes)}>{''.join(map(escaped, content))}</{name}>")


def void(name: str, /, **attributes: str) -> Html:
    """An element that has no content."""
    return Html(f"<{_opening(name, attributes)} />")


def _opening(name: str, attributes: Mapping[str, str]) -> str:
    return " ".join([name, *(f'{key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())])


def table(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Html:
    """A table with a line of headings."""
    head = tag("tr", *(tag("th", heading) for heading in headings))
    return tag("table", tag("thead", head), tag("tbody", *(tag("tr", *(tag("td", c) for c in row)) for row in rows)))


def folded(title: Any, body: Html) -> Html:
    """What opens at a click."""
    return tag("details", tag("summary", title), body)


def colour(text: str | None) -> str:
    """A colour as it was declared; nothing where it is none."""
    return text if text and re.fullmatch(COLOUR, text) else ""


def swatch(declared: str | None) -> Html:
    """A patch of a colour, or nothing."""
    known = colour(declared)
    return tag("span", style=f"background: {known}", class_="swatch") if known else Html("")


def page(title: Any, *parts: Html) -> str:
    """All of it, with its style."""
    return str(tag("div", tag("style", Html(STYLE)), tag("p", tag("b", title)), *parts, class_="posse"))


def game(declared: "Game") -> str:
    """A game: its parameters, outputs, and what their codes mean."""
    parameters = [(p.name, p.symbol, p.domain, f"{p.default:g}", p.long_name) for p in declared.parameters]
    outputs = [(o.name, " ".join(o.labels), o.long_name) for o in declared.outputs]
    return page(
        f"{declared.title} ({declared.name}, version {declared.version})",
        tag("p", declared.reference),
        folded(
            f"{len(parameters)} parameters", table(("parameter", "symbol", "domain", "default", "meaning"), parameters)
        ),
        folded(f"{len(outputs)} outputs", table(("output", "of each", "meaning"), outputs)),
        *(_flags(o.name, o.all_flags) for o in declared.outputs if o.all_flags),
    )


def _flags(name: str, flags: Sequence["Flag"]) -> Html:
    """The codes of an output, or its flags; their colours stand beside its name."""
    title = Html(f"{escaped(name)} {''.join(swatch(flag.colour) for flag in flags)}")
    return folded(
        title, table(("", "code", "name", "meaning"), [(swatch(f.colour), f.value, f.name, f.meaning) for f in flags])
    )
