"""Single fields, held against the columns that batches are read into."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amlwrap.local.ingest.builders import SPELLINGS, BinaryBuilder, NumericBuilder
from amlwrap.local.ingest.fields import WHITE_SPACE, number, state

NUMERALS = st.text("0123456789+-.eE _infa,\t\u3000\x1c\u0663", max_size=12)
AMOUNTS = st.floats().map(repr) | st.integers().map(str) | NUMERALS | st.text(max_size=6)
STATES = st.sampled_from(sorted(SPELLINGS)) | st.text("yYnNoOeEsStTrRuUfFaAlL01 \t\x1c\u2003", max_size=6)


@given(AMOUNTS)
@example("9007199254740993")
@example("99999999999999999999")
@example("1e400")
@example("5.")
@example("+.5e-3")
@example("\x851\u00a0")
def test_a_number_is_what_a_column_takes_for_one(text: str) -> None:
    """A field and a column of that field hold the same double, or both nothing."""
    column = NumericBuilder().column(pl.Series([text], dtype=pl.String))

    assert column is not None
    expected = None if column.missing is not None else float(column.values[0])
    assert expected == number(text)


@given(STATES)
@example("")
@example("\u2003YES\u00a0")
def test_a_state_is_what_a_column_takes_for_one(text: str) -> None:
    """All ten spellings, in any case, between blanks; and nothing else."""
    column = BinaryBuilder().column(pl.Series([text], dtype=pl.String))

    assert int(column.values[0]) == state(text)


@pytest.mark.parametrize("place", range(0, 0x30000, 0x1000))
def test_white_space_is_unicodes(place: int) -> None:
    """Character by character, as polars has it."""
    characters = [chr(code) for code in range(place, place + 0x1000) if not 0xD800 <= code < 0xE000]
    blank = re.compile(f"[{WHITE_SPACE}]")

    stripped = pl.Series(characters, dtype=pl.String).str.strip_chars() == ""
    assert stripped.to_list() == [blank.fullmatch(character) is not None for character in characters]
