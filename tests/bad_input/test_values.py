"""Values that do not fit their type, and targets from which nothing can be learned."""

from __future__ import annotations

import pytest

from amlwrap import Rearrangement, Schema
from amlwrap.documents import Attribute
from amlwrap.exceptions import DocumentError, InvalidInputError
from amlwrap.local.limits import how_to_lift
from tests.bad_input.conftest import GOOD, PLACE, World, among_good, csv, reason, schema

# A record with a value that does not fit, whose it is and how it is shown.
UNFIT = {
    "words": (b"about 30,cook,tea,1", "age", "'about 30'"),
    "comma for a point": (b'"1,5",cook,tea,1', "age", "'1,5'"),
    "not finite": (b"nan,cook,tea,1", "age", "'nan'"),
    "beyond double": (b"1e999,cook,tea,1", "age", "'1e999'"),
    "a NUL": (b"3\x000,cook,tea,1", "age", r"'3\x000'"),
    "no spelling of yes or no": (b"30,cook,tea,maybe", "y", "'maybe'"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_one_unfit_value(world: World, name: str) -> None:
    """It counts, the log tells where, and the record is used as if the value were missing."""
    record, attribute, shown = UNFIT[name]
    data = world.data(among_good(record))
    evaluation = world.model.evaluate(data).wait()
    batch = world.model.predict_batch(data).wait()

    log = world.log(data.refresh())
    assert "records: valid=201 invalid=0\n" in log
    assert f"attribute {attribute!r}: invalid=1, the first {shown} in {data.uri}, line {PLACE + 2}\n" in log
    assert evaluation.metrics is not None
    unknown = int(attribute == "y")
    assert (201 - unknown, unknown) == (evaluation.metrics.n_scored, evaluation.metrics.n_invalid)
    assert (201, 0) == (batch.n_total, batch.n_invalid)
    assert world.result(batch)[PLACE]


@pytest.mark.parametrize("name", UNFIT)
def test_too_many_unfit_values(world: World, name: str) -> None:
    """From a tenth on they are fatal to training and evaluation, naming file, line, attribute and value."""
    record, attribute, shown = UNFIT[name]
    content = among_good(*[record] * 30)
    told = f"{attribute!r} is {shown}, which does not fit its type"
    lines = f"the first because {told}. Line 53: {told}. Line 54: {told}."
    message = f"found 30 of 230 (13%), {lines} {how_to_lift('rejected_share')}"
    data = world.data(content)
    unseen = world.data(content, statistics=False)

    assert reason(data).startswith(f"{data.uri}, line 52: expected at most 10,000 rejected records")
    assert reason(data).endswith(message)
    assert reason(world.model.evaluate(unseen)).endswith(message)
    assert 0 == world.model.predict_batch(unseen).wait().n_invalid


def test_an_unfit_value_is_a_missing_one(world: World) -> None:
    """The prediction is that of the same record with nothing in its place."""
    lines = world.result(world.model.predict_batch(world.data(among_good(b"many,cook,tea,1", b",cook,tea,1"))).wait())

    assert lines[PLACE] == lines[PLACE + 1]


def test_unfit_values_that_nobody_reads_do_not_count(world: World) -> None:
    """Excluded attributes may hold what they like."""
    rows = [b"x" + row for row in GOOD]
    data = world.data(csv(*rows), schema(excluded=("age",))).wait()

    assert "COMPLETED" == world.aml.models.create(data, passes=1).wait().status


def with_targets(*values: bytes) -> bytes:
    """The good rows, with *values* as targets in turn."""
    return csv(*(row[:-1] + values[n % len(values)] for n, row in enumerate(GOOD)))


def test_one_class(world: World) -> None:
    """Nothing can be learned from it; the error names file, target and class."""
    data = world.data(with_targets(b"1"))

    expected = f"{data.uri}, target 'y': expected at least two classes, found only '1' in 200 records. Nothing can be"
    assert reason(world.aml.models.create(data)).startswith(expected)


def test_one_record_is_one_class(world: World) -> None:
    """Data of a single record are told in the singular."""
    data = world.data(csv(GOOD[0][:-1] + b"1"))

    assert "found only '1' in 1 record. Nothing" in reason(world.aml.models.create(data))


def test_one_class_in_the_slice(world: World) -> None:
    """A sorted file cut in order is told as what it is."""
    data = world.data(csv(*sorted(GOOD, key=lambda row: row[-1:]))).wait()
    train, _ = data.split(0.4)

    assert "found only '0' in" in reason(world.aml.models.create(train))


@pytest.mark.parametrize("values", [(b"",), (b"", b" ")], ids=["empty", "blank"])
def test_no_target_at_all(world: World, values: tuple[bytes, ...]) -> None:
    """Neither a model nor an evaluation can do with records that have none."""
    data = world.data(with_targets(*values))
    message = f"{data.uri}, target 'y': expected records that have a target, found none. Every record's target is empty"

    assert reason(world.aml.models.create(data)).startswith(message)
    assert reason(world.model.evaluate(data)).startswith(message)
    assert 200 == world.model.predict_batch(data).wait().n_total


def test_more_classes_than_a_model_may_have(world: World) -> None:
    """101 are refused, 100 are not."""
    for n, found in ((100, None), (101, "expected at most 100 classes, found 101. A number with many values")):
        rows = [b"%d,c%d,tea,1" % (number % 7, number % n) for number in range(2 * n)]
        model = world.aml.models.create(world.data(csv(*rows), schema("job")), passes=1)
        if found is None:
            assert "COMPLETED" == model.wait().status
        else:
            assert f"{model.datasource.uri}, target 'job': {found}" in reason(model)


def test_an_evaluation_needs_both_classes(world: World) -> None:
    """AUC is of two; the error names file and target."""
    data = world.data(with_targets(b"no"))

    assert (
        f"{data.uri}, target 'y': expected targets of 0 and of 1, to tell how well they are separated, found only 0"
        in (reason(world.model.evaluate(data)))
    )


def test_an_empty_slice(world: World) -> None:
    """Nothing to learn from or to measure on; to predict it takes no time."""
    data = world.data(csv(*GOOD), rearrangement=Rearrangement(0, 0))
    message = f"{data.uri}: expected records to read, found none. The slice that was asked for is empty."

    assert message == reason(world.aml.models.create(data))
    assert message == reason(world.model.evaluate(data))
    batch = world.model.predict_batch(data).wait()
    assert (0, []) == (batch.n_total, list(batch.labels()))


def test_a_slice_is_judged_by_its_own_records(world: World) -> None:
    """Bad records elsewhere in the file are no concern of it."""
    content = csv(*GOOD, *[b"1,2"] * 100)
    whole = world.data(content)
    good_half = world.data(content, rearrangement=Rearrangement(0, 80))

    assert "100 of 300" in reason(whole)
    assert "COMPLETED" == good_half.wait().status


def test_an_evaluation_without_the_target(world: World) -> None:
    """A datasource that lacks the model's target is refused before there is a job."""
    names = [Attribute("z" if item.name == "y" else item.name, item.type) for item in schema().attributes]
    data = world.data(csv(*GOOD, header=b"age,job,note,z"), Schema(names))

    with pytest.raises(InvalidInputError, match=r"EvaluationDataSourceId: .*'y'"):
        world.model.evaluate(data)


@pytest.mark.parametrize("target", ["note", "nobody", None])
def test_a_target_that_cannot_be(world: World, target: str | None) -> None:
    """TEXT, unknown or none: told by the document, before any call."""
    with pytest.raises(DocumentError, match="targetAttributeName"):
        world.aml.models.create(world.data(csv(*GOOD), schema(target)))
