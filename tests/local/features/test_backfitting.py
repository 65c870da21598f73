"""A second look at bins: a bounded sample, the same however rows come, and counts that it only makes finer."""

from __future__ import annotations

import numpy as np

from amlwrap.local.features.backfitting import MOST_CELLS, MOST_ROWS, Sample, look_again
from amlwrap.local.ingest.columns import BinaryColumn, Column


def flags(n: int, n_columns: int) -> dict[str, Column]:
    """Columns of yes and no by turns."""
    return {f"x{place}": BinaryColumn((np.arange(n) % 2).astype(np.int8)) for place in range(n_columns)}


def test_a_sample_is_every_so_many_th_row_wherever_blocks_end() -> None:
    """Of more rows than may be kept, those whose numbers are multiples of a power of two stay."""
    n, columns = 3 * MOST_ROWS, flags(3 * MOST_ROWS, 2)
    for size in (n, 1000, 4097):
        sample = Sample({})
        for start in range(0, n, size):
            part = slice(start, start + size)
            sample.add({name: column.take(part) for name, column in columns.items()}, np.arange(n)[part])
        assert (sample.step, sample.n) == (4, n)
        assert np.concatenate(sample.targets).tolist() == list(range(0, n, 4))


def test_of_many_attributes_fewer_rows_are_kept() -> None:
    """What all columns hold together is bounded as well."""
    sample = Sample({})
    sample.add(flags(4000, 1000), np.zeros(4000))
    assert 0 < 1000 * len(sample) <= MOST_CELLS


def test_nothing_to_look_at_changes_nothing() -> None:
    """Without rows, counts stay as they are."""
    assert look_again(Sample({}), {"x": 20}) == {"x": 20}
