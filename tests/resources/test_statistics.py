"""Statistics of a datasource: typed values of what an engine sends, and a reason where nothing comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from amlwrap import Client
from amlwrap.exceptions import ConfigError
from amlwrap.resources import AttributeStatistics, Statistics
from tests.scripted import Script

DOCUMENT: dict[str, Any] = {
    "n_records": 3,
    "n_rows": 2,
    "n_invalid_records": 1,
    "target": "y",
    "attributes": [
        {
            "name": "age",
            "type": "NUMERIC",
            "n": 2,
            "n_invalid": 1,
            "mean": 37.5,
            "correlation": 0.25,
            "histogram": {"bounds": [31.0, 37.5, 44.0], "counts": [1, 1]},
            "of another day": 1,
        },
        {"name": "y", "type": "BINARY", "n": 2, "n_distinct": 2, "top": [["1", 2], ["0", 1]], "correlation": None},
    ],
}


def test_they_are_typed_values() -> None:
    """A mapping of names in the order of the columns; members nobody knows yet are passed over."""
    found = Statistics.of(DOCUMENT)

    assert (["age", "y"], 2, (3, 2, 1, "y")) == (
        list(found),
        len(found),
        (found.n_records, found.n_rows, found.n_invalid_records, found.target),
    )
    assert found["age"] == AttributeStatistics(
        name="age",
        type="NUMERIC",
        n=2,
        n_invalid=1,
        mean=37.5,
        correlation=0.25,
        histogram=((31.0, 37.5, 1), (37.5, 44.0, 1)),
    )
    assert (("1", 2), ("0", 1)) == found["y"].top


def test_they_print_as_a_table() -> None:
    """A line per attribute."""
    header, age, y, counts = str(Statistics.of(DOCUMENT)).splitlines()

    assert "attribute  type     missing  invalid  distinct  min  median  mean  max  to target  most" == header
    assert "age        NUMERIC        0        1                         37.5            0.25" == age
    assert y.endswith("1 (2), 0 (1)")
    assert "2 rows of 3 records, 1 with an invalid value" == counts


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"ComputeStatistics": False}, "statistics=True"),
        ({"Status": "INPROGRESS"}, "wait"),
        ({}, "AWS shows them in its console only"),
    ],
)
def test_where_there_are_none_a_reason_is_given(
    changes: dict[str, Any], match: str, aml: Client, script: Script, datasource: Callable[..., dict[str, Any]]
) -> None:
    """None were asked for, not yet, or not by anybody's program."""
    script.on("GetDataSource", datasource(**changes))

    with pytest.raises(ConfigError, match=match):
        aml.datasources.get("ds-1").statistics()


def test_a_reply_that_is_no_object_of_ours_is_left_alone(
    aml: Client, script: Script, datasource: Callable[..., dict[str, Any]]
) -> None:
    """AWS could say the word; a client that did not ask takes nothing from it."""
    script.on("GetDataSource", datasource(**{"amlwrap.statistics": DOCUMENT}))

    assert "amlwrap.statistics" not in aml.datasources.get("ds-1").raw
