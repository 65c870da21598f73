"""Making a datasource: read every record once, refuse what cannot be read, count what was asked to be counted."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.insights import insights
from amlwrap.local.ingest.rejections import check_rejections
from amlwrap.local.ingest.statistics import Statistics
from amlwrap.local.pipeline.query import stage_rows
from amlwrap.local.pipeline.source import Source, counted_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amlwrap.local.home import Home
    from amlwrap.local.ingest.table import Table
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
    blocks = _told(task, census.watch(source.blocks(task)))
    statistics = counted_in(task, blocks, source.schema) if source.has_statistics else None
    deque(blocks, maxlen=0)  # whoever counted has gone through them already
    log_faults(task, census)
    if statistics is not None:
        check_rejections(census, task.limits)
        with task.home.publish(task.home.datasource_statistics(task.id)) as folder:
            statistics.save(folder)
        task.cache.discard(("statistics", task.id))
        task.cache.setdefault(("statistics", task.id), lambda: statistics)
    return result


def what_was_counted(home: Home, id: str) -> dict[str, Any]:
    """
    The statistics of the datasource *id*, put into words for those who look at them.

    Raises:
        DataError: They are not there, or spoilt.
    """
    return insights(Statistics.load(home.datasource_statistics(id)))


def _told(task: Task, blocks: Iterable[Table]) -> Iterator[Table]:
    """The same *blocks*, with a word on how far they are."""
    for block in blocks:
        task.progress(0.8 * block.reached, "counting values")
        yield block
        del block  # before the next one is read


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
