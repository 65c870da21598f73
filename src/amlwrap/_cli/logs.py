"""``amlwrap log``: how the learners of a model did."""

from __future__ import annotations

import click

from amlwrap._cli.entities import completed
from amlwrap._cli.output import emit, printable, write
from amlwrap._cli.session import connecting, current

__all__ = ["log"]


@click.command(
    epilog="""\b
Examples:
  amlwrap log ml-0123456789a
  amlwrap log ml-0123456789a --lines | tail
  amlwrap log ml-0123456789a --json | jq -r '[.n_updates, .rate, .likelihood] | @csv'"""
)
@click.argument("id", shell_complete=completed)
@click.option("--lines", is_flag=True, help="The log itself.")
@connecting
def log(id: str, lines: bool) -> None:
    """Show how the learners of the model ID did, side by side; with --json, each report of each."""
    with current().connect(looking=True) as aml:
        found = aml.models.get(id).training_log()
    if lines:
        for line in found.lines:
            write(printable(str(line)))
    elif current().json:
        for row in found.to_rows():
            emit(row)
    else:
        write("\n".join(map(printable, str(found).splitlines())))
