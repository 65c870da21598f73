"""The life of resources, from create to delete, with no job to wait for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amlwrap import Client, Datasource, Rearrangement, Schema
from amlwrap.exceptions import ConflictError, InvalidInputError, NotFoundError

SCHEMA = Schema({"colour": "CATEGORICAL", "size": "NUMERIC", "y": "BINARY"}, target="y")
CSV = b"colour,size,y\n" + b"red,1.5,1\nblue,2.5,0\nred,3.5,1\nblue,0.5,0\n" * 25


@pytest.fixture
def data(aml: Client) -> Datasource:
    """A datasource of a hundred things."""
    return aml.datasources.create(CSV, schema=SCHEMA, name="things")


def test_what_was_made_can_be_had(aml: Client, data: Datasource) -> None:
    """The first snapshot and what the service says agree."""
    found = aml.datasources.get(data.id)

    assert (data.id, "things", data.uri, True) == (found.id, found.name, found.uri, found.has_statistics)
    assert SCHEMA == found.schema
    assert found.created_at is not None
    assert data.id.startswith("ds-")
    assert 14 == len(data.id)


def test_the_same_create_twice_is_one(aml: Client, data: Datasource) -> None:
    """A repeated create changes nothing; another one under the id is a conflict."""
    again = aml.datasources.create(CSV, schema=SCHEMA, name="things", id=data.id)
    assert data.id == again.id
    assert 1 == aml.datasources.list().count()

    with pytest.raises(ConflictError, match=data.id):
        aml.datasources.create(CSV, schema=SCHEMA, name="other things", id=data.id)


def test_names_change_and_objects_go(aml: Client, data: Datasource) -> None:
    """Update gives the newer snapshot, delete the last."""
    assert "new" == data.update(name="new").name
    assert "DELETED" == data.delete().status
    assert "DELETED" == aml.datasources.get(data.id).status


def test_parts_keep_what_makes_them_parts(aml: Client, data: Datasource) -> None:
    """The service hands back the rearrangement it was sent."""
    train, test = data.split(0.7, seed=7)

    kept = [aml.datasources.get(part.id).rearrangement for part in (train, test)]
    assert list(Rearrangement.split(0.7, 7)) == kept


def test_listings_go_through_all_pages(aml: Client) -> None:
    """More than a page holds, each once, and filters do what they say."""
    made = [
        aml.datasources.create("s3://staging/none", schema=SCHEMA, statistics=False, name=f"n{i}") for i in range(7)
    ]

    assert {one.id for one in made} == {one.id for one in aml.datasources}
    assert made[3].id == aml.datasources.list(name="n3").one().id
    assert 7 == aml.datasources.list(name__prefix="n").count()
    assert [f"n{i}" for i in range(6, -1, -1)] == [one.name for one in aml.datasources.list(name__ge="n", order="desc")]


def test_strangers_are_not_found(aml: Client) -> None:
    """Whatever is asked of them."""
    for collection in (aml.datasources, aml.models, aml.evaluations, aml.batch_predictions):
        with pytest.raises(NotFoundError):
            collection.get("nobody")


def test_what_the_service_refuses_names_the_call(aml: Client) -> None:
    """An id with a blank passes botocore's check and not the service's."""
    with pytest.raises(InvalidInputError, match="CreateDataSourceFromS3 on datasource 'no good'"):
        aml.datasources.create("s3://staging/none", schema=SCHEMA, id="no good")


def test_tags_of_the_untagged_are_none(aml: Client, data: Datasource) -> None:
    """An empty mapping, not an error."""
    assert {} == dict(data.tags)


def test_tags_are_the_services(aml: Client, data: Datasource) -> None:
    """Set through boto3, read through us."""
    boto: Any = aml.boto
    boto.add_tags(ResourceId=data.id, ResourceType="DataSource", Tags=[{"Key": "team", "Value": "ml"}])

    assert {"team": "ml"} == dict(data.tags)


def test_tags_are_a_live_mapping(aml: Client, data: Datasource) -> None:
    """What is set is there, for everybody, until it is taken off."""
    tags = data.tags
    tags.update({"team": "ml", "stage": "test"}, empty="")
    tags["team"] = "shop"
    assert {"team": "shop", "stage": "test", "empty": ""} == aml.datasources.get(data.id).tags

    del tags["stage"]
    assert ("", "shop") == (tags.pop("empty"), tags["team"])
    with pytest.raises(KeyError):
        del tags["stage"]
    tags.clear()
    assert 0 == len(data.tags)


def test_a_tag_is_promoted(aml: Client) -> None:
    """From the old holder to the new, found by tag before and after; creating twice tags once."""
    old, new = (
        aml.datasources.create(CSV, schema=SCHEMA, name=f"v{number}", id=f"ds-v{number}", tags={"team": "ml"})
        for number in (1, 2)
    )
    old.tags["stage"] = "production"
    assert ["ds-v1"] == aml.datasources.by_tag("stage", "production").ids()

    promotion = aml.datasources.promote(new, "stage", "production")

    assert (["ds-v1"], True) == ([each.id for each in promotion.demoted], promotion.added)
    assert ["ds-v2"] == aml.datasources.by_tag("stage", "production").ids()
    assert ["ds-v1"] == aml.datasources.by_tag("team", name="v1").ids()
    again = aml.datasources.create(CSV, schema=SCHEMA, name="v2", id="ds-v2", tags={"team": "ml"})
    assert {"team": "ml", "stage": "production"} == again.tags


def test_listings_are_sorted_and_limited(aml: Client) -> None:
    """By the filtered variable, or by another where nothing is filtered."""
    for name in ("b", "c", "a"):
        aml.datasources.create("s3://staging/none", schema=SCHEMA, statistics=False, name=name, id=f"ds-{name}")

    assert ["a", "b", "c"] == [one.name for one in aml.datasources.list(order_by="name")]
    assert ["c", "b"] == [one.name for one in aml.datasources.list(order_by="name", order="desc", limit=2)]
    assert ["ds-a", "ds-c", "ds-b"] == aml.datasources.list(order="desc").ids()
    assert 3 == aml.datasources.list(uri="s3://staging/none").count()
    assert 0 == aml.datasources.list(created_at__ge=datetime.now(UTC) + timedelta(days=1)).count()
    assert 3 == aml.datasources.list(created_at__le=datetime.now(UTC) + timedelta(days=1), order="asc").count()
