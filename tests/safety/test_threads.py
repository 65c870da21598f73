"""One client, many threads: made once, no call lost, no id twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import amlwrap
from amlwrap import Client, Schema
from amlwrap._calls import Calls
from tests.scripted import Script

SCHEMA = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")
CSV = b"age,y\n" + b"31,1\n44,0\n" * 60
N_THREADS, N_EACH = 12, 6


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What *work* gives in each of many threads that start together."""
    gate = threading.Barrier(N_THREADS)

    def run(number: int) -> Any:
        gate.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(N_THREADS) as pool:
        return list(pool.map(run, range(N_THREADS)))


def test_threads_share_one_client(tmp_path: Path) -> None:
    """They create, list, rename and delete side by side, and everything is there once."""

    def work(number: int) -> list[str]:
        made = [
            aml.datasources.create("s3://staging/none", schema=SCHEMA, statistics=False, name=f"{number}-{i}")
            for i in range(N_EACH)
        ]
        assert {one.id for one in made} <= {one.id for one in aml.datasources}
        made[0].delete()
        return [one.update(name=f"new {one.name}").id for one in made[1:]]

    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        kept = [each for ids in at_once(work) for each in ids]

        assert N_THREADS * (N_EACH - 1) == len(set(kept))
        assert set(kept) == {one.id for one in aml.datasources.list(name__prefix="new ")}


def test_threads_wait_side_by_side(tmp_path: Path) -> None:
    """Each for its own job, all staging the same content."""

    def work(number: int) -> Client | str:
        return aml.datasources.create(CSV, schema=SCHEMA, name=f"{number}").wait().status

    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        assert ["COMPLETED"] * N_THREADS == at_once(work)


def test_the_boto3_client_is_made_once() -> None:
    """By whichever thread calls first."""
    script = Script(GetMLModel={"MLModelId": "ml-1"})
    made: list[Any] = []

    def factory() -> Any:
        made.append(script.client())
        return made[-1]

    calls = Calls(factory)
    at_once(lambda _: calls.call("GetMLModel", MLModelId="ml-1"))

    assert (1, N_THREADS) == (len(made), len(script.calls))


def test_closing_while_others_call_ends_in_our_errors(tmp_path: Path) -> None:
    """What comes too late is refused plainly."""
    aml = amlwrap.connect(f"local:{tmp_path}/home", progress=False)
    _ = aml.boto

    def work(number: int) -> str:
        if number == 0:
            aml.close()
        try:
            return str(aml.datasources.list().count())
        except amlwrap.exceptions.ConfigError as error:
            return "closed" if "closed" in error.found else error.found

    assert set(at_once(work)) <= {"0", "closed"}
