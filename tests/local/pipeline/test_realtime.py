"""Predictions of single records: as a batch gives them, for the three kinds of model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import amlwrap
from amlwrap import Client, Model
from amlwrap.local import Engine
from tests.local.pipeline.conftest import HEADER, Rows, customers
from tests.local.pipeline.test_stories import result_lines, schema_for, trained
from tests.local.score.oracles import spelled as strings

Write = Callable[[str, Rows], Path]
NAMES = HEADER.split(",")


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def mounted(aml: Client, model: Model) -> str:
    """Where the model, now with an endpoint, is asked."""
    boto: Any = aml.boto
    url: str = boto.create_realtime_endpoint(MLModelId=model.wait().id)["RealtimeEndpointInfo"]["EndpointUrl"]
    return url


def asker(aml: Client, model: Model) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """Asks for predictions of *model*."""
    boto: Any = aml.boto
    url = mounted(aml, model)

    def ask(record: Mapping[str, str]) -> dict[str, Any]:
        reply: dict[str, Any] = boto.predict(MLModelId=model.id, Record=record, PredictEndpoint=url)
        answer: dict[str, Any] = reply["Prediction"]
        return answer

    return ask


def spelled(scores: list[float]) -> list[str]:
    """Scores as a batch writes them; each is single precision."""
    singles = np.array(scores, np.float32)
    assert singles.astype(float).tolist() == scores
    return strings(singles)


def records(n: int = 40) -> list[dict[str, str]]:
    """The first customers as records, target and all."""
    return [dict(zip(NAMES, map(str, row), strict=True)) for row in customers(n)]


def test_binary_agrees_with_the_batch(aml: Client, csv: Write) -> None:
    """The same label and score; the score stands under the label and is that of class 1 all the same."""
    _, _, model = trained(aml, csv, schema_for("bought"), n=400)
    ask = asker(aml, model)
    data = aml.datasources.create(csv(HEADER, customers(40)), schema=schema_for("bought"), statistics=False)

    _, *lines = result_lines(aml, model, data)
    answers = [ask(record) for record in records()]

    assert [line[2] for line in lines] == [answer["predictedLabel"] for answer in answers]
    assert {"0", "1"} == {answer["predictedLabel"] for answer in answers}
    assert [{answer["predictedLabel"]} for answer in answers] == [set(answer["predictedScores"]) for answer in answers]
    scores = [answer["predictedScores"][answer["predictedLabel"]] for answer in answers]
    assert [line[3] for line in lines] == spelled(scores)
    assert {"Algorithm": "SGD", "PredictiveModelType": "BINARY"} == answers[0]["details"]
    assert {"predictedLabel", "predictedScores", "details"} == set(answers[0])


def test_multiclass_agrees_with_the_batch(aml: Client, csv: Write) -> None:
    """A score for each class, and the label of the highest."""
    _, _, model = trained(aml, csv, schema_for("job"), n=400)
    ask = asker(aml, model)
    data = aml.datasources.create(csv(HEADER, customers(40)), schema=schema_for("job"), statistics=False)

    header, *lines = result_lines(aml, model, data)
    answers = [ask(record) for record in records()]

    assert [line[2:] for line in lines] == [spelled(list(answer["predictedScores"].values())) for answer in answers]
    assert [header[2:]] * 40 == [list(answer["predictedScores"]) for answer in answers]
    assert [max(header[2:], key=answer["predictedScores"].get) for answer in answers] == [
        answer["predictedLabel"] for answer in answers
    ]
    assert answers[0]["details"]["PredictiveModelType"] == "MULTICLASS"


def test_regression_agrees_with_the_batch(aml: Client, csv: Write) -> None:
    """The number, and nothing else."""
    _, _, model = trained(aml, csv, schema_for("spend", excluded=("bought",)), n=400)
    ask = asker(aml, model)
    data = aml.datasources.create(csv(HEADER, customers(40)), schema=schema_for("spend"), statistics=False)

    _, *lines = result_lines(aml, model, data)
    answers = [ask(record) for record in records()]

    assert [line[2] for line in lines] == spelled([answer["predictedValue"] for answer in answers])
    assert {"predictedValue", "details"} == set(answers[0])


def test_odd_fields_are_what_they_are_in_a_batch(aml: Client, csv: Write) -> None:
    """Unfit, unknown and empty values score as the same text in a file; what is left out scores as an empty field."""
    _, _, model = trained(aml, csv, schema_for("job"), n=400)
    ask = asker(aml, model)
    rows: list[list[object]] = [
        ["a", "many", "", "sings", "1.5.2", "perhaps"],
        ["b", " 44 ", "", "likes  TEA", "+1e0", " YES"],
        ["c", "", "", "", "", ""],
        ["d", "inf", "", "likes tea", "-.5", "0"],
    ]
    data = aml.datasources.create(csv(HEADER, rows), schema=schema_for("job"), statistics=False)
    _, *lines = result_lines(aml, model, data)

    def scores(record: Mapping[str, str]) -> list[str]:
        return spelled(list(ask(record)["predictedScores"].values()))

    sent: list[dict[str, str]] = [dict(zip(NAMES, map(str, row), strict=True)) for row in rows]
    assert [line[2:] for line in lines] == [scores(record) for record in sent]
    assert lines[2][2:] == scores({}) == scores({"job": "nurse", "nobody": "knows", "": ""})


def test_the_threshold_is_the_models_own_when_it_is_asked(aml: Client, csv: Write) -> None:
    """Changed between two endpoints, it changes the label and not the score."""
    _, _, model = trained(aml, csv, schema_for("bought"), n=400)
    boto: Any = aml.boto
    record = records(1)[0]
    before = asker(aml, model)(record)
    score = before["predictedScores"][before["predictedLabel"]]

    boto.delete_realtime_endpoint(MLModelId=model.id)
    model.update(threshold=score + (1e-3 if before["predictedLabel"] == "1" else -1e-3))
    after = asker(aml, model)(record)

    assert before["predictedLabel"] != after["predictedLabel"]
    assert [score] == list(after["predictedScores"].values())


def test_a_model_of_another_session_predicts_the_same(tmp_path: Path, csv: Write) -> None:
    """What was trained, mounted and closed answers from its files with the same bits."""
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        _, _, model = trained(aml, csv, schema_for("job"), n=400)
        first = asker(aml, model)(records(1)[0])
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        boto: Any = aml.boto
        url = boto.get_ml_model(MLModelId=model.id)["EndpointInfo"]["EndpointUrl"]
        second = boto.predict(MLModelId=model.id, Record=records(1)[0], PredictEndpoint=url)["Prediction"]

    assert first == second


def test_a_model_is_loaded_once(tmp_path: Path, csv: Write) -> None:
    """Later predictions need no file."""
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        _, _, model = trained(aml, csv, schema_for("job"), n=400)
        model.wait()
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        engine: Engine = aml.boto.amlwrap_engine
        with aml.models.get(model.id).endpoint() as endpoint:
            first = endpoint.predict(records(1)[0])
            engine.home.model(model.id).rename(tmp_path / "aside")
            assert first == endpoint.predict(records(1)[0])
