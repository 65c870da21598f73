"""Evaluating on training rows: refused where it is known, at the price of one call at most."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from amlwrap import Client, Datasource, Model, Rearrangement
from amlwrap.documents import RedshiftMetadata
from amlwrap.exceptions import ConfigError, ThrottledError
from tests.scripted import Fault, Script

Reply = Callable[..., dict[str, Any]]
URI = "s3://b/bank.csv"
FIRST = Rearrangement(0, 70).render()


@pytest.fixture
def trained(aml: Client, script: Script, model: Reply, datasource: Reply) -> Model:
    """A model of the first seventy per cent."""
    script.on("GetMLModel", model(InputDataLocationS3=URI))
    script.on("GetDataSource", datasource(DataRearrangement=FIRST))
    found = aml.models.get("ml-1")
    script.calls.clear()
    return found


def part(text: str | None, uri: str = URI) -> Datasource:
    """A datasource to evaluate on."""
    return Datasource(id="ds-2", uri=uri, rearrangement_text=text)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (Rearrangement(60, 100).render(), "'ds-2', which shares the rows from 60 % to 70 % with the training data"),
        (FIRST, "the rows from 0 % to 70 % with the training datasource 'ds-1'"),
        (Rearrangement(0, 30, "random", "7").render(), "about 70 % of its rows"),
    ],
)
def test_shared_rows_are_refused(text: str, match: str, *, trained: Model, script: Script) -> None:
    """The error says which; the training datasource is asked for once, however often."""
    for _ in range(2):
        with pytest.raises(ConfigError, match=f"{match}.*allow_training=True"):
            trained.evaluate(part(text))

    assert ["GetDataSource"] == script.operations()


@pytest.mark.parametrize("text", [None, Rearrangement().render(), Rearrangement(5, 5, complement=True).render()])
def test_all_of_the_data_is_refused_without_asking(text: str | None, *, trained: Model, script: Script) -> None:
    """Whatever the training took, it is in there."""
    with pytest.raises(ConfigError, match=r"'ds-2', all of s3://b/bank\.csv, where the training rows are from"):
        trained.evaluate(part(text))

    assert [] == script.calls


def test_the_training_datasource_is_refused_without_asking(trained: Model, script: Script) -> None:
    """Its id is enough."""
    with pytest.raises(ConfigError, match="'ds-1', the training datasource"):
        trained.evaluate(Datasource(id="ds-1"))

    assert [] == script.calls


@pytest.mark.parametrize(
    ("evaluated", "calls"),
    [
        (part(Rearrangement(70, 100).render()), 1),
        (part(None, "s3://b/other.csv"), 0),
        (part(None, ""), 0),
        (part('{"splitting":{"strategy":"by the moon"}}'), 0),
    ],
    ids=["held out", "elsewhere", "nobody knows where", "nobody knows which"],
)
def test_what_is_held_out_or_unknown_is_let_pass(
    evaluated: Datasource, calls: int, *, trained: Model, script: Script
) -> None:
    """With no more calls than it takes to know."""
    trained.evaluate(evaluated)

    assert ["GetDataSource"] * calls + ["CreateEvaluation"] == script.operations()


@pytest.mark.parametrize(
    "answer",
    [
        Fault("ResourceNotFoundException"),
        Fault("AccessDeniedException", status=403),
        {"DataSourceId": "ds-1", "DataLocationS3": "s3://b/moved.csv"},
        {"DataSourceId": "ds-1", "DataLocationS3": URI, "DataRearrangement": json.dumps({"splitting": {"by": "moon"}})},
    ],
    ids=["gone", "forbidden", "moved", "unknown"],
)
def test_where_the_training_datasource_tells_nothing_it_is_let_pass(
    answer: Any, *, trained: Model, script: Script
) -> None:
    """The check is a kindness, not a gate."""
    script.on("GetDataSource", answer)

    trained.evaluate(part(FIRST))

    assert 1 == len(script.params("CreateEvaluation"))


def test_a_service_that_cannot_answer_is_no_answer(trained: Model, script: Script) -> None:
    """An error that may pass is raised; nothing has been made."""
    script.on("GetDataSource", Fault("ThrottlingException"))

    with pytest.raises(ThrottledError):
        trained.evaluate(part(FIRST))

    assert [] == script.params("CreateEvaluation")


def test_whoever_wants_it_gets_it_without_asking(trained: Model, script: Script) -> None:
    """Having said so."""
    trained.evaluate(part(FIRST), allow_training=True)

    assert ["CreateEvaluation"] == script.operations()


def test_a_new_model_remembers_its_training(aml: Client, script: Script, schema: Any) -> None:
    """Nothing is asked; parts of one split are held out, parts of two are not."""
    data = aml.datasources.create(URI, schema=schema)
    (train, test), (_, other) = data.split(0.7, seed=1), data.split(0.7, seed=2)
    model = aml.models.create(train)

    model.evaluate(test)
    with pytest.raises(ConfigError, match="about 70 %"):
        model.evaluate(other)
    with pytest.raises(ConfigError, match="drawn from 0 % to 70 %"):
        model.evaluate(data)

    assert not any(operation.startswith("Get") for operation in script.operations())


def test_two_queries_share_a_location_and_no_rows(trained: Model, script: Script, datasource: Reply) -> None:
    """What each put there cannot be told apart; a query and the file it wrote are the same rows."""
    query = RedshiftMetadata(cluster="c", database="shop", user="reader")
    script.on("GetDataSource", datasource(RedshiftMetadata={"DatabaseUserName": "reader"}))

    trained.evaluate(Datasource(id="ds-2", uri=URI, redshift=query))
    with pytest.raises(ConfigError, match="all of s3://b/bank"):
        trained.evaluate(part(None))

    assert ["GetDataSource", "CreateEvaluation"] == script.operations()


def test_a_query_over_the_training_file_is_refused(trained: Model, script: Script) -> None:
    """Its rows are in the file that the model was trained on a part of."""
    query = RedshiftMetadata(cluster="c", database="shop", user="reader")

    with pytest.raises(ConfigError, match="from 0 % to 70 %"):
        trained.evaluate(Datasource(id="ds-2", uri=URI, redshift=query))

    assert ["GetDataSource"] == script.operations()
