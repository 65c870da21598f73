"""Folders for ids: one each, on every file system."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amlwrap._export._names import Names, is_id

IDS = st.from_regex(r"[a-cA-C.-]{1,4}|con|NUL\.x|com1", fullmatch=True)


@given(ids=st.lists(IDS, unique=True, max_size=40))
def test_no_two_ids_share_a_folder(ids: list[str]) -> None:
    """Not even where capitals do not count, dots at the end are dropped, or devices have names."""
    names = Names()
    given = [names.give(one) for one in ids]

    assert len(ids) == len({name.casefold() for name in given})
    assert not any(name.startswith(".") or name.endswith(".") for name in given)
    assert not {name.partition(".")[0].casefold() for name in given} & {"con", "nul", "com1"}
    again = Names(given[:5])
    assert not {name.casefold() for name in given[:5]} & {again.give(one).casefold() for one in ids[5:]}


@given(text=st.text(max_size=70))
def test_only_ids_are_ids(text: str) -> None:
    """Nothing else becomes a path."""
    assert is_id(text) == (0 < len(text) <= 64 and all(c.isascii() and (c.isalnum() or c in "_.-") for c in text))
