"""Scores by looking levels up, held against the product with the design matrix."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.local.features.record import Record, RecordEncoder
from amlwrap.local.score.model import LinearModel
from tests.local.features.test_encoder import fitted
from tests.local.features.test_record import ASKED, FIELDS, SCHEMA, table_of

OUTPUTS = ["quantile_bin(n,5)", "quantile_bin(normalize(m),50)", "b", "c", "lowercase(d)", "cartesian(b,c)"]
WHOLE: Record = {"n": "1", "m": "2", "b": "1", "c": "red", "d": "red", "t": "tea", "u": "rum"}
RECORDS = st.lists(st.fixed_dictionaries(FIELDS), min_size=2, max_size=6)


@given(
    st.lists(st.sampled_from(OUTPUTS), min_size=1, unique=True),
    RECORDS,
    st.lists(st.fixed_dictionaries({}, optional=ASKED), min_size=1, max_size=5),
    st.sampled_from([1, 3]),
    st.integers(0, 99),
)
def test_levels_are_scored_as_the_matrix_is(
    outputs: list[str], known: list[Record], asked: list[Record], n_outputs: int, seed: int
) -> None:
    """Looked up in a table, multiplied as a matrix, or one record alone: the same bits, unseen levels included."""
    encoder = fitted(outputs, SCHEMA, table_of([*known, WHOLE]))
    random = np.random.default_rng(seed)
    weights = random.normal(size=(encoder.layout.n_columns, n_outputs)).astype(np.float32)
    classes = ("0", "1") if n_outputs == 1 else ("x", "y", "z")
    model = LinearModel("BINARY" if n_outputs == 1 else "MULTICLASS", classes, encoder, weights, weights[0].copy())
    rows = table_of(asked)
    alone = RecordEncoder.of(encoder)
    by_matrix = [model.scores_of(block.matrix) for block in encoder.blocks(rows)]
    one_by_one = [model.scores_of(alone.row(record)) for record in asked]

    assert encoder.has_levels_alone
    assert np.concatenate(by_matrix).tobytes() == model.scores(rows).tobytes()
    assert np.concatenate(one_by_one).tobytes() == model.scores(rows).tobytes()


def test_other_outputs_go_through_the_matrix() -> None:
    """A number or a text among the outputs is nothing to look up."""
    assert not fitted(["c", "n"], SCHEMA, table_of([WHOLE, WHOLE])).has_levels_alone
