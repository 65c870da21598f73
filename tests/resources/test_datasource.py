"""Datasources: made of anything, split without overlap."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amlwrap import Client, Rearrangement, Schema
from amlwrap.exceptions import ConfigError, ConflictError, DataError, DocumentError
from amlwrap.objects import Folder
from tests.scripted import Fault, Script, client_on

Reply = Callable[..., dict[str, Any]]
CSV = b"age,job,y\n31,cook,1\n44,smith,0\n"


def test_local_data_is_staged_and_created(aml: Client, script: Script, store: Folder, schema: Schema) -> None:
    """One create, naming where the bytes now lie; the id is minted here."""
    made = aml.datasources.create(CSV, schema=schema, name="bank")

    ((operation, params),) = script.calls
    assert "CreateDataSourceFromS3" == operation
    assert ("ds-1", "bank", True) == (params["DataSourceId"], params["DataSourceName"], params["ComputeStatistics"])
    assert schema == Schema.parse(params["DataSpec"]["DataSchema"])
    with store.open(params["DataSpec"]["DataLocationS3"]) as file:
        assert CSV == file.read()
    assert ("ds-1", "bank", "PENDING", True) == (made.id, made.name, made.status, made.has_statistics)
    assert schema == made.schema
    assert made.uri.startswith("s3://staging/in/")
    assert made.rearrangement is None


def test_s3_locations_are_left_alone(aml: Client, script: Script, schema: Schema) -> None:
    """Nothing is staged, and the schema may be a text or a mapping."""
    aml.datasources.create("s3://b/bank/", schema=schema.render(), statistics=False, id="mine")
    aml.datasources.create("s3://b/bank/", schema=schema.to_dict())

    first, second = script.params("CreateDataSourceFromS3")
    assert ("mine", "s3://b/bank/", False) == (
        first["DataSourceId"],
        first["DataSpec"]["DataLocationS3"],
        first["ComputeStatistics"],
    )
    assert first["DataSpec"]["DataSchema"] == second["DataSpec"]["DataSchema"]


def test_a_rearrangement_may_be_a_text_or_a_mapping(aml: Client, script: Script, schema: Schema) -> None:
    """As a schema may; what is none is refused before anything is sent."""
    part = Rearrangement(0, 70)
    for given in (part, part.render(), part.to_dict()):
        assert part == aml.datasources.create("s3://b/bank/", schema=schema, rearrangement=given).rearrangement

    with pytest.raises(DocumentError, match="rearrangement"):
        aml.datasources.create("s3://b/bank/", schema=schema, rearrangement={"share": 70})
    assert 3 == len(script.calls)


@pytest.mark.parametrize("where", ["local", "s3"])
def test_a_schema_is_inferred(where: str, aml: Client, script: Script, store: Folder, tmp_path: Path) -> None:
    """Without a schema the first rows decide, wherever they are."""
    (tmp_path / "bank.csv").write_bytes(CSV)
    store.put_bytes("s3://b/bank.csv", CSV)

    made = aml.datasources.create(tmp_path / "bank.csv" if where == "local" else "s3://b/bank.csv", target="y")

    assert ("age", "job", "y") == made.schema.names
    assert "y" == made.schema.target


@pytest.mark.parametrize("names", [("1", "2"), ("cook", "smith"), ("y", "31")])
def test_the_columns_of_a_table_have_names(names: tuple[str, str], aml: Client, script: Script) -> None:
    """Which are line 1 of its CSV, however much they look like data."""
    made = aml.datasources.create([dict(zip(names, row, strict=True)) for row in (("ann", 31), ("bob", 44))])

    assert (names, True) == (made.schema.names, made.schema.header)


@pytest.mark.parametrize(("header", "content"), [(False, CSV.partition(b"\n")[2]), (True, CSV)])
def test_an_open_file_is_bound_by_its_order(header: bool, content: bytes, aml: Client, schema: Schema) -> None:
    """As every file is, with a header or without one."""
    told = schema.replace(header=header)

    assert told == aml.datasources.create(io.BytesIO(content), schema=told).schema


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is at work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("bank.csv", "bank.csv.schema"),
        ("s3://b/bank.csv", "s3://b/bank.csv.schema"),
        ("s3://b/in/", "s3://b/in/.schema"),
        ("s3://b", "s3://b/.schema"),
    ],
)
def test_a_schema_beside_the_data_is_taken(
    data: str, place: str, aml: Client, store: Folder, in_a_folder: None
) -> None:
    """Where the service's console looks for one; a target that is named goes before its own."""
    described = Schema({"years": "TEXT", "job": "CATEGORICAL", "y": "BINARY"}, target="y", row_id="years").render()
    Path("bank.csv").write_bytes(CSV)
    for key in ("bank.csv", "in/bank.csv"):
        store.put_bytes(f"s3://b/{key}", CSV)
    if place.startswith("s3://"):
        store.put_bytes(place, described.encode())
    else:
        Path(place).write_text(described)

    made, other = aml.datasources.create(data), aml.datasources.create(data, target="job")

    assert described == made.schema.render()
    assert ("job", "years") == (other.schema.target, other.schema.row_id)


def test_what_is_no_schema_beside_the_data_is_told(aml: Client, store: Folder) -> None:
    """And from where it was read."""
    store.put_bytes("s3://b/bank.csv", CSV)
    store.put_bytes("s3://b/bank.csv.schema", b"[]")

    with pytest.raises(DocumentError, match="expected an object") as raised:
        aml.datasources.create("s3://b/bank.csv")

    assert ["It was read from s3://b/bank.csv.schema, which lies beside the data."] == raised.value.__notes__


def test_nothing_is_made_of_bad_data(aml: Client, script: Script, schema: Schema) -> None:
    """An error before the first call leaves nothing behind."""
    with pytest.raises(DataError):
        aml.datasources.create(b"", schema=schema)
    with pytest.raises(DocumentError):
        aml.datasources.create(CSV, schema="{}")
    with pytest.raises(ConfigError, match="inside the schema"):
        aml.datasources.create(CSV, schema=schema, target="y")
    with pytest.raises(ConfigError, match="AMLWRAP_STAGING"):
        client_on(script).datasources.create(CSV, schema=schema)

    assert [] == script.calls


def test_a_lost_answer_makes_nothing_twice(aml: Client, script: Script, schema: Schema, datasource: Reply) -> None:
    """The second attempt has the first one's id; meeting the first one's work is success."""
    script.on(
        "CreateDataSourceFromS3", Fault("InternalFailure", status=500), Fault("IdempotentParameterMismatchException")
    )
    script.on("GetDataSource", datasource(Name="bank", DataLocationS3="s3://b/bank.csv"))

    made = aml.datasources.create("s3://b/bank.csv", schema=schema, name="bank")

    first, second = script.params("CreateDataSourceFromS3")
    assert first == second
    assert "ds-1" == made.id


def test_a_taken_id_is_a_conflict(aml: Client, script: Script, schema: Schema) -> None:
    """Somebody else's object is never taken for ours."""
    script.on("CreateDataSourceFromS3", Fault("IdempotentParameterMismatchException", "taken"))

    with pytest.raises(ConflictError, match="taken"):
        aml.datasources.create("s3://b/bank.csv", schema=schema, id="mine")


def test_a_split_is_two_complements(aml: Client, script: Script, datasource: Reply, schema: Schema) -> None:
    """Same data, same draw, opposite sides; statistics only where a model will be trained."""
    script.on("GetDataSource", datasource())

    train, test = aml.datasources.get("ds-1").split(0.7, seed=2026)

    assert Rearrangement.split(0.7, 2026) == (train.rearrangement, test.rearrangement)
    assert (True, False) == (train.has_statistics, test.has_statistics)
    assert ("s3://b/bank.csv", "s3://b/bank.csv") == (train.uri, test.uri)
    assert ("bank (train 70%)", "bank (test 30%)") == (train.name, test.name)
    assert schema == train.schema == test.schema
    splitting = json.loads(script.params("CreateDataSourceFromS3")[1]["DataSpec"]["DataRearrangement"])["splitting"]
    assert (0, 70, True) == (splitting["percentBegin"], splitting["percentEnd"], splitting["complement"])


def test_a_split_can_be_named(aml: Client, script: Script, datasource: Reply) -> None:
    """Names are the caller's if there are any."""
    script.on("GetDataSource", datasource())

    assert ["a", "b"] == [part.name for part in aml.datasources.get("ds-1").split(50, names=("a", "b"))]


@pytest.mark.parametrize("names", ["ab", ("first",), ("a", "b", "c")])
def test_a_split_has_two_names(names: Any, aml: Client, script: Script, datasource: Reply) -> None:
    """And nothing is made where there are not."""
    script.on("GetDataSource", datasource())

    with pytest.raises(
        ConfigError, match=f"names: expected one for each of the two parts, found {re.escape(repr(names))}"
    ):
        aml.datasources.get("ds-1").split(0.7, names=names)

    assert not script.params("CreateDataSourceFromS3")


@pytest.mark.parametrize("n", ["5", 2.5, None])
def test_a_look_is_at_a_number_of_rows(n: Any, aml: Client, script: Script, datasource: Reply) -> None:
    """Which has to be whole."""
    script.on("GetDataSource", datasource())
    found = aml.datasources.get("ds-1")
    with pytest.raises(ConfigError, match="a number of rows, 1 or more, found"):
        found.head(n)


def test_a_part_is_not_split_again(aml: Client, script: Script, datasource: Reply) -> None:
    """The service knows one rearrangement a datasource."""
    script.on("GetDataSource", datasource(DataRearrangement='{"splitting":{"percentEnd":70}}'))

    with pytest.raises(ConfigError, match="a part of"):
        aml.datasources.get("ds-1").split(0.5)


def test_a_datasource_without_schema_says_so(aml: Client, script: Script) -> None:
    """The service should always have one; if it has not, that is told."""
    script.on("GetDataSource", {"DataSourceId": "ds-1"})

    with pytest.raises(DocumentError, match="ds-1"):
        _ = aml.datasources.get("ds-1").schema


def test_children_are_listed(aml: Client, script: Script, datasource: Reply) -> None:
    """Whatever was made from a datasource is one call away."""
    script.on("GetDataSource", datasource())
    for operation in ("DescribeMLModels", "DescribeEvaluations", "DescribeBatchPredictions"):
        script.on(operation, {"Results": []})
    data = aml.datasources.get("ds-1")

    assert (0, 0, 0) == (data.models.count(), data.evaluations.count(), data.batch_predictions.count())
    assert "TrainingDataSourceId" == script.params("DescribeMLModels")[0]["FilterVariable"]


def test_folds_are_pairs_of_complements(aml: Client, script: Script, datasource: Reply) -> None:
    """The parts to test on follow each other from 0 to 100; the other part of each pair is all the rest."""
    script.on("GetDataSource", datasource())

    pairs = aml.datasources.get("ds-1").folds(3, seed=7)

    assert Rearrangement.folds(3, 7) == tuple((train.rearrangement, test.rearrangement) for train, test in pairs)
    assert {(True, False)} == {(train.has_statistics, test.has_statistics) for train, test in pairs}
    assert ("bank (fold 1 of 3, train)", "bank (fold 1 of 3, test)") == (pairs[0][0].name, pairs[0][1].name)


def test_folds_can_be_named(aml: Client, script: Script, datasource: Reply) -> None:
    """With a pair of names each."""
    script.on("GetDataSource", datasource())
    data = aml.datasources.get("ds-1")

    assert "d" == data.folds(2, names=[("a", "b"), ("c", "d")])[1][1].name
    with pytest.raises(ConfigError, match="a pair of names for each of 3 folds"):
        data.folds(3, names=[("a", "b")])


def test_a_part_is_not_folded(aml: Client, script: Script, datasource: Reply) -> None:
    """As it is not split."""
    script.on("GetDataSource", datasource(DataRearrangement='{"splitting":{"percentEnd":70}}'))

    with pytest.raises(ConfigError, match=r"folds\(\).*a part of"):
        aml.datasources.get("ds-1").folds(5)
