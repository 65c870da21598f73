from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from amlwrap.local.description import describe
from tests.local.doubles import DATA, SCHEMA, batch_request, datasource_request, evaluation_request, model_request

if TYPE_CHECKING:
    from tests.local.conftest import Host


COMPARATORS = ("EQ", "NE", "LE", "GE", "LT", "GT")


def three_datasources(host: Host) -> None:
    """``ds-b``, ``ds-a`` and ``ds-c``, a minute apart, in three folders."""
    for n, letter in enumerate("bac"):
        spec = {"DataLocationS3": f"s3://bucket/{n}/", "DataSchema": SCHEMA}
        host.boto.create_data_source_from_s3(
            **datasource_request(f"ds-{letter}", DataSourceName=letter.upper(), DataSpec=spec)
        )
        host.clock.advance(60)


def ids(host: Host, **request: Any) -> str:
    """The letters of the datasources that come back."""
    results = host.boto.describe_data_sources(**request)["Results"]
    return "".join(result["DataSourceId"][-1] for result in results)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, "bac"),
        ({"SortOrder": "dsc"}, "cab"),
        ({"FilterVariable": "Name"}, "abc"),
        ({"FilterVariable": "Name", "SortOrder": "dsc"}, "cba"),
        ({"FilterVariable": "Name", "EQ": "A"}, "a"),
        ({"FilterVariable": "Name", "EQ": "a"}, ""),
        ({"FilterVariable": "Name", "NE": "A"}, "bc"),
        ({"FilterVariable": "Name", "GE": "A", "LT": "C"}, "ab"),
        ({"FilterVariable": "DataLocationS3", "Prefix": "s3://bucket/"}, "bac"),
        ({"FilterVariable": "DataLocationS3", "Prefix": "s3://bucket/1"}, "a"),
        ({"FilterVariable": "Status", "EQ": "PENDING"}, "bac"),
        ({"FilterVariable": "Status", "EQ": "DELETED"}, ""),
        ({"FilterVariable": "CreatedAt", "GT": "1480000000"}, "ac"),
        ({"FilterVariable": "CreatedAt", "LE": "2016-11-24T15:07:40Z"}, "ba"),
        ({"FilterVariable": "CreatedAt", "LE": "2016-11-24 15:07:40"}, "ba"),
        ({"FilterVariable": "CreatedAt", "LT": "2016-11-24T16:07:40.000+01:00"}, "b"),
        ({"FilterVariable": "LastUpdatedAt", "SortOrder": "dsc"}, "cab"),
        ({"FilterVariable": "IAMUser", "Prefix": "arn:aws:iam::"}, "bac"),
        ({"FilterVariable": "IAMUser", "EQ": "me", "SortOrder": "dsc"}, ""),
        ({"FilterVariable": "IAMUser", "SortOrder": "dsc"}, "cab"),
    ],
)
def test_filters_and_order(host: Host, request_: dict[str, Any], expected: str) -> None:
    """Each variable filters and sorts; without one the oldest comes first."""
    three_datasources(host)

    assert expected == ids(host, **request_)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"EQ": "A"}, "FilterVariable"),
        ({"FilterVariable": "CreatedAt", "Prefix": "2016"}, "no prefix"),
        ({"FilterVariable": "CreatedAt", "EQ": "yesterday"}, "ISO 8601"),
        ({"FilterVariable": "CreatedAt", "EQ": "nan"}, "ISO 8601"),
        ({"FilterVariable": "CreatedAt", "EQ": "1e999"}, "ISO 8601"),
        ({"FilterVariable": "MLModelId", "EQ": "x"}, "one of"),
        ({"Limit": 101}, "1 to 100"),
        ({"SortOrder": "desc"}, "asc, dsc"),
        ({"NextToken": "x"}, "NextToken"),
        ({"NextToken": "é"}, "NextToken"),
        ({"NextToken": "W10="}, "NextToken"),
    ],
)
def test_a_wrong_listing_is_refused(host: Host, request_: dict[str, Any], words: str) -> None:
    """What cannot be listed is InvalidInputException."""
    with pytest.raises(ClientError, match=words) as caught:
        host.boto.describe_data_sources(**request_)

    error: Any = caught.value
    assert error.response["Error"]["Code"] == "InvalidInputException"


def test_pages_are_turned_by_tokens(host: Host) -> None:
    """Pages follow each other until a reply without token; a deletion in between costs no other entity its place."""
    three_datasources(host)

    first = host.boto.describe_data_sources(FilterVariable="Name", Limit=1)
    host.boto.delete_data_source(DataSourceId="ds-a")
    second = host.boto.describe_data_sources(FilterVariable="Name", Limit=1, NextToken=first["NextToken"])
    third = host.boto.describe_data_sources(FilterVariable="Name", Limit=1, NextToken=second["NextToken"])

    assert ["A", "B", "C"] == [page["Results"][0]["Name"] for page in (first, second, third)]
    assert "NextToken" not in third


def test_a_token_belongs_to_its_request(host: Host) -> None:
    """With another order or filter a token is refused; another page size is fine."""
    three_datasources(host)
    token = host.boto.describe_data_sources(FilterVariable="Name", Limit=1)["NextToken"]

    with pytest.raises(ClientError, match="NextToken"):
        host.boto.describe_data_sources(FilterVariable="Name", SortOrder="dsc", NextToken=token)

    assert ids(host, FilterVariable="Name", Limit=100, NextToken=token) == "bc"


def test_paginators_and_waiters_work(host: Host) -> None:
    """botocore's own paginator sees every entity, and its waiter sees them complete."""
    three_datasources(host)
    host.run()

    pages = host.boto.get_paginator("describe_data_sources").paginate(PaginationConfig={"PageSize": 2})
    host.boto.get_waiter("data_source_available").wait(FilterVariable="Name", EQ="A")

    assert ["ds-b", "ds-a", "ds-c"] == [result["DataSourceId"] for result in pages.search("Results[]")]


def test_children_are_listed_by_their_parents(host: Host) -> None:
    """Models, evaluations and batch predictions are found by what they were built on."""
    boto = host.boto
    boto.create_data_source_from_s3(**datasource_request())
    boto.create_data_source_from_s3(**datasource_request("ds-2"))
    boto.create_ml_model(**model_request())
    boto.create_ml_model(**model_request("ml-2", "ds-2"))
    boto.create_evaluation(**evaluation_request(EvaluationDataSourceId="ds-2"))
    boto.create_batch_prediction(**batch_request(MLModelId="ml-2"))

    found = [
        boto.describe_ml_models(FilterVariable="TrainingDataSourceId", EQ="ds-2"),
        boto.describe_ml_models(FilterVariable="Algorithm", EQ="sgd"),
        boto.describe_ml_models(FilterVariable="RealtimeEndpointStatus", EQ="NONE"),
        boto.describe_ml_models(FilterVariable="MLModelType", EQ="REGRESSION"),
        boto.describe_ml_models(FilterVariable="TrainingDataURI", EQ=DATA),
        boto.describe_evaluations(FilterVariable="DataSourceId", EQ="ds-2"),
        boto.describe_evaluations(FilterVariable="MLModelId", EQ="ml-2"),
        boto.describe_batch_predictions(FilterVariable="MLModelId", EQ="ml-2"),
        boto.describe_batch_predictions(FilterVariable="DataURI", Prefix="s3://bucket"),
    ]

    assert [1, 2, 2, 0, 2, 1, 0, 1, 1] == [len(reply["Results"]) for reply in found]


def variables(kind: str) -> list[str]:
    """What the service's description lets a kind be filtered by."""
    enum: list[str] = describe().input_shape(f"Describe{kind}s").members["FilterVariable"].metadata["enum"]
    return enum


MEMBERS = {
    "IAMUser": "CreatedByIamUser",
    "DataURI": "InputDataLocationS3",
    "TrainingDataURI": "InputDataLocationS3",
}
METHODS = {
    "DataSource": "describe_data_sources",
    "MLModel": "describe_ml_models",
    "Evaluation": "describe_evaluations",
    "BatchPrediction": "describe_batch_predictions",
}


@pytest.mark.parametrize("kind", list(METHODS))
def test_every_variable_of_every_kind(host: Host, kind: str) -> None:
    """Whatever an element shows of a variable finds it, by every comparator, and by nothing else."""
    host.boto.create_data_source_from_s3(**datasource_request(DataSourceName="n"))
    host.boto.create_ml_model(**model_request(MLModelName="n"))
    host.boto.create_evaluation(**evaluation_request(EvaluationName="n"))
    host.boto.create_batch_prediction(**batch_request(BatchPredictionName="n"))
    host.run()
    listed = getattr(host.boto, METHODS[kind])
    (element,) = listed()["Results"]
    element["DataSourceId"] = "ds-1"  # an evaluation's member is named otherwise
    element["RealtimeEndpointStatus"] = element.get("EndpointInfo", {}).get("EndpointStatus")

    for variable in variables(kind):
        value = element[MEMBERS.get(variable, variable)]
        is_time = isinstance(value, datetime)
        text = value.isoformat() if is_time else value
        found = {name: len(listed(FilterVariable=variable, **{name: text})["Results"]) for name in COMPARATORS}
        assert {"EQ": 1, "NE": 0, "LE": 1, "GE": 1, "LT": 0, "GT": 0} == found, variable
        if not is_time:
            assert 1 == len(listed(FilterVariable=variable, Prefix=text[:1])["Results"]), variable
            assert 0 == len(listed(FilterVariable=variable, Prefix=f"{text}x")["Results"]), variable
        for order in ("asc", "dsc"):
            assert 1 == len(listed(FilterVariable=variable, SortOrder=order)["Results"]), variable


def test_elements_hold_no_log_and_no_long_text(host: Host) -> None:
    """An element is a Get reply without LogUri; a model's names its algorithm."""
    host.boto.create_data_source_from_s3(**datasource_request())
    host.boto.create_ml_model(**model_request())
    host.boto.create_evaluation(**evaluation_request())
    host.run()

    (model,) = host.boto.describe_ml_models()["Results"]
    (evaluation,) = host.boto.describe_evaluations()["Results"]
    got = host.boto.get_ml_model(MLModelId="ml-1")

    assert model.pop("Algorithm") == "sgd"
    assert {name: value for name, value in got.items() if name not in ("LogUri", "ResponseMetadata")} == model
    assert evaluation["PerformanceMetrics"] == {"Properties": {"BinaryAUC": "0.9375"}}
