"""Filters: keywords in, the service's parameters out, and a refusal where it could not do them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest

from amlwrap import Datasource, Model
from amlwrap._describing import describe, known_filters
from amlwrap._wire import BATCH_PREDICTION, DATASOURCE, EVALUATION, MODEL, Kind
from amlwrap.exceptions import ConfigError
from amlwrap.resources import ChildFilters, DatasourceFilters, ModelFilters

ALL = [
    (DATASOURCE, DatasourceFilters),
    (MODEL, ModelFilters),
    (EVALUATION, ChildFilters),
    (BATCH_PREDICTION, ChildFilters),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {}),
        ({"name": "x"}, {"FilterVariable": "Name", "EQ": "x"}),
        ({"name__eq": "x"}, {"FilterVariable": "Name", "EQ": "x"}),
        ({"name__prefix": "x", "order": "asc"}, {"FilterVariable": "Name", "Prefix": "x", "SortOrder": "asc"}),
        ({"status__ne": "DELETED", "order": "desc"}, {"FilterVariable": "Status", "NE": "DELETED", "SortOrder": "dsc"}),
        (
            {"created_at__ge": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)},
            {"FilterVariable": "CreatedAt", "GE": "2026-01-02T03:04:05.678Z"},
        ),
        ({"datasource": "ds-1"}, {"FilterVariable": "TrainingDataSourceId", "EQ": "ds-1"}),
        ({"datasource": Datasource(id="ds-1")}, {"FilterVariable": "TrainingDataSourceId", "EQ": "ds-1"}),
        ({"order": "desc"}, {"SortOrder": "dsc"}),
        ({"order_by": "name"}, {"FilterVariable": "Name"}),
        ({"order_by": "name", "order": "desc"}, {"FilterVariable": "Name", "SortOrder": "dsc"}),
        ({"order_by": "name", "name": "x"}, {"FilterVariable": "Name", "EQ": "x"}),
        ({"limit": 7}, {"Limit": 7}),
        ({"limit": 700, "order": None}, {"Limit": 100}),
    ],
)
def test_filters_become_the_services(filters: dict[str, Any], expected: dict[str, Any]) -> None:
    """Keywords name a variable and, after two underscores, a comparison."""
    assert expected == describe(MODEL, filters)


@pytest.mark.parametrize(
    ("filters", "match"),
    [
        ({"colour": "red"}, "list\\(\\) of models: expected one of algorithm, created_at"),
        ({"nmae": "red"}, "Did you mean 'name'"),
        ({"name__perfix": "x"}, "Did you mean 'name__prefix'"),
        ({"limt": 3}, "Did you mean 'limit'"),
        ({"created_at__prefix": "2026"}, "a time has no prefix"),
        ({"name": "x", "status": "FAILED"}, "one filter; the service takes no more, found name and status"),
        ({"name__ge": "a", "name__lt": "b"}, "one filter"),
        ({"name": None}, "found name=None. Leave the filter out"),
        ({"datasource": Model(id="ml-1")}, "a datasource or its id, found datasource= the model 'ml-1'"),
        ({"name": Model(id="ml-1")}, "a text, found name= the model 'ml-1'"),
        ({"order": "up"}, '"asc" or "desc"'),
        ({"order_by": "nmae"}, "Did you mean 'name'"),
        ({"order_by": "name", "status": "FAILED"}, "the filtered variable"),
        ({"limit": 0}, "at least 1"),
        ({"limit": True}, "a whole number"),
    ],
)
def test_what_the_service_cannot_do_is_refused(filters: dict[str, Any], match: str) -> None:
    """The error says what there is, and what may have been meant."""
    with pytest.raises(ConfigError, match=match):
        describe(MODEL, filters)


@pytest.mark.parametrize(("kind", "typed"), ALL, ids=[kind.collection for kind, _ in ALL])
def test_all_filters_are_typed(kind: Kind, typed: Any) -> None:
    """What type checkers know is what there is: each variable with each of its operators."""
    names = {"Datasource": Datasource, "Model": Model}
    hints = get_type_hints(typed, localns=names)

    assert known_filters(kind) | {"order", "order_by", "limit"} == set(hints)
    assert set(kind.filters) == set(hints["order_by"].__args__)
