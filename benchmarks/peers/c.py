"""The game of strategic restraint in C (restraint.c), compiled on the spot by gcc and called through ctypes."""

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

SOURCE = Path(__file__).with_name("restraint.c")
COMMON = ("-O3", "-march=native", "-fopenmp-simd")
FLAGS = ("", "-ffast-math")  # without it powers are not vectors, and conditions that compare numbers cost more
WIDTHS = (256, 512)  # bits of the vectors that gcc may prefer: which are faster depends on the processor


def unavailable() -> str | None:
    """Why this peer cannot take part, or None."""
    return None if shutil.which("gcc") else "no gcc on the path"


@cache
def _library(flags: str, width: int) -> ctypes.CDLL:
    with TemporaryDirectory() as folder:
        compiled, library = Path(folder) / "restraint.o", Path(folder) / "restraint.so"
        options = [*COMMON, *flags.split(), f"-mprefer-vector-width={width}", "-fPIC"]
        # Linked with -ffast-math, a library would have the whole process take the smallest numbers for zero.
        for command in (
            ["gcc", *options, "-c", str(SOURCE), "-o", str(compiled)],
            ["gcc", "-shared", str(compiled), "-o", str(library), "-lm"],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
        return ctypes.CDLL(str(library))


def solve(
    parameters: list[npt.NDArray[np.float64]], real: str, general: bool, flags: str, width: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """Regime and payoffs at points given as one array for each parameter, in the order of the declaration.

    general: compute powers; else the decisiveness is taken to be 1. flags: one of FLAGS; width: of the
    vectors, one of WIDTHS.
    """
    count = len(parameters[0])
    regime = np.empty(count, np.uint8)
    payoff = np.empty((4, count), real)
    columns = [np.ascontiguousarray(values, dtype=np.float64) for values in parameters]
    addresses = (ctypes.c_void_p * len(columns))(*(values.ctypes.data for values in columns))
    function = getattr(_library(flags, width), f"solve_{'general_' if general else ''}{real}")
    function.argtypes = (ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    function.restype = None
    function(addresses, count, regime.ctypes.data, payoff.ctypes.data)
    return regime, payoff
