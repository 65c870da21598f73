"""Training logs: what is written is read, what breaks off is read as far as it goes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amlwrap.documents import (
    ActiveFeatures,
    Beginning,
    Ending,
    LearnerReport,
    Performance,
    Retirement,
    TrainingLog,
)
from amlwrap.documents._log_lines import LogLine, java_double
from amlwrap.exceptions import DocumentError, MissingExtraError

COUNTS = st.integers(0, 10**12)
NUMBERS = st.floats(allow_nan=False)
SHARES = st.none() | st.floats(0, 1)
ACTIVE = st.builds(
    ActiveFeatures, COUNTS, COUNTS, COUNTS, st.floats(0, 1e9), COUNTS, st.none() | st.tuples(COUNTS, COUNTS, COUNTS)
)
REPORTS = st.builds(
    LearnerReport,
    learner=st.sampled_from([1050, 2101, 3535, 4202, 5314]),
    rate=st.sampled_from([0.01, 0.1, 1.0, 10.0, 100.0]),
    n_updates=COUNTS,
    likelihood=NUMBERS,
    delta=NUMBERS,
    converged=st.booleans(),
    n_parameters=st.none() | COUNTS,
    size_bytes=st.none() | COUNTS,
    n_prunings=COUNTS,
    performance=st.builds(Performance, SHARES, SHARES, SHARES, SHARES, SHARES, st.none() | NUMBERS),
    active=st.none() | ACTIVE,
)
RETIRED = st.builds(Retirement, COUNTS, COUNTS, st.from_regex(r"[a-z][a-z0-9.-]{0,30}", fullmatch=True))
BEGINNINGS = st.builds(
    Beginning,
    l1=NUMBERS,
    l2=NUMBERS,
    loss=st.sampled_from(["logreg", "multinomial-logreg", "squared"]),
    max_passes=COUNTS,
    max_size_bytes=COUNTS,
)
ENDINGS = st.builds(
    Ending,
    n_passes=COUNTS,
    n_valid=COUNTS,
    n_invalid=COUNTS,
    best=COUNTS,
    n_parameters=COUNTS,
    n_trimmed=COUNTS,
    n_prunings=COUNTS,
)


def written(*events: Any) -> str:
    """Lines of *events*, as the engine writes them."""
    return "".join(f"26/11/24 10:00:00 INFO: {line}\n" for event in events for line in event.lines())


@given(BEGINNINGS, st.lists(REPORTS), st.lists(RETIRED), ENDINGS)
def test_what_is_written_is_read(
    beginning: Beginning, reports: list[LearnerReport], retired: list[Retirement], ending: Ending
) -> None:
    """To the last bit of every number, and nothing more."""
    found = TrainingLog.parse(written(beginning, *reports, *retired, ending))
    closing = attrs.asdict(ending)
    expected = TrainingLog(
        beginning=beginning,
        reports=tuple(reports),
        retired=tuple(retired),
        best_learner=closing.pop("best"),
        complete=True,
        **closing,
    )
    assert expected == found


@given(NUMBERS)
def test_java_spells_numbers_so_that_they_come_back(number: float) -> None:
    """And with an exponent exactly where Java has one."""
    spelled = java_double(number)
    assert number == float(spelled)
    if number and abs(number) != float("inf"):
        assert ("E" in spelled) == (not 1e-3 <= abs(number) < 1e7)


ONE = LearnerReport(learner=4202, rate=10.0, n_updates=64, likelihood=0.5, performance=Performance(accuracy=0.625))
WHOLE = written(
    Beginning(l1=0.0, l2=1e-6, loss="logreg", max_passes=10, max_size_bytes=104857600),
    attrs.evolve(ONE, learner=1050, rate=0.01),
    ONE,
    Retirement(1050, 64, "hopeless"),
    attrs.evolve(ONE, n_updates=128, likelihood=0.4),
    Ending(n_passes=1, n_valid=128, n_invalid=2, best=4202, n_parameters=3),
)


@given(st.integers(0, len(WHOLE)))
def test_a_log_that_breaks_off_is_read_as_far_as_it_goes(length: int) -> None:
    """Whatever is read of a part also stands in the whole, and no line is lost."""
    part, whole = TrainingLog.parse(WHOLE[:length]), TrainingLog.parse(WHOLE)
    assert {(one.learner, one.n_updates, one.likelihood) for one in part.reports} <= {
        (one.learner, one.n_updates, one.likelihood) for one in whole.reports
    }
    assert part.n_valid in (None, 128)
    assert WHOLE[:length].removesuffix("\n") == "\n".join(map(str, part.lines))


def test_learners_stand_side_by_side() -> None:
    """The last report of each, who was kept and who retired why."""
    log = TrainingLog.parse(WHOLE)
    assert (4202, 128) == (log.best and log.best.learner, log.best and log.best.n_updates)
    assert [64, 128] == [one.n_updates for one in log.of(4202)]
    assert [1050, 4202] == [one.learner for one in log.learners]
    assert str(log) == repr(log)
    assert "retired: hopeless" in str(log)
    assert str(log).endswith("1 passes, 128 valid and 2 invalid records; complete")
    assert "kept" in log._repr_html_()
    assert 3 == len(log.to_rows())
    assert {"rate": 10.0, "accuracy": 0.625}.items() <= log.to_rows()[-1].items()


def test_rows_tell_of_features_where_the_log_does() -> None:
    """As columns of their own."""
    (row,) = TrainingLog.parse(written(attrs.evolve(ONE, active=ActiveFeatures(64, 9, 12, 10.0, 640)))).to_rows()
    assert (9, 12, 10.0, 640) == tuple(row[f"{name}_features"] for name in ("least", "most", "mean", "total"))


def test_a_malformed_number_names_its_line() -> None:
    """And its key."""
    with pytest.raises(DocumentError, match="line 2, negative-log-likelihood: expected a number, found 'abc'"):
        TrainingLog.parse("INFO: x\nmodel-convergence: negative-log-likelihood=abc\nmodel-configuration: a=b\n")
    with pytest.raises(DocumentError, match=r"line 1, total-passes: expected a whole number, found '1\.5'"):
        TrainingLog.parse("finished-training: total-passes=1.5\n")


def test_learners_without_a_heading_are_known_by_their_rates() -> None:
    """Reports may follow each other without one; the best one may be told by its rate alone."""
    report = (
        "model-configuration: learning-rate={}\nmodel-convergence: negative-log-likelihood=0.5\n"
        "active-features: updates=64\nmodel-status: #params=7 #pruning-calls=1\n"
    )
    log = TrainingLog.parse(
        report.format(1)
        + report.format("100.0")
        + "best learner:\n"
        + report.format(100)
        + "final consolidation:\n"
        + report.format(100)
        + "saved final learner:\n"
        + report.format(100)
        + "Training complete.\n"
    )
    assert [(3535, 64), (5314, 64)] == [(one.learner, one.n_updates) for one in log.reports]
    assert (5314, 7, 1, True) == (log.best_learner, log.n_parameters, log.n_prunings, log.complete)


def test_what_is_not_understood_is_kept() -> None:
    """Lines of any kind, stamps of no day, events that say too little."""
    text = (
        "26/13/45 10:00:00 INFO: odd\n26/11/24 10:00:00 WARN: hm\n"
        "initial-training: l1=0\nretired learner: id=1\nfootprint: 9 bytes"
    )
    log = TrainingLog.parse(text)
    assert TrainingLog() == log
    assert LogLine("hm", "WARN", datetime(2026, 11, 24, 10, tzinfo=UTC)) == log.lines[1]
    assert text == "\n".join(map(str, log.lines))
    assert "no pass ended; not complete" in str(log)


def test_a_log_is_drawn(tmp_path: Path) -> None:
    """Into a file, onto axes, or as a figure; also one that has hardly begun."""
    pytest.importorskip("matplotlib")
    figure: Any = TrainingLog.parse(WHOLE).plot(tmp_path / "log.png")
    assert (tmp_path / "log.png").read_bytes().startswith(b"\x89PNG")
    assert figure.axes[0].get_title(loc="left").startswith("rate 10 kept")
    assert figure is TrainingLog.parse(written(attrs.evolve(ONE, n_updates=0))).plot(figure.axes[0])
    assert 1 == len(TrainingLog.parse(WHOLE).plot().axes)


IDS = {1050: 0.01, 2101: 0.1, 3535: 1.0, 4202: 10.0, 5314: 100.0}


def drawn(*ends: tuple[int, float], retired: int = 4) -> Any:
    """The axes of learners that started alike and ended at some updates and likelihoods, and the labels of these."""
    pytest.importorskip("matplotlib")
    events: list[Any] = []
    for (learner, rate), (n_updates, likelihood) in zip(IDS.items(), ends, strict=False):
        report = attrs.evolve(ONE, learner=learner, rate=rate)
        events += [report, attrs.evolve(report, n_updates=n_updates, likelihood=likelihood)]
    events += [Retirement(learner, 64, "hopeless") for learner in list(IDS)[:retired]]
    figure: Any = TrainingLog.parse(written(*events)).plot()
    figure.draw_without_rendering()
    (axes,) = figure.axes
    return axes, [text for text in axes.texts if text.get_text()]


@settings(max_examples=20)
@example([(236_650_351, 0.3125)])
@given(st.lists(st.tuples(st.integers(64, 10**9), st.floats(0, 1)), min_size=1, max_size=5))
def test_no_label_covers_another(ends: list[tuple[int, float]]) -> None:
    """Wherever learners end, each has its rate in the picture, between its axis and its headline."""
    pytest.importorskip("matplotlib")
    from tests.drawn import covered

    axes, labels = drawn(*ends)
    frame, (low, high) = axes.get_window_extent(), axes.get_xlim()  # there are ticks beyond, which are not drawn
    assert sorted(f"{rate:g}" for rate in list(IDS.values())[: len(ends)]) == sorted(one.get_text() for one in labels)
    assert [] == covered(labels)
    assert [] == covered(text for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high)
    assert all(frame.y0 - 1 <= box.y0 and box.y1 <= frame.y1 + 1 for box in map(extent, labels))
    assert all(box.x1 <= axes.figure.bbox.x1 for box in map(extent, labels))


def extent(text: Any) -> Any:
    """The box of *text*."""
    return text.get_window_extent()


def test_labels_of_learners_that_ended_close_together_keep_their_order() -> None:
    """The higher end has the higher label, and labels that have room stay where they are."""
    likelihoods = [0.301, 0.303, 0.302, 0.3, 0.9]
    _, labels = drawn(*((64 * 2**6, likelihood) for likelihood in likelihoods))
    heights = {one.get_text(): one.get_window_extent().y0 for one in labels}
    assert ["10", "0.01", "1", "0.1", "100"] == sorted(heights, key=lambda rate: heights[rate])
    assert [0, 0] == [one.xyann[1] for one in drawn((512, 0.3), (512, 0.9))[1]]


def test_a_learner_that_ran_away_is_drawn_as_far_as_there_are_numbers() -> None:
    """Its label stands at the last of them."""
    _, (label,) = drawn((128, float("inf")))
    assert (64, 0.5) == label.xy


def test_the_headline_of_a_picture_tells_how_far_the_training_is() -> None:
    """A log without an end has no number of passes yet."""
    pytest.importorskip("matplotlib")
    for text, headline in ((WHOLE, "rate 10 kept     0.4     1 pass"), (WHOLE[:-400], "still in training")):
        figure: Any = TrainingLog.parse(text).plot()
        assert headline == figure.axes[0].get_title(loc="left")
    figure = TrainingLog.parse(WHOLE.replace("total-passes=1", "total-passes=12")).plot()
    assert figure.axes[0].get_title(loc="left").endswith("12 passes")


def test_drawing_needs_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="plot"):
        TrainingLog().plot()
