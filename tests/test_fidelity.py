"""Points of docs/fidelity.md that no test of a single part shows: one test each, on an engine."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import amlwrap
from amlwrap import Client, Datasource, Model, Rearrangement, Schema
from amlwrap.exceptions import JobFailedError
from amlwrap.local.ingest.builders import BinaryBuilder, NumericBuilder

Place = Callable[[str, str], str]


@pytest.fixture
def aml(tmp_path: Path) -> Iterator[Client]:
    """A client of an engine of its own."""
    with amlwrap.connect(f"local:{tmp_path / 'home'}", progress=False) as client:
        yield client


@pytest.fixture
def place(aml: Client, tmp_path: Path) -> Place:
    """Put text where the engine finds it under a URI, in a bucket called ``data``."""

    def put(key: str, text: str) -> str:
        path = tmp_path / "home" / "s3" / "data" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return f"s3://data/{key}"

    return put


def log_of(model: Model) -> str:
    """The log of the model's training."""
    assert model.log_uri is not None
    return Path(model.log_uri.removeprefix("file://")).read_text()


def test_tags_are_copied_to_what_is_made_from_a_resource(aml: Client, place: Place) -> None:
    """A model has its datasource's tags, what is made with the model has the model's; later ones are not copied."""
    rows = "age,y\n" + "".join(f"{number % 7},{number % 2}\n" for number in range(60))
    data = aml.datasources.create(place("tagged.csv", rows), target="y", tags={"team": "shop"})
    other = aml.datasources.create(place("others.csv", rows), target="y", tags={"team": "lab", "held": "out"})
    model = aml.models.create(data, tags={"stage": "test"})
    evaluation = model.evaluate(other)
    batch = model.predict_batch(other)
    data.tags["late"] = "yes"

    assert {"team": "shop", "stage": "test"} == dict(model.tags)
    assert {"team": "shop", "stage": "test", "held": "out"} == dict(evaluation.tags) == dict(batch.tags)


@pytest.mark.parametrize(
    ("text", "number"),
    [("-12", -12.0), ("+1", 1.0), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001), (" 7\t", 7.0), ("1E+2", 100.0)],
)
def test_what_a_number_is(text: str, number: float) -> None:
    """A finite decimal with sign and exponent; special values, separators and other bases and scripts are invalid."""
    unfit = ["NaN", "inf", "-Infinity", "1,000", "1_000", "0x10", "1e400", "one", "١"]

    column = NumericBuilder().column(pl.Series([text, *unfit, ""]))

    assert column is not None
    assert number == column.values[0]
    assert column.missing is not None
    assert column.invalid is not None
    assert [False, *(True for _ in unfit), True] == column.missing.tolist()
    assert [False, *(True for _ in unfit), False] == column.invalid.tolist()


def test_binary_spellings() -> None:
    """Five words for no and five for yes, in any case, with blanks around them; nothing else."""
    words = ["0", "n", "NO", " f ", "False", "1", "Y", "yes", "T\t", "true", "", "2", "ja"]

    column = BinaryBuilder().column(pl.Series(words))

    assert [0] * 5 + [1] * 5 + [-1] * 3 == column.values.tolist()
    assert column.invalid is not None
    assert ["2", "ja"] == [word for word, unfit in zip(words, column.invalid, strict=True) if unfit]


def test_categories_keep_their_blanks(aml: Client, place: Place) -> None:
    """A class with a blank before it is another class."""
    rows = "\n".join(["1, red", "2,red"] * 30)
    schema = Schema({"size": "NUMERIC", "colour": "CATEGORICAL"}, target="colour")
    data = aml.datasources.create(place("colours.csv", f"size,colour\n{rows}\n"), schema=schema)

    batch = aml.models.create(data).predict_batch(data).wait()

    assert (" red", "red") == batch.probabilities().classes


def test_what_is_no_data_under_a_prefix(aml: Client, place: Place) -> None:
    """A folder's schema, a manifest and an empty file are not read; data files are, in the order of their keys."""
    place("folder/b.csv", "age,y\n2,1\n")
    place("folder/B.csv", "age,y\n1,0\n")
    place("folder/.schema", "{}")
    place("folder/bp-1.manifest", "{}")
    place("folder/empty.csv", "")
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")

    data = aml.datasources.create("s3://data/folder/", schema=schema).wait()

    assert 2 == data.n_files
    assert 20 == data.n_bytes


def test_rows_are_shuffled_once_by_a_fixed_seed(aml: Client, place: Place) -> None:
    """Rows sorted by their answer are learned when shuffled, and give another model when not; again, the same one."""
    rng = np.random.default_rng(0)
    ages = rng.normal(40, 10, 300).round(1)
    rows = "\n".join(sorted((f"{age},{int(age > 40)}" for age in ages.tolist()), key=lambda row: row[-1]))
    data = aml.datasources.create(place("sorted.csv", f"age,y\n{rows}\n"), target="y")
    models = [aml.models.create(data, shuffle=shuffle, passes=3) for shuffle in (True, True, False)]

    logs = [log_of(model.wait()) for model in models]
    first, again, unshuffled = ([line for line in log.splitlines() if "likelihood=" in line] for log in logs)

    assert [line[18:] for line in first] == [line[18:] for line in again]
    assert [line[18:] for line in first] != [line[18:] for line in unshuffled]


@pytest.mark.parametrize(
    ("location", "n_files"), [("s3://data/a.csv", 1), ("s3://data/", 3), ("s3://data", 3), ("s3://data/folder/", 1)]
)
def test_a_location_is_a_file_a_folder_or_a_bucket(aml: Client, place: Place, location: str, n_files: int) -> None:
    """Whichever it is, and whatever part of it is meant, its size is that of all of its files."""
    for key in ("a.csv", "b.csv", "folder/c.csv"):
        place(key, "age,y\n1,0\n2,1\n")
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")

    data = aml.datasources.create(location, schema=schema).wait()
    half = aml.datasources.create(location, schema=schema, rearrangement=Rearrangement(0, 50)).wait()

    assert (n_files, 14 * n_files) == (data.n_files, data.n_bytes)
    assert (n_files, 14 * n_files) == (half.n_files, half.n_bytes)


@pytest.mark.parametrize("location", ["s3://data/folder", "s3://data/fol"])
def test_a_folder_ends_in_a_slash(aml: Client, place: Place, location: str) -> None:
    """The beginning of a key is no location, and the job says what it missed."""
    place("folder/c.csv", "age,y\n1,0\n")
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")

    with pytest.raises(JobFailedError, match=f"{location}: expected a file"):
        aml.datasources.create(location, schema=schema).wait()


def test_a_part_of_the_data_is_predicted_alone(aml: Client, place: Place) -> None:
    """As many lines as the part has records; those of its complement are the rest."""
    rows = "".join(f"{number},{int(number > 50)}\n" for number in range(10, 90))
    data = aml.datasources.create(place("all.csv", f"age,y\n{rows}"), target="y")
    model = aml.models.create(data)
    parts = data.split(0.7)

    totals = [model.predict_batch(part).wait().n_total for part in parts]

    assert all(total is not None and 0 < total < 80 for total in totals)
    assert 80 == sum(total or 0 for total in totals)


def test_row_ids_and_excluded_attributes_are_not_learned_from(aml: Client, place: Place) -> None:
    """The suggested recipe leaves them out; a batch copies the row id as its tag."""
    rows = "".join(f"r{number},{number},{number % 7},{int(number > 50)}\n" for number in range(10, 90))
    types = {"id": "CATEGORICAL", "age": "NUMERIC", "noise": "NUMERIC", "y": "BINARY"}
    schema = Schema(types, target="y", row_id="id", excluded=["noise"])
    data = aml.datasources.create(place("ids.csv", f"id,age,noise,y\n{rows}"), schema=schema)

    model = aml.models.create(data).wait()
    labels = model.predict_batch(data).wait().labels()

    assert model.recipe is not None
    assert ["age"] == [name for name in ("id", "age", "noise") if name in model.recipe.render()]
    assert [f"r{number}" for number in range(10, 90)] == list(labels.row_ids)


def test_a_batch_to_the_byte(aml: Client, place: Place) -> None:
    """Keys, manifest, header, order, one line a record and an empty one for what cannot be read; only LF ends lines."""
    types = {"id": "CATEGORICAL", "age": "NUMERIC", "y": "BINARY"}
    schema = Schema(types, target="y", row_id="id")
    rows = "".join(f"r{number},{number},{int(number > 50)}\n" for number in range(10, 90))
    model = aml.models.create(aml.datasources.create(place("train.csv", f"id,age,y\n{rows}"), schema=schema))
    place("in/a.csv", 'id,age,y\r\n"r,1","28.0",Yes\r\nr2,30\r\nr3,,\r\n')
    place("in/b.csv", "id,age,y\nr4,80, FaLSe \nr5,old,perhaps\n")
    data = aml.datasources.create("s3://data/in/", schema=schema, statistics=False)

    batch = model.predict_batch(data, output="s3://data/").wait()

    store = aml._world.store()
    results = {name: f"s3://data/batch-prediction/result/{batch.id}-{name}.csv.gz" for name in "ab"}
    with store.open(f"s3://data/batch-prediction/{batch.id}.manifest") as file:
        manifest = file.read().decode()
    texts: list[str] = []
    for uri in results.values():
        with store.open(uri) as file:
            texts.append(gzip.decompress(file.read()).decode())
    spelled = re.compile(r"[1-9](\.\d{0,5}[1-9])?E(0|-[1-9]\d?)$", re.MULTILINE)
    head = "tag,trueLabel,bestAnswer,score\n"
    assert f'{{"s3://data/in/a.csv":"{results["a"]}","s3://data/in/b.csv":"{results["b"]}"}}' == manifest
    assert head + '"r,1",1,0,#\n\nr3,,?,#\n' == re.sub(
        "^r3,,[01]", "r3,,?", spelled.sub("#", texts[0]), flags=re.MULTILINE
    )
    assert head + "r4,0,1,#\nr5,,?,#\n" == re.sub("^r5,,[01]", "r5,,?", spelled.sub("#", texts[1]), flags=re.MULTILINE)
    assert (5, 1) == (batch.n_total, batch.n_invalid)


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("BINARY", "no, Y ,,perhaps", ["0", "1", "", ""]),
        ("NUMERIC", "0,1e3,,1.50", ["0", "1e3", "", "1.50"]),
        ("CATEGORICAL", "no, Y ,,01", ["no", " Y ", "", "01"]),
    ],
)
def test_true_labels_are_the_data_own_but_for_binary_ones(
    aml: Client, place: Place, kind: str, values: str, told: list[str]
) -> None:
    """The service tells nothing but 0 and 1 of BINARY attributes."""
    known = {"BINARY": "{}", "NUMERIC": "{}.5", "CATEGORICAL": "c{}"}[kind]
    rows = "".join(f"{number},{known.format(number % 2)}\n" for number in range(60))
    schema = Schema({"age": "NUMERIC", "y": kind}, target="y")
    model = aml.models.create(aml.datasources.create(place("train.csv", f"age,y\n{rows}"), schema=schema))
    lines = "".join(f"1,{value}\n" for value in values.split(","))

    new = aml.datasources.create(place("new.csv", f"age,y\n{lines}"), schema=schema, statistics=False)
    batch = model.predict_batch(new).wait()

    assert told == [row.true_label for row in batch.rows()]


def test_a_batch_needs_neither_statistics_nor_target(aml: Client, place: Place) -> None:
    """Without a target in its schema there is no such column, and the scores are the same."""
    rows = "".join(f"{number},{int(number > 50)}\n" for number in range(10, 90))
    data = aml.datasources.create(place("train.csv", f"age,y\n{rows}"), target="y")
    model = aml.models.create(data)
    bare = "".join(f"{number}\n" for number in range(10, 90))
    alone = aml.datasources.create(
        place("new.csv", f"age\n{bare}"), schema=Schema({"age": "NUMERIC"}), statistics=False
    )

    found, expected = model.predict_batch(alone).wait(), model.predict_batch(data).wait()

    assert [None] * 80 == [row.true_label for row in found.rows()]
    assert [row.score for row in expected.rows()] == [row.score for row in found.rows()]


@pytest.mark.parametrize("amount", ["1e9", "1.7976931348623157E308"])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_the_largest_amounts_drive_all_weights_to_zero(aml: Client, place: Place, norm: str, amount: str) -> None:
    """Up to the largest double, and then every record gets the share of ones."""
    rows = "".join(f"{number % 37},{'abc'[number % 3]},{int(number % 4 == 0)}\n" for number in range(400))
    data = aml.datasources.create(place("data.csv", f"n,c,y\n{rows}"), target="y")
    parameters = {f"sgd.{norm}RegularizationAmount": amount, "sgd.shuffleType": "auto"}

    scores = model_scores(aml.models.create(data, parameters=parameters), data)

    assert scores == pytest.approx(np.full(400, 0.25), abs=0.02)
    assert float(np.ptp(scores)) < 1e-6


def model_scores(model: Model, data: Datasource) -> np.ndarray[Any, Any]:
    """What a batch says of each record."""
    return np.array([row.score for row in model.predict_batch(data).wait().rows()])


def test_the_log_ends_as_the_services_own(aml: Client, place: Place) -> None:
    """Records of every pass, the best learner, one look at the size, what is kept, and that all is well: the last."""
    rows = "".join(f"{number % 37},{'' if number % 40 == 0 else number % 2}\n" for number in range(400))
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")
    data = aml.datasources.create(place("data.csv", f"age,y\n{rows}short\n"), schema=schema)

    model = aml.models.create(data, passes=2).wait()

    lines = [line[len("26/11/24 10:00:00 INFO: ") :] for line in log_of(model).splitlines()]
    ending = lines[lines.index("finished-training: total-passes=2 valid-records=780 invalid-records=22") :]
    names = ["finished-training", "best learner", "final consolidation", "model-status", "saved final learner"]
    assert [*names, "footprint"] == [line.partition(":")[0] for line in ending[:-1]]
    assert ending[3].endswith(" #pruning-calls=1")
    assert f"footprint: bytes={model.size_bytes}" == ending[-2]
    assert "Training complete." == ending[-1]


def test_a_prediction_to_the_byte(aml: Client, place: Place) -> None:
    """Compact, its members in the order of the service's own, the score a double that single precision can hold."""
    rows = "".join(f"{number},{int(number > 50)}\n" for number in range(10, 90))
    model = aml.models.create(aml.datasources.create(place("data.csv", f"age,y\n{rows}"), target="y")).wait()
    engine: Any = aml.boto.amlwrap_engine
    with model.endpoint() as endpoint:
        asked = {"MLModelId": model.id, "Record": {"age": "12"}, "PredictEndpoint": endpoint.url}
        body = engine.protocol.answer("AmazonML_20141212.Predict", json.dumps(asked).encode()).body.decode()

    score = body.partition('{"0":')[2].partition("}")[0]
    details = '{"Algorithm":"SGD","PredictiveModelType":"BINARY"}'
    assert f'{{"Prediction":{{"predictedLabel":"0","predictedScores":{{"0":{score}}},"details":{details}}}}}' == body
    assert repr(float(np.float32(score))) == score


def test_a_recipe_is_shown_spread_out_from_the_start(aml: Client, place: Place) -> None:
    """Before the job has run and after it, whatever the spelling of the request."""
    rows = "".join(f"{number},{int(number > 50)}\n" for number in range(10, 90))
    data = aml.datasources.create(place("data.csv", f"age,y\n{rows}"), target="y")
    recipe = '{"outputs": ["quantile_bin( age , 10 ) // in tenths"]}'
    boto: Any = aml.boto
    boto.create_ml_model(MLModelId="m", MLModelType="BINARY", TrainingDataSourceId=data.id, Recipe=recipe)

    first = boto.get_ml_model(MLModelId="m", Verbose=True)["Recipe"]
    aml.models.get("m").wait()

    spread = '{\n  "groups" : { },\n  "assignments" : { },\n  "outputs" : [ "quantile_bin(age,10)" ]\n}'
    assert [spread] * 2 == [first, boto.get_ml_model(MLModelId="m", Verbose=True)["Recipe"]]
