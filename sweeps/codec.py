"""How a chunk is packed: bit-shuffled LZ4 with a CRC-32C, as the Zarr metadata says.

    METADATA  what zarr writes down, so that any Zarr reader can unpack it
    encode(array) -> bytes

Packing here rather than through zarr gives the bytes that are checked, hashed and recorded.
"""

import struct

import google_crc32c
import numpy as np
from numcodecs import blosc
from zarr.codecs import BloscCodec, Crc32cCodec

from posse.sweeps.axes import Array

METADATA = (BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"), Crc32cCodec())


def encode(array: Array) -> bytes:
    """The stored bytes of one whole chunk."""
    packed = blosc.compress(np.ascontiguousarray(array), b"lz4", 5, blosc.BITSHUFFLE, 0)
    return bytes(packed) + struct.pack("<I", google_crc32c.value(packed))


def is_sound(stored: bytes) -> bool:
    """Whether a chunk is as it was written."""
    return len(stored) > 4 and stored[-4:] == struct.pack("<I", google_crc32c.value(stored[:-4]))
