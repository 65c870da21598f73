"""Insights: the few numbers of an attribute that are sent, by its type."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from amlwrap.local.ingest.insights import N_BINS, N_TOP, insights
from amlwrap.local.ingest.statistics import summarise
from amlwrap.resources import Statistics
from tests.local.ingest.test_reader import read, schema_of


def told(data: bytes, types: str) -> Statistics:
    """What arrives of *data*, through JSON and back."""
    schema = schema_of(types)
    return Statistics.of(json.loads(json.dumps(insights(summarise([read(data, schema)], schema)), allow_nan=False)))


def test_each_type_tells_its_own() -> None:
    """Counts for all, moments and bars for numbers, the most frequent values for the rest."""
    found = told(b"1,y,red,a b\n3,n,,b\n,y,red,b\nx,z,blue,\n", "NBCT")

    assert (4, 4, 1) == (found.n_records, found.n_rows, found.n_invalid_records)
    number, yes_no, colour, words = found.values()
    assert (2, 1, 2, 1.0, 2.0, 2.0, 1.0, 3.0) == (
        number.n_missing,
        number.n_invalid,
        number.n_distinct,
        number.minimum,
        number.median,
        number.mean,
        number.std,
        number.maximum,
    )
    assert ((1.0, 2.0, 1), (2.0, 3.0, 1)) == number.histogram
    assert (1, 1, 2, (("1", 2), ("0", 1))) == (yes_no.n_missing, yes_no.n_invalid, yes_no.n_distinct, yes_no.top)
    assert (1, 2, (("red", 2), ("blue", 1))) == (colour.n_missing, colour.n_distinct, colour.top)
    assert (4, 2, (("b", 3), ("a", 1))) == (words.n_words, words.n_distinct, words.top)


def test_what_is_much_is_cut() -> None:
    """Neither many values nor many numbers make a long reply."""
    found = told(b"".join(b"%d,v%d\n" % (row, row) for row in range(500)), "NC")

    assert N_BINS == len(found["a"].histogram)
    assert 500 == sum(count for _, _, count in found["a"].histogram) == found["b"].n_distinct
    assert N_TOP == len(found["b"].top)


def test_nothing_is_told_of_no_numbers() -> None:
    """An attribute that is missing everywhere has counts alone."""
    (number,) = told(b",\n,\n".replace(b",", b'""'), "N").values()

    assert (2, 2, 0, None, ()) == (number.n, number.n_missing, number.n_distinct, number.mean, number.histogram)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_any_numbers_can_be_sent(values: list[float]) -> None:
    """Those near the ends of double precision too; what JSON cannot write is left out."""
    (number,) = told("".join(f"{value!r}\n" for value in values).encode(), "N").values()

    assert len(values) == number.n
    assert sum(count for _, _, count in number.histogram) in {0, len(values) - number.n_missing}
