"""posse.solve: one point, points of arrays, or a sweep over dimensions named as parameters."""

import platform
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import xarray as xr

import posse
from posse import Sweep

OUTPUTS = [output.name for output in posse.game("restraint").outputs]


def victory(leader: float, partner: float, target: float, observer: float, alignment: int) -> float:
    """The ratio-form contest success function: the side with the observer, if any, has its capability too."""
    ours, theirs = Fraction(leader) + Fraction(partner), Fraction(target)
    ours += Fraction(observer) if alignment == 1 else 0
    theirs += Fraction(observer) if alignment == 2 else 0
    return float(ours / (ours + theirs))


def test_solve_at_the_defaults() -> None:
    ds = posse.solve("restraint")
    assert ds.regime.shape == ()
    assert ds.payoff.dims == ("player",)
    assert set(ds.data_vars) == set(OUTPUTS)
    assert ds.victory.item() == pytest.approx(victory(1, 0.5, 1, 1, ds.alignment.item()), abs=1e-15)


def test_solve_scalars_of_any_kind() -> None:
    numbers = [1, 1.0, np.float64(1), np.int32(1), np.array(1.0), xr.DataArray(1.0)]
    found = [posse.solve("restraint", cap_observer=number, diversity=0.25).payoff.values for number in numbers]
    for payoff in found:
        np.testing.assert_array_equal(payoff, found[0])


def test_solve_arrays_go_point_by_point() -> None:
    observer, diversity = [0.25, 0.5, 1, 2], np.linspace(0, 1, 4)
    ds = posse.solve("restraint", cap_observer=observer, diversity=diversity, share=0.25)
    assert ds.regime.dims == ("point",)
    assert ds.payoff.dims == ("player", "point")
    for k in range(4):
        alone = posse.solve("restraint", cap_observer=observer[k], diversity=diversity[k], share=0.25)
        np.testing.assert_array_equal(ds.payoff[:, k], alone.payoff)
        expected = victory(1, 0.5, 1, observer[k], ds.alignment[k].item())
        assert ds.victory[k].item() == pytest.approx(expected, abs=1e-15)


def test_solve_broadcasts_dataarrays_by_name() -> None:
    diversity = xr.DataArray(
        [[0.0, 0.25, 0.5], [0.5, 0.75, 1.0]], dims=("year", "partner"), coords={"year": [1990, 1991]}
    )
    observer = xr.DataArray([0.5, 2.0], dims="rival", coords={"rival": ["China", "Russia"]})
    spoils = xr.DataArray([1.0, 2.0], dims="year")
    ds = posse.solve("restraint", diversity=diversity, cap_observer=observer, spoils=spoils, share=0.25)
    assert dict(ds.regime.sizes) == {"year": 2, "partner": 3, "rival": 2}
    assert ds.year.values.tolist() == [1990, 1991]
    assert ds.rival.values.tolist() == ["China", "Russia"]
    for y, p, r in np.ndindex(2, 3, 2):
        alone = posse.solve(
            "restraint",
            diversity=diversity.values[y, p],
            cap_observer=observer.values[r],
            spoils=spoils.values[y],
            share=0.25,
        )
        there = ds.isel(year=y, partner=p, rival=r)
        for name in OUTPUTS:
            np.testing.assert_array_equal(there[name], alone[name], err_msg=name)


def test_solve_over_dimensions_named_as_parameters_is_a_sweep() -> None:
    diversity, observer = np.linspace(0, 1, 5), np.geomspace(0.125, 4, 6)
    solved = posse.solve(
        "restraint",
        diversity=xr.DataArray(diversity, dims="diversity"),
        cap_observer=xr.DataArray(observer, dims="cap_observer"),
        outputs=["regime", "payoff"],
    )
    swept = Sweep("restraint", {"diversity": diversity, "cap_observer": observer}, dtype="float64").evaluate()
    xr.testing.assert_equal(solved.payoff.drop_vars("player"), swept.payoff.drop_vars("player"))
    xr.testing.assert_equal(solved.regime, swept.regime)


def test_solve_does_not_change_what_it_was_given() -> None:
    given = xr.DataArray([0.1, 0.2], dims="x", attrs={"note": "mine"})
    posse.solve("restraint", diversity=given)
    assert given.attrs == {"note": "mine"}
    assert given.values.tolist() == [0.1, 0.2]


def test_solve_marks_other_points_if_told_to() -> None:
    irresolute = [0.125, 0.25, 0.5]
    ds = posse.solve("restraint", war_irresolute=irresolute, war_resolute=0.25, outside_domain="mark")
    assert (ds.regime.values == 254).tolist() == [True, False, False]
    assert np.isnan(ds.payoff.values).tolist() == [[True, False, False]] * 4


def test_solve_chosen_outputs_in_single_precision() -> None:
    ds = posse.solve("restraint", outputs=["regime", "payoff"], dtype="float32", diversity=[0.25])
    assert list(ds.data_vars) == ["regime", "payoff"]
    assert ds.payoff.dtype == "float32"


# Sets the processor to take subnormal numbers for zero, as a library linked with -ffast-math does when it is loaded.
FAST = """
import ctypes
import llvmlite.binding as llvm
import posse
llvm.initialize_native_target()
llvm.initialize_native_asmprinter()
module = llvm.parse_assembly('''
declare void @llvm.x86.sse.ldmxcsr(ptr)
define void @set(ptr %state) {
  call void @llvm.x86.sse.ldmxcsr(ptr %state)
  ret void
}
''')
engine = llvm.create_mcjit_compiler(module, llvm.Target.from_default_triple().create_target_machine())
engine.finalize_object()
print(posse.solve("restraint").regime.item())
state = ctypes.c_uint32(0x9FC0)
ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.get_function_address("set"))(ctypes.byref(state))
try:
    posse.solve("restraint")
except posse.PosseError as error:
    print(error)
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="how to set this processor is not known here")
def test_a_process_that_takes_small_numbers_for_zero_is_refused() -> None:
    done = subprocess.run([sys.executable, "-c", FAST], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "set the processor to take the smallest numbers for zero" in done.stdout.splitlines()[1]
