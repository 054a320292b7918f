"""The colours of regimes can be told apart, also by readers who are colour-blind.

Colours are seen through the matrices of Machado, Oliveira and Fernandes (2009), severity 1, and compared by the
CIE 1976 distance in L*a*b*, of which a difference of 2.3 is just noticeable. Tol's "muted" scheme of ten colours, made
for the purpose, has a least distance of 15.6 by the same measure.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

import posse

Vector = npt.NDArray[np.float64]

SIGHT = {
    "common": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
XYZ = np.array([[0.412456, 0.357576, 0.180437], [0.212673, 0.715152, 0.072175], [0.019334, 0.119192, 0.950304]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Vector:
    """Linear light of an sRGB colour."""
    part = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(light: Vector) -> Vector:
    """L*a*b* of linear light."""
    relative = XYZ @ light / WHITE
    f = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("game", ["restraint", "signalling"])
@pytest.mark.parametrize("sight", SIGHT)
def test_regimes_can_be_told_apart(game: str, sight: str) -> None:
    colours = [flag.colour for flag in posse.game(game).output("regime").flags]
    seen = {c: lab(np.clip(SIGHT[sight] @ linear(c), 0, 1)) for c in colours if c}
    assert len(seen) == len(colours)
    assert min(float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)) > 15.6
