"""Schemas, recipes and parameters that cannot be right, told by the SDK before a call and by the service after it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amlwrap import Schema
from amlwrap.exceptions import DataError, DocumentError, InvalidInputError, NotFoundError
from tests.bad_input.conftest import GOOD, World, csv, schema

DESCRIBED: dict[str, Any] = json.loads(schema().render())


def changed(**members: Any) -> str:
    """The schema of the good rows with other members."""
    return json.dumps({**DESCRIBED, **members})


ATTRIBUTES: list[dict[str, str]] = DESCRIBED["attributes"]

SCHEMAS = {
    "no JSON": ("{", "schema: expected JSON, found Expecting property name"),
    "a list": ("[]", "schema: expected an object"),
    "nothing in it": ("{}", "schema"),
    "unknown target": (
        changed(targetAttributeName="yy"),
        "schema at targetAttributeName: expected the name of an attribute, found 'yy'. Did you mean 'y'?",
    ),
    "TEXT target": (
        changed(targetAttributeName="note"),
        "schema at targetAttributeName: expected a BINARY, CATEGORICAL",
    ),
    "unknown row id": (
        changed(rowId="jobb"),
        "schema at rowId: expected the name of an attribute, found 'jobb'. Did you",
    ),
    "unknown excluded name": (changed(excludedAttributeNames=["x"]), "schema at excludedAttributeNames[0]: expected"),
    "unknown type": (
        changed(attributes=[*ATTRIBUTES[:1], {"attributeName": "b", "attributeType": "NUMBER"}, *ATTRIBUTES[1:]]),
        "schema at attributes[1].attributeType: expected",
    ),
    "a name twice": (
        changed(attributes=[*ATTRIBUTES, ATTRIBUTES[0]]),
        "schema at attributes[4].attributeName: expected",
    ),
    "another format": (changed(dataFormat="TSV"), "schema at dataFormat: expected"),
    "header of words": (changed(dataFileContainsHeader="perhaps"), "schema at dataFileContainsHeader: expected"),
}

RECIPES = {
    "no JSON": ("{", "recipe: expected JSON"),
    "no outputs": ('{"outputs":[]}', "recipe at outputs: expected at least one output, found none"),
    "unknown variable": (
        '{"outputs":["ALL_TEXT","agee"]}',
        "recipe at outputs[1]: expected an input attribute, a group or an assignment, found 'agee'. Did you mean 'age'",
    ),
    "unknown variable in a group": (
        '{"groups":{"G":"group(age,jobb)"},"outputs":["G"]}',
        "recipe at groups.G: expected an input attribute, a group or an assignment, found 'jobb'",
    ),
    "unknown variable in an assignment": (
        '{"assignments":{"binned":"quantile_bin(ages,5)"},"outputs":["binned"]}',
        "recipe at assignments.binned: expected an input attribute, a group or an assignment, found 'ages'",
    ),
    "unknown function": ('{"outputs":["bin(age,5)"]}', "recipe at outputs[0]: expected a recipe function, found 'bin'"),
    "the target": ('{"outputs":["y"]}', "found 'y', which is the target and never an input"),
    "the wrong type": ('{"outputs":["quantile_bin(job,5)"]}', "expected NUMERIC as an argument of quantile_bin"),
    "too few bins": ('{"outputs":["quantile_bin(age,2)"]}', "expected a number of bins from 5 to 1000, found 2"),
    "cut off": ('{"outputs":["quantile_bin(age,"]}', "found the end of 'quantile_bin(age,'"),
}

PARAMETERS = {
    "sgd.maxPasses": "0",
    "sgd.l1RegularizationAmount": "-1",
    "sgd.l2RegularizationAmount": "much",
    "sgd.maxMLModelSizeInBytes": "1000",
    "sgd.shuffleType": "always",
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas(world: World, name: str) -> None:
    """The error has the path, what was expected and what was found; the service adds the request's member."""
    text, message = SCHEMAS[name]
    uri = world.put(csv(*GOOD))

    with pytest.raises(DocumentError) as caught:
        world.aml.datasources.create(uri, schema=text)
    with pytest.raises(InvalidInputError) as refused:
        create_datasource(world, uri, text)

    assert str(caught.value).startswith(message)
    assert refused.value.reason.startswith(f"DataSpec.DataSchema: {message}")
    with pytest.raises(NotFoundError):
        world.aml.datasources.get("ds-bad")


def create_datasource(world: World, uri: str, text: str) -> None:
    """The call itself, past the SDK's own checks."""
    spec = {"DataLocationS3": uri, "DataSchema": text}
    world.aml._world.calls.call("CreateDataSourceFromS3", DataSourceId="ds-bad", DataSpec=spec)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes(world: World, name: str) -> None:
    """Before the call and after it, with the close match where there is one; no model is made."""
    text, message = RECIPES[name]
    request = {"MLModelType": "BINARY", "TrainingDataSourceId": world.model.datasource_id, "Recipe": text}

    with pytest.raises(DocumentError) as caught:
        world.aml.models.create(world.model.datasource, recipe=text)
    with pytest.raises(InvalidInputError) as refused:
        world.aml._world.calls.call("CreateMLModel", MLModelId="ml-bad", **request)

    assert message in str(caught.value)
    assert refused.value.reason.startswith("Recipe: recipe")
    assert message in refused.value.reason
    with pytest.raises(NotFoundError):
        world.aml.models.get("ml-bad")


@pytest.mark.parametrize("key", PARAMETERS)
def test_parameters(world: World, key: str) -> None:
    """The key is the path, the value what was found."""
    given = {key: PARAMETERS[key]}
    request = {"MLModelType": "BINARY", "TrainingDataSourceId": world.model.datasource_id, "Parameters": given}

    with pytest.raises(DocumentError, match=f"at {key}: expected .*{PARAMETERS[key]}"):
        world.aml.models.create(world.model.datasource, parameters=given)
    with pytest.raises(InvalidInputError, match=f"Parameters: .*{key}: expected .*{PARAMETERS[key]}"):
        world.aml._world.calls.call("CreateMLModel", MLModelId="ml-bad", **request)


def test_rearrangements(world: World) -> None:
    """A slice that ends before it begins, or is none, is refused with its path."""
    for text, path in (
        ('{"splitting":{"percentBegin":70,"percentEnd":30}}', "splitting.percentEnd"),
        ('{"splitting":{"percentEnd":101}}', "splitting.percentEnd"),
        ('{"splitting":{"strategy":"alphabetic"}}', "splitting.strategy"),
    ):
        spec = {"DataLocationS3": "s3://b/k", "DataSchema": schema().render(), "DataRearrangement": text}
        with pytest.raises(InvalidInputError, match=rf"DataSpec\.DataRearrangement: rearrangement at {path}: expected"):
            world.aml._world.calls.call("CreateDataSourceFromS3", DataSourceId="ds-bad", DataSpec=spec)


def test_a_target_that_the_file_does_not_have(world: World) -> None:
    """An inferred schema names the column that comes close."""
    for data in (csv(*GOOD), world.put(csv(*GOOD))):
        with pytest.raises(DocumentError, match=r"expected the name of a column, found 'jobs'\. Did you mean 'job'"):
            world.aml.datasources.create(data, target="jobs")


def test_columns_of_a_batch_are_matched_by_name(world: World) -> None:
    """A missing, unknown or repeated column is told before anything is sent; the order is free."""
    with pytest.raises(DataError, match="line 1: expected a column 'note', found none of that name"):
        world.model.predict_batch(csv(b"30,cook", header=b"age,job"))
    with pytest.raises(DataError, match="expected only columns of the schema, found 'z' as well"):
        world.model.predict_batch(csv(b"30,cook,tea,1", header=b"age,job,note,z"))
    with pytest.raises(DataError, match="expected every column once, found 'age' twice"):
        world.model.predict_batch(csv(b"30,cook,tea,1", header=b"age,job,note,age"))
    swapped = csv(*(b",".join(row.split(b",")[place] for place in (2, 0, 1)) for row in GOOD), header=b"note,age,job")
    scores = world.model.predict_batch(swapped).wait().probabilities().values
    assert (scores == world.model.predict_batch(csv(*GOOD)).wait().probabilities().values).all()


def test_more_attributes_than_a_schema_may_have() -> None:
    """1,000 are the most."""
    attributes = [{"attributeName": f"a{n}", "attributeType": "NUMERIC"} for n in range(1001)]

    with pytest.raises(DocumentError, match=r"schema at attributes: expected .*1,?000.*, found 1,?001"):
        Schema.parse(changed(attributes=attributes, targetAttributeName=None))
