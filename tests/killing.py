"""
Processes on one folder, each killed at some moment while it works there; the last one ends everything and compares.

A killed process runs no code of ours any more, so what is found is found by the next: it opens the folder, looks at it,
and works there until it is killed itself. All are forks of one that has loaded the engine, which makes hundreds
bearable.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import select
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from amlwrap.documents.predictions import Manifest
from amlwrap.local import pipeline
from amlwrap.local.engine import Engine, open_engine
from amlwrap.local.home import Home
from amlwrap.local.kinds import Kind
from amlwrap.objects import Folder

N_ROWS = 300
TYPES = {"BINARY": "BINARY", "CATEGORICAL": "MULTICLASS", "NUMERIC": "REGRESSION"}
MOST_WAIT = 20.0
"""Seconds; a process is killed by then, whatever it has said."""

PATIENT, MOST_PATIENCE = 8, 120.0
"""Every so many processes are let live until all jobs are done: one that is cut off twenty times is given up."""

Say = Callable[[str], None]


# What is worked on.


def rows(kind: str) -> bytes:
    """A table whose target is of *kind*."""
    rng = random.Random(kind)
    lines = ["id,age,note,y"]
    for number in range(N_ROWS):
        age, one, two = rng.randrange(18, 80), rng.randrange(30), rng.randrange(30)
        score = age + one + rng.gauss(0, 5)
        y = {"BINARY": str(int(score > 64)), "CATEGORICAL": "abc"[int(score > 50) + (score > 70)]}.get(
            kind, f"{score:.3f}"
        )
        lines.append(f"r{number},{age},w{one} w{two},{y}")
    return ("\n".join(lines) + "\n").encode()


def schema(kind: str) -> str:
    """The schema of that table."""
    types = {"id": "CATEGORICAL", "age": "NUMERIC", "note": "TEXT", "y": kind}
    attributes = [{"attributeName": name, "attributeType": kind} for name, kind in types.items()]
    keys = {"version": "1.0", "rowId": "id", "targetAttributeName": "y", "dataFormat": "CSV"}
    return json.dumps({**keys, "dataFileContainsHeader": True, "attributes": attributes})


def requests(name: str, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Operation, id and request of each create of a story that ends in *name*."""
    data, model, output = f"ds-{name}", f"ml-{name}", "s3://out/"
    spec = {"DataLocationS3": f"s3://data/{kind}.csv", "DataSchema": schema(kind)}
    yield "CreateDataSourceFromS3", data, {"DataSourceId": data, "DataSpec": spec, "ComputeStatistics": True}
    settings = {"sgd.maxPasses": "2", "sgd.shuffleType": "auto"}
    training = {"MLModelId": model, "MLModelType": TYPES[kind], "TrainingDataSourceId": data, "Parameters": settings}
    yield "CreateMLModel", model, training
    both = {"MLModelId": model, "OutputUri": output, "BatchPredictionDataSourceId": data}
    yield "CreateBatchPrediction", f"bp-{name}", {"BatchPredictionId": f"bp-{name}", **both}
    both = {"MLModelId": model, "EvaluationDataSourceId": data}
    yield "CreateEvaluation", f"ev-{name}", {"EvaluationId": f"ev-{name}", **both}


class Refused(Exception):
    """The engine answered with a fault."""


def ask(engine: Engine, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The reply to one request, as a carrier would send it."""
    reply = engine.protocol.answer(f"AmazonML_20141212.{operation}", json.dumps(request).encode())
    if reply.status != 200:
        raise Refused(f"{operation}: {reply.body.decode()}")
    document: dict[str, Any] = json.loads(reply.body)
    return document


def get(engine: Engine, id: str) -> dict[str, Any]:
    """What the engine knows about the entity with *id*."""
    kind = {"ds": "DataSource", "ml": "MLModel", "bp": "BatchPrediction", "ev": "Evaluation"}[id[:2]]
    return ask(engine, f"Get{kind}", {f"{kind}Id": id})


# What is done by the process that will be killed.


def work(engine: Engine, number: int, say: Say) -> None:
    """Tell stories until the end, which comes from outside."""
    for story in count():
        kind = list(TYPES)[(number + story) % len(TYPES)]
        for operation, told, request in requests(f"{kind[0]}{number}-{story}", kind):
            say(f"create {told}")
            ask(engine, operation, request)
            say(f"acknowledged {told}")
        if story % 2:
            say("wait")
            engine.wait_until_idle()
            evaluation = f"ev-{kind[0]}{number}-{story}"
            ask(engine, "DeleteEvaluation", {"EvaluationId": evaluation})
            say(f"deleted {evaluation}")


def announced(say: Say) -> None:
    """Have the steps of jobs told to *say*: only this process will ever know where it was."""
    for kind in Kind:
        _wrap_stage(f"run_{kind}", say)
    publish, writer = Home.publish, Folder.writer

    def told_publish(home: Home, folder: Path) -> AbstractContextManager[Path]:
        return _told("publish", publish(home, folder), say)

    def told_writer(folder: Folder, uri: str) -> AbstractContextManager[Any]:
        return _told("write", writer(folder, uri), say)

    Home.publish = told_publish  # type: ignore[assignment, method-assign]
    Folder.writer = told_writer  # type: ignore[assignment, method-assign]


@contextmanager
def _told(word: str, inner: AbstractContextManager[Any], say: Say) -> Generator[Any]:
    say(word)
    with inner as value:
        yield value
        say(f"{word}-rename")
    say(f"{word}-done")


def _wrap_stage(name: str, say: Say) -> None:
    stage = getattr(pipeline, name)

    def run(task: Any) -> Any:
        say(f"{name} {task.id}")
        result = stage(task)
        say(f"{name}-done {task.id}")
        return result

    setattr(pipeline, name, run)


# What every process finds.


def check(engine: Engine, acknowledged: set[str], deleted: set[str]) -> None:
    """Everything acknowledged is there, the state file is sound, and whatever is visible is whole."""
    with sqlite3.connect(engine.home.state) as state:
        assert [("ok",)] == state.execute("PRAGMA integrity_check").fetchall()
        assert [] == state.execute("PRAGMA foreign_key_check").fetchall()
    state.close()
    for told in acknowledged:
        status = get(engine, told)["Status"]
        assert status in possible(told, deleted), (told, status)


def possible(id: str, deleted: set[str]) -> set[str]:
    """How the entity with *id* may stand; a delete that was not acknowledged may have happened or not."""
    if id in deleted:
        return {"DELETED"}
    return {"PENDING", "INPROGRESS", "COMPLETED", *(["DELETED"] if id.startswith("ev-") else [])}


def check_folder(home: Home) -> None:
    """Models can be loaded, statistics are JSON, results have all their lines, and manifests all their results."""
    for folder in visible(home.models):
        parts = sorted(path.name for path in folder.iterdir())
        assert {"weights.npz"} <= set(parts), (folder, parts)
        for path in folder.glob("*.json"):
            json.loads(path.read_bytes())
    for folder in visible(home.statistics):
        assert list(folder.iterdir()), folder
        for path in folder.glob("*.json"):
            json.loads(path.read_bytes())
    out = home.objects / "out/batch-prediction"
    for path in visible(out / "result"):
        assert N_ROWS + 1 == gzip.decompress(path.read_bytes()).count(b"\n"), path
    for path in out.glob("*.manifest"):
        for uri in Manifest.parse(path.read_bytes()).results.values():
            assert (home.objects / uri.removeprefix("s3://")).is_file(), uri


def visible(folder: Path) -> list[Path]:
    """What is in *folder*, unfinished things aside."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []


def made(engine: Engine, name: str) -> dict[str, Any]:
    """All that a story left behind, byte for byte."""
    home, files = engine.home, dict[str, Any]()
    for top in (home.models / f"ml-{name}", home.statistics / f"ds-{name}"):
        files |= {path.name: path.read_bytes().hex() for path in sorted(top.iterdir())}
    (result,) = (home.objects / "out/batch-prediction/result").glob(f"bp-{name}-*")
    files["result"] = result.read_bytes().hex()
    return files


def metrics(engine: Engine, name: str) -> object:
    """What the evaluation of a story says."""
    return get(engine, f"ev-{name}")["PerformanceMetrics"]


def finish(home: Path, reference: Path, acknowledged: set[str], deleted: set[str]) -> None:
    """Run everything to its end; it is as if nothing had happened."""
    with open_engine(reference) as undisturbed:
        for kind in TYPES:
            for operation, _, request in requests(kind, kind):
                ask(undisturbed, operation, request)
        undisturbed.wait_until_idle()
        expected = {kind[0]: made(undisturbed, kind) for kind in TYPES}
        scores = {kind[0]: metrics(undisturbed, kind) for kind in TYPES}
    with open_engine(home) as engine:
        engine.wait_until_idle()
        check(engine, acknowledged, deleted)
        check_folder(engine.home)
        for told in acknowledged:
            status, name = get(engine, told)["Status"], told[3:]
            assert status in possible(told, deleted) - {"PENDING", "INPROGRESS"}, (told, status)
            if told.startswith("bp-"):
                assert expected[name[0]] == made(engine, name), name
            elif told.startswith("ev-") and status == "COMPLETED":
                assert scores[name[0]] == metrics(engine, name), name
        hidden = [str(path) for path in home.rglob("*") if path.name.startswith(".")]
        assert [] == hidden, hidden


# Who forks and kills.


def child(task: Callable[[Say], None]) -> tuple[int, int]:
    """Pid of a new process that does *task*, and where it says what it does."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    status = 1
    try:
        task(lambda line: _write(writing, line))
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run here
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _write(place: int, line: str) -> None:
    os.write(place, f"{line}\n".encode())


def heard(source: int, n_lines: float, seconds: float, word: bytes = b"\n\n") -> bytes:
    """What comes out of *source* before it is silent: *n_lines*, or what comes in *seconds*, or before *word*."""
    text, end = b"", time.monotonic() + seconds
    while text.count(b"\n") < n_lines and word not in text and (left := end - time.monotonic()) > 0:
        if not select.select([source], [], [], left)[0]:
            break
        if not (piece := os.read(source, 4096)):
            break
        text += piece
    return text


def kill(home: Path, number: int, chance: random.Random, acknowledged: set[str], deleted: set[str]) -> str:
    """Kill one process after some of its words and a moment; returns the last thing it said."""

    def task(say: Say) -> None:
        announced(say)
        check_folder(Home(home))  # before anything of ours runs there
        say("open")
        engine = open_engine(home)
        say("check")
        check(engine, acknowledged, deleted)
        if patient:
            engine.wait_until_idle()
            say("idle")
        work(engine, number, say)

    patient = number % PATIENT == PATIENT - 1
    pid, source = child(task)
    text = heard(source, float("inf"), MOST_PATIENCE, b"idle\n") if patient else b""
    n_lines = chance.choice(
        [chance.randrange(3), chance.randrange(3, 12), chance.randrange(3, 30), chance.randrange(90)]
    )
    text += heard(source, n_lines, MOST_WAIT)
    text += heard(source, float("inf"), chance.uniform(0, 0.02))
    os.kill(pid, signal.SIGKILL)
    text += heard(source, float("inf"), MOST_WAIT)
    os.close(source)
    _, status = os.waitpid(pid, 0)
    assert -signal.SIGKILL == os.waitstatus_to_exitcode(status), f"process {number} ended by itself"
    lines = [line.split() for line in text.decode().split("\n")[:-1]]
    acknowledged |= {line[1] for line in lines if line[0] == "acknowledged"}
    deleted |= {line[1] for line in lines if line[0] == "deleted"}
    return lines[-1][0] if lines else "fork"


def main(place: str, seed: str, n_kills: str) -> None:
    """Kill so often, look at what is left, and say where the killed ones were."""
    home, chance = Path(place, "home"), random.Random(int(seed))
    for root in (home, Path(place, "reference")):
        for kind in TYPES:
            Folder(root / "s3").put_bytes(f"s3://data/{kind}.csv", rows(kind))
        Folder(root / "s3").make_bucket("out")
    acknowledged, deleted = set[str](), set[str]()
    moments = Counter(kill(home, number, chance, acknowledged, deleted) for number in range(int(n_kills)))
    pid, source = child(lambda say: finish(home, Path(place, "reference"), acknowledged, deleted))
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "see above"
    os.close(source)
    sys.stdout.write(json.dumps({"moments": moments, "acknowledged": len(acknowledged), "deleted": len(deleted)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
