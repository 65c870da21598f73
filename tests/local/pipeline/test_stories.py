"""From a file to scores on the embedded engine: the three kinds of model, and what holds for all of them."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest

import amlwrap
from amlwrap import Client, Datasource, Model, Schema
from amlwrap.documents import Attribute, AttributeType
from amlwrap.exceptions import ConfigError, DataError, JobFailedError
from amlwrap.local.pipeline import source
from amlwrap.local.task import DEFAULT_MEMORY
from tests.local.pipeline.conftest import HEADER, Rows, customers
from tests.oracles import sklearn_metrics

Write = Callable[[str, Rows], Path]


def schema_for(target: str, *, excluded: tuple[str, ...] = ()) -> Schema:
    """The customers' schema with one of their columns as target."""
    kinds = {"id": "CATEGORICAL", "age": "NUMERIC", "job": "CATEGORICAL", "note": "TEXT"}
    kinds |= {"spend": "NUMERIC", "bought": "BINARY"}
    attributes = tuple(Attribute(name, AttributeType(kind)) for name, kind in kinds.items())
    return Schema(attributes=attributes, target=target, row_id="id", excluded=excluded)


def trained(aml: Client, csv: Write, schema: Schema, n: int = 1500) -> tuple[Datasource, Datasource, Model]:
    """A model on four fifths of the customers, and the two parts."""
    data = aml.datasources.create(csv(HEADER, customers(n)), schema=schema)
    train, test = data.split(0.8, seed=1)
    return train, test, aml.models.create(train)


def result_lines(aml: Client, model: Model, data: Datasource) -> list[list[str]]:
    """The cells of the one result file of a batch prediction."""
    batch = model.predict_batch(data).wait()
    _, file = batch.download("results")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split(",") for line in lines]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_binary_model_scores_what_the_evaluation_says(aml: Client, csv: Write) -> None:
    """The AUC of the evaluation is that of the batch's scores against the raw targets in the same file."""
    _, test, model = trained(aml, csv, schema_for("bought", excluded=("spend",)))
    metrics = model.evaluate(test).wait().metrics
    header, *rows = result_lines(aml, model, test)
    assert header == ["tag", "trueLabel", "bestAnswer", "score"]
    truth = np.array([row[1] == "1" for row in rows])
    scores = np.array([float(row[3]) for row in rows])
    assert metrics is not None
    assert metrics.auc == pytest.approx(sklearn_metrics.roc_auc_score(truth, scores), abs=1e-6)
    assert (metrics.auc or 0) > 0.85
    assert [row[2] for row in rows] == ["1" if score >= 0.5 else "0" for score in scores]


def test_multiclass_model_scores_what_the_evaluation_says(aml: Client, csv: Write) -> None:
    """Macro F1 is that of the most probable classes; the classes are sorted and each row sums to one."""
    _, test, model = trained(aml, csv, schema_for("job"))
    metrics = model.evaluate(test).wait().metrics
    header, *rows = result_lines(aml, model, test)
    assert header == ["tag", "trueLabel", "clerk", "cook", "nurse"]
    scores = np.array([row[2:] for row in rows], float)
    assert scores.sum(axis=1) == pytest.approx(np.ones(len(rows)), abs=2e-6)
    answers = np.array(header[2:])[scores.argmax(axis=1)]
    assert metrics is not None
    assert metrics.macro_f1 == pytest.approx(
        sklearn_metrics.f1_score([row[1] for row in rows], answers, average="macro"), abs=1e-9
    )


def test_regression_scores_what_the_evaluation_says(aml: Client, csv: Write) -> None:
    """RMSE is that of the scores, well below the baseline's, and the raw target stands beside them."""
    _, test, model = trained(aml, csv, schema_for("spend", excluded=("bought",)))
    metrics = model.evaluate(test).wait().metrics
    header, *rows = result_lines(aml, model, test)
    assert header == ["tag", "trueLabel", "score"]
    assert all(len(row[1].split(".")[1]) == 3 for row in rows)
    truth, scores = (np.array([float(row[place]) for row in rows]) for place in (1, 2))
    assert metrics is not None
    assert metrics.rmse == pytest.approx(np.sqrt(sklearn_metrics.mean_squared_error(truth, scores)), rel=1e-6)
    assert (metrics.rmse or 1) < 0.7 * (metrics.baseline or 0)


def test_numbers_at_the_end_of_double_precision_are_learned_from(aml: Client, csv: Write) -> None:
    """Inputs whose squares overflow are scaled all the same; targets that no prediction can hold are refused."""
    rows = [[f"{'-' if n % 2 else ''}1.{n:03}e308", f"{n % 2}"] for n in range(100)]
    attributes = (Attribute("x", AttributeType.NUMERIC), Attribute("y", AttributeType.BINARY))
    data = aml.datasources.create(csv("x,y", rows), schema=Schema(attributes, target="y"))
    model = aml.models.create(data, recipe='{"outputs":["x"]}')
    assert [row[1] for row in result_lines(aml, model, data)[1:]] == [row[1] for row in rows]
    backwards = Schema(attributes, target="x")
    with pytest.raises(JobFailedError, match=r"target 'x': expected numbers of at most 3\.4e\+38 in size"):
        aml.models.create(aml.datasources.create(data.uri, schema=backwards)).wait()


def test_a_row_scores_the_same_alone_and_in_company(aml: Client, csv: Write) -> None:
    """Batches of one row give the bits that the same rows get together."""
    _, test, model = trained(aml, csv, schema_for("job"), n=400)
    together = [row[2:] for row in result_lines(aml, model, test)[1:]]
    rows = {str(row[0]): row for row in customers(400)}
    tags = [row[0] for row in result_lines(aml, model, test)[1:]]
    for tag, expected in list(zip(tags, together, strict=True))[:3]:
        alone = aml.datasources.create(csv(HEADER, [rows[tag]]), schema=schema_for("job"), statistics=False)
        assert result_lines(aml, model, alone)[1][2:] == expected


def test_training_again_gives_the_same_predictions(aml: Client, csv: Write) -> None:
    """Two models of one datasource agree to the last digit."""
    train, test, model = trained(aml, csv, schema_for("job"), n=400)
    assert result_lines(aml, aml.models.create(train), test) == result_lines(aml, model, test)


def test_records_without_a_target_are_left_out_of_training_and_evaluation(aml: Client, csv: Write) -> None:
    """An empty target is no class; the evaluation counts such records as invalid."""
    rows = [[*row[:2], "" if number % 5 == 0 else row[2], *row[3:]] for number, row in enumerate(customers(500))]
    data = aml.datasources.create(csv(HEADER, rows), schema=schema_for("job"))
    evaluation = aml.models.create(data).evaluate(data, allow_training=True).wait()
    assert evaluation.metrics is not None
    assert evaluation.metrics.confusion is not None
    assert evaluation.metrics.confusion.classes == ("clerk", "cook", "nurse")
    assert (evaluation.metrics.n_scored, evaluation.metrics.n_invalid) == (400, 100)


def test_training_types_rule_over_those_of_a_batch(aml: Client, csv: Write) -> None:
    """Attributes that a batch's schema types otherwise are read as in training."""
    _, test, model = trained(aml, csv, schema_for("bought", excluded=("spend",)), n=300)
    other = test.schema.replace(
        attributes=tuple(
            Attribute(attribute.name, AttributeType.CATEGORICAL if attribute.name == "age" else attribute.type)
            for attribute in test.schema.attributes
        )
    )
    retyped = aml.datasources.create(test.uri, schema=other, rearrangement=test.rearrangement, statistics=False)
    assert result_lines(aml, model, retyped) == result_lines(aml, model, test)


def test_attributes_that_a_batch_lacks_are_missing(aml: Client, csv: Write) -> None:
    """A file without some of the inputs is predicted all the same, and named in the order it has."""
    _, _, model = trained(aml, csv, schema_for("job"), n=300)
    few = Schema(attributes=(Attribute("note", AttributeType.TEXT), Attribute("age", AttributeType.NUMERIC)))
    data = aml.datasources.create(csv("note,age", [["likes tea", 44]]), schema=few, statistics=False)
    header, row = result_lines(aml, model, data)
    assert header == ["clerk", "cook", "nurse"]
    assert sum(map(float, row)) == pytest.approx(1, abs=1e-6)


def test_class_never_seen_in_training_counts_as_a_miss(aml: Client, csv: Write) -> None:
    """Rows of a new class are scored, and wrong whatever the model says."""
    rows = customers(600)
    model = aml.models.create(aml.datasources.create(csv(HEADER, rows), schema=schema_for("job")))
    others = [[*row[:2], "pilot", *row[3:]] for row in rows[:100]]
    held_out = aml.datasources.create(csv(HEADER, others), schema=schema_for("job"))
    evaluation = model.evaluate(held_out).wait()
    assert evaluation.metrics is not None
    assert evaluation.metrics.accuracy == 0


def test_constant_inputs_leave_the_frequencies(aml: Client, csv: Write) -> None:
    """A model with nothing to go by predicts each class as often as training held it."""
    rows = [["x", "a" if number % 4 else "b"] for number in range(400)]
    schema = Schema.parse(
        {
            "version": "1.0",
            "dataFormat": "CSV",
            "dataFileContainsHeader": True,
            "targetAttributeName": "y",
            "attributes": [
                {"attributeName": "c", "attributeType": "CATEGORICAL"},
                {"attributeName": "y", "attributeType": "CATEGORICAL"},
            ],
        }
    )
    data = aml.datasources.create(csv("c,y", rows), schema=schema)
    row = result_lines(aml, aml.models.create(data), data)[1]
    assert float(row[1]) == pytest.approx(0.75, abs=0.05)


def test_threshold_in_force_labels_the_batch(aml: Client, csv: Write) -> None:
    """A threshold saved on the model decides who is labelled 1 from then on."""
    _, test, model = trained(aml, csv, schema_for("bought", excluded=("spend",)), n=400)
    strict = model.wait().update(threshold=0.9)
    for cells in result_lines(aml, strict, test)[1:]:
        assert cells[2] == ("1" if float(cells[3]) >= 0.9 else "0")


def test_recipe_without_one_is_the_suggested_recipe(aml: Client, csv: Write) -> None:
    """A completed model shows the recipe it was given, in the service's form."""
    train, _, _ = trained(aml, csv, schema_for("bought", excluded=("spend",)), n=300)
    recipe = aml.models.create(train).wait().recipe
    assert recipe is not None
    assert recipe.render() == (
        '{"groups":{"NUMERIC_VARS_QB_5":"group(\'age\')"},"assignments":{},'
        '"outputs":["ALL_CATEGORICAL","quantile_bin(NUMERIC_VARS_QB_5,5)","ALL_TEXT"]}'
    )


def test_parameters_reach_the_learner(aml: Client, csv: Write) -> None:
    """The training log tells the parameters and as many passes as were asked for at most."""
    train, _, _ = trained(aml, csv, schema_for("job"), n=300)
    model = aml.models.create(train, passes=2, l2=1e-3, shuffle=False).wait()
    assert model.log_uri is not None
    log = Path(model.log_uri.removeprefix("file://")).read_text(encoding="utf-8")
    assert "l2=0.001 likelihood-function=multinomial-logreg max-passes=2" in log
    assert "finished-training: total-passes=2 valid-records=" in log


def test_small_model_size_trims_weights(aml: Client, csv: Write) -> None:
    """A bound on the model's size leaves no more weights than it has room for."""
    rows = [[f"w{number} w{number + 1}", "ab"[number % 2]] for number in range(3000)]
    attributes = (Attribute("t", AttributeType.TEXT), Attribute("y", AttributeType.CATEGORICAL))
    data = aml.datasources.create(csv("t,y", rows), schema=Schema(attributes=attributes, target="y"))
    model = aml.models.create(data, max_model_size=100_000, passes=2).wait()
    assert model.log_uri is not None
    log = Path(model.log_uri.removeprefix("file://")).read_text(encoding="utf-8")
    assert "#pruning-calls=1" in log
    assert f"#params={100_000 // 96 + 2}" in log


KINDS = {
    "bought": schema_for("bought", excluded=("spend",)),
    "job": schema_for("job"),
    "spend": schema_for("spend", excluded=("bought",)),
}


@pytest.mark.parametrize("target", KINDS)
def test_what_memory_does_not_hold_gives_the_same_results(
    tmp_path: Path, csv: Write, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read a few hundred lines at a time, several files, some lines unreadable: the same bytes, the same metrics."""
    schema = KINDS[target]
    Path("home/s3/shop/asked").mkdir(parents=True)
    for number, n in enumerate([700, 1, 400]):
        rows = customers(n, seed=number + 1)
        rows[n // 2] = ["torn"] if n > 1 else rows[n // 2]
        csv(HEADER, rows).rename(f"home/s3/shop/asked/{number}.csv")

    def told(aml: Client, model: Model, data: Datasource, folder: str) -> tuple[list[bytes], object, list[str]]:
        batch, evaluation = model.predict_batch(data), model.evaluate(data)
        files = batch.wait().download(tmp_path / folder)[1:]
        log = Path(url2pathname(urlsplit(str(batch.refresh().log_uri)).path)).read_text(encoding="utf-8")
        lines = [line.split(" ", 2)[2] for line in log.splitlines() if "invalid" in line.lower()]
        return [file.read_bytes() for file in files], evaluation.wait().metrics, lines

    with amlwrap.connect("local:home", progress=False) as aml:
        model = aml.models.create(aml.datasources.create(csv(HEADER, customers(1500)), schema=schema)).wait()
        data = aml.datasources.create("s3://shop/asked/", schema=schema)
        whole = told(aml, model, data, "whole")
        monkeypatch.setattr(source, "WHOLE_SHARE", 1 << 60)
        monkeypatch.setattr(source, "BLOCK_SHARE", DEFAULT_MEMORY // 3000)
        blocks = told(aml, model, data, "blocks")

    assert 3 == len(whole[0])
    assert 3 == len(whole[2])
    assert whole == blocks


def test_a_row_id_that_was_learned_from_is_what_it_was_in_training(aml: Client, csv: Write) -> None:
    """A batch may name as row id what the model took for a category or a number: it scores as before."""
    rows = [[f"shop {n % 5}", n % 9, int(n % 5 > 2) ^ int(n % 9 > 6)] for n in range(200)]
    attributes = [Attribute("c", "CATEGORICAL"), Attribute("n", "NUMERIC"), Attribute("y", "BINARY")]
    schema = Schema(attributes, target="y")
    data = aml.datasources.create(csv("c,n,y", rows), schema=schema)
    model = aml.models.create(data)
    expected = [line[-1] for line in result_lines(aml, model, data)]
    for name in "cn":
        tagged = aml.datasources.create(data.uri, schema=schema.replace(row_id=name), statistics=False)
        assert expected == [line[-1] for line in result_lines(aml, model, tagged)]


def test_what_was_counted_can_be_looked_at_for_good(tmp_path: Path, csv: Write) -> None:
    """Statistics are told by whoever opens the folder later, to whoever asks for them, while they are there."""
    home = tmp_path / "home"
    with amlwrap.connect(f"local:{home}", progress=False) as aml:
        data = aml.datasources.create(csv("age,y", [[31, 1], [44, 0]]), target="y").wait()
        before = data.statistics()
    with amlwrap.connect(f"local:{home}", progress=False) as aml:
        later = aml.datasources.get(data.id)
        assert before == later.statistics() == later.refresh().statistics()
        assert not [name for name in later.raw if "amlwrap" in name]
        (file,) = home.glob("statistics/*/statistics.json")
        file.write_text("{}")
        with pytest.raises(DataError, match=r"expected what was counted in its rows, found .*KeyError.* once more"):
            aml.datasources.get(data.id).statistics()
        shutil.rmtree(file.parent)
        with pytest.raises(ConfigError, match="none in the service's answer"):
            aml.datasources.get(data.id).statistics()
