"""Grids of regions: the cube that solving every cell gives, bit for bit, though few are solved."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import xarray as xr

import posse
from posse import Sweep
from posse.benchmarks.shapes import disc, shape, sliver, wedge
from posse.kernels.errors import InputError
from posse.runnable import Regions
from posse.sweeps.sweep import Sweep as Checked
from test_regions import ATLAS

SQUARE = {"x": (0, 1), "y": (0, 1)}
LOG = {"log_uniform": [0.1, 0.4]}
# Of war, the resolute do not pay more than others, so that a part of the third box is outside the domain.
BOXES: list[tuple[dict[str, Any], dict[str, float], dict[str, int]]] = [
    (ATLAS, {}, {"diversity": 301, "cap_observer": 290}),
    ({"cap_observer": LOG, "diversity": (0.3, 0.9), "resolve": (0, 0.6)}, {"prize": 1.5}, {}),
    ({"war_irresolute": (0.1, 0.9), "war_resolute": (0.3, 0.8)}, {"diversity": 0.3}, {}),
]


def solved(found: Regions, counts: Mapping[str, int]) -> xr.Dataset:
    """The sweep of the same grid, every cell solved."""
    axes = {
        name: {"geomspace" if side.is_log else "linspace": [side.low, side.high, counts[name]]}
        for name, side in found.sides.items()
    }
    return Sweep(found.game, axes, found.fixed, ["regime"], outside_domain="mark").evaluate()


@pytest.mark.parametrize(("box", "fixed", "counts"), BOXES)
def test_it_is_the_grid_of_a_sweep(box: Any, fixed: Any, counts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = posse.regions("restraint", box, fixed, tolerance=1 / 256 if len(box) == 2 else 1 / 32)
    counts = counts or dict.fromkeys(box, 300 if len(box) == 2 else 60)
    wanted = solved(found, counts)
    asked: list[int] = []
    plain = Checked.solve

    def counted(self: Any, window: Any, *rest: Any, **named: Any) -> Any:
        asked.append(int(np.prod(np.broadcast_shapes(*(part.shape for part in window)))))
        return plain(self, window, *rest, **named)

    monkeypatch.setattr(Checked, "solve", counted)
    got = found.dense(counts)
    assert asked == []
    xr.testing.assert_identical(got.regime.load(), wanted.regime)
    assert sum(asked) < 2 * found.undecided * wanted.regime.size
    told = got.attrs.keys() - {"history"}
    assert {name: got.attrs[name] for name in told} == {name: wanted.attrs[name] for name in told}


def test_where_little_is_certain_all_is_solved() -> None:
    found = posse.regions("restraint", ATLAS, tolerance=1 / 8)
    assert found.undecided > 0.9
    xr.testing.assert_identical(found.dense(300).regime.load(), solved(found, dict.fromkeys(ATLAS, 300)).regime)


def test_there_are_points_outside_the_domain() -> None:
    box, fixed, _ = BOXES[2]
    codes, counts = np.unique(posse.regions("restraint", box, fixed).dense(300).regime, return_counts=True)
    assert codes[-1] == 254
    assert 0.2 < counts[-1] / counts.sum() < 0.9


@pytest.mark.parametrize("solve", [disc, wedge, sliver])
@pytest.mark.parametrize("count", [257, 300])
def test_cells_on_the_faces_of_pieces(solve: Any, count: int) -> None:
    """Of 257 labels every one is a corner of pieces."""
    found = posse.regions(shape(solve), SQUARE, tolerance=1 / 256)
    wanted = solved(found, dict.fromkeys(SQUARE, count))
    np.testing.assert_array_equal(found.dense(count).regime, wanted.regime)
    rows = np.linspace(0, 1, count)
    np.testing.assert_array_equal(wanted.regime, solve(rows[:, None], rows[None, :]).regime)


def test_parts_of_it() -> None:
    found = posse.regions("restraint", ATLAS, tolerance=1 / 256)
    lazy, whole = found.dense(1000), solved(found, dict.fromkeys(ATLAS, 1000))[["regime"]]
    whole = whole.assign_attrs(lazy.attrs)
    cells = {"diversity": slice(100, 900, 2), "cap_observer": slice(None, None, 3)}
    xr.testing.assert_identical(lazy.isel(cells).load(), whole.isel(cells))
    back = {"diversity": slice(None, None, -1)}
    xr.testing.assert_identical(lazy.isel(back).load(), whole.isel(back))
    dice = np.random.default_rng(0)
    points = {name: xr.DataArray(dice.integers(0, 1000, 100_000), dims="point") for name in ATLAS}
    np.testing.assert_array_equal(lazy.isel(points).regime, whole.isel(points).regime)
    ranges = {name: np.sort(dice.choice(1000, 400, replace=False)) for name in ATLAS}
    xr.testing.assert_identical(lazy.isel(ranges).load(), whole.isel(ranges))
    chunked = lazy.chunk(diversity=300, cap_observer=400)
    xr.testing.assert_identical(chunked.compute(), whole)
    shares = chunked.posse.share().load()
    for flag in posse.game("restraint").output("regime").flags:
        assert shares.sel(regime=flag.name).item() == pytest.approx((whole.regime == flag.value).mean().item())


def test_on_one_side() -> None:
    found = posse.regions("restraint", {"diversity": (0, 1)}, tolerance=1e-4)
    wanted = solved(found, {"diversity": 200_001})
    xr.testing.assert_identical(found.dense(200_001).regime.load(), wanted.regime)


WRONG: list[tuple[Any, str]] = [
    ({"diversity": 5}, "shape.cap_observer: is missing; there is a number for each of diversity, cap_observer"),
    ({"diversity": 5, "resolve": 5}, "unknown parameter of the box: 'resolve'; there is diversity, cap_observer"),
    (2.5, "axes.diversity.linspace: count 2.5 is not a whole number"),
    (1, "axes.diversity.linspace: one label cannot span 0 to 1"),
]


@pytest.mark.parametrize(("counts", "said"), WRONG)
def test_what_is_wrong_is_told_in_a_line(counts: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        posse.regions("restraint", ATLAS, tolerance=1 / 4).dense(counts)
    assert str(caught.value).startswith(said)
