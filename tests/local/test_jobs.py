from __future__ import annotations

import errno
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest

from amlwrap.exceptions import DataError
from amlwrap.local.kinds import Kind
from amlwrap.local.task import Cache
from tests.local.conftest import checked_client
from tests.local.doubles import (
    RESULTS,
    Gate,
    Recorder,
    all_kinds,
    datasource_request,
    evaluation_request,
    model_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amlwrap.local import Engine
    from amlwrap.local.task import Task
    from tests.local.conftest import Host

PATIENCE = 30.0


def status(boto: Any, id: str = "ds-1") -> str:
    """The status of a datasource."""
    reply: str = boto.get_data_source(DataSourceId=id)["Status"]
    return reply


def test_workers_run_what_is_created(opened: Callable[..., Engine]) -> None:
    """With threads a chain of jobs runs to its end by itself."""
    engine = opened(workers=2, stages=Recorder().stages)
    boto = checked_client(engine)

    boto.create_data_source_from_s3(**datasource_request())
    boto.create_ml_model(**model_request())
    boto.create_evaluation(**evaluation_request())

    assert engine.wait_until_idle(PATIENCE)
    assert boto.get_evaluation(EvaluationId="ev-1")["Status"] == "COMPLETED"


def test_jobs_run_side_by_side(opened: Callable[..., Engine]) -> None:
    """Two workers run two jobs at a time, and the third waits."""
    gate = Gate()
    engine = opened(workers=2, stages=all_kinds(gate))
    boto = checked_client(engine)
    for n in range(3):
        boto.create_data_source_from_s3(**datasource_request(f"ds-{n}"))

    assert gate.begun.acquire(timeout=PATIENCE)
    assert gate.begun.acquire(timeout=PATIENCE)
    assert ["INPROGRESS", "INPROGRESS", "PENDING"] == [status(boto, f"ds-{n}") for n in range(3)]
    gate.open()
    assert engine.wait_until_idle(PATIENCE)
    assert status(boto, "ds-2") == "COMPLETED"


def test_inline_jobs_are_done_when_the_call_returns(opened: Callable[..., Engine]) -> None:
    """Inline, a create answers after its job has run, in the very thread."""
    threads: list[threading.Thread] = []

    def stage(task: Task) -> Mapping[str, Any]:
        threads.append(threading.current_thread())
        return RESULTS[task.kind]

    boto = checked_client(opened(inline=True, stages=all_kinds(stage)))

    boto.create_data_source_from_s3(**datasource_request())

    assert status(boto) == "COMPLETED"
    assert [threading.current_thread()] == threads


def test_progress_is_told_while_a_job_runs(opened: Callable[..., Engine]) -> None:
    """A Get of a running job carries a header; a Get of a finished one does not."""
    gate = Gate()
    engine = opened(workers=1, stages=all_kinds(gate))
    boto = checked_client(engine)
    boto.create_data_source_from_s3(**datasource_request())
    assert gate.begun.acquire(timeout=PATIENCE)

    def header() -> str | None:
        reply = boto.get_data_source(DataSourceId="ds-1")
        value: str | None = reply["ResponseMetadata"]["HTTPHeaders"].get("x-amlwrap-progress")
        return value

    assert header() == "0.420 pass 4 of 10"
    gate.open()
    assert engine.wait_until_idle(PATIENCE)
    assert header() is None


def test_what_waits_tells_for_what(opened: Callable[..., Engine]) -> None:
    """A Get of a job that has not begun says which parent it needs, or that others are before it."""
    gate = Gate()
    engine = opened(workers=1, stages=all_kinds(gate))
    boto = checked_client(engine)
    boto.create_data_source_from_s3(**datasource_request())
    assert gate.begun.acquire(timeout=PATIENCE)
    boto.create_data_source_from_s3(**datasource_request("ds-2"))
    boto.create_ml_model(**model_request())

    def header(reply: dict[str, Any]) -> str:
        return str(reply["ResponseMetadata"]["HTTPHeaders"]["x-amlwrap-progress"])

    assert header(boto.get_data_source(DataSourceId="ds-2")) == "0.000 waits for its turn"
    assert header(boto.get_ml_model(MLModelId="ml-1")) == "0.000 waits for datasource ds-1"
    gate.open()
    assert engine.wait_until_idle(PATIENCE)


def test_who_waits_for_news_hears_of_what_was_made_and_what_ended(opened: Callable[..., Engine]) -> None:
    """News that came before the wait ends it at once; without any, it lasts as long as was asked for."""
    gate = Gate()
    engine = opened(workers=1, stages=all_kinds(gate))
    quiet = engine.wait_for_news(-1, 0)
    assert engine.wait_for_news(quiet, 0.01) == quiet
    checked_client(engine).create_data_source_from_s3(**datasource_request())
    made = engine.wait_for_news(quiet, PATIENCE)
    assert made > quiet
    gate.open()
    assert engine.wait_until_idle(PATIENCE)
    assert engine.wait_for_news(made, PATIENCE) > made


def test_closing_gives_a_running_job_back(opened: Callable[..., Engine]) -> None:
    """Close stops a stage where it is; the next engine on the folder runs the job again."""
    gate = Gate()
    engine = opened(workers=1, stages=all_kinds(gate))
    checked_client(engine).create_data_source_from_s3(**datasource_request())
    assert gate.begun.acquire(timeout=PATIENCE)
    engine.close()

    again = opened(workers=1, stages=Recorder().stages)

    assert again.wait_until_idle(PATIENCE)
    assert status(checked_client(again)) == "COMPLETED"


def test_deleting_stops_a_running_job(opened: Callable[..., Engine]) -> None:
    """The stage of a deleted entity is stopped, and what it published is taken away again."""
    gate = Gate()

    def stage(task: Task) -> Mapping[str, Any]:
        with task.home.publish(task.home.datasource_statistics(task.id)) as folder:
            (folder / "statistics.json").write_text("{}")
        return gate(task)

    engine = opened(workers=1, stages=all_kinds(stage))
    boto = checked_client(engine)
    boto.create_data_source_from_s3(**datasource_request())
    assert gate.begun.acquire(timeout=PATIENCE)

    boto.delete_data_source(DataSourceId="ds-1")

    assert engine.wait_until_idle(PATIENCE)
    assert status(boto) == "DELETED"
    assert [] == list(engine.home.statistics.iterdir())


class Panic(BaseException):
    """What a native library raises when it gives up: no Exception."""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DataError("s3://b/x.csv", "line 3", "2 values", "1"), "s3://b/x.csv, line 3: expected 2 values, found 1."),
        (
            OSError(errno.ENOSPC, "No space left on device", "/disk/model"),
            "No space is left on the disk that holds /disk",
        ),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "No space is left on the disk that holds "),
        (MemoryError(), "needs more memory"),
        (ValueError("detail"), "Internal error of the embedded engine; the log has the details."),
        (Panic("detail"), "Internal error of the embedded engine; the log has the details."),
        (SystemExit(1), "Internal error of the embedded engine; the log has the details."),
    ],
    ids=["data", "disk", "quota", "memory", "bug", "panic", "exit"],
)
def test_a_failing_stage_costs_one_job(host: Host, error: BaseException, message: str) -> None:
    """Whatever a stage raises fails its own job with a message; the next one runs."""
    host.recorder.errors = {"ds-1": error}
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_data_source_from_s3(**datasource_request("ds-2"))

    assert host.run() == 2

    assert message in host.boto.get_data_source(DataSourceId="ds-1")["Message"]
    assert status(host.boto, "ds-2") == "COMPLETED"


def test_a_result_that_cannot_be_kept_costs_one_job(opened: Callable[..., Engine]) -> None:
    """What JSON cannot write fails the job that made it, and its worker goes on."""
    made: list[Mapping[str, Any]] = [{"DataSizeInBytes": object()}, RESULTS[Kind.DATASOURCE]]
    engine = opened(workers=1, stages=all_kinds(lambda task: made.pop(0)))
    boto = checked_client(engine)
    boto.create_data_source_from_s3(**datasource_request())
    boto.create_data_source_from_s3(**datasource_request("ds-2"))
    assert engine.wait_until_idle(PATIENCE)
    assert "Internal error" in boto.get_data_source(DataSourceId="ds-1")["Message"]
    assert status(boto, "ds-2") == "COMPLETED"


def test_an_internal_error_is_logged_whole(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """The traceback is in the job's log and in Python's, and not in the message."""
    host.recorder.errors = {"ds-1": ValueError("detail")}
    host.boto.create_data_source_from_s3(**datasource_request())

    with caplog.at_level(logging.ERROR, "amlwrap.local"):
        host.run()

    log = host.engine.home.log(Kind.DATASOURCE, "ds-1").read_text()
    assert "ERROR: Internal error" in log
    assert "ValueError: detail" in log
    assert "ValueError: detail" in caplog.text


def test_an_interrupt_comes_through_and_the_job_stays(host: Host) -> None:
    """Ctrl-C in a job that runs in the caller's thread leaves the job for later."""
    host.recorder.errors = {"ds-1": KeyboardInterrupt()}
    host.boto.create_data_source_from_s3(**datasource_request())

    with pytest.raises(KeyboardInterrupt):
        host.run()

    host.recorder.errors = {}
    assert host.run() == 1
    assert status(host.boto) == "COMPLETED"


def test_an_interrupt_ends_no_worker(opened: Callable[..., Engine]) -> None:
    """Polars raises it in whichever thread is at work: the only worker takes the job anew."""
    attempts: list[str] = []

    def stage(task: Task) -> Mapping[str, Any]:
        attempts.append(task.id)
        if len(attempts) == 1:
            raise KeyboardInterrupt
        return RESULTS[task.kind]

    engine = opened(workers=1, stages=all_kinds(stage))
    boto = checked_client(engine)
    boto.create_data_source_from_s3(**datasource_request())

    assert engine.wait_until_idle(PATIENCE)
    assert (["ds-1", "ds-1"], "COMPLETED") == (attempts, status(boto))


def test_a_log_that_cannot_be_written_fails_the_job(host: Host) -> None:
    """A job without a log is not run."""
    host.engine.home.log(Kind.DATASOURCE, "ds-1").mkdir()
    host.boto.create_data_source_from_s3(**datasource_request())
    host.run()

    assert "log of the job" in host.boto.get_data_source(DataSourceId="ds-1")["Message"]
    assert [] == host.recorder.tasks


def test_a_lost_lease_stops_the_stage(opened: Callable[..., Engine]) -> None:
    """A stage whose job another engine has taken over is stopped, and what it returns is not recorded."""
    gate = Gate()
    slow = opened(workers=1, stages=all_kinds(gate))
    boto = checked_client(slow)
    boto.create_data_source_from_s3(**datasource_request())
    assert gate.begun.acquire(timeout=PATIENCE)

    with sqlite3.connect(slow.home.state) as state:
        state.execute("UPDATE jobs SET owner = 'another', attempts = attempts + 1")
    state.close()
    slow._jobs._renew()  # what a thread does every few seconds

    assert slow.wait_until_idle(PATIENCE)
    assert status(boto) == "INPROGRESS"
    assert opened(stages=Recorder().stages).run_until_idle() == 1
    assert status(boto) == "COMPLETED"


def test_two_engines_share_a_folder(opened: Callable[..., Engine]) -> None:
    """Each job is run by one of them, and both see all results."""
    recorders = [Recorder(), Recorder()]
    first, second = (opened(stages=recorder.stages) for recorder in recorders)
    clients = [checked_client(first), checked_client(second)]
    for n in range(6):
        clients[n % 2].create_data_source_from_s3(**datasource_request(f"ds-{n}"))

    runners = [threading.Thread(target=engine.run_until_idle) for engine in (first, second)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(PATIENCE)

    ran = [task.id for recorder in recorders for task in recorder.tasks]
    assert [f"ds-{n}" for n in range(6)] == sorted(ran)
    assert {"COMPLETED"} == {status(client, f"ds-{n}") for client in clients for n in range(6)}


def test_the_cache_forgets_what_was_unused_for_longest() -> None:
    """Beyond its room the cache drops old values, and makes them again when asked."""
    cache = Cache(max_entries=2)
    for key in ("a", "b", "a", "c"):
        cache.setdefault(key, key.upper)
    assert cache.setdefault("a", lambda: "made again") == "A"
    assert cache.setdefault("b", lambda: "made again") == "made again"


def test_a_cached_value_is_made_once(host: Host) -> None:
    """Jobs that ask for the same thing at the same time get the one that the first of them makes."""
    cache, made, barrier = Cache(), list[int](), threading.Barrier(4)
    seen: list[list[int]] = []

    def make() -> list[int]:
        made.append(1)
        return made

    def ask() -> None:
        barrier.wait(PATIENCE)
        seen.append(cache.setdefault("table", make))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert [[1]] * 4 == seen
    cache.discard("table")
    assert [1, 1] == cache.setdefault("table", make)


def test_a_value_that_cannot_be_made_is_tried_again() -> None:
    """A factory that raises leaves nothing behind."""
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.setdefault("x", lambda: 1 // 0)

    assert cache.setdefault("x", lambda: 2) == 2
