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

_LEVEL: Final = 0  # the others look at memory that nobody has written to, and now and then find something there
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


def _blocks(texts: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    """The same bytes in blocks of one size; only those that begin in one text and end in another are copied."""
    waiting: list[memoryview] = []
    n_missing = _BLOCK_BYTES
    for text in texts:
        rest = memoryview(text)
        while len(rest) >= n_missing:
            waiting.append(rest[:n_missing])
            yield waiting[0] if len(waiting) == 1 else b"".join(waiting)
            rest = rest[n_missing:]
            waiting, n_missing = [], _BLOCK_BYTES
        if rest:
            waiting.append(rest)
            n_missing -= len(rest)
    if waiting:
        yield b"".join(waiting)
