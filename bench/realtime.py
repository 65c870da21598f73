"""One prediction at a time inside the process, beside a boto3 call that somebody answers at once."""

from __future__ import annotations

import itertools
import json
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.awsrequest import AWSResponse

import amlwrap
from amlwrap import Client, Model, Schema
from bench._figures import Line, Report, figure
from bench._timing import Options, race

N_ROWS = 3_000
N_NUMBERS, N_NAMES, N_STATES = 10, 6, 3
CALLS_PER_RUN = 200
AT_MOST = 0.001
"""Seconds a prediction may take, half of the time."""


def run(options: Options) -> Report:
    """Median and tail, through boto3 and through an endpoint object."""
    with amlwrap.connect("local:", progress=False) as aml:
        model = _model(aml)
        with model.endpoint() as endpoint:
            boto: Any = aml.boto
            records = itertools.cycle(_as_text(row) for row in rows(100))
            rows_again = itertools.cycle(rows(100))

            def through_boto3() -> None:
                boto.predict(MLModelId=endpoint.id, PredictEndpoint=endpoint.url, Record=next(records))

            def through_the_sdk() -> None:
                endpoint.predict(next(rows_again))

            instant = _instant(endpoint.id, str(endpoint.url))
            n_calls = CALLS_PER_RUN * options.n_runs
            return Report(
                [
                    *_lines("boto3", through_boto3, instant, n_calls),
                    *_lines("the SDK", through_the_sdk, instant, n_calls),
                ],
                f"{N_NUMBERS + N_NAMES + N_STATES + 1} attributes; the peer is boto3 alone, its reply made up",
            )


def rows(n: int) -> list[dict[str, Any]]:
    """Numbers, names, states and a text, and a target that follows from the first number."""
    dice = random.Random(2026)
    return [
        {
            **{f"n{place}": dice.gauss() for place in range(N_NUMBERS)},
            **{f"c{place}": dice.choice("abcdefgh") for place in range(N_NAMES)},
            **{f"b{place}": dice.random() < 0.5 for place in range(N_STATES)},
            "t": " ".join(dice.choices(["tea", "coffee", "milk", "rum", "water"], k=4)),
        }
        for _ in range(n)
    ]


def _model(aml: Client) -> Model:
    known = [{**row, "y": int(row["n0"] > 0)} for row in rows(N_ROWS)]
    kinds = {"n": "NUMERIC", "c": "CATEGORICAL", "b": "BINARY", "t": "TEXT", "y": "BINARY"}
    schema = Schema({name: kinds[name[0]] for name in known[0]}, target="y")
    return aml.models.create(aml.datasources.create(known, schema=schema)).wait()


def _as_text(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def _instant(model_id: str, url: str) -> Callable[[], None]:
    """A call of boto3's like a prediction, all but the answering."""
    boto = amlwrap.boto3_client("local:")
    reply = {"Prediction": {"predictedLabel": "0", "predictedScores": {"0": 0.25}, "details": {"Algorithm": "SGD"}}}
    body = json.dumps(reply).encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "1"}

    def answer(request: Any, **_: object) -> AWSResponse:
        return AWSResponse(request.url, 200, headers, _Raw(body))

    boto.meta.events.register_first("before-send.machine-learning", answer)
    records = itertools.cycle(_as_text(row) for row in rows(100))
    return lambda: boto.predict(MLModelId=model_id, PredictEndpoint=url, Record=next(records))


class _Raw:
    """A body where botocore expects urllib3's."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def _lines(way: str, ours: Callable[[], None], peer: Callable[[], None], n_calls: int) -> list[Line]:
    pairs = race(ours, peer, n_calls)
    (half, tail), (half_alone, tail_alone) = _median_and_tail(pairs.ours), _median_and_tail(pairs.peer)
    return [
        figure(f"a prediction through {way}, median", "s", half, half_alone, at_most=AT_MOST),
        figure(f"a prediction through {way}, 99th percentile", "s", tail, tail_alone),
    ]


def _median_and_tail(times: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]
