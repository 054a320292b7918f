"""Pictures show what the cube holds: the colours in the image, the heights of the shares, the lines between regimes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import posse
from posse.analysis.style import save
from posse.kernels.errors import InputError

AXES = {"resolve": [0.3, 0.7, 1.0], "diversity": {"linspace": [0, 1, 13]}, "cap_observer": {"geomspace": [0.1, 5, 17]}}


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return posse.Sweep("restraint", axes=AXES).evaluate()


def panels(figure: Figure) -> list[Any]:
    return [axes for axes in figure.axes if any(isinstance(c, QuadMesh) for c in axes.collections)]


def pixels(figure: Figure, axes: Any, x: float, y: float) -> str:
    """The colour that the picture has at a point of the data."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())
    across, up = axes.transData.transform((x, y))
    return str(to_hex(image[round(image.shape[0] - up), round(across)] / 255))


def test_a_map_has_at_each_label_the_colour_of_its_regime(cube: xr.Dataset) -> None:
    part = cube.isel(resolve=1)
    colours = {f.value: f.colour for f in posse.game("restraint").output("regime").flags}
    figure = part.posse.plot.map("diversity", "cap_observer")
    (axes,) = panels(figure)
    for i, j in [(1, 1), (3, 5), (6, 15), (11, 8), (9, 2)]:
        cell = part.isel(diversity=i, cap_observer=j)
        assert pixels(figure, axes, float(cell.diversity), float(cell.cap_observer)) == colours[int(cell.regime)]


def test_lines_run_between_cells_of_different_regimes(cube: xr.Dataset) -> None:
    part = cube.isel(resolve=1)
    (axes,) = panels(part.posse.plot.map("diversity", "cap_observer"))
    (lines,) = [c for c in axes.collections if isinstance(c, LineCollection)]
    cells = np.pad(part.regime.values.astype(int), 1, "edge")
    across = np.linspace(-1 / 24, 25 / 24, 14)  # half-way between the labels 0, 1/12, ... 1
    up = np.geomspace(0.1, 5, 17)[0] * 50 ** ((np.arange(18) - 0.5) / 16)  # in ratios
    length = sum(
        (cells[i, j] != cells[i + 1, j]) * (up[j] - up[j - 1])
        + (cells[i, j] != cells[i, j + 1]) * (across[i] - across[i - 1])
        for i in range(1, 14)
        for j in range(1, 18)
    )
    assert sum(abs(np.diff(line, axis=0)).sum() for line in lines.get_segments()) == pytest.approx(length)
    (bare,) = panels(part.posse.plot.map("diversity", "cap_observer", boundaries=False))
    assert not [c for c in bare.collections if isinstance(c, LineCollection)]


def test_a_panel_for_each_label(cube: xr.Dataset) -> None:
    figure = cube.posse.plot.map("diversity", "cap_observer", col="resolve")
    assert [axes.get_title() for axes in panels(figure)] == ["resolve = 0.3", "resolve = 0.7", "resolve = 1"]
    for k, axes in enumerate(panels(figure)):
        (mesh,) = [c for c in axes.collections if isinstance(c, QuadMesh)]
        colours = [to_hex(c) for c in mesh.to_rgba(mesh.get_array().ravel())]
        by_code = {f.value: f.colour for f in posse.game("restraint").output("regime").flags}
        codes = cube.regime.isel(resolve=k).transpose("cap_observer", "diversity").values.ravel()
        assert colours == [by_code[int(code)] for code in codes]
    legend = " ".join(t.get_text() for t in figure.legends[0].get_texts())
    for flag in posse.game("restraint").output("regime").flags:
        assert (flag.name.replace("_", " ") in legend) == bool((cube.regime == flag.value).any())


def test_payoffs_and_their_contours(cube: xr.Dataset) -> None:
    part = cube.isel(resolve=0)
    figure = part.posse.plot.payoff("diversity", "cap_observer", "leader")
    (mesh,) = [c for axes in panels(figure)[:1] for c in axes.collections if isinstance(c, QuadMesh)]
    wanted = part.payoff.sel(player="leader").transpose("cap_observer", "diversity").values
    assert np.array_equal(np.asarray(mesh.get_array()).reshape(wanted.shape), wanted)
    lines = part.posse.plot.map("diversity", "cap_observer", contours="observer")
    numbers = [float(t.get_text()) for t in panels(lines)[0].texts]
    observer = part.payoff.sel(player="observer")
    assert numbers
    assert float(observer.min()) <= min(numbers) <= max(numbers) <= float(observer.max())


def test_shares_are_stacked_to_one(cube: xr.Dataset) -> None:
    figure = cube.posse.plot.share("resolve", by="alignment")
    (axes,) = figure.axes
    bands = [p.get_data() for p in axes.patches if p.get_fill()]
    heights = [band.values - band.baseline for band in bands]
    for height, codes in zip(heights, [(0, 1), (2, 3, 4, 5), (6, 7, 8, 9)], strict=True):  # by alignment
        assert height == pytest.approx(np.isin(cube.regime.values, codes).mean((1, 2)))
    assert bands[-1].values == pytest.approx(np.ones(3))


def test_shares_under_beliefs_are_drawn_weighted(cube: xr.Dataset) -> None:
    (axes,) = cube.posse.plot.share("diversity", weights={"resolve": [0, 0, 1]}).figure.axes
    bands = [p.get_data() for p in axes.patches if p.get_fill()]
    last = cube.regime.isel(resolve=2).values
    present = [code for code in range(10) if (last == code).any()]
    for band, code in zip(bands, present, strict=True):
        assert band.values - band.baseline == pytest.approx((last == code).mean(1))
    assert "weighted by beliefs over resolve" in " ".join(axes.get_ylabel().split())


def test_what_is_not_computed_stays_blank(cube: xr.Dataset) -> None:
    part = cube.isel(resolve=1)
    kept = part.posse.where("accommodating_bandwagoning")
    (axes,) = panels(kept.posse.plot.map("diversity", "cap_observer"))
    (mesh,) = [c for c in axes.collections if isinstance(c, QuadMesh)]
    blank = np.ma.getmaskarray(mesh.get_array()).reshape(part.regime.shape[::-1])
    assert np.array_equal(blank, part.regime.values.T != 5)
    assert not [line for c in axes.collections if isinstance(c, LineCollection) for line in c.get_segments()]
    with pytest.raises(InputError, match="nothing to draw"):
        part.posse.where("binding_balancing", "leader_balancing").isel(cap_observer=[0]).posse.plot.map(
            "diversity", "cap_observer"
        )


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_files(cube: xr.Dataset, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"map{suffix}"
    save(cube.isel(resolve=0).posse.plot.map("diversity", "cap_observer"), path)
    start = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix]
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda p: p.map("diversity", "cap_observer"), "choose one label of resolve .0.3 to 1.: --sel resolve="),
        (lambda p: p.map("diversity", "diversity"), "diversity stands twice"),
        (lambda p: p.map("diversity", "spoils"), "spoils: is fixed at 1 in this cube"),
        (lambda p: p.map("diversity", "resolve", col="cap_observer", contours="obs"), "unknown player: 'obs'"),
        (
            lambda p: p.payoff("diversity", "cap_observer", col="resolve"),
            "player: choose one of leader, partner, observer, target",
        ),
        (lambda p: p.payoff("diversity", "cap_observer", "leader", output="margin"), "unknown output of numbers"),
        (lambda p: p.share("player"), "along: regime has no dimension player"),
        (lambda p: p.tree(diversity=0.5), "point: give resolve, cap_observer as well"),
    ],
)
def test_what_cannot_be_drawn(cube: xr.Dataset, draw: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(cube.posse.plot)


def test_a_design_is_no_side_of_a_map() -> None:
    drawn = {"sobol": 16, "attrition": {"uniform": [0, 0.5]}}
    cube = posse.Sweep("restraint", {"resolve": [0.2, 0.8], "sample": drawn}).evaluate()
    with pytest.raises(InputError, match=r"^sample: is a design, whose points lie in no order that a map could show"):
        cube.posse.plot.map("sample", "resolve")


def test_too_many_panels_are_refused() -> None:
    ds = posse.Sweep("restraint", axes={"spoils": {"linspace": [0, 1, 40]}, "diversity": [0, 1], "resolve": [0, 1]})
    with pytest.raises(InputError, match="40 panels, but at most 36"):
        ds.evaluate().posse.plot.map("diversity", "resolve", col="spoils")


@pytest.mark.parametrize("symbol", [r"\frac{a}{", "a$b", "β_{", "%", "", "c_A", r"\gamma"])
def test_a_symbol_that_is_no_formula_is_drawn_as_text(cube: xr.Dataset, symbol: str, tmp_path: Path) -> None:
    part = cube.isel(resolve=1).copy()
    part["diversity"].attrs |= {"symbol": symbol, "long_name": "costs in $, or in $x_$"}
    figure = part.posse.plot.map("diversity", "cap_observer")
    save(figure, tmp_path / "map.png")
    (axes,) = panels(figure)
    formula = symbol in ("c_A", r"\gamma")
    assert (f"${symbol}$" in axes.get_xlabel()) == formula
    assert "costs" in axes.get_xlabel()
