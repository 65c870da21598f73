"""Recipe expressions built in Python."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlwrap.documents.recipe_grammar import Call, Term, parse_term
from amlwrap.documents.transforms import (
    cartesian,
    group,
    group_remove,
    lowercase,
    ngram,
    no_punct,
    normalize,
    osb,
    quantile_bin,
    variable,
)
from amlwrap.exceptions import DocumentError


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (variable("age"), "age"),
        (group("a", variable("b")), "group('a','b')"),
        (group_remove("ALL_TEXT", "title"), "group_remove(ALL_TEXT,'title')"),
        (ngram("title", 2), "ngram(title,2)"),
        (osb("title", 10), "osb(title,10)"),
        (lowercase(no_punct("title")), "lowercase(no_punct(title))"),
        (quantile_bin(normalize("age"), 5), "quantile_bin(normalize(age),5)"),
        (cartesian("job", quantile_bin("age", 10), "y z"), "cartesian(job,quantile_bin(age,10),'y z')"),
    ],
)
def test_builders_give_what_the_text_parses_to(term: Term, expected: str) -> None:
    """A built term and the parsed text are the same."""
    assert expected == str(term)
    assert parse_term(expected) == term


@pytest.mark.parametrize(
    ("function", "lowest", "highest"),
    [(ngram, 2, 10), (osb, 2, 10), (quantile_bin, 5, 1000)],
    ids=["ngram", "osb", "quantile_bin"],
)
def test_numbers_stay_in_range(function: Callable[[str, int], Call], lowest: int, highest: int) -> None:
    """The service's ranges hold at both ends."""
    assert (lowest, highest) == (function("x", lowest).number, function("x", highest).number)
    for number in (lowest - 1, highest + 1):
        with pytest.raises(DocumentError, match=f"from {lowest} to {highest}, found {number} in"):
            function("x", number)


def test_a_string_is_a_name() -> None:
    """Text that looks like an expression is quoted, not parsed."""
    assert "lowercase('no_punct(title)')" == str(lowercase("no_punct(title)"))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: cartesian("a"), "two or more arguments of cartesian, found 1 in 'cartesian(a)'"),
        (cartesian, "two or more arguments of cartesian, found 0"),
        (group, "names in group(...), found none"),
    ],
)
def test_too_few_arguments_are_refused(build: Callable[[], Call], message: str) -> None:
    """A product needs two factors, a group a member."""
    with pytest.raises(DocumentError) as caught:
        build()

    assert message in str(caught.value)
