"""Schemas, recipes and labels: all that needs files alone."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import amlwrap
from amlwrap import Recipe, Schema
from tests.cli.conftest import SAMPLES, SCHEMA, Call

BANKING = SAMPLES / "banking.csv"
RESULT = "tag,trueLabel,cat,dog\na7,cat,9.1E-1,9E-2\n\na9,cat,2.5E-1,7.5E-1\n"


@pytest.fixture
def schema_file(tmp_path: Path) -> Path:
    """Of the sample."""
    path = tmp_path / "banking.csv.schema"
    path.write_text(Schema.infer(BANKING, target="y", row_id="customer").render())
    return path


def test_a_schema_is_guessed(call: Call) -> None:
    """The document is on stdout, why it is as it is on stderr."""
    done = call("schema", "infer", BANKING, "--target", "y", "--row-id", "customer", "--type", "calls=categorical")

    expected = Schema.infer(BANKING, target="y", row_id="customer", types={"calls": "CATEGORICAL"})
    assert (0, expected.render(indent=2) + "\n", expected.describe() + "\n") == (done.code, done.out, done.err)
    assert 1 == len(call("schema", "infer", BANKING, "--exclude", "note", "--json").out.splitlines())


def test_data_and_documents_come_from_stdin_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of any tool in a pipe."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BANKING.read_bytes())))
    assert "y" == call("schema", "infer", "-", "--target", "y", "--json").json["targetAttributeName"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SCHEMA.render().encode())))
    assert call("schema", "check", "-").out.startswith("name  type")


def test_a_schema_is_checked(call: Call, schema_file: Path) -> None:
    """Alone, and against data with or without the target."""
    assert Schema.parse(schema_file.read_text()).describe() + "\n" == call("schema", "check", schema_file).out
    for data in (BANKING, SAMPLES / "banking-new.csv"):
        done = call("schema", "check", schema_file, "--data", data, "--json")
        assert {"valid": True, "model_type": "BINARY", "n_attributes": 8, "doubts": []} == done.json


def test_what_data_speaks_against_is_told(call: Call, tmp_path: Path) -> None:
    """A type that looks wrong is a doubt, a column that is not there an error."""
    path = tmp_path / "s"
    path.write_text(Schema({"age": "NUMERIC", "job": "NUMERIC", "y": "BINARY"}, target="y").render())
    data = tmp_path / "d.csv"
    data.write_text("age,job,y\n" + "31,cook,1\n44,smith,0\n" * 20)

    doubted = call("schema", "check", path, "--data", data)
    assert (0, True) == (doubted.code, "job: NUMERIC in the schema; the data looks CATEGORICAL" in doubted.err)

    data.write_text("age,work,y\n" + "31,cook,1\n44,smith,0\n" * 20)
    renamed = call("schema", "check", path, "--data", data)
    assert (2, True) == (renamed.code, "column 2: expected 'job', as the schema has, found 'work'" in renamed.err)
    data.write_text("age,y,job,more\n" + "31,1,cook,1\n44,0,smith,1\n" * 20)
    assert "expected 3 columns, as the schema has, found 4" in call("schema", "check", path, "--data", data).err


def test_a_schema_that_is_none_is_exit_code_2(call: Call, tmp_path: Path) -> None:
    """Whether no JSON or no text at all."""
    path = tmp_path / "s"
    path.write_text('{"version": "1.0"}')
    assert (2, True) == ((done := call("schema", "check", path)).code, "attributes" in done.err)
    path.write_bytes(b"\xff\xfe")
    assert (2, True) == ((done := call("schema", "check", path)).code, "byte 0: expected UTF-8 text" in done.err)


def test_data_in_the_place_of_a_schema_is_told_apart(call: Call) -> None:
    """Wherever a schema is asked for; the command that makes one of data is named."""
    for words in (("schema", "check", BANKING), ("recipe", "suggest", "--schema", BANKING)):
        done = call(*words)
        assert (2, True) == (done.code, "line 1: expected the JSON of a schema, found 'customer," in done.err)
        assert f"amlwrap schema infer {BANKING}" in done.err


def test_another_separator_is_noted(call: Call, tmp_path: Path) -> None:
    """Where all of a line would be one column; its schema is written all the same."""
    path = tmp_path / "d.csv"
    path.write_text("age;job\n31;cook\n44;smith\n")
    done = call("schema", "infer", path)
    assert (0, True) == (done.code, "line 1 has none, but semicolons" in done.err)


def test_a_recipe_is_suggested_checked_and_laid_out(call: Call, schema_file: Path, tmp_path: Path) -> None:
    """From a schema alone, as the service would; fmt gives back what suggest made."""
    suggested = call("recipe", "suggest", "--schema", schema_file, "--bins", "20")
    path = tmp_path / "r"
    path.write_text(suggested.out)

    assert Recipe.suggested(Schema.parse(schema_file.read_text()), 20).render(indent=2) + "\n" == suggested.out
    assert suggested.out == call("recipe", "fmt", path).out
    assert Recipe.parse(suggested.out) == Recipe.parse(call("recipe", "fmt", path, "--json").out)
    checked = call("recipe", "check", path, "--schema", schema_file)
    assert (0, True) == (checked.code, "quantile_bin(age,20)" in checked.out.splitlines())
    assert 6 == call("recipe", "check", path, "--schema", schema_file, "--json").json["n_outputs"]


def test_a_recipe_that_does_not_fit_is_exit_code_2(call: Call, schema_file: Path, tmp_path: Path) -> None:
    """It says what was meant, perhaps."""
    path = tmp_path / "r"
    path.write_text(json.dumps({"outputs": ["balence"]}))

    done = call("recipe", "check", path, "--schema", schema_file)

    assert (2, "") == (done.code, done.out)
    assert "Did you mean 'balance'?" in done.err


def test_labels_of_a_file_need_nothing_else(call: Call, tmp_path: Path) -> None:
    """A row each; what could not be predicted has none, and is counted on stderr."""
    path = tmp_path / "result.csv"
    path.write_text(RESULT)

    done = call("labels", path)
    assert (0, "ImageId,Label\na7,cat\n3,\na9,dog\n".replace("3,", ",")) == (done.code, done.out)
    assert "1 of 3 rows could not be predicted and have no label.\n" == done.err

    other = call("labels", path, "-o", tmp_path / "out.csv", "--columns", "id,animal")
    assert ("", "id,animal\na7,cat\n,\na9,dog\n") == (other.out, (tmp_path / "out.csv").read_text())
    assert "3 labels in " in other.err


def test_labels_are_json_too(call: Call, tmp_path: Path) -> None:
    """With scores; null where there is none."""
    path = tmp_path / "result.csv"
    path.write_text(RESULT)

    rows = call("labels", path, "--json").jsons

    assert [("a7", "cat", 0.91), (None, None)] == [tuple(rows[0].values()), (rows[1]["label"], rows[1]["score"])]


def test_labels_of_a_batch_are_its_labels(call: Call, home: str) -> None:
    """By id, or by where its manifest is; with a threshold of one's own."""
    with amlwrap.connect(home, progress=False) as aml:
        batch = aml.batch_predictions.get("bp-bank")
        manifest, expected = batch.manifest_uri, batch.labels().to_numpy().tolist()

    by_id = call("labels", "bp-bank", "--connect", home)
    assert expected == [line.partition(",")[2] for line in by_id.out.splitlines()[1:]]
    assert by_id.out == call("labels", manifest, "--connect", home).out
    assert {"1"} == {
        one["label"] for one in call("labels", "bp-bank", "--threshold", "0", "--connect", home, "--json").jsons
    }


def test_labels_in_s3_are_looked_for_there(call: Call) -> None:
    """Where nobody named an engine; here without credentials."""
    done = call("labels", "s3://bucket/x.csv")

    assert (2, True) == (done.code, "credentials" in done.err)
