"""What was acknowledged outlives its process: killed at any moment, or one of several on the same folder."""

from __future__ import annotations

import gzip
import json
import os
import random
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap import Client
from amlwrap.documents.predictions import Manifest
from amlwrap.local.engine import open_engine
from amlwrap.objects import Folder
from amlwrap.resources import Entity
from tests import durable_story, hammering, killing

KILLS = 7
MANY_KILLS = os.environ.get("AMLWRAP_KILLS", "210")
SEED = os.environ.get("AMLWRAP_KILL_SEED") or str(secrets.randbelow(1_000_000))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The weights and the predictions of a story that nobody interrupted."""
    folder = tmp_path_factory.mktemp("unbroken")
    with amlwrap.connect(f"local:{folder}/home", progress=False) as aml:
        list(durable_story.tell(aml, folder, "whole"))
    return made(folder / "home", "whole")


def made(home: Path, name: str) -> tuple[bytes, bytes]:
    """The bytes of one story's weights and of its predictions."""
    weights = home / f"models/ml-{name}/weights.npz"
    return weights.read_bytes(), (home / f"s3/staging/out/batch-prediction/result/bp-{name}-{name}.csv.gz").read_bytes()


def start(folder: Path, name: str, most: int = 1_000) -> subprocess.Popen[str]:
    """A process that tells stories."""
    command = [sys.executable, durable_story.__file__, str(folder / "home"), str(folder), name, str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def acknowledged(process: subprocess.Popen[str]) -> list[str]:
    """The ids it had printed when it ended."""
    assert process.stdout is not None
    return [line.strip() for line in process.stdout if line.endswith("\n")]


def kill_after(process: subprocess.Popen[str], seconds: float) -> list[str]:
    """What *process* had acknowledged when it was killed, some time after its first word."""
    assert process.stdout is not None
    first = process.stdout.readline().strip()
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    with process:
        return [first, *acknowledged(process)]


def found(aml: Client, id: str) -> Entity:
    """The entity with *id*, of whatever kind."""
    collections: dict[str, Any] = {
        "ds": aml.datasources,
        "ml": aml.models,
        "bp": aml.batch_predictions,
        "ev": aml.evaluations,
    }
    entity: Entity = collections[id[:2]].get(id)
    return entity


def statuses(aml: Client, ids: list[str]) -> set[str]:
    """How those with *ids* ended."""
    return {entity.status for entity in amlwrap.wait_all(*(found(aml, told) for told in ids))}


def everything(aml: Client) -> list[Entity]:
    """All there is."""
    return [*aml.datasources, *aml.models, *aml.evaluations, *aml.batch_predictions]


def unfinished(home: Path) -> list[Path]:
    """What only exists while something is written."""
    return [path for path in home.rglob("*") if path.name.startswith(".")]


def check_manifests(home: Path) -> None:
    """Wherever there is a manifest, its results are there, and whole."""
    for path in home.glob("s3/staging/out/batch-prediction/*.manifest"):
        for uri in Manifest.parse(path.read_bytes()).results.values():
            lines = gzip.decompress((home / "s3" / uri.removeprefix("s3://")).read_bytes()).count(b"\n")
            assert durable_story.table().count(b"\n") == lines


def check_completed(folder: Path, ids: list[str], unbroken: tuple[bytes, bytes]) -> None:
    """Everything acknowledged completes, and is what it would have been without interruption."""
    with amlwrap.connect(f"local:{folder}/home", progress=False) as aml:
        assert {"COMPLETED"} == statuses(aml, ids)
        amlwrap.wait_all(*everything(aml))  # what was recorded and could not be acknowledged any more runs too
        check_manifests(folder / "home")
        assert [] == unfinished(folder / "home")
    for name in (told.removeprefix("bp-") for told in ids if told.startswith("bp-")):
        assert unbroken == made(folder / "home", name)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment(tmp_path: Path, seed: int, unbroken: tuple[bytes, bytes]) -> None:
    """Every acknowledged entity is there and completes with the bits of an unbroken run; nothing half made stays."""
    chance, ids = random.Random(seed), list[str]()
    for run in range(KILLS):
        ids += kill_after(start(tmp_path, f"{run}"), chance.uniform(0, 0.7))
        check_manifests(tmp_path / "home")

    assert KILLS <= len(ids)
    check_completed(tmp_path, ids, unbroken)


def test_killed_hundreds_of_times(tmp_path: Path) -> None:
    """Wherever each of many processes is killed, the next finds everything acknowledged, and nothing half made."""
    command = [sys.executable, "-W", "ignore", killing.__file__, str(tmp_path), SEED, MANY_KILLS]
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, f"AMLWRAP_KILL_SEED={SEED}\n{done.stderr}"
    told = json.loads(done.stdout)

    assert int(MANY_KILLS) == sum(told["moments"].values())
    assert {"open", "create", "run_datasource", "run_model", "run_batch_prediction"} <= told["moments"].keys(), told
    assert 50 <= told["acknowledged"]


def test_two_processes_share_a_folder(tmp_path: Path, unbroken: tuple[bytes, bytes]) -> None:
    """Each does the other's jobs too; none is lost and none has two results."""
    processes = [start(tmp_path, name, most=4) for name in "ab"]
    ids: list[str] = []
    for process in processes:
        with process:
            ids += acknowledged(process)
        assert 0 == process.returncode

    assert 2 * 4 * 4 == len(ids)
    check_completed(tmp_path, ids, unbroken)


def test_two_processes_hammer_one_folder(tmp_path: Path) -> None:
    """Nothing is refused, lost or done twice while two processes create, tag, delete and run as fast as they can."""
    home = tmp_path / "home"
    for kind in killing.TYPES:
        Folder(home / "s3").put_bytes(f"s3://data/{kind}.csv", killing.rows(kind))
    Folder(home / "s3").make_bucket("out")
    command = [sys.executable, hammering.__file__, str(home)]
    root = str(Path(__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
    both = [subprocess.Popen([*command, name, "12"], stdout=subprocess.PIPE, text=True, env=env) for name in "xy"]
    lines = [line.split() for process in both for line in process.communicate()[0].splitlines()]
    assert [0, 0] == [process.returncode for process in both]

    told = {word: [line[-1] for line in lines if line[0] == word] for word in {line[0] for line in lines}}
    assert 2 * 12 * 4 == len(told["acknowledged"])
    with open_engine(home) as engine:
        engine.wait_until_idle()
        killing.check(engine, set(told["acknowledged"]), set(told["deleted"]))
        killing.check_folder(engine.home)
        for one in told["acknowledged"]:
            if one.startswith("ml-"):
                tags = killing.ask(engine, "DescribeTags", {"ResourceId": one, "ResourceType": "MLModel"})["Tags"]
                assert {"k1", "k2", "k3", "k4"} == {tag["Key"] for tag in tags}
                assert f"name of {one[3:]}" == killing.get(engine, one)["Name"]
            if not one.startswith("ev-"):
                assert "COMPLETED" == killing.get(engine, one)["Status"]
    done = [one for word, ids in told.items() if word.startswith("run_") and word.endswith("-done") for one in ids]
    assert len(done) == len(set(done))


def test_the_living_finish_what_the_dead_began(tmp_path: Path, unbroken: tuple[bytes, bytes]) -> None:
    """An engine that is open all the while takes over from one that was killed."""
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        ids = kill_after(start(tmp_path, "dead"), 0.1)
        assert {"COMPLETED"} == statuses(aml, ids)

    check_completed(tmp_path, ids, unbroken)
