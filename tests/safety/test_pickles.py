"""Everything public goes through pickle, and so into a process pool; no pickle holds a connection or a credential."""

from __future__ import annotations

import importlib
import inspect
import pickle
import random
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, is_typeddict

import attrs
import numpy as np
import pytest

import amlwrap
from amlwrap import Rearrangement, Recipe, Schema, TrainingParameters, documents, exceptions, labels, resources
from amlwrap._settings import Setting
from amlwrap.exceptions import ConfigError

SCHEMA = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")
CSV = b"age,job,y\n" + b"31,cook,1\n44,smith,0\n25,cook,1\n60,none,0\n" * 30
MODULES = ["amlwrap", "amlwrap.documents", "amlwrap.exceptions", "amlwrap.labels", "amlwrap.resources"]

SHAPES_OF_OTHERS = {resources.Collection, resources.Entity}
"""No instance is of exactly these."""

CONNECTED = {resources.Datasources, resources.Models, resources.Evaluations, resources.BatchPredictions}
"""As their client."""

PARTS = {
    documents.Apply,
    documents.Call,
    documents.Layout,
    documents.Leaf,
    documents.Manifest,
    documents.Overlap,
    documents.Output,
    documents.Variable,
}
"""Plain values inside documents."""

BOUND = {resources.Listing, resources.Tags, resources.World}
"""Belong to an open connection; `test_what_belongs_to_a_connection` is about them."""


def public_classes() -> set[type[Any]]:
    """What the curated modules show."""
    modules = [importlib.import_module(name) for name in MODULES]
    values = [getattr(module, name) for module in modules for name in module.__all__]
    return {value for value in values if inspect.isclass(value) and not is_shape(value)}


def is_shape(kind: type[Any]) -> bool:
    """Whether *kind* only says what others look like."""
    return is_typeddict(kind) or bool(getattr(kind, "_is_protocol", False))


@cache
def story() -> tuple[object, ...]:
    """A value of each kind that comes out of working."""
    with tempfile.TemporaryDirectory() as folder:
        return _story(Path(folder))


def _story(folder: Path) -> tuple[object, ...]:
    with amlwrap.connect("local:", progress=False) as aml:
        run = amlwrap.train(CSV, target="y", connect=aml, progress=False)
        data = aml.datasources.create(CSV, schema=SCHEMA, name="bank")
        model = aml.models.create(data, passes=1)
        evaluation = model.evaluate(data, allow_training=True)
        batch = model.predict_batch(data)
        data, model, evaluation, batch = amlwrap.wait_all(data, model, evaluation, batch)
        matrix = batch.probabilities()
        compared = batch.compare([row.rpartition(b",")[2].decode() for row in CSV.splitlines()[1:]])
        assert evaluation.metrics is not None
        assert evaluation.metrics.curve is not None
        confusion = evaluation.metrics.confusion
        assert confusion is not None
        _ = model.schema, model.recipe, data.schema  # a snapshot keeps what it has read
        rows = next(iter(batch.rows()))
        exported = amlwrap.export(aml, folder / "out", rate=None)
        with amlwrap.connect("local:", progress=False) as other:
            restored = amlwrap.restore(folder / "out", other, retrain=False)
        with model.endpoint() as endpoint:
            realtime = [endpoint, endpoint.predict({"age": 31, "job": "cook"})]
        counted = data.statistics()
        promoted = aml.models.promote(model, "stage", "production")
        lineage = model.lineage()
        from_one_call = [run, exported, restored, promoted, counted, counted["age"], data.head(2)]
        results = [matrix, matrix.labels(), matrix.top(1), confusion, confusion.per_class()[0], compared, rows]
        metrics = [evaluation.metrics, evaluation.metrics.curve]
        return (data, model, evaluation, batch, *metrics, *results, *realtime, *from_one_call, lineage, lineage.focus)


def written_down() -> Iterator[Any]:
    """Values a person makes."""
    recipe = Recipe.parse(
        '{"groups":{"N":"group(age)"},"assignments":{"b":"quantile_bin(N,10)"},"outputs":["b","job"]}'
    )
    yield from (SCHEMA, SCHEMA.attributes[0], recipe, Rearrangement.split(0.7, 1)[0], TrainingParameters(passes=3))
    yield from (amlwrap.AttributeType.BINARY, amlwrap.Polling.local(), amlwrap.Retry(attempts=2), amlwrap.connect)
    yield from (documents.ngram("x", 2), documents.variable("x"), labels.Scores(np.ones(3)), Setting("a", "argument"))
    yield amlwrap.ProgressEvent(kind="model", id="ml-1", name="", status="PENDING", elapsed_seconds=1.0)
    yield amlwrap.connect("local:", progress=False).describe()
    who = {"database": "shop", "user": "reader", "query": "SELECT 1", "password": "correct horse"}
    yield amlwrap.RedshiftQuery(cluster="shop", **who)
    machine = {"resource_role": "a", "service_role": "b", "subnet": "sn-1", "security_groups": "sg-1"}
    yield amlwrap.RDSQuery(instance="shop", **who, **machine)
    yield documents.TrainingLog.parse("26/11/24 10:00:00 INFO: Begin training.\n")
    yield documents.Beginning(l1=0.0, l2=1e-6, loss="logreg", max_passes=10, max_size_bytes=100_000)
    yield documents.Ending(n_passes=1, n_valid=2, n_invalid=0, best=4202, n_parameters=3)
    active = documents.ActiveFeatures(64, 9, 12, 10.0, 640)
    yield from (active, documents.Performance(accuracy=0.5), documents.Retirement(1050, 64, "hopeless"))
    yield documents.LearnerReport(learner=4202, rate=10.0, n_updates=64, active=active)
    yield documents.RDSMetadata(instance="shop", database="shop", user="reader")
    yield documents.RedshiftMetadata(cluster="shop", database="shop", user="reader")


def raised() -> Iterator[Any]:
    """An error of every kind, its fields filled with words and numbers, with a note on it."""
    for kind in sorted(public_classes(), key=lambda kind: kind.__name__):
        if issubclass(kind, exceptions.AmlwrapError):
            fields: Any = attrs.fields(kind) if attrs.has(kind) else ()
            numbers = {"int": 3, "float": 2.5, "str | None": None, "bool": False, "tuple[str, ...]": ("a", "b")}
            error: Any = kind(*(numbers.get(str(field.type), field.name) for field in fields))
            error.add_note("noted")
            yield error


@pytest.mark.parametrize("value", [*written_down(), *raised()], ids=lambda value: type(value).__name__)
def test_values_and_errors_pickle(value: Any) -> None:
    """The copy reads the same."""
    copy = pickle.loads(pickle.dumps(value))

    assert (type(value), repr(value), str(value)) == (type(copy), repr(copy), str(copy))
    assert getattr(value, "__notes__", []) == getattr(copy, "__notes__", [])


def test_what_comes_out_of_working_pickles() -> None:
    """Snapshots without their connection, results whole."""
    for value in story():
        copy = pickle.loads(pickle.dumps(value))
        assert (type(value), repr(value)) == (type(copy), repr(copy))


def test_every_public_class_is_shown_to_pickle() -> None:
    """A new class needs a line above."""
    values: list[object] = [*written_down(), *raised(), *story()]
    shown = {type(value) for value in values}
    others = {amlwrap.Client, *CONNECTED, *PARTS}

    assert set() == public_classes() - shown - others - SHAPES_OF_OTHERS - BOUND


def test_a_client_connects_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its names, wherever it is unpickled: what was made there is there."""
    monkeypatch.chdir(tmp_path)
    retry = amlwrap.Retry(attempts=2)
    with amlwrap.connect("local:home", progress=False, retry=retry, staging="s3://staging/there") as aml:
        made = aml.datasources.create(CSV, schema=SCHEMA)
        pickles = [pickle.dumps(one) for one in (aml, aml.datasources)]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    client, datasources = map(pickle.loads, pickles)

    with client:
        assert made.id == client.datasources.get(made.id).id == datasources.get(made.id).id
        assert retry == client._world.calls.retry
        assert "s3://staging/there" == client.describe()["staging"].value
    datasources._world.calls.close()


def test_a_client_of_aws_pickles_its_names_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials are found again where it is unpickled, by boto3."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "verysecret")
    aml = amlwrap.connect(region="eu-west-1")
    _ = aml.boto

    pickled = pickle.dumps(aml)

    assert b"AKIAKEY" not in pickled
    assert b"verysecret" not in pickled
    assert "<Client of amlwrap.connect(region='eu-west-1')>" == repr(pickle.loads(pickled))


def test_the_environment_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that the environment had sent to a folder goes back to it when the environment has changed."""
    monkeypatch.setenv("AMLWRAP_TARGET", f"local:{tmp_path}/a")
    with amlwrap.connect() as aml:
        pickled = pickle.dumps(aml)
    monkeypatch.setenv("AMLWRAP_TARGET", f"local:{tmp_path}/b")

    with pickle.loads(pickled) as again:
        assert f"local:{tmp_path}/a" == again.describe()["target"].value


@pytest.mark.parametrize("target", ["local:", "session"])
def test_what_belongs_to_a_connection(target: str) -> None:
    """What cannot be connected again by name says so, and what to do."""
    import boto3

    named: Any = boto3.Session("AKIA", "verysecret", region_name="eu-west-1") if target == "session" else target
    with amlwrap.connect(named, progress=False) as aml:
        for value in (aml, aml.models, aml._world):
            with pytest.raises(ConfigError, match="pickle: expected one that was connected by the name"):
                pickle.dumps(value)
        with pytest.raises(ConfigError, match="pickle: expected its items"):
            pickle.dumps(aml.models.list())


def test_pickled_policies_do_not_share_their_luck() -> None:
    """Two processes that got one policy must not call in step."""
    random.seed(1)
    first, second = (pickle.loads(pickle.dumps(amlwrap.Retry())) for _ in range(2))

    assert first.delay(1) != second.delay(1)
