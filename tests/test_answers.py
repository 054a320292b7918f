"""What a Dataset answers that has changed since it was a cube, and one of several chunks."""

from pathlib import Path

import pytest
import xarray as xr

import posse
from drawn import restraint
from posse.kernels.errors import InputError
from posse.sweeps import blocks


def refused(ds: xr.Dataset, said: str, *names: str) -> None:
    for name in names:
        with pytest.raises(InputError) as error:
            getattr(ds.posse, name)()
        assert str(error.value).startswith(said)
        assert "\n" not in str(error.value)


ASKED = ("predict", "score", "sensitivity", "conditions")


@pytest.fixture(scope="module")
def bases() -> xr.Dataset:
    return restraint(saltelli=32).evaluate()


@pytest.mark.parametrize("dim", ["case", "sample"])
def test_a_part_without_labels_has_no_answers(bases: xr.Dataset, dim: str) -> None:
    refused(bases.isel({dim: []}), f"{dim}: has no labels in this part of the cube; choose one or more", *ASKED)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("alignment", ("predict", "score", "sensitivity")),
        ("class", ("predict", "score")),
        ("computed", ("predict",)),
        ("forecast", ("score",)),
        ("brier", ("score",)),
        ("unknown", ("sensitivity",)),
    ],
)
def test_a_dimension_that_takes_a_name_of_an_answer_is_told(
    bases: xr.Dataset, name: str, asked: tuple[str, ...]
) -> None:
    said = f"{name}: is a dimension of this cube, but the answer calls something else so; rename it"
    refused(bases.rename(case=name), said, *asked)


def test_one_case_is_scored_as_a_list_of_one(bases: xr.Dataset) -> None:
    one = bases.isel(case=0)
    refused(one, "observed: observed is that of one case here; choose cases as a list, as case=", "score", "conditions")
    listed, all_of_them = bases.isel(case=[0]).posse.score(), bases.posse.score()
    assert listed.brier.isel(case=0).sel(forecast="model").equals(all_of_them.brier.isel(case=0).sel(forecast="model"))


def test_a_design_that_lost_what_it_says_of_itself_is_told(bases: xr.Dataset) -> None:
    labels = bases["sample"]
    refused(bases.drop_vars("cost_oppose"), "unknown coordinate of what sample draws: 'cost_oppose'", "conditions")
    for about in ({"rows": 0}, {"replicates": 0}, {"rows": "many"}, {"replicates": None}):
        changed = bases.assign_coords(sample=labels.assign_attrs(about))
        refused(changed, "sample: is no design any more, whose labels are numbers and whose attributes", *ASKED)
    names = xr.DataArray([str(k) for k in labels.values], dims="sample", attrs=labels.attrs)
    refused(bases.assign_coords(sample=names), "sample: is no design any more, whose labels are numbers", *ASKED)


def test_a_cube_of_several_chunks_answers_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On disk, where what was drawn is a coordinate with chunks of its own, and once more after it has grown."""
    monkeypatch.setattr(blocks, "POINTS", 100)
    cases = {"labels": ["A", "B"], "cap_leader": [1.0, 3.0], "notes": {"observed": ["oppose", "neutral"]}}
    drawn = {"attrition": {"uniform": [0, 0.9]}, "cost_oppose": {"log_uniform": [0.01, 1]}}
    small, large = (posse.Sweep("restraint", {"case": cases, "sample": {"sobol": n} | drawn}) for n in (256, 1024))
    store = tmp_path / "cube"
    for sweep, found in ((small, small.run(store, progress=False)), (large, large.grow(store, progress=False))):
        assert len(found.regime.chunks[1]) > 2
        wanted = sweep.evaluate().posse
        xr.testing.assert_allclose(found.posse.predict(), wanted.predict(), rtol=1e-12)
        xr.testing.assert_allclose(found.posse.score(), wanted.score(), rtol=1e-12)
        assert found.posse.conditions().equals(wanted.conditions())
        assert found.posse.flips(found).cells.sum() == 0
        assert len(found.isel(case=0).posse.table("regime")) == found.sizes["sample"]
    assert xr.open_zarr(store).posse.predict().computed.min() == 1
