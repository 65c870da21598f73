from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.local.description import describe
from amlwrap.local.faults import InvalidInput, InvalidTag
from amlwrap.local.validation import validated


def check(operation: str, **document: Any) -> dict[str, Any]:
    """*document* as *operation* takes it."""
    return validated(document, describe().input_shape(operation))


def test_nulls_and_strangers_are_left_out() -> None:
    """A null is as good as nothing, and members the service does not know are passed over."""
    given = {"MLModelId": "m", "MLModelName": None, "Colour": "blue"}

    assert {"MLModelId": "m"} == check("UpdateMLModel", **given)


def test_an_empty_optional_location_is_left_out() -> None:
    """RecipeUri may be an empty string; OutputUri may not."""
    model = {"MLModelId": "m", "MLModelType": "BINARY", "TrainingDataSourceId": "d", "RecipeUri": ""}

    assert "RecipeUri" not in check("CreateMLModel", **model)
    with pytest.raises(InvalidInput, match="OutputUri: expected a match"):
        check(
            "CreateBatchPrediction", BatchPredictionId="b", MLModelId="m", BatchPredictionDataSourceId="d", OutputUri=""
        )


@pytest.mark.parametrize(
    ("operation", "document", "words"),
    [
        ("GetMLModel", {}, "MLModelId: required, and missing"),
        ("GetMLModel", {"MLModelId": 5}, "MLModelId: expected a string, found 5"),
        ("GetMLModel", {"MLModelId": ""}, "MLModelId: expected 1 to 64 characters, found 0"),
        ("GetMLModel", {"MLModelId": "x" * 65}, "MLModelId: expected 1 to 64 characters, found 65"),
        ("GetMLModel", {"MLModelId": "a/b"}, "MLModelId: expected a match of [a-zA-Z0-9_.-]+, found 'a/b'"),
        ("GetMLModel", {"MLModelId": "a\n"}, "MLModelId: expected a match"),
        ("GetMLModel", {"MLModelId": "m", "Verbose": 1}, "Verbose: expected true or false, found 1"),
        ("UpdateMLModel", {"MLModelId": "m", "ScoreThreshold": True}, "ScoreThreshold: expected a number, found True"),
        ("UpdateMLModel", {"MLModelId": "m", "MLModelName": "\ud800"}, "MLModelName: expected Unicode text"),
        ("DescribeMLModels", {"Limit": 0}, "Limit: expected 1 to 100, found 0"),
        ("DescribeMLModels", {"Limit": 2.0}, "Limit: expected an integer, found 2.0"),
        ("DescribeMLModels", {"SortOrder": "up"}, "SortOrder: expected one of asc, dsc, found 'up'"),
        ("DescribeMLModels", {"FilterVariable": "Name", "EQ": " "}, "EQ: expected a match"),
        ("CreateDataSourceFromS3", {"DataSourceId": "d", "DataSpec": []}, "DataSpec: expected an object"),
        ("CreateDataSourceFromS3", {"DataSourceId": "d", "DataSpec": {}}, "DataSpec.DataLocationS3: required"),
        ("Predict", {"MLModelId": "m", "PredictEndpoint": "u", "Record": []}, "Record: expected an object"),
        ("Predict", {"MLModelId": "m", "PredictEndpoint": "u", "Record": {"a": 1}}, "Record['a']: expected a string"),
        ("DeleteTags", {"TagKeys": "k", "ResourceId": "r", "ResourceType": "MLModel"}, "TagKeys: expected a list"),
    ],
)
def test_a_misfit_is_named(operation: str, document: dict[str, Any], words: str) -> None:
    """The member, what was expected and what was found."""
    with pytest.raises(InvalidInput, match=re.escape(words)):
        check(operation, **document)


def test_all_misfits_are_named_within_the_bounds_of_a_message() -> None:
    """One answer lists what is wrong, and is no longer than an error message may be."""
    with pytest.raises(InvalidInput) as caught:
        check("GetMLModel", MLModelId="", Verbose="yes")

    assert caught.value.reason.count("expected") == 2

    with pytest.raises(InvalidInput) as caught:
        check("Predict", MLModelId="m", PredictEndpoint="u", Record={f"n{n}": n for n in range(1000)})

    assert len(caught.value.reason) <= 2048


def test_secrets_are_not_repeated() -> None:
    """A password that does not fit is not shown."""
    credentials = {"Username": "me", "Password": ["hunter2"]}
    spec = {
        "DatabaseInformation": {"DatabaseName": "db", "ClusterIdentifier": "c"},
        "SelectSqlQuery": "select",
        "DatabaseCredentials": credentials,
        "S3StagingLocation": "s3://b/",
    }

    with pytest.raises(InvalidInput, match="found a secret") as caught:
        check("CreateDataSourceFromRedshift", DataSourceId="d", DataSpec=spec, RoleARN="r")

    assert "hunter2" not in caught.value.reason


@pytest.mark.parametrize(
    ("key", "good"), [("für_alle/x y:z@+-=.", True), ("a;b", False), ("tab\t", False), ("数字", True)]
)
def test_tags_take_letters_of_all_languages(key: str, good: bool) -> None:
    """Java's Unicode classes mean here what they mean there; a bad tag is a fault of its own name."""
    request = {"Tags": [{"Key": key}], "ResourceId": "r", "ResourceType": "MLModel"}

    if good:
        assert request == check("AddTags", **request)
    else:
        with pytest.raises(InvalidTag):
            check("AddTags", **request)


def test_a_predict_endpoint_may_be_any_address() -> None:
    """Only the description, and not the reference, binds the endpoint to Amazon's hosts."""
    request: dict[str, Any] = {"MLModelId": "m", "PredictEndpoint": "http://127.0.0.1:8228", "Record": {}}

    assert request == check("Predict", **request)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(describe().operations)), st.data())
def test_any_document_is_cleaned_or_refused(operation: str, data: st.DataObject) -> None:
    """No document of a stranger raises anything but a fault, and what passes once passes again unchanged."""
    shape = describe().input_shape(operation)
    names = st.sampled_from(sorted(shape.members)) | st.text(max_size=5)
    document = data.draw(st.dictionaries(names, json_values, max_size=6))

    try:
        clean = validated(document, shape)
    except (InvalidInput, InvalidTag):
        return

    assert clean == validated(clean, shape)
