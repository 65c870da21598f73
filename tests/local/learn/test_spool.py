"""Batches that are kept for several passes, in memory or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from amlwrap.documents.recipe import Recipe
from amlwrap.local.features.encoder import Encoder
from amlwrap.local.features.layout import Layout
from amlwrap.local.learn.batching import batches
from amlwrap.local.learn.spool import Spool
from tests.local.features.test_encoder import Exact, schema_of
from tests.local.pipeline.test_blocks import table_of_schema


@pytest.mark.parametrize("hold_bytes", [1, 500, 1 << 30])
def test_a_spool_gives_back_its_batches(tmp_path: Path, hold_bytes: int) -> None:
    """In memory or in a file, and pass after pass: the same arrays; the file is gone afterwards."""
    schema = schema_of(c="CATEGORICAL", t="TEXT", n="NUMERIC")
    records = [{"c": "abcab"[i % 5], "t": f"w{i % 13} w{i % 7}", "n": str(i % 9)} for i in range(60)]
    rows = table_of_schema(schema, records)
    outputs = Recipe.parse({"outputs": ["c", "t", "n"]}).resolve(schema)
    encoder = Encoder.fit(outputs, [rows], Exact(rows))
    (block,) = encoder.blocks(rows)
    made = list(batches([(block.matrix, np.arange(60))], 4, encoder.layout))
    with Spool(encoder.layout.n_trained, tmp_path / "batches", hold_bytes) as spool:
        for batch in made:
            spool.add(batch)
        passes = [list(spool) for _ in range(2)]

    assert len(made) == len(spool)
    for found in passes:
        for ours, theirs in zip(made, found, strict=True):
            for name in ("data", "indices", "indptr", "shape"):
                assert np.array_equal(getattr(ours.rows, name), getattr(theirs.rows, name))
            assert (ours.columns == theirs.columns) if isinstance(ours.columns, slice) else True
            assert np.array_equal(np.r_[ours.columns], np.r_[theirs.columns])
            assert ours.levels.starts.tolist() == theirs.levels.starts.tolist()
            assert ours.targets.tolist() == theirs.targets.tolist()
            assert (ours.levels.n, ours.levels.shares.tolist()) == (theirs.levels.n, theirs.levels.shares.tolist())
    assert [] == list(tmp_path.iterdir())


def test_a_batch_may_hold_no_column_at_all(tmp_path: Path) -> None:
    """Rows in which every number is at its mean hold nothing, which is not to be taken for everything."""
    layout = Layout(np.zeros(0, np.intp), np.zeros(0, np.float32), n_levels=0, n_trained=3)
    matrix: Any = sparse.csr_array(np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]], np.float32))
    with Spool(3, tmp_path / "batches", hold_bytes=0) as spool:
        for batch in batches([(matrix, np.zeros(4))], 2, layout):
            spool.add(batch)
        widths = [(batch.rows.shape, np.arange(3)[batch.columns].tolist()) for batch in spool]

    assert [((2, 0), []), ((2, 1), [0])] == widths
