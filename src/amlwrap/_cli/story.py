"""``amlwrap run``: from a CSV to a measured model, and to labels for new rows."""

from __future__ import annotations

import csv
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amlwrap._cli.documents import text_of
from amlwrap._cli.labelling import columns_option
from amlwrap._cli.output import emit, note, write
from amlwrap._cli.session import connecting, current

if TYPE_CHECKING:
    from amlwrap import Run

__all__ = ["run"]

_READABLE = click.Path(dir_okay=False)


@click.command(
    epilog="""\b
Examples:
  amlwrap run banking.csv --target y
  amlwrap run train.csv --target label --predict test.csv --output submission.csv --columns ImageId,Label
  amlwrap run banking.csv --target y --connect local:./models --passes 20 --l2 1e-5"""
)
@click.argument("train", type=_READABLE)
@click.option("--target", "column", required=True, help="The column to predict.")
@click.option("--predict", "new", type=_READABLE, help="Rows to predict when the model is made.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where labels go; by default stdout."
)
@columns_option
@click.option("--recipe", "recipe_path", type=_READABLE, help="The file of a recipe; by default a suggested one.")
@click.option("--row-id", help="A column that only names the row.")
@click.option("--passes", type=click.IntRange(1, 100), help="Times the rows are gone through.")
@click.option("--l1", type=click.FloatRange(min=0), help="Regularisation that drops weights.")
@click.option("--l2", type=click.FloatRange(min=0), help="Regularisation that shrinks weights.")
@click.option(
    "--holdout",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="Share of the rows the model is measured on.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Draws these rows.")
@click.option("--name", help="Of what is made.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="For training and measuring.")
@connecting
def run(
    train: str,
    *,
    column: str,
    new: str | None,
    output: Path | None,
    columns: tuple[str, str],
    recipe_path: str | None,
    **settings: Any,
) -> None:
    """
    Learn from TRAIN to predict a column, report how well that went, and predict new rows.

    Where no target is named, an embedded engine does it that is gone afterwards; --connect local:DIR keeps what is
    made, --connect aws asks the service. With labels on stdout the report goes to stderr.
    """
    from amlwrap import train as train_model

    if output is not None and new is None:
        raise click.UsageError("--output is where labels go; say with --predict for which rows.")
    if new is not None and output is None and current().json:
        raise click.UsageError("With --json labels need a file: say --output.")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"--output: there is no folder {str(output.parent)!r} to write {output.name!r} into.")
    client = current().connect_named()
    recipe = None if recipe_path is None else text_of(recipe_path)
    with (
        nullcontext() if client is None else client,
        train_model(train, column, recipe=recipe, connect=client or "local:", **settings) as made,
    ):
        n_rows = None if new is None else _predict(made, new, output, columns)
        _tell(made, n_rows, output)
    if client is None:
        note("The model is gone with its engine; --connect local:DIR would have kept it.")


def _predict(made: Run, new: str, output: Path | None, columns: tuple[str, str]) -> int:
    from amlwrap.labels import Labels
    from amlwrap.objects._files import text_replacing

    found = made.predict(new)
    if isinstance(found, Labels):
        found.to_csv(sys.stdout if output is None else output, columns)
    else:
        with nullcontext(sys.stdout) if output is None else text_replacing(output) as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(columns)
            rows.writerows(enumerate(["" if value != value else value for value in found.tolist()], 1))  # noqa: PLR0124 - NaN
    return len(found)


def _tell(made: Run, n_rows: int | None, output: Path | None) -> None:
    if current().json:
        from amlwrap._cli.resources import metrics_of

        parts = ("datasource", "train_data", "test_data", "model", "evaluation")
        ids = {part: getattr(made, part).id for part in parts}
        more = {} if n_rows is None else {"n_predicted": n_rows, "output": str(output)}
        emit(
            {**ids, "type": made.model.type, "metrics": metrics_of(made.metrics), "report": str(made.report()), **more}
        )
    elif n_rows is not None and output is None:
        note(str(made.report()))
    else:
        write(str(made.report()))
    if n_rows is not None and output is not None:
        note(f"{n_rows:,} predictions in {output}.")
