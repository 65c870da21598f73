"""Promotion: the tag arrives before it leaves."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from amlwrap import Client, Model
from amlwrap.exceptions import ConfigError, InvalidInputError, PromotionError
from tests.resources.test_tags import Tagging
from tests.scripted import Fault, Script

LIVE = {"stage": "production"}


@pytest.fixture
def service(script: Script) -> Tagging:
    """Three models, of which the first two are in production."""
    script.on("DescribeMLModels", {"Results": [{"MLModelId": f"ml-{number}"} for number in (1, 2, 3)]})
    script.on("GetMLModel", lambda params: {"MLModelId": params["MLModelId"]})
    return Tagging(script, ml_1={**LIVE, "team": "shop"}, ml_2=LIVE, ml_3={"stage": "test"})


@pytest.fixture
def new(aml: Client, service: Tagging, script: Script) -> Model:
    """The third model."""
    found = aml.models.get("ml-3")
    script.calls.clear()
    return found


def holders(service: Tagging) -> list[str]:
    """Who is in production."""
    return [name for name, tags in service.tags.items() if tags.get("stage") == "production"]


def test_a_tag_goes_to_the_new_one(aml: Client, new: Model, service: Tagging, script: Script) -> None:
    """Added, seen, then taken off the others; nothing else is touched."""
    promotion = aml.models.promote(new, "stage", "production")

    assert (["ml-3"], True) == (holders(service), promotion.added)
    assert (new, ["ml-1", "ml-2"]) == (promotion.holder, [model.id for model in promotion.demoted])
    assert {"team": "shop"} == service.tags["ml-1"]
    calls = [(name, params.get("ResourceId")) for name, params in script.calls if name != "DescribeMLModels"]
    assert [("DescribeTags", "ml-3"), ("AddTags", "ml-3"), ("DescribeTags", "ml-3")] == calls[:3]


def test_promoting_again_changes_nothing(aml: Client, new: Model, service: Tagging, script: Script) -> None:
    """And writes nothing."""
    aml.models.promote(new, "stage", "production")
    script.calls.clear()

    again = aml.models.promote(new, "stage", "production")

    assert (False, ()) == (again.added, again.demoted)
    assert {"DescribeTags", "DescribeMLModels"} == set(script.operations())


def test_other_values_of_the_key_stay(aml: Client, new: Model, service: Tagging) -> None:
    """The default value is the empty one."""
    aml.models.promote(new, "champion")

    assert (["ml-1", "ml-2"], "") == (holders(service), service.tags["ml-3"]["champion"])


def test_a_refused_tag_takes_nothing_away(aml: Client, new: Model, service: Tagging, script: Script) -> None:
    """The old holders stay, and the error is the service's."""
    script.on("AddTags", Fault("InvalidTagException", "no such tag"))

    with pytest.raises(InvalidInputError, match="AddTags on model 'ml-3'"):
        aml.models.promote(new, "stage", "production")

    assert ["ml-1", "ml-2"] == holders(service)


@pytest.mark.parametrize(
    ("answer", "match"),
    [({"Tags": []}, "is not to be seen"), (Fault("AccessDeniedException", status=403), "could not be seen")],
)
def test_a_tag_that_did_not_arrive_takes_nothing_away(
    answer: Any, match: str, *, aml: Client, new: Model, service: Tagging, script: Script
) -> None:
    """The error says that the old holders still hold it."""
    script.on("DescribeTags", {"Tags": []}, answer)

    with pytest.raises(PromotionError, match=match) as caught:
        aml.models.promote(new, "stage", "production")

    assert (False, ()) == (caught.value.held, caught.value.demoted)
    assert "who held it, still does" in str(caught.value)
    assert [] == script.params("DeleteTags")


def test_a_failure_half_way_says_who_holds(aml: Client, new: Model, service: Tagging, script: Script) -> None:
    """There is always a holder; repeating finishes the work."""
    script.on("DeleteTags", service._delete, Fault("AccessDeniedException", "no", 403))

    with pytest.raises(PromotionError) as caught:
        aml.models.promote(new, "stage", "production")

    assert (
        "model 'ml-3' holds the tag 'stage'='production'; 'ml-1' no longer does. It may still be on others as well, "
        "for taking it off failed: DeleteTags on model 'ml-2' was refused with AccessDeniedException: no. "
        "Promoting again does no harm."
    ) == str(caught.value)
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))
    assert ["ml-2", "ml-3"] == holders(service)
    script.on("DeleteTags", service._delete)
    assert ["ml-2"] == [model.id for model in aml.models.promote(new, "stage", "production").demoted]
    assert ["ml-3"] == holders(service)


def test_who_vanishes_holds_nothing(aml: Client, new: Model, service: Tagging, script: Script) -> None:
    """An old holder that is deleted meanwhile is in nobody's way."""
    script.on("DeleteTags", Fault("ResourceNotFoundException"))

    assert 2 == len(aml.models.promote(new, "stage", "production").demoted)


def test_only_ones_own_are_promoted(aml: Client, new: Model, script: Script) -> None:
    """A model is no evaluation."""
    with pytest.raises(ConfigError, match="one of <evaluations of aml>"):
        aml.evaluations.promote(new, "stage")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

    assert [] == script.calls
