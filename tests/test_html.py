"""What notebooks show of games, sweeps and cubes: all of it, escaped, and without reading results."""

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import posse
from posse.analysis.html import cube_html
from posse.kernels import html

AXES = {
    "case": {"labels": ["Kosovo <1999>", "Iraq & co", "c", "d", "e"], "cap_target": [1, 2, 3, 4, 5]},
    "diversity": {"linspace": [0, 1, 11]},
}


class Page(HTMLParser):
    """The rows of the tables, the colours, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: Counter[str] = Counter()
        self.colours: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags[tag] += 1
        self.colours += [str(v).removeprefix("background: ") for k, v in attrs if k == "style"]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.mark.parametrize("name", ["restraint", "signalling"])
def test_a_game_shows_all_that_it_declares(name: str) -> None:
    game = posse.game(name)
    page = Page(game._repr_html_())
    for p in game.parameters:
        assert [p.name, p.symbol, str(p.domain), f"{p.default:g}", p.long_name] in page.rows
    for output in game.outputs:
        assert [output.name, " ".join(output.labels), output.long_name] in page.rows
        for flag in output.all_flags:
            assert ["", str(flag.value), flag.name, flag.meaning] in page.rows
    assert {f.colour for f in game.output("regime").all_flags} <= set(page.colours)


def test_a_sweep_shows_its_axes_and_what_is_fixed() -> None:
    sweep = posse.Sweep("restraint", AXES, fixed={"share": 0.25})
    page = Page(sweep._repr_html_())
    assert ["case", "5", "cap_target", "m_T", "1 to 5", "target's capability"] in page.rows
    assert any(row[:2] == ["diversity", "11"] and row[4] == "0 to 1" for row in page.rows)
    assert {(name, f"{value:g}") for name, value in sweep.fixed.items()} <= {tuple(row) for row in page.rows}
    assert any(text.startswith("55 points") for text in page.texts)


def test_a_cube_shows_axes_shares_and_spec() -> None:
    ds = posse.Sweep("restraint", AXES).evaluate()
    page = Page(ds.posse._repr_html_())
    names = dict(zip(ds.regime.flag_values.tolist(), ds.regime.flag_meanings.split(), strict=True))
    codes, counts = np.unique(ds.regime, return_counts=True)
    shares = {row[2]: row[3] for row in page.rows if row[0] == "" and row[-1].endswith("%")}
    assert shares == {names[code]: f"{n / 55:.2%}" for code, n in zip(codes.tolist(), counts.tolist(), strict=True)}
    assert any(row[:2] == ["case", "5"] and row[4] == "Kosovo <1999>, Iraq & co, c, d, …" for row in page.rows)
    assert any(row[2] == "cap_target" and row[4] == "1 to 5" for row in page.rows)
    assert ["share", "0.5"] in page.rows
    assert ds.attrs["spec"] in "".join(page.texts)


def test_a_slice_says_where_it_is() -> None:
    ds = posse.Sweep("restraint", AXES).evaluate().isel(case=1)
    assert ["case", "Iraq & co"] in Page(cube_html(ds)).rows


def test_a_cube_on_disk_is_not_read(tmp_path: Path) -> None:
    posse.Sweep("restraint", AXES).run(tmp_path / "cube", progress=False)
    for chunk in (tmp_path / "cube" / "regime").glob("c.*"):
        chunk.write_bytes(b"not to be read")
    for ds in (posse.open_cube(tmp_path / "cube"), xr.open_zarr(tmp_path / "cube", chunks=None)):
        assert ["", "4", "disingenuous_bandwagoning"] in Page(cube_html(ds)).rows


@pytest.mark.parametrize("ds", [xr.Dataset(), xr.Dataset({"x": ("i", [1.0, 2.0])}), posse.solve("signalling")])
def test_any_dataset_is_shown(ds: xr.Dataset) -> None:
    Page(cube_html(ds))


EVIL = """<script>alert("'&'")</script>"""


def test_everything_is_escaped() -> None:
    game = posse.game("restraint")
    parameters = tuple(replace(p, long_name=EVIL, symbol=EVIL, units=EVIL) for p in game.parameters)
    flags = tuple(replace(f, meaning=EVIL) for f in game.outputs[0].flags)
    outputs = (replace(game.outputs[0], long_name=EVIL, flags=flags), *game.outputs[1:])
    evil = replace(game, title=EVIL, version=EVIL, reference=EVIL, parameters=parameters, outputs=outputs)
    sweep = posse.Sweep(evil, {"case": {"labels": [EVIL, "b"], "share": [0, 1]}})
    ds = sweep.evaluate().assign_attrs(spec=f'game = "restraint" # {EVIL}')
    colours = ds.regime.attrs["flag_colors"].split()  # of a game they are checked
    ds.regime.attrs["flag_colors"] = " ".join(f'red"><script>{k}</script>' for k, _ in enumerate(colours))
    for text in (evil._repr_html_(), sweep._repr_html_(), cube_html(ds)):
        page = Page(text)
        assert "script" not in page.tags
        assert EVIL in page.texts or any(EVIL in t for t in page.texts)
        assert "<script" not in text


@pytest.mark.parametrize("colour", ["red; background: url(http://x)", '"', "#12345g", None, ""])
def test_a_swatch_is_a_colour_or_nothing(colour: Any) -> None:
    assert html.swatch(colour) == ""
