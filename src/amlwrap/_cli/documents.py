"""``amlwrap schema`` and ``amlwrap recipe``: documents guessed, checked and laid out, without any service."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from amlwrap._cli.output import emit, note, write
from amlwrap._cli.session import current, plain
from amlwrap.exceptions import DataError

__all__ = ["recipe", "schema"]

_FILE = click.Path(dir_okay=False, allow_dash=True)
_SCHEMA = click.option("--schema", "schema_path", type=_FILE, required=True, help="The file of the schema.")


def text_of(path: str) -> str:
    """What the file at *path* says; ``-`` is stdin."""
    try:
        with click.open_file(path, encoding="utf-8") as file:
            return str(file.read())
    except UnicodeDecodeError as error:
        raise DataError(path, f"byte {error.start}", "UTF-8 text", "something else") from error
    except OSError as error:
        raise DataError(path, "", "a file that can be read", error.strerror or str(error)) from error


def schema_text(path: str) -> str:
    """As `text_of`, of a file that may hold a schema: data in its place is refused by name."""
    text = text_of(path)
    if "{" not in text:
        found = repr(text.partition("\n")[0][:60])
        remedy = f"Data has its schema guessed by: amlwrap schema infer {shlex.quote(path)}"
        raise DataError(path, "line 1", "the JSON of a schema", found, remedy)
    return text


@click.group()
def schema() -> None:
    """What the columns of data are: guess a schema, or check one."""


@schema.command(
    epilog="""\b
Examples:
  amlwrap schema infer banking.csv --target y > banking.csv.schema
  amlwrap schema infer banking.csv --target y --row-id customer --type calls=CATEGORICAL"""
)
@click.argument("data", type=_FILE)
@click.option("--target", help="The column to predict.")
@click.option("--row-id", help="A column that only names the row.")
@click.option("--exclude", multiple=True, metavar="COLUMN", help="Not to be learned from; may be repeated.")
@click.option("--type", "types", multiple=True, metavar="COLUMN=TYPE", help="What a column is; may be repeated.")
@plain
def infer(data: str, target: str | None, row_id: str | None, exclude: tuple[str, ...], types: tuple[str, ...]) -> None:
    """Guess the schema of DATA: JSON on stdout, the reasons on stderr."""
    from amlwrap import Schema
    from amlwrap.documents.inference import other_separator

    known = dict(_pair(text) for text in types)
    found = Schema.infer(_source(data), target=target, row_id=row_id, exclude=exclude, types=known)
    note(found.describe())
    if told := other_separator(found.names):
        note(told)
    write(found.render(indent=None if current().json else 2))


def _source(path: str) -> Any:
    return sys.stdin.buffer if path == "-" else path


def _pair(text: str) -> tuple[str, str]:
    name, equals, type_name = text.rpartition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not of the form COLUMN=TYPE.", param_hint="--type")
    return name, type_name.upper()


@schema.command(
    epilog="""\b
Examples:
  amlwrap schema check banking.csv.schema
  amlwrap schema check banking.csv.schema --data banking.csv"""
)
@click.argument("file", type=_FILE)
@click.option("--data", type=_FILE, help="Also compare it with this data.")
@plain
def check(file: str, data: str | None) -> None:
    """Check the schema in FILE, and show what it says."""
    from amlwrap import Schema

    found = Schema.parse(schema_text(file))
    doubts = [] if data is None else _doubts(found, data)
    if current().json:
        emit({"valid": True, "model_type": found.model_type, "n_attributes": len(found), "doubts": doubts})
    else:
        write(found.describe())
    for doubt in doubts:
        note(doubt)


def _doubts(found: Any, data: str) -> list[str]:
    """Where a look at *data* says otherwise; what cannot be right at all is an error."""
    from amlwrap import Schema

    guess = Schema.infer(_source(data), target=None, header=found.header)
    known = [one for one in found if one.name != found.target or len(guess) == len(found)]  # new rows lack the target
    if len(guess) != len(known):
        raise DataError(data, "line 1", f"{len(found)} columns, as the schema has", f"{len(guess)}")
    for place, (said, there) in enumerate(zip(known, guess.names, strict=True), 1):
        if found.header and said.name != there:
            raise DataError(data, f"line 1, column {place}", f"{said.name!r}, as the schema has", repr(there))
    return [
        f"{said.name}: {said.type.value} in the schema; the data looks {there.type.value}: {guess.reasons[there.name]}."
        for said, there in zip(known, guess, strict=True)
        if said.type.value in {"NUMERIC", "BINARY"} and there.type.value not in {said.type.value, "BINARY"}
    ]


@click.group()
def recipe() -> None:
    """How columns become features: suggest a recipe, check or lay out one."""


@recipe.command(
    epilog="""\b
Examples:
  amlwrap recipe suggest --schema banking.csv.schema > banking.recipe
  amlwrap recipe suggest --schema banking.csv.schema --bins 20"""
)
@_SCHEMA
@click.option("--bins", type=click.IntRange(5, 1000), default=10, show_default=True, help="Of every number.")
@plain
def suggest(schema_path: str, bins: int) -> None:
    """Suggest the recipe the service would, for a schema."""
    from amlwrap import Recipe, Schema

    _write_recipe(Recipe.suggested(Schema.parse(schema_text(schema_path)), bins))


@recipe.command(
    "check",
    epilog="""\b
Examples:
  amlwrap recipe check banking.recipe --schema banking.csv.schema""",
)
@click.argument("file", type=_FILE)
@_SCHEMA
@plain
def check_recipe(file: str, schema_path: str) -> None:
    """Check the recipe in FILE against a schema, and show the variables it makes."""
    from amlwrap import Recipe, Schema

    parsed, known = Recipe.parse(text_of(file)), Schema.parse(schema_text(schema_path))
    parsed.validate(known)
    outputs = parsed.resolve(known)
    if current().json:
        emit({"valid": True, "n_outputs": len(outputs), "outputs": [one.text for one in outputs]})
    else:
        write("\n".join(one.text for one in outputs))


@recipe.command(
    epilog="""\b
Examples:
  amlwrap recipe fmt banking.recipe
  curl -s https://example.org/a.recipe | amlwrap recipe fmt -"""
)
@click.argument("file", type=_FILE)
@plain
def fmt(file: str) -> None:
    """Lay the recipe in FILE out as the service does."""
    from amlwrap import Recipe

    _write_recipe(Recipe.parse(text_of(file)))


def _write_recipe(found: Any) -> None:
    write(found.render(indent=None if current().json else 2))
