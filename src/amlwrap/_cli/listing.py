"""``amlwrap ls``: what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from amlwrap._cli.entities import COLLECTIONS, collection_of, fields_of
from amlwrap._cli.output import ago, emit, moment, note, printable, status, table
from amlwrap._cli.session import connecting, current

if TYPE_CHECKING:
    from amlwrap import Client
    from amlwrap.resources import Entity

__all__ = ["ls"]

_SPAN = re.compile(r"(\d{1,6})(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_STATUSES = ("PENDING", "INPROGRESS", "COMPLETED", "FAILED")  # the service lists nothing that is deleted


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """The moment that *value* names: a date, a time, or how long ago."""
    if value is None:
        return None
    if span := _SPAN.fullmatch(value):
        return datetime.now(UTC) - timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        expected = "90m, 2h, 3d, 2026-05-01 or 2026-05-01T12:00"
        raise click.BadParameter(f"{value!r} is no moment: say {expected}.", context, parameter) from error
    return found if found.tzinfo else found.astimezone()


@click.command(
    epilog="""\b
Examples:
  amlwrap ls
  amlwrap ls models --status COMPLETED --since 7d
  amlwrap ls evaluations --name-prefix bank --json | jq .id"""
)
@click.argument("kinds", nargs=-1, type=click.Choice(COLLECTIONS), metavar="[KIND]...")
@click.option("--name-prefix", metavar="TEXT", help="Only what is called so at its beginning.")
@click.option(
    "--status", "wanted", type=click.Choice(_STATUSES, case_sensitive=False), help="Only what is in this status."
)
@click.option("--since", callback=_moment, metavar="WHEN", help="Only what was made since: 90m, 2h, 3d, 2026-05-01.")
@connecting
def ls(kinds: tuple[str, ...], name_prefix: str | None, wanted: str | None, since: datetime | None) -> None:
    """
    List resources, the newest of each kind first.

    KIND is datasources, models, evaluations or batch-predictions; all by default.
    """
    with current().connect(looking=True) as aml:
        found = _found(aml, kinds or COLLECTIONS, name_prefix, wanted, since)
        if current().json:
            for one in found:
                emit(fields_of(one))
        else:
            _as_table(list(found))


def _found(
    aml: Client, kinds: tuple[str, ...], prefix: str | None, wanted: str | None, since: datetime | None
) -> Iterator[Entity]:
    # The service takes one filter in a call; the one that leaves the least goes there, the others are ours.
    filters: dict[str, Any] = {"order": "desc"}
    if since is not None:
        filters["created_at__ge"] = since
    elif prefix:
        filters["name__prefix"] = prefix
    elif wanted:
        filters["status"] = wanted
    for kind in kinds:
        listed: list[Entity] = list(collection_of(aml, kind).list(**filters))
        listed.sort(key=lambda one: one.created_at or _LONG_AGO, reverse=True)
        for one in listed:
            if one.name.startswith(prefix or "") and wanted in (None, one.status):
                yield one


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _as_table(found: list[Entity]) -> None:
    if not found:
        note("Nothing there.")
        return
    now = datetime.now(UTC)
    rows = [
        (
            one.id,
            one._kind.noun,
            printable(one.name) or "-",
            status(one.status),
            moment(one.created_at),
            ago(one.created_at, now),
        )
        for one in found
    ]
    table(("ID", "KIND", "NAME", "STATUS", "CREATED", "AGE"), rows, cuttable=2)
