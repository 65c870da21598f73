"""Every command once on a terminal, as a person sees it, and once through a pipe, as a program does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import amlwrap
from amlwrap.local import open_engine
from tests.cli.conftest import CSV, SAMPLES, SCHEMA, Done, command, environment, on_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals are devices on POSIX")

BANKING = SAMPLES / "banking.csv"
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def through_pipes(*arguments: object) -> Done:
    """A command whose streams are pipes."""
    done = subprocess.run(
        command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(), check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A schema, a recipe, a result, data."""
    folder = tmp_path_factory.mktemp("files")
    schema = amlwrap.Schema.infer(BANKING, target="y", row_id="customer")
    (folder / "schema").write_text(schema.render())
    (folder / "recipe").write_text(amlwrap.Recipe.suggested(schema).render())
    (folder / "result.csv").write_text("tag,cat,dog\na7,9.1E-1,9E-2\n")
    (folder / "train.csv").write_bytes(CSV)
    return folder


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("ls --connect HOME", "bank evaluation"),
        ("show ml-bank --connect HOME", "sgd.maxPasses = 10"),
        ("log ml-bank --connect HOME --lines", "Training complete."),
        ("wait ml-bank --connect HOME", "ml-bank  COMPLETED"),
        ("labels FILES/result.csv", "a7,cat"),
        ("schema infer BANKING --target y", "nothing but 'no' (754)"),
        ("schema check FILES/schema", "customer  CATEGORICAL  row id"),
        ("recipe suggest --schema FILES/schema", "quantile_bin(NUMERIC_VARS_QB_10,10)"),
        ("recipe check FILES/recipe --schema FILES/schema", "quantile_bin(age,10)"),
        ("recipe fmt FILES/recipe", '"assignments" : { }'),
        ("run FILES/train.csv --target y", "How good is it?"),
        ("export FOLDER --connect HOME --rate 1000", "Everything that was asked for is there"),
        ("completion bash", "complete -o nosort -F _amlwrap_completion amlwrap"),
    ],
)
def test_terminals_and_pipes_are_told_the_same(line: str, shown: str, home: str, files: Path, tmp_path: Path) -> None:
    """In colours and as wide as the terminal there, plain here; the exit code is 0 both times."""
    words = [
        word.replace("HOME", home).replace("FILES", str(files)).replace("BANKING", str(BANKING))
        for word in line.split()
    ]
    seen = on_terminal(*(word.replace("FOLDER", str(tmp_path / "a")) for word in words), columns=110)
    piped = through_pipes(*(word.replace("FOLDER", str(tmp_path / "b")) for word in words))

    assert (0, 0) == (seen.code, piped.code)
    assert shown in ESCAPE.sub("", seen.out)
    assert shown in piped.out + piped.err
    assert "\x1b" not in piped.out + piped.err


def test_statuses_are_coloured_on_a_terminal(home: str) -> None:
    """Unless their reader asked for none."""
    assert "\x1b[32mCOMPLETED\x1b[0m" in on_terminal("ls", "--connect", home).out
    assert "\x1b" not in on_terminal("ls", "--connect", home, NO_COLOR="1").out


@pytest.mark.parametrize("columns", [60, 80, 100, 140])
def test_a_table_fits_its_terminal(columns: int, tmp_path: Path) -> None:
    """Long names give way, as far as they can; nothing else is cut."""
    target = f"local:{tmp_path}"
    with open_engine(tmp_path, workers=0) as engine, amlwrap.connect(engine.boto3_client()) as aml:
        aml.datasources.create("s3://staging/x", schema=SCHEMA, id="ds-1", name="a long name, " * 20 + "東京\x1b[31m")

    header, row = ESCAPE.sub("", on_terminal("ls", "--connect", target, columns=columns).out).splitlines()

    assert len(row) <= max(columns, 75)
    assert row.startswith("ds-1  datasource  a lon")
    assert "…" in row
    assert "\x1b[31m" not in row
    assert row.index("PENDING") == header.index("STATUS")


def test_progress_is_a_bar_on_a_terminal(files: Path) -> None:
    """One line, written over and over; the report follows."""
    shown = on_terminal("run", files / "train.csv", "--target", "y").out

    assert re.search(r"\r\d of 5 jobs .*\|[#.]{24}\|", shown)
    assert shown.rindex("of 5 jobs") < shown.index("How good is it?")


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 130, 2), ("", 130, 2)])
def test_deleting_asks_on_a_terminal(answer: str, code: int, left: int, tmp_path: Path) -> None:
    """What is to go is named; anything but yes keeps it."""
    target = f"local:{tmp_path}"
    with amlwrap.connect(target, progress=False) as aml:
        for n in (1, 2):
            aml.datasources.create("s3://staging/x", schema=SCHEMA, id=f"ds-{n}", name="old")

    done = on_terminal("rm", "ds-1", "ds-2", "--connect", target, answers=[answer])

    assert code == done.code
    assert "datasource ds-2" in done.out
    assert "Delete these 2 for ever? [y/N]: " in done.out
    with amlwrap.connect(target, progress=False) as aml:
        assert left == aml.datasources.list().count()


def test_an_account_is_imported_on_a_terminal(home: str, tmp_path: Path) -> None:
    """What stands again is told."""
    with amlwrap.connect(home, progress=False) as aml:
        amlwrap.export(aml, tmp_path / "all", rate=None)

    done = on_terminal("import", tmp_path / "all", "--connect", f"local:{tmp_path}/new")

    assert (0, True) == (done.code, "restored 1 datasource, 1 model" in done.out)


def test_a_server_on_a_terminal_ends_at_an_interrupt(tmp_path: Path) -> None:
    """In order, with exit code 0."""
    arguments = command("serve", "--home", tmp_path, "--port", 0)
    ours, theirs = os.openpty()
    with subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment()) as process:
        os.close(theirs)
        shown = b""
        while b"Ctrl-C ends it." not in shown:
            shown += os.read(ours, 1024)
        process.send_signal(signal.SIGINT)
        try:
            assert 0 == process.wait(60)
        finally:
            process.kill()
    os.close(ours)
    assert re.match(rb"http://127\.0\.0\.1:\d+\r\n", shown)


def test_every_command_is_tried_here() -> None:
    """So that none is forgotten."""
    from amlwrap._cli.app import cli

    source = Path(__file__).read_text(encoding="utf-8")
    assert [] == [name for name in cli.commands if not re.search(rf'[("]{name}[ "]', source)]
