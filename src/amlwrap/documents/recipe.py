"""The recipe: which variables, transformed how, reach the learner."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from amlwrap.documents._parsing import MAX_CHARS, check_keys, expect_list, expect_mapping, expect_string, load_json
from amlwrap.documents.recipe_grammar import Term, Variable, parse_term
from amlwrap.documents.recipe_resolve import resolve
from amlwrap.documents.recipe_rules import check_name, check_section, definition_order
from amlwrap.documents.recipe_suggest import DEFAULT_BINS, suggest
from amlwrap.exceptions import DocumentError

if TYPE_CHECKING:
    from amlwrap.documents.recipe_expressions import Output
    from amlwrap.documents.schema import Schema

__all__ = ["Recipe"]

_SECTIONS = ("groups", "assignments", "outputs")
_IGNORED = ("dependencies",)


def _definitions(given: Mapping[str, Term | str]) -> Mapping[str, Term]:
    return MappingProxyType({name: _term(term) for name, term in given.items()})


def _terms(given: Iterable[Term | str]) -> tuple[Term, ...]:
    return tuple([_term(term) for term in given])


def _term(given: Term | str) -> Term:
    return Variable(given) if isinstance(given, str) else given


@attrs.frozen
class Recipe:
    """
    Groups, assignments and outputs; right in itself, and checked against a schema by `validate`.

    Expressions are terms from `amlwrap.documents.transforms`; a string stands for a name.

    Raises:
        DocumentError: Something is wrong that no schema can make right.

    >>> from amlwrap.documents.transforms import cartesian, quantile_bin
    >>> recipe = Recipe(
    ...     assignments={"age_bin": quantile_bin("age", 30)},
    ...     outputs=["age_bin", cartesian("age_bin", "job")],
    ... )
    >>> print(recipe.render())
    {"groups":{},"assignments":{"age_bin":"quantile_bin(age,30)"},"outputs":["age_bin","cartesian(age_bin,job)"]}
    >>> Recipe.parse(recipe.render()) == recipe
    True
    """

    groups: Mapping[str, Term] = attrs.field(factory=dict[str, Term], converter=_definitions)
    assignments: Mapping[str, Term] = attrs.field(factory=dict[str, Term], converter=_definitions)
    outputs: tuple[Term, ...] = attrs.field(default=(), converter=_terms)

    def __attrs_post_init__(self) -> None:
        for section, definitions in (("groups", self.groups), ("assignments", self.assignments)):
            for name, term in definitions.items():
                check_name(name, f"{section}.{name}")
                check_section(section, term, f"{section}.{name}")
            definition_order(section, definitions)
        for name in self.assignments:
            if name in self.groups:
                raise DocumentError("recipe", f"assignments.{name}", "a name of its own", f"{name!r}, a group")
        if not self.outputs:
            raise DocumentError("recipe", "outputs", "at least one output", "none")
        for position, term in enumerate(self.outputs):
            check_section("outputs", term, f"outputs[{position}]")

    def __hash__(self) -> int:
        return hash((self.outputs, frozenset(self.groups.items()), frozenset(self.assignments.items())))

    def __reduce__(self) -> tuple[object, ...]:
        return (Recipe, (dict(self.groups), dict(self.assignments), self.outputs))

    @classmethod
    def parse(cls, source: str | bytes | Mapping[str, object]) -> Recipe:
        """
        Read a recipe from its JSON text, or from the object that text holds.

        Raises:
            DocumentError: It is no recipe; the path and what was expected are named.

        >>> Recipe.parse('{"outputs": ["ALL_BINARY", "ngram(title, 2) // pairs too"]}').render()
        '{"groups":{},"assignments":{},"outputs":["ALL_BINARY","ngram(title,2)"]}'
        """
        document = load_json("recipe", source, max_chars=MAX_CHARS)
        check_keys("recipe", {key: None for key in document if key not in _IGNORED}, _SECTIONS)
        return cls(
            groups=_parse_definitions("groups", document.get("groups")),
            assignments=_parse_definitions("assignments", document.get("assignments")),
            outputs=_parse_outputs(document.get("outputs")),
        )

    @classmethod
    def suggested(cls, schema: Schema, bins: int | Mapping[str, int] = DEFAULT_BINS) -> Recipe:
        """
        The recipe the service would suggest: every number binned, everything else as it is.

        Args:
            schema: Whose inputs to use.
            bins: Bins for every NUMERIC attribute, or by attribute name; those not named get the default.

        Raises:
            DocumentError: *bins* names no NUMERIC input, or a number is not from 5 to 1000.

        >>> from amlwrap.documents.schema import Attribute, AttributeType, Schema
        >>> names = ("age", "fare")
        >>> schema = Schema(tuple(Attribute(name, AttributeType.NUMERIC) for name in names))
        >>> print(Recipe.suggested(schema, bins=20).render(indent=2))
        {
          "groups" : {
            "NUMERIC_VARS_QB_20" : "group('age','fare')"
          },
          "assignments" : { },
          "outputs" : [ "ALL_CATEGORICAL", "quantile_bin(NUMERIC_VARS_QB_20,20)" ]
        }
        """
        groups, outputs = suggest(schema, bins)
        return cls(groups=groups, outputs=outputs)

    def to_dict(self) -> dict[str, object]:
        """The JSON object, expressions in canonical text."""
        return {
            "groups": _texts(self.groups),
            "assignments": _texts(self.assignments),
            "outputs": [str(term) for term in self.outputs],
        }

    def render(self, indent: int | None = None) -> str:
        """The JSON text: compact, or spread out by *indent* as the service shows it."""
        if indent is None:
            return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))
        return self._spread(" " * indent)

    def _spread(self, step: str) -> str:
        sections = {
            "groups": _spread_object(_texts(self.groups), step),
            "assignments": _spread_object(_texts(self.assignments), step),
            "outputs": f"[ {', '.join([_quote(str(term)) for term in self.outputs])} ]",
        }
        lines = [f"{step}{_quote(name)} : {text}" for name, text in sections.items()]
        return "{\n" + ",\n".join(lines) + "\n}"

    def validate(self, schema: Schema) -> None:
        """
        Refuse the recipe when it does not fit *schema* or the service's limits.

        Raises:
            DocumentError: The first thing that is wrong, and where.
        """
        n_chars = len(self.render())
        if n_chars > MAX_CHARS:
            raise DocumentError("recipe", "", f"at most {MAX_CHARS:,} characters", f"{n_chars:,}")
        self.resolve(schema)

    def resolve(self, schema: Schema) -> tuple[Output, ...]:
        """
        The variables that reach the learner on *schema*, each once, groups and assignments written out.

        A predefined group (``ALL_TEXT`` …) wins over an attribute of the same name. Equal expressions are one object.

        Raises:
            DocumentError: The recipe does not fit *schema*.
        """
        return resolve(self, schema)


def _parse_definitions(section: str, given: object) -> dict[str, Term]:
    texts = {} if given is None else expect_mapping("recipe", given, section)
    return {name: _parse_text(text, f"{section}.{name}") for name, text in texts.items()}


def _parse_outputs(given: object) -> list[Term]:
    texts = [] if given is None else expect_list("recipe", given, "outputs")
    return [_parse_text(text, f"outputs[{position}]", comments=True) for position, text in enumerate(texts)]


def _parse_text(text: object, path: str, *, comments: bool = False) -> Term:
    return parse_term(expect_string("recipe", text, path), path, comments=comments)


def _texts(terms: Mapping[str, Term]) -> dict[str, str]:
    return {name: str(term) for name, term in terms.items()}


def _spread_object(texts: Mapping[str, str], step: str) -> str:
    lines = [f"{step * 2}{_quote(name)} : {_quote(text)}" for name, text in texts.items()]
    return "{\n" + ",\n".join(lines) + f"\n{step}}}" if lines else "{ }"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
