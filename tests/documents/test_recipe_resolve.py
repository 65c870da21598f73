"""A recipe against a schema: what reaches the learner, and what does not fit."""

from __future__ import annotations

import itertools
import json
import pickle
import time

import pytest

from amlwrap.documents.recipe import Recipe
from amlwrap.documents.recipe_expressions import Apply, Leaf, Output
from amlwrap.documents.schema import Attribute, AttributeType, Schema
from amlwrap.exceptions import DocumentError

BINARY, CATEGORICAL, NUMERIC, TEXT = (AttributeType(kind) for kind in ("BINARY", "CATEGORICAL", "NUMERIC", "TEXT"))

SCHEMA = Schema(
    (
        Attribute("id", CATEGORICAL),
        Attribute("age", NUMERIC),
        Attribute("hours-per-week", NUMERIC),
        Attribute("job", CATEGORICAL),
        Attribute("home.dest", CATEGORICAL),
        Attribute("smoker", BINARY),
        Attribute("title", TEXT),
        Attribute("body", TEXT),
        Attribute("junk", TEXT),
        Attribute("y", CATEGORICAL),
    ),
    target="y",
    row_id="id",
    excluded=("junk",),
)


def resolve(*outputs: str, groups: dict[str, str] | None = None, **assignments: str) -> tuple[Output, ...]:
    """What a recipe of these parts comes to on SCHEMA."""
    document = {"groups": groups or {}, "assignments": assignments, "outputs": list(outputs)}
    return Recipe.parse(document).resolve(SCHEMA)


def texts(*outputs: str, groups: dict[str, str] | None = None, **assignments: str) -> list[str]:
    """The canonical texts of the same."""
    return [output.text for output in resolve(*outputs, groups=groups, **assignments)]


class TestExpansion:
    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ("ALL_TEXT", ["title", "body"]),
            ("ALL_NUMERIC", ["age", "hours-per-week"]),
            ("ALL_CATEGORICAL", ["job", "'home.dest'"]),
            ("ALL_BINARY", ["smoker"]),
            ("ALL_INPUTS", ["age", "hours-per-week", "job", "'home.dest'", "smoker", "title", "body"]),
            ("quantile_bin(ALL_NUMERIC, 5)", ["quantile_bin(age,5)", "quantile_bin(hours-per-week,5)"]),
            ("lowercase( no_punct(ALL_TEXT) )", ["lowercase(no_punct(title))", "lowercase(no_punct(body))"]),
            ("cartesian(ALL_CATEGORICAL,smoker)", ["cartesian(job,smoker)", "cartesian('home.dest',smoker)"]),
            (
                "cartesian(ALL_CATEGORICAL,ALL_TEXT)",
                [
                    "cartesian(job,title)",
                    "cartesian(job,body)",
                    "cartesian('home.dest',title)",
                    "cartesian('home.dest',body)",
                ],
            ),
        ],
    )
    def test_predefined_groups(self, output: str, expected: list[str]) -> None:
        """A transformation of a group applies to each member; target, row id and excluded are in no group."""
        assert expected == texts(output)

    def test_groups_of_groups(self) -> None:
        """Groups hold variables and groups, each member once, and may be defined in any order."""
        groups = {
            "BOTH": "group(WORDS, job, ALL_CATEGORICAL)",
            "WORDS": "group_remove(ALL_TEXT, body)",
            "REST": "group_remove(BOTH, WORDS, age)",
        }

        assert ["title", "job", "'home.dest'"] == texts("BOTH", groups=groups)
        assert ["job", "'home.dest'"] == texts("REST", groups=groups)

    @pytest.mark.parametrize("name", ["y", "id", "junk"])
    def test_what_is_no_input_may_be_taken_away(self, name: str) -> None:
        """Removing the target from a group is harmless."""
        groups = {"G": f"group_remove(ALL_CATEGORICAL, {name})"}

        assert ["job", "'home.dest'"] == texts("G", groups=groups)

    def test_assignments_nest(self) -> None:
        """Assignments use each other and stand in outputs, alone or inside calls."""
        expected = ["quantile_bin(age,30)", "cartesian(quantile_bin(age,30),job)", "lowercase(job)"]

        assert expected == texts(
            "bin", "both", "lowercase(j)", both="cartesian(bin, j)", j="job", bin="quantile_bin(age,30)"
        )

    def test_duplicates_are_dropped(self) -> None:
        """What is said twice, in whatever words, comes once, where it came first."""
        expected = ["body", "title", "lowercase(body)"]

        assert expected == texts("body", "ALL_TEXT", "title", "lowercase(body)", "x", x="lowercase('body')")

    def test_equal_expressions_are_one_object(self) -> None:
        """Shared parts are shared, so that caches can go by identity."""
        first, second = resolve("cartesian(quantile_bin(age,5),job)", "cartesian(a,smoker)", a="quantile_bin( age, 5 )")

        assert isinstance(first.expression, Apply)
        assert isinstance(second.expression, Apply)
        assert first.expression.arguments[0] is second.expression.arguments[0]

    def test_empty_groups_may_stand_beside_others(self) -> None:
        """An output that selects nothing is allowed when something else remains."""
        groups = {"NONE": "group_remove(ALL_BINARY, smoker)"}

        assert ["age"] == texts("NONE", "lowercase(NONE)", "cartesian(NONE,job)", "age", groups=groups)
        with pytest.raises(DocumentError, match="recipe at outputs: expected at least one output variable"):
            resolve("NONE", "cartesian(NONE,job)", groups=groups)

    def test_a_schema_without_inputs_is_named_as_the_reason(self) -> None:
        """No group is to blame where there is nothing to learn from; the suggested recipe names groups nobody wrote."""
        schema = Schema((Attribute("id", CATEGORICAL), Attribute("y", BINARY)), target="y", row_id="id")

        with pytest.raises(DocumentError, match=r"schema at attributes: .*found none: the schema has no input"):
            Recipe.suggested(schema).resolve(schema)

    def test_predefined_groups_win_over_attributes(self) -> None:
        """An attribute that is called like a predefined group is reached through its type's group."""
        schema = Schema((Attribute("ALL_TEXT", NUMERIC), Attribute("t", TEXT)))

        assert ["t", "ALL_TEXT"] == [
            output.text for output in Recipe(outputs=["ALL_TEXT", "ALL_NUMERIC"]).resolve(schema)
        ]


class TestKinds:
    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ("age", "numeric"),
            ("smoker", "binary"),
            ("job", "categorical"),
            ("title", "tokens"),
            ("ngram(title,2)", "tokens"),
            ("osb(lowercase(title),4)", "tokens"),
            ("lowercase(title)", "tokens"),
            ("lowercase(job)", "categorical"),
            ("no_punct('home.dest')", "categorical"),
            ("normalize(age)", "numeric"),
            ("normalize(normalize(age))", "numeric"),
            ("quantile_bin(normalize(age),10)", "categorical"),
            ("cartesian(job,smoker)", "categorical"),
            ("cartesian(job,quantile_bin(age,10))", "categorical"),
            ("cartesian(job,title)", "tokens"),
            ("cartesian(job,ngram(title,2))", "tokens"),
            ("cartesian(osb(title,3),ngram(body,2))", "tokens"),
            ("cartesian(cartesian(job,smoker),title)", "tokens"),
        ],
    )
    def test_every_output_says_what_it_yields(self, output: str, expected: str) -> None:
        """Kinds follow the types and the functions."""
        (resolved,) = resolve(output)

        assert expected == resolved.kind
        assert output == resolved.text

    def test_attributes_are_named_once(self) -> None:
        """An output knows which attributes it is made of."""
        (output,) = resolve("cartesian(job,quantile_bin(age,5),lowercase(job))")

        assert ("job", "age") == output.attributes

    def test_expressions_are_values(self) -> None:
        """Expressions of two resolutions are equal, hash alike and survive pickle; types tell them apart."""
        (first,), (second,) = resolve("cartesian(job,smoker)"), resolve("cartesian(job, smoker)")

        assert {first: 1} == {second: 1}
        assert first == pickle.loads(pickle.dumps(first))
        assert Leaf("x", NUMERIC) != Leaf("x", TEXT)


class TestErrors:
    @pytest.mark.parametrize(
        ("outputs", "path", "message"),
        [
            (["age", "job", "bdy"], "outputs[2]", "found 'bdy'. Did you mean 'body'?"),
            (["ngram(titel, 2)"], "outputs[0]", "found 'titel' in 'ngram(titel,2)'. Did you mean 'title'"),
            (["ALL_TEXTS"], "outputs[0]", "Did you mean 'ALL_TEXT'"),
            (["y"], "outputs[0]", "found 'y', which is the target and never an input"),
            (["lowercase(id)"], "outputs[0]", "'id', which is the row id and never an input in 'lowercase(id)'"),
            (["junk"], "outputs[0]", "'junk', which is excluded and never an input"),
            (
                ["quantile_bin(title,5)"],
                "outputs[0]",
                "NUMERIC as an argument of quantile_bin, found 'title', which is TEXT",
            ),
            (["quantile_bin(smoker,5)"], "outputs[0]", "which is BINARY"),
            (["normalize(quantile_bin(age,5))"], "outputs[0]", "'quantile_bin(age,5)', which is CATEGORICAL"),
            (
                ["lowercase(quantile_bin(age,5))"],
                "outputs[0]",
                "the words of an attribute as an argument of lowercase, found 'quantile_bin(age,5)'",
            ),
            (["no_punct(cartesian(job,smoker))"], "outputs[0]", "Reword what goes into it."),
            (["ngram(job,2)"], "outputs[0]", "TEXT as an argument of ngram, found 'job', which is CATEGORICAL"),
            (["ngram(osb(title,2),2)"], "outputs[0]", "'osb(title,2)', which is TOKENS"),
            (["lowercase(age)"], "outputs[0]", "TEXT or CATEGORICAL as an argument of lowercase"),
            (["no_punct(ALL_INPUTS)"], "outputs[0]", "found 'age', which is NUMERIC, in 'no_punct(ALL_INPUTS)'"),
            (["cartesian(job,age)"], "outputs[0]", "Bin the number first: quantile_bin(age,10)."),
        ],
    )
    def test_what_does_not_fit_is_named(self, outputs: list[str], path: str, message: str) -> None:
        """Unknown names, names that are no inputs and wrong types say where and why."""
        with pytest.raises(DocumentError) as caught:
            resolve(*outputs)

        assert message in str(caught.value)
        assert path == caught.value.path

    @pytest.mark.parametrize(
        ("groups", "path", "message"),
        [
            ({"G": "group(nobody)"}, "groups.G", "found 'nobody' in \"group('nobody')\""),
            ({"G": "group(y)"}, "groups.G", "which is the target"),
            ({"G": "group(a)"}, "groups.G", "variables and groups, found the assignment 'a'"),
            (
                {"G": "group_remove(job,age)"},
                "groups.G",
                "a group as the first name in group_remove, found the variable",
            ),
            ({"G": "group_remove(ALL_TEXT,nobody)"}, "groups.G", "found 'nobody'"),
            ({"job": "group(age)"}, "groups.job", "a name of its own, found 'job', an attribute of the schema"),
            ({"y": "group(age)"}, "groups.y", "an attribute of the schema"),
        ],
    )
    def test_groups_are_checked_even_when_unused(self, groups: dict[str, str], path: str, message: str) -> None:
        """A group that does not fit is refused whether or not an output names it."""
        with pytest.raises(DocumentError) as caught:
            resolve("age", groups=groups, a="lowercase(job)")

        assert message in str(caught.value)
        assert path == caught.value.path

    def test_assignments_are_checked_even_when_unused(self) -> None:
        """So is an assignment."""
        with pytest.raises(
            DocumentError, match=r"assignments\.a: expected NUMERIC .* found 'job', which is CATEGORICAL"
        ):
            resolve("age", a="normalize(job)")

    def test_text_given_as_a_name_is_explained(self) -> None:
        """A call written as a string in Python says how text is read."""
        with pytest.raises(DocumentError, match=r"Recipe\.parse reads expressions from text"):
            Recipe(outputs=["osb(title,7)"]).resolve(SCHEMA)

    def test_validate_says_the_same(self) -> None:
        """Validation raises what resolution raises, and is silent when all is well."""
        Recipe(outputs=["age"]).validate(SCHEMA)
        with pytest.raises(DocumentError, match="Did you mean 'age'"):
            Recipe(outputs=["aged"]).validate(SCHEMA)

    def test_validate_measures_the_text(self) -> None:
        """A recipe built in Python must fit the service's text limit too."""
        recipe = Recipe(outputs=["age"] * 30_000)

        with pytest.raises(DocumentError, match="at most 131,071 characters, found 180,"):
            recipe.validate(SCHEMA)


class TestLimits:
    WIDE = Schema(tuple(Attribute(f"c{i}", CATEGORICAL) for i in range(1000)))

    def test_ten_thousand_outputs(self) -> None:
        """So many output variables are allowed, one more is not."""
        schema = Schema(tuple(Attribute(f"c{i}", CATEGORICAL) for i in range(101)))
        groups = {"G": "group_remove(ALL_CATEGORICAL,c100)"}

        full = Recipe.parse({"groups": groups, "outputs": ["cartesian(G,G)"]}).resolve(schema)

        assert 10_000 == len(full)
        with pytest.raises(
            DocumentError, match=r"outputs\[1\]: expected at most 10,000 output variables, found 10,001"
        ):
            Recipe.parse({"groups": groups, "outputs": ["cartesian(G,G)", "c100"]}).resolve(schema)

    @pytest.mark.parametrize(
        ("n_factors", "found"), [(3, "1,000,000,000 from"), (8_000, "over 1,000,000,000,000 from")]
    )
    def test_products_are_counted_before_they_are_made(self, n_factors: int, found: str) -> None:
        """A product of a billion members, or of more than can be written, is refused at once."""
        recipe = Recipe.parse({"outputs": [f"cartesian({','.join(['ALL_CATEGORICAL'] * n_factors)})"]})

        with pytest.raises(DocumentError, match=f"found {found}"):
            recipe.resolve(self.WIDE)

    @pytest.mark.parametrize(
        ("assignments", "message"),
        [
            ({f"a{i}": f"cartesian(a{i - 1},a{i - 1})" if i else "c0" for i in range(60)}, "1,000,000 names and calls"),
            ({f"a{i}": f"lowercase(a{i - 1})" if i else "c0" for i in range(4000)}, "64 calls inside one another"),
            ({f"a{i}": f"lowercase({'ALL_CATEGORICAL'})" for i in range(3000)}, "1,000,000 names and calls"),
        ],
        ids=["doubling", "deep", "wide"],
    )
    def test_short_recipes_cannot_ask_for_enormous_results(self, assignments: dict[str, str], message: str) -> None:
        """Expansions that double, nest or spread without end are refused with a DocumentError."""
        recipe = Recipe.parse({"assignments": assignments, "outputs": ["a0"]})

        with pytest.raises(DocumentError, match=message):
            recipe.resolve(self.WIDE)

    def test_repeated_groups_are_refused(self) -> None:
        """Naming a thousand attributes thousands of times ends soon."""
        with pytest.raises(DocumentError, match="1,000,000 names and calls"):
            Recipe(outputs=["ALL_INPUTS"] * 9_000).resolve(self.WIDE)
        with pytest.raises(DocumentError, match="1,000,000 names and calls"):
            Recipe.parse(
                {"groups": {f"g{i}": "group(ALL_CATEGORICAL)" for i in range(2_000)}, "outputs": ["c0"]}
            ).resolve(self.WIDE)

    def test_a_neighbours_recipe_is_resolved_at_once(self) -> None:
        """784 bins and 3,750 products, near the longest text allowed, take a moment from text to outputs."""
        schema = Schema(tuple(Attribute(f"pixel{i}", NUMERIC) for i in range(784)))
        pairs = itertools.islice(itertools.combinations(range(784), 2), 3750)
        document = {
            "assignments": {f"b{i}": f"quantile_bin(pixel{i},5)" for i in range(784)},
            "outputs": [f"cartesian(b{first},b{second})" for first, second in pairs],
        }
        text = json.dumps(document)
        begin = time.perf_counter()

        outputs = Recipe.parse(text).resolve(schema)

        assert time.perf_counter() - begin < 2  # a tenth of that on an idle machine
        assert 3750 == len({output.text for output in outputs})
        parts = {id(part) for output in outputs for part in getattr(output.expression, "arguments", ())}
        assert len(parts) <= 784
