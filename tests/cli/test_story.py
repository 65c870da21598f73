"""The whole story in one command, and an account carried into an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

import amlwrap
from amlwrap import Recipe
from tests.cli.conftest import CSV, SCHEMA, Call, Done


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """Two hundred rows."""
    path = tmp_path / "bank.csv"
    path.write_bytes(CSV)
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Three rows without an answer."""
    path = tmp_path / "new.csv"
    path.write_bytes(b"age,job\n31,cook\n44,smith\n58,cook\n")
    return path


def test_a_run_reports(call: Call, train: Path) -> None:
    """On stdout; that its engine is gone is told beside it."""
    done = call("run", train, "--target", "y")

    assert (0, True) == (done.code, "How good is it?" in done.out)
    assert "--connect local:DIR would have kept it" in done.err


def test_a_run_predicts(call: Call, train: Path, new: Path, tmp_path: Path) -> None:
    """Into a file, the report on stdout; or on stdout, the report on stderr."""
    target, out = f"local:{tmp_path}/home", tmp_path / "labels.csv"
    filed = call("run", train, "--target", "y", "--predict", new, "-o", out, "--connect", target)
    shown = call("run", train, "--target", "y", "--predict", new, "--columns", "a,b", "--connect", target)

    assert (0, "ImageId,Label\n1,1\n2,0\n3,1\n", True) == (filed.code, out.read_text(), "How good is it?" in filed.out)
    assert f"3 predictions in {out}.\n" in filed.err
    assert ("a,b\n1,1\n2,0\n3,1\n", True) == (shown.out, "How good is it?" in shown.err)
    assert 2 == len(call("ls", "models", "--connect", target, "--json").jsons)


def test_a_run_is_json(call: Call, train: Path, new: Path, tmp_path: Path) -> None:
    """Ids of all that was made, metrics, and the report as text; the settings reach the model."""
    recipe = tmp_path / "recipe"
    recipe.write_text(Recipe.suggested(SCHEMA, 5).render())
    target = f"local:{tmp_path}/home"
    options = ["--recipe", recipe, "--passes", 3, "--l2", "1e-4", "--holdout", "0.25", "--seed", 7, "--name", "try"]
    done = call(
        "run", train, "--target", "y", "--predict", new, "-o", tmp_path / "o", *options, "--connect", target, "--json"
    ).json

    assert ("BINARY", 3, 1.0) == (done["type"], done["n_predicted"], done["metrics"]["auc"])
    assert "How good is it?" in done["report"]
    model = call("show", done["model"], "--connect", target, "--json").json
    assert ("3", Recipe.suggested(SCHEMA, 5)) == (
        model["parameters"]["sgd.maxPasses"],
        Recipe.parse(model["recipe"]),
    )
    assert "try (test 25%)" == call("show", done["test_data"], "--connect", target, "--json").json["name"]


def test_labels_need_a_folder_before_anything_is_learned(call: Call, train: Path, new: Path, tmp_path: Path) -> None:
    """What was learned would be gone by the time they cannot be written."""
    done = call("run", train, "--target", "y", "--predict", new, "--output", tmp_path / "no" / "labels.csv")

    assert (2, True) == (done.code, "there is no folder" in done.err)
    assert "COMPLETED" not in done.err


def test_numbers_are_predicted_as_numbers(call: Call, tmp_path: Path) -> None:
    """A number each; an empty field where there is none."""
    train, new = tmp_path / "ages.csv", tmp_path / "new.csv"
    train.write_text(
        "age,job,y\n" + "".join(f"{20 + n / 4},{'cook' if n % 3 else 'smith'},{n % 2}\n" for n in range(200))
    )
    new.write_text("job,y\ncook,1\nsmith\n")
    out = tmp_path / "out.csv"

    for options in (["-o", out], []):
        done = call("run", train, "--target", "age", "--predict", new, *options)
        header, first, second = (out.read_text() if options else done.out).splitlines()
        assert (0, "ImageId,Label", "2,") == (done.code, header, second)
        assert 20 < float(first.partition(",")[2]) < 70


def test_an_account_moves_into_an_engine(call: Call, home: str, tmp_path: Path) -> None:
    """Exported with its data it stands again, and its model has been trained again when the command ends."""
    folder, target = tmp_path / "all", f"local:{tmp_path}/new"
    out = call("export", folder, "--data", "--rate", "1000", "--connect", home)
    back = call("import", folder, "--connect", target)

    assert (0, True) == (out.code, "Everything that was asked for is there" in out.out)
    assert (0, True) == (back.code, "ml-bank" in back.out)
    assert "COMPLETED" == call("show", "ml-bank", "--connect", target, "--json").json["status"]
    with amlwrap.connect(target, progress=False) as aml:
        assert aml.models.get("ml-bank").predict_batch(b"age,job\n31,cook\n").wait().labels().to_numpy().tolist() == [
            "1"
        ]


def test_moving_is_told_to_programs(call: Call, home: str, tmp_path: Path) -> None:
    """The same numbers as fields."""
    done = call(
        "export", tmp_path / "all", "--no-predictions", "--no-logs", "--rate", 1000, "--connect", home, "--json"
    )
    back = call("import", tmp_path / "all", "--no-retrain", "--connect", f"local:{tmp_path}/new", "--json")

    assert {"datasource": 1, "model": 1, "evaluation": 1, "batch_prediction": 1} == done.json["counts"]
    assert done.json["counts"] == back.json["counts"]


def test_importing_needs_an_engine(call: Call, home: str, tmp_path: Path) -> None:
    """The service takes nothing in."""
    assert Done(2, "", "") != (done := call("import", tmp_path, "--connect", "http://127.0.0.1:1"))
    assert (2, True) == (done.code, "the embedded engine" in done.err)
