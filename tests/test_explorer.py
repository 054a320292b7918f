"""The explorer without its page: views as links, cells, files, and the server's refusals."""

import asyncio
import re
import socket
import tomllib
from dataclasses import replace
from math import ceil, floor, inf, nan, nextafter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import posse
from conftest import Command
from posse.explorer import export, serve, view, words
from posse.explorer.dial import Dial
from posse.explorer.picture import BORDER, HATCH, paint
from posse.explorer.solving import NOT_COMPUTED, UNFINISHED, Cells, Live, Source, open_source
from posse.explorer.stored import Stored
from posse.explorer.view import View
from posse.kernels.errors import InputError
from posse.kernels.restraint import RESTRAINT
from posse.sweeps.cube import Cube
from posse.sweeps.sweep import Sweep

CASES = {"labels": ["Kosovo, 1999", "Iraq & 2003", "x=y"], "cap_leader": [1, 2, 4], "cap_target": [1.5, 0.5, 0.1]}
SWEEP = Sweep(
    "restraint", {"diversity": {"linspace": [0, 1, 11]}, "cap_observer": {"geomspace": [0.1, 5, 9]}, "case": CASES}
)
LIVE = Live(SWEEP)


def values(dial: Dial) -> st.SearchStrategy[Any]:
    return st.sampled_from(dial.labels) if dial.labels else st.floats(*dial.bounds)


def spans(dial: Dial) -> st.SearchStrategy[Any]:
    """Parts of an axis that are wide enough for a map, and hold a label where there are any."""
    low, high = (dial.span[0] / 1000 if dial.is_log else dial.span[0]), dial.span[1]

    def is_shown(pair: tuple[float, float]) -> bool:
        wide = pair[1] / pair[0] > 1.001 if dial.is_log else pair[1] - pair[0] > 0.001 * (high - low)
        return wide and (not dial.labels or ceil(pair[0]) <= floor(pair[1]))

    pairs = st.tuples(st.floats(low, high), st.floats(low, high)).map(sorted).map(tuple)
    return pairs.filter(is_shown) | st.just(dial.span)


@st.composite
def views(draw: st.DrawFn) -> View:
    dials = LIVE.space.dials
    x, y = draw(st.permutations(list(dials)))[:2]
    points = st.fixed_dictionaries({name: values(dial) for name, dial in dials.items()})
    colour = draw(st.sampled_from(list(LIVE.space.colourings)))
    pins = tuple(draw(st.lists(points, max_size=2)))
    return View(x, y, draw(spans(dials[x])), draw(spans(dials[y])), draw(points), colour, pins)


@given(views())
def test_a_link_restores_the_view(asked: View) -> None:
    assert view.read(view.write(asked, LIVE.space), LIVE.space) == asked


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("diversity=2", "diversity: 2 is not allowed; allowed is 0 to 1"),
        ("diversity=nan", "diversity: nan is not allowed"),
        ("diversity=much", "diversity: 'much' is not a number"),
        ("diversty=0.2", "unknown field of a link: 'diversty' (did you mean 'diversity'?); there is diversity, "),
        ("case=Korea", "unknown label of case: 'Korea'; there is Kosovo, 1999, Iraq & 2003"),
        ("map.x=cap_leader", "unknown parameter: 'cap_leader'"),  # bound by the cases
        ("map.x=case&map.y=case", "map.x and map.y are both case; choose two of diversity"),
        ("map.left=0.6&map.right=0.2", "map.right: 0.2 is not above map.left = 0.6"),
        ("map.bottom=0", "map.bottom: 0 is not allowed; cap_observer is shown in ratios, so it is above 0"),
        ("map.left=-1&map.right=0.5", "map.left: -1 is not allowed; diversity is shown from 0 to 1"),
        ("map.left=50&map.right=90", "map.left: 50 is not allowed"),
        ("map.top=1e20", "map.top: 1e+20 is not allowed; cap_observer is shown from 1e-07 to 5e+06"),
        ("map.left=0.5&map.right=0.50000000001", "diversity: 0.5 to 0.50000000001 is too narrow for a map"),
        ("map.x=case&map.left=0.6&map.right=0.9", "case: no label lies between 0.6 and 0.9"),
        ("map.colour=payoff.sheriff", "unknown map.colour: 'payoff.sheriff'"),
        ("pin.1=diversity%3D3", "diversity: 3 is not allowed"),
        ("pin.3=", "unknown field of a link: 'pin.3' (did you mean 'pin.2'?)"),
        ("resolve=0.1&resolve=0.2", "link: resolve is given twice"),
        ("nonsense", "link: 'nonsense' is not of the form name=value&name=value"),
    ],
)
def test_a_broken_link_is_told_in_one_line(query: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        view.read(query, LIVE.space)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def grid(source: Source, asked: View, columns: int, rows: int) -> dict[str, Any]:
    """The parameters at the middles of the cells, worked out without the explorer."""
    found: dict[str, Any] = {}
    for axis, count, (low, high) in ((asked.x, columns, asked.x_range), (asked.y, rows, asked.y_range)):
        steps = (np.arange(count) + 0.5) / count
        logs = source.space.dials[axis].is_log
        middles = low * (high / low) ** steps if logs else low + (high - low) * steps
        found[axis] = xr.DataArray(middles, dims=axis + "_")
    return found


@pytest.mark.parametrize("colour", ["regime", "payoff.observer", "war"])
def test_cells_are_those_of_posse_solve_bit_for_bit(colour: str) -> None:
    asked = replace(view.default(LIVE.space), colour=colour, x_range=(0.1, 0.9))
    asked = replace(asked, point={**asked.point, "case": "Iraq & 2003", "resolve": 0.35, "decisiveness": 1.7})
    cells = LIVE.cells(asked, 53, 41)
    held = {"cap_leader": 2.0, "cap_target": 0.5, "resolve": 0.35, "decisiveness": 1.7}
    solved = posse.solve("restraint", dtype="float32", **held, **grid(LIVE, asked, 53, 41))
    solved = solved.transpose(..., "cap_observer_", "diversity_")
    np.testing.assert_array_equal(cells.codes, solved.regime.values)
    assert len(np.unique(cells.codes)) > 3
    if colour != "regime":
        wanted = solved.payoff.sel(player="observer") if colour == "payoff.observer" else solved.war
        assert cells.shade is not None
        np.testing.assert_array_equal(cells.shade, wanted.values)


def test_cells_are_those_that_a_cube_stores(tmp_path: Path) -> None:
    middles = (np.arange(16) + 0.5) / 16
    axes = {"resolve": middles, "diversity": middles}
    stored = posse.Sweep("restraint", axes, {"cap_observer": 1.4}).run(tmp_path / "cube", progress=False)
    source = open_source(str(tmp_path / "cube"))
    assert isinstance(source, Live)
    first = view.default(source.space)
    asked = replace(first, x_range=(0, 1), y_range=(0, 1), colour="payoff.leader")
    cells = source.cells(asked, 16, 16)
    assert (asked.x, asked.y) == ("resolve", "diversity")
    np.testing.assert_array_equal(cells.codes.T, stored.regime.values)
    np.testing.assert_array_equal(cells.shade.T, stored.payoff.sel(player="leader").values)


def test_the_labels_of_a_table_axis_stand_side_by_side() -> None:
    first = view.default(LIVE.space)
    asked = replace(first, y="case", y_range=LIVE.space.dials["case"].span)
    codes = LIVE.cells(asked, 50, 9).codes
    diversity = (np.arange(50) + 0.5) / 50
    for row in range(9):
        case = {name: CASES[name][row // 3] for name in ("cap_leader", "cap_target")}
        observer = first.point["cap_observer"]
        wanted = posse.solve("restraint", diversity=diversity, cap_observer=observer, **case).regime
        np.testing.assert_array_equal(codes[row], wanted.values)


def test_outside_the_domain_there_is_no_point_of_the_game() -> None:
    """An irresolute observer's war may not cost less than a resolute one's."""
    asked = view.default(LIVE.space)
    asked = replace(asked, x="war_resolute", y="war_irresolute", x_range=(0, 1), y_range=(0, 1))
    codes = LIVE.cells(asked, 20, 20).codes
    rows, columns = np.indices(codes.shape)
    np.testing.assert_array_equal(codes == 254, rows < columns)
    point = {**asked.point, "war_resolute": 0.9, "war_irresolute": 0.1}
    assert "war_irresolute: 0.1 is combined with war_resolute = 0.9" in words.pinned(LIVE, [point])


def test_shares_are_of_all_cells_and_what_differs_is_bold() -> None:
    codes = np.repeat(np.array([0, 1, 254, NOT_COMPUTED], np.uint8), [50, 20, 20, 10]).reshape(10, 10)
    for is_coloured in (True, False):
        told = words.legend(Cells(codes, None), LIVE.space, is_coloured)
        assert re.findall(r"(\d+) %", told) == ["50", "20", "20", "10"]
        assert {row.count("<td") + row.count("<th") for row in told.split("<tr")[1:]} == {4}
    points = [LIVE.space.start | {"diversity": 0.2, "cap_observer": m} for m in (0.1, 4.7)]
    regimes = {
        posse.solve(
            "restraint", cap_leader=1, cap_target=1.5, diversity=0.2, cap_observer=p["cap_observer"]
        ).regime.item()
        for p in points
    }
    assert len(regimes) == 2
    assert '<tr class="differs"><th>regime</th>' in words.pinned(LIVE, points)
    assert "differs" not in words.pinned(LIVE, points[:1] * 2).partition("</table>")[0].partition("<table")[2]


@pytest.fixture
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cube:
    """A cube of which some blocks are there."""
    monkeypatch.setattr("posse.sweeps.blocks.POINTS", 60)
    cube = Cube.create(SWEEP, tmp_path / "cube.zarr")
    for number in range(0, len(cube.blocks), 2):
        cube.keep(cube.solve_block(number))
    return cube


def test_of_an_unfinished_cube_all_is_shown_that_is_recorded(unfinished: Cube) -> None:
    source = open_source(str(unfinished.store))
    assert isinstance(source, Stored)
    assert source.why == UNFINISHED
    assert source.progress == f"{len(range(0, len(unfinished.blocks), 2))} of {len(unfinished.blocks)} blocks solved"
    whole = posse.Sweep("restraint", {axis.name: axis.written for axis in SWEEP.axes}).evaluate()
    there = np.zeros(SWEEP.shape, dtype=bool)
    for number in range(0, len(unfinished.blocks), 2):
        there[unfinished.blocks.window(number)] = True
    asked = replace(view.default(source.space), colour="payoff.partner")
    for k, case in enumerate(CASES["labels"]):
        cells = source.cells(replace(asked, point={**asked.point, "case": case}), 11, 9)
        np.testing.assert_array_equal(cells.codes.T, np.where(there, whole.regime, NOT_COMPUTED)[..., k])
        partner = whole.payoff.sel(player="partner").values
        np.testing.assert_array_equal(cells.shade.T, np.where(there, partner, np.nan)[..., k])
    assert 0 < there.mean() < 1
    for number in unfinished.missing():
        unfinished.keep(unfinished.solve_block(number))
    assert source.look()
    assert not source.look()
    assert (source.cells(asked, 11, 9).codes != NOT_COMPUTED).all()
    unfinished.seal()
    assert isinstance(open_source(str(unfinished.store)), Live)


def test_without_its_game_a_cube_shows_its_own_cells(tmp_path: Path) -> None:
    game = replace(RESTRAINT, name="elsewhere")
    axes = {"resolve": [0.1, 0.2, 0.4], "diversity": {"linspace": [0, 1, 6]}, "case": CASES}
    cube = posse.Sweep(game, axes).run(tmp_path / "cube", progress=False)
    source = open_source(str(tmp_path / "cube"))
    assert isinstance(source, Stored)
    assert source.why.startswith("unknown game: 'elsewhere'")
    asked = view.read("case=x%3Dy&resolve=0.2&pin.1=resolve%3D0.4", source.space)
    assert asked.pins[0]["resolve"] == 0.4
    with pytest.raises(InputError, match=r"resolve: 0\.3 is not a label; the nearest is 0\.4"):
        view.read("resolve=0.3", source.space)
    cells = source.cells(asked, 300, 60)
    nearest = cube.regime.sel(case="x=y").values[np.repeat([0, 1, 2], [100, 100, 100])]  # resolve runs in ratios
    np.testing.assert_array_equal(cells.codes, nearest.T[np.repeat(range(6), 10)])
    point = {"resolve": 0.4, "diversity": 0.6000000000000001, "case": "Kosovo, 1999"}
    solved = source.solve(point)
    assert solved.regime.item() == cube.regime.sel(resolve=0.4, case="Kosovo, 1999").values[3]
    np.testing.assert_array_equal(source.slice(asked).payoff.squeeze("case"), cube.payoff.sel(case="x=y"))


def test_a_cube_of_one_axis_has_no_map_without_its_game(tmp_path: Path) -> None:
    posse.Sweep(replace(RESTRAINT, name="elsewhere"), {"resolve": [0.1, 0.2]}).run(tmp_path / "cube", progress=False)
    with pytest.raises(InputError, match="a map needs two axes; of resolve alone it needs the game elsewhere"):
        open_source(str(tmp_path / "cube"))


def test_borders_lie_where_neighbours_differ_and_hatching_where_nothing_is() -> None:
    codes = np.random.default_rng(0).choice([0, 1, 2, NOT_COMPUTED], size=(30, 40)).astype(np.uint8)
    codes[10:, 20:] = NOT_COMPUTED
    over = paint(Cells(codes, None)).over
    for (row, column), code in np.ndenumerate(codes):
        left = column and codes[row, column - 1] != code
        below = row and codes[row - 1, column] != code
        if over[row, column] != HATCH:
            assert (over[row, column] == BORDER) == bool(left or below)
        else:
            assert code == NOT_COMPUTED
    assert (over[12:, 22:] == HATCH).any()


def test_shades_run_from_the_smallest_number_to_the_largest() -> None:
    shade = np.array([[np.nan, -1.0, 0.0], [1.0, 3.0, 2.9]], dtype=np.float32)
    picture = paint(Cells(np.zeros((2, 3), np.uint8), shade))
    assert picture.span == (-1, 3)
    assert picture.shown.tolist() == [[0, 1, 64], [128, 255, 249]]


ASKED = "map.x=resolve&map.y=cap_observer&map.left=0.2&map.right=0.8&map.colour=payoff.observer&case=x%3Dy"


def test_files_hold_what_the_map_shows(tmp_path: Path) -> None:
    asked = view.read(ASKED, LIVE.space)
    for name in export.FILES:
        (tmp_path / name).write_bytes(export.write(name, asked, LIVE))
    spec = tomllib.loads((tmp_path / "sweep.toml").read_text())
    assert spec["axes"] == {"resolve": {"linspace": [0.2, 0.8, 401]}, "cap_observer": {"geomspace": [0.1, 5.0, 401]}}
    assert spec["fixed"]["cap_leader"] == 4
    with xr.open_dataset(tmp_path / "slice.nc") as slice_:
        again = posse.Sweep.from_toml(tmp_path / "sweep.toml").evaluate()
        np.testing.assert_array_equal(slice_.regime, again.regime)
        np.testing.assert_array_equal(slice_.payoff, again.payoff)
    table = pd.read_csv(tmp_path / "slice.csv")
    assert len(table) == 401**2
    some = table.sample(200, random_state=0)
    held = {"cap_leader": 4, "cap_target": 0.1, "diversity": LIVE.space.start["diversity"]}
    points = {name: some[name].to_numpy() for name in ("resolve", "cap_observer")}
    solved = posse.solve("restraint", dtype="float32", **held, **points)
    meanings = solved.regime.attrs["flag_meanings"].split()
    assert [meanings[code] for code in solved.regime.values] == some["regime"].tolist()
    np.testing.assert_allclose(some["payoff_observer"], solved.payoff.sel(player="observer"), rtol=1e-6)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


@given(st.data())
def test_however_near_the_wheel_goes_a_link_restores_it(data: st.DataObject) -> None:
    dial = data.draw(st.sampled_from([dial for dial in LIVE.space.dials.values() if not dial.labels]))
    low, high = data.draw(spans(dial))
    near = dial.widened((low, low + data.draw(st.floats(0, 1e-9)) * (high - low)))
    assert near[0] <= low * (1 + 1e-12) + 1e-12
    assert near[1] >= low * (1 - 1e-12) - 1e-12
    other = next(name for name in LIVE.space.dials if name != dial.name)
    first = view.default(LIVE.space)
    asked = replace(first, x=dial.name, x_range=near, y=other, y_range=LIVE.space.dials[other].span)
    assert view.read(view.write(asked, LIVE.space), LIVE.space) == asked


@given(st.data())
def test_the_map_moves_by_shares_of_its_width_and_stops_at_the_end_of_an_axis(data: st.DataObject) -> None:
    dial = data.draw(st.sampled_from(list(LIVE.space.dials.values())))
    to = np.log if dial.is_log else np.asarray
    span = data.draw(spans(dial))
    share, zoom = data.draw(st.floats(-2, 2)), data.draw(st.floats(0.1, 10))
    (low, high), (first, last), (left, right) = to(span), to(dial.limits), to(dial.moved(span, share, 1))
    width = high - low
    assert right - left == pytest.approx(width)
    assert left == pytest.approx(np.clip(low + share * width, first, last - width), abs=1e-9)
    assert first - 1e-9 <= left < right <= last + 1e-9
    nearer = to(dial.moved(span, 0, zoom))
    assert nearer.sum() == pytest.approx(low + high, abs=1e-9)
    assert np.ptp(nearer) == pytest.approx(zoom * width)
    assert dial.moved(span, 0, 1) == span
    assert dial.moved(dial.limits, share, 1) == dial.limits


def test_what_a_design_draws_can_be_set_one_by_one() -> None:
    drawn = {"attrition": {"uniform": [0.2, 0.6]}, "cost_oppose": {"log_uniform": [0.01, 1]}}
    cases = {"labels": ["A", "B"], "cap_leader": [1, 2]}
    space = Live(Sweep("restraint", {"case": cases, "sample": {"sobol": 1024} | drawn})).space
    assert [*space.dials][:3] == ["case", "attrition", "cost_oppose"]
    assert "sample" not in space.dials
    assert space.first == ("attrition", "cost_oppose")
    attrition, cost = space.dials["attrition"], space.dials["cost_oppose"]
    assert (attrition.is_log, cost.is_log) == (False, True)
    np.testing.assert_allclose([*attrition.span, attrition.start], [0.2, 0.6, 0.4], atol=2e-3)
    np.testing.assert_allclose([*cost.span, cost.start], [0.01, 1, 0.1], rtol=1e-2)


def test_what_is_no_part_of_an_axis_is_not_looked_at() -> None:
    with pytest.raises(InputError, match=r"^cap_observer: nan to 1 is no part of an axis$"):
        LIVE.space.dials["cap_observer"].widened((nan, 1))


@given(st.data())
def test_a_point_of_the_map_is_what_it_says_and_lies_where_it_was_pointed(data: st.DataObject) -> None:
    dial = data.draw(st.sampled_from([dial for dial in LIVE.space.dials.values() if not dial.labels]))
    low, high = span = data.draw(spans(dial))
    position = data.draw(st.floats(low, high))
    value = dial.pointed(position, span, 500)
    assert float(words.text(value)) == value or value in dial.bounds
    pixel = position * ((high / low) ** (1 / 500) - 1) if dial.is_log else (high - low) / 500
    assert abs(value - position) < 0.2 * pixel


def test_sliders_cover_what_a_link_may_ask_for() -> None:
    dial = LIVE.space.dials["attrition"]
    assert dial.bounds[1] == nextafter(1, -inf)
    assert dial.read(repr(dial.bounds[1])) == dial.bounds[1]


def test_who_leaves_while_being_told_something_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    websocket = pytest.importorskip("tornado.websocket", reason="Tornado is not installed")
    loop = asyncio.new_event_loop()
    serve._let_visitors_leave(loop)
    loop.call_exception_handler({"message": "left", "exception": websocket.WebSocketClosedError()})
    assert caplog.text == ""
    loop.call_exception_handler({"message": "wrong", "exception": ValueError("wrong")})
    assert "ValueError: wrong" in caplog.text
    loop.close()


def test_the_server_refuses_what_it_cannot_show(cli: Command, tmp_path: Path) -> None:
    assert cli("explore", tmp_path / "none.zarr", "--no-browser") == (
        2,
        "",
        f"posse: {tmp_path}/none.zarr: does not exist\n",
    )
    (tmp_path / "bad.toml").write_text('game = "chess"\n[axes]\n')
    status, _, said = cli("explore", tmp_path / "bad.toml", "--no-browser")
    assert (status, said.startswith("posse: unknown game: 'chess'")) == (2, True)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_what_a_cube_says_of_itself_is_no_markup() -> None:
    pytest.importorskip("panel")
    from bokeh.models import PlainText

    from posse.explorer.controls import Controls
    from posse.explorer.map import Map

    evil = "$$x$$ <img src=x onerror=alert(1)>"
    dials = {name: replace(dial, long_name=evil, symbol=evil) for name, dial in LIVE.space.dials.items()}
    space = replace(LIVE.space, title=evil, dials=dials, meanings=dict.fromkeys(range(256), evil))
    column = Controls(space, view.default(space), lambda **_: None).layout
    told = [pane.object for pane in column if isinstance(getattr(pane, "object", None), str)]
    point = space.start
    told.append(words.here(LIVE.solve(point), space, point, ("diversity", "case"), evil))
    told.append(words.legend(LIVE.cells(view.default(space), 9, 9), space, True))
    told.append(words.pinned(LIVE, [point]))
    assert any("&lt;img" in text for text in told)
    assert not any("<img" in text for text in told)
    figure = Map(space, view.read("map.x=case", space), *[lambda *_: None] * 4).figure
    named = [axis.axis_label for axis in figure.axis] + list(figure.xaxis[0].major_label_overrides.values())
    assert len(named) == 5
    assert all(isinstance(text, PlainText) for text in named)  # any other text is searched for formulas


def test_a_port_in_use_is_named(cli: Command) -> None:
    pytest.importorskip("panel")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, said = cli("explore", Path(__file__).parent.parent / "examples" / "atlas.toml", "--port", port)
    assert (status, said) == (
        2,
        f"posse: --port: {port} cannot be used; choose another from 1024 to 65535, or leave it out\n",
    )
