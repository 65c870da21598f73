# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Kinds that are waited for together keep their own types; read by type checkers and never run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

import amlwrap
from amlwrap import BatchPrediction, Datasource, Endpoint, Evaluation, Model, Polling, Prediction, Retry
from amlwrap.typing import Clock, EndpointStatus


def together(a: Datasource, b: Model, c: Evaluation, d: BatchPrediction, e: Endpoint) -> None:
    """Tuples of exactly what went in."""
    assert_type(amlwrap.wait_all(a, b), tuple[Datasource, Model])
    assert_type(amlwrap.wait_all(a, b, c), tuple[Datasource, Model, Evaluation])
    assert_type(amlwrap.wait_all(a, b, c, d), tuple[Datasource, Model, Evaluation, BatchPrediction])
    assert_type(amlwrap.wait_all(a, a, b, c, d), tuple[Datasource, Datasource, Model, Evaluation, BatchPrediction])
    assert_type(amlwrap.wait_all(b, e), tuple[Model, Endpoint])
    amlwrap.wait_all(a, "ds-1")  # type: ignore[call-overload]
    amlwrap.wait_all(a, timeout="long")  # type: ignore[call-overload]


def many(models: list[Model]) -> None:
    """As many as there are, of one kind."""
    assert_type(amlwrap.wait_all(*models), tuple[Model, ...])
    assert_type(amlwrap.as_completed(*models, timeout=60), Iterator[Model])
    for model in amlwrap.as_completed(*models, progress=False):
        assert_type(model, Model)
    amlwrap.as_completed(models)  # type: ignore[type-var]


def realtime(model: Model) -> None:
    """An endpoint for a block, and what it says."""
    assert_type(model.endpoint(), Endpoint)
    assert_type(model.endpoint_status, EndpointStatus)
    assert_type(model.create_endpoint().wait(), Endpoint)
    assert_type(model.delete_endpoint(), Model)
    with model.endpoint() as endpoint:
        assert_type(endpoint, Endpoint)
        assert_type(endpoint.status, EndpointStatus)
        assert_type(endpoint.url, str | None)
        said = endpoint.predict({"age": 31})
        assert_type(said, Prediction)
        assert_type(said.label, str | None)
        assert_type(said.score, float | None)
        assert_type(endpoint.predict_many([{"age": 31}], concurrency=4), Iterator[Prediction])
        endpoint.predict("age=31")  # type: ignore[arg-type]
        endpoint.predict_many([{"age": 31}], concurrency="4")  # type: ignore[arg-type]


class Still:
    """A clock of somebody's own."""

    def monotonic(self) -> float:
        """The same moment for ever."""
        return 0.0

    def sleep(self, seconds: float, /) -> None:
        """Not at all."""


def policies() -> None:
    """Policies are values, and a clock is whatever tells the time."""
    clock: Clock = Still()
    amlwrap.connect("local:", clock=clock)
    assert_type(Polling.local(), Polling)
    assert_type(Retry().delay(1), float)
    Polling(timeout="long")  # type: ignore[arg-type]
    Retry(attempts=5).attempts = 6  # type: ignore[misc]
    amlwrap.connect("local:", clock=3)  # type: ignore[arg-type]
