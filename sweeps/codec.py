"""How a chunk is packed: bit-shuffled LZ4 with a CRC-32C, as the Zarr metadata says.

    METADATA  what zarr writes down, so that any Zarr reader can unpack it
    encode(array) -> the bytes that zarr would write

Packing here rather than through zarr gives the bytes that are checked, hashed and recorded. The bits are shuffled here
as well: Blosc then packs as it packs what needs no shuffling, and its header is told afterwards.
"""

import google_crc32c
import numpy as np
from numcodecs import blosc
from zarr.codecs import BloscCodec, Crc32cCodec

from posse.kernels.bitshuffle import bitshuffle
from posse.kernels.workspace import ThreadWorkspace, Workspace
from posse.sweeps.direct import Bytes
from posse.sweeps.numbers import Array

LEVEL = 5
BLOCK = 1 << 18  # numbers in a block, up to a mebibyte: blocks of Blosc's own choice pack less
METADATA = (BloscCodec(cname="lz4", clevel=LEVEL, shuffle="bitshuffle", blocksize=BLOCK), Crc32cCodec())

_HEADER = 16  # bytes before what Blosc has packed; the third is flags:
_FLAGS, _COPIED, _BITSHUFFLED = 2, 0x02, 0x04

_memory = ThreadWorkspace()


def encode(array: Array, workspace: Workspace | None = None, name: str = "chunk") -> memoryview:
    """The stored bytes of one whole chunk.

    workspace: where they lie, as the array of this name, until another chunk is put there.
    """
    numbers = np.ascontiguousarray(array).reshape(-1)
    shuffled = _memory.array("shuffled", numbers.shape, numbers.dtype)
    bitshuffle(numbers, min(BLOCK, (1 << 20) // numbers.itemsize), shuffled)
    packed = np.frombuffer(blosc.compress(shuffled, b"lz4", LEVEL, blosc.NOSHUFFLE, BLOCK), np.uint8)
    stored = (workspace or Workspace()).array(name, (len(packed) + 4,), np.uint8)
    stored[:-4] = packed
    stored[_FLAGS] |= _BITSHUFFLED
    if stored[_FLAGS] & _COPIED:  # what does not pack is not shuffled either
        stored[_HEADER:-4] = numbers.view(np.uint8)
    stored[-4:] = _checksum(stored[:-4])
    return stored.data


def is_sound(chunk: Bytes | bytes) -> bool:
    """Whether a chunk is as it was written."""
    stored = np.frombuffer(chunk, np.uint8)
    return len(stored) > 4 and bool((stored[-4:] == _checksum(stored[:-4])).all())


def _checksum(data: Bytes) -> Bytes:
    return np.array([google_crc32c.value(data)], "<u4").view(np.uint8)
