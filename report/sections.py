"""The parts of the page that are about all cases.

asked_for(asked), shares(asked, found), how_well(asked, found), which_decides(asked, found)
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import xarray as xr

from posse.kernels.catalogue import game
from posse.kernels.declaration import Parameter
from posse.kernels.errors import InputError
from posse.kernels.html import Html, swatch, tag
from posse.report.answers import FEW, RARE, Answers, Shares, told
from posse.report.drawings import bar, density, shade
from posse.report.maps import belief, in_ratios
from posse.report.question import OBSERVED, WHOLE, Question
from posse.report.tables import Cell, aside, breaking, key, paragraph, table
from posse.report.words import DESIGNS, believed, listed, number, plain, share, short, verdict
from posse.sweeps.html import span

FIRST = 3  # regimes of each case that are named
OUTSIDE = "outside_domain"


def declared(asked: Question) -> Mapping[str, Parameter]:
    """The parameters of the game, where it is installed."""
    try:
        return {p.name: p for p in game(str(asked.ds.attrs.get("game", ""))).parameters}
    except InputError:
        return {}


def asked_for(asked: Question) -> Html:
    """What was asked: the game, the cases, what is unknown, what is swept, what is fixed."""
    attributes, ds = asked.ds.attrs, asked.ds
    points = " × ".join(f"{dim} {ds.sizes[dim]:,}" for dim in ds[asked.regime].dims if dim != WHOLE)
    told = f"{attributes.get('title', 'The game')} ({attributes.get('game', 'of unknown name')}, version "
    told += f"{attributes.get('game_version', 'unknown')}) was solved at every point of {points or 'one point'}."
    parts = [paragraph(told), paragraph(attributes["references"])] if "references" in attributes else [paragraph(told)]
    return tag("section", tag("h2", "What was asked"), *parts, _cases(asked), *_unknowns(asked), _others(asked))


def _cases(asked: Question) -> Html:
    """What is measured of each case, and what is noted; not the sources, which stand with each case."""
    notes = {name: texts for name, texts in asked.notes.items() if not name.endswith("_source")}
    if not (notes or asked.measured):
        return Html("")
    columns = [*notes.values(), *([short(v) for v in values] for values in asked.measured.values())]
    rows = zip(asked.labels, *columns, strict=True)
    return table("The cases, and what is known of them", [asked.case, *notes, *asked.measured], rows, "tight")


def _unknowns(asked: Question) -> list[Html]:
    if not asked.designs:
        over = f"the axes {listed(list(asked.grids))} are averaged over, each label alike" if asked.grids else ""
        return [paragraph(f"No unknown was drawn: the cube has no design{f'; {over}' if over else ''}.")]
    parts = []
    for dim, design in asked.designs.items():
        axis = asked.written.axes.get(dim, {}) if asked.written else {}
        number_of = asked.ds.sizes[dim]
        told = f"{number_of:,} points were drawn together ({DESIGNS.get(design.kind, design.kind)}, "
        told += f"in {len(design.sizes)} independent replicates"
        told += f", seed {axis['seed']})." if "seed" in axis else ")."
        rows = []
        for name in design.parameters:
            values = asked.ds[name].values
            drawn = density(values, in_ratios(asked, name))
            meaning = asked.ds[name].attrs.get("long_name", "")
            rows.append((name, meaning, believed(belief(axis, name)), drawn, short(float(np.median(values)))))
        headings = ("unknown", "meaning", "what is believed of it", "density of the draws", "median")
        parts += [paragraph(told), table("What is unknown, and drawn", headings, rows)]
    return parts


def _others(asked: Question) -> Html:
    """Axes that are no cases and no designs, and what is held."""
    known = declared(asked)
    parts = []
    if asked.grids:
        axes = {dim: asked.ds[dim] for dim in asked.grids}
        rows = [(dim, str(one.size), span(one.values), one.attrs.get("long_name", "")) for dim, one in axes.items()]
        parts.append(table("What is swept", ("axis", "labels", "range", "meaning"), rows))
    chosen = {str(n): c.item() for n, c in asked.ds.coords.items() if not c.ndim}
    fixed = chosen | (asked.written.fixed if asked.written else {})
    if fixed:
        held = [(n, short(v), known[n].long_name if n in known else "") for n, v in fixed.items()]
        parts.append(table("What is fixed", ("parameter", "value", "meaning"), held))
    return tag("div", *parts)


def shares(asked: Question, found: Answers) -> Html:
    """What the model says: shares of the words, and of the regimes."""
    what = "draws" if asked.designs else "points"
    noted = " Triangles mark what happened, hollow ones where the model never says so." if asked.observed else ""
    text = f"The share of the {what} under which each {plain(asked.word)} holds"
    text += f", averaged over {listed(list(asked.grids))}" if asked.grids else ""
    text += ERRORS if asked.designs else "; nothing is drawn, so that shares follow from the values listed above."
    parts = [paragraph(text + noted), _shares(asked, found.shares)]
    if found.regimes is not None:
        again = f"The same by {plain(asked.regime)}. The {FIRST} most frequent are named; the numbers of all are below."
        parts += [tag("h3", "The regimes"), paragraph(again), _largest(asked, found.regimes)]
        parts.append(aside("Shares of all regimes", _numbers(asked, found.regimes)))
    return tag("section", tag("h2", "What the model says"), *parts)


def _bars(asked: Question, found: Shares, marked: bool) -> list[Html]:
    colours = asked.colours(str(found.share.dims[-1]))
    bars = []
    for k in range(len(asked.labels)):
        one = found.at(**{asked.case: k})
        shares = dict(zip(found.words, one.share.values.tolist(), strict=True))
        bars.append(bar(shares, colours, asked.observed[k] if asked.observed and marked else ""))
    return bars


def _shares(asked: Question, found: Shares) -> Html:
    """A bar and the numbers for each case; those of what happened are bold."""
    colours = asked.colours(asked.word)
    words = [word for word in found.words if word != OUTSIDE or word in found.present]
    headings = [asked.case, "shares", *([OBSERVED] if asked.observed else [])]
    headings += [Html(swatch(colours[word]) + tag("span", plain(word))) for word in words]
    rows: list[Sequence[Any]] = []
    for k, (label, drawn) in enumerate(zip(asked.labels, _bars(asked, found, True), strict=True)):
        one = found.at(**{asked.case: k})
        happened = asked.observed[k] if asked.observed else ""
        cells = [Cell(share(*one.told(word)), kind="said" * (word == happened)) for word in words]
        rows.append([label, drawn, *([happened or "–"] if asked.observed else []), *cells])
    shown = key({word: colours[word] for word in words})
    return tag("div", shown, table(f"Shares of each {plain(asked.word)}", headings, rows, "tight"))


def _largest(asked: Question, found: Shares) -> Html:
    """A bar for each case, and its most frequent regimes by name."""
    colours = asked.colours(asked.regime)
    rows = []
    for k, drawn in enumerate(_bars(asked, found, False)):
        values = found.at(**{asked.case: k}).share.values
        order = [j for j in np.argsort(-values, kind="stable")[:FIRST] if values[j] > 0]
        named = "; ".join(f"{plain(found.words[j])} {number(values[j], digits=2)}" for j in order)
        rows.append((asked.labels[k], drawn, named))
    shown = key({word: colours[word] for word in found.present})
    return tag("div", shown, table("Shares of the regimes", (asked.case, "shares", "most frequent"), rows))


def _numbers(asked: Question, found: Shares) -> Html:
    each = [found.at(**{asked.case: k}) for k in range(len(asked.labels))]
    rows = [
        [label, *(share(*one.told(word)) for word in found.present)]
        for label, one in zip(asked.labels, each, strict=True)
    ]
    return table("Shares and their errors", [asked.case, *map(breaking, found.present)], rows, "tight heat")


def how_well(asked: Question, found: Answers) -> Html:
    """Scores next to base rates."""
    heading = tag("h2", "How well it does")
    if isinstance(found.scores, str):
        return tag("section", heading, paragraph(f"Not told: {found.scores}."))
    scores, model = found.scores, found.scores.sel(forecast="model")
    rows = []
    for k, label in enumerate(model[asked.case].values):
        one = model.isel({asked.case: k})
        numbers = [number(float(one[name]), float(one[f"{name}_error"])) for name in ("brier", "log")]
        given = share(float(one.probability), float(one.probability_error), _inside(found.shares, asked, label))
        rows.append((label, plain(str(one.observed.values)), given, *numbers))
    means = []
    for name in scores.forecast.values:
        one = scores.sel(forecast=name)
        mean = [number(float(one[f"mean_{s}"]), float(one[f"mean_{s}_error"]) or np.nan) for s in ("brier", "log")]
        means.append((FORECASTS[str(name)], *mean))
    left = scores.attrs["left_out"]
    return tag(
        "section",
        heading,
        paragraph(verdict(scores) + (f" {left} cases are left out, of which it is not noted." if left else "")),
        table("Mean scores; less is better", ("forecast", "mean Brier score", "mean log score"), means, "tight"),
        table(
            "Each case: the probability given to what happened, and the scores of that",
            (asked.case, OBSERVED, "probability", "Brier score", "log score"),
            rows,
            "tight",
        ),
        paragraph(SCORES, kind="note"),
    )


def _inside(found: Shares, asked: Question, label: Any) -> int:
    """How many draws of a case are inside the domain."""
    one = found.at(**{asked.case: asked.labels.index(str(label))})
    return round(found.draws * (1 - (one.told(OUTSIDE)[0] if OUTSIDE in one.words else 0)))


ERRORS = (
    ", with its Monte Carlo standard error; or, where next to none or next to all of the draws agree, in how many of "
    "them."
)
FORECASTS = {
    "model": "the model",
    "uniform": "every word alike",
    "frequencies": "how often each was observed (has seen the answers)",
    "leave_one_out": "how often each was observed in the other cases",
}
SCORES = (
    "The Brier score is the squared distance between forecast and what happened, from 0 to 2; the log score is minus "
    "the logarithm of the probability given to what happened, infinite where that is 0. Errors are Monte Carlo errors: "
    "they do not say how little so few cases can tell of a model."
)


def which_decides(asked: Question, found: Answers) -> Html:
    """Total Sobol indices as a heat map of numbers, one word for each case; all words and first orders below."""
    heading = tag("h2", "Which unknown decides")
    if isinstance(found.indices, str):
        return tag("section", heading, paragraph(f"Not told: {found.indices}."))
    text = (
        "The total Sobol index of each unknown, with its Monte Carlo error: the share of the variance of whether the "
        f"model says the {plain(asked.word)} in question that would be left if all other unknowns were known. It is "
        f"asked of what happened; where the model says that in less than {RARE:.0%} of the draws, or {FEW} of them, or "
        "in all but so few, or nothing is noted, of what is most in doubt. Too few draws tell of what is grey: the "
        "word is as rare, or the error more than half of the index. An index is undefined (–) where nothing varies."
    )
    words = [found.doubtful(asked, k) for k in range(len(asked.labels))]
    parts = [paragraph(text), *_where(asked), _heat(asked, found, "total", words, True)]
    more = []
    for word in map(str, found.indices[asked.word].values):
        each = [word] * len(words)
        for index in ("total", "first_order"):
            if bool(found.indices[index].sel({asked.word: word}).notnull().any()):
                more.append(_heat(asked, found, index, each, False))
    return tag("section", heading, *parts, aside("Total and first-order indices of every word", *more))


def _where(asked: Question) -> list[Html]:
    held = listed([f"{name} = {short(value)}" for name, value in asked.middle.items()])
    return [paragraph(f"At {held}.")] if held else []


def _heat(asked: Question, found: Answers, index: str, words: list[str], named: bool) -> Html:
    indices = cast(xr.Dataset, found.indices)
    unknowns = [str(name) for name in indices.unknown.values]
    rows: list[list[Any]] = []
    for k, (label, word) in enumerate(zip(asked.labels, words, strict=True)):
        enough = found.enough(asked, k, word)
        one = indices.isel({asked.case: k}).sel({asked.word: word})
        pairs = zip(one[index].values.tolist(), one[f"{index}_error"].values.tolist(), strict=True)
        cells = [_index(*pair, enough) for pair in pairs]
        rows.append([label, *([plain(word)] if named else []), *cells])
    which = "Total" if index == "total" else "First-order"
    caption = f"{which} indices" + ("" if named else f" of {plain(words[0])}")
    return table(
        caption, [asked.case, *([plain(asked.word)] if named else []), *map(breaking, unknowns)], rows, "tight heat"
    )


def _index(value: float, error: float, enough: bool) -> Cell:
    """A cell of the heat map; grey, and without colour, where too few draws tell of it."""
    clear = enough and told(value, error)
    return Cell(number(value, error, 2), shade(value) if clear else "", "" if clear else "faint")
