"""Words: splitting at white space, lower case, punctuation."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.local.features.signals import Names, Words
from amlwrap.local.features.words import lowercase, no_punct, split


def rows_of(words: Words | Names) -> list[list[str]]:
    """The words of each row."""
    assert isinstance(words, Words)
    flat = words.flat.to_list()
    return [flat[start:stop] for start, stop in zip(words.offsets[:-1], words.offsets[1:], strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("email-subject here", ["email-subject", "here"]),
        ("  two\tblanks  ", ["two", "blanks"]),
        ("no\u00a0break\u2003space", ["no", "break", "space"]),
        ("", [""]),
        ("   ", [""]),
    ],
)
def test_text_is_split_at_white_space(text: str, expected: list[str]) -> None:
    """Punctuation stays on the word, blanks never make a word, and no words at all are one empty word."""
    assert rows_of(split(pl.Series([text]))) == [expected]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_each_row_gets_the_words_python_finds(texts: list[str]) -> None:
    """Rows keep their words apart and in order."""
    separators = "\x1c\x1d\x1e\x1f"  # white space to Python, control characters to Unicode
    cleaned = ["".join(character for character in text if character not in separators) for text in texts]
    assert rows_of(split(pl.Series(cleaned))) == [text.split() or [""] for text in cleaned]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- come in", ["come", "in"]),
        ("well-known!", ["well-known"]),
        ("?! ...", [""]),
        ("«Ça» 5€", ["Ça", "5"]),
    ],
)
def test_no_punct_strips_the_ends_of_words(text: str, expected: list[str]) -> None:
    """Inner marks stay; a word of nothing else goes, but its row keeps one empty word."""
    assert rows_of(no_punct(split(pl.Series([text])))) == [expected]


def test_no_punct_keeps_rows_apart() -> None:
    """A row that loses words does not take its neighbour's."""
    assert rows_of(no_punct(split(pl.Series(["a !", "!", "b"])))) == [["a"], [""], ["b"]]


def test_lowercase_is_unicode() -> None:
    """Letters of every script go to lower case."""
    assert rows_of(lowercase(split(pl.Series(["ÄPFEL und ΣΤΟ"])))) == [["äpfel", "und", "στο"]]


def test_categories_are_reworded_whole() -> None:
    """A category stays one value; its codes do not change."""
    names = Names(pl.Series([0, 1]).to_numpy(), ("New York!", "OSLO"))
    lowered = lowercase(no_punct(names))
    assert isinstance(lowered, Names)
    assert lowered.vocabulary == ("new york", "oslo")
