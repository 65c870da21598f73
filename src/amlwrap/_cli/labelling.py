"""``amlwrap labels``: one answer per row, from a batch prediction or its files."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amlwrap._cli.entities import completed
from amlwrap._cli.output import emit, note
from amlwrap._cli.session import connecting, current

if TYPE_CHECKING:
    from amlwrap.labels import Labels, ProbabilityMatrix

__all__ = ["columns_option", "labels"]

_FILE_ENDINGS = (".csv", ".gz", ".manifest")


def _two(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    if len(names) != 2:
        raise click.BadParameter(f"{value!r} is not two names, as in ImageId,Label.", context, parameter)
    return names


columns_option = click.option(
    "--columns", callback=_two, default="ImageId,Label", show_default=True, help="Names of the two columns of labels."
)


@click.command(
    epilog="""\b
Examples:
  amlwrap labels bp-0123456789a -o labels.csv
  amlwrap labels bp-0123456789a-test.csv.gz --columns ImageId,Label > submission.csv
  amlwrap labels s3://bucket/batch-prediction/bp-0123456789a.manifest --threshold 0.3"""
)
@click.argument("source", shell_complete=completed)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of stdout.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Score from which a BINARY model says 1.")
@columns_option
@connecting
def labels(source: str, output: Path | None, threshold: float | None, columns: tuple[str, str]) -> None:
    """
    Turn predictions into one label per row, as CSV.

    SOURCE is the id of a batch prediction, or its result file or manifest: a path, for which no connection is needed,
    or an s3:// location.
    """
    with ExitStack() as stack:
        matrix = _matrix(source, stack)
    found = matrix.labels(threshold)
    if current().json:
        _as_json(found)
    else:
        found.to_csv(sys.stdout if output is None else output, columns)
    if output is not None and not current().json:
        note(f"{len(found):,} labels in {output}.")
    if found.n_unreadable:
        note(f"{found.n_unreadable:,} of {len(found):,} rows could not be predicted and have no label.")


def _matrix(source: str, stack: ExitStack) -> ProbabilityMatrix:
    from amlwrap.labels import ProbabilityMatrix

    if source.startswith("s3://"):
        client = current().connect_named(looking=True)
        store = None if client is None else stack.enter_context(client)._world.store()
        return ProbabilityMatrix.read(source, store=store)
    if "/" in source or source.endswith(_FILE_ENDINGS) or Path(source).is_file():
        return ProbabilityMatrix.read(source)
    return stack.enter_context(current().connect(looking=True)).batch_predictions.get(source).probabilities()


def _as_json(found: Labels) -> None:
    rows = zip(found.row_ids.tolist(), found.labels.tolist(), found.scores.tolist(), strict=True)
    for row_id, label, score in rows:
        readable = label != ""
        emit({"row_id": row_id, "label": label if readable else None, "score": score if readable else None})
