"""Gzip by several threads."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
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


def test_what_memory_held_before_does_not_show() -> None:
    """The same text gives the same bytes, whatever lay where the packer keeps its tables."""
    program = """if True:
        import hashlib, random
        from amlwrap.local.score import packing

        rng, digest = random.Random(3), hashlib.sha256()
        scores = lambda: ",".join(f"{rng.random() * 10:.6f}E-{rng.choice((1, 1, 1, 2))}" for _ in range(3))
        lines = [f"t{n},{scores()}\\n" + "\\n" * (rng.random() < 0.1) for n in range(900)]
        for packing._BLOCK_BYTES in range(100, 5001, 7):
            digest.update(b"".join(packing.gzipped(["".join(lines).encode()])))
        print(digest.hexdigest())
    """
    found = set[bytes]()
    for filler in ("0", "1", "170"):  # with which glibc fills what it hands out; other systems do as they like
        settings = {**os.environ, "PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": filler}
        found.add(subprocess.run([sys.executable, "-c", program], env=settings, capture_output=True, check=True).stdout)
    assert len(found) == 1


def test_texts_that_fail_are_not_packed_to_an_end() -> None:
    """What the texts raise comes through, before the last block is there."""

    def texts() -> Iterator[bytes]:
        yield b"score\n"
        raise OSError("gone")

    written: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        written.extend(gzipped(texts()))
    assert 1 == len(written)
