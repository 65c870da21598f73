"""One call, from data to a measured model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import amlwrap
from amlwrap import Run

BANKING = Path(__file__).parent.parent / "docs" / "samples" / "banking.csv"


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A run on the sample of bank clients."""
    with amlwrap.train(BANKING, target="y", row_id="customer", progress=False) as made:
        yield made


def test_everything_it_makes_is_there(run: Run) -> None:
    """Datasource, parts, model and evaluation are completed resources with the names the wizard proposes."""
    made = (run.datasource, run.train_data, run.test_data, run.model, run.evaluation)

    assert ["COMPLETED"] * 5 == [one.status for one in made]
    assert [
        "banking",
        "banking (train 70%)",
        "banking (test 30%)",
        "ML model: banking",
        "Evaluation: ML model: banking",
    ] == [one.name for one in made]
