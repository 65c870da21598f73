"""Predicting a batch: a score, or one a class, for every record that can be read, in the service's file layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.documents.predictions import columns
from amlwrap.documents.schema import AttributeType
from amlwrap.local.ingest.ahead import in_order
from amlwrap.local.ingest.census import Census
from amlwrap.local.limits import beyond
from amlwrap.local.pipeline.datasource import log_faults
from amlwrap.local.pipeline.scoring import model_rows, rows_at_once, told_text
from amlwrap.local.pipeline.source import Source
from amlwrap.local.pipeline.training import DEFAULT_THRESHOLD, load_model
from amlwrap.local.score.auc import labels_at
from amlwrap.local.score.batch_file import write_results
from amlwrap.local.score.batch_lines import BatchPart, BatchRows, lines_of_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amlwrap.documents.schema import Schema
    from amlwrap.local.ingest.table import Table
    from amlwrap.local.score.batch_lines import Lines
    from amlwrap.local.score.model import LinearModel
    from amlwrap.local.task import Task


def run_batch_prediction(task: Task) -> dict[str, Any]:
    """The job of a batch prediction."""
    model, trained = load_model(task)
    source = Source.of(task.parents["datasource"]).typed_as(trained.schema)
    schema = source.schema
    blocks, census = source.blocks(task, as_text=_raw_target(schema)).within("batch_bytes"), Census()
    threshold = float(task.parents["model"].result.get("ScoreThreshold", DEFAULT_THRESHOLD))
    answering = _Answering(model, schema, trained.schema, threshold)
    with task.home.scratch(task.id) as scratch:
        write_results(
            task.store,
            task.request["OutputUri"],
            task.id,
            [file.uri for file in blocks.files],
            answering.lines(_told(task, source.uri, census, blocks.passing())),
            columns=columns(
                model.type, model.classes, row_id=schema.row_id is not None, target=schema.target is not None
            ),
            scratch=scratch,
        )
    log_faults(task, census)
    return {"TotalRecordCount": census.n_records, "InvalidRecordCount": census.n_faults}


def _raw_target(schema: Schema) -> tuple[str, ...]:
    """The target, when its raw text would be lost by reading it as its type; of a BINARY one only 0 and 1 are told."""
    is_number = schema.target is not None and schema.type_of(schema.target) == AttributeType.NUMERIC
    return (schema.target,) if schema.target is not None and is_number else ()


def _told(task: Task, uri: str, census: Census, blocks: Iterable[Table]) -> Iterator[Table]:
    """The same *blocks*, counted as they pass by, with a word on how far they are."""
    for block in census.watch(blocks):
        if not task.limits.allow("batch_records", census.n_records):
            most = f"at most {task.limits.batch_records:,} records"
            raise beyond("batch_records", uri, expected=most, found=f"{census.n_records:,}")
        task.progress(0.3 + 0.6 * block.reached, f"scoring {census.n_records:,} records")
        yield block


@attrs.frozen
class _Answering:
    """A model, and what its answers are to stand beside."""

    model: LinearModel
    schema: Schema
    trained: Schema
    threshold: float

    def lines(self, blocks: Iterable[Table]) -> Iterator[Lines]:
        """The lines of all records, some at a time."""
        for lines in in_order(self._lines, self._pieces(blocks), n_ahead=2):
            yield from lines

    def _pieces(self, blocks: Iterable[Table]) -> Iterator[Table]:
        n_records = rows_at_once(self.model)
        for block in blocks:
            bare = attrs.evolve(block, faults=(), invalid_values=())
            for start in range(0, block.n_records, n_records):
                yield bare.take_records(slice(start, start + n_records))

    def _lines(self, table: Table) -> list[Lines]:
        parts = [BatchPart(part.uri, part.n_records) for part in table.parts]
        return list(lines_of_parts(parts, self._scored(table)))

    def _scored(self, table: Table) -> BatchRows:
        scores, schema = self.model.scores(model_rows(table, self.trained)), self.schema
        return BatchRows(
            positions=table.positions,
            scores=scores,
            labels=labels_at(scores, self.threshold) if self.model.type == "BINARY" else None,
            tags=told_text(table.columns[schema.row_id]) if schema.row_id else None,
            true_labels=told_text(table.columns[schema.target]) if schema.target else None,
        )
