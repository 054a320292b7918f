"""How a chunk is packed: bit-shuffled LZ4 with a CRC-32C, as the Zarr metadata says.

    METADATA  what zarr writes down, so that any Zarr reader can unpack it
    encode(array) -> the bytes that zarr would write, large ones filled up to whole pages
    most(length)  -> how many these may be
    paged(length) -> so many filled up to whole pages
    is_sound(chunk)

Packing here rather than through zarr gives the bytes that are checked, hashed and recorded. The bits are shuffled here
as well: Blosc then packs as it packs what needs no shuffling, and its header is told afterwards. What lies behind its
last block, within the length that its header gives, Blosc does not look at: a file of whole pages is written in one go.
"""

import google_crc32c
import numpy as np
from numcodecs import blosc
from zarr.codecs import BloscCodec, Crc32cCodec

from posse.kernels.bitshuffle import bitshuffle
from posse.kernels.workspace import PAGE, ThreadWorkspace
from posse.sweeps.direct import Bytes
from posse.sweeps.numbers import Array

LEVEL = 5
BLOCK = 1 << 18  # numbers in a block, up to a mebibyte: blocks of Blosc's own choice pack less
FILLED = 1 << 17  # bytes of a chunk that fills whole pages, at least; as BLOCK, it decides what bytes a cube has
METADATA = (BloscCodec(cname="lz4", clevel=LEVEL, shuffle="bitshuffle", blocksize=BLOCK), Crc32cCodec())

_FLAGS, _LENGTH, _HEADER = 2, slice(12, 16), 16  # Blosc's header: where in it they stand, and its own length
_COPIED, _BITSHUFFLED = 0x02, 0x04  # flags
_CHECKSUM = 4  # bytes

_memory = ThreadWorkspace()


def most(length: int) -> int:
    """Bytes of a packed chunk, at most, that has so many before."""
    return _HEADER + length + _CHECKSUM


def paged(length: int) -> int:
    """So many bytes, filled up to whole pages."""
    return length + -length % PAGE


def encode(array: Array, room: Bytes | None = None) -> memoryview:
    """The stored bytes of one whole chunk.

    room: where they are to lie, from its beginning on; at least as long as `most` says.
    """
    numbers = np.ascontiguousarray(array).reshape(-1)
    shuffled = _memory.array("shuffled", numbers.shape, numbers.dtype)
    bitshuffle(numbers, min(BLOCK, (1 << 20) // numbers.itemsize), shuffled)
    packed = np.frombuffer(blosc.compress(shuffled, b"lz4", LEVEL, blosc.NOSHUFFLE, BLOCK), np.uint8)
    copied = bool(packed[_FLAGS] & _COPIED)  # what does not pack is not shuffled either
    length = len(packed) + _CHECKSUM
    if length >= FILLED and paged(length) - _CHECKSUM <= numbers.nbytes + _HEADER and not copied:
        length = paged(length)  # as long as a frame may be
    stored = np.empty(length, np.uint8) if room is None else room[:length]
    stored[: len(packed)] = packed
    stored[len(packed) :] = 0
    stored[_FLAGS] |= _BITSHUFFLED
    stored[_LENGTH] = _bytes(length - _CHECKSUM)
    if copied:
        stored[_HEADER:-_CHECKSUM] = numbers.view(np.uint8)
    stored[-_CHECKSUM:] = _checksum(stored[:-_CHECKSUM])
    return stored.data


def is_sound(chunk: Bytes | bytes) -> bool:
    """Whether a chunk is as it was written."""
    stored = np.frombuffer(chunk, np.uint8)
    return len(stored) > _CHECKSUM and bool((stored[-_CHECKSUM:] == _checksum(stored[:-_CHECKSUM])).all())


def _checksum(data: Bytes) -> Bytes:
    return _bytes(google_crc32c.value(data))


def _bytes(number: int) -> Bytes:
    return np.array([number], "<u4").view(np.uint8)
