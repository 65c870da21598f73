"""Every code that can be answered, with its status, on every carrier, as the page on fidelity has them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from botocore.exceptions import ClientError

from amlwrap import Client

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
CSV = b"age,y\n" + b"".join(b"%d,%d\n" % (age, age > 40) for age in range(20, 80))
MODELLED = {
    "IdempotentParameterMismatchException",
    "InternalServerException",
    "InvalidInputException",
    "InvalidTagException",
    "LimitExceededException",
    "PredictorNotMountedException",
    "ResourceNotFoundException",
    "TagLimitExceededException",
}

Provoke: TypeAlias = "Callable[[Any], object]"


@pytest.fixture
def limits() -> dict[str, int]:
    """So that one prediction is as many as there may be for quite some time."""
    return {"requests": 1}


def told() -> dict[str, int]:
    """Codes and the status of each, as the page has them; those left out that only a server has, or nobody."""
    row = re.compile(r"^\| `(\w+)`, (\d{3}): [^|]*\| same \|.*contract/test_errors", re.MULTILINE)
    rows = row.findall(PAGE.read_text(encoding="utf-8"))
    return {code: int(status) for code, status in rows}


def test_every_code_has_its_status(aml: Client, tmp_path: Path) -> None:
    """A request that asks for it gets it, and botocore takes it for the exception of that name."""
    data = aml.datasources.create(CSV, target="y")
    model = aml.models.create(data).wait()
    names = {"MLModelId": model.id}

    answers = {
        "InvalidInputException": answer(aml, lambda boto: boto.describe_ml_models(Limit=101)),
        "ResourceNotFoundException": answer(aml, lambda boto: boto.get_ml_model(MLModelId="ml-0")),
        "IdempotentParameterMismatchException": answer(aml, lambda boto: created_anew(boto, model.id, data.id)),
        "InvalidTagException": answer(aml, lambda boto: tagged(boto, data.id, ["aws:mine"])),
        "TagLimitExceededException": answer(aml, lambda boto: tagged(boto, data.id, [f"k{n}" for n in range(51)])),
        "PredictorNotMountedException": answer(
            aml, lambda boto: boto.predict(**names, Record={}, PredictEndpoint=boto.meta.endpoint_url)
        ),
        "LimitExceededException": answer(aml, lambda boto: asked_twice(boto, names)),
        "UnknownOperationException": answer(aml, lambda boto: sent(boto, target="AmazonML_20141212.GetMLModels")),
        "SerializationException": answer(aml, lambda boto: sent(boto, body=b'{"MLModelId":')),
        "RequestEntityTooLargeException": answer(aml, lambda boto: sent(boto, body=b" " * (5 << 20))),
    }
    broken(tmp_path / "home" / "state.sqlite")
    answers["InternalServerException"] = answer(aml, lambda boto: tagged(boto, data.id, ["k"]))

    assert {code: (code, status, code in MODELLED) for code, status in told().items()} == answers


def answer(aml: Client, provoke: Provoke) -> tuple[str, int, bool]:
    """Code and status of what *provoke* is answered, and whether the client has an exception of that name."""
    boto: Any = aml.boto
    with pytest.raises(ClientError) as caught:
        provoke(boto)
    raised: Any = caught.value
    assert raised.response["Error"]["Message"]
    assert re.fullmatch("[0-9a-f-]{36}", raised.response["ResponseMetadata"]["RequestId"])
    code: str = raised.response["Error"]["Code"]
    return code, raised.response["ResponseMetadata"]["HTTPStatusCode"], type(raised).__name__ == code


def created_anew(boto: Any, model_id: str, datasource_id: str) -> None:
    """A create of what is there, with other arguments."""
    boto.create_ml_model(MLModelId=model_id, MLModelType="BINARY", TrainingDataSourceId=datasource_id, MLModelName="x")


def tagged(boto: Any, datasource_id: str, keys: list[str]) -> None:
    """So many tags."""
    tags = [{"Key": key, "Value": ""} for key in keys]
    boto.add_tags(Tags=tags, ResourceId=datasource_id, ResourceType="DataSource")


def asked_twice(boto: Any, names: dict[str, str]) -> None:
    """Two predictions where there may be one a second; on a slow machine, some more."""
    url = boto.create_realtime_endpoint(**names)["RealtimeEndpointInfo"]["EndpointUrl"]
    for _ in range(1_000):
        boto.predict(**names, Record={"age": "30"}, PredictEndpoint=url)


def sent(boto: Any, *, target: str | None = None, body: bytes | None = None) -> None:
    """A request that botocore would not make."""
    with changed(boto, target, body):
        boto.get_ml_model(MLModelId="ml-0")


@contextmanager
def changed(boto: Any, target: str | None, body: bytes | None) -> Generator[None]:
    """While the block runs, requests are changed on their way."""

    def change(params: dict[str, Any], **_: Any) -> None:
        if target is not None:
            params["headers"]["X-Amz-Target"] = target
        if body is not None:
            params["body"] = body

    boto.meta.events.register("before-call", change)
    try:
        yield
    finally:
        boto.meta.events.unregister("before-call", change)


def broken(state: Path) -> None:
    """Take out of an engine's state what it cannot do without."""
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("DROP TABLE tags")
        connection.commit()
