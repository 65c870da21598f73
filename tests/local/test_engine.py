from __future__ import annotations

import gc
import importlib.util
import random
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import amlwrap
from amlwrap import Polling
from amlwrap.exceptions import ConfigError, MissingExtraError
from amlwrap.local import Limits, open_engine
from amlwrap.local.kinds import Kind
from tests.local.conftest import checked_client
from tests.local.doubles import Gate, Recorder, all_kinds, datasource_request, model_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from amlwrap.local import Engine

PATIENCE = 30.0


@pytest.mark.parametrize("target", [None, "local:"])
def test_a_temporary_engine_leaves_nothing(target: str | None) -> None:
    """Without a folder the engine works in one of its own, which is gone at close."""
    with open_engine(target, stages=Recorder().stages) as engine:
        checked_client(engine).create_data_source_from_s3(**datasource_request())
        root = engine.home.root
        assert root.is_dir()

    assert not root.exists()
    engine.close()  # closing twice is no error


@pytest.mark.parametrize("spell", [str, Path, "local:{}".format], ids=["text", "path", "target"])
def test_a_folder_remembers(tmp_path: Path, spell: Callable[[Any], str | Path]) -> None:
    """What was created is there when the folder is opened again, however it is spelled."""
    target = spell(tmp_path / "new" / "home")
    with open_engine(target, workers=0, stages={}) as engine:
        checked_client(engine).create_data_source_from_s3(**datasource_request())

    with open_engine(target, workers=0, stages={}) as engine:
        assert "PENDING" == checked_client(engine).get_data_source(DataSourceId="ds-1")["Status"]

    assert (tmp_path / "new" / "home" / "state.sqlite").is_file()


def test_bytes_of_a_bucket_lie_in_its_folder(opened: Callable[..., Engine]) -> None:
    """HOME/s3/BUCKET/KEY holds the bytes of s3://BUCKET/KEY."""
    engine = opened()
    (engine.home.objects / "bucket").mkdir()

    engine.store.put_bytes("s3://bucket/a/b.csv", b"1\n")

    assert b"1\n" == (engine.home.root / "s3" / "bucket" / "a" / "b.csv").read_bytes()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An engine that could run no job is not opened, and says what to install."""
    find = importlib.util.find_spec

    def _without_polars(name: str) -> object:
        return None if name == "polars" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", _without_polars)

    with pytest.raises(MissingExtraError, match=r"amlwrap\[local\]"):
        open_engine(tmp_path / "home")

    assert not (tmp_path / "home").exists()


def test_a_closed_engine_says_so(opened: Callable[..., Engine]) -> None:
    """A client outlives its engine only to say that it is closed."""
    engine = opened()
    client = engine.boto3_client()
    engine.close()

    with pytest.raises(ConfigError, match="closed"):
        client.describe_ml_models()


def test_a_failed_opening_leaves_nothing_open(tmp_path: Path) -> None:
    """A folder with a broken state file can be opened once the file is gone."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "state.sqlite").write_bytes(b"x" * 5000)
    with pytest.raises(ConfigError):
        open_engine(home, stages={})
    assert [] == list((home / "locks").glob("*.lock"))

    (home / "state.sqlite").unlink()
    open_engine(home, stages={}).close()


def test_a_forgotten_engine_closes_itself() -> None:
    """An engine that nobody holds any more stops its threads and takes its folder away."""
    before = set(threading.enumerate())
    root = open_engine(stages={}).home.root
    gc.collect()

    assert not root.exists()
    assert set(threading.enumerate()) <= before


def test_a_client_keeps_its_engine(tmp_path: Path) -> None:
    """A boto3 client alone is enough to hold an engine open."""
    client = open_engine(tmp_path / "home", stages={}).boto3_client()
    gc.collect()

    assert [] == client.describe_ml_models()["Results"]


def test_a_limit_can_be_lifted(tmp_path: Path) -> None:
    """Limits are settings of an engine."""
    with open_engine(tmp_path, workers=0, stages={}, limits=Limits(tags=100)) as engine:
        client = checked_client(engine)
        client.create_data_source_from_s3(**datasource_request())
        resource = {"ResourceId": "ds-1", "ResourceType": "DataSource"}
        client.add_tags(Tags=[{"Key": f"k{n}"} for n in range(80)], **resource)

        assert 80 == len(client.describe_tags(**resource)["Tags"])


@pytest.mark.parametrize(("memory", "expected"), [("64 MB", 1), ("128 MB", 2), ("1 GB", 3)])
def test_little_memory_is_for_few_jobs(opened: Callable[..., Engine], memory: str, expected: int) -> None:
    """Each of the jobs that run at a time has what the least budget gives one."""
    before = _n_workers()
    opened(memory=memory, workers=None, stages=Recorder().stages)
    assert _n_workers() - before == expected


def _n_workers() -> int:
    return sum(thread.name == "amlwrap_work" for thread in threading.enumerate())


def test_closing_does_not_wait_for_a_stage_that_listens(opened: Callable[..., Engine]) -> None:
    """A stage that says its progress is stopped at once, and a chain waiting behind it is not begun."""
    gate = Gate()
    engine = opened(workers=2, stages=all_kinds(gate))
    client = checked_client(engine)
    client.create_data_source_from_s3(**datasource_request())
    client.create_ml_model(**model_request())
    assert gate.begun.acquire(timeout=PATIENCE)

    engine.close()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("amlwrap_")]


def test_opening_loads_no_numbers() -> None:
    """numpy, polars and scipy wait for the first job."""
    code = """
        import sys
        from amlwrap.local import open_engine
        with open_engine() as engine:
            engine.boto3_client().describe_ml_models()
            print(sorted({"numpy", "polars", "scipy", "boto3"} & sys.modules.keys()))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout


CREATOR = """
    import sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from tests.local.doubles import datasource_request, model_request
    from amlwrap.local import open_engine

    def stage(task):
        with task.home.publish(task.home.model(task.id)) as folder:
            for n in range(20):
                (folder / str(n)).write_text(task.id)
                task.progress(n / 20)
        return {}

    kinds = ("datasource", "model", "evaluation", "batch_prediction")
    client = open_engine(sys.argv[1], stages=dict.fromkeys(kinds, stage)).boto3_client()
    run = sys.argv[3]
    for n in range(1_000_000):
        client.create_data_source_from_s3(**datasource_request(f"ds-{run}-{n}"))
        client.create_ml_model(**model_request(f"ml-{run}-{n}", f"ds-{run}-{n}"))
        print(f"{run}-{n}", flush=True)
"""


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """After kill -9 every acknowledged entity is there, its job runs again, and no artefact is half made."""
    root, here = tmp_path / "home", Path(__file__).parents[2]
    chance, acknowledged = random.Random(7), list[str]()
    for run in range(4):
        command = [sys.executable, "-c", textwrap.dedent(CREATOR), str(root), str(here), str(run)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged += [process.stdout.readline().strip() for _ in range(chance.randrange(1, 12))]
            process.send_signal(signal.SIGKILL)
            acknowledged += process.stdout.read().split("\n")[:-1]

    with open_engine(root, workers=0, stages=Recorder({kind: {} for kind in Kind}).stages) as engine:
        client = checked_client(engine)
        assert [] == [path for path in engine.home.models.iterdir() if path.name.startswith(".")]
        assert {20} == {len(list(path.iterdir())) for path in engine.home.models.iterdir()}
        engine.run_until_idle()
        ended = {name: client.get_ml_model(MLModelId=f"ml-{name}")["Status"] for name in acknowledged}

    assert acknowledged
    assert dict.fromkeys(acknowledged, "COMPLETED") == ended


def test_who_waits_for_the_embedded_engine_is_woken() -> None:
    """The end of a job is noticed at once, however seldom one would look."""
    seldom = Polling(first_delay=600, max_delay=600)
    with amlwrap.connect("local:", progress=False, polling=seldom) as aml:
        data = aml.datasources.create(b"x,y\n1,0\n2,1\n", target="y")
        waiting = threading.Thread(target=data.wait, daemon=True)
        waiting.start()
        waiting.join(60)
        assert not waiting.is_alive()
