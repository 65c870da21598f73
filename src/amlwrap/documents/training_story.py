"""What a training log tells, read back: every report of every learner, who retired, who was kept; nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap import _html, _text
from amlwrap.documents._log_lines import LogLine, Words
from amlwrap.documents.training_log import ActiveFeatures, Beginning, LearnerReport, Performance, Retirement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["TrainingLog"]

_IDS = {0.01: 1050, 0.1: 2101, 1.0: 3535, 10.0: 4202, 100.0: 5314}
_PERFORMANCE = {name: "f1-score" if name == "f1" else name for name in attrs.fields_dict(Performance)}
_OF_A_REPORT = frozenset({"model-performance", "model-convergence", "active-features", "quantiles", "model-status"})
_COLUMNS = ("learner", "rate", "updates", "likelihood", "accuracy", "f1", "auc", "rmse", "params", "")


@attrs.frozen(kw_only=True, repr=False)
class TrainingLog:
    r"""
    A model's training as its log tells it, complete or so far. What was not said is ``None`` or empty.

    Attributes:
        beginning: What was to be trained.
        reports: How each learner stood at each report, in the order of the log.
        retired: Learners that left before the end, and why; the service's never do.
        best_learner: Number of the learner that was kept.
        n_passes: Times the records were gone through.
        n_valid, n_invalid: Records that were learned from and that could not be, counted in every pass.
        n_parameters, n_trimmed, n_prunings: Weights of the model, those dropped for its size, and how often.
        size_bytes: What the model takes.
        complete: Whether the log says that all is well.
        lines: All of it, also what is not understood.

    >>> log = TrainingLog.parse(
    ...     "16/12/19 10:07:13 INFO: Begin training.\n"
    ...     "16/12/19 10:07:14 INFO: model-configuration: learning-rate=0.1\n"
    ...     "16/12/19 10:07:14 INFO: model-convergence: negative-log-likelihood=0.61 delta=1.0 is-converged=no\n"
    ...     "16/12/19 10:07:14 INFO: active-features: updates=64 min=9 max=12\n"
    ... )
    >>> log.learners[0].learner, log.learners[0].likelihood, log.complete
    (2101, 0.61, False)
    """

    beginning: Beginning | None = None
    reports: tuple[LearnerReport, ...] = ()
    retired: tuple[Retirement, ...] = ()
    best_learner: int | None = None
    n_passes: int | None = None
    n_valid: int | None = None
    n_invalid: int | None = None
    n_parameters: int | None = None
    n_trimmed: int | None = None
    n_prunings: int | None = None
    size_bytes: int | None = None
    complete: bool = False
    lines: tuple[LogLine, ...] = attrs.field(default=(), eq=False)

    @classmethod
    def parse(cls, text: str) -> TrainingLog:
        """
        Read a log in the service's form.

        A log that breaks off is read as far as it goes: a last line without an end is kept, but not believed.

        Raises:
            DocumentError: A number is none; the error names the line.
        """
        told = text.split("\n")
        lines = tuple(map(LogLine.parse, told[:-1] if told[-1] == "" else told))
        reader = _Reader()
        for number, line in enumerate(lines, start=1):
            if number < len(told):
                reader.take(Words.parse(line.text, number))
        return cls(**reader.finish(), lines=lines)

    @property
    def learners(self) -> tuple[LearnerReport, ...]:
        """The last report of each learner, the slowest first."""
        last = {report.learner: report for report in self.reports}
        return tuple(sorted(last.values(), key=lambda report: report.rate))

    @property
    def best(self) -> LearnerReport | None:
        """The last report of the learner that was kept."""
        return next((report for report in self.learners if report.learner == self.best_learner), None)

    def of(self, learner: int) -> tuple[LearnerReport, ...]:
        """All reports of one learner."""
        return tuple(report for report in self.reports if report.learner == learner)

    def to_rows(self) -> list[dict[str, Any]]:
        """All reports as flat mappings, such as a data frame is made of."""
        return [_row(report) for report in self.reports]

    def plot(self, target: str | os.PathLike[str] | Axes | None = None) -> Figure:
        """
        Draw the likelihood of each learner by the records it had learned from.

        Args:
            target: A file to write, or matplotlib axes to draw on; by default a new figure.

        Raises:
            MissingExtraError: matplotlib is not installed.
            DataError: The file cannot be written.
        """
        from amlwrap._plots import draw_learners

        return draw_learners(self, target)

    def _table(self) -> list[tuple[str, ...]]:
        words = {one.learner: f"retired: {one.reason}" for one in self.retired}
        if self.best_learner is not None:
            words[self.best_learner] = "kept"
        return [(*_cells(report), words.get(report.learner, "")) for report in self.learners]

    def _summary(self) -> str:
        passes = f"{self.n_passes:,} passes" if self.n_passes is not None else "no pass ended"
        records = (
            "" if self.n_valid is None else f", {self.n_valid:,} valid and {self.n_invalid or 0:,} invalid records"
        )
        return f"{passes}{records}; {'complete' if self.complete else 'not complete'}"

    def __str__(self) -> str:
        shown = _text.table([_COLUMNS, *self._table()], numbers=frozenset(range(9)))
        return f"{shown}\n{self._summary()}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _html.table("training log", _COLUMNS, self._table(), more=self._summary())


def _row(report: LearnerReport) -> dict[str, Any]:
    row = {name: getattr(report, name) for name in attrs.fields_dict(LearnerReport)}
    performance, active = row.pop("performance"), row.pop("active")
    row |= attrs.asdict(performance)
    if active is not None:
        row |= {
            "least_features": active.least,
            "most_features": active.most,
            "mean_features": active.mean,
            "total_features": active.total,
        }
    return row


def _cells(report: LearnerReport) -> tuple[str, ...]:
    found = report.performance
    numbers = (report.likelihood, found.accuracy, found.f1, found.auc, found.rmse)
    shown = ("" if number is None else f"{number:.4g}" for number in numbers)
    n_parameters = "" if report.n_parameters is None else f"{report.n_parameters:,}"
    return (str(report.learner), f"{report.rate:g}", f"{report.n_updates:,}", *shown, n_parameters)


@attrs.define
class _Reader:
    """Takes in lines, and puts those of one report together."""

    facts: dict[str, Any] = attrs.field(factory=dict[str, Any])
    reports: list[LearnerReport] = attrs.field(factory=list[LearnerReport])
    retired: list[Retirement] = attrs.field(factory=list[Retirement])
    parts: dict[str, Words] = attrs.field(factory=dict[str, Words])
    ending: str = ""
    """The last of the closing lines; what follows it is no report of the race."""

    def take(self, line: Words) -> None:
        if line.name in _OF_A_REPORT:
            self.parts[line.name] = line
            return
        if line.name == "model-configuration":
            if line.name in self.parts:
                self.close()
            self.parts[line.name] = line
            return
        self.close()
        if line.name == "learner":
            self.parts["learner"] = line
        elif line.name in _CLOSING:
            self.ending = line.name
        _READERS.get(line.name, _ignore)(self, line)

    def close(self) -> None:
        """The report at hand has ended."""
        parts, self.parts = self.parts, {}
        configuration, status = parts.get("model-configuration"), parts.get("model-status")
        if self.ending:
            if self.ending == "best learner" and configuration is not None:
                self.facts.setdefault("best_learner", _IDS.get(configuration.number("learning-rate") or 0.0))
            if self.ending == "final consolidation" and status is not None:
                self.facts |= _known(n_parameters=status.whole("#params"), n_prunings=status.whole("#pruning-calls"))
            return
        report = _report(parts)
        if report is not None:
            self.reports.append(report)

    def finish(self) -> dict[str, Any]:
        self.close()
        return {**self.facts, "reports": tuple(self.reports), "retired": tuple(self.retired)}


_CLOSING = frozenset({"best learner", "final consolidation", "saved final learner"})


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _report(parts: Mapping[str, Words]) -> LearnerReport | None:
    """The report that *parts* make up; None where too little of it is there."""
    nothing = Words("", {}, 0)
    head, active = parts.get("learner", nothing), parts.get("active-features", nothing)
    convergence, status = parts.get("model-convergence", nothing), parts.get("model-status", nothing)
    rate = parts.get("model-configuration", nothing).number("learning-rate")
    updates = _first(head.whole("updates"), active.whole("updates"))
    learner = _first(head.whole("id"), _IDS.get(rate) if rate is not None else None)
    likelihood = convergence.number("negative-log-likelihood")
    if rate is None or updates is None or learner is None or likelihood is None:
        return None
    performance = parts.get("model-performance", nothing)
    return LearnerReport(
        learner=learner,
        rate=rate,
        n_updates=updates,
        likelihood=likelihood,
        converged=convergence.values.get("is-converged") in {"yes", "true"},
        n_parameters=status.whole("#params"),
        size_bytes=status.whole("model-size"),
        performance=Performance(**{name: performance.number(key) for name, key in _PERFORMANCE.items()}),
        active=_active(active, parts.get("quantiles", nothing)),
        **_known(delta=convergence.number("delta"), n_prunings=status.whole("#pruning-calls")),
    )


def _first(*found: int | None) -> int | None:
    return next((value for value in found if value is not None), None)


def _active(line: Words, quantiles: Words) -> ActiveFeatures | None:
    counts = [line.whole(key) for key in ("updates", "min", "max", "total-sum")]
    mean = line.number("mean")
    n_updates, least, most, total = counts
    if n_updates is None or least is None or most is None or mean is None or total is None:
        return None
    tenth, half, ninth = (quantiles.whole(key) for key in ("10", "50", "90"))
    deciles = None if tenth is None or half is None or ninth is None else (tenth, half, ninth)
    return ActiveFeatures(n_updates, least, most, mean, total, deciles)


def _ignore(reader: _Reader, line: Words) -> None:
    """A line of another kind."""


def _begin(reader: _Reader, line: Words) -> None:
    l1, l2, loss = line.number("l1"), line.number("l2"), line.values.get("likelihood-function")
    passes, size = line.whole("max-passes"), line.whole("max-model-size")
    if l1 is None or l2 is None or loss is None or passes is None or size is None:
        return
    reader.facts["beginning"] = Beginning(l1=l1, l2=l2, loss=loss, max_passes=passes, max_size_bytes=size)


def _retire(reader: _Reader, line: Words) -> None:
    learner, updates = line.whole("id"), line.whole("updates")
    if learner is not None and updates is not None:
        reader.retired.append(Retirement(learner, updates, line.values.get("reason", "")))


def _finished(reader: _Reader, line: Words) -> None:
    reader.facts |= _known(
        n_passes=line.whole("total-passes"),
        n_valid=line.whole("valid-records"),
        n_invalid=line.whole("invalid-records"),
    )


def _best(reader: _Reader, line: Words) -> None:
    reader.facts |= _known(best_learner=line.whole("id"))


def _consolidated(reader: _Reader, line: Words) -> None:
    reader.facts |= _known(n_trimmed=line.whole("trimmed"))


def _complete(reader: _Reader, _: Words) -> None:
    reader.facts["complete"] = True


def _footprint(reader: _Reader, line: Words) -> None:
    reader.facts |= _known(size_bytes=line.whole("bytes"))


_READERS = {
    "initial-training": _begin,
    "retired learner": _retire,
    "finished-training": _finished,
    "best learner": _best,
    "final consolidation": _consolidated,
    "Training complete.": _complete,
    "footprint": _footprint,
}
