"""One engine for a file of tests: whatever it is fed, it keeps nothing half made and goes on working."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap import BatchPrediction, Client, Datasource, Model, Retry, Schema
from amlwrap.documents import Attribute, AttributeType
from amlwrap.exceptions import JobFailedError
from amlwrap.objects import ObjectStore

HEADER = b"age,job,note,y"
GOOD = [f"{20 + n % 40},{('cook', 'nurse')[n % 3 % 2]},likes tea {n % 5},{n % 2}".encode() for n in range(200)]
KINDS = {"age": "NUMERIC", "job": "CATEGORICAL", "note": "TEXT", "y": "BINARY"}

# Where tests put a bad record: the header is line 1, so it stands in line 52 and is record 50, counted from 0.
PLACE = 50


def schema(target: str | None = "y", **settings: Any) -> Schema:
    """What the columns of the good rows are."""
    attributes = tuple(Attribute(name, AttributeType(kind)) for name, kind in KINDS.items())
    return Schema(attributes, target=target, **settings)


def csv(*rows: bytes, header: bytes = HEADER, end: bytes = b"\n") -> bytes:
    """A header and rows."""
    return b"".join(line + end for line in (header, *rows))


def among_good(*rows: bytes) -> bytes:
    """The good rows with others in their midst."""
    return csv(*GOOD[:PLACE], *rows, *GOOD[PLACE:])


class World:
    """A client, the folder of its engine, and a model that works."""

    def __init__(self, aml: Client, home: Path) -> None:
        self.aml = aml
        self.home = home
        self._numbers = count()

    @cached_property
    def store(self) -> ObjectStore:
        return self.aml._world.store()

    @cached_property
    def model(self) -> Model:
        """Trained on the good rows."""
        return self.aml.models.create(self.data(csv(*GOOD)), passes=2).wait()

    def put(self, content: bytes, name: str = "data.csv") -> str:
        """*content* as an object of its own."""
        uri = f"s3://staging/test/{next(self._numbers)}/{name}"
        self.store.put_bytes(uri, content)
        return uri

    def data(self, content: bytes, described: Schema | None = None, **settings: Any) -> Datasource:
        """A datasource of *content*, whose job may still run."""
        return self.aml.datasources.create(self.put(content), schema=described or schema(), **settings)

    def result(self, batch: BatchPrediction) -> list[bytes]:
        """The lines of the one result file, the header left out."""
        (uri,) = batch.manifest.results.values()
        with self.store.open(uri) as file:
            text = gzip.decompress(file.read())
        assert text.endswith(b"\n")
        return text[:-1].split(b"\n")[1:]

    def outputs(self, batch: BatchPrediction) -> list[str]:
        """What there is under the output location of one batch prediction."""
        return [info.uri for info in self.store.list(batch.output_uri) if batch.id in info.uri]

    def log(self, resource: Datasource | Model | BatchPrediction) -> str:
        """What the job said."""
        assert resource.log_uri is not None
        return Path(resource.log_uri.removeprefix("file://")).read_text(encoding="utf-8")


def reason(job: Any) -> str:
    """Why *job* failed; the engine must know, and say it without giving up its own secrets."""
    with pytest.raises(JobFailedError) as caught:
        job.wait()
    assert "FAILED" == job.refresh().status
    assert job.refresh().message == caught.value.reason
    assert "Internal" not in caught.value.reason
    assert "Traceback" not in caught.value.reason
    return caught.value.reason


def leftovers(home: Path) -> list[Path]:
    """Files and folders that only exist while something is written."""
    return [path for path in home.rglob("*") if path.name.startswith(".") or path.suffix in {".part", ".tmp"}]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A client on an engine of its own."""
    home = tmp_path_factory.mktemp("bad-input") / "home"
    with amlwrap.connect(f"local:{home}", progress=False, retry=Retry(attempts=1)) as aml:
        yield World(aml, home)


@pytest.fixture(autouse=True)
def _goes_on(world: World) -> Iterator[None]:
    """After every test, nothing half made is left, and good data is welcome."""
    yield
    collections = (world.aml.datasources, world.aml.models, world.aml.evaluations, world.aml.batch_predictions)
    for running in [item for every in collections for item in every.list(status="INPROGRESS")]:
        with suppress(JobFailedError):
            running.wait()
    assert [] == leftovers(world.home)
    assert "COMPLETED" == world.data(csv(*GOOD), statistics=False).wait().status
