"""Tags: a live mapping, a call for each read, and nothing sent that cannot be a tag."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import Client, Datasource
from amlwrap.exceptions import ConfigError, InvalidInputError, NotFoundError
from amlwrap.resources import Tags
from amlwrap.resources._tags import checked_tags
from tests.scripted import Fault, Script, client_on

Reply = Callable[..., dict[str, Any]]


class Tagging:
    """A service that keeps tags; ids in *gone* it does not know."""

    def __init__(self, script: Script, **tags: dict[str, str]) -> None:
        self.tags = {name.replace("_", "-"): dict(kept) for name, kept in tags.items()}
        self.gone: set[str] = set()
        script.on("DescribeTags", self._describe)
        script.on("AddTags", self._add)
        script.on("DeleteTags", self._delete)

    def _of(self, params: dict[str, Any]) -> dict[str, str] | Fault:
        name = params["ResourceId"]
        return Fault("ResourceNotFoundException", f"No {name}") if name in self.gone else self.tags.setdefault(name, {})

    def _describe(self, params: dict[str, Any]) -> Any:
        tags = self._of(params)
        if isinstance(tags, Fault):
            return tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _add(self, params: dict[str, Any]) -> Any:
        tags = self._of(params)
        if isinstance(tags, Fault):
            return tags
        tags.update({tag["Key"]: tag["Value"] for tag in params["Tags"]})
        return {}

    def _delete(self, params: dict[str, Any]) -> Any:
        tags = self._of(params)
        if isinstance(tags, Fault):
            return tags
        for key in params["TagKeys"]:
            tags.pop(key, None)
        return {}


@pytest.fixture
def service(script: Script) -> Tagging:
    """One that has tagged a datasource."""
    return Tagging(script, ds_1={"a": "1", "team": "shop"})


@pytest.fixture
def tags(aml: Client, script: Script, service: Tagging, datasource: Reply) -> Tags:
    """Of that datasource, with no call made for them yet."""
    script.on("GetDataSource", datasource())
    found = aml.datasources.get("ds-1").tags
    script.calls.clear()
    return found


READS: list[tuple[str, Callable[[Tags], Any], Any]] = [
    ("dict", dict, {"a": "1", "team": "shop"}),
    ("unpacked", lambda tags: {**tags}, {"a": "1", "team": "shop"}),
    ("list", list, ["a", "team"]),
    ("sorted", sorted, ["a", "team"]),
    ("tuple", tuple, ("a", "team")),
    ("keys", lambda tags: list(tags.keys()), ["a", "team"]),
    ("values", lambda tags: list(tags.values()), ["1", "shop"]),
    ("items", lambda tags: list(tags.items()), [("a", "1"), ("team", "shop")]),
    ("lookup", lambda tags: tags["team"], "shop"),
    ("get", lambda tags: tags.get("stage", "none"), "none"),
    ("in", lambda tags: ("team" in tags, 1)[0], True),
    ("len", len, 2),
    ("truth", bool, True),
    ("equality", lambda tags: tags == {"a": "1", "team": "shop"}, True),
    ("inequality", lambda tags: tags == {"a": "1"}, False),
    ("repr", repr, "Tags({'a': '1', 'team': 'shop'})"),
]


@pytest.mark.parametrize(("read", "expected"), [read[1:] for read in READS], ids=[read[0] for read in READS])
def test_a_read_is_one_call(read: Callable[[Tags], Any], expected: Any, *, tags: Tags, script: Script) -> None:
    """Whatever is read, and however many tags there are."""
    assert expected == read(tags)
    assert [("DescribeTags", {"ResourceId": "ds-1", "ResourceType": "DataSource"})] == script.calls


def test_nothing_is_stale(tags: Tags, service: Tagging) -> None:
    """What was read before does not make a later read remember."""
    assert {"a": "1", "team": "shop"} == dict(tags)
    service.tags["ds-1"] = {"a": "2", "team": "bank"}

    assert ["2", "bank"] == [tags[key] for key in ("a", "team")]
    assert {"a": "2", "team": "bank"} == dict(tags)
    assert (2, ["a", "team"]) == (len(tags), list(tags))
    tags.keys()
    service.tags["ds-1"] = {"a": "3"}
    assert 1 == len(tags)
    assert "3" == tags["a"]


def test_lookups_out_of_order_ask(tags: Tags, script: Script, service: Tagging) -> None:
    """Whoever looks up what was not the next key gets what is there now, and so does everybody after."""
    tags.keys()

    assert ("shop", "1") == (tags["team"], tags["a"])
    assert 3 == len(script.calls)
    assert ["shop"] == list(map(tags.__getitem__, list(tags.keys())[1:]))


def test_writes_are_told(tags: Tags, script: Script, service: Tagging) -> None:
    """Setting is one call, and so is setting many."""
    tags["stage"] = "test"
    tags.update({"team": "bank", "x": ""}, y="1")
    tags.update({})

    assert {"a": "1", "team": "bank", "stage": "test", "x": "", "y": "1"} == service.tags["ds-1"]
    assert ["AddTags"] * 2 == script.operations()
    tags.update([("p", "q")])
    assert "q" == service.tags["ds-1"]["p"]


def test_more_than_a_call_holds_are_several_calls(tags: Tags, script: Script, service: Tagging) -> None:
    """A hundred at a time, coming and going."""
    tags.update({f"k{number}": "" for number in range(150)})
    assert [100, 50] == [len(params["Tags"]) for params in script.params("AddTags")]

    tags.clear()

    assert [100, 52] == [len(params["TagKeys"]) for params in script.params("DeleteTags")]
    assert {} == service.tags["ds-1"]
    tags.clear()
    assert 2 == len(script.params("DeleteTags"))


def test_tags_are_taken_off(tags: Tags, service: Tagging) -> None:
    """As from any mapping."""
    del tags["a"]
    assert {"team": "shop"} == service.tags["ds-1"]
    assert ("shop", "none") == (tags.pop("team"), tags.pop("team", "none"))
    assert "x" == tags.setdefault("k", "x") == tags.setdefault("k", "y")
    assert ("k", "x") == tags.popitem()
    assert {} == service.tags["ds-1"]


def test_what_is_not_there_is_a_key_error(tags: Tags, script: Script) -> None:
    """Reading it or taking it off; nothing is deleted then."""
    with pytest.raises(KeyError, match="stage"):
        _ = tags["stage"]
    with pytest.raises(KeyError, match="stage"):
        del tags["stage"]
    with pytest.raises(KeyError):
        tags.pop("stage")
    tags.clear()
    with pytest.raises(KeyError):
        tags.popitem()

    assert 1 == len(script.params("DeleteTags"))


def test_a_missing_value_is_the_empty_one(tags: Tags, script: Script) -> None:
    """The service lets a tag have none."""
    script.on("DescribeTags", {"Tags": [{"Key": "a"}]})

    assert {"a": ""} == dict(tags)


def test_errors_name_the_tagged(tags: Tags, service: Tagging) -> None:
    """A repr tells its error instead of raising it."""
    service.gone.add("ds-1")

    with pytest.raises(NotFoundError, match="DescribeTags on datasource 'ds-1'"):
        dict(tags)
    assert repr(tags).startswith("<Tags of datasource 'ds-1': DescribeTags on datasource 'ds-1' was refused")


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"": "x"}, "1 to 128 letters"),
        ({"k" * 129: "x"}, "1 to 128 letters"),
        ({"a": "x" * 257}, r"tag 'a': expected 0 to 256 letters.*found 'x{59}…\."),
        ({"a\n": "x"}, "found 'a"),
        ({"a": "<b>"}, "tag 'a'"),
        ({"aws:a": "x"}, "does not begin with 'aws:'"),
        ({"a": 3}, "found 3"),
    ],
)
def test_what_cannot_be_a_tag_is_not_sent(wrong: dict[str, Any], match: str, *, tags: Tags, script: Script) -> None:
    """Neither it nor what comes with it."""
    with pytest.raises(ConfigError, match=match):
        tags.update({"good": "x", **wrong})

    assert [] == script.calls


def test_tags_are_a_mapping(aml: Any, script: Script, schema: Any) -> None:
    """A list of keys is none."""
    wrong: Any = ["stage"]
    with pytest.raises(ConfigError, match="tags: expected a mapping of keys to values, found list"):
        aml.datasources.create("s3://b/k", schema=schema, tags=wrong)

    assert [] == script.calls


@given(st.dictionaries(st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=128), st.just("é 1/2")))
def test_every_script_has_letters(tags: dict[str, str]) -> None:
    """Words of any language can be tags."""
    assert tags == checked_tags(tags)


def test_a_pickle_keeps_the_name_and_no_connection(tags: Tags) -> None:
    """It says which client to ask."""
    copied = pickle.loads(pickle.dumps(tags))

    with pytest.raises(ConfigError, match=r"aml\.datasources\.get\('ds-1'\)"):
        dict(copied)


def test_creating_puts_tags_on(aml: Client, script: Script, service: Tagging, schema: Any) -> None:
    """On all four kinds, with one more call."""
    service.tags.clear()
    data = aml.datasources.create("s3://b/k", schema=schema, tags={"stage": "test"})
    other = aml.datasources.create("s3://b/other", schema=schema)
    model = aml.models.create(data, tags={"stage": "test"})
    made = [
        data,
        model,
        model.evaluate(other, tags={"stage": "test"}),
        aml.batch_predictions.create(model, other, tags={"stage": "test"}),
    ]

    assert [{"stage": "test"}] * 4 == [service.tags[one.id] for one in made]
    assert 4 == len(script.params("AddTags"))


def test_wrong_tags_make_nothing(aml: Client, script: Script, service: Tagging, schema: Any) -> None:
    """They are looked at before anything is created."""
    with pytest.raises(ConfigError, match="tag"):
        aml.datasources.create("s3://b/k", schema=schema, tags={"<": ""})

    assert [] == script.calls


def test_a_create_that_could_not_tag_may_be_repeated(aml: Client, script: Script, schema: Any) -> None:
    """The error names what was made; the same call again puts on the tags."""
    script.on("AddTags", Fault("InvalidInputException", "not now"), {})

    def create() -> Datasource:
        return aml.datasources.create("s3://b/k", schema=schema, tags={"a": "b"}, id="ds-7")

    with pytest.raises(InvalidInputError, match="AddTags on datasource 'ds-7'"):
        create()
    assert "ds-7" == create().id


def test_those_with_a_tag_are_found(aml: Client, script: Script, service: Tagging) -> None:
    """A call for each candidate that is looked at, no more; what has vanished is passed over."""
    service.tags |= {"ml-1": {"stage": "test"}, "ml-2": {}, "ml-3": {"stage": "production"}, "ml-4": {"stage": "x"}}
    service.gone.add("ml-4")
    script.on("DescribeMLModels", {"Results": [{"MLModelId": f"ml-{number}"} for number in range(1, 5)]})
    listing = aml.models.by_tag("stage", name__prefix="b", order="asc", limit=2)
    assert [] == script.calls
    assert "<Listing of models(name__prefix='b', order='asc', limit=2) tagged 'stage'>" == repr(listing)

    first = listing.first()

    assert first is not None
    assert ("ml-1", ["DescribeMLModels", "DescribeTags"]) == (first.id, script.operations())
    assert ["ml-1", "ml-3"] == listing.ids() == aml.models.by_tag("stage").ids()
    assert [{"FilterVariable": "Name", "Prefix": "b", "SortOrder": "asc"}] * 2 == script.params("DescribeMLModels")[:2]
    assert ["ml-3"] == aml.models.by_tag("stage", "production").ids()
    assert 0 == aml.models.by_tag("stage", "").count()


def test_all_four_kinds_are_found_by_tag(script: Script) -> None:
    """Each by its own type of resource."""
    service = Tagging(script)
    aml = client_on(script)
    for kind, name in [
        ("DataSource", "ds-1"),
        ("MLModel", "ml-1"),
        ("Evaluation", "ev-1"),
        ("BatchPrediction", "bp-1"),
    ]:
        script.on(f"Describe{kind}s", {"Results": [{f"{kind}Id": name}]})
        service.tags[name] = {"a": ""}

    found = (aml.datasources, aml.models, aml.evaluations, aml.batch_predictions)
    assert ["ds-1", "ml-1", "ev-1", "bp-1"] == [collection.by_tag("a", "").one().id for collection in found]
    assert ["DataSource", "MLModel", "Evaluation", "BatchPrediction"] == [
        params["ResourceType"] for params in script.params("DescribeTags")
    ]
