"""Pages of listings, among 100,000 entities: filtered, sorted and deep, through boto3 in this process."""

from __future__ import annotations

import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from amlwrap.local import Engine, open_engine
from amlwrap.local.kinds import Kind
from amlwrap.local.state.entities import NewEntity, insert
from bench._figures import Line, Report, figure
from bench._timing import Options

N_ENTITIES = 100_000
AT_MOST = 0.010
"""Seconds a page may take, half of the time."""

_START_MS = 1_700_000_000_000
_KINDS = tuple(Kind)
_OPERATIONS = {
    Kind.DATASOURCE: ("describe_data_sources", ("Name", "Status", "CreatedAt", "LastUpdatedAt", "DataLocationS3")),
    Kind.MODEL: (
        "describe_ml_models",
        (
            *("Name", "Status", "CreatedAt", "TrainingDataSourceId", "TrainingDataURI", "MLModelType", "Algorithm"),
            *("RealtimeEndpointStatus", "IAMUser", "LastUpdatedAt"),
        ),
    ),
    Kind.EVALUATION: ("describe_evaluations", ("Name", "Status", "CreatedAt", "MLModelId", "DataSourceId", "DataURI")),
    Kind.BATCH_PREDICTION: (
        "describe_batch_predictions",
        ("Name", "Status", "CreatedAt", "MLModelId", "DataSourceId", "DataURI"),
    ),
}
_VALUES = {
    "Name": "name 5",
    "Status": "COMPLETED",
    "CreatedAt": str(_START_MS / 1000 + N_ENTITIES / 2),
    "LastUpdatedAt": str(_START_MS / 1000 + N_ENTITIES / 2),
    "DataLocationS3": "s3://bucket/5",
    "TrainingDataURI": "s3://bucket/5",
    "DataURI": "s3://bucket/5",
    "TrainingDataSourceId": "ds-5",
    "DataSourceId": "ds-5",
    "MLModelId": "ml-5",
    "MLModelType": "BINARY",
    "RealtimeEndpointStatus": "NONE",
    "Algorithm": "sgd",
    "IAMUser": "arn:aws:iam::000000000000:root",
}
_TIMES = ("CreatedAt", "LastUpdatedAt")
_COMPARATORS = ("EQ", "NE", "LT", "LE", "GT", "GE", "Prefix")


def run(options: Options) -> Report:
    """Each kind of question by itself: the slowest of its medians, over all kinds, variables and orders."""
    with tempfile.TemporaryDirectory() as folder, open_engine(folder, workers=0) as engine:
        seed(engine, N_ENTITIES)
        boto = engine.boto3_client()
        lines = [_line(name, boto, list(questions), options) for name, questions in _questions(boto)]
    return Report(
        lines, f"{N_ENTITIES:,} entities, a tenth of them deleted; of each line the slowest question is shown"
    )


def seed(engine: Engine, n: int) -> None:
    """Fill the state of *engine* with entities of all kinds, in one transaction."""
    dice = random.Random(2026)
    with engine._context.database.write() as connection:
        for place in range(n):
            kind = _KINDS[place % len(_KINDS)]
            status = dice.choices(["COMPLETED", "FAILED", "DELETED"], [80, 10, 10])[0]
            near = dice.randrange(1_000)
            new = NewEntity(
                kind=kind,
                id=f"{kind}-{place}".replace("_", "-"),
                name=f"name {dice.randrange(n)}",
                digest="",
                members={"ComputeStatistics": True} if kind == Kind.DATASOURCE else {},
                request={},
                data_uri=f"s3://bucket/{near}",
                datasource_id="" if kind == Kind.DATASOURCE else f"ds-{near}",
                model_id=f"ml-{near}" if kind in (Kind.EVALUATION, Kind.BATCH_PREDICTION) else "",
                model_type="BINARY" if kind == Kind.MODEL else "",
                endpoint="NONE" if kind == Kind.MODEL else "",
            )
            at = _START_MS + 1_000 * place
            insert(connection, new, {"status": status, "created_ms": at, "updated_ms": at}, [])


def _questions(boto: Any) -> Iterator[tuple[str, Iterator[tuple[str, dict[str, Any]]]]]:
    yield "first page", ((operation, {}) for operation, _ in _OPERATIONS.values())
    yield "first page, sorted", ((operation, asked) for operation, asked in _sorted())
    for comparator in _COMPARATORS:
        yield f"{comparator} of a variable", _compared(comparator)
    yield "page 100 or the last", _deep(boto, 100)


def _sorted() -> Iterator[tuple[str, dict[str, Any]]]:
    for operation, variables in _OPERATIONS.values():
        for variable, order in itertools.product(variables, ("asc", "dsc")):
            yield operation, {"FilterVariable": variable, "SortOrder": order}


def _compared(comparator: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for operation, asked in _sorted():
        if comparator != "Prefix" or asked["FilterVariable"] not in _TIMES:
            yield operation, {**asked, comparator: _VALUES[asked["FilterVariable"]]}


def _deep(boto: Any, n_pages: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for operation, asked in _sorted():
        last = dict(asked)
        for _ in range(n_pages):
            token = getattr(boto, operation)(**last).get("NextToken")
            if token is None:
                break
            last = {**asked, "NextToken": token}
        yield operation, last


def _line(name: str, boto: Any, questions: list[tuple[str, dict[str, Any]]], options: Options) -> Line:
    medians = {_said(operation, asked): _median(boto, operation, asked, options) for operation, asked in questions}
    slowest = max(medians, key=lambda question: medians[question])
    return figure(f"{name}: {slowest}", "s", medians[slowest], at_most=AT_MOST)


def _said(operation: str, asked: dict[str, Any]) -> str:
    words = [str(asked[key]) for key in ("FilterVariable", "SortOrder") if key in asked]
    return " ".join([operation.removeprefix("describe_"), *words])


def _median(boto: Any, operation: str, asked: dict[str, Any], options: Options) -> float:
    ask = getattr(boto, operation)
    times: list[float] = []
    for _ in range(options.n_runs):
        start = time.perf_counter()
        ask(**asked)
        times.append(time.perf_counter() - start)
    return statistics.median(times)
