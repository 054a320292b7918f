"""How a cube is cut into blocks, and that a block's chunks are packed as zarr would, and read by it."""

import struct
from collections.abc import Sequence
from itertools import combinations
from math import prod
from pathlib import Path
from statistics import fmean
from typing import Any

import google_crc32c
import numpy as np
import pytest
import zarr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

import posse
from posse.kernels.workspace import PAGE, Workspace
from posse.sweeps import blocks, codec
from posse.sweeps.cube import Cube


@given(
    st.sampled_from(["uint8", "float32", "float64"]),
    st.lists(st.integers(1, 17), min_size=1, max_size=4),
    st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
def test_packing_is_what_zarr_would_write(dtype: str, shape: list[int], seed: int) -> None:
    assert_packed_as_by_zarr((np.random.default_rng(seed).random(shape) * 5).astype(dtype))


def assert_packed_as_by_zarr(array: np.ndarray[Any, Any]) -> None:
    objects: dict[str, Any] = {}
    shape, dtype = array.shape, array.dtype
    stored = zarr.create_array(
        MemoryStore(objects), shape=shape, chunks=shape, dtype=dtype, compressors=codec.METADATA, fill_value=200
    )
    stored[...] = array
    [(key, written)] = [(key, data.to_bytes()) for key, data in objects.items() if not key.endswith("zarr.json")]
    packed = bytes(codec.encode(array))
    fits = len(filled(written)) - 4 <= array.nbytes + 16  # the most that Blosc makes of it
    assert packed == (filled(written) if len(written) >= codec.FILLED and fits and not written[2] & 2 else written)
    objects[key] = default_buffer_prototype().buffer.from_bytes(packed)
    assert stored[...].tobytes() == array.tobytes()


def filled(written: bytes) -> bytes:
    """The same filled up to whole pages, its length and its checksum put right."""
    length = -(-len(written) // 4096) * 4096 - 4
    frame = written[:12] + struct.pack("<I", length) + written[16:-4]
    frame += bytes(length - len(frame))
    return frame + struct.pack("<I", google_crc32c.value(frame))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("length", [127, 128, 129, 5000, codec.BLOCK, 2 * codec.BLOCK + 808, 2 * codec.BLOCK + 5])
@pytest.mark.parametrize("kind", ["smooth", "rough", "constant"])
def test_packing_in_blocks_is_what_zarr_would_write(dtype: str, length: int, kind: str) -> None:
    dice = np.random.default_rng(length)
    bytes_ = dice.integers(0, 256, length * 8, np.uint8)
    arrays = {
        "smooth": lambda: (np.cumsum(dice.normal(size=length)) * 10).clip(0, 250).astype(dtype),
        "rough": lambda: np.nan_to_num(bytes_.view(dtype)[:length], nan=1),
        "constant": lambda: np.full(length, 3, dtype),
    }
    assert_packed_as_by_zarr(arrays[kind]())


@pytest.mark.parametrize("length", [40_000, codec.BLOCK + 5])
def test_large_chunks_fill_whole_pages(length: int) -> None:
    """So that no part of a page is left to be written apart; one that does not pack stays as Blosc wants it."""
    dice = np.random.default_rng(1)
    rough, half = dice.integers(0, 256, 8 * length, np.uint8), dice.random(length).astype("float32").astype("float64")
    assert len(codec.encode(half)) % 4096 == 0
    assert len(codec.encode(half[:1000])) % 4096
    assert len(codec.encode(rough)) == len(rough) + 20


@pytest.mark.parametrize("length", [1, 1000, 4077, 40_000, codec.BLOCK + 5])
@pytest.mark.parametrize("rough", [True, False])
def test_packing_into_given_memory_touches_nothing_behind(length: int, rough: bool) -> None:
    array = np.random.default_rng(1).integers(0, 256 if rough else 7, length, np.uint8)
    room = np.full(codec.most(array.nbytes) + 1, 0xA5, np.uint8)
    packed = bytes(codec.encode(array, room))
    assert packed == bytes(codec.encode(array)) == bytes(room[: len(packed)])
    assert len(packed) <= codec.most(array.nbytes)
    assert (room[len(packed) :] == 0xA5).all()


def test_the_chunks_of_a_block_begin_on_pages(tmp_path: Path) -> None:
    """As direct access to a disk needs it; none lies in another's place."""
    axes = {"diversity": {"linspace": [0, 1, 123]}, "resolve": {"linspace": [0, 1, 457]}}
    cube = Cube.create(posse.Sweep("restraint", axes, outputs=["regime", "payoff", "margin"]), tmp_path / "cube.zarr")
    solved, workspace = cube.sweep.solve(cube.blocks.whole_cell(0)), Workspace()
    for _ in range(2):
        chunks = cube.solve_block(0, workspace).chunks
        parts = [part for output in cube.sweep.outputs for part in solved[output.name]]
        assert [bytes(chunk) for chunk in chunks.values()] == [bytes(codec.encode(part)) for part in parts]
        assert all(np.frombuffer(chunk, np.uint8).ctypes.data % PAGE == 0 for chunk in chunks.values())


def solved_for_each(shape: Sequence[int], cell: Sequence[int]) -> float:
    """Points of whole cells, for each point of the grid."""
    return prod(-(-n // c) * c / n for n, c in zip(shape, cell, strict=True))


@given(st.lists(st.integers(1, 100_000_000), min_size=1, max_size=2) | st.lists(st.integers(1, 300), max_size=7))
@settings(max_examples=200, deadline=None)
def test_blocks_are_nearly_balanced(shape: list[int]) -> None:
    cell, most = blocks.chunk_shape(shape), blocks.POINTS
    assert prod(cell) <= most
    assert all(1 <= c <= n for c, n in zip(cell, shape, strict=True))
    assert tuple(cell) == tuple(shape) or prod(cell) > most / 2 ** len(shape) / 4  # and as large as may be


def read_for_planes(shape: Sequence[int], cell: Sequence[int]) -> float:
    """Points of the blocks that a slice along two axes lies in, mean over all pairs."""
    pairs = combinations(zip(shape, cell, strict=True), 2)
    return fmean(prod(cell) * prod(-(-n // c) for n, c in pair) for pair in pairs)


@given(st.lists(st.integers(1, 300) | st.integers(2, 16), min_size=2, max_size=8))
@example([300, 6, 296, 11, 13, 11, 11])  # where planes read eight times as much
@settings(max_examples=200, deadline=None)
def test_cells_are_worth_it(shape: list[int]) -> None:
    """Against the balanced ones: more points are solved only where rows pack better, and then few more.

    A side is at least a quarter of the balanced one, which bounds what slices read.
    """
    cell, balanced = blocks.chunk_shape(shape), blocks._balanced(tuple(shape), blocks.POINTS)
    assert solved_for_each(shape, cell) <= 1.2 * solved_for_each(shape, balanced)
    assert read_for_planes(shape, cell) <= 2 * blocks.APART**2 * read_for_planes(shape, balanced)


@given(st.lists(st.integers(0, 60), max_size=7), st.integers(1, 10_000))
@settings(max_examples=200, deadline=None)
def test_what_fits_a_block_is_not_cut(shape: list[int], points: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "POINTS", points)
        cell = blocks.chunk_shape(shape)
    assert (cell == tuple(shape)) == (prod(shape) <= points)


@pytest.mark.parametrize(
    ("shape", "most"),
    [
        ((7,) * 10, 1),
        ((3,) * 15, 1),
        ((11,) * 7, 1.2),
        ((13,) * 7, 1.2),
        ((21,) * 5, 1),
        ((50,) * 6, 1),
        ((100,) * 8, 1.05),
        ((101,) * 4, 1.05),
    ],
)
def test_few_points_are_solved_that_nobody_wants(shape: tuple[int, ...], most: float) -> None:
    """Seven labels in two cells of four, along ten axes: 3.8 times as many points."""
    assert solved_for_each(shape, blocks.chunk_shape(shape)) <= most


def test_even_rows_pack_better() -> None:
    """Bits of eight numbers fill a byte: what repeats itself from row to row is found if rows are multiples of that."""
    sweep = posse.Sweep(
        "restraint", {"cap_leader": {"linspace": [0.1, 2, 200]}, "diversity": {"linspace": [0, 1, 200]},
                      "cap_observer": {"linspace": [0.1, 3, 200]}}, outputs=("payoff",), dtype="float32",
    )  # fmt: skip
    assert blocks.chunk_shape(sweep.shape)[-1] % 4 == 0

    def packed(last: int) -> float:
        window = np.ix_(np.arange(20), np.arange(100), np.arange(last))
        return sum(len(codec.encode(part)) for part in sweep.solve(window)["payoff"]) / (2000 * last)

    assert packed(104) < packed(100) < packed(102) < packed(101)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 50))
@settings(max_examples=50, deadline=None)
def test_blocks_tile_the_grid(shape: list[int], points: int) -> None:
    """Every point lies in just one block, and blocks say rightly how many they hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "POINTS", points)
        tiling = blocks.Blocks(tuple(shape), blocks.chunk_shape(shape))
    times = np.zeros(shape, int)
    for number in range(len(tiling)):
        times[tiling.window(number)] += 1
        assert times[tiling.window(number)].size == tiling.points(number) <= points
    assert (times == 1).all()
