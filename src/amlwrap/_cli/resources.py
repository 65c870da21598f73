"""``amlwrap show``, ``wait`` and ``rm``: what is known of a resource, when it is done, and its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import attrs
import click

from amlwrap._cli.entities import completed, fields_of, find, is_interactive, kind_option
from amlwrap._cli.output import ago, emit, moment, note, printable, status, write
from amlwrap._cli.session import connecting, current

if TYPE_CHECKING:
    from amlwrap.resources import Entity, Metrics

__all__ = ["metrics_of", "rm", "show", "wait"]


@click.command(
    epilog="""\b
Examples:
  amlwrap show ml-0123456789a
  amlwrap show ev-0123456789a --json | jq .metrics.auc"""
)
@click.argument("id", shell_complete=completed)
@kind_option
@connecting
def show(id: str, kind: str | None) -> None:
    """Show all that is known of the resource ID, its documents included."""
    from amlwrap.resources import Evaluation

    with current().connect(looking=True) as aml:
        one = find(aml, id, kind)
        known = {**fields_of(one), "tags": dict(one.tags)}
        documents = dict(_documents(one))
        if isinstance(one, Evaluation) and one.metrics is not None:
            known["metrics"] = metrics_of(one.metrics)
        if current().json:
            emit({**known, **{name: document for name, (document, _) in documents.items()}})
        else:
            _as_text(known, {name: text for name, (_, text) in documents.items()})


def _documents(one: Entity) -> Iterator[tuple[str, tuple[Any, str]]]:
    """Name, value and text of each document that belongs to *one*."""
    from amlwrap import Datasource, Model

    if isinstance(one, Datasource):
        yield "schema", (one.schema.to_dict(), one.schema.describe())
        if one.rearrangement is not None:
            yield "rearrangement", (one.rearrangement.to_dict(), one.rearrangement.render())
    if isinstance(one, Model):
        yield (
            "parameters",
            (one.parameters.to_map(), "\n".join(f"{k} = {v}" for k, v in one.parameters.to_map().items())),
        )
        if one.recipe is not None:
            yield "recipe", (one.recipe.to_dict(), one.recipe.render(indent=2))


def metrics_of(metrics: Metrics) -> dict[str, Any]:
    """The numbers that are known, and the confusion matrix if it is."""
    from amlwrap.resources import Metrics

    values = {field.name: getattr(metrics, field.name) for field in attrs.fields(Metrics) if field.name[0] != "_"}
    numbers = {name: value for name, value in values.items() if value is not None}
    confusion = metrics.confusion
    if confusion is not None:
        numbers["confusion"] = {"classes": list(confusion.classes), "counts": confusion.counts.tolist()}
    return numbers


def _as_text(known: dict[str, Any], documents: Mapping[str, str]) -> None:
    now = datetime.now(UTC)
    rows = {name: _said(value, now) for name, value in known.items() if value not in (None, "", {})}
    rows["status"] = status(known["status"])
    room = max(map(len, rows))
    for name, text in rows.items():
        plain = name == "status"  # the one that is styled
        head, *more = [line if plain else printable(line) for line in text.splitlines()] or [""]
        write(f"{click.style(name.ljust(room), bold=True)}  {head}")
        for line in more:
            write(f"{' ' * room}  {line}")
    for name, text in documents.items():
        write(f"\n{click.style(name, bold=True)}")
        for line in text.splitlines():
            write(f"  {printable(line)}")


def _said(value: Any, now: datetime) -> str:
    if isinstance(value, datetime):
        return f"{moment(value)}  ({ago(value, now)})"
    if hasattr(value, "items"):
        return "\n".join(f"{key} = {_number(one)}" for key, one in value.items() if not hasattr(one, "items"))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


@click.command(
    epilog="""\b
Examples:
  amlwrap wait ml-0123456789a ev-0123456789a --timeout 600
  amlwrap ls models --status PENDING --json | jq -r .id | xargs amlwrap wait"""
)
@click.argument("ids", nargs=-1, required=True, shell_complete=completed, metavar="ID...")
@kind_option
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="For all together.")
@connecting
def wait(ids: tuple[str, ...], kind: str | None, timeout: float | None) -> None:
    """Wait until the jobs behind all IDs have ended; tell each as it ends."""
    from amlwrap import as_completed, wait_all

    with current().connect() as aml:
        ended: dict[str, Entity] = {}
        for one in as_completed(*[find(aml, one, kind) for one in dict.fromkeys(ids)], timeout=timeout):
            ended[one.id] = one
            if current().json:
                emit(fields_of(one))
            else:
                write(f"{one.id}  {status(one.status)}{f'  {printable(one.message)}' if one.message else ''}")
        wait_all(*[ended[one] for one in dict.fromkeys(ids)], progress=False)  # raises what there is to raise


@click.command(
    epilog="""\b
Examples:
  amlwrap rm ml-0123456789a
  amlwrap ls evaluations --status FAILED --json | jq -r .id | xargs amlwrap rm --yes"""
)
@click.argument("ids", nargs=-1, required=True, shell_complete=completed, metavar="ID...")
@kind_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@connecting
def rm(ids: tuple[str, ...], kind: str | None, yes: bool) -> None:
    """Delete resources. Files they were made of, and predictions, stay where they are."""
    with current().connect(looking=True) as aml:
        found = [find(aml, one, kind) for one in dict.fromkeys(ids)]
        if not yes:
            _ask(found)
        for one in found:
            last = one.delete()
            if current().json:
                emit(fields_of(last))
            else:
                write(f"{last.id}  {status(last.status)}")


def _ask(found: list[Entity]) -> None:
    if not is_interactive():
        raise click.UsageError("Nobody is there to be asked: say --yes to delete without a question.")
    for one in found:
        note(printable(f"{one._kind.noun} {one.id}  {one.status}  {one.name}".rstrip()))
    click.confirm(f"Delete {'this' if len(found) == 1 else f'these {len(found)}'} for ever?", abort=True, err=True)
