"""Checksums: what a sender says its body has, and whether the bytes that came have it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

__all__ = ["BadDigest", "checked"]

Digest: TypeAlias = Any
"""As those of `hashlib`: ``update(bytes)`` and ``digest()``."""


class BadDigest(Exception):
    """Other bytes came than were sent."""


class _Crc32:
    """The checksum that most SDKs of today send, as a digest."""

    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: bytes) -> None:
        self._sum = zlib.crc32(data, self._sum)

    def digest(self) -> bytes:
        return self._sum.to_bytes(4, "big")


def _md5() -> Digest:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Digest:
    return hashlib.sha1(usedforsecurity=False)


_BASE64: Final[Mapping[str, Callable[[], Digest]]] = {
    "content-md5": _md5,
    "x-amz-checksum-crc32": _Crc32,
    "x-amz-checksum-sha1": _sha1,
    "x-amz-checksum-sha256": hashlib.sha256,
}
"""Headers with a checksum, but for those that the standard library cannot compute, which are not looked at."""

_HEX_SHA256: Final = "x-amz-content-sha256"
_N_HEX: Final = 64


async def checked(headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """
    The same *chunks*, and behind the last one an error if they are not what was sent.

    Args:
        headers: Of the request, their names in lower case.

    Raises:
        BadDigest: A checksum in *headers* is that of other bytes, or is none.
    """
    promised = list(_promised(headers))
    async for chunk in chunks:
        for _, _, digest in promised:
            digest.update(chunk)
        yield chunk
    for name, expected, digest in promised:
        if digest.digest() != expected:
            raise BadDigest(f"The bytes that came do not have the {name} that was sent with them: send them again.")


def _promised(headers: Mapping[str, str]) -> Iterator[tuple[str, bytes, Digest]]:
    for name, start in _BASE64.items():
        if (text := headers.get(name)) is not None:
            yield name, _decoded(name, text), start()
    text = headers.get(_HEX_SHA256, "")
    if len(text) == _N_HEX:  # else a word that says why there is none
        yield _HEX_SHA256, _decoded(_HEX_SHA256, text), hashlib.sha256()


def _decoded(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text) if name == _HEX_SHA256 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadDigest(f"The {name} that was sent is none: {text[:80]!r}.") from error
