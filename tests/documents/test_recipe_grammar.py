"""Recipe expressions: text to tree and back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.documents.recipe_grammar import MAX_DEPTH, Call, Term, Variable, parse_term, render_name
from amlwrap.exceptions import DocumentError

NAMES = st.text(min_size=1) | st.sampled_from(
    ["age", "hours-per-week", "home.dest", "it's", '"', "\\", "a//b", " a ", "1st"]
)


def calls(arguments: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    """Calls of any function, known or not."""
    return st.builds(
        Call,
        st.sampled_from(["ngram", "cartesian", "group", "group_remove", "anything"]),
        st.lists(arguments, min_size=1, max_size=4).map(tuple),
        st.none() | st.integers(0, 999_999_999),
    )


TERMS: st.SearchStrategy[Term] = st.recursive(st.builds(Variable, NAMES), calls, max_leaves=20)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("age", Variable("age")),
            ("  age\t", Variable("age")),
            ("hours-per-week", Variable("hours-per-week")),
            ("home.dest", Variable("home.dest")),
            ("YearRemod/Add", Variable("YearRemod/Add")),
            ("capital gain", Variable("capital gain")),
            ("été", Variable("été")),
            ("ngram", Variable("ngram")),
            ("'1stFlrSF'", Variable("1stFlrSF")),
            ('"1stFlrSF"', Variable("1stFlrSF")),
            ("' a '", Variable(" a ")),
            ('"it\'s"', Variable("it's")),
            (r"'it\'s'", Variable("it's")),
            (r"'a\\b'", Variable(r"a\b")),
            (r"'a\b'", Variable(r"a\b")),
            ("'a,(b)'", Variable("a,(b)")),
            ("ngram(title,2)", Call("ngram", (Variable("title"),), 2)),
            ("ngram ( 'title' ,\n 2 ) ", Call("ngram", (Variable("title"),), 2)),
            ("f(x,007)", Call("f", (Variable("x"),), 7)),
            ("f(3)", Call("f", (), 3)),
            (
                "cartesian(quantile_bin(age,30),job,lowercase(no_punct('t')))",
                Call(
                    "cartesian",
                    (
                        Call("quantile_bin", (Variable("age"),), 30),
                        Variable("job"),
                        Call("lowercase", (Call("no_punct", (Variable("t"),)),)),
                    ),
                ),
            ),
        ],
    )
    def test_text_becomes_a_tree(self, text: str, expected: Term) -> None:
        """Blanks do not matter, quotes hold anything, calls nest."""
        assert expected == parse_term(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("age // keep the raw one too", Variable("age")),
            ("age//don't", Variable("age")),
            ("'a//b' // 'c'", Variable("a//b")),
            ("lowercase(t) // (", Call("lowercase", (Variable("t"),))),
        ],
    )
    def test_comments_end_outputs(self, text: str, expected: Term) -> None:
        """In outputs everything behind // outside quotes is left out."""
        assert expected == parse_term(text, comments=True)

    def test_slashes_are_part_of_names_elsewhere(self) -> None:
        """Outside outputs there are no comments."""
        assert Variable("a//b") == parse_term("a//b")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "a name or a call, found an empty expression"),
            ("  ", "a name or a call, found an empty expression"),
            ("// nothing", "a name or a call, found the end of '// nothing'"),
            ("f()", "an argument of f, found ')' at character 3 of 'f()'"),
            ("f(a,)", "an argument of f, found ')' at character 5"),
            ("f(a", "',' or ')' inside f(...), found the end of 'f(a'"),
            ("f(a))", "the end of the expression, found ')' at character 5"),
            ("a, b", "the end of the expression, found ',' at character 2"),
            ("a 'b'", "the end of the expression, found 'b' at character 3"),
            ("(a)", "a name or a call, found '('"),
            ("5", "a name or a call, found '5'"),
            ("'f'(a)", "the end of the expression, found '('"),
            ("f(2,a)", "')', as a number is the last argument, inside f(...), found ','"),
            ("f(a,2.5)", "found '2.5' at character 5 of 'f(a,2.5)'. Numbers are whole and have no sign."),
            ("f(a,-2)", "Numbers are whole and have no sign."),
            ("f(a,1234567890)", "a number of at most 9 digits"),
            ("1stFlrSF", "A name that does not start with a letter must be quoted: '1stFlrSF'."),
            ("'a", 'a closing quote, found "\'a" at character 1'),
            ("f(a, 'b)", 'a closing quote, found "\'b)" at character 6'),
            ("a\\b", "A name holding a backslash must be quoted."),
            ("''", "a name, found '' at character 1"),
        ],
    )
    def test_what_is_wrong_is_named(self, text: str, message: str) -> None:
        """A syntax error names the place in the recipe, the character, what was expected and what was found."""
        with pytest.raises(DocumentError) as caught:
            parse_term(text, "outputs[3]", comments=True)

        assert message in str(caught.value)
        assert "outputs[3]" == caught.value.path

    def test_comments_outside_outputs_are_explained(self) -> None:
        """A comment where none may stand is called one."""
        with pytest.raises(DocumentError, match="Comments stand only in outputs"):
            parse_term("f(a) // why")

    @pytest.mark.parametrize(
        "text",
        [
            "osb(" * 32_000,
            "osb(" * 16_000 + "a" + ",2)" * 16_000,
            "(" * 131_071,
            ")" * 131_071,
            "'" * 131_071,
            "'" + "\\'" * 65_000,
            "\\" * 131_071,
            "9" * 131_071,
            "f(" + "9" * 131_000 + ")",
            "a," * 65_000,
            "'a' " * 32_000,
            "f(" + " " * 131_000,
            "f(" + "a," * 65_000,
            "a" + " " * 131_000 + "'b'",
        ],
        ids=range(14),
    )
    def test_nasty_text_is_refused_at_once(self, text: str) -> None:
        """Expressions as long as a recipe may be fail as any other, soon."""
        begin = time.process_time()

        with pytest.raises(DocumentError) as caught:
            parse_term(text, comments=True)

        assert len(str(caught.value)) < 1_000
        assert time.process_time() - begin < 2

    def test_depth_is_bounded(self) -> None:
        """So many calls may stand inside one another, and no more."""
        deepest = "f(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH

        assert deepest == str(parse_term(deepest))
        with pytest.raises(DocumentError, match="at most 64 calls inside one another"):
            parse_term(f"f({deepest})")
        with pytest.raises(DocumentError, match="at most 64 calls inside one another"):
            Call("f", (parse_term(deepest),))


class TestRender:
    @given(TERMS)
    def test_parse_inverts_render(self, term: Term) -> None:
        """Whatever the names hold, the rendered text parses to the same tree."""
        assert term == parse_term(str(term))
        assert term == parse_term(f" {term} // comment's", comments=True)

    @given(st.text(alphabet="ab1,'\"()\\/ -", max_size=30))
    def test_what_parses_renders_canonically(self, text: str) -> None:
        """Text is refused with a DocumentError, or its rendering is a fixed point."""
        try:
            term = parse_term(text, comments=True)
        except DocumentError:
            return

        assert term == parse_term(str(term), comments=True)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("age", "age"),
            ("hours-per-week", "hours-per-week"),
            ("home.dest", "'home.dest'"),
            ("1stFlrSF", "'1stFlrSF'"),
            ("_x", "'_x'"),
            ("été", "'été'"),
            ("a b", "'a b'"),
            ("it's", '"it\'s"'),
            ("'\"", "'\\'\"'"),
            ("a\\", "'a\\\\'"),
        ],
    )
    def test_names_are_quoted_when_needed(self, name: str, expected: str) -> None:
        """Only plain names stand bare; the quote is the service's unless the name holds one."""
        assert expected == render_name(name)

    @pytest.mark.parametrize("text", ["group('fare','parch')", "group_remove(ALL_TEXT,'title')"])
    def test_group_members_are_quoted_as_the_service_does(self, text: str) -> None:
        """Names inside groups are always quoted, predefined groups never."""
        assert text == str(parse_term(text))
