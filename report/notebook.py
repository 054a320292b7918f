"""The same as a notebook, in which the cube is asked anew: nbformat 4.5, cells without outputs.

notebook(ds, store) -> text
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import xarray as xr

from posse.kernels.errors import InputError, PosseError
from posse.report import maps
from posse.report.answers import AT_LEAST, Answers, answer
from posse.report.provenance import warnings
from posse.report.question import Question, question
from posse.report.words import plain
from posse.sweeps.spec import parse
from posse.sweeps.sweep import Sweep

Tell = Callable[[str], None]
Part = tuple[str, str]  # what kind of cell, and its text


def notebook(ds: xr.Dataset, store: str | None = None, tell: Tell = lambda note: None) -> str:
    """A notebook that opens a store, or solves the spec of a cube, and asks what the page tells.

    Raises InputError where the cube holds no regimes, or does not say how it was made.
    """
    asked = question(ds)
    found = answer(asked, tell)
    parts = [
        *_opening(asked, store),
        *_shares(asked),
        *_scores(asked, found),
        *_indices(asked, found),
        *_conditions(asked, found),
    ]
    parts += [*_maps(asked, found), *_closing(asked, found)]
    cells = [_cell(number, kind, text) for number, (kind, text) in enumerate(parts)]
    about = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps(
        {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False
    )


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    own: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text.splitlines(True)} | own


def _opening(asked: Question, store: str | None) -> Iterator[Part]:
    attributes = asked.ds.attrs
    yield "markdown", f"# {attributes.get('title', 'A game')}\n\n{attributes.get('references', '')}"
    yield "code", f"%matplotlib inline\nimport posse\n\n{_cube(asked, store)}\ncube"


def _cube(asked: Question, store: str | None) -> str:
    """How the notebook comes by its cube."""
    if store is not None:
        return f"cube = posse.{'virtual' if store.endswith('.toml') else 'open_cube'}({store!r})"
    if "spec" not in asked.ds.attrs:
        raise InputError("report: the Dataset has no attribute spec, of which a notebook could solve it; write .html")
    spec = str(asked.ds.attrs["spec"])
    sweep = Sweep.from_spec(parse(spec))
    shape = {dim: asked.ds.sizes[dim] for dim in asked.ds[asked.regime].dims if dim in sweep.dims}
    if shape != dict(zip(sweep.dims, sweep.shape, strict=True)):
        raise InputError("report: the Dataset is a part of a cube, which a notebook cannot solve again; write .html")
    return SOLVED.format(spec=spec)


def _shares(asked: Question) -> Iterator[Part]:
    grids = f", averaged over {', '.join(asked.grids)}" if asked.grids else ""
    yield (
        "markdown",
        f"## What the model says\n\nThe share of the unknowns under which each {plain(asked.word)} holds{grids}.",
    )
    yield "code", f"predicted = cube.posse.predict({asked.unknown!r})\npredicted.share.to_pandas().round(3)"
    yield "code", "predicted.error.to_pandas().round(3)"
    if asked.word != asked.regime:
        regimes = f"cube.posse.predict({asked.unknown!r}, by={asked.regime!r}).share.to_pandas().round(3)"
        yield "code", regimes
    for grid in asked.grids:
        others = [d for d in asked.unknown if d != grid]
        yield "code", f"cube.posse.share({others!r}, by={asked.word!r}).to_series().unstack({asked.word!r}).round(3)"


def _scores(asked: Question, found: Answers) -> Iterator[Part]:
    yield "markdown", "## How well it does" + _reason(found.scores)
    if not isinstance(found.scores, str):
        names = "['mean_brier', 'mean_brier_error', 'mean_log', 'mean_log_error']"
        yield "code", f"scores = cube.posse.score(over={asked.unknown!r})\nscores[{names}].to_dataframe().round(3)"
        each = "['observed', 'probability', 'brier', 'log']"
        yield "code", f"scores.sel(forecast='model')[{each}].to_dataframe().drop(columns='forecast').round(3)"


def _indices(asked: Question, found: Answers) -> Iterator[Part]:
    yield "markdown", "## Which unknown decides" + _reason(found.indices)
    if not isinstance(found.indices, str):
        yield (
            "code",
            f"indices = {_held(asked)}.posse.sensitivity()\nindices.total.to_series().unstack('unknown').round(2)",
        )
        yield "code", "indices.total_error.to_series().unstack('unknown').round(2)"


def _conditions(asked: Question, found: Answers) -> Iterator[Part]:
    yield "markdown", "## What would have to be true" + _reason(found.conditions)
    if not isinstance(found.conditions, str):
        yield "code", f"{_held(asked)}.posse.conditions(at_least={AT_LEAST}).round(3)"


def _held(asked: Question) -> str:
    """The cube in the middle of its grid axes."""
    places = {dim: asked.ds.sizes[dim] // 2 for dim in asked.grids}
    return f"cube.isel({places!r})" if places else "cube"


def _reason(answer: object) -> str:
    return f"\n\nNot told: {answer}." if isinstance(answer, str) else ""


def _maps(asked: Question, found: Answers) -> Iterator[Part]:
    """A map for each case; needs the game and Matplotlib where it is run."""
    yield "markdown", "## Maps\n\nOver two unknowns of each case, all others at their medians."
    yield "code", MAP.format(cells=maps.CELLS, game=asked.ds.attrs.get("game", ""), regime=asked.regime)
    for case, label in enumerate(asked.labels):
        try:
            x, y = maps.chosen(asked, found, case)
            _, axes, parameters = maps.place(asked, (x, y), case)
        except PosseError as error:
            yield "markdown", f"### {_escaped(label)}\n\nThere is no map: {error}."
            continue
        why = _escaped(f"Over {x} and {y}, {maps.why(asked, found, case)}.")
        yield "markdown", f"### {_escaped(label)}\n\n{why}"
        held = {name: value for name, value in parameters.items() if name not in axes}
        yield "code", f"regimes_over(\n    {axes!r},\n    {held!r},\n)"


SOLVED = """from pathlib import Path
from tempfile import mkdtemp

spec = Path(mkdtemp()) / "sweep.toml"
spec.write_text({spec!r}, encoding="utf-8")
cube = posse.virtual(spec)"""
MAP = """def regimes_over(axes, held):
    sweep = posse.Sweep({game!r}, axes, held, [{regime!r}], outside_domain="mark")
    y, x = axes
    return posse.virtual(sweep).posse.plot.map(x, y)"""


def _closing(asked: Question, found: Answers) -> Iterator[Part]:
    yield "markdown", "## Where it comes from"
    yield "code", "cube.attrs"
    if asked.notes:
        yield "code", f"cube[{asked.case!r}].to_dataframe()[{list(asked.notes)!r}]"
    yield "markdown", "## What this is not\n\n" + "\n".join(f"- {text}" for text in warnings(asked, found))


def _escaped(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>&$~" else letter for letter in text)
