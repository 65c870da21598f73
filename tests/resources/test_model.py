"""Models: trained with checked documents, measured on held-out rows, asked about anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from amlwrap import Client, Datasource, Recipe, Schema, TrainingParameters
from amlwrap.exceptions import ConfigError, DataError, DocumentError
from tests.scripted import Script

Reply = Callable[..., dict[str, Any]]
RECIPE = '{"groups":{},"assignments":{},"outputs":["ALL_NUMERIC","quantile_bin(age,10)"]}'


@pytest.fixture
def train(aml: Client, script: Script, schema: Schema) -> Datasource:
    """A datasource just made."""
    made = aml.datasources.create("s3://b/bank.csv", schema=schema)
    script.calls.clear()
    return made


def test_a_model_is_trained_with_one_call(aml: Client, script: Script, train: Datasource) -> None:
    """The type follows from the target, and what is left out is as in the service's console."""
    made = aml.models.create(train, name="bank model")

    expected = {
        "MLModelId": "ml-2",
        "MLModelName": "bank model",
        "MLModelType": "BINARY",
        "TrainingDataSourceId": "ds-1",
        "Parameters": {
            "sgd.l1RegularizationAmount": "0.0",
            "sgd.l2RegularizationAmount": "1e-6",
            "sgd.maxMLModelSizeInBytes": "104857600",
            "sgd.maxPasses": "10",
            "sgd.shuffleType": "auto",
        },
    }
    assert [("CreateMLModel", expected)] == script.calls
    assert ("PENDING", "BINARY", "ds-1", None) == (made.status, made.type, made.datasource_id, made.threshold)


@pytest.mark.parametrize("form", [str, Recipe.parse, dict])
def test_recipes_come_in_three_forms(form: Any, aml: Client, script: Script, train: Datasource) -> None:
    """Text, document or object: the service gets the text."""
    given = Recipe.parse(RECIPE).to_dict() if form is dict else form(RECIPE)

    aml.models.create(train, recipe=given)

    assert Recipe.parse(RECIPE) == Recipe.parse(script.params("CreateMLModel")[0]["Recipe"])


def test_a_recipe_is_checked_before_any_call(aml: Client, script: Script, train: Datasource) -> None:
    """A variable the schema does not have never reaches the service."""
    with pytest.raises(DocumentError, match="salary"):
        aml.models.create(train, recipe=RECIPE.replace("age", "salary"))

    assert [] == script.calls


def test_settings_come_whole_or_in_pieces(aml: Client, script: Script, train: Datasource) -> None:
    """Both ways give the service's map of strings."""
    aml.models.create(train, passes=20, l2=1e-5, shuffle=True, max_model_size=200_000)
    aml.models.create(train, parameters=TrainingParameters(passes=20))
    aml.models.create(train, parameters={"sgd.maxPasses": "20"})

    pieces, whole, mapped = (params["Parameters"] for params in script.params("CreateMLModel"))
    assert ("20", "auto", "200000") == (
        pieces["sgd.maxPasses"],
        pieces["sgd.shuffleType"],
        pieces["sgd.maxMLModelSizeInBytes"],
    )
    assert "20" == whole["sgd.maxPasses"] == mapped["sgd.maxPasses"]


def test_settings_do_not_come_both_ways(aml: Client, script: Script, train: Datasource) -> None:
    """Two answers to one question are refused, and so are values out of range."""
    with pytest.raises(ConfigError, match="passes"):
        aml.models.create(train, parameters=TrainingParameters(), passes=20)
    with pytest.raises(DocumentError, match="maxPasses"):
        aml.models.create(train, passes=0)

    assert [] == script.calls


def test_a_schema_without_target_trains_nothing(aml: Client, script: Script) -> None:
    """There would be nothing to predict."""
    blind = aml.datasources.create("s3://b/bank.csv", schema=Schema({"age": "NUMERIC"}))

    with pytest.raises(DocumentError, match="targetAttributeName"):
        aml.models.create(blind)

    aml.models.create(blind, type="BINARY")  # who knows better may say so; the service will answer
    assert "BINARY" == script.params("CreateMLModel")[0]["MLModelType"]


def test_documents_are_values(aml: Client, script: Script, model: Reply, schema: Schema) -> None:
    """Recipe, schema and parameters come parsed."""
    script.on("GetMLModel", model(ScoreThreshold=0.77))

    found = aml.models.get("ml-1")

    assert (schema, 20, "auto", 0.77) == (
        found.schema,
        found.parameters.passes,
        found.parameters.shuffle,
        found.threshold,
    )
    assert found.recipe is not None
    assert 1 == len(script.calls)


def test_lineage_is_walked(aml: Client, script: Script, model: Reply, datasource: Reply, schema: Schema) -> None:
    """To the data it comes from, and to what was made with it."""
    without_schema = model()
    del without_schema["Schema"]
    script.on("GetMLModel", without_schema)
    script.on("GetDataSource", datasource())
    for operation in ("DescribeEvaluations", "DescribeBatchPredictions"):
        script.on(operation, {"Results": []})
    found = aml.models.get("ml-1")

    assert ("ds-1", schema) == (found.datasource.id, found.schema)
    assert (0, 0) == (found.evaluations.count(), found.batch_predictions.count())


def test_the_threshold_is_saved(aml: Client, script: Script, model: Reply) -> None:
    """With the name or without."""
    script.on("GetMLModel", model(), model(ScoreThreshold=0.8))
    script.on("UpdateMLModel", {"MLModelId": "ml-1"})

    assert 0.8 == aml.models.get("ml-1").update(threshold=0.8).threshold
    assert [{"MLModelId": "ml-1", "ScoreThreshold": 0.8}] == script.params("UpdateMLModel")


def test_training_rows_are_refused_for_evaluation(aml: Client, script: Script, train: Datasource) -> None:
    """A model always does well on what it has seen; whoever wants that must say so."""
    model = aml.models.create(train)

    with pytest.raises(ConfigError, match="allow_training=True"):
        model.evaluate(train)
    assert [] == script.params("CreateEvaluation")

    made = model.evaluate(train, allow_training=True, name="seen")
    assert ("ml-2", "ds-1", "seen", None) == (made.model_id, made.datasource_id, made.name, made.metrics)


@pytest.mark.parametrize(
    ("csv", "names", "target"),
    [
        (b"age,job,y\n31,cook,1\n", ("age", "job", "y"), "y"),
        (b"age,job\n31,cook\n", ("age", "job"), None),
        (b'\xef\xbb\xbf"job",age\r\ncook,31\r\n', ("job", "age"), None),
    ],
)
def test_new_rows_are_bound_by_their_header(
    csv: bytes, names: tuple[str, ...], target: str | None, *, aml: Client, script: Script, model: Reply
) -> None:
    """The target may be there or not, and the columns may stand in any order."""
    script.on("GetMLModel", model())

    batch = aml.models.get("ml-1").predict_batch(csv, name="new clients")

    (created,) = script.params("CreateDataSourceFromS3")
    schema = Schema.parse(created["DataSpec"]["DataSchema"])
    assert (names, target, False) == (schema.names, schema.target, created["ComputeStatistics"])
    assert "TEXT" == schema.type_of("job")
    assert ("ml-1", created["DataSourceId"], "new clients") == (batch.model_id, batch.datasource_id, batch.name)
    assert "s3://staging/in/predictions/" == batch.output_uri


@pytest.mark.parametrize(
    ("csv", "match"),
    [
        (b"age\n31\n", "line 1: expected a column 'job', found none of that name"),
        (b"age;job\n31;cook\n", "line 1 has none, but semicolons"),
        (b"age\tjob\n31\tcook\n", "line 1 has none, but tabs"),
        (b"age,job,salary\n31,cook,1\n", "'salary' as well"),
        (b"age,job,age\n31,cook,1\n", "'age' twice"),
        (b"a,b,c,d,e\n", "'age', 'job'"),
    ],
)
def test_columns_that_do_not_fit_are_named(csv: bytes, match: str, aml: Client, script: Script, model: Reply) -> None:
    """Nothing is made, nothing is staged."""
    script.on("GetMLModel", model())

    with pytest.raises(DataError, match=match):
        aml.models.get("ml-1").predict_batch(csv)

    assert ["GetMLModel"] == script.operations()


@pytest.mark.parametrize(("csv", "n_columns"), [(b"31,cook,1\n", 3), (b"31,cook\n", 2)])
def test_rows_without_a_header_are_counted(
    csv: bytes, n_columns: int, *, aml: Client, script: Script, model: Reply, schema: Schema
) -> None:
    """Where no names are, the number of columns tells whether the target is there."""
    script.on("GetMLModel", model(Schema=schema.replace(header=False).render()))

    aml.models.get("ml-1").predict_batch(csv)

    sent = Schema.parse(script.params("CreateDataSourceFromS3")[0]["DataSpec"]["DataSchema"])
    assert (n_columns, False) == (len(sent.attributes), sent.header)


def test_rows_without_a_header_must_have_the_right_number(
    aml: Client, script: Script, model: Reply, schema: Schema
) -> None:
    """All columns or all but the target."""
    script.on("GetMLModel", model(Schema=schema.replace(header=False).render()))

    with pytest.raises(DataError, match="expected 2 or 3 values, found 1"):
        aml.models.get("ml-1").predict_batch(b"31\n")


def test_a_given_schema_is_taken_as_it_is(aml: Client, script: Script, model: Reply) -> None:
    """Types may differ from the model's; its own rule."""
    script.on("GetMLModel", model())
    other = Schema({"AGE": "TEXT", "JOB": "TEXT"})

    aml.models.get("ml-1").predict_batch(b"AGE,JOB\n31,cook\n", schema=other, output="s3://out/here")

    assert other == Schema.parse(script.params("CreateDataSourceFromS3")[0]["DataSpec"]["DataSchema"])
    assert "s3://out/here/" == script.params("CreateBatchPrediction")[0]["OutputUri"]


def test_a_datasource_is_predicted_as_it_is(
    aml: Client, script: Script, model: Reply, train: Datasource, schema: Schema
) -> None:
    """No second datasource is made of it, and its schema is its own."""
    script.on("GetMLModel", model())

    batch = aml.models.get("ml-1").predict_batch(train)

    assert [] == script.params("CreateDataSourceFromS3")
    assert train.id == batch.datasource_id
    with pytest.raises(ConfigError, match="its own"):
        aml.models.get("ml-1").predict_batch(train, schema=schema)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"Status": "PENDING"}, "training log of model 'ml-1': expected a log, found none; the model is PENDING"),
        ({"LogUri": "file:///etc/passwd"}, "training log of model 'ml-1': expected a log that can be read, found its"),
    ],
)
def test_a_log_that_cannot_be_had_says_why(aml: Client, script: Script, members: dict[str, str], words: str) -> None:
    """There is none yet, or its address is none that a service of another machine can mean."""
    reply = {"MLModelId": "ml-1", "Status": "COMPLETED", **members}
    script.on("GetMLModel", reply, reply)
    with pytest.raises(DataError, match=words):
        aml.models.get("ml-1").training_log()


def test_what_a_model_is_made_of_and_asked_with_is_a_resource(
    aml: Client, script: Script, model: Reply, train: Datasource
) -> None:
    """A path, an id or a resource of another kind is named, with what gives the right one."""
    script.on("GetMLModel", model())
    found, path = aml.models.get("ml-1"), cast("Any", "bank.csv")
    remedy = r"aml\.datasources\.create\(…\) makes one"
    with pytest.raises(ConfigError, match=f"datasource: expected a datasource, found str. {remedy}"):
        aml.models.create(path)
    with pytest.raises(ConfigError, match="datasource: expected a datasource, found model 'ml-1'"):
        aml.models.create(cast("Any", found))
    with pytest.raises(ConfigError, match="datasource: expected a datasource, found str"):
        found.evaluate(path)
    with pytest.raises(ConfigError, match="model: expected a model, found datasource"):
        aml.evaluations.create(cast("Any", train), train)
    with pytest.raises(ConfigError, match="model: expected a model, found str"):
        aml.batch_predictions.create(cast("Any", "ml-1"), train)
    with pytest.raises(ConfigError, match="datasource: expected a datasource, found str"):
        aml.batch_predictions.create(found, path)
