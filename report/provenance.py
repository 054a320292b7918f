"""The last parts of the page: how to make the cube again, and what all this is not.

provenance(asked), limits(asked, found)
"""

import hashlib
from importlib.metadata import version

from posse.kernels.html import Html, tag
from posse.report.answers import Answers
from posse.report.question import Question
from posse.report.tables import aside, paragraph, table

FACTS = {
    "game": "game",
    "game_version": "its version",
    "game_source_hash": "SHA-256 of the program that solves it",
    "references": "after",
    "source": "solved by",
    "history": "made",
    "packages": "with",
}


def provenance(asked: Question) -> Html:
    """What solved the cube, and the spec that it can be made from."""
    attributes = asked.ds.attrs
    rows = [(meaning, tag("code", attributes[name])) for name, meaning in FACTS.items() if name in attributes]
    spec = attributes.get("spec")
    if spec:
        rows.append(("SHA-256 of the spec", tag("code", hashlib.sha256(spec.encode()).hexdigest())))
    rows.append(("this report by", tag("code", f"posse {version('posse')}")))
    told = (
        paragraph("The sources of the numbers of each case stand with the case.") if _has_sources(asked) else Html("")
    )
    written = aside("The spec in full, of which posse run makes the cube again", tag("pre", spec)) if spec else Html("")
    return tag("section", tag("h2", "Where it comes from"), told, table("How it was made", ("what", ""), rows), written)


def _has_sources(asked: Question) -> bool:
    return any(name.endswith("_source") for name in asked.notes)


def limits(asked: Question, found: Answers) -> Html:
    """What the numbers do not say."""
    told = [tag("li", text) for text in warnings(asked, found)]
    return tag("section", tag("h2", "What this is not"), tag("ul", *told))


def warnings(asked: Question, found: Answers) -> list[str]:
    """The same, text by text."""
    told = [
        "A share is a probability only if the design is what you believe of the unknowns, and of nothing else. It "
        "carries the model with it, and those beliefs.",
        "Monte Carlo error is not model uncertainty: it says how far a number may be from that of infinitely many "
        "draws. It does not say how likely the model is, nor what was measured wrongly. A small error makes a wrong "
        "model precise.",
        "A game is a simplification. posse's own are in the spirit of a sketch of 2010, and have not been tested on a "
        "sample of crises.",
        "An index weighs an unknown by how widely it is believed to vary; it says what measuring it would tell, not "
        "what causes. What would have to be true is one sufficient account, not the only one.",
    ]
    if len(asked.labels) > 1:
        told.append(
            f"The {len(asked.labels)} cases were chosen, not sampled. Those of posse's example are coded from general "
            "historical knowledge, to teach: no data set for inference."
        )
    if isinstance(found.scores, str):
        told.append("Nothing here was compared with what happened.")
    return told
