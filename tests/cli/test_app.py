"""Options, errors and exit codes that all commands share."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap._cli import output, session
from amlwrap._cli.app import cli
from amlwrap.local import open_engine
from tests.cli.conftest import Call, Done, command, environment


def commands() -> list[list[str]]:
    """Every command there is."""
    groups: dict[str, list[str]] = {"schema": ["infer", "check"], "recipe": ["suggest", "check", "fmt"]}
    nested = [[name, one] for name, inner in groups.items() for one in inner]
    return [[], *([name] for name in cli.commands), *nested]


@pytest.mark.parametrize("path", commands(), ids=str)
def test_every_command_has_help_with_examples(call: Call, path: list[str]) -> None:
    """Those that only hold others name these."""
    done = call(*path, "--help")

    assert (0, "") == (done.code, done.err)
    assert "Usage: amlwrap" in done.out
    assert "Examples:\n" in done.out or path in (["schema"], ["recipe"])


def test_the_version_is_told(call: Call) -> None:
    """As the package has it."""
    assert f"amlwrap, version {amlwrap.__version__}\n" == call("--version").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lst"], "No such command 'lst'"),
        (["ls", "modelss"], "'modelss' is not one of"),
        (["ls", "--since", "soon"], "'soon' is no moment"),
        (["show"], "Missing argument"),
        (["ls", "--connect", "ftp://x"], "target: expected"),
        (["ls", "--connect", "local:/nowhere/at/all"], "amlwrap run and amlwrap serve do"),
        (["ls"], "region: expected an AWS region"),
        (["labels", "x.csv", "--columns", "one"], "is not two names"),
        (["labels", "nowhere.csv"], "nowhere.csv"),
        (["schema", "check", "nowhere.json"], "nowhere.json: expected a file that can be read"),
        (["schema", "infer", "nowhere.csv", "--type", "y"], "not of the form COLUMN=TYPE"),
        (["run", "nowhere.csv", "--target", "y", "-o", "x.csv"], "say with --predict"),
        (["run", "nowhere.csv", "--target", "y", "--predict", "x.csv", "--json"], "say --output"),
        (["serve", "--host", "203.0.113.9", "--port", "0"], "a place of this machine"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_exit_code_2(call: Call, arguments: list[str], said: str) -> None:
    """One sentence on stderr, nothing on stdout."""
    done = call(*arguments)

    assert (2, "") == (done.code, done.out)
    assert said in done.err
    assert "Traceback" not in done.err


def _nothing(*_: Any, **__: Any) -> None:
    pass


def test_nobody_there_is_exit_code_3(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service, or the way to it."""
    monkeypatch.setattr("amlwrap._calls.SystemClock.sleep", _nothing)

    done = call("ls", "--connect", "http://127.0.0.1:1")

    assert (3, "") == (done.code, done.out)
    assert "got no answer from http://127.0.0.1:1" in done.err


def test_debug_shows_where(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """By option anywhere, or by the environment."""
    assert "Traceback" in call("ls", "--debug").err
    assert "Traceback" in call("--debug", "ls").err
    monkeypatch.setenv("AMLWRAP_DEBUG", "1")
    assert "Traceback" in call("ls").err


def test_a_bug_is_told_as_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a code of its own."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(session.Session, "connect", broken)

    assert (70, "amlwrap: RuntimeError: oh. This is a bug of amlwrap; --debug shows where.\n") == (
        (done := call("ls")).code,
        done.err,
    )


def test_the_target_comes_from_the_environment(call: Call, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless an option says otherwise; the last one wins."""
    monkeypatch.setenv("AMLWRAP_TARGET", home)
    assert 4 == len(call("ls", "--json").jsons)
    assert 2 == call("ls", "--connect", "local:/nowhere").code
    assert 0 == call("--connect", "local:/nowhere", "ls", "--connect", home).code

    monkeypatch.setenv("AMLWRAP_TARGET", "local:/nowhere")
    assert 4 == len(call("--json", "--connect", home, "ls").jsons)
    assert "region" in call("ls", "--connect", "aws").err


def test_looking_runs_nothing(call: Call, tmp_path: Path) -> None:
    """Jobs that wait in a folder go on waiting; an engine without one starts empty."""
    with open_engine(tmp_path, workers=0) as engine, amlwrap.connect(engine.boto3_client()) as aml:
        aml.datasources.create("s3://x/y", schema=amlwrap.Schema({"y": "BINARY"}, target="y"))

    for _ in range(2):
        assert "PENDING" == call("ls", "--connect", f"local:{tmp_path}", "--json").json["status"]
    assert "Nothing there.\n" == call("ls", "--connect", "local:").err


def test_without_click_the_error_says_what_to_install(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, as usage."""
    monkeypatch.setattr("importlib.util.find_spec", dict[str, object]().get)

    done = call("ls")

    assert (2, "") == (done.code, done.out)
    assert "amlwrap: the command line needs packages that are not installed: pip install 'amlwrap[cli]'.\n" == done.err


def test_a_module_is_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``python -m amlwrap`` too; imported, it does nothing."""
    monkeypatch.setattr("sys.argv", ["amlwrap", "--version"])
    runpy.run_module("amlwrap.__main__")
    assert "" == capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("amlwrap", run_name="__main__")

    assert (0, f"amlwrap, version {amlwrap.__version__}\n") == (ended.value.code, capsys.readouterr().out)


def test_a_pipe_that_closes_is_exit_code_141(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said, and what is left to be written goes nowhere."""

    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    led: list[int] = []
    monkeypatch.setattr(session.Session, "connect", closed)

    def lead(_nowhere: int, stdout: int) -> None:
        led.append(stdout)

    monkeypatch.setattr("os.dup2", lead)

    assert Done(141, "", "") == call("ls")
    assert [sys.stdout.fileno()] == led


def test_a_closed_pipe_is_quiet(home: str) -> None:
    """Who has read enough, as head has, hears nothing more."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        command("ls", "--connect", home), stdout=write, stderr=subprocess.PIPE, env=environment(), check=False
    )
    os.close(write)

    assert (141, b"") == (done.returncode, done.stderr)


def test_help_loads_no_engine() -> None:
    """Nor boto3 or numpy: a question about options is answered at once."""
    program = "import sys; from amlwrap._cli import main; main(['ls', '--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set() == {"boto3", "botocore", "numpy", "polars", "sqlite3", "starlette"} & set(done.stderr.split())


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_take_them(
    terminal: bool, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for people who have not said no."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)

    assert coloured == output._is_coloured(sys.stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(call: Call, shell: str) -> None:
    """They ask amlwrap itself what there is."""
    done = call("completion", shell)

    assert (0, "") == (done.code, done.err)
    assert f"_AMLWRAP_COMPLETE={shell}_complete" in done.out
