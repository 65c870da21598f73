"""
A recipe against a schema: groups and assignments expanded, types checked, one `Output` per variable.

Definitions are expanded in the order of their dependencies, each once, and equal expressions are made once. What a
recipe expands to is measured before it is made, so a short recipe cannot ask for an enormous result.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from amlwrap.documents._parsing import close_matches
from amlwrap.documents.bounds import BeyondBound, bounds
from amlwrap.documents.recipe_expressions import Apply, Expression, Leaf, Output
from amlwrap.documents.recipe_grammar import MAX_DEPTH, PREDEFINED_GROUPS, Call, Term, Variable, shorten, too_deep
from amlwrap.documents.recipe_rules import REWORDING, TRANSFORMATIONS, definition_order
from amlwrap.exceptions import DocumentError

if TYPE_CHECKING:
    from amlwrap.documents.recipe import Recipe
    from amlwrap.documents.schema import Schema

__all__ = ["resolve"]

"""Most output variables a recipe may expand to."""

_COUNTABLE = 10**12
_MAX_SIZE = 1_000_000
"""Most names and calls that all expansions of a recipe may be written with."""


def resolve(recipe: Recipe, schema: Schema) -> tuple[Output, ...]:
    """
    The output variables of *recipe* on *schema*, in the recipe's order and without duplicates.

    Raises:
        DocumentError: The recipe names what the schema does not have, or uses it as what it is not.
    """
    return _Resolver(recipe, schema).outputs()


class _Resolver:
    """One recipe on one schema; what is expanded so far."""

    def __init__(self, recipe: Recipe, schema: Schema) -> None:
        self._recipe = recipe
        self._schema = schema
        self._leaves = {attribute.name: Leaf(attribute.name, attribute.type) for attribute in schema.inputs}
        self._groups: dict[str, tuple[Leaf, ...]] = _predefined(tuple(self._leaves.values()))
        self._assigned: dict[str, tuple[Expression, ...]] = {}
        self._made: dict[tuple[str, tuple[Expression, ...], int | None], Apply] = {}
        self._size = 0

    def outputs(self) -> tuple[Output, ...]:
        self._check_clashes()
        for name in definition_order("groups", self._recipe.groups):
            self._groups[name] = self._group(self._recipe.groups[name], f"groups.{name}")
        for name in definition_order("assignments", self._recipe.assignments):
            self._assigned[name] = self._expand(self._recipe.assignments[name], f"assignments.{name}")
        found: dict[Expression, None] = {}
        for position, term in enumerate(self._recipe.outputs):
            path = f"outputs[{position}]"
            expanded = self._expand(term, path)
            self._spend(len(expanded), path)
            found.update(dict.fromkeys(expanded))
            if len(found) > bounds().recipe_outputs:
                raise _too_many(path, f"{len(found):,} up to here")
        if not found:
            if not self._leaves:
                raise DocumentError(
                    "schema", "attributes", "at least one to learn from", "none: the schema has no input attributes"
                )
            raise DocumentError(
                "recipe", "outputs", "at least one output variable", "none: every group that is named is empty"
            )
        return tuple(map(Output, found))

    def _check_clashes(self) -> None:
        names = set(self._schema.names)
        for section, definitions in (("groups", self._recipe.groups), ("assignments", self._recipe.assignments)):
            for name in definitions:
                if name in names:
                    path = f"{section}.{name}"
                    raise DocumentError("recipe", path, "a name of its own", f"{name!r}, an attribute of the schema")

    def _group(self, term: Term, path: str) -> tuple[Leaf, ...]:
        assert isinstance(term, Call)  # a recipe has nothing else in groups
        names = [member.name for member in term.arguments if isinstance(member, Variable)]
        if term.function == "group":
            members: dict[Leaf, None] = {}
            for name in names:
                part = self._members(name, path, term)
                self._spend(len(part), path)
                members.update(dict.fromkeys(part))
            return tuple(members)
        whole, *removed = names
        if whole in self._leaves and whole not in self._groups:
            raise _wrong(path, "a group as the first name in group_remove", f"the variable {whole!r}", term)
        kept = self._members(whole, path, term)
        self._spend(len(kept), path)
        gone: set[Leaf] = set()
        for name in removed:
            part = self._removable(name, path, term)
            self._spend(len(part), path)
            gone.update(part)
        return tuple([leaf for leaf in kept if leaf not in gone])

    def _members(self, name: str, path: str, call: Call | None) -> tuple[Leaf, ...]:
        if name in self._groups:
            return self._groups[name]
        if name in self._leaves:
            return (self._leaves[name],)
        if name in self._recipe.assignments:
            raise _wrong(path, "variables and groups", f"the assignment {name!r}", call)
        raise self._unknown(name, path, call)

    def _removable(self, name: str, path: str, call: Call) -> tuple[Leaf, ...]:
        """As `_members`, but what is no input to begin with may be taken away."""
        if name in self._schema.names and name not in self._leaves and name not in self._groups:
            return ()
        return self._members(name, path, call)

    def _expand(self, term: Term, path: str, *, inside: Call | None = None) -> tuple[Expression, ...]:
        if isinstance(term, Variable):
            return self._look_up(term.name, path, inside)
        parts: list[tuple[Expression, ...]] = []
        checked: set[int] = set()
        for argument in term.arguments:
            part = self._expand(argument, path, inside=term)
            if id(part) not in checked:  # a group that stands there a thousand times is looked at once
                self._check_types(term, part, path)
                checked.add(id(part))
            parts.append(part)
        self._check_size(term, parts, path)
        return tuple([self._make(term.function, chosen, term.number) for chosen in itertools.product(*parts)])

    def _look_up(self, name: str, path: str, call: Call | None) -> tuple[Expression, ...]:
        if name in self._assigned:
            return self._assigned[name]
        return self._members(name, path, call)

    def _check_types(self, call: Call, part: tuple[Expression, ...], path: str) -> None:
        accepted = TRANSFORMATIONS[call.function].accepts
        for expression in part:
            if expression.yields not in accepted:
                raise _wrong_type(expression, call, path)
            if call.function in REWORDING and isinstance(expression, Apply) and expression.function not in REWORDING:
                expected = f"the words of an attribute as an argument of {call.function}"
                remedy = "Reword what goes into it." if expression.function == "cartesian" else ""
                raise _wrong(path, expected, f"{shorten(expression.text)!r}", call, remedy)

    def _check_size(self, call: Call, parts: list[tuple[Expression, ...]], path: str) -> None:
        """Refuse the product of *parts* before it is made when it would be too many, too long or too deep."""
        count = math.prod([len(part) for part in parts])
        if count > bounds().recipe_outputs:
            found = f"{count:,}" if count < _COUNTABLE else f"over {_COUNTABLE:,}"
            raise _too_many(path, f"{found} from {shorten(str(call))!r}")
        if count:
            size = sum([count // len(part) * sum([expression.size for expression in part]) for part in parts])
            self._spend(count + size, path)
            if max([expression.depth for part in parts for expression in part]) >= MAX_DEPTH:
                raise too_deep(path)

    def _spend(self, size: int, path: str) -> None:
        self._size += size
        if self._size > _MAX_SIZE:
            expected = f"a recipe that, written out, has at most {_MAX_SIZE:,} names and calls"
            raise DocumentError("recipe", path, expected, "more up to here")

    def _make(self, function: str, arguments: tuple[Expression, ...], number: int | None) -> Apply:
        key = (function, arguments, number)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = Apply(function, arguments, number)
        return made

    def _unknown(self, name: str, path: str, call: Call | None) -> DocumentError:
        schema = self._schema
        roles: dict[str | None, str] = dict.fromkeys(schema.excluded, "excluded")
        roles |= {schema.row_id: "the row id", schema.target: "the target"}
        if name in roles:
            found = f"{name!r}, which is {roles[name]} and never an input"
            return _wrong(path, "an input attribute, a group or an assignment", found, call)
        known = (*self._leaves, *self._groups, *self._recipe.assignments)
        remedy = close_matches(name, known)
        if "(" in name and not remedy:
            remedy = "A name holds no call; Recipe.parse reads expressions from text."
        return _wrong(path, "an input attribute, a group or an assignment", repr(shorten(name)), call, remedy)


def _predefined(inputs: tuple[Leaf, ...]) -> dict[str, tuple[Leaf, ...]]:
    groups = {f"ALL_{kind}": tuple(leaf for leaf in inputs if leaf.type == kind) for kind in _TYPES}
    return {**groups, "ALL_INPUTS": inputs}


_TYPES = tuple(name.removeprefix("ALL_") for name in PREDEFINED_GROUPS if name != "ALL_INPUTS")


def _wrong(path: str, expected: str, found: str, call: Call | None, remedy: str = "") -> DocumentError:
    where = f" in {shorten(str(call))!r}" if call is not None else ""
    return DocumentError("recipe", path, expected, f"{found}{where}", remedy)


def _wrong_type(expression: Expression, call: Call, path: str) -> DocumentError:
    accepted = TRANSFORMATIONS[call.function].accepts
    expected = f"{' or '.join(accepted)} as an argument of {call.function}"
    remedy = ""
    if call.function == "cartesian":
        remedy = f"Bin the number first: quantile_bin({shorten(expression.text)},10)."
    return _wrong(path, expected, f"{shorten(expression.text)!r}, which is {expression.yields},", call, remedy)


def _too_many(path: str, found: str) -> DocumentError:
    return BeyondBound(
        "recipe", path, f"at most {bounds().recipe_outputs:,} output variables", found, "", "recipe_outputs"
    )
