"""How results look."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from amlwrap import Metrics
from amlwrap._cli import output
from amlwrap._cli.resources import metrics_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3600, "1 h ago"),
        (86400, "1 d ago"),
        (86400 * 45, "1 mo ago"),
    ],
)
def test_ages_are_said_in_the_largest_unit_they_fill(seconds: float, said: str) -> None:
    """And clocks that differ do no harm."""
    assert said == output.ago(NOW - timedelta(seconds=seconds), NOW)


def test_a_time_nobody_knows_is_a_dash() -> None:
    """As in a snapshot that a create returned."""
    assert ("-", "-") == (output.moment(None), output.ago(None, NOW))


@pytest.mark.parametrize(("columns", "cell"), [(80, "a long name"), (24, "a long na…"), (5, "a long …")])
def test_one_column_gives_way_on_a_terminal(
    columns: int, cell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Down to eight characters; the others are whole."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    output.table(("ID", "NAME", "STATUS"), [("ml-1", "a long name", output.status("FAILED"))], cuttable=1)

    _, row = capsys.readouterr().out.splitlines()
    assert ["ml-1", cell, "FAILED"] == [row[:4], row[6:].partition("  ")[0], row.split()[-1]]


def test_titles_are_cut_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Above a column of narrow cells, too: half an escape sequence gets nowhere."""
    output.table(("ID", "NAME"), [("ml-1", "-")], cuttable=1)

    assert "ID    NAME\nml-1  -\n" == capsys.readouterr().out


def test_what_others_wrote_moves_no_cursor() -> None:
    """Names and messages come from anywhere; no escape sequence gets through."""
    assert ("a·[2J·b", "Zürich 東京") == (output.printable("a\x1b[2J\nb"), output.printable("Zürich 東京"))


def test_metrics_are_what_is_known() -> None:
    """AWS tells one number."""
    assert {"auc": 0.75, "baseline": 0.5} == metrics_of(Metrics(auc=0.75, baseline=0.5))
