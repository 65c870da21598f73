"""Making a datasource: read every record once, refuse what cannot be read, count what was asked to be counted."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from amlwrap.local.ingest.budget import Budget
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.insights import insights
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.ingest.statistics import summarise
from amlwrap.local.pipeline.query import stage_rows
from amlwrap.local.pipeline.source import Source
from amlwrap.local.results import PRIVATE_PREFIX

if TYPE_CHECKING:
    from amlwrap.local.ingest.statistics import Statistics
    from amlwrap.local.task import Task


def run_datasource(task: Task) -> dict[str, Any]:
    """The job of a datasource."""
    source = Source.of(task)
    if "SelectSqlQuery" in task.request["DataSpec"]:
        stage_rows(task, source.schema)
    files = source.files(task)
    task.log(f"reading {source.uri}: {len(files)} files, {sum(file.size for file in files)} bytes")
    result: dict[str, Any] = {"DataSizeInBytes": sum(file.size for file in files), "NumberOfFiles": len(files)}
    census = Census()
    blocks = census.watch(source.blocks(task))
    statistics = summarise(blocks, source.schema, Budget.within(task.memory // 2)) if source.has_statistics else None
    deque(blocks, maxlen=0)
    log_faults(task, census)
    if statistics is not None:
        check_rejections(census, task.limits)
        keep_statistics(task, statistics)
        result[f"{PRIVATE_PREFIX}statistics"] = insights(statistics)
    return result


def keep_statistics(task: Task, statistics: Statistics) -> None:
    """Write *statistics* down for those who build on the datasource, and keep them at hand."""
    with task.home.publish(task.home.datasource_statistics(task.id)) as folder:
        statistics.save(folder)
    task.cache.discard(("statistics", task.id))
    task.cache.setdefault(("statistics", task.id), lambda: statistics)


def log_faults(task: Task, census: Census) -> None:
    """Say in the job's log how many records there are, which could not be read, and where values do not fit."""
    task.log(f"records: valid={census.n_rows} invalid={census.n_faults}")
    warn = task.log.warn
    for fault in census.faults:
        warn(f"Invalid Record Found [Byte Offset : {fault.offset}] :InvalidDataException: {fault.reason}")
    examples = {value.attribute: value for value in reversed(census.invalid_values)}
    for name, count in census.n_invalid.items():
        if name in examples:
            first = examples[name]
            warn(f"attribute {name!r}: invalid={count}, the first {first.value!r} in {first.file}, line {first.line}")
