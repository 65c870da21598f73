"""Making a datasource: read every record once, refuse what cannot be read, count what was asked to be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amlwrap.local.ingest.columns import BinaryColumn, NumericColumn
from amlwrap.local.ingest.insights import insights
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.ingest.statistics import summarise
from amlwrap.local.pipeline.query import stage_rows
from amlwrap.local.pipeline.source import Source
from amlwrap.local.results import PRIVATE_PREFIX

if TYPE_CHECKING:
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.task import Task


def run_datasource(task: Task) -> dict[str, Any]:
    """The job of a datasource."""
    source = Source.of(task)
    if "SelectSqlQuery" in task.request["DataSpec"]:
        stage_rows(task, source.schema)
    files = source.files(task)
    task.log(f"reading {source.uri}: {len(files)} files, {sum(file.size for file in files)} bytes")
    table = source.table(task)
    log_faults(task, table)
    result: dict[str, Any] = {"DataSizeInBytes": sum(file.size for file in files), "NumberOfFiles": len(files)}
    if source.has_statistics:
        check_rejections(table)
        task.progress(0.8, "counting values")
        statistics = summarise(table, source.schema)
        with task.home.publish(task.home.datasource_statistics(task.id)) as folder:
            statistics.save(folder)
        task.cache.discard(("statistics", task.id))
        task.cache.setdefault(("statistics", task.id), lambda: statistics)
        result[f"{PRIVATE_PREFIX}statistics"] = insights(statistics)
    return result


def log_faults(task: Task, table: Table) -> None:
    """Say in the job's log how many records there are, which could not be read, and where values do not fit."""
    task.log(f"records: valid={table.n_rows} invalid={table.n_faults}")
    warn = task.log.warn
    for fault in table.faults:
        warn(f"Invalid Record Found [Byte Offset : {fault.offset}] :InvalidDataException: {fault.reason}")
    examples = {value.attribute: value for value in reversed(table.invalid_values)}
    for name, column in table.columns.items():
        if isinstance(column, NumericColumn | BinaryColumn) and column.invalid is not None and name in examples:
            first = examples[name]
            count = np.count_nonzero(column.invalid)
            warn(f"attribute {name!r}: invalid={count}, the first {first.value!r} in {first.file}, line {first.line}")
