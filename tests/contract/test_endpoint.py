"""Realtime endpoints on every carrier: made, asked, gone; and the same scores as in a batch."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest

from amlwrap import Client, Model, Prediction, Schema
from amlwrap.exceptions import EndpointNotReadyError, InvalidInputError, NotFoundError

TYPES = {"age": "NUMERIC", "job": "CATEGORICAL", "note": "TEXT", "member": "BINARY"}
TARGETS = {"BINARY": "BINARY", "MULTICLASS": "CATEGORICAL", "REGRESSION": "NUMERIC"}


def people(n: int, target: str) -> list[dict[str, Any]]:
    """Some people, and something that follows from what they are."""
    dice = random.Random(7)
    rows: list[dict[str, Any]] = []
    for _ in range(n):
        age, job, member = dice.randint(18, 80), dice.choice(["cook", "smith"]), dice.random() < 0.5
        worth = age / 80 + (job == "cook") - member + dice.gauss(0, 0.3)
        level = "low" if worth < 0 else "mid" if worth < 1 else "high"
        truth = {"BINARY": int(worth > 0.6), "MULTICLASS": level}
        row = {"age": age, "job": job, "note": dice.choice(["likes tea", "", "likes rum"]), "member": member}
        rows.append({**row, "y": truth.get(target, worth)})
    return rows


def trained(aml: Client, target: str) -> Model:
    """A model of them."""
    schema = Schema({**TYPES, "y": TARGETS[target]}, target="y")
    return aml.models.create(aml.datasources.create(people(200, target), schema=schema)).wait()


def in_batch(model: Model, rows: list[dict[str, Any]]) -> list[list[float]]:
    """The scores a batch gives, a row each."""
    batch = model.predict_batch(rows).wait()
    if model.type == "REGRESSION":
        return [[float(score)] for score in batch.scores()]
    scores: list[list[float]] = batch.probabilities().values.tolist()
    return scores


def in_realtime(predictions: list[Prediction]) -> list[list[float]]:
    """The same of predictions."""
    return [list(one.scores.values()) if one.value is None else [one.value] for one in predictions]


@pytest.mark.parametrize("target", list(TARGETS))
def test_predictions_are_those_of_a_batch(aml: Client, target: str) -> None:
    """To single precision, as far as the seven digits of a batch tell; labels to the letter."""
    model = trained(aml, target)
    rows = people(40, target)

    with model.endpoint() as endpoint:
        alone = [endpoint.predict(row) for row in rows]
        together = list(endpoint.predict_many(rows))

    assert alone == together
    assert {target} == {one.type for one in alone}
    for written, given in zip(in_batch(model, rows), in_realtime(alone), strict=True):
        assert written == pytest.approx(given, rel=1e-6, abs=1e-7)
    if target != "REGRESSION":
        labels = model.predict_batch(rows).wait().labels().to_numpy().tolist()
        assert labels == [one.label for one in alone]


def test_the_life_of_an_endpoint(aml: Client) -> None:
    """Made by hand it stays until it is deleted; a block leaves it; a model with one cannot go."""
    model = trained(aml, "BINARY")
    with pytest.raises(EndpointNotReadyError):
        model.endpoint().predict({"age": 31})

    ready = model.create_endpoint().wait()
    with model.endpoint():
        pass
    shown = aml.models.get(model.id)

    assert ("READY", 200) == (shown.endpoint_status, shown.endpoint_peak)
    assert (ready.url, ready.created_at) == (shown.endpoint_url, shown.endpoint_created_at)
    assert [model.id] == [one.id for one in aml.models.list(endpoint_status="READY")]
    assert {"0", "1"} == set(model.endpoint().predict({"age": 31, "unknown": "x"}).scores)
    with pytest.raises(InvalidInputError, match="delete that first"):
        model.delete()
    with pytest.raises(InvalidInputError, match="Delete the endpoint first"):
        model.update(threshold=0.3)

    assert "NONE" == model.delete_endpoint().endpoint_status
    with pytest.raises(EndpointNotReadyError):
        ready.predict({"age": 31})
    assert 0.3 == model.update(threshold=0.3).threshold
    assert "DELETED" == model.delete().status


def test_the_threshold_decides_the_label(aml: Client) -> None:
    """The one that is set while the endpoint stands."""
    model = trained(aml, "BINARY")
    labels: list[str | None] = []
    for threshold in (0.0, 1.0):
        with model.update(threshold=threshold).endpoint() as endpoint:
            labels.append(endpoint.predict({"age": 50}).label)

    assert ["1", "0"] == labels


def test_rows_come_without_end(aml: Client) -> None:
    """A stream is predicted as far as anybody asks."""

    def stream() -> Iterator[dict[str, Any]]:
        return ({"age": 7 * number % 100, "job": "cook"} for number in itertools.count())

    with trained(aml, "REGRESSION").endpoint() as endpoint:
        first = list(itertools.islice(endpoint.predict_many(stream(), concurrency=4), 25))
        alone = [endpoint.predict(row) for row in itertools.islice(stream(), 25)]

    assert alone == first
    assert len({one.value for one in first}) > 2


def test_strangers_have_no_endpoint(aml: Client) -> None:
    """Not even to delete."""
    model = trained(aml, "BINARY")
    stranger = Model(id="ml-nobody", world=model._world)

    for ask in (stranger.create_endpoint, stranger.delete_endpoint, stranger.endpoint().refresh):
        with pytest.raises(NotFoundError, match="ml-nobody"):
            ask()
