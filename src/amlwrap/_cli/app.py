"""The command ``amlwrap``: its subcommands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from amlwrap import exceptions
from amlwrap._cli.completing import completion
from amlwrap._cli.documents import recipe, schema
from amlwrap._cli.labelling import labels
from amlwrap._cli.listing import ls
from amlwrap._cli.logs import log
from amlwrap._cli.moving import export, restore
from amlwrap._cli.output import failure
from amlwrap._cli.resources import rm, show, wait
from amlwrap._cli.serving import serve
from amlwrap._cli.session import Session, connecting
from amlwrap._cli.story import run as run_story

__all__ = ["cli", "run"]

JOB_FAILED, USAGE, SERVICE, TIMEOUT, BUG, INTERRUPTED, CLOSED_PIPE = 1, 2, 3, 4, 70, 130, 141

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (exceptions.WaitTimeoutError, TIMEOUT),
    (exceptions.JobError, JOB_FAILED),
    (exceptions.UsageError, USAGE),
    (exceptions.AmlwrapError, SERVICE),
)

_EPILOG = """\b
Examples:
  amlwrap run banking.csv --target y --predict new.csv --output labels.csv
  amlwrap --connect local:./models ls models
  amlwrap serve --home ./models

Exit codes: 0 done, 1 a job failed, 2 wrong usage or data, 3 the service refused or did not answer, 4 time is over.
"""


class _ClosedPipe(Exception):
    """Nobody reads what is written."""


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:  # before click takes it for a failure
            raise _ClosedPipe from error
        return result


@click.group(
    cls=_Group, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="amlwrap")
@connecting
def cli() -> None:
    """Amazon Machine Learning, on AWS, on an embedded engine in a folder, or on a server."""


for _command in (run_story, ls, show, log, wait, rm, labels, schema, recipe, serve, export, restore, completion):
    cli.add_command(_command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Whatever goes wrong is told in a sentence on stderr."""
    session = Session()
    try:
        given = None if arguments is None else list(arguments)
        result = cli.main(given, prog_name="amlwrap", standalone_mode=False, obj=session)
    except _ClosedPipe:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return CLOSED_PIPE
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except Exception as error:  # noqa: BLE001 - the last one to hear of it
        return _failed(error, session)
    return result if isinstance(result, int) else 0


def _failed(error: Exception, session: Session) -> int:
    if session.debug:
        traceback.print_exception(error)
    code = next((code for kind, code in _CODES if isinstance(error, kind)), BUG)
    if isinstance(error, exceptions.WaitTimeoutError):
        failure(
            f"{error.kind} {error.id!r} was still {error.status} after {error.waited_seconds:.0f} s. "
            f"Come back to it with: amlwrap wait {error.id}"
        )
    elif code == BUG:
        failure(f"{type(error).__name__}: {error}. This is a bug of amlwrap; --debug shows where.")
    else:
        failure(str(error))
    return code
