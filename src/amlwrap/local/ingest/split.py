"""The split: which records of a table a rearrangement takes, and that its complement takes the others."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from amlwrap.documents.rearrangement import Rearrangement
from amlwrap.local.ingest.columns import Mask
from amlwrap.local.ingest.table import Table


def select(table: Table, rearrangement: Rearrangement) -> Table:
    """
    The records of *table*, which must be of whole files, that *rearrangement* takes, in their order.

    A sequential split cuts bytes: a record belongs to the slice in which its first byte lies as a share of all bytes,
    headers included, over the concatenation of the files. A random one draws a percentage for each record from the seed
    and the record's offset. Begin is inclusive and end exclusive.

    >>> first_half = Rearrangement(percent_end=50)
    >>> from amlwrap.local.ingest.columns import NumericColumn
    >>> select(Table.of({"age": NumericColumn(np.arange(7))}), first_half).columns["age"].values
    array([0, 1, 2, 3])
    """
    assert len(table.starts) == table.n_records  # who means to choose asks for them
    begin, end = rearrangement.percent_begin, rearrangement.percent_end
    if rearrangement.strategy == "random":
        draws = draw(rearrangement.seed, table.starts)
        inside: Mask = (draws >= begin) & (draws < end)
    else:
        hundredths = table.starts * 100
        inside = (hundredths >= begin * table.n_bytes) & (hundredths < end * table.n_bytes)
    if rearrangement.complement:
        inside = ~inside
    return table if inside.all() else table.take_records(inside)


def draw(seed: str, offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """
    A number in [0, 100) for each offset, drawn evenly and always the same for one seed.

    Source: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), started from SHA-256 of the seed.

    >>> draw("2026", np.array([0, 17])).round(3)
    array([...])
    """
    start = np.uint64(int.from_bytes(hashlib.sha256(seed.encode(errors="surrogatepass")).digest()[:8], "little"))
    mixed = (offsets.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + start
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * (100.0 / 2**53)
