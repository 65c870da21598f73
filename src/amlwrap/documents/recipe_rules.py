"""What may stand where in a recipe, before any schema is known: functions, their arguments and numbers, names."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Literal, TypeAlias

import attrs

from amlwrap.documents._parsing import close_matches
from amlwrap.documents.recipe_grammar import GROUP_FUNCTIONS, PREDEFINED_GROUPS, Call, Term, Variable, shorten
from amlwrap.exceptions import DocumentError

__all__ = [
    "REWORDING",
    "TRANSFORMATIONS",
    "Transformation",
    "Yield",
    "check_call",
    "check_name",
    "check_section",
    "definition_order",
]

Yield: TypeAlias = Literal["TEXT", "CATEGORICAL", "NUMERIC", "BINARY", "TOKENS"]
"""What an expression gives per record: an attribute type, or the several tokens of a split text."""

_MAX_NAME = 64
_WORDS: tuple[Yield, ...] = ("TEXT", "CATEGORICAL")


@attrs.frozen
class Transformation:
    """How a recipe function may be called."""

    accepts: tuple[Yield, ...]
    numbers: range | None = None
    """Which closing numbers it takes; None when it takes none."""
    several: bool = False
    """Whether it takes two or more arguments rather than one."""
    number_name: str = ""


TRANSFORMATIONS: Mapping[str, Transformation] = {
    "ngram": Transformation(("TEXT",), range(2, 11), number_name="size"),
    "osb": Transformation(("TEXT",), range(2, 11), number_name="window"),
    "lowercase": Transformation(_WORDS),
    "no_punct": Transformation(_WORDS),
    "quantile_bin": Transformation(("NUMERIC",), range(5, 1001), number_name="number of bins"),
    "normalize": Transformation(("NUMERIC",)),
    "cartesian": Transformation(("TEXT", "CATEGORICAL", "BINARY", "TOKENS"), several=True),
}

REWORDING = ("lowercase", "no_punct")
"""Those that turn words into other words, and so need some: what a bin or a product is called is nobody's business."""


def check_call(call: Call, path: str = "") -> None:
    """
    Refuse *call* when its function is unknown or does not take such arguments; its arguments are not looked into.

    Raises:
        DocumentError: Says what the function takes.
    """
    if call.function in GROUP_FUNCTIONS:
        if call.number is not None or not call.arguments:
            found = "none" if call.number is None else f"{call.number}"
            raise _misused(path, f"names in {call.function}(...)", found, call)
        return
    transformation = TRANSFORMATIONS.get(call.function)
    if transformation is None:
        remedy = close_matches(call.function, (*TRANSFORMATIONS, *GROUP_FUNCTIONS))
        raise _misused(path, "a recipe function", f"{shorten(call.function)!r}", call, remedy)
    _check_arity(transformation, call, path)
    _check_number(transformation, call, path)


def _check_arity(transformation: Transformation, call: Call, path: str) -> None:
    n_arguments = len(call.arguments)
    if transformation.several and n_arguments < 2:
        raise _misused(path, f"two or more arguments of {call.function}", f"{n_arguments}", call)
    if not transformation.several and n_arguments != 1:
        raise _misused(path, f"one argument of {call.function}", f"{n_arguments}", call)


def _check_number(transformation: Transformation, call: Call, path: str) -> None:
    numbers = transformation.numbers
    if numbers is None:
        if call.number is not None:
            raise _misused(path, f"no number in {call.function}", f"{call.number}", call)
        return
    expected = f"a {transformation.number_name} from {numbers[0]} to {numbers[-1]}"
    if call.number is None:
        raise _misused(path, f"{expected} as the last argument of {call.function}", "none", call)
    if call.number not in numbers:
        raise _misused(path, expected, f"{call.number}", call)


def _misused(path: str, expected: str, found: str, call: Call, remedy: str = "") -> DocumentError:
    return DocumentError("recipe", path, expected, f"{found} in {shorten(str(call))!r}", remedy)


def check_name(name: str, path: str) -> None:
    """Refuse *name* for a group or an assignment when it breaks the rule for such names."""
    if not 1 <= len(name) <= _MAX_NAME:
        raise DocumentError("recipe", path, f"a name of 1 to {_MAX_NAME} characters", f"{len(name)}")
    if not name[0].isalpha():
        raise DocumentError("recipe", path, "a name that starts with a letter", repr(name))
    if name in PREDEFINED_GROUPS:
        raise DocumentError("recipe", path, "a name of its own", f"{name}, a predefined group")


def check_section(section: str, term: Term, path: str) -> None:
    """Refuse what may not stand in *section* (``groups``, ``assignments`` or ``outputs``), whatever the schema."""
    if section == "groups":
        _check_group(term, path)
    else:
        _check_expression(term, path, inputs=section == "outputs")


def _check_group(term: Term, path: str) -> None:
    if isinstance(term, Variable) or term.function not in GROUP_FUNCTIONS:
        raise DocumentError("recipe", path, "group(...) or group_remove(...)", repr(shorten(str(term))))
    check_call(term, path)
    for member in term.arguments:
        if isinstance(member, Call):
            raise _misused(path, f"names in {term.function}(...)", f"{shorten(str(member))!r}", term)
        if member.name == "ALL_INPUTS":
            remedy = "ALL_INPUTS stands only in outputs; name the ALL_ groups by type instead."
            raise _misused(path, "variables and groups", "ALL_INPUTS", term, remedy)


def _check_expression(term: Term, path: str, *, inputs: bool) -> None:
    if isinstance(term, Variable):
        if term.name == "ALL_INPUTS" and not inputs:
            raise DocumentError("recipe", path, "variables, groups and assignments", "ALL_INPUTS, for outputs only")
        return
    if term.function in GROUP_FUNCTIONS:
        remedy = "Define the group in groups, and name it here."
        raise DocumentError("recipe", path, "a variable or a transformation", repr(shorten(str(term))), remedy)
    check_call(term, path)
    for argument in term.arguments:
        _check_expression(argument, path, inputs=inputs)


def definition_order(section: str, definitions: Mapping[str, Term]) -> tuple[str, ...]:
    """
    The names of *definitions*, each after those that its own term uses.

    Raises:
        DocumentError: A definition uses itself, directly or through others.

    >>> definition_order("assignments", {"b": Call("lowercase", (Variable("a"),)), "a": Variable("title")})
    ('a', 'b')
    """
    sorter = TopologicalSorter({name: _names(term) & definitions.keys() for name, term in definitions.items()})
    try:
        return tuple(sorter.static_order())
    except CycleError as error:
        cycle: list[str] = error.args[1]
        shown = [*cycle[:8], "…", cycle[-1]] if len(cycle) > 9 else cycle
        found = f"the circle {' → '.join(reversed(shown))}"
        raise DocumentError(
            "recipe", f"{section}.{cycle[-1]}", f"{section} that do not use themselves", found
        ) from None


def _names(term: Term) -> set[str]:
    if isinstance(term, Variable):
        return {term.name}
    return {name for argument in term.arguments for name in _names(argument)}
