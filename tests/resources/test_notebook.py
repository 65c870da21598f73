"""What a notebook shows of clients, listings, resources and schemas: small, escaped, and never an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from amlwrap import BatchPrediction, Client, Evaluation, Model, Schema
from amlwrap._settings import Setting, Settings
from amlwrap.documents import AttributeType
from amlwrap.exceptions import NotFoundError
from tests.scripted import Fault, Script
from tests.test_html import HOSTILE, inspected

Reply = Callable[..., dict[str, Any]]


def test_a_resource_is_a_table_of_what_is_known(aml: Client, script: Script, model: Reply, datasource: Reply) -> None:
    """Without a call, and without the address of its log, which would let others in."""
    script.on("GetMLModel", model(Name=HOSTILE, Message=HOSTILE * 90, CreatedAt=1486834110, LogUri="https://log?Key=1"))
    script.on("GetDataSource", datasource(Name=HOSTILE))
    found = [aml.models.get("ml-1"), aml.datasources.get("ds-1")]
    script.calls.clear()

    model_text, data_text = (inspected(one._repr_html_()).text for one in found)

    assert "<script>alert" in model_text
    assert model_text.startswith("model: BINARY")
    assert "created_at2017-02-11 17:28:30 UTC" in model_text
    assert "Key=1" not in model_text
    assert data_text.startswith("datasource: all rows")
    assert "n_bytes648,150" in data_text
    assert [] == script.calls


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Evaluation(id="ev-1", properties={"RegressionRMSE": "12.25"}), "evaluation: RMSE 12.25"),
        (Evaluation(id="ev-1", properties={"MulticlassAvgFScore": "0.5"}), "evaluation: macro F1 0.5"),
        (Evaluation(id="ev-1", properties={"BinaryAUC": "so so"}), "evaluation"),
        (Evaluation(id="ev-1"), "evaluation"),
        (BatchPrediction(id="bp-1", n_total=1200), "batch prediction: 1,200 rows"),
        (BatchPrediction(id="bp-1"), "batch prediction"),
    ],
)
def test_what_came_out_stands_first(one: Any, expected: str) -> None:
    """When it is known, and makes sense."""
    assert inspected(one._repr_html_()).text.startswith(f"{expected}id")


def test_a_listing_shows_its_first_page(aml: Client, script: Script) -> None:
    """At the price of one call, and as many as fit."""
    results = [{"MLModelId": f"ml-{number}", "Name": HOSTILE, "MLModelType": "BINARY"} for number in range(100)]
    script.on("DescribeMLModels", {"Results": results, "NextToken": "more"})

    shown = inspected(aml.models.list(name__prefix=HOSTILE)._repr_html_())

    assert ["DescribeMLModels"] == script.operations()
    assert "ml-0" in shown.text
    assert "more" in shown.text
    assert "ml-1" in inspected(aml.models._repr_html_()).text


def test_a_listing_shows_no_more_than_twenty(aml: Client, script: Script) -> None:
    """Or its limit; that there are more is told."""
    results = [{"MLModelId": f"ml-{number}"} for number in range(21)]
    script.on("DescribeMLModels", {"Results": results})

    shown = inspected(aml.models.list()._repr_html_())

    assert ((20 + 1) * 5, True) == (shown.tags.count("td") + shown.tags.count("th"), "the first 20" in shown.text)
    assert 3 * 5 == inspected(aml.models.list(limit=3)._repr_html_()).tags.count("td")


def test_an_empty_listing_says_so(aml: Client, script: Script) -> None:
    """And a listing that would cost calls is not read."""
    script.on("DescribeMLModels", {"Results": []})

    assert "none on the first page" in aml.models.list()._repr_html_()
    script.calls.clear()
    assert "looking costs a call" in inspected(aml.models.by_tag(HOSTILE)._repr_html_()).text
    assert [] == script.calls


def test_an_error_is_a_sentence(aml: Client, script: Script) -> None:
    """Whatever went wrong, the notebook goes on."""
    script.on("DescribeMLModels", Fault("AccessDeniedException", f"Not allowed: {HOSTILE}", 403))

    shown = inspected(aml.models._repr_html_()).text

    assert shown.startswith("DescribeMLModels was refused with AccessDeniedException: Not allowed")
    aml.close()
    assert "Connect again" in aml.models.list()._repr_html_()


def test_a_client_shows_its_settings(aml: Client) -> None:
    """Each with where it came from."""
    settings = Settings({"target": Setting(HOSTILE, "argument"), "region": Setting(None, "default")})

    shown = inspected(Client(aml._world, settings, lambda: None)._repr_html_()).text

    assert shown.startswith("<Client of aml>settingvaluefromtarget</td><script>")
    assert shown.endswith("region-default")


def test_a_schema_of_a_thousand_attributes_is_small() -> None:
    """As many as fit, and how many do not."""
    names = {f'{number}</td><script>"{"x" * 20}': AttributeType.NUMERIC for number in range(1000)}
    schema = Schema(names, target=next(iter(names)))

    shown = inspected(schema._repr_html_())

    n_shown = shown.tags.count("td") // 4
    assert n_shown > 15
    assert f"… and {1000 - n_shown} more" in shown.text
    assert shown.text.startswith("schema of 1,000 attributes, with a headernametyperolereason0</td><script>")
    assert "NUMERICtarget1</td>" in shown.text
    assert "without a header" in Schema({"a": "TEXT"}, header=False)._repr_html_()


def test_what_is_no_longer_there_still_shows() -> None:
    """A snapshot needs no connection."""
    assert "ml-1" in Model(id="ml-1", message=str(NotFoundError("a", "b", "c", "d")))._repr_html_()
