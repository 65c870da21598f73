"""Listing, showing, waiting for and deleting resources."""

from __future__ import annotations

from pathlib import Path

import pytest

import amlwrap
from amlwrap._cli import entities, resources
from amlwrap.local import open_engine
from amlwrap.local.http import Listener, Server
from tests.cli.conftest import IDS, SCHEMA, Call, Done


def test_all_kinds_are_listed(call: Call, home: str) -> None:
    """A line each, aligned, with an exact time and how long ago that was."""
    done = call("ls", "--connect", home)

    header, *rows = done.out.splitlines()
    assert (0, "") == (done.code, done.err)
    assert ["ID", "KIND", "NAME", "STATUS", "CREATED", "AGE"] == header.split()
    assert list(IDS.values()) == [row.split()[0] for row in rows]
    assert all(
        row.index("COMPLETED") == header.index("STATUS") and row.rstrip().endswith(("now", "ago")) for row in rows
    )


@pytest.mark.parametrize("kind", IDS)
def test_one_kind_is_listed(call: Call, home: str, kind: str) -> None:
    """As JSON, one on each line."""
    done = call("ls", kind, "--connect", home, "--json")

    assert (IDS[kind], "COMPLETED", kind.rstrip("s")) == tuple(done.json[name] for name in ("id", "status", "kind"))
    assert done.json["created_at"].endswith("+00:00")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--name-prefix", "bank m"], ["ml-bank"]),
        (["--name-prefix", "bank", "--since", "1d", "--status", "completed"], list(IDS.values())),
        (["--status", "FAILED"], []),
        (["--status", "COMPLETED", "models"], ["ml-bank"]),
        (["--since", "2100-01-01"], []),
        (["--since", "1w", "--name-prefix", "bank m"], ["ml-bank"]),
        (["--since", "2020-01-01T12:00+02:00", "models", "evaluations"], ["ml-bank", "ev-bank"]),
    ],
)
def test_listings_are_narrowed(call: Call, home: str, filters: list[str], found: list[str]) -> None:
    """By several filters at once, though the service takes one."""
    assert found == [one["id"] for one in call("--connect", home, "ls", *filters, "--json").jsons]


def test_a_models_log_is_shown(call: Call, home: str) -> None:
    """Learners side by side, each report as JSON, or the log itself."""
    shown = call("log", "ml-bank", "--connect", home)
    assert (0, "") == (shown.code, shown.err)
    assert ["learner", "rate", "updates", "likelihood"] == shown.out.split()[:4]
    assert " kept\n" in shown.out

    rows = call("log", "ml-bank", "--json", "--connect", home).jsons
    assert [0.01, 0.1, 1.0, 10.0, 100.0] == [row["rate"] for row in rows[:5]]

    lines = call("log", "ml-bank", "--lines", "--connect", home).out.splitlines()
    assert any(line.endswith("INFO: Training complete.") for line in lines)


def test_nothing_is_a_sentence(call: Call, home: str) -> None:
    """On stderr, so that no script takes it for a result."""
    assert Done(0, "", "Nothing there.\n") == call("ls", "--connect", home, "--name-prefix", "none")


@pytest.mark.parametrize("id", IDS.values())
def test_a_resource_is_shown(call: Call, home: str, id: str) -> None:
    """Its kind is told by its id; fields and documents follow."""
    done = call("show", id, "--connect", home)

    assert 0 == done.code
    assert f"id{' ' * (done.out.index(id) - done.out.index('id ') - 2)}{id}" in done.out
    assert {"ds-bank": "CATEGORICAL", "ml-bank": "sgd.maxPasses = 10", "ev-bank": "auc = ", "bp-bank": "n_total"}[
        id
    ] in done.out


def test_a_resource_is_shown_to_programs(call: Call, home: str) -> None:
    """With documents as they are, not as text in text."""
    model = call("show", "ml-bank", "--connect", home, "--json").json
    evaluation = call("show", "ev-bank", "--connect", home, "--json").json
    data = call("show", "ds-bank", "--connect", home, "--json").json

    assert ("BINARY", "ds-bank", {}) == (model["type"], model["datasource_id"], model["tags"])
    assert {"groups", "assignments", "outputs"} == set(model["recipe"])
    assert "10" == model["parameters"]["sgd.maxPasses"]
    assert 0 <= evaluation["metrics"]["auc"] <= 1
    assert [[100, 0], [0, 100]] == evaluation["metrics"]["confusion"]["counts"]
    assert SCHEMA.to_dict() == data["schema"]


def test_names_control_no_terminal(call: Call, tmp_path: Path) -> None:
    """Whoever may name a resource may not draw on the screens of others."""
    with open_engine(tmp_path, workers=0) as engine, amlwrap.connect(engine.boto3_client()) as aml:
        aml.datasources.create("s3://staging/x", schema=SCHEMA, id="ds-1", name="evil\x1b]0;title\x07\x1b[31m")

    for arguments in (["ls"], ["show", "ds-1"]):
        assert "evil·]0;title··[31m" in call(*arguments, "--connect", f"local:{tmp_path}").out


def test_a_kind_can_be_told(call: Call, home: str) -> None:
    """Then no other is tried."""
    assert 0 == call("show", "ml-bank", "--kind", "model", "--connect", home).code
    assert 3 == call("show", "ml-bank", "--kind", "evaluation", "--connect", home).code


def test_an_id_of_any_form_is_found(call: Call, tmp_path: Path) -> None:
    """Kinds whose prefix it does not have are tried too; parts of data show which rows they are."""
    target = f"local:{tmp_path}"
    with open_engine(tmp_path, workers=0) as engine, amlwrap.connect(engine.boto3_client()) as aml:
        data = aml.datasources.create("s3://staging/x", schema=SCHEMA, id="anything")
        aml.models.create(data, id="untrained")
        rearrangement = amlwrap.Rearrangement.split(0.7)[0]
        aml.datasources.create("s3://staging/x", schema=SCHEMA, id="ml-part", rearrangement=rearrangement)

    assert "datasource" == call("show", "anything", "--connect", target, "--json").json["kind"]
    assert "rearrangement" in call("show", "ml-part", "--connect", target).out
    assert (
        "recipe" not in call("show", "untrained", "--connect", target, "--json").json
    )  # the service has yet to choose


def test_waiting_tells_each_as_it_ends(call: Call, home: str) -> None:
    """One line per resource on stdout, however often it was named; progress is on stderr."""
    done = call("wait", "ml-bank", "ev-bank", "ml-bank", "--connect", home)

    assert (0, ["ev-bank  COMPLETED", "ml-bank  COMPLETED"]) == (done.code, sorted(done.out.splitlines()))
    assert "COMPLETED" in done.err
    assert {"ml-bank"} == {one["id"] for one in call("wait", "ml-bank", "--connect", home, "--json").jsons}


def test_a_failed_job_is_exit_code_1(call: Call, tmp_path: Path) -> None:
    """The others are waited for all the same, and the reason is told."""
    target = f"local:{tmp_path}"
    with open_engine(tmp_path, workers=0) as engine, amlwrap.connect(engine.boto3_client()) as aml:
        aml.datasources.create("s3://staging/none", schema=SCHEMA, statistics=True, id="ds-none")
    (tmp_path / "s3" / "staging").mkdir()

    done = call("wait", "ds-none", "--connect", target)

    assert 1 == done.code
    assert done.out.startswith("ds-none  FAILED  ")
    assert "amlwrap: datasource 'ds-none' failed: " in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


def test_too_little_time_is_exit_code_4(call: Call, tmp_path: Path) -> None:
    """The sentence names the command that comes back."""
    with (
        open_engine(tmp_path, workers=0) as engine,
        Listener(port=0) as listener,
        Server(engine, listener).in_background() as url,
    ):
        with amlwrap.connect(url) as aml:
            aml.datasources.create("s3://staging/none", schema=SCHEMA, id="ds-slow")
        done = call("wait", "ds-slow", "--timeout", "0.05", "--connect", url)

    assert (4, "") == (done.code, done.out)
    assert done.err.endswith("was still PENDING after 0 s. Come back to it with: amlwrap wait ds-slow\n")


def test_an_interrupt_is_exit_code_130(call: Call, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no traceback."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(resources, "find", interrupted)

    assert Done(130, "", "\n") == call("wait", "ml-bank", "--connect", home)


def test_deleting_asks_or_is_told_yes(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked, nothing is deleted without --yes."""
    target = f"local:{tmp_path}"
    with amlwrap.connect(target, progress=False) as aml:
        for n in range(3):
            aml.datasources.create("s3://staging/x", schema=SCHEMA, id=f"ds-{n}", name="old")

    refused = call("rm", "ds-0", "--connect", target)
    assert (2, "") == (refused.code, refused.out)
    assert "say --yes" in refused.err

    done = call("rm", "ds-0", "ds-0", "--yes", "--connect", target)
    assert (0, "ds-0  DELETED\n") == (done.code, done.out)
    assert "DELETED" == call("rm", "ds-1", "-y", "--connect", target, "--json").json["status"]

    asked: list[str] = []

    def confirmed(question: str, **_: object) -> None:
        asked.append(question)

    monkeypatch.setattr(resources, "is_interactive", lambda: True)
    monkeypatch.setattr("click.confirm", confirmed)
    assert "datasource ds-2" in call("rm", "ds-2", "--connect", target).err
    assert ["Delete this for ever?"] == asked
    assert [] == call("ls", "--connect", target, "--json").jsons


def test_strangers_are_exit_code_3(call: Call, home: str) -> None:
    """Whatever kind they might be."""
    done = call("show", "nobody", "--connect", home)

    assert (3, "") == (done.code, done.out)
    assert "no resource of any kind has this id" in done.err


def test_ids_are_completed(home: str) -> None:
    """Those that begin so, with what they are; nobody there is no complaint."""
    from click.shell_completion import ShellComplete

    from amlwrap._cli.app import cli

    shell = ShellComplete(cli, {}, "amlwrap", "_AMLWRAP_COMPLETE")

    def offered(*arguments: str) -> list[str]:
        *before, last = arguments
        return [one.value for one in shell.get_completions(list(before), last)]

    assert ["ml-bank"] == offered("--connect", home, "show", "ml-")
    assert list(IDS.values()) == offered("--connect", home, "wait", "")
    assert ["bp-bank"] == offered("--connect", home, "labels", "b")
    assert [] == offered("--connect", home, "show", "nobody")
    assert [] == offered("--connect", "local:/nowhere", "show", "")
    assert ["datasource", "model", "evaluation", "batch-prediction"] == offered("show", "--kind", "")
    assert ["wait"] == offered("w")


def test_somebody_can_be_asked_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both to read the question and to answer it."""
    for stdin, stderr in [(True, True), (True, False), (False, True)]:
        monkeypatch.setattr("os.isatty", {0: stdin, 2: stderr}.__getitem__)
        assert (stdin and stderr) == entities.is_interactive()
