"""Lineage: found out with few calls, drawn so that no name breaks the drawing."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import Client
from amlwrap.exceptions import ConfigError, NotFoundError, ThrottledError
from amlwrap.resources import Lineage, Node
from tests.scripted import Fault, Script
from tests.test_html import HOSTILE, inspected

Reply = Callable[..., dict[str, Any]]
URI = "s3://b/bank.csv"


class Account:
    """A service with resources in it, which answers gets and describes."""

    kinds = ("DataSource", "MLModel", "Evaluation", "BatchPrediction")

    def __init__(self, script: Script) -> None:
        self.entities: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in self.kinds}
        for kind in self.kinds:
            script.on(f"Get{kind}", partial(self._get, kind))
            script.on(f"Describe{kind}s", partial(self._describe, kind))

    def add(self, kind: str, id: str, **members: Any) -> None:
        self.entities[kind][id] = {f"{kind}Id": id, "Status": "COMPLETED", **members}

    def _get(self, kind: str, params: dict[str, Any]) -> Any:
        return self.entities[kind].get(params[f"{kind}Id"]) or Fault("ResourceNotFoundException")

    def _describe(self, kind: str, params: dict[str, Any]) -> dict[str, Any]:
        members = {"DataSourceId": ("EvaluationDataSourceId", "BatchPredictionDataSourceId")}
        names = members.get(params["FilterVariable"], (params["FilterVariable"],))
        found = [each for each in self.entities[kind].values() if any(each.get(name) == params["EQ"] for name in names)]
        return {"Results": found}


@pytest.fixture
def account(script: Script) -> Account:
    """A file in three slices, a model with an evaluation and a batch prediction, and another model that used it too."""
    account = Account(script)
    account.add("DataSource", "ds-all", Name="bank", DataLocationS3=URI)
    account.add("DataSource", "ds-train", DataLocationS3=URI, DataRearrangement='{"splitting":{"percentEnd":70}}')
    account.add("DataSource", "ds-test", DataLocationS3=URI, DataRearrangement='{"splitting":{"percentBegin":70}}')
    account.add("DataSource", "ds-new", DataLocationS3="s3://b/new.csv")
    account.add("MLModel", "ml-1", MLModelType="BINARY", TrainingDataSourceId="ds-train")
    account.add("MLModel", "ml-2", MLModelType="BINARY", TrainingDataSourceId="ds-gone")
    metrics = {"PerformanceMetrics": {"Properties": {"BinaryAUC": "0.94123"}}}
    account.add("Evaluation", "ev-1", MLModelId="ml-1", EvaluationDataSourceId="ds-test", **metrics)
    account.add("Evaluation", "ev-2", MLModelId="ml-2", EvaluationDataSourceId="ds-train")
    account.add(
        "BatchPrediction", "bp-1", MLModelId="ml-1", BatchPredictionDataSourceId="ds-new", TotalRecordCount=1200
    )
    return account


def test_a_models_lineage(aml: Client, account: Account, script: Script) -> None:
    """Its data, the slices beside it, and what came of it with what else that comes from."""
    lineage = aml.models.get("ml-1").lineage()

    assert (
        "s3://b/bank.csv\n"
        "├── datasource ds-train, 0 to 70 %, COMPLETED\n"
        "│   └── model ml-1, BINARY, COMPLETED  ←\n"
        "│       ├── evaluation ev-1, AUC 0.9412, on datasource ds-test, COMPLETED\n"
        "│       └── batch prediction bp-1, 1,200 rows, on datasource ds-new, COMPLETED\n"
        "├── datasource ds-all 'bank', all rows, COMPLETED\n"
        "└── datasource ds-test, 70 to 100 %, COMPLETED\n"
        "s3://b/new.csv\n"
        "└── datasource ds-new, all rows, COMPLETED"
    ) == str(lineage)
    assert "<Lineage of model 'ml-1', with 6 others>" == repr(lineage)
    assert lineage.complete
    assert [
        "GetMLModel",
        "GetDataSource",
        "DescribeDataSources",
        "DescribeEvaluations",
        "DescribeBatchPredictions",
        "GetDataSource",
    ] == script.operations()


def test_a_datasources_lineage(aml: Client, account: Account) -> None:
    """All models of it, with what came of them, and strangers that only met it; the gone are shown as deleted."""
    lineage = aml.datasources.get("ds-train").lineage()

    assert (
        "s3://b/bank.csv\n"
        "├── datasource ds-train, 0 to 70 %, COMPLETED  ←\n"
        "│   └── model ml-1, BINARY, COMPLETED\n"
        "│       ├── evaluation ev-1, AUC 0.9412, on datasource ds-test, COMPLETED\n"
        "│       └── batch prediction bp-1, 1,200 rows, on datasource ds-new, COMPLETED\n"
        "├── datasource ds-all 'bank', all rows, COMPLETED\n"
        "└── datasource ds-test, 70 to 100 %, COMPLETED\n"
        "s3://b/new.csv\n"
        "└── datasource ds-new, all rows, COMPLETED\n"
        "data whose location is not known\n"
        "└── datasource ds-gone, DELETED\n"
        "    └── model ml-2, BINARY, COMPLETED\n"
        "        └── evaluation ev-2, on datasource ds-train, COMPLETED"
    ) == str(lineage)
    assert lineage.complete


@pytest.mark.parametrize(("collection", "id"), [("evaluations", "ev-1"), ("batch_predictions", "bp-1")])
def test_where_a_result_comes_from(collection: str, id: str, *, aml: Client, account: Account, script: Script) -> None:
    """In five calls: its model, its data, the model's data, and the slices beside both."""
    lineage = getattr(aml, collection).get(id).lineage()

    assert {"ml-1", "ds-train"} <= {node.id for node in lineage.nodes}
    assert ["ml-1"] == [node.id for node in lineage.parents(lineage.focus) if node.kind == "model"]
    assert 2 == len(lineage.parents(lineage.focus))
    assert () == lineage.children(lineage.focus)
    assert len(script.calls) <= 1 + 5


@pytest.mark.parametrize("most", range(8))
def test_no_more_calls_than_allowed(most: int, *, aml: Client, account: Account, script: Script) -> None:
    """What could not be asked is named, and the lineage says that it is not complete."""
    model = aml.models.get("ml-1")
    script.calls.clear()

    lineage = model.lineage(max_calls=most)

    assert min(most, 5) == len(script.calls)
    assert (most >= 5) == lineage.complete
    assert lineage.complete or str(lineage).endswith("There is more: lineage(max_calls=…) asks further.")
    assert lineage.complete or "There is more" in lineage.html()
    assert {"ml-1", "ds-train"} <= {node.id for node in lineage.nodes}
    if not most:
        assert "datasource ds-train, not asked" in str(lineage)
        with pytest.raises(ConfigError, match="0 or more"):
            model.lineage(max_calls=-1)


def test_one_page_of_each_kind_is_shown(aml: Client, account: Account, script: Script) -> None:
    """The first that is not empty; that there are more is told."""
    results = [{"EvaluationId": f"ev-{number}", "Name": '"' * 90, "MLModelId": "ml-1"} for number in range(100)]
    script.on("DescribeEvaluations", {"Results": [], "NextToken": "a"}, {"Results": results, "NextToken": "b"})

    lineage = aml.models.get("ml-1").lineage()

    assert (100, False) == (sum(node.kind == "evaluation" for node in lineage.nodes), lineage.complete)
    assert ["a"] == [params["NextToken"] for params in script.params("DescribeEvaluations") if "NextToken" in params]
    assert "lines more" in inspected(lineage._repr_html_()).text


def test_data_without_a_location_have_no_siblings(aml: Client, account: Account, script: Script) -> None:
    """Nor has data whose location is longer than a filter may be."""
    account.add("DataSource", "ds-none")
    account.add("DataSource", "ds-long", DataLocationS3=f"s3://b/{'k' * 2000}", DataRearrangement='{"by":"moon"}')

    assert 1 == len(aml.datasources.get("ds-none").lineage().nodes)
    assert "some rows" == aml.datasources.get("ds-long").lineage().focus.detail
    assert [] == script.params("DescribeDataSources")


def test_other_errors_are_raised(aml: Client, account: Account, script: Script) -> None:
    """Only what is gone is drawn."""
    model = aml.models.get("ml-1")
    script.on("GetDataSource", Fault("ThrottlingException"))

    with pytest.raises(ThrottledError):
        model.lineage()
    with pytest.raises(NotFoundError):
        aml.models.get("ml-9").lineage()


def node_names() -> st.SearchStrategy[str]:
    """Any name, and those that have meant something to somebody."""
    known = [HOSTILE, '"]', "end", "1. one", "`**b**`", "%%{init:{}}%%", "#quot;", "style a:b#c;"]
    return st.text(max_size=70) | st.sampled_from(known)


@st.composite
def lineages(draw: st.DrawFn) -> Lineage:
    """A model with many results on few slices."""
    data = [Node("datasource", f"ds-{at}", draw(node_names()), "COMPLETED", uri=draw(node_names())) for at in range(3)]
    model = Node("model", "ml-1", draw(node_names()), draw(node_names()), draw(node_names()))
    made = [Node("evaluation", f"ev-{at}", draw(node_names())) for at in range(draw(st.integers(0, 20)))]
    edges = [(data[0], model), *((model, each) for each in made), *((data[1], each) for each in made)]
    return Lineage(draw(st.sampled_from([*data, model])), (*data, model, *made), tuple(edges), draw(st.booleans()))


@given(lineages())
def test_a_picture_has_a_box_for_each_and_no_words_of_ours(lineage: Lineage) -> None:
    """Labels hold letters, digits, blanks and code points alone, whatever the names."""
    lines = lineage.mermaid().splitlines()
    box = re.compile(r' +(?:subgraph s|n)\d+\["(?:[^\W_]|[ ]|#\d+;|<br/>)*"\]')

    assert "flowchart LR" == lines[0]
    assert len(lineage.nodes) == sum(bool(re.match(r" +n\d+\[", line)) for line in lines)
    assert len(lineage.edges) == sum(bool(re.fullmatch(r"  n\d+ --> n\d+", line)) for line in lines)
    assert [] == [
        line
        for line in lines[1:]
        if not box.fullmatch(line) and not re.fullmatch(r"  (end|n\d+ --> n\d+|style n\d+ stroke-width:4px)", line)
    ]


@given(lineages())
def test_a_tree_has_a_line_for_each(lineage: Lineage) -> None:
    """And one for each location; in a notebook it is small and harmless."""
    places = {node.uri for node in lineage.nodes if node.kind == "datasource"}

    lines = str(lineage).split("\n")

    assert len(lineage.nodes) + len(places) + (not lineage.complete) == len(lines)
    assert 1 == sum(line.endswith("  ←") and "── " in line for line in lines)
    inspected(lineage._repr_html_())
    assert len(lineage.nodes) + len(places) == lineage.html().count("<li>")
