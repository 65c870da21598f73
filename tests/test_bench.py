from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.__main__ import BENCHES, main, write
from bench._figures import Bound, Report, excess, figure, ratio, show, table
from bench._timing import Options, Pairs, Usage, alternate, child, pairs_of, seconds

times = st.floats(1e-3, 1e3)


def recorder(letter: str, calls: list[str]) -> Callable[[], int]:
    """A function that notes *letter*, and returns how many notes there are."""

    def call() -> int:
        calls.append(letter)
        return len(calls)

    return call


def ticks(*moments: float) -> Callable[[], float]:
    """A clock that shows *moments*, one after the other."""
    left: Iterator[float] = iter(moments)
    return lambda: next(left)


@pytest.mark.parametrize("name", BENCHES)
def test_benches_are_there(name: str) -> None:
    """Whoever moves what a bench measures hears of it before the bench is run."""
    assert callable(importlib.import_module(BENCHES[name]).run)


def test_sides_take_turns() -> None:
    """Ours and the peer run in alternation, and each side's results stay in order."""
    calls: list[str] = []

    results = alternate(recorder("A", calls), recorder("B", calls), 3)

    assert ["A", "B", "A", "B", "A", "B"] == calls
    assert ([1, 3, 5], [2, 4, 6]) == results


def test_warm_up_is_forgotten() -> None:
    """A warm-up calls both sides once and keeps nothing of it."""
    calls: list[str] = []

    results = alternate(recorder("A", calls), recorder("B", calls), 1, warm_up=True)

    assert ["A", "B", "A", "B"] == calls
    assert ([3], [4]) == results


def test_seconds_are_the_clocks() -> None:
    """A call lasts from the clock's one reading to the next."""
    assert seconds(lambda: None, ticks(10.0, 12.5)) == 2.5


def test_runs_are_compared_in_pairs() -> None:
    """A busy moment that hits one pair moves neither the ratio nor the excess, whatever the medians of the sides do."""
    pairs = Pairs((1.0, 10.0, 1.5), (2.0, 20.0, 3.0))

    assert pairs.ratio == 0.5
    assert Pairs((3.0, 1.0, 9.0), (2.0, 1.5, 1.0)).excess == 1.0


def test_even_number_of_runs_has_the_middle_of_two() -> None:
    """The median of two pairs lies between them."""
    assert Pairs((1.0, 3.0), (1.0, 1.0)).ratio == 2.0


@given(st.lists(times, min_size=1, max_size=9), st.floats(0.1, 10))
def test_constant_factor_is_the_ratio(peer: list[float], factor: float) -> None:
    """When every run of ours takes the same multiple of the peer's, that multiple is the ratio."""
    assert math.isclose(factor, Pairs(tuple(factor * time for time in peer), tuple(peer)).ratio)


@pytest.mark.parametrize(("ours", "peer"), [((), ()), ((1.0,), (1.0, 2.0))])
def test_runs_without_a_partner_are_refused(ours: tuple[float, ...], peer: tuple[float, ...]) -> None:
    """Pairs of nothing, or of unequal numbers of runs, cannot be made."""
    with pytest.raises(ValueError, match="as many runs"):
        Pairs(ours, peer)


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        (Bound("≤", 0.7), 0.7, True),
        (Bound("≤", 0.7), 0.70001, False),
        (Bound("≥", 0.917), 0.917, True),
        (Bound("≥", 0.917), 0.9169, False),
        (Bound("≤", 0.7), math.nan, False),
        (Bound("≥", 0.7), math.nan, False),
    ],
)
def test_bounds_allow_themselves_and_no_nan(bound: Bound, value: float, holds: bool) -> None:
    """A limit may be met exactly, and what is not a number meets none."""
    assert holds == bound.holds(value)


def test_ratio_is_held_to_its_bound() -> None:
    """A ratio's line shows medians of both sides and judges the median of the ratios, not the ratio of medians."""
    line = ratio("work", Pairs((1.0, 2.0, 9.0), (4.0, 4.0, 9.0)), at_most=0.5)

    assert ("work", "2.00 s", "4.00 s", "0.50 ×", "≤ 0.50 ×", "holds") == line.cells()


def test_excess_is_held_to_its_bound() -> None:
    """A difference is judged in seconds."""
    line = excess("import", Pairs((0.5,), (0.25,)), at_most=0.125)

    assert ("import", "500.0 ms", "250.0 ms", "250.0 ms", "≤ 125.0 ms", "MISSED") == line.cells()


def test_figure_is_held_to_its_bound_itself() -> None:
    """A figure that only stands beside the peer's is judged alone."""
    line = figure("rows right", "share", 0.92, 0.91, at_least=0.917)

    assert ("rows right", "0.9200", "0.9100", "", "≥ 0.9170", "holds") == line.cells()


def test_no_bound_is_no_verdict() -> None:
    """A figure without a bound neither holds nor misses, and fails no report."""
    line = figure("memory", "B", 1.5e9)

    assert line.holds is None
    assert Report([line]).holds
    assert ("memory", "1,500 MB", "", "", "", "") == line.cells()


def test_one_missed_bound_fails_the_report() -> None:
    """A report holds when all its lines do."""
    kept, missed = figure("a", "nats", 0.3, at_most=0.4), figure("b", "nats", 0.5, at_most=0.4)

    assert Report([kept]).holds
    assert not Report([kept, missed]).holds


def test_negative_times_keep_their_sign() -> None:
    """A difference in our favour is shown as one."""
    assert ("-20.0 ms", "-2.00 s") == (show(-0.02, "s"), show(-2.0, "s"))


def test_table_is_aligned() -> None:
    """Names stand to the left, cells to the right of their columns, the note below."""
    report = Report([figure("a", "share", 0.5), ratio("longer", Pairs((1.0,), (2.0,)), at_most=0.7)], "a note")

    expected = [
        "title     ours    peer  compared     bound",
        "a       0.5000",
        "longer  1.00 s  2.00 s    0.50 ×  ≤ 0.70 ×  holds",
        "(a note)",
    ]
    assert expected == table("title", report).splitlines()


def test_json_has_every_run(tmp_path: Path) -> None:
    """What is written down tells each run, the bound and the verdict, and the machine."""
    write(Report([ratio("work", Pairs((1.0, 2.0), (4.0, 4.0)), at_most=0.5)]), tmp_path / "new" / "work.json")

    found: dict[str, Any] = json.loads((tmp_path / "new" / "work.json").read_text(encoding="utf-8"))
    line = found["lines"][0]
    assert {"ours": [1.0, 2.0], "peer": [4.0, 4.0]} == line["runs"]
    assert ({"sense": "≤", "limit": 0.5}, True, True) == (line["bound"], line["holds"], found["holds"])
    assert found["python"].startswith("3.")


def test_child_process_is_measured_alone() -> None:
    """A child's time and peak of memory are its own, not this process's."""
    ballast = b"x" * 100_000_000

    usage = child([sys.executable, "-S", "-c", "pass"])

    assert usage.seconds > 0
    assert 0 < usage.peak_bytes < len(ballast)


def test_failing_child_says_why() -> None:
    """A child that fails is no measurement: its last words are in the error."""
    with pytest.raises(RuntimeError, match=r"(?s)exit code 3.*went wrong"):
        child([sys.executable, "-c", "import sys; print('went wrong', file=sys.stderr); sys.exit(3)"])


def test_children_make_pairs() -> None:
    """The seconds of processes that took turns are compared in pairs."""
    assert Pairs((1.0,), (2.0,)) == pairs_of([Usage(1.0, 10)], [Usage(2.0, 20)])


def test_quick_work_is_run_more_often() -> None:
    """What takes milliseconds is run three times as often."""
    assert (2, 6) == (Options(n_runs=2).n_runs, Options(n_runs=2).n_quick_runs)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digts"], "no bench named digts; there are digits"),
        (["labels", "--runs", "0"], "'0' is no number of runs"),
        (["digits", "--digits", "nowhere.npz"], "no digits at nowhere.npz"),
    ],
)
def test_mistakes_on_the_command_line_are_named(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is run before the whole command line is understood."""
    with pytest.raises(SystemExit):
        main(arguments)

    assert words in capsys.readouterr().err


def test_command_line_prints_writes_and_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each bench is shown and written; the exit code is 1 as soon as one misses a bound."""
    (tmp_path / "good_bench.py").write_text(
        "from bench._figures import Report, figure\n"
        "def run(options):\n"
        "    return Report([figure('runs', 'share', options.n_runs, at_most=2)])\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setitem(BENCHES, "good", "good_bench")

    codes = main(["good", "--runs", "2", "--json", str(tmp_path)]), main(["good", "--json", str(tmp_path)])

    assert (0, 1) == codes
    assert "MISSED" in capsys.readouterr().out
    assert not json.loads((tmp_path / "good.json").read_text(encoding="utf-8"))["holds"]
