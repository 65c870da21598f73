"""Listings: lazy, re-iterable, page after page."""

from __future__ import annotations

from typing import Any

import pytest

from amlwrap import Client, Datasource
from amlwrap.exceptions import ConfigError, NotFoundError
from tests.scripted import Script


@pytest.fixture
def pages(script: Script) -> Script:
    """Three models on three pages, the second of which is empty."""

    def page(params: dict[str, Any]) -> dict[str, Any]:
        at = int(params.get("NextToken", 0))
        results = [["ml-1", "ml-2"], [], ["ml-3"]][at]
        token = {"NextToken": str(at + 1)} if at < 2 else {}
        return {"Results": [{"MLModelId": model, "Status": "COMPLETED"} for model in results], **token}

    script.on("DescribeMLModels", page)
    return script


def test_nothing_is_asked_before_something_is_needed(aml: Client, pages: Script) -> None:
    """Making a listing costs no call; the first item costs one page."""
    listing = aml.models.list()
    assert [] == pages.calls

    first = listing.first()

    assert first is not None
    assert ("ml-1", 1) == (first.id, len(pages.calls))


def test_all_pages_are_read_each_time(aml: Client, pages: Script) -> None:
    """Until the token ends, though a page is empty; no call is made per item."""
    listing = aml.models.list()

    assert ["ml-1", "ml-2", "ml-3"] == [model.id for model in listing] == [model.id for model in listing]
    assert ["ml-1", "ml-2", "ml-3"] == listing.ids()
    assert 3 == listing.count()
    assert ["DescribeMLModels"] * 12 == pages.operations()


def test_a_listing_may_be_limited(aml: Client, pages: Script) -> None:
    """To so many items, on pages no longer than that; what is not needed is not asked."""
    listing = aml.models.list(limit=2)

    assert (["ml-1", "ml-2"], 2) == (listing.ids(), listing.count())
    assert [{"Limit": 2}] * 2 == pages.params("DescribeMLModels")
    assert 3 == aml.models.list(limit=300).count()


def test_a_listing_is_true_when_it_holds_something(aml: Client, pages: Script, script: Script) -> None:
    """And has no length, which would read everything twice."""
    assert aml.models.list()
    script.on("DescribeMLModels", {"Results": []})
    assert not aml.models.list()
    with pytest.raises(TypeError):
        len(aml.models.list())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_a_listing_says_what_it_is(aml: Client) -> None:
    """Without asking."""
    listing = aml.models.list(datasource=Datasource(id="ds-1"), order="desc")

    assert "<Listing of models(datasource='ds-1', order='desc')>" == repr(listing)


def test_a_collection_is_a_listing_of_all(aml: Client, pages: Script) -> None:
    """Iteration needs no method."""
    assert 3 == len(list(aml.models))


def test_one_is_one(aml: Client, pages: Script, script: Script) -> None:
    """None and several are told apart."""
    with pytest.raises(ConfigError, match="found several"):
        aml.models.list().one()

    script.on("DescribeMLModels", {"Results": []})
    with pytest.raises(NotFoundError, match=r"models\(name='x'\)"):
        aml.models.list(name="x").one()
    assert aml.models.list().first() is None

    script.on("DescribeMLModels", {"Results": [{"MLModelId": "ml-7"}]})
    assert "ml-7" == aml.models.list(name="x").one().id


def test_filters_are_checked_at_once(aml: Client, script: Script) -> None:
    """A wrong one raises where it is written, not where the listing is read."""
    with pytest.raises(ConfigError, match="'colour'"):
        aml.models.list(colour="red")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    for collection in (aml.datasources, aml.evaluations, aml.batch_predictions):
        with pytest.raises(ConfigError, match=r"'nmae'\..*Did you mean 'name'"):
            collection.list(nmae="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    assert [] == script.calls


def test_filters_take_resources(aml: Client, pages: Script) -> None:
    """A resource stands for its id."""
    model = aml.models.list().first()
    assert model is not None
    pages.on("DescribeEvaluations", {"Results": []})

    aml.evaluations.list(model=model, order="desc").count()

    assert [{"FilterVariable": "MLModelId", "EQ": "ml-1", "SortOrder": "dsc"}] == pages.params("DescribeEvaluations")


def test_documents_of_a_listed_item_are_fetched_when_read(aml: Client, pages: Script) -> None:
    """Describe has no schema; reading one costs one call, reading it again none."""
    schema = '{"attributes":[{"attributeName":"y","attributeType":"BINARY"}],"targetAttributeName":"y"}'
    pages.on("GetMLModel", {"MLModelId": "ml-1", "Schema": schema})
    model = aml.models.list().first()
    assert model is not None

    assert "y" == model.schema.target == model.schema.target
    assert model.recipe is None
    assert 1 == len(pages.params("GetMLModel"))
    assert "<models of aml>" == repr(aml.models)
