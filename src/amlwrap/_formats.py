"""Files that are no CSV, told by their first bytes: what each is, and what to do with it."""

from __future__ import annotations

__all__ = ["other_encoding", "other_format"]

_AS_FRAME = "Read it with pandas.{}(…), and pass the frame."
_FORMATS = (
    (b"PK\x03\x04", "a ZIP archive, such as a workbook of Excel", _AS_FRAME.format("read_excel") + " Unpack others."),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel", _AS_FRAME.format("read_excel")),
    (b"PAR1", "a Parquet file", _AS_FRAME.format("read_parquet")),
)
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def other_format(head: bytes) -> tuple[str, str] | None:
    r"""
    What data are that begin with *head*, and a remedy; None where they may be a CSV.

    >>> other_format(b"PAR1\x15\x04")
    ('a Parquet file', 'Read it with pandas.read_parquet(…), and pass the frame.')
    """
    return next(((found, remedy) for magic, found, remedy in _FORMATS if head.startswith(magic)), None)


def other_encoding(head: bytes) -> str:
    r"""
    A remedy for data that begin with *head* and are no UTF-8.

    >>> other_encoding(b"n\xe9")
    'Save it as UTF-8, or read it with pandas.read_csv(…, encoding="latin-1") or whatever it is, and pass the frame.'
    """
    encoding = "utf-16" if head.startswith(_BOMS) else "latin-1"
    guess = "" if encoding == "utf-16" else " or whatever it is"
    return f'Save it as UTF-8, or read it with pandas.read_csv(…, encoding="{encoding}"){guess}, and pass the frame.'
