"""A whole story on a wire that fails half of all calls: nothing is lost, nothing is made twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest

import amlwrap
from amlwrap import Client, Polling, Retry, Schema
from amlwrap._calls import Calls
from amlwrap._settings import Settings
from amlwrap._staging import Staging
from amlwrap.exceptions import AmlwrapError, InternalServiceError, ThrottledError, TransportError
from amlwrap.local import Engine, open_engine
from amlwrap.resources import World
from tests.chaos import Chaos
from tests.scripted import VirtualClock

SCHEMA = Schema({"age": "NUMERIC", "job": "CATEGORICAL", "y": "BINARY"}, target="y")
CSV = b"age,job,y\n" + b"31,cook,1\n44,smith,0\n25,cook,1\n60,none,0\n" * 30
NEW = b"job,age\ncook,30\nsmith,50\n"
PATIENT = Retry(attempts=200, total_seconds=1e9)

T = TypeVar("T")


@attrs.frozen
class Place:
    """An engine behind a wire, and a client of it that never gives up."""

    engine: Engine
    chaos: Chaos
    aml: Client
    clock: VirtualClock


@contextmanager
def place(folder: Path, seed: int, *, retry: Retry = PATIENT, share: float = 0.5) -> Generator[Place]:
    """An engine in *folder*, whose jobs are done when their create returns."""
    with open_engine(folder, inline=True) as engine:
        chaos, clock = Chaos(engine, seed, share), VirtualClock()
        (engine.home.objects / "staging").mkdir()
        world = World(
            calls=Calls(chaos.client, retry, clock),
            polling=Polling(),
            clock=clock,
            progress=False,
            staging=Staging("s3://staging/in/", lambda: engine.store),
            store=lambda: engine.store,
            expression="aml",
        )
        yield Place(engine, chaos, Client(world, Settings({}), lambda: None), clock)


def entities(engine: Engine) -> Counter[tuple[str, str]]:
    """How many there are of each kind and status, deleted ones included, as the engine has written them down."""
    with closing(sqlite3.connect(engine.home.state)) as state:
        return Counter(state.execute("SELECT kind, status FROM entities").fetchall())


@pytest.mark.parametrize("seed", range(50))
def test_a_story_on_a_broken_wire(seed: int, tmp_path: Path) -> None:
    """Every kind is made, changed, tagged, listed and deleted: what the engine holds in the end is what was asked."""
    with place(tmp_path / "home", seed) as there:
        aml, boto = there.aml, there.engine.boto3_client()
        data = aml.datasources.create(CSV, schema=SCHEMA, name="bank", tags={"team": "shop"})
        train, test = data.split(0.7, seed=7)
        model = aml.models.create(train, passes=2)
        evaluation = model.evaluate(test)
        batch = model.predict_batch(NEW, name="new")
        data, train, test, model, evaluation = amlwrap.wait_all(data, train, test, model, evaluation)
        batch = batch.wait()
        assert evaluation.metrics is not None
        assert (2, 0) == (batch.n_total, batch.n_invalid)
        assert 2 == len(batch.labels())

        assert ("better", 0.25) == ((better := model.update(name="better", threshold=0.25)).name, better.threshold)
        assert "BANK" == data.update(name="BANK").name
        assert {data.id, train.id, test.id, batch.datasource_id} == {one.id for one in aml.datasources}
        assert [evaluation.id] == [one.id for one in model.evaluations]

        data.tags["stage"] = "test"
        assert "shop" == data.tags.pop("team")
        assert {"stage": "test"} == dict(data.tags)
        aml.models.promote(model, "stage", "live")
        assert [model.id] == aml.models.by_tag("stage", "live").ids()

        with model.endpoint() as endpoint:
            records = [{"age": 30, "job": "cook"}, {"age": 50, "job": "smith"}]
            asked = list(endpoint.predict_many(records, concurrency=1))  # or threads would share the dice
        assert batch.to_numpy().tolist() == pytest.approx([one.score for one in asked], abs=1e-6)
        assert "NONE" == model.refresh().endpoint_status

        assert "DELETED" == evaluation.delete().status
        assert "DELETED" == test.delete().status

        assert {
            ("datasource", "COMPLETED"): 3,
            ("datasource", "DELETED"): 1,
            ("model", "COMPLETED"): 1,
            ("evaluation", "DELETED"): 1,
            ("batch_prediction", "COMPLETED"): 1,
        } == entities(there.engine)
        assert "better" == boto.get_ml_model(MLModelId=model.id)["Name"]
        assert there.chaos.met["none"] < there.chaos.met.total()


@pytest.mark.parametrize("seed", range(5))
def test_one_call_on_a_broken_wire(seed: int, tmp_path: Path) -> None:
    """A run makes its five resources once; an account exported through the same wire is whole."""
    with place(tmp_path / "home", seed) as there:
        run = amlwrap.train(CSV, "y", connect=there.aml)
        assert run.metrics.auc is not None

        report = amlwrap.export(there.aml, tmp_path / "out", logs=False, rate=None)
        assert {("datasource", "COMPLETED"): 3, ("model", "COMPLETED"): 1, ("evaluation", "COMPLETED"): 1} == entities(
            there.engine
        )
    assert ({"datasource": 3, "model": 1, "evaluation": 1}, ()) == (
        {kind: n for kind, n in report.counts.items() if n},
        report.refused,
    )


def test_the_wire_breaks_in_every_way_and_after_every_kind_of_work(tmp_path: Path) -> None:
    """Of the stories above it is true that answers were lost after creates, updates and deletes."""
    done: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for seed in range(25):
        with place(tmp_path / str(seed), seed) as there:
            data = there.aml.datasources.create(CSV, schema=SCHEMA, statistics=False)
            data.update(name="new")
            data.delete()
            done += there.chaos.done
            met += there.chaos.met
    assert {"CreateDataSourceFromS3", "UpdateDataSource", "DeleteDataSource", "GetDataSource"} == set(done)
    assert len(met) == 12


def until_it_works(make: Callable[[], T]) -> T:
    """What people do by hand: the same again."""
    for _ in range(100):
        try:
            return make()
        except (ThrottledError, InternalServiceError, TransportError):
            continue
    raise AssertionError("never")


@pytest.mark.parametrize("seed", range(10))
def test_repeating_by_hand_makes_nothing_twice_either(seed: int, tmp_path: Path) -> None:
    """With a budget that runs out, the same line under the same id is safe to run again."""
    with place(tmp_path / "home", seed, retry=Retry(attempts=2)) as there:
        aml = there.aml
        data = until_it_works(lambda: aml.datasources.create(CSV, schema=SCHEMA, id="ds-bank"))
        model = until_it_works(lambda: aml.models.create(data, passes=1, id="ml-bank"))
        done = model.wait()

        assert "COMPLETED" == done.status
        assert {("datasource", "COMPLETED"): 1, ("model", "COMPLETED"): 1} == entities(there.engine)


def test_a_wire_that_never_works_ends_with_the_whole_story(tmp_path: Path) -> None:
    """The error says how often it was tried; its note says what each attempt met."""
    with place(tmp_path / "home", 1, retry=Retry(), share=1.0) as there:
        with pytest.raises((ThrottledError, InternalServiceError, TransportError)) as caught:
            there.aml.models.get("ml-1")
        error: Any = caught.value
        assert 5 == error.attempts
        (note,) = error.__notes__
        assert note.startswith("5 attempts within ")
        assert "Exception" in note
        assert 5 == there.chaos.met.total()


def test_listings_lose_and_double_nothing(tmp_path: Path) -> None:
    """A page that is asked for again is the same page."""
    with place(tmp_path / "home", 3) as there:
        made = [
            there.aml.datasources.create("s3://staging/none", schema=SCHEMA, statistics=False, name=f"{i}")
            for i in range(130)
        ]
        assert sorted(one.id for one in made) == sorted(one.id for one in there.aml.datasources)


def test_errors_are_ours(tmp_path: Path) -> None:
    """Nothing of botocore's comes through, however the wire breaks."""
    with place(tmp_path / "home", 5, retry=Retry(attempts=1), share=1.0) as there:
        for _ in range(60):
            with pytest.raises(AmlwrapError):
                there.aml.models.get("ml-1")
        assert 11 == len(there.chaos.met)
