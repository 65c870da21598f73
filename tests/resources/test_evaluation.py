"""Evaluations: one number from AWS, everything from our engine, and a threshold chosen from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import Client, Metrics
from amlwrap.exceptions import ConfigError
from amlwrap.labels import ConfusionMatrix
from amlwrap.resources import Curve
from tests.scripted import Script

CURVE = '{"thresholds":[0.9,0.2,0.6],"true_positives":[1,2,2],"false_positives":[0,2,1],"positives":2,"negatives":2}'


def reply(**properties: str) -> dict[str, Any]:
    """A reply to GetEvaluation."""
    named = {key.replace("__", "."): value for key, value in properties.items()}
    return {
        "EvaluationId": "ev-1",
        "MLModelId": "ml-1",
        "EvaluationDataSourceId": "ds-2",
        "Status": "COMPLETED",
        "PerformanceMetrics": {"Properties": named},
    }


def test_aws_tells_one_number(aml: Client, script: Script) -> None:
    """The rest is None, except the baseline every AUC has."""
    script.on("GetEvaluation", reply(BinaryAUC="0.9412"))

    metrics = aml.evaluations.get("ev-1").metrics

    assert metrics == Metrics(auc=0.9412, baseline=0.5)
    assert metrics is not None
    assert (0.9412, None, None) == (metrics.value, metrics.confusion, metrics.curve)
    assert [{"EvaluationId": "ev-1"}] == script.params("GetEvaluation")


def test_the_engine_tells_more(aml: Client, script: Script) -> None:
    """Accuracy, counts and the confusion matrix, under names of our own."""
    script.on(
        "GetEvaluation",
        reply(
            MulticlassAvgFScore="0.8",
            amlwrap__accuracy="0.85",
            amlwrap__confusion='{"classes":["cat","dog"],"counts":[[8,2],[1,9]]}',
            amlwrap__n_scored="20",
        ),
    )

    metrics = aml.evaluations.get("ev-1").metrics

    assert metrics is not None
    assert (0.8, 0.8, 0.85, 20) == (metrics.macro_f1, metrics.value, metrics.accuracy, metrics.n_scored)
    assert ConfusionMatrix(("cat", "dog"), [[8, 2], [1, 9]]) == metrics.confusion


def test_nothing_is_known_before_the_end(aml: Client, script: Script) -> None:
    """Metrics are None until the job is done."""
    script.on("GetEvaluation", {"EvaluationId": "ev-1", "Status": "INPROGRESS"})
    evaluation = aml.evaluations.get("ev-1")

    assert evaluation.metrics is None
    with pytest.raises(ConfigError, match="status INPROGRESS"):
        evaluation.choose_threshold(precision=0.8)
    assert Metrics().value is None


def test_lineage_is_walked(aml: Client, script: Script, model: Any, datasource: Any) -> None:
    """What was measured, and on what."""
    script.on("GetEvaluation", reply())
    script.on("GetMLModel", model())
    script.on("GetDataSource", datasource(DataSourceId="ds-2"))
    evaluation = aml.evaluations.get("ev-1")

    assert ("ml-1", "ds-2") == (evaluation.model.id, evaluation.datasource.id)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"precision": 0.6}, 0.6),
        ({"precision": 0.9}, 0.9),
        ({"recall": 1.0}, 0.6),
        ({"recall": 0.5}, 0.9),
        ({"accuracy": 0.7}, 0.9),
        ({"false_positive_rate": 0.5}, 0.6),
        ({"false_positive_rate": 0.0}, 0.9),
    ],
)
def test_a_threshold_is_chosen(target: dict[str, float], expected: float, aml: Client, script: Script) -> None:
    """The one that meets the target and gives up the least; the higher one of equals."""
    script.on("GetEvaluation", reply(BinaryAUC="0.9", amlwrap__curve=CURVE))

    assert expected == aml.evaluations.get("ev-1").choose_threshold(**target)


@pytest.mark.parametrize(
    ("properties", "target", "match"),
    [
        ({"amlwrap__curve": CURVE}, {"accuracy": 0.9}, r"the best is 0\.7500"),
        ({"amlwrap__curve": CURVE}, {}, "found none"),
        ({"amlwrap__curve": CURVE}, {"precision": 0.5, "recall": 0.5}, "precision, recall"),
        ({"BinaryAUC": "0.9"}, {"precision": 0.5}, "AWS tells only the AUC"),
    ],
)
def test_what_cannot_be_chosen_is_told(
    properties: dict[str, str], target: dict[str, float], match: str, aml: Client, script: Script
) -> None:
    """The error says what could be reached, or why nothing can be known."""
    script.on("GetEvaluation", reply(**properties))

    with pytest.raises(ConfigError, match=match):
        aml.evaluations.get("ev-1").choose_threshold(**target)


def test_an_empty_curve_reaches_nothing() -> None:
    """No scored record, no threshold."""
    empty = Curve.of({"thresholds": [], "true_positives": [], "false_positives": [], "positives": 0, "negatives": 0})

    with pytest.raises(ConfigError):
        empty.choose(recall=0.0)


SCORED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


def curve_of(scored: list[tuple[float, bool]]) -> Curve:
    """The curve of scores and truths, counted the slow way."""
    thresholds = sorted({score for score, _ in scored})
    hits = [[truth for score, truth in scored if score >= threshold] for threshold in thresholds]
    positives = sum(truth for _, truth in scored)
    return Curve(
        tuple(thresholds),
        tuple(sum(hit) for hit in hits),
        tuple(len(hit) - sum(hit) for hit in hits),
        positives,
        len(scored) - positives,
    )


@given(scored=SCORED, target=st.floats(0, 1), name=st.sampled_from(["precision", "recall", "accuracy"]))
def test_a_chosen_threshold_keeps_its_promise(scored: list[tuple[float, bool]], target: float, name: str) -> None:
    """Recounted at the chosen threshold, the target is met; and if none was chosen, no threshold meets it."""
    curve = curve_of(scored)
    table = {threshold: curve.measures(place) for place, threshold in enumerate(curve.thresholds)}

    try:
        chosen = curve.choose(**{name: target})
    except ConfigError:
        assert all(measures[name] < target for measures in table.values())
    else:
        assert table[chosen][name] >= target
