"""Any schema, any table, any recipe: a story either ends well or says why not, in words of our own."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

import amlwrap
from amlwrap import AmlwrapError, BatchPrediction, Client, Datasource, Model, Recipe, Retry, Schema
from amlwrap.documents import Attribute, AttributeType, variable
from tests.strategies import attribute_names, rearrangements

_T = TypeVar("_T")


def stories(n: int) -> settings:
    """So many examples; each is a few jobs."""
    return settings(max_examples=n, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def aml() -> Iterator[Client]:
    """A client on one engine for all stories: what one of them does must not matter to the next."""
    with amlwrap.connect("local:", progress=False, retry=Retry(attempts=1)) as client:
        yield client


def attempt(step: Callable[[], _T]) -> _T | None:
    """What *step* gives; None when it fails for a reason that somebody could act on."""
    try:
        return step()
    except AmlwrapError as error:
        check_words(error)
        return None


def check_words(error: AmlwrapError) -> None:
    """Never a mystery, never endless."""
    assert "Internal" not in str(error), traceback_of(error)
    assert len(str(error)) < 2_000


def traceback_of(error: AmlwrapError) -> str:
    """What the log of the job that failed ends in."""
    uri = getattr(error, "log_uri", None)
    return str(error) if uri is None else Path(uri.removeprefix("file://")).read_text(encoding="utf-8")[-2_000:]


# Tables.

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
LEVELS = st.sampled_from(["red", "green", "blue, light", 'the "best"', " ", "Ä", "0"])
NUMBERS = st.one_of(
    st.integers(-5, 300).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["1e3", "+1", ".5", "1e308", "-1e308", "0.1", "1e-320", "9223372036854775808"]),
)
TRUTHS = st.sampled_from(["0", "1", "yes", "No", " t ", "FALSE"])
CELLS: dict[AttributeType, SearchStrategy[str]] = {
    AttributeType.NUMERIC: NUMBERS,
    AttributeType.BINARY: TRUTHS,
    AttributeType.CATEGORICAL: LEVELS | WORDS,
    AttributeType.TEXT: st.lists(LEVELS | WORDS, max_size=4).map(" ".join),
}

# Two different ones at least, as a rule, and seldom more than single precision holds.
TARGETS: dict[AttributeType, SearchStrategy[str]] = {
    AttributeType.NUMERIC: st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr) | NUMBERS,
    AttributeType.BINARY: TRUTHS,
    AttributeType.CATEGORICAL: LEVELS,
}


@attrs.frozen
class Table:
    """A schema, and records that fit it but for a few."""

    schema: Schema
    rows: list[list[str]]

    def csv(self) -> bytes:
        """As the service's CSV; every field in quotes, so that none is an empty line."""
        lines = [self.schema.names, *self.rows] if self.schema.header else self.rows
        return "".join(",".join(map(quoted, line)) + "\n" for line in lines).encode()


def quoted(field: str) -> str:
    """*field* between quotes."""
    escaped = field.replace('"', '""')
    return f'"{escaped}"'


@st.composite
def tables(draw: DrawFn) -> Table:
    """Tables of all four types, some values missing, a target that is worth learning as often as not."""
    names = draw(st.lists(attribute_names(), min_size=2, max_size=5, unique_by=str.strip))
    attributes = [Attribute(name, draw(st.sampled_from(AttributeType))) for name in names]
    targets = [attribute.name for attribute in attributes if attribute.type != AttributeType.TEXT]
    target = draw(st.sampled_from(targets)) if targets else None
    row_id = draw(st.none() | st.sampled_from([name for name in names if name != target]))
    schema = Schema(attributes, target=target, row_id=row_id, header=draw(st.booleans()))
    n_least = draw(st.sampled_from([1, 3, 3]))
    some = [
        draw(st.lists((TARGETS if item.name == target else CELLS)[item.type], min_size=n_least, max_size=12))
        for item in attributes
    ]
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    missing = draw(st.sampled_from([0.0, 0.0, 0.2]))
    rows = [
        ["" if rng.random() < missing else values[rng.integers(len(values))] for values in some]
        for _ in range(draw(st.integers(1, 60) | st.just(40)))
    ]
    return Table(schema, rows)


# Recipes.


@st.composite
def recipes(draw: DrawFn, schema: Schema) -> Recipe:
    """Recipes of all seven functions over the inputs of *schema*; some of them do not fit it."""
    numbers, texts, levels, truths = (
        st.sampled_from([str(variable(item.name)) for item in schema.inputs if item.type == kind] or ["ALL_INPUTS"])
        for kind in ("NUMERIC", "TEXT", "CATEGORICAL", "BINARY")
    )
    words = st.recursive(texts, lambda inner: call("lowercase", inner) | call("no_punct", inner), max_leaves=2)
    tokens = words | call("ngram", words, st.integers(2, 10)) | call("osb", words, st.integers(2, 10))
    numeric = numbers | call("normalize", numbers)
    single = levels | truths | call("lowercase", levels) | call("quantile_bin", numeric, st.integers(5, 20))
    crossed = call("cartesian", single, single) | call("cartesian", single, tokens, levels)
    groups = st.sampled_from(["ALL_INPUTS", "ALL_NUMERIC", "ALL_TEXT", "ALL_CATEGORICAL", "ALL_BINARY"])
    outputs = draw(st.lists(tokens | numeric | single | crossed | groups, min_size=1, max_size=4))
    return Recipe.parse({"groups": {}, "assignments": {}, "outputs": outputs})


def call(function: str, *arguments: SearchStrategy[Any]) -> SearchStrategy[str]:
    """Calls of *function*, as recipes spell them."""
    return st.tuples(*arguments).map(lambda drawn: f"{function}({','.join(map(str, drawn))})")


# Stories.


def told(aml: Client, table: Table, recipe: Recipe | None = None, **settings: Any) -> tuple[Datasource, Model] | None:
    """A datasource and a model of *table*, if something can be learned from it."""
    data = aml.datasources.create(table.csv(), schema=table.schema, **settings)
    model = attempt(lambda: aml.models.create(data, recipe=recipe, passes=2).wait())
    attempt(data.wait)
    event("nothing to learn" if model is None else f"learned: {model.type}")
    return None if model is None else (data.refresh(), model)


def check_batch(batch: BatchPrediction, n_records: int) -> None:
    """One line a record; scores are finite and those of classes sum to one."""
    assert n_records == batch.n_total
    (uri,) = batch.manifest.results.values()
    with batch._connection.store().open(uri) as file:
        lines = gzip.decompress(file.read()).decode().split("\n")
    assert n_records + 2 == len(lines)
    assert batch.n_invalid == lines[1:-1].count("")
    if batch.model.type == "REGRESSION":
        assert n_records == len(batch.scores())
    else:
        matrix = batch.probabilities()
        readable = matrix.values[~np.isnan(matrix.values).any(axis=1)]
        assert n_records - (batch.n_invalid or 0) == len(readable)
        assert np.allclose(readable.sum(axis=1), 1, atol=1e-5)
        assert n_records == len(batch.labels())


@stories(25)
@given(tables())
def test_any_table(aml: Client, table: Table) -> None:
    """From a table to predictions; whatever stands in the way is told."""
    story = told(aml, table)
    if story is not None:
        data, model = story
        attempt(lambda: model.evaluate(data, allow_training=True).wait())
        check_batch(model.predict_batch(data).wait(), len(table.rows))


@stories(25)
@given(st.data())
def test_any_recipe(aml: Client, draws: st.DataObject) -> None:
    """Recipes that fit the schema train and predict; the others are refused before."""
    table = draws.draw(tables().filter(lambda table: bool(table.schema.inputs)))
    story = told(aml, table, draws.draw(recipes(table.schema)))
    if story is not None:
        data, model = story
        check_batch(model.predict_batch(data).wait(), len(table.rows))


@stories(15)
@given(tables(), rearrangements())
def test_any_slice(aml: Client, table: Table, slice_: Any) -> None:
    """A slice and its complement predict every record once between them."""
    story = told(aml, table)
    if story is not None:
        data, model = story
        counts = [
            model.predict_batch(
                aml.datasources.create(data.uri, schema=data.schema, rearrangement=part, statistics=False)
            )
            .wait()
            .n_total
            for part in (slice_, slice_.complemented())
        ]
        assert len(table.rows) == sum(count or 0 for count in counts)


NOISE = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from([b"1", b"a", b",", b'"', b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf"])).map(
        b"".join
    ),
)


@stories(60)
@given(NOISE)
def test_any_bytes(aml: Client, noise: bytes) -> None:
    """Bytes that nobody meant to be a CSV give predictions or a reason, whether or not their schema is known."""
    inferred = attempt(lambda: Schema.infer(noise))
    attempt(lambda: aml.datasources.create(noise, target="a").wait())
    known = inferred or Schema(
        [Attribute("a", AttributeType.NUMERIC), Attribute("b", AttributeType.TEXT)], header=False
    )
    data = attempt(lambda: aml.datasources.create(noise, schema=known))
    if data is not None:
        attempt(data.wait)
        batch = attempt(lambda: trained(aml).predict_batch(data).wait())
        if batch is not None:
            check_batch(batch, batch.n_total or 0)
    attempt(lambda: trained(aml).predict_batch(io.BytesIO(noise)).wait())


def trained(aml: Client) -> Model:
    """A model of two columns, made once."""
    for model in aml.models.list(name="of two columns"):
        return model
    schema = Schema([Attribute("a", AttributeType.NUMERIC), Attribute("b", AttributeType.BINARY)], target="b")
    data = aml.datasources.create(b"a,b\n" + b"1,0\n2,1\n" * 20, schema=schema)
    return aml.models.create(data, name="of two columns").wait()
