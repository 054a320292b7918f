"""What stands beside the map, as HTML: legend with shares, a point in words, two points compared."""

from collections.abc import Sequence

import xarray as xr

from posse.analysis import story as stories
from posse.explorer.dial import Dial, Value
from posse.explorer.picture import NOT_YET, UNDEFINED
from posse.explorer.solving import NOT_COMPUTED, Cells, Live, Source
from posse.explorer.space import Point, Space
from posse.kernels.declaration import OUTSIDE_DOMAIN
from posse.kernels.errors import InputError
from posse.kernels.html import Html, swatch, tag

LETTERS = "AB"


def plain(name: str) -> str:
    """A name with blanks."""
    return name.replace("_", " ")


def text(value: Value) -> str:
    """A value in a few letters: in full if ten digits are enough for that."""
    if isinstance(value, str):
        return value
    return full if float(full := f"{value:.10g}") == value else f"{value:.4g}"


def short(text: str, most: int) -> str:
    """A text of so many letters at most."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def colouring(name: str) -> str:
    """What colours a map, in words."""
    output, _, component = name.partition(".")
    return f"{plain(output)} of {plain(component)}" if component else plain(output)


def title(dial: Dial) -> str:
    """Name, symbol and unit."""
    unit = "" if dial.units == "1" else f" [{dial.units}]"
    return f"{dial.name}  {dial.symbol}{unit}".strip()


def unfinished(store: str, progress: str) -> str:
    """How far a sweep is; whether anyone is still at it cannot be seen from its cube."""
    return f"{store} is not finished: {progress}; unless it is running, posse resume {store} goes on"


def legend(cells: Cells, space: Space, coloured: bool) -> Html:
    """The regimes that occur on the map, and what else there is, with their shares of its cells."""
    shares = cells.shares
    most = shares[:OUTSIDE_DOMAIN].max() or 1
    rows = [
        _legend_row(code.colour if coloured else "", plain(code.name), shares[code.value], shares[code.value] / most)
        for code in space.codes
        if shares[code.value] > 0 and code.value < OUTSIDE_DOMAIN
    ]
    others = ((OUTSIDE_DOMAIN, "outside the domain", UNDEFINED), (NOT_COMPUTED, "not computed", NOT_YET))
    rows += [_legend_row(colour, name, shares[value], 0) for value, name, colour in others if shares[value] > 0]
    return tag("div", tag("h2", "Shares of this map"), tag("table", *rows, class_="legend"))


def _legend_row(colour: str, name: str, share: float, length: float) -> Html:
    percent = "< 1 %" if share < 0.005 else f"{100 * share:.0f} %"
    bar = tag("span", style=f"width:{100 * length:.1f}%") if length else ""
    return tag(
        "tr",
        tag("td", swatch(colour)),
        tag("th", name),
        tag("td", percent, class_="number"),
        tag("td", bar, class_="bar"),
    )


def regime(found: xr.Dataset, space: Space) -> tuple[str, str, str]:
    """Name, meaning and colour of the regime at a point."""
    value = int(found[space.regime].item())
    if value == NOT_COMPUTED:
        return "not computed", "the sweep has not come here yet", NOT_YET
    code = next((code for code in space.codes if code.value == value), None)
    return (plain(code.name), space.meanings.get(value, ""), code.colour) if code else (str(value), "", "")


def numbers(found: xr.Dataset) -> dict[str, float]:
    """The numbers of a solution that are defined, by what they are called."""
    rows: dict[str, float] = {}
    for name, variable in found.data_vars.items():
        if variable.dtype.kind != "f":
            continue
        if variable.ndim:
            labels = variable[variable.dims[0]].values
            named = zip(labels, variable.values, strict=True)
            rows |= {f"{plain(str(name))} of {plain(str(label))}": float(value) for label, value in named}
        else:
            rows[plain(str(name))] = float(variable)
    return {name: value for name, value in rows.items() if value == value}


def here(found: xr.Dataset, space: Space, point: Point, axes: Sequence[str], heading: str) -> Html:
    """A point of the map in a few words: where it is, its regime, what that means, the payoffs."""
    name, meaning, colour = regime(found, space)
    payoffs = [
        tag("span", key.removeprefix("payoff of "), " ", tag("b", f"{value:.4g}"), class_="payoff")
        for key, value in numbers(found).items()
        if key.startswith("payoff of ")
    ]
    return tag(
        "div",
        tag("h2", heading),
        tag("p", ", ".join(f"{plain(axis)} {text(point[axis])}" for axis in axes), class_="where"),
        tag("p", swatch(colour), " ", *_explained(name, meaning)),
        tag("p", tag("span", "payoffs: ", class_="quiet"), *payoffs) if payoffs else "",
    )


def pinned(source: Source, pins: Sequence[Point]) -> Html:
    """The pinned points side by side, then the story of each."""
    space = source.space
    solved = [source.solve(pin) for pin in pins]
    head = tag("tr", tag("td"), *(tag("th", letter) for letter in LETTERS[: len(pins)]))
    stories = [
        tag("section", tag("h3", letter), story(source, pin, found))
        for letter, pin, found in zip(LETTERS, pins, solved, strict=False)
    ]
    return tag(
        "div",
        tag("h2", "Pinned points: what differs is bold" if len(pins) > 1 else "Pinned point"),
        tag("table", head, *_compared(space, pins, solved), class_="pins"),
        *stories,
    )


def _compared(space: Space, pins: Sequence[Point], solved: Sequence[xr.Dataset]) -> list[Html]:
    """Rows of a table: the regimes of points, the dials that tell them apart, and their numbers."""
    regimes = [regime(found, space) for found in solved]
    swatches = [tag("span", swatch(colour), "\N{NO-BREAK SPACE}", name) for name, _, colour in regimes]
    rows = [_row("regime", swatches, len(set(regimes)) > 1)]
    varying = [name for name in space.dials if len({pin[name] for pin in pins}) > 1]
    rows += [_row(title(space.dials[name]), [text(pin[name]) for pin in pins], True) for name in varying]
    found = [numbers(one) for one in solved]
    for key in dict.fromkeys(key for one in found for key in one):
        values = [f"{one[key]:.4g}" if key in one else "–" for one in found]
        rows.append(_row(key, values, len(set(values)) > 1))
    return rows


def _row(name: str, values: Sequence[str], differs: bool) -> Html:
    cells = (tag("td", value, class_="number") for value in values)
    return tag("tr", tag("th", name), *cells, class_="differs" if differs else "")


def story(source: Source, point: Point, found: xr.Dataset) -> Html:
    """Who does what at a point, and why no one deviates; where nobody tells, what the regime means."""
    if isinstance(source, Live):
        try:
            return Html(stories.story(source.game, source.space.parameters(point))._repr_html_())
        except InputError as error:
            return tag("p", error)
    name, meaning, _ = regime(found, source.space)
    return tag("p", *_explained(name, meaning))


def _explained(name: str, meaning: str) -> tuple[Html, str]:
    return tag("b", name), f": {meaning}" if meaning else ""
