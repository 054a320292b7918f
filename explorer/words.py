"""What stands beside the map, as HTML: legend with shares, a point in words, two points compared."""

from collections.abc import Sequence
from html import escape

import xarray as xr

from posse.analysis import story as stories
from posse.explorer.dial import Dial, Value
from posse.explorer.picture import NOT_YET, UNDEFINED
from posse.explorer.solving import NOT_COMPUTED, Cells, Live, Source
from posse.explorer.space import Point, Space
from posse.kernels.declaration import OUTSIDE_DOMAIN
from posse.kernels.errors import InputError

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


def legend(cells: Cells, space: Space, coloured: bool) -> str:
    """The regimes that occur on the map, and what else there is, with their shares of its cells."""
    shares = cells.shares
    most = shares[:OUTSIDE_DOMAIN].max() or 1
    found = [code for code in space.codes if shares[code.value] > 0 and code.value < OUTSIDE_DOMAIN]
    rows = [
        _legend_row(code.colour if coloured else "", plain(code.name), share, share / most)
        for code, share in zip(found, shares[[code.value for code in found]], strict=True)
    ]
    others = ((OUTSIDE_DOMAIN, "outside the domain", UNDEFINED), (NOT_COMPUTED, "not computed", NOT_YET))
    rows += [_legend_row(colour, name, shares[value], 0) for value, name, colour in others if shares[value] > 0]
    return f"<h2>Shares of this map</h2><table class='legend'>{''.join(rows)}</table>"


def _legend_row(colour: str, name: str, share: float, length: float) -> str:
    swatch = f"<span class='swatch' style='background:{escape(colour)}'></span>" if colour else ""
    percent = "&lt; 1 %" if share < 0.005 else f"{100 * share:.0f} %"
    bar = f"<span style='width:{100 * length:.1f}%'></span>" if length else ""
    return (
        f"<tr><td>{swatch}</td><th>{escape(name)}</th><td class='number'>{percent}</td><td class='bar'>{bar}</td></tr>"
    )


def regime(found: xr.Dataset, space: Space) -> tuple[str, str, str]:
    """Name, meaning and colour of the regime at a point."""
    value = int(found[space.regime].item())
    if value == NOT_COMPUTED:
        return "not computed", "the sweep has not come here yet", NOT_YET
    code = next((code for code in space.codes if code.value == value), None)
    return (plain(code.name), space.meanings.get(value, ""), code.colour) if code else (str(value), "", "none")


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


def here(found: xr.Dataset, space: Space, point: Point, axes: Sequence[str], heading: str) -> str:
    """A point of the map in a few words: where it is, its regime, what that means, the payoffs."""
    name, meaning, colour = regime(found, space)
    where = ", ".join(f"{plain(axis)} {text(point[axis])}" for axis in axes)
    payoffs = {key: value for key, value in numbers(found).items() if key.startswith("payoff of ")}
    told = " ".join(
        f"<span class='payoff'>{escape(key.removeprefix('payoff of '))} <b>{value:.4g}</b></span>"
        for key, value in payoffs.items()
    )
    return (
        f"<h2>{escape(heading)}</h2><p class='where'>{escape(where)}</p>"
        f"<p><span class='swatch' style='background:{escape(colour)}'></span> <b>{escape(name)}</b>"
        f"{': ' + escape(meaning) if meaning else ''}</p>"
        + (f"<p><span class='quiet'>payoffs:</span> {told}</p>" if told else "")
    )


def pinned(source: Source, pins: Sequence[Point]) -> str:
    """The pinned points side by side, then the story of each."""
    space = source.space
    solved = [source.solve(pin) for pin in pins]
    names = [regime(found, space) for found in solved]
    head = "".join(f"<th>{letter}</th>" for letter, _ in zip(LETTERS, pins, strict=False))
    regimes = "".join(
        f"<td><span class='swatch' style='background:{escape(colour)}'></span>&nbsp;{escape(name)}</td>"
        for name, _, colour in names
    )
    differs = " differs" if len({name for name, _, _ in names}) > 1 else ""
    table = [f"<tr class='regime{differs}'><th>regime</th>{regimes}</tr>"]
    varying = [n for n in space.dials if len({pin[n] for pin in pins}) > 1]
    table += [_row(title(space.dials[n]), [text(pin[n]) for pin in pins], True) for n in varying]
    found = [numbers(one) for one in solved]
    for key in dict.fromkeys(key for one in found for key in one):
        values = [f"{one[key]:.4g}" if key in one else "–" for one in found]
        table.append(_row(key, values, len(set(values)) > 1))
    stories = "".join(
        f"<section><h3>{letter}</h3>{story(source, pin, found)}</section>"
        for letter, pin, found in zip(LETTERS, pins, solved, strict=False)
    )
    words = "Pinned points: what differs is bold" if len(pins) > 1 else "Pinned point"
    return f"<h2>{words}</h2><table class='pins'><tr><td></td>{head}</tr>{''.join(table)}</table>{stories}"


def _row(name: str, values: Sequence[str], differs: bool) -> str:
    cells = "".join(f"<td class='number'>{escape(value)}</td>" for value in values)
    return f"<tr{' class=differs' if differs and len(values) > 1 else ''}><th>{escape(name)}</th>{cells}</tr>"


def story(source: Source, point: Point, found: xr.Dataset) -> str:
    """Who does what at a point, and why no one deviates; where nobody tells, what the regime means."""
    if isinstance(source, Live):
        try:
            return stories.story(source.game, source.space.parameters(point))._repr_html_()
        except InputError as error:
            return f"<p>{escape(str(error))}</p>"
    name, meaning, _ = regime(found, source.space)
    return f"<p><b>{escape(name)}</b>{': ' + escape(meaning) if meaning else ''}</p>"
