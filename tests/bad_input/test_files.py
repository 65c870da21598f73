"""Files that are no CSV of the service's, and those that only look odd."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from typing import Any

import pytest

from amlwrap import Datasource, Schema
from amlwrap.exceptions import ConfigError, DataError, InvalidInputError, NotFoundError
from amlwrap.local.limits import how_to_lift
from amlwrap.resources import Entity
from tests.bad_input.conftest import GOOD, HEADER, PLACE, World, among_good, csv, reason, schema

FATAL = {
    "empty": (b"", ": expected at least one record, found none."),
    "header only": (csv(), ": expected at least one record, found none."),
    "header without an end": (HEADER, ": expected at least one record, found none."),
    "blank lines": (b"\n\r\n\n", ": expected at least one record, found none."),
    "missing column": (
        csv(*(b",".join(row.split(b",")[place] for place in (0, 1, 3)) for row in GOOD), header=b"age,job,y"),
        ", line 1, column 3: expected column 'note', found 'y'. There is no column 'note' at all.",
    ),
    "column too many": (
        csv(*(row + b",0" for row in GOOD), header=HEADER + b",z"),
        ", line 1, column 5: expected no further column, found 'z'.",
    ),
    "columns in another order": (
        csv(*GOOD, header=b"age,note,job,y"),
        ", line 1, column 2: expected column 'job', found 'note'. The header has 4 columns, the schema 4 attributes;",
    ),
    "no header": (csv(*GOOD[1:], header=GOOD[0]), ", line 1, column 1: expected column 'age', found '20'."),
    "old Mac": (csv(*GOOD, end=b"\r"), ": expected lines that end in LF or CR LF, found lines that end in CR alone."),
    "CR in the header": (
        csv(*GOOD, header=b"age,job\r,note,y"),
        ", line 1: expected a header that ends in LF or CR LF, found CR alone.",
    ),
    "UTF-16": (csv(*GOOD).decode().encode("utf-16"), ", byte 0: expected UTF-8 text, found UTF-16. Save it as UTF-8."),
    "gzip": (gzip.compress(csv(*GOOD), mtime=0), ": expected plain text, found gzip. The service reads no compressed"),
    "no readable record": (csv(b"1,2", b"3,4"), ", line 2: expected a record that can be read, found none; not enough"),
    "header of NULs": (b"\0" * 500, r", line 1, column 1: expected column 'age', found '\x00"),
    "endless header": (b"x" * 300_000 + b"\n1,2\n", ", line 1: expected a header that ends in LF or CR LF, found no"),
}


@pytest.mark.parametrize("statistics", [True, False], ids=["to train on", "to predict"])
@pytest.mark.parametrize("name", FATAL)
def test_what_cannot_be_read_at_all_fails(world: World, name: str, statistics: bool) -> None:
    """The datasource says file, line and column, what was expected and what was found, in a few words."""
    content, message = FATAL[name]
    data = world.data(content, statistics=statistics)

    assert reason(data).startswith(data.uri + message)
    assert len(reason(data)) < 600


def test_whoever_was_to_use_it_hears_why(world: World) -> None:
    """Model, evaluation and batch prediction on a bad datasource give its reason, and leave no file."""
    message = "line 1, column 3: expected column 'note', found 'y'"
    creates: list[Callable[[Datasource], Entity]] = [
        world.aml.models.create,
        world.model.evaluate,
        world.model.predict_batch,
    ]
    for create in creates:
        data = world.data(FATAL["missing column"][0])
        found = ""
        try:
            child = create(data)
            found = reason(child)
            assert [] == [path for path in world.home.rglob(f"*{child.id}*") if path.suffix != ".log"]
        except InvalidInputError as error:  # the datasource may have failed before the child was asked for
            found = str(error)
        assert message in found


def test_refused_before_it_was_recorded(world: World) -> None:
    """What is built on a datasource that has failed already is refused with its reason, and never made."""
    data = world.data(b"")
    reason(data)

    with pytest.raises(InvalidInputError, match=r"is FAILED: s3://.*expected at least one record"):
        world.aml.models.create(data, id="ml-refused")
    with pytest.raises(NotFoundError):
        world.aml.models.get("ml-refused")


# One record that cannot be read: how it looks, and what the log says.
UNREADABLE = {
    "short": (b"12,cook", "Not enough fields in record."),
    "blank": (b" ", "Not enough fields in record."),
    "long": (b"12,cook,tea,1,1", "Too many fields in record."),
    "quote without partner": (b'12,cook,"tea,1', "Quotes do not match in record."),
    "quote inside a field": (b'12,cook,a "cup" of tea,1', "Quotes do not match in record."),
    "CR in its midst": (b"12,co\rok,tea,1", "Record holds a carriage return."),
    "invalid UTF-8": (b"12,cook,caf\xe9,1", "Record is not valid UTF-8."),
    "surrogate": (b"12,cook,\xed\xa0\x80,1", "Record is not valid UTF-8."),
    "larger than 100 KB": (b"12,cook," + b"x" * 102_400 + b",1", "Record is larger than 100 KB."),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_one_unreadable_record(world: World, name: str) -> None:
    """Training and evaluation leave it out and count it, the log places it; a batch has an empty line for it."""
    record, words = UNREADABLE[name]
    data = world.data(among_good(record))
    offset = len(csv(*GOOD[:PLACE]))

    evaluation = world.model.evaluate(data).wait()
    batch = world.model.predict_batch(data).wait()
    data = data.refresh()
    labels = batch.labels()
    lines = world.result(batch)

    assert "records: valid=200 invalid=1\n" in world.log(data)
    assert f"WARN: Invalid Record Found [Byte Offset : {offset}] :InvalidDataException: {words}\n" in world.log(batch)
    assert evaluation.metrics is not None
    assert (200, 1) == (evaluation.metrics.n_scored, evaluation.metrics.n_invalid)
    assert (201, 1) == (batch.n_total, batch.n_invalid)
    assert [PLACE] == [place for place, line in enumerate(lines) if not line]
    assert (201, 1, "") == (len(labels), labels.n_unreadable, labels.labels[PLACE])
    whole = world.result(world.model.predict_batch(world.data(csv(*GOOD))).wait())
    assert whole == lines[:PLACE] + lines[PLACE + 1 :]


@pytest.mark.parametrize("name", UNREADABLE)
def test_too_many_unreadable_records(world: World, name: str) -> None:
    """From a tenth on, training and evaluation refuse and tell the first few lines; a batch predicts the others."""
    record, words = UNREADABLE[name]
    content = among_good(*[record] * 30)
    told = words[0].lower() + words[1:].rstrip(".")
    message = (
        f", line 52: expected at most 10,000 rejected records and less than 10% of all, found 30 of 230 (13%), "
        f"the first because {told}. Line 53: {told}. Line 54: {told}. {how_to_lift('rejected_share')}"
    )
    data = world.data(content)
    unseen = world.data(content, statistics=False)

    assert data.uri + message == reason(data)
    assert unseen.uri + message == reason(world.model.evaluate(unseen))
    batch = world.model.predict_batch(unseen).wait()
    assert (230, 30) == (batch.n_total, batch.n_invalid)
    assert [b""] * 30 == world.result(batch)[PLACE : PLACE + 30]


def test_ten_thousand_unreadable_records_are_the_most(world: World) -> None:
    """Beyond 10,000 a file is refused however long it is."""
    good = GOOD[0] + b"\n"
    accepted, refused = (csv() + b"1\n" * n + good * 100_001 for n in (10_000, 10_001))

    assert "COMPLETED" == world.data(accepted).wait().status
    assert "found 10,001 of 110,002 (9.09%)" in reason(world.data(refused))


def test_a_line_break_inside_quotes(world: World) -> None:
    """The service knows none: both halves are records that cannot be read, each at its own line."""
    data = world.data(among_good(b'12,cook,"tea\nand cake",1'), statistics=False)
    batch = world.model.predict_batch(data).wait()

    assert (202, 2) == (batch.n_total, batch.n_invalid)
    assert [PLACE, PLACE + 1] == [place for place, line in enumerate(world.result(batch)) if not line]
    assert 2 == world.log(batch).count("Quotes do not match in record.")


# Odd, and fine: what is read is what the plain file holds.
READABLE = {
    "BOM": b"\xef\xbb\xbf" + csv(*GOOD),
    "CR LF": csv(*GOOD, end=b"\r\n"),
    "no last line end": csv(*GOOD)[:-1],
    "blank lines": among_good(b"", b"", b"") + b"\n\n",
    "blank lines first": b"\n\r\n" + csv(*GOOD),
    "every field quoted": csv(
        *(b",".join(b'"%s"' % field for field in row.split(b",")) for row in GOOD), header=b'"age","job","note","y"'
    ),
    "numbers between blanks": csv(*(b" " + row.replace(b",", b" ,", 1) for row in GOOD)),
}


@pytest.mark.parametrize("name", READABLE)
def test_odd_but_readable(world: World, name: str) -> None:
    """The same predictions as for the plain file, to the last bit."""
    plain = world.result(world.model.predict_batch(world.data(csv(*GOOD))).wait())
    batch = world.model.predict_batch(world.data(READABLE[name])).wait()

    assert (200, 0) == (batch.n_total, batch.n_invalid)
    assert plain == world.result(batch)


@pytest.mark.parametrize("name", READABLE)
def test_odd_but_readable_by_its_names(world: World, name: str) -> None:
    """Local bytes whose columns are found by their names, or whose schema is inferred, are read alike."""
    if name == "blank lines first":
        with pytest.raises(DataError, match="line 1: expected column names or values, found an empty line"):
            world.model.predict_batch(READABLE[name])
    else:
        assert 200 == world.model.predict_batch(READABLE[name]).wait().n_total
    assert ("age", "job", "note", "y") == Schema.infer(READABLE[name], target="y").names


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b'"cook, chef"', "cook, chef"),
        (b'"the ""best"" cook"', 'the "best" cook'),
        (b'""""', '"'),
        (b'""', ""),
        (b'","', ","),
        ("Köchin 👩‍🍳".encode(), "Köchin 👩‍🍳"),
        (b"a\x00b", "a\0b"),
        (b"\x1f", "\x1f"),
        (b'"a\x1f,b"', "a\x1f,b"),
    ],
)
def test_what_a_field_holds(world: World, field: bytes, value: str) -> None:
    """Commas and quotes inside quotes, any script and even control characters reach the result as they are."""
    data = world.data(among_good(b"12,%s,tea,1" % field), schema(row_id="job"), statistics=False)
    batch = world.model.predict_batch(data).wait()

    assert 0 == batch.n_invalid
    assert value == batch.probabilities().row_ids[PLACE]


def test_random_bytes(world: World) -> None:
    """Noise is refused without a mystery, whatever reads it."""
    for seed in range(5):
        noise = random.Random(seed).randbytes(3_000)
        data = world.data(noise)
        assert reason(data).startswith(f"{data.uri}, line 1")
        with pytest.raises(DataError, match="line 1: expected"):
            Schema.infer(noise, target="y")
        with pytest.raises(DataError, match=r"data\.csv, line 1"):
            world.model.predict_batch(noise)


def test_wrong_kind_of_data(world: World) -> None:
    """What no CSV can be made of is refused before anything is recorded."""
    before = world.aml.datasources.list().count()
    strange: list[Any] = [42, None, {}, object()]
    for data in strange:
        with pytest.raises(DataError, match="data: expected a path, s3:// URI, table"):
            world.aml.datasources.create(data, schema=schema())
    with pytest.raises(ConfigError, match="target"):
        world.aml.datasources.create(csv(*GOOD), schema=schema(), target="y")
    assert before == world.aml.datasources.list().count()
