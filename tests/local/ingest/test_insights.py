"""Insights: the few numbers of an attribute that are sent, by its type."""

from __future__ import annotations

import json

import attrs
import pytest
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
    assert {"NUMERIC": 1, "BINARY": 1, "CATEGORICAL": 1, "TEXT": 1} == found.n_by_type
    assert pytest.approx(200 / 3) == yes_no.percent_true
    assert number.percent_true is None
    assert ("blue", 0, 0) == (colour.least_frequent, colour.n_other, words.n_other)
    assert [False] * 4 == [one.approximate for one in found.values()]


def test_words_of_the_guide() -> None:
    """The developer guide's four rows give the guide's figures."""
    (words,) = told(
        b'The fox jumped over the fence.\nThis movie is intriguing.\n""\nFascinating movie.\n', "T"
    ).values()

    assert (12, 10) == (words.n_words, words.n_distinct)
    assert (0, 6, 2, 11) == (words.min_words, words.max_words, words.min_length, words.max_length)
    assert ("movie", 2) == words.top[0]


def test_bars_as_fine_as_the_console_draws_them() -> None:
    """Bars of every number the service's console offers count all values; other numbers are refused."""
    found = told(b"".join(b"%d,v%d\n" % (row * row, row // 2) for row in range(50)), "NC")
    number, level = found.values()

    for n_bars in (20, 50, 100, 200, 500):
        bars = number.bars(n_bars)
        assert (n_bars, 50, 0.0, 2401.0) == (len(bars), sum(bar[2] for bar in bars), bars[0][0], bars[-1][1])
    assert [bar[2] for bar in number.histogram] == [bar[2] for bar in number.bars(20)]
    assert (30, ()) == (level.n_other, level.bars(20))
    with pytest.raises(ValueError, match="divisor of 1000"):
        number.bars(30)


def test_bars_of_many_attributes_are_coarser() -> None:
    """A reply about hundreds of attributes stays of a size that can be sent."""
    one = summarise([read(b"1\n2\n", schema_of("N"))], schema_of("N"))
    many = attrs.evolve(one, attributes={f"a{i}": one.attributes["a"] for i in range(101)})

    assert (1_000, 100) == tuple(len(insights(found)["attributes"][0]["fine"]) for found in (one, many))


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
