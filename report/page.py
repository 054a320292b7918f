"""The page: one file, without a request to anywhere.

page(ds) -> text
"""

from collections.abc import Callable, Iterator

import xarray as xr

from posse.kernels.html import Html, escaped, tag, void
from posse.report.answers import Answers, answer
from posse.report.casework import cases
from posse.report.look import STYLE
from posse.report.provenance import limits, provenance
from posse.report.question import Question, question
from posse.report.sections import asked_for, how_well, shares, which_decides

Tell = Callable[[str], None]


def page(ds: xr.Dataset, tell: Tell = lambda note: None) -> str:
    """All that a cube says of its cases. Raises InputError where it holds no regimes."""
    asked = question(ds)
    found = answer(asked, tell)
    title = f"{ds.attrs.get('title', 'A game')}: {_many(asked)}"
    head = tag(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    body = tag("body", tag("main", tag("h1", title, id="top"), *_parts(asked, found, tell)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _many(asked: Question) -> str:
    number = len(asked.labels)
    return f"{number} cases" if number > 1 else asked.labels[0]


def _parts(asked: Question, found: Answers, tell: Tell) -> Iterator[Html]:
    yield contents(asked)
    yield asked_for(asked)
    yield shares(asked, found)
    yield how_well(asked, found)
    yield which_decides(asked, found)
    yield cases(asked, found, tell)
    yield provenance(asked)
    yield limits(asked, found)


def contents(asked: Question) -> Html:
    """Links to the cases, where there are several."""
    links = [tag("a", label, href=f"#case-{k + 1}") for k, label in enumerate(asked.labels)]
    return tag("nav", "Cases: ", Html(", ".join(map(escaped, links)))) if len(links) > 1 else Html("")
