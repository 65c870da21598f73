"""What all resources do: refresh, wait, update, delete, tags, pickle."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from amlwrap import Client, Datasource, Polling, ProgressEvent
from amlwrap.exceptions import ConfigError, JobFailedError, NotFoundError, WaitTimeoutError
from tests.scripted import Fault, Headed, Script, VirtualClock, client_on

Reply = Callable[..., dict[str, Any]]


def test_get_gives_a_snapshot(aml: Client, script: Script, model: Reply) -> None:
    """One verbose call, and every documented field is there."""
    script.on("GetMLModel", model(CreatedAt=1486834110.483, ComputeTime=880000, Message="fine", LogUri="https://log"))

    found = aml.models.get("ml-1")

    assert ("ml-1", "bank model", "COMPLETED", "fine", "https://log") == (
        found.id,
        found.name,
        found.status,
        found.message,
        found.log_uri,
    )
    assert datetime(2017, 2, 11, 17, 28, 30, 483000, UTC) == found.created_at
    assert (880.0, 279823, "ds-1") == (found.compute_seconds, found.size_bytes, found.datasource_id)
    assert "bank model" == found.raw["Name"]
    assert [{"MLModelId": "ml-1", "Verbose": True}] == script.params("GetMLModel")


def test_snapshots_cannot_be_changed(aml: Client, script: Script, model: Reply) -> None:
    """Frozen: a newer state is another object."""
    script.on("GetMLModel", model())

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        aml.models.get("ml-1").name = "other"  # type: ignore[misc]


def test_equal_snapshots_are_equal(aml: Client, script: Script, model: Reply) -> None:
    """The connection, the raw reply and short-lived log addresses make no difference; a status does."""
    script.on("GetMLModel", model(LogUri="https://a"), model(LogUri="https://b"), model(Status="DELETED"))
    first, second, third = (aml.models.get("ml-1") for _ in range(3))

    assert first == second
    assert hash(first) == hash(second)
    assert second != third
    assert "world" not in repr(first)


def test_a_status_nobody_knows_is_carried(aml: Client, script: Script, model: Reply) -> None:
    """The service may say what it never documented."""
    script.on("GetMLModel", model(Status="INVALID"))

    assert "INVALID" == aml.models.get("ml-1").status


def test_refresh_gives_a_newer_one(aml: Client, script: Script, model: Reply) -> None:
    """The old snapshot stays as it was."""
    script.on("GetMLModel", model(Status="PENDING"), model())
    old = aml.models.get("ml-1")

    new = old.refresh()

    assert ("PENDING", "COMPLETED") == (old.status, new.status)


def test_wait_polls_by_id_and_without_documents(script: Script, model: Reply) -> None:
    """Get by id, never a listing; recipes and schemas are not sent at every look; progress comes in a header."""
    clock, seen = VirtualClock(), list[ProgressEvent]()
    running = Headed(model(Status="INPROGRESS"), {"x-amlwrap-progress": "0.4 pass 4 of 10"})
    script.on("GetMLModel", model(Status="PENDING"), running, model())

    done = client_on(script, clock=clock, progress=seen.append).models.get("ml-1").wait()

    assert "COMPLETED" == done.status
    assert [{"MLModelId": "ml-1"}] * 2 == script.params("GetMLModel")[1:]
    assert [(0.4, "pass 4 of 10"), (None, "")] == [(event.fraction, event.words) for event in seen]


def test_wait_raises_when_the_job_failed(aml: Client, script: Script, model: Reply) -> None:
    """The service's own reason is in the error."""
    script.on("GetMLModel", model(Status="FAILED", Message="one class only"))

    with pytest.raises(JobFailedError, match="model 'ml-1' failed: one class only"):
        aml.models.get("ml-1").wait()


def test_wait_says_how_to_come_back(script: Script, model: Reply) -> None:
    """The line can be pasted."""
    script.on("GetMLModel", model(Status="INPROGRESS"))
    aml = client_on(script, expression="amlwrap.connect('local:./bank')", polling=Polling(timeout=9))

    with pytest.raises(WaitTimeoutError) as caught:
        aml.models.get("ml-1").wait()

    assert "amlwrap.connect('local:./bank').models.get('ml-1').wait()" == caught.value.resume
    assert 9 == pytest.approx(caught.value.waited_seconds)


def test_a_datasource_is_renamed(aml: Client, script: Script, datasource: Reply) -> None:
    """Update, then how it is now."""
    script.on("GetDataSource", datasource(), datasource(Name="new"))
    script.on("UpdateDataSource", {"DataSourceId": "ds-1"})

    assert "new" == aml.datasources.get("ds-1").update(name="new").name
    assert [{"DataSourceId": "ds-1", "DataSourceName": "new"}] == script.params("UpdateDataSource")


def test_delete_gives_the_last_snapshot(aml: Client, script: Script, datasource: Reply) -> None:
    """The service keeps answering about what is deleted."""
    script.on("GetDataSource", datasource(), datasource(Status="DELETED"))
    script.on("DeleteDataSource", {"DataSourceId": "ds-1"})

    assert "DELETED" == aml.datasources.get("ds-1").delete().status


def test_what_is_gone_at_once_is_deleted_too(aml: Client, script: Script, datasource: Reply) -> None:
    """When the service no longer shows what it has deleted, the snapshot at hand is the last."""
    script.on("GetDataSource", datasource(), Fault("ResourceNotFoundException"))
    script.on("DeleteDataSource", {"DataSourceId": "ds-1"})

    last = aml.datasources.get("ds-1").delete()

    assert ("DELETED", "bank") == (last.status, last.name)


def test_what_is_not_there_is_not_found(aml: Client, script: Script) -> None:
    """The error names the thing."""
    script.on("GetDataSource", Fault("ResourceNotFoundException", "No such"))

    with pytest.raises(NotFoundError, match="datasource 'ds-9'"):
        aml.datasources.get("ds-9")


def test_a_pickle_holds_no_connection(aml: Client, script: Script, datasource: Reply) -> None:
    """What was known survives; what needs a client says which to ask."""
    script.on("GetDataSource", datasource())
    original = aml.datasources.get("ds-1")

    copied = pickle.loads(pickle.dumps(original))

    assert copied == original
    assert "ds-1" == copied.raw["DataSourceId"]
    assert original.schema == copied.schema
    with pytest.raises(ConfigError, match=r"aml\.datasources\.get\('ds-1'\)"):
        copied.refresh()
    assert copy.copy(original) == original


def test_a_resource_can_be_written_down(schema: Any) -> None:
    """Tests of users' own code make snapshots by hand."""
    by_hand = Datasource(id="ds-1", uri="s3://b/k", raw={"DataSourceSchema": schema.render()})

    assert schema == by_hand.schema
