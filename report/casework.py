"""The part of the page that goes case by case: what would have to be true, a map, and where its numbers come from.

cases(asked, found, tell)
"""

from collections.abc import Callable

from posse.kernels.errors import PosseError
from posse.kernels.html import Html, swatch, tag
from posse.report import maps
from posse.report.answers import AT_LEAST, Answers
from posse.report.drawings import image, lines
from posse.report.question import Question
from posse.report.tables import aside, key, paragraph, table
from posse.report.words import listed, of_draws, plain, share, short, would_have_to_be_true

MOST_CASES = 100  # that are told one by one
SOURCE = "_source"


def cases(asked: Question, found: Answers, tell: Callable[[str], None]) -> Html:
    """A section for each case."""
    several = len(asked.labels) > 1
    back = [tag("p", tag("a", "Back to the top", href="#top"), class_="back")] if several else []
    heading = tag("h2", "Case by case" if several else "A closer look")
    if len(asked.labels) > MOST_CASES:
        return tag("section", heading, paragraph(f"Not told: there are more than {MOST_CASES} cases; take a part."))
    parts = []
    for k, label in enumerate(asked.labels):
        tell(f"map {k + 1} of {len(asked.labels)}")
        title = [tag("h3", label)] if several else []
        told = [paragraph(_said(asked, found, k)), *_conditions(asked, found, label), *_along(asked, found, k)]
        inside = [*title, *told, _map(asked, found, k), *_sources(asked, k), *back]
        parts.append(tag("section", *inside, id=f"case-{k + 1}", class_="case"))
    return tag("section", heading, *parts)


def _said(asked: Question, found: Answers, case: int) -> Html:
    """What happened, and how often the model says so."""
    one = found.shares.at(**{asked.case: case})
    most = max(one.words, key=lambda word: one.told(word)[0])
    happened = asked.observed[case] if asked.observed else ""
    often = f"The model says {plain(most)} most often, in {of_draws(*one.told(most))}."
    if happened not in one.words:
        return Html(tag("span", often))
    told = f"the model says so in {of_draws(*one.told(happened))}."
    return Html(f"What happened: {tag('b', plain(happened))}; {told}{f' {often}' if most != happened else ''}")


def _conditions(asked: Question, found: Answers, label: str) -> list[Html]:
    """What would have to be true, in words."""
    if isinstance(found.conditions, str):
        return [paragraph(f"What would have to be true is not told: {found.conditions}.", kind="note")]
    rows = found.conditions[found.conditions[asked.case].astype(str) == label]
    if not len(rows):
        return [paragraph("What happened is not noted.", kind="note")]
    held = listed([f"{name} = {short(value)}" for name, value in asked.middle.items()])
    where = f" (at {held})" if held else ""
    return [paragraph(tag("b", f"What would have to be true{where}: "), would_have_to_be_true(rows, AT_LEAST))]


def _along(asked: Question, found: Answers, case: int) -> list[Html]:
    """Shares along each grid axis, as lines and as numbers."""
    parts: list[Html] = []
    colours = asked.colours(asked.word)
    for grid, shares in found.along.items():
        one = shares.at(**{asked.case: case})
        alt = f"{asked.labels[case]}: shares of each {plain(asked.word)} along {grid}; the table below has the numbers"
        errors = ", with two standard errors to both sides" if asked.designs else ""
        caption = tag("figcaption", f"Shares along {grid}{errors}")
        drawn = image(lines(one, grid, colours, asked.ds), alt)
        parts.append(tag("figure", drawn, key({word: colours[word] for word in one.present}), caption))
        each = [(short(label), one.at(**{grid: k})) for k, label in enumerate(asked.ds[grid].values)]
        rows = [[label, *(share(*there.told(word)) for word in one.present)] for label, there in each]
        numbers = table(f"Shares along {grid}", [grid, *map(plain, one.present)], rows, "tight")
        parts.append(aside(f"Numbers along {grid}", numbers))
    return parts


def _map(asked: Question, found: Answers, case: int) -> Html:
    try:
        names = maps.chosen(asked, found, case)
        shown = maps.solved(asked, names, case)
    except PosseError as error:
        return paragraph(f"There is no map: {error}.", kind="note")
    x, y = shown.axes
    colours, shares = asked.colours(asked.regime), shown.shares
    told = ", ".join(f"{plain(name)} {share:.1%}" for name, share in shares.items())
    alt = f"{asked.labels[case]}: map of the regimes over {x} and {y}: {told}"
    why = maps.why(asked, found, case)
    caption = f"The regimes over {x} and {y}, {why}; all others at their medians; the cross is at the medians."
    drawn = tag("figure", image(maps.picture(shown), alt), tag("figcaption", caption))
    rows = [(Html(swatch(colours[name]) + tag("span", plain(name))), f"{share:.1%}") for name, share in shares.items()]
    side = tag("div", table("Shares of the map", (plain(asked.regime), "share"), rows, "tight"), _held(shown))
    return tag("div", drawn, side, class_="pair")


def _held(shown: maps.Map) -> Html:
    rows = [(name, short(value)) for name, value in shown.held.items()]
    return aside("Where the others are held", table("Held at", ("parameter", "value"), rows, "tight"))


def _sources(asked: Question, case: int) -> list[Html]:
    """Each number of a case and where it comes from."""
    notes = {name: texts[case] for name, texts in asked.notes.items()}
    sources = {name.removesuffix(SOURCE): text for name, text in notes.items() if name.endswith(SOURCE)}
    if not sources:
        return []
    measured = {name: repr(values[case]) for name, values in asked.measured.items()}
    names = list(dict.fromkeys([*measured, *sources]))
    rows = [(name, measured.get(name, ""), sources.get(name) or "no source is noted") for name in names]
    return [aside("Where its numbers come from", table("Sources", ("parameter", "value", "source"), rows, "sources"))]
