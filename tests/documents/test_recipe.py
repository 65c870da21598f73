"""The recipe document: parse, render, and what is wrong whatever the schema."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.documents.recipe import Recipe
from amlwrap.documents.recipe_grammar import PREDEFINED_GROUPS, Call, Term, Variable
from amlwrap.documents.schema import Attribute, AttributeType, Schema
from amlwrap.documents.transforms import cartesian, group, group_remove, lowercase, ngram, quantile_bin
from amlwrap.exceptions import DocumentError

GUIDE = """{
  "groups" : {
    "LONGTEXT" : "group_remove(ALL_TEXT, title, subject)",
    "SPECIALTEXT" : "group(title, subject)",
    "BINCAT" : "group(ALL_CATEGORICAL, ALL_BINARY)"
  },
  "assignments" : {
    "binned_age" : "quantile_bin(age,30)",
    "country_gender_interaction" : "cartesian(country, gender)"
  },
  "outputs" : [
    "lowercase(no_punct(LONGTEXT))",
    "ngram(lowercase(no_punct(SPECIALTEXT)),3)",
    "quantile_bin(hours-per-week, 10)",
    "hours-per-week // numeric as it is too",
    "cartesian(binned_age, quantile_bin(hours-per-week,10)) // a comment",
    "country_gender_interaction",
    "BINCAT"
  ]
}"""

NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name not in PREDEFINED_GROUPS)
DEFINED = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=8).map("n{}".format)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Recipes right in themselves, with names of every kind."""
    variables: st.SearchStrategy[Term] = st.builds(Variable, NAMES | st.just("ALL_NUMERIC"))
    terms = st.recursive(
        variables,
        lambda inner: st.one_of(
            st.builds(lowercase, inner),
            st.builds(ngram, inner, st.integers(2, 10)),
            st.builds(quantile_bin, inner, st.integers(5, 1000)),
            st.builds(cartesian, inner, inner),
        ),
        max_leaves=6,
    )
    names = draw(st.lists(DEFINED, unique=True, max_size=6))
    n_groups = draw(st.integers(0, len(names)))
    members = NAMES.filter(lambda name: name not in names)
    groups: dict[str, Term] = {
        name: draw(st.builds(group, members, members) | st.builds(group_remove, st.just("ALL_TEXT"), members))
        for name in names[:n_groups]
    }
    assignments = {name: lowercase(draw(members)) for name in names[n_groups:]}
    outputs = draw(st.lists(terms, min_size=1, max_size=5))
    return Recipe(groups=groups, assignments=assignments, outputs=outputs)


class TestParse:
    def test_the_guides_example(self) -> None:
        """A recipe with all three sections reads as it is meant."""
        recipe = Recipe.parse(GUIDE)

        assert group("ALL_CATEGORICAL", "ALL_BINARY") == recipe.groups["BINCAT"]
        assert quantile_bin("age", 30) == recipe.assignments["binned_age"]
        assert Variable("hours-per-week") == recipe.outputs[3]
        assert cartesian("binned_age", quantile_bin("hours-per-week", 10)) == recipe.outputs[4]

    @pytest.mark.parametrize(
        "source",
        [
            '{"outputs":["ALL_INPUTS"]}',
            b'\xef\xbb\xbf{"outputs":["ALL_INPUTS"],"dependencies":null}',
            {"groups": {}, "outputs": ["ALL_INPUTS"]},
            {"groups": None, "assignments": {}, "outputs": ["ALL_INPUTS // all"], "dependencies": {"x": "y"}},
        ],
    )
    def test_sections_may_be_missing(self, source: str | bytes | dict[str, object]) -> None:
        """Only outputs are needed; dependencies are ignored."""
        assert Recipe(outputs=["ALL_INPUTS"]) == Recipe.parse(source)

    @given(recipes(), st.sampled_from([None, 0, 2, 4]))
    def test_parse_inverts_render(self, recipe: Recipe, indent: int | None) -> None:
        """A rendered recipe reads back as it was, however it is spread."""
        text = recipe.render(indent)

        assert recipe == Recipe.parse(text)
        assert recipe.to_dict() == json.loads(text)

    @pytest.mark.parametrize(
        ("source", "path", "message"),
        [
            ("{}", "outputs", "at least one output, found none"),
            ({"outputs": []}, "outputs", "at least one output, found none"),
            ({"outputs": "ALL_TEXT"}, "outputs", "a list, found 'ALL_TEXT'"),
            ({"outputs": [3]}, "outputs[0]", "a string, found 3"),
            ({"outputs": ["a"], "groups": []}, "groups", "an object"),
            ({"outputs": ["a"], "groups": {"G": None}}, "groups.G", "a string, found null"),
            ({"outputs": ["a"], "assignmets": {}}, "assignmets", "Did you mean 'assignments'?"),
            ({"outputs": ["a", "b c)"]}, "outputs[1]", "the end of the expression, found ')'"),
            ({"outputs": ["a", "quantil_bin(a,5)"]}, "outputs[1]", "Did you mean 'quantile_bin'?"),
            ({"outputs": ["a", "ngram(a)"]}, "outputs[1]", "a size from 2 to 10 as the last argument of ngram"),
            ({"outputs": ["ngram(a,11)"]}, "outputs[0]", "a size from 2 to 10, found 11 in 'ngram(a,11)'"),
            ({"outputs": ["osb(a,1)"]}, "outputs[0]", "a window from 2 to 10, found 1"),
            ({"outputs": ["quantile_bin(a,4)"]}, "outputs[0]", "a number of bins from 5 to 1000, found 4"),
            ({"outputs": ["lowercase(a,2)"]}, "outputs[0]", "no number in lowercase, found 2"),
            ({"outputs": ["lowercase(a,b)"]}, "outputs[0]", "one argument of lowercase, found 2"),
            ({"outputs": ["cartesian(a)"]}, "outputs[0]", "two or more arguments of cartesian, found 1"),
            ({"outputs": ["lowercase(cartesian(a))"]}, "outputs[0]", "two or more arguments of cartesian"),
            ({"outputs": ["group(a,b)"]}, "outputs[0]", "Define the group in groups"),
            ({"outputs": ["X"], "assignments": {"X": "ALL_INPUTS"}}, "assignments.X", "ALL_INPUTS, for outputs only"),
            ({"outputs": ["G"], "groups": {"G": "group(ALL_INPUTS)"}}, "groups.G", "ALL_INPUTS stands only in outputs"),
            ({"outputs": ["G"], "groups": {"G": "lowercase(a)"}}, "groups.G", "group(...) or group_remove(...)"),
            ({"outputs": ["G"], "groups": {"G": "a"}}, "groups.G", "group(...) or group_remove(...)"),
            ({"outputs": ["G"], "groups": {"G": "group(lowercase(a))"}}, "groups.G", "names in group(...)"),
            ({"outputs": ["G"], "groups": {"G": "group(a,2)"}}, "groups.G", "names in group(...), found 2"),
            ({"outputs": ["G"], "groups": {"G": "group(a) // b"}}, "groups.G", "Comments stand only in outputs."),
            ({"outputs": ["a"], "assignments": {"1x": "b"}}, "assignments.1x", "starts with a letter, found '1x'"),
            ({"outputs": ["a"], "groups": {"": "group(b)"}}, "groups.", "a name of 1 to 64 characters, found 0"),
            ({"outputs": ["a"], "groups": {"x" * 65: "group(b)"}}, f"groups.{'x' * 65}", "found 65"),
            ({"outputs": ["a"], "groups": {"ALL_TEXT": "group(b)"}}, "groups.ALL_TEXT", "a predefined group"),
            (
                {"outputs": ["a"], "groups": {"X": "group(b)"}, "assignments": {"X": "b"}},
                "assignments.X",
                "a name of its own, found 'X', a group",
            ),
            (
                {"outputs": ["a"], "groups": {"A": "group(B)", "B": "group(C,x)", "C": "group(A)"}},
                "groups.",
                "groups that do not use themselves, found the circle",
            ),
            ({"outputs": ["a"], "assignments": {"A": "lowercase(A)"}}, "assignments.A", "the circle A → A"),
            ('{"outputs":["a"],"outputs":["b"]}', "outputs", "each key once"),
            ('{"outputs":["a"]', "", "JSON"),
            ('{"outputs":["' + "a" * 131_071 + '"]}', "", "at most 131,071 characters, found 131,0"),
        ],
        ids=range(35),
    )
    def test_what_is_wrong_is_named(self, source: str | dict[str, object], path: str, message: str) -> None:
        """An error names the path, what was expected and what was found."""
        with pytest.raises(DocumentError) as caught:
            Recipe.parse(source)

        assert message in str(caught.value)
        assert caught.value.path.startswith(path)

    def test_long_circles_are_cut_short(self) -> None:
        """A circle of thousands is found, and told in a few words."""
        n = 4_000
        assignments = {f"a{i}": f"a{(i + 1) % n}" for i in range(n)}

        with pytest.raises(DocumentError, match="→ … →") as caught:
            Recipe.parse({"assignments": assignments, "outputs": ["a0"]})

        assert len(str(caught.value)) < 300

    @given(st.text(alphabet="ab(),'\\ 2/", max_size=40))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        """No expression, however broken, raises anything but a DocumentError."""
        try:
            recipe = Recipe.parse({"outputs": [text]})
        except DocumentError:
            return

        assert recipe == Recipe.parse(recipe.render())


class TestRender:
    def test_spread_as_the_service_shows_it(self) -> None:
        """With an indent, sections stand on lines, outputs on one, and blanks surround every colon."""
        recipe = Recipe(groups={"G": group("a", "1b")}, outputs=["G", Call("quantile_bin", (Variable("G"),), 50)])

        expected = """{
  "groups" : {
    "G" : "group('a','1b')"
  },
  "assignments" : { },
  "outputs" : [ "G", "quantile_bin(G,50)" ]
}"""
        assert expected == recipe.render(indent=2)

    def test_terms_built_wrongly_are_refused(self) -> None:
        """A recipe made in Python is checked as one made of text."""
        with pytest.raises(DocumentError, match=r"outputs\[1\]: expected a size from 2 to 10, found 99"):
            Recipe(outputs=["a", Call("ngram", (Variable("t"),), 99)])

    def test_is_a_value(self) -> None:
        """Recipes compare, hash, pickle and copy by what they say, and cannot be changed."""
        recipe = Recipe.parse(GUIDE)
        groups = {"G": group("a")}
        other = Recipe(groups=groups, outputs=["G"])
        groups["G"] = group("b")

        assert recipe == pickle.loads(pickle.dumps(recipe))
        assert {recipe: 1} == {copy.deepcopy(recipe): 1}
        assert group("a") == other.groups["G"]
        assert recipe != other


def schema_of(target: str | None = None, **types: str) -> Schema:
    """A schema of attributes by name and type."""
    return Schema(tuple(Attribute(name, AttributeType(kind)) for name, kind in types.items()), target=target)


class TestSuggested:
    def test_observed_form(self) -> None:
        """Groups by bin count, ascending; binary, categorical, binned, text."""
        schema = schema_of(
            target="y",
            t="TEXT",
            b="BINARY",
            fare="NUMERIC",
            parch="NUMERIC",
            age="NUMERIC",
            c="CATEGORICAL",
            y="BINARY",
        )

        recipe = Recipe.suggested(schema, bins={"fare": 500, "parch": 500, "age": 20})

        expected = {
            "groups": {"NUMERIC_VARS_QB_20": "group('age')", "NUMERIC_VARS_QB_500": "group('fare','parch')"},
            "assignments": {},
            "outputs": [
                "ALL_BINARY",
                "ALL_CATEGORICAL",
                "quantile_bin(NUMERIC_VARS_QB_20,20)",
                "quantile_bin(NUMERIC_VARS_QB_500,500)",
                "ALL_TEXT",
            ],
        }
        assert expected == json.loads(recipe.render())
        assert list(expected["groups"]) == list(recipe.groups)

    def test_only_categoricals(self) -> None:
        """Without numbers, binaries and texts, one output is left, in the service's spelling."""
        recipe = Recipe.suggested(schema_of(target="y", c="CATEGORICAL", y="BINARY"))

        assert '"outputs" : [ "ALL_CATEGORICAL" ]' in recipe.render(indent=2)
        assert {"groups": {}, "assignments": {}, "outputs": ["ALL_CATEGORICAL"]} == recipe.to_dict()

    def test_the_target_is_no_input(self) -> None:
        """A numeric target is not binned."""
        recipe = Recipe.suggested(schema_of(target="y", x="NUMERIC", y="NUMERIC"), bins=5)

        assert {"NUMERIC_VARS_QB_5": group("x")} == dict(recipe.groups)

    def test_those_not_named_get_the_default(self) -> None:
        """A mapping may name only what differs."""
        recipe = Recipe.suggested(schema_of(x="NUMERIC", z="NUMERIC"), bins={"z": 50})

        assert {"NUMERIC_VARS_QB_10": group("x"), "NUMERIC_VARS_QB_50": group("z")} == dict(recipe.groups)

    @pytest.mark.parametrize(
        ("bins", "message"),
        [
            ({"aeg": 5}, "names of NUMERIC inputs, found 'aeg'. Did you mean 'age'?"),
            ({"y": 5}, "names of NUMERIC inputs, found 'y'"),
            ({"age": 4}, "a number of bins from 5 to 1000, found 4"),
            (1001, "a number of bins from 5 to 1000, found 1001"),
        ],
    )
    def test_bins_are_checked(self, bins: int | dict[str, int], message: str) -> None:
        """Unknown names and impossible numbers are refused."""
        with pytest.raises(DocumentError) as caught:
            Recipe.suggested(schema_of(target="y", age="NUMERIC", y="NUMERIC"), bins=bins)

        assert message in str(caught.value)
