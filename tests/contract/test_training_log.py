"""A model's training log, read back on every carrier."""

from __future__ import annotations

from amlwrap import Client, Schema

ROWS = "".join(f"{number % 7},{'ab'[number % 2]},{int(number % 7 > 3)}\n" for number in range(300))


def test_a_model_reads_its_log(aml: Client) -> None:
    """Learners, the best of them by likelihood, passes, records: as the engine wrote them."""
    schema = Schema.parse(
        {
            "version": "1.0",
            "targetAttributeName": "y",
            "dataFormat": "CSV",
            "dataFileContainsHeader": True,
            "attributes": [
                {"attributeName": "n", "attributeType": "NUMERIC"},
                {"attributeName": "c", "attributeType": "CATEGORICAL"},
                {"attributeName": "y", "attributeType": "BINARY"},
            ],
        }
    )
    data = aml.datasources.create(f"n,c,y\n{ROWS}".encode(), schema=schema)
    model = aml.models.create(data, passes=3).wait()

    log = model.training_log()

    assert (True, 3, 900, 0) == (log.complete, log.n_passes, log.n_valid, log.n_invalid)
    assert (0.01, 0.1, 1.0, 10.0, 100.0) == tuple(report.rate for report in log.learners)
    ended = [report for report in log.reports if report.n_updates == 300]
    assert min(ended, key=lambda report: report.likelihood).learner == log.best_learner
    assert log.beginning is not None
    assert ("logreg", 3) == (log.beginning.loss, log.beginning.max_passes)
    assert log.best is not None
    assert log.best.active is not None
    assert (900, 3, 2700) == (log.best.active.n_updates, log.best.active.least, log.best.active.total)
