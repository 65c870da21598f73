"""Points of docs/fidelity.md that no test of a single part shows: one test each, on an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import amlwrap
from amlwrap import Client, Model, Rearrangement, Schema
from amlwrap.exceptions import JobFailedError
from amlwrap.local.ingest.builders import BinaryBuilder, NumericBuilder

Place = Callable[[str, str], str]


@pytest.fixture
def aml(tmp_path: Path) -> Iterator[Client]:
    """A client of an engine of its own."""
    with amlwrap.connect(f"local:{tmp_path / 'home'}", progress=False) as client:
        yield client


@pytest.fixture
def place(aml: Client, tmp_path: Path) -> Place:
    """Put text where the engine finds it under a URI, in a bucket called ``data``."""

    def put(key: str, text: str) -> str:
        path = tmp_path / "home" / "s3" / "data" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return f"s3://data/{key}"

    return put


def log_of(model: Model) -> str:
    """The log of the model's training."""
    assert model.log_uri is not None
    return Path(model.log_uri.removeprefix("file://")).read_text()


def test_tags_are_not_copied(aml: Client, place: Place) -> None:
    """A model made from a tagged datasource has no tags."""
    rows = "\n".join(f"{number % 7},{number % 2}" for number in range(60))
    data = aml.datasources.create(place("tagged.csv", f"age,y\n{rows}\n"), target="y")
    aml.boto.add_tags(ResourceId=data.id, ResourceType="DataSource", Tags=[{"Key": "team", "Value": "shop"}])

    model = aml.models.create(data)

    assert {"team": "shop"} == dict(data.tags)
    assert {} == dict(model.tags)


@pytest.mark.parametrize(
    ("text", "number"),
    [("-12", -12.0), ("+1", 1.0), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001), (" 7\t", 7.0), ("1E+2", 100.0)],
)
def test_what_a_number_is(text: str, number: float) -> None:
    """A finite decimal with sign and exponent; special values, separators and other bases and scripts are invalid."""
    unfit = ["NaN", "inf", "-Infinity", "1,000", "1_000", "0x10", "1e400", "one", "١"]
    builder = NumericBuilder()
    builder.dtype = pl.String
    builder.add(pl.Series([text, *unfit, ""]))

    column = builder.finish()

    assert number == column.values[0]
    assert column.missing is not None
    assert column.invalid is not None
    assert [False, *(True for _ in unfit), True] == column.missing.tolist()
    assert [False, *(True for _ in unfit), False] == column.invalid.tolist()


def test_binary_spellings() -> None:
    """Five words for no and five for yes, in any case, with blanks around them; nothing else."""
    words = ["0", "n", "NO", " f ", "False", "1", "Y", "yes", "T\t", "true", "", "2", "ja"]
    builder = BinaryBuilder()
    builder.add(pl.Series(words))

    column = builder.finish()

    assert [0] * 5 + [1] * 5 + [-1] * 3 == column.values.tolist()
    assert column.invalid is not None
    assert ["2", "ja"] == [word for word, unfit in zip(words, column.invalid, strict=True) if unfit]


def test_categories_keep_their_blanks(aml: Client, place: Place) -> None:
    """A class with a blank before it is another class."""
    rows = "\n".join(["1, red", "2,red"] * 30)
    schema = Schema({"size": "NUMERIC", "colour": "CATEGORICAL"}, target="colour")
    data = aml.datasources.create(place("colours.csv", f"size,colour\n{rows}\n"), schema=schema)

    batch = aml.models.create(data).predict_batch(data).wait()

    assert (" red", "red") == batch.probabilities().classes


def test_what_is_no_data_under_a_prefix(aml: Client, place: Place) -> None:
    """A folder's schema, a manifest and an empty file are not read; data files are, in the order of their keys."""
    place("folder/b.csv", "age,y\n2,1\n")
    place("folder/B.csv", "age,y\n1,0\n")
    place("folder/.schema", "{}")
    place("folder/bp-1.manifest", "{}")
    place("folder/empty.csv", "")
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")

    data = aml.datasources.create("s3://data/folder/", schema=schema).wait()

    assert 2 == data.n_files
    assert 20 == data.n_bytes


def test_rows_are_shuffled_once_by_a_fixed_seed(aml: Client, place: Place) -> None:
    """Rows sorted by their answer are learned when shuffled, and give another model when not; again, the same one."""
    rng = np.random.default_rng(0)
    ages = rng.normal(40, 10, 300).round(1)
    rows = "\n".join(sorted((f"{age},{int(age > 40)}" for age in ages.tolist()), key=lambda row: row[-1]))
    data = aml.datasources.create(place("sorted.csv", f"age,y\n{rows}\n"), target="y")
    models = [aml.models.create(data, shuffle=shuffle, passes=3) for shuffle in (True, True, False)]

    logs = [log_of(model.wait()) for model in models]
    first, again, unshuffled = ([line for line in log.splitlines() if "likelihood=" in line] for log in logs)

    assert [line[18:] for line in first] == [line[18:] for line in again]
    assert [line[18:] for line in first] != [line[18:] for line in unshuffled]


@pytest.mark.parametrize(
    ("location", "n_files"), [("s3://data/a.csv", 1), ("s3://data/", 3), ("s3://data", 3), ("s3://data/folder/", 1)]
)
def test_a_location_is_a_file_a_folder_or_a_bucket(aml: Client, place: Place, location: str, n_files: int) -> None:
    """Whichever it is, and whatever part of it is meant, its size is that of all of its files."""
    for key in ("a.csv", "b.csv", "folder/c.csv"):
        place(key, "age,y\n1,0\n2,1\n")
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")

    data = aml.datasources.create(location, schema=schema).wait()
    half = aml.datasources.create(location, schema=schema, rearrangement=Rearrangement(0, 50)).wait()

    assert (n_files, 14 * n_files) == (data.n_files, data.n_bytes)
    assert (n_files, 14 * n_files) == (half.n_files, half.n_bytes)


@pytest.mark.parametrize("location", ["s3://data/folder", "s3://data/fol"])
def test_a_folder_ends_in_a_slash(aml: Client, place: Place, location: str) -> None:
    """The beginning of a key is no location, and the job says what it missed."""
    place("folder/c.csv", "age,y\n1,0\n")
    schema = Schema({"age": "NUMERIC", "y": "BINARY"}, target="y")

    with pytest.raises(JobFailedError, match=f"{location}: expected a file"):
        aml.datasources.create(location, schema=schema).wait()


def test_a_part_of_the_data_is_predicted_alone(aml: Client, place: Place) -> None:
    """As many lines as the part has records; those of its complement are the rest."""
    rows = "".join(f"{number},{int(number > 50)}\n" for number in range(10, 90))
    data = aml.datasources.create(place("all.csv", f"age,y\n{rows}"), target="y")
    model = aml.models.create(data)
    parts = data.split(0.7)

    totals = [model.predict_batch(part).wait().n_total for part in parts]

    assert all(total is not None and 0 < total < 80 for total in totals)
    assert 80 == sum(total or 0 for total in totals)


def test_row_ids_and_excluded_attributes_are_not_learned_from(aml: Client, place: Place) -> None:
    """The suggested recipe leaves them out; a batch copies the row id as its tag."""
    rows = "".join(f"r{number},{number},{number % 7},{int(number > 50)}\n" for number in range(10, 90))
    types = {"id": "CATEGORICAL", "age": "NUMERIC", "noise": "NUMERIC", "y": "BINARY"}
    schema = Schema(types, target="y", row_id="id", excluded=["noise"])
    data = aml.datasources.create(place("ids.csv", f"id,age,noise,y\n{rows}"), schema=schema)

    model = aml.models.create(data).wait()
    labels = model.predict_batch(data).wait().labels()

    assert model.recipe is not None
    assert ["age"] == [name for name in ("id", "age", "noise") if name in model.recipe.render()]
    assert [f"r{number}" for number in range(10, 90)] == list(labels.row_ids)
