"""The examples of the pages and of the help: they run, or are at least what the command line takes."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from amlwrap._cli.app import cli
from tests.cli.conftest import ROOT, SAMPLES, Call

PAGE = ROOT / "docs" / "command-line.md"


def test_the_page_runs_from_top_to_bottom(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of the page exits with 0; of a pipeline, its first command."""
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    (tmp_path / "bp-0123456789a-test.csv.gz").write_text("tag,cat,dog\na7,9.1E-1,9E-2\n")
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^\$ amlwrap (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(lines) > 5
    for line in lines:
        done = call(*shlex.split(re.split(r"[|>]", line)[0]))
        assert 0 == done.code, (line, done)


def test_the_page_names_every_command_and_no_other() -> None:
    """Groups by what they hold."""
    told = re.findall(r"^\| `amlwrap ([a-z]+)(?: ([a-z]+))?", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    known = {(name, inner) for name, command in cli.commands.items() for inner in getattr(command, "commands", [""])}
    assert known == {tuple(names) for names in told}


def examples() -> list[str]:
    """What help shows."""
    held = [inner for command in cli.commands.values() for inner in getattr(command, "commands", {}).values()]
    epilogs = [command.epilog or "" for command in [cli, *cli.commands.values(), *held]]
    return [line.strip() for text in epilogs for line in text.splitlines() if re.match(r"  (.* )?amlwrap ", line)]


@pytest.mark.parametrize("line", examples())
def test_help_shows_what_can_be_typed(line: str) -> None:
    """Commands and options that there are."""
    for piece in re.findall(r"amlwrap ([^|>]*)", line):
        words = shlex.split(piece.rpartition("xargs amlwrap ")[2])
        command: click.Command = cli
        context = click.Context(cli)
        while words:
            if isinstance(command, click.Group) and words[0] in command.commands:
                command = command.commands[words.pop(0)]
                context = click.Context(command, parent=context)
            elif isinstance(command, click.Group):
                del words[:2]  # an option of the whole, and its value
            else:
                command.make_parser(context).parse_args(list(words))
                break
        assert not isinstance(command, click.Group)
