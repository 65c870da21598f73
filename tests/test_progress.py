"""Displays: a bar on a terminal, lines elsewhere, a cell in a notebook, a callable, nothing."""

from __future__ import annotations

import io
import os
import sys
import termios
from types import SimpleNamespace
from typing import Any

import pytest

from amlwrap._progress import Bar, Callback, Cell, Log, ProgressEvent, Silent, open_display


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Handle:
    """What IPython gives for an output."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def shown(self, *_: Any, **__: Any) -> Handle:
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.texts.append(data["text/plain"])


def event(status: str = "INPROGRESS", elapsed: float = 3.2, **more: Any) -> ProgressEvent:
    """An event of the one job these tests know."""
    known: dict[str, Any] = {
        "kind": "model",
        "id": "ml-1",
        "name": "digits",
        "status": status,
        "elapsed_seconds": elapsed,
    }
    return ProgressEvent(**{**known, **more})


def test_a_terminal_gets_one_rewritten_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line goes back to its start each time and is ended once."""
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    display = open_display(True, stream=stream)

    display.update(event("PENDING", 0.0))
    display.update(event(fraction=0.5, words="pass 5 of 10"))
    display.close()
    display.close()

    assert isinstance(display, Bar)
    assert (
        "\rmodel ml-1 'digits'  PENDING  0.0 s\x1b[K"
        "\rmodel ml-1 'digits'  |############............|  INPROGRESS  50%  pass 5 of 10  3.2 s\x1b[K\n"
    ) == stream.getvalue()


def test_several_jobs_share_a_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line sums up all jobs and says what the first running one is at; a job that ends leaves a line of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    display = open_display(True, stream=stream)

    display.update(event("PENDING", 0.0, id="ml-2", n_jobs=2))
    display.update(event(fraction=0.5, words="pass 5 of 10", n_jobs=2))
    display.update(event("COMPLETED", 4.0, n_done=1, n_jobs=2))
    display.close()

    assert (
        "\r0 of 2 jobs  0.0 s  |........................|  model 'digits': PENDING\x1b[K"
        "\r0 of 2 jobs  3.2 s  |######..................|  model 'digits': pass 5 of 10\x1b[K"
        "\rmodel 'digits'  COMPLETED  4.0 s\x1b[K\n"
        "\r1 of 2 jobs  4.0 s  |############............|  model 'digits': PENDING\x1b[K\n"
    ) == stream.getvalue()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (90, "model ml-1 'digits'  |############............|  INPROGRESS  50%  pass 5 of 10  3.2 s"),
        (80, "model 'digits'  |############............|  50%  pass 5 of 10  3.2 s"),
        (60, "model 'digits'  50%  pass 5 of 10  3.2 s"),
        (40, "model 'digit…  50%  pass 5 of 10  3.2 s"),
        (25, "50%  pass 5 of 10  3.2 s"),
        (20, "50%  pass 5 of 10 …"),
    ],
)
def test_a_narrow_terminal_gets_what_fits(columns: int, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line never wraps, or rewriting would leave its rests behind; the name gives way before the news."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()

    open_display(True, stream=stream).update(event(fraction=0.5, words="pass 5 of 10"))

    assert f"\r{expected}\x1b[K" == stream.getvalue()
    assert len(expected) < columns


def test_wide_letters_fit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """East Asian ones take two columns each."""
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()

    open_display(True, stream=stream).update(event(name="数字" * 20))

    assert "\rmodel '数字数字数字…  INPROGRESS  3.2 s\x1b[K" == stream.getvalue()


def test_nothing_new_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is rewritten as it was would only flicker."""
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    display = open_display(True, stream=stream)

    display.update(event())
    once = stream.getvalue()
    display.update(event())

    assert once == stream.getvalue()


def test_the_width_is_the_terminals_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of stderr, wherever stdout goes; what has no width is taken for 80 columns."""
    monkeypatch.delenv("COLUMNS", raising=False)
    first, second = os.openpty()
    try:
        termios.tcsetwinsize(first, (24, 30))
        with os.fdopen(second, "w", encoding="utf-8", newline="") as stream:
            open_display(True, stream=stream).update(event())
            assert b"\rINPROGRESS  3.2 s\x1b[K" == os.read(first, 200)
            termios.tcsetwinsize(first, (0, 0))
            open_display(True, stream=stream).update(event())
            assert b"\rmodel ml-1 'digits'  INPROGRESS  3.2 s\x1b[K" == os.read(first, 200)
    finally:
        os.close(first)


def test_what_has_no_width_is_taken_for_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream may say that it is a terminal, and be none."""
    monkeypatch.setenv("COLUMNS", "none")
    stream = Terminal()

    open_display(True, stream=stream).update(event(name="x" * 100))

    assert 1 + 79 + len("\x1b[K") == len(stream.getvalue())


def test_several_at_work_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is told of, the others are counted; when the last has ended, no line about all stays behind."""
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    display = open_display(True, stream=stream)

    display.update(event(words="pass 5 of 10", n_jobs=2))
    display.update(event(id="ml-2", name="letters", n_jobs=2))
    assert stream.getvalue().endswith("model 'digits': pass 5 of 10; 1 more at work\x1b[K")
    display.update(event("COMPLETED", n_done=1, n_jobs=2))
    display.update(event("COMPLETED", id="ml-2", name="letters", n_done=2, n_jobs=2))
    display.close()

    assert stream.getvalue().endswith("\rmodel 'letters'  COMPLETED  3.2 s\x1b[K\n")


def test_what_waits_says_for_what() -> None:
    """A share of nothing is not told."""
    stream = io.StringIO()

    open_display(True, stream=stream).update(event("PENDING", fraction=0.0, words="waits for datasource ds-1"))

    assert "model ml-1 'digits'  PENDING  waits for datasource ds-1  3.2 s\n" == stream.getvalue()


def test_a_sentence_on_a_terminal_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said stands on a line of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    display = open_display(True, stream=stream)

    display.update(event())
    display.say("The job goes on.")

    assert stream.getvalue().endswith("3.2 s\x1b[K\nThe job goes on.\n")


def test_elsewhere_a_change_is_a_line_and_a_minute_is_a_heartbeat() -> None:
    """Nothing is written while nothing happens, except that it still goes on."""
    stream = io.StringIO()
    display = open_display(True, stream=stream)

    for elapsed in (0.0, 10.0, 59.0, 61.0, 100.0, 130.0):
        display.update(event("PENDING" if elapsed < 1 else "INPROGRESS", elapsed))
    display.close()

    assert isinstance(display, Log)
    assert ["PENDING  0.0 s", "INPROGRESS  10.0 s", "INPROGRESS  1 min 40 s"] == [
        line.removeprefix("model ml-1 'digits'  ") for line in stream.getvalue().splitlines()
    ]


def test_many_jobs_are_counted() -> None:
    """Waiting for several shows how many have ended."""
    stream = io.StringIO()

    open_display(True, stream=stream).update(event(n_done=1, n_jobs=3, elapsed=7300.0))

    assert "[1/3] model ml-1 'digits'  INPROGRESS  2 h 01 min\n" == stream.getvalue()


def test_false_is_silence() -> None:
    """Not even sentences are shown."""
    display = open_display(False)

    display.update(event())
    display.say("The job goes on.")
    display.close()

    assert isinstance(display, Silent)


def test_a_callable_gets_events_and_people_get_sentences() -> None:
    """Events go to the function, sentences to the stream."""
    seen: list[ProgressEvent] = []
    stream = io.StringIO()
    display = open_display(seen.append, stream=stream)

    display.update(event())
    display.say("The job goes on.")
    display.close()

    assert isinstance(display, Callback)
    assert [event()] == seen
    assert "The job goes on.\n" == stream.getvalue()


def test_a_notebook_gets_one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel one output is replaced in place, and IPython is only used where it already runs."""
    shown: list[str] = []
    handle = Handle(shown)
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=handle.shown))
    display = open_display(True)

    display.update(event())
    display.say("The job goes on.")
    display.close()

    assert isinstance(display, Cell)
    assert ["model ml-1 'digits'  INPROGRESS  3.2 s", f"{shown[0]}\nThe job goes on."] == shown


def test_a_sentence_alone_fills_the_cell() -> None:
    """Nothing has to be shown before something is said."""
    shown: list[str] = []

    Cell(Handle(shown)).say("The job goes on.")

    assert ["The job goes on."] == shown


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_ipython_without_a_kernel_is_a_terminal_like_others(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interactive shell in a terminal has no cells."""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    assert isinstance(open_display(True), Log)
