"""Gzip by several threads."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlwrap.local.score import packing
from amlwrap.local.score.packing import gzipped

TEXTS = st.lists(st.binary(max_size=50).map(lambda some: some * 20), max_size=8)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 300))
def test_what_is_packed_comes_out_however_it_was_cut(texts: list[bytes], n_block: int) -> None:
    """One member whose bytes depend on the text alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_BLOCK_BYTES", n_block)
        packed, whole = b"".join(gzipped(texts)), b"".join(gzipped([b"".join(texts)]))

    assert packed == whole
    assert b"".join(texts) == gzip.decompress(packed)
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    member.decompress(packed)
    assert (True, b"") == (member.eof, member.unused_data)


def test_texts_that_fail_are_not_packed_to_an_end() -> None:
    """What the texts raise comes through, before the last block is there."""

    def texts() -> Iterator[bytes]:
        yield b"score\n"
        raise OSError("gone")

    written: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        written.extend(gzipped(texts()))
    assert 1 == len(written)
