"""Tables, their slices, and the limits on what is rejected."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.documents.rearrangement import Rearrangement, Strategy
from amlwrap.exceptions import DataError
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.columns import NumericColumn
from amlwrap.local.ingest.reader import read_table
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.ingest.split import draw, select
from amlwrap.local.ingest.table import Table
from amlwrap.objects import find_files
from tests.local.ingest.memory import Memory
from tests.local.ingest.test_reader import read, schema_of, values_of

TYPES = "NBCT"


def two_files() -> Table:
    """Eight records in two files, two of them unreadable, two with an invalid value."""
    store = Memory({"s3://b/1": b"1,y,a,u\n2,n,b\n,x,a,v\n4,1,c,w\n", "s3://b/2": b"5,0,a,\nz,,b,y\n7\n8,t,d,z\n"})
    return read_table(store, find_files(store, "s3://b/"), schema_of(TYPES))


@given(st.lists(st.booleans(), min_size=8, max_size=8))
def test_taking_records_takes_their_rows(chosen: list[bool]) -> None:
    """A slice holds the chosen records, the rows among them, and their faults, examples and parts; nothing else."""
    table = two_files()
    mask = np.array(chosen)
    taken = table.take_records(mask)

    kept_rows = mask[table.positions]
    assert taken.n_records == mask.sum()
    assert table.starts[mask].tolist() == taken.starts.tolist()
    assert table.starts[table.positions][kept_rows].tolist() == taken.starts[taken.positions].tolist()
    for name, column in table.columns.items():
        expected = [value for value, kept in zip(values_of(column), kept_rows, strict=True) if kept]
        assert expected == values_of(taken.columns[name])
    assert [fault for fault in table.faults if fault.offset in taken.starts] == list(taken.faults)
    assert taken.n_faults == len(taken.faults)
    assert [value for value in table.invalid_values if value.offset in taken.starts] == list(taken.invalid_values)
    assert taken.n_invalid_records == len(taken.invalid_values)
    assert [mask[:4].sum(), mask[4:].sum()] == [part.n_records for part in taken.parts]


@given(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([1, 2, 3]))
def test_slices_are_masks(start: int, stop: int, step: int) -> None:
    """Taking a slice is taking the mask it marks."""
    table = two_files()
    mask = np.zeros(8, np.bool_)
    mask[start:stop:step] = True
    by_slice, by_mask = table.take_records(slice(start, stop, step)), table.take_records(mask)

    assert by_mask.starts.tolist() == by_slice.starts.tolist()
    assert by_mask.positions.tolist() == by_slice.positions.tolist()
    assert by_mask.parts == by_slice.parts


def test_runs_share_memory_with_the_whole() -> None:
    """A slice without gaps copies no column; one with gaps does."""
    table = Table.of({"a": NumericColumn(np.arange(9), np.arange(9) > 7)})
    whole = table.columns["a"]
    run, gaps = (table.take_records(chosen).columns["a"] for chosen in (np.arange(3, 6), np.array([1, 3])))

    assert isinstance(whole, NumericColumn)
    assert isinstance(run, NumericColumn)
    assert isinstance(gaps, NumericColumn)
    assert np.shares_memory(whole.values, run.values)
    assert not np.shares_memory(whole.values, gaps.values)
    assert run.missing is None


def test_memory_is_counted() -> None:
    """A table knows how much memory it holds."""
    table = two_files()
    assert sum(column.nbytes for column in table.columns.values()) + 8 * (6 + 8) == table.nbytes


PERCENTAGES = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)
STRATEGIES = st.sampled_from(get_args(Strategy))


@given(PERCENTAGES, STRATEGIES, st.text(max_size=3))
def test_split_and_complement_partition_the_records(bounds: list[int], strategy: Strategy, seed: str) -> None:
    """Every record is in the split or in its complement, never in both, and the order is kept."""
    table = two_files()
    rearrangement = Rearrangement(bounds[0], bounds[1], strategy, seed)
    inside, outside = select(table, rearrangement), select(table, rearrangement.complemented())

    assert sorted(table.starts.tolist()) == sorted([*inside.starts.tolist(), *outside.starts.tolist()])
    assert sorted(inside.starts.tolist()) == inside.starts.tolist()


@given(st.integers(0, 100), STRATEGIES)
def test_adjacent_splits_partition_the_records(cut: int, strategy: Strategy) -> None:
    """What ends at a percentage and what begins there have no record in common and leave none out."""
    table = two_files()
    first = select(table, Rearrangement(0, cut, strategy, "s"))
    second = select(table, Rearrangement(cut, 100, strategy, "s"))

    assert sorted([*first.starts.tolist(), *second.starts.tolist()]) == table.starts.tolist()


def test_sequential_split_cuts_bytes_of_the_whole_file() -> None:
    """A record belongs where its first byte lies in the file, header included, even if it reaches across the cut."""
    data = b"a\n" + b"1\n" + b"22222222\n" + b"3\n" + b"4\n" + b"\n\n\n"  # 20 bytes, records at 2, 4, 13 and 15
    table = read(data, schema_of("C", header=True))

    def split(begin: int, end: int) -> list[object]:
        return values_of(select(table, Rearrangement(begin, end)).columns["a"])

    assert ["1", "22222222"] == split(0, 50)
    assert ["3", "4"] == split(50, 100)
    assert ["1"] == split(10, 20)
    assert ["22222222"] == split(20, 65)
    assert ["3"] == split(65, 75)


def test_random_draws_are_even_and_depend_on_the_seed() -> None:
    """Draws spread evenly over 0 to 100, are the same for one seed, and unrelated for others."""
    offsets = np.arange(0, 700_000, 7)
    one, again, other = draw("one", offsets), draw("one", offsets), draw("other", offsets)

    assert one.tolist() == again.tolist()
    assert np.histogram(one, 20, (0, 100))[0] == pytest.approx(5_000, rel=0.06)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.02


def test_a_tenth_of_bad_records_is_too_much() -> None:
    """One bad record in eleven is tolerated, one in ten is not; the error says which ones and why."""
    good = b"1,y,a,u\n"
    check_rejections(Census.of([read(good * 10 + b"short\n", schema_of(TYPES))]))
    check_rejections(Census.of([read(good, schema_of(TYPES))]))
    with pytest.raises(DataError) as caught:
        check_rejections(Census.of([read(good * 8 + b"x,y,a,u\nshort\n1,2,a,u\n", schema_of(TYPES))]))

    message = str(caught.value)
    assert "s3://shop/in/data.csv, line 9: expected at most 10,000 rejected records and less than 10%" in message
    assert "3 of 11 (27.3%), the first because 'a' is 'x', which does not fit its type." in message
    assert "Line 10: not enough fields in record. Line 11: 'b' is '2'" in message


def test_more_than_ten_thousand_bad_records_are_too_many() -> None:
    """10,000 bad records in a large file are tolerated and 10,001 are not; no more than 10,000 are listed."""
    good = b"1,1\n" * 95_000
    table = read(b"1\n" * 10_000 + good, schema_of("NN"))
    check_rejections(Census.of([table]))
    table = read(b"1\n" * 10_001 + good, schema_of("NN"))
    assert (10_000, 10_001) == (len(table.faults), table.n_faults)
    with pytest.raises(DataError, match="10,001 of 105,001"):
        check_rejections(Census.of([table]))


def test_rejections_without_an_example_are_counted() -> None:
    """A slice whose bad records are beyond the examples still says how many they are."""
    table = read(b"x\n" * 50, schema_of("N")).take_records(slice(40, 50))
    with pytest.raises(DataError, match=r"data.csv: expected .* found 10 of 10 \(100%\)"):
        check_rejections(Census.of([table]))
