"""``amlwrap export`` and ``import``: everything an account owns into a folder, and out of it into an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from amlwrap._cli.output import emit, write
from amlwrap._cli.session import connecting, current

if TYPE_CHECKING:
    from amlwrap import ExportReport, RestoreReport

__all__ = ["export", "restore"]


@click.command(
    epilog="""\b
Examples:
  amlwrap export ./everything --connect aws
  amlwrap export ./everything --connect aws --data --rate 2"""
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--data", is_flag=True, help="Also the files the datasources are made of.")
@click.option("--predictions/--no-predictions", default=True, help="Also the files of batch predictions; the default.")
@click.option("--logs/--no-logs", default=True, help="Also the logs of jobs; the default.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Calls per second, at most.",
)
@connecting
def export(folder: Path, data: bool, predictions: bool, logs: bool, rate: float) -> None:
    """
    Copy everything the account owns into FOLDER, as plain files.

    Run it again to go on after an interruption, or to bring the folder up to date.
    """
    from amlwrap import export as export_all

    with current().connect(looking=True) as aml:
        _tell(export_all(aml, folder, data=data, predictions=predictions, logs=logs, rate=rate))


@click.command(
    "import",
    epilog="""\b
Examples:
  amlwrap import ./everything --connect local:./models
  amlwrap import ./everything --connect local:./models --no-retrain""",
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--retrain/--no-retrain", default=True, help="Train models again whose data came along; the default.")
@click.option("--skip-damaged", is_flag=True, help="Leave out what is missing or changed, instead of refusing all.")
@connecting
def restore(folder: Path, retrain: bool, skip_damaged: bool) -> None:
    """Make the export in FOLDER stand again in an embedded engine, and train its models again."""
    from amlwrap import restore as restore_all
    from amlwrap import wait_all

    with current().connect() as aml:
        report = restore_all(folder, aml, retrain=retrain, skip_damaged=skip_damaged)
        _tell(report)
        wait_all(*[aml.models.get(model) for model in report.retraining])


def _tell(report: ExportReport | RestoreReport) -> None:
    if current().json:
        emit(attrs.asdict(report))
    else:
        write(str(report))
