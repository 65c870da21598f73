"""Text on a terminal: measured, cut and aligned by the columns it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amlwrap._text import cut, table, width


@given(st.text(max_size=30), st.integers(1, 40))
def test_what_is_cut_fits(text: str, columns: int) -> None:
    """Never wider than there is room; whole when it fits."""
    shown = cut(text, columns)

    assert width(shown) <= columns
    assert shown == text or (width(text) > columns and shown.endswith("…"))


def test_columns_align_whatever_is_in_them() -> None:
    """East Asian text takes two columns a character, and nothing moves the cursor."""
    assert "name  x\n東京  1\na·b   2" == table([("name", "x"), ("東京", "1"), ("a\tb", "2")])


def test_marks_take_no_column() -> None:
    """An accent that combines with the letter before it stays with that letter."""
    assert (1, "a\u0301…") == (width("a\u0301"), cut("a\u0301bc", 2))
