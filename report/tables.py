"""Tables of the page: a heading for every column and row, a caption, and room to scroll.

table("Shares", ["case", ...], rows, "tight")
key({"oppose": "#ffd54d"})
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from posse.kernels.html import Html, escaped, folded, swatch, tag
from posse.report.words import plain


class Cell(NamedTuple):
    """A cell that looks otherwise."""

    content: Any
    style: str = ""
    kind: str = ""


def table(caption: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]], kind: str = "") -> Html:
    """A table whose first column names its rows."""
    head = tag("tr", *(tag("th", heading, scope="col") for heading in headings))
    body = [tag("tr", tag("th", first, scope="row"), *map(_cell, rest)) for first, *rest in rows]
    inside = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_=kind)
    return tag("div", inside, class_="wide", tabindex="0", role="region", **{"aria-label": caption})


def _cell(content: Any) -> Html:
    if not isinstance(content, Cell):
        return tag("td", content)
    about = {"style": content.style, "class_": content.kind}
    return tag("td", content.content, **{name: value for name, value in about.items() if value})


def breaking(name: str) -> Html:
    """A name that may be broken behind its underscores."""
    return Html("_<wbr />".join(map(escaped, name.split("_"))))


def key(colours: Mapping[str, str]) -> Html:
    """What each colour stands for."""
    return tag("ul", *(tag("li", swatch(colour), plain(name)) for name, colour in colours.items()), class_="key")


def aside(title: str, *parts: Html) -> Html:
    """What opens at a click."""
    return folded(title, tag("div", *parts))


def paragraph(*content: Any, kind: str = "") -> Html:
    """A paragraph, of a kind of its own if one is named."""
    return tag("p", *content, **({"class_": kind} if kind else {}))
