"""
Gzip of text as it comes, the same bytes however it is cut.

The text is gathered into blocks of one size, and each is deflated by itself and ended at a whole byte. So the bytes
depend on the text alone, and any reader of gzip takes them for one member.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from isal import isal_zlib

__all__ = ["gzipped"]

_ISAL: Any = isal_zlib  # whose types are told in part

_LEVEL: Final = 1
_BLOCK_BYTES: Final = 1 << 18
_HEAD: Final = bytes([0x1F, 0x8B, _ISAL.DEFLATED, 0, 0, 0, 0, 0, 4, 255])  # without name and time
_LAST_BLOCK: Final = b"\x03\x00"


def gzipped(texts: Iterable[bytes]) -> Iterator[bytes]:
    r"""
    The bytes of a gzip file of *texts*, some at a time.

    Source: RFC 1952 for the frame, RFC 1951 for the empty last block.

    >>> import gzip
    >>> gzip.decompress(b"".join(gzipped([b"score\n", b"2.5E-1\n"])))
    b'score\n2.5E-1\n'
    """
    checksum = size = 0
    yield _HEAD
    for block in _blocks(texts):
        checksum, size = _ISAL.crc32(block, checksum), size + len(block)
        deflating = _ISAL.compressobj(_LEVEL, _ISAL.DEFLATED, -_ISAL.MAX_WBITS)
        yield deflating.compress(block) + deflating.flush(_ISAL.Z_FULL_FLUSH)
    yield _LAST_BLOCK + struct.pack("<II", checksum, size & 0xFFFFFFFF)


def _blocks(texts: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for text in texts:
        waiting += text
        end = len(waiting) - len(waiting) % _BLOCK_BYTES
        if end:
            ready, waiting = bytes(waiting[:end]), waiting[end:]
            for start in range(0, end, _BLOCK_BYTES):
                yield ready[start : start + _BLOCK_BYTES]
    if waiting:
        yield bytes(waiting)
